"""The Swift sources and the Swift lines of the guide, against the module that is generated: by their syntax trees, since no compiler is at hand."""

import os
import re
from pathlib import Path

import pytest
from swift_calls import SYSTEM, Module, broken, declare, findings, parse

ROOT = Path(os.environ["DAOHU_GUIDES"]).parent.parent
LINES_MAX = 60

GUIDE = re.findall(r"```swift\n(.*?)```", (ROOT / "docs" / "guides" / "ios.md").read_text(encoding="utf-8"), re.DOTALL)
FOLDER = ROOT / "bindings" / "swift"
FILES = sorted([*FOLDER.glob("*.swift"), *FOLDER.glob("Sources/*/*.swift"), *FOLDER.glob("Tests/*/*.swift")])
SOURCES = {file.name: file.read_text(encoding="utf-8") for file in FILES if file.name != "daohu_ffi.swift"}
GENERATED = parse(Path(os.environ["DAOHU_SWIFT"], "daohu_ffi.swift").read_text(encoding="utf-8"))

TEXTS = {name: source for name, source in SOURCES.items() if name != "Package.swift"} | {"ios.md": "\n".join(GUIDE)}


def declared() -> tuple[Module, Module]:
    """What is generated; and that with what the texts declare themselves."""
    generated, everything = Module(), Module()
    declare(GENERATED, generated, generated.free, only_public=True)
    declare(GENERATED, everything, everything.free, only_public=True)
    for source in TEXTS.values():
        declare(parse(source), everything, everything.free, only_public=False)
    return generated, everything


def test_every_text_is_swift() -> None:
    parsed = {name: parse(source) for name, source in (SOURCES | TEXTS).items()} | {"generated": GENERATED}

    assert {name: broken(root) for name, root in parsed.items() if root.has_error} == {}
    assert len(SOURCES) == 6 and len(GUIDE[0].splitlines()) < LINES_MAX


@pytest.mark.parametrize("name", TEXTS)
def test_every_call_name_and_type_is_declared(name: str) -> None:
    assert findings(parse(TEXTS[name]), *declared()) == []


def test_no_name_of_the_ledger_is_taken_for_one_of_the_system() -> None:
    generated, _ = declared()

    assert len(generated.types["FieldLedger"].calls) > 30
    assert SYSTEM & set(generated.types["FieldLedger"].calls) == set()
    assert SYSTEM & set(generated.types) == set()


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("ios.md", r"newVisit\(household: \w+, entry: \w+, until: \.submit\)", "newVisit(wrong: household, entri: 7)"),
        ("ios.md", r"VisitEntry\(mode:", "VisitEntry(moed:"),
        ("Field.swift", r"ledger\.listen\(listener:", "ledger.listenNonsense(to:"),
        ("Field.swift", r"FieldLedger\.open\(path: path, key: key\(\), clock: clock\)", "FieldLedger.opens(at: path)"),
        ("Field.swift", r"FieldLedger\.open\(path:", "FieldLedger.open(at:"),
        ("Field.swift", r"conversation\.onFailure\(\)", "conversation.onFailure(why: 1)"),
        ("Field.swift", r"\.bytesUp", ".bytesUpward"),
        ("Hub.swift", r"func onSync\(progress:", "func onSync(how:"),
        ("ios.md", r"field\.sync\(transport:", "field.sync(over:"),
        ("ios.md", r"LedgerError\.Refused\(code, zh, _, _\)", "LedgerError.Refused(code, zh, _)"),
        ("ios.md", r"MetPerson\(", "MetPersons("),
        ("ios.md", r"clock: AppleClock\(\), ", ""),
        ("ScenarioTests.swift", r"\.submit\)", ".submitted)"),
    ],
)
def test_a_wrong_word_is_found(name: str, right: str, wrong: str) -> None:
    changed, times = re.subn(right, lambda _: wrong, TEXTS[name])
    generated, everything = declared()

    assert times > 0
    assert findings(parse(TEXTS[name]), generated, everything) == []
    assert findings(parse(changed), generated, everything) != []


def test_the_clock_that_the_guide_shows_is_the_one_of_the_package() -> None:
    shown = next(block for block in GUIDE if "class AppleClock" in block)

    assert shown in SOURCES["AppleClock.swift"]
