"""Writes the types of the generated module as a stub: `stubs.py SOURCE TARGET`.

The generated source says its types in signatures alone, in a form that type checkers do not follow. Only what is public is told.
"""

import ast
import re
import sys

HEAD = """import builtins
import enum
import typing
"""


def types(tree: ast.Module) -> list[str]:
    """What crosses as text, as uniffi.toml and the library say it; what is any JSON is any value."""
    told = {ast.unparse(one.targets[0]): ast.unparse(one.value) for one in tree.body if isinstance(one, ast.Assign)}
    named = {name: value for name, value in told.items() if value in ("str", "dict", "object")}
    value_of = {"dict": "dict[str, typing.Any]", "object": "typing.Any"}
    return [f"{name} = {value_of.get(value, value)}" for name, value in sorted(named.items())]


def defaults(method: ast.FunctionDef) -> dict[str, ast.expr]:
    """What a function takes where an argument is left out: `if argument is _DEFAULT: … = value`."""
    found: dict[str, ast.expr] = {}
    for one in ast.walk(method):
        if isinstance(one, ast.If) and isinstance(one.test, ast.Compare) and ast.unparse(one.test).endswith(" is _DEFAULT"):
            assigned = one.body[0]
            assert isinstance(assigned, ast.Assign)
            found[ast.unparse(one.test.left)] = assigned.value
    return found


def signature(method: ast.FunctionDef, indent: str, told: dict[str, ast.expr] | None = None) -> list[str]:
    """A function without its body, with its defaults; `told` has those of a function that does not say them itself."""
    arguments, known = method.args, defaults(method) or told or {}
    place = len(arguments.args) - len(arguments.defaults)
    pairs = [*zip(arguments.args[place:], arguments.defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    said = {argument.arg: known[argument.arg] if ast.unparse(value) == "_DEFAULT" else value for argument, value in pairs if value is not None}
    arguments.defaults = [said[argument.arg] for argument in arguments.args[place:]]
    arguments.kw_defaults = [said.get(argument.arg) for argument in arguments.kwonlyargs]
    for argument in [*arguments.args, *arguments.kwonlyargs]:
        hinted = argument.annotation
        # "Or left out" is said by the default already.
        if isinstance(hinted, ast.Subscript) and ast.unparse(hinted).startswith("typing.Union[object, "):
            argument.annotation = hinted.slice.elts[1]
    returns = ast.unparse(method.returns) if method.returns else "None"
    decorators = [f"{indent}@{ast.unparse(one)}" for one in method.decorator_list]
    return [*decorators, f"{indent}def {method.name}({ast.unparse(arguments)}) -> {returns}: ..."]


def is_public(name: str) -> bool:
    return not name.startswith("_")


def record(found: ast.ClassDef, init: ast.FunctionDef) -> list[str]:
    fields = [f"    {one.arg}: {ast.unparse(one.annotation)}" for one in init.args.kwonlyargs if one.annotation]
    fields = [line.replace("typing.Union[object, ", "").removesuffix("]") if "Union[object" in line else line for line in fields]
    return [f"class {found.name}:", *fields, *signature(init, "    ")]


def error(found: ast.ClassDef) -> list[str]:
    lines = [f"class {found.name}(Exception):"]
    for inner in (one for one in found.body if isinstance(one, ast.ClassDef)):
        init = next(one for one in inner.body if isinstance(one, ast.FunctionDef) and one.name == "__init__")
        names = [one.arg for one in init.args.args if one.arg != "self"]
        lines += [f"    class {inner.name}({found.name}):"]
        lines += [f"        {name}: str" for name in names]
        lines += [f"        def __init__(self, {', '.join(f'{name}: str' for name in names)}) -> None: ..." if names else "        pass"]
    return lines


def of_class(found: ast.ClassDef, known: dict[str, dict[str, ast.expr]]) -> list[str]:
    methods = [one for one in found.body if isinstance(one, ast.FunctionDef)]
    bases = [ast.unparse(base) for base in found.bases]
    if "enum.Enum" in bases:
        return [f"class {found.name}(enum.Enum):", *(f"    {one.targets[0].id} = {ast.unparse(one.value)}" for one in found.body if isinstance(one, ast.Assign))]
    if any(isinstance(one, ast.ClassDef) for one in found.body):
        return error(found)
    init = next((one for one in methods if one.name == "__init__"), None)
    if init and init.args.kwonlyargs:
        return record(found, init)
    if bases == ["Exception"]:
        return [f"class {found.name}(Exception): ..."]
    told = [line for one in methods if is_public(one.name) for line in signature(one, "    ", known.get(one.name))]
    return [f"class {found.name}({', '.join(bases)}):".replace("()", ""), *(told or ["    pass"])]


def stub(source: str) -> str:
    tree = ast.parse(source)
    public = next(ast.literal_eval(one.value) for one in tree.body if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "__all__")
    # An error stands there twice: the second has its variants.
    last = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef | ast.FunctionDef) and one.name in public}
    # A protocol says its defaults nowhere: they are those of the class that is made of it.
    methods = [one for found in last.values() if isinstance(found, ast.ClassDef) for one in found.body if isinstance(one, ast.FunctionDef)]
    known = {method.name: defaults(method) for method in methods if defaults(method)}
    lines = [HEAD, *types(tree), "", f"__all__ = {public!r}"]
    for one in last.values():
        lines += ["", *(of_class(one, known) if isinstance(one, ast.ClassDef) else signature(one, ""))]
    # A record may have a field of that name.
    return re.sub(r"(?<=: |> )bytes\b", "builtins.bytes", "\n".join(lines) + "\n")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as read:
        text = stub(read.read())
    with open(sys.argv[2], "w", encoding="utf-8") as written:
        written.write(text)
