"""Writes the types of the generated module as a stub: `stubs.py SOURCE TARGET`.

The generated source says its types in signatures alone, in a form that type checkers do not follow. Only what is public is told.
"""

import ast
import re
import sys

HEAD = """import builtins
import enum
import typing

Day = str
Id = str
Instant = str
Month = str
PathBuf = str
Place = str
Fields = dict[str, typing.Any]
Json = typing.Any
"""


def signature(method: ast.FunctionDef, indent: str) -> list[str]:
    """A function without its body; whatever has a default has `...` as one."""
    arguments = method.args
    arguments.defaults = [ast.Constant(...) for _ in arguments.defaults]
    arguments.kw_defaults = [None if one is None else ast.Constant(...) for one in arguments.kw_defaults]
    for argument in [*arguments.args, *arguments.kwonlyargs]:
        told = argument.annotation
        # "Or left out" is said by the default already.
        if isinstance(told, ast.Subscript) and ast.unparse(told).startswith("typing.Union[object, "):
            argument.annotation = told.slice.elts[1]
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


def of_class(found: ast.ClassDef) -> list[str]:
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
    told = [line for one in methods if is_public(one.name) for line in signature(one, "    ")]
    return [f"class {found.name}:", *(told or ["    pass"])]


def stub(source: str) -> str:
    tree = ast.parse(source)
    public = next(ast.literal_eval(one.value) for one in tree.body if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "__all__")
    # An error stands there twice: the second has its variants.
    last = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef | ast.FunctionDef) and one.name in public}
    lines = [HEAD, f"__all__ = {public!r}"]
    for one in last.values():
        lines += ["", *(of_class(one) if isinstance(one, ast.ClassDef) else signature(one, ""))]
    # A record may have a field of that name.
    return re.sub(r"(?<=: |> )bytes\b", "builtins.bytes", "\n".join(lines) + "\n")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as read:
        text = stub(read.read())
    with open(sys.argv[2], "w", encoding="utf-8") as written:
        written.write(text)
