"""The foreign API as it is checked in."""

import os
from importlib.resources import files
from pathlib import Path

from daohu_field import error_texts

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
