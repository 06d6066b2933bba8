"""The foreign API as it is checked in, and the Swift sources against what is generated."""

import os
import re
from importlib.resources import files
from pathlib import Path

import tree_sitter_swift
from daohu_field import error_texts
from tree_sitter import Language, Node, Parser

ROOT = Path(os.environ["DAOHU_GUIDES"]).parent.parent
HOW = "write it with `cargo xtask python --write-api`, read what changed, and add a fragment to docs/changelog"


def test_the_foreign_api_is_the_one_that_is_checked_in() -> None:
    stub = (files("daohu_field") / "daohu_ffi.pyi").read_text(encoding="utf-8")
    codes = "".join(f"{text.code}\n" for text in error_texts())
    now = f"{stub}\n# Codes of refusals.\n{codes}"
    file = ROOT / "bindings" / "api.txt"
    if os.environ.get("DAOHU_WRITE_API"):
        file.write_text(now, encoding="utf-8")

    assert file.read_text(encoding="utf-8") == now, HOW


def broken(node: Node) -> list[str]:
    """Where a text is not of the language."""
    if not node.has_error:
        return []
    if node.type == "ERROR" or node.is_missing:
        return [f"line {node.start_point.row + 1}: {(node.text or b'')[:80].decode(errors='replace')}"]
    return [line for child in node.children for line in broken(child)]


def test_the_swift_sources_are_swift_and_call_what_there_is() -> None:
    generated = Path(os.environ["DAOHU_SWIFT"], "daohu_ffi.swift").read_text(encoding="utf-8")
    # Two words that the grammar does not know yet; a compiler does.
    known = generated.replace("@_documentation(visibility: private)", "").replace("{ () }", "{ Void() }")
    sources = [*(ROOT / "bindings" / "swift").rglob("*.swift")]
    guide = re.search(r"```swift\n(.*?)```", (ROOT / "docs" / "guides" / "ios.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(sources) >= 4 and guide is not None and len(guide[1].splitlines()) < 60
    texts = {"generated": known, "ios.md": guide[1], **{file.name: file.read_text(encoding="utf-8") for file in sources}}
    parser = Parser(Language(tree_sitter_swift.language()))

    wrong = {name: broken(parser.parse(text.encode()).root_node) for name, text in texts.items()}
    called = {call for name, text in texts.items() if name != "generated" for call in re.findall(r"\$0\.(\w+)\(", text)}
    missing = [call for call in called if not re.search(rf"open func {call}\(", generated)]

    assert {name: lines for name, lines in wrong.items() if lines} == {}
    assert called and missing == []
