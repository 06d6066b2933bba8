"""Two helpers of one household, without a network and with one again, against a real office."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Office, SetClock
from daohu_field import (
    CheckAnswer,
    EnrolOptions,
    FieldLedger,
    FieldText,
    HttpResponse,
    HttpTransport,
    LedgerError,
    LedgerListener,
    MetPerson,
    MonthEntry,
    RecordQuery,
    ReviewInput,
    SyncOptions,
    SyncProgress,
    TransportError,
    Until,
    VisitEntry,
    error_texts,
    kind_names,
    kind_schema,
    open_ledger,
    restore,
)

HOUR_MS = 3_600_000


class Pair:
    """A household with its helper and a second one, each with a phone."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.folder = office, folder
        # Each test has a household of its own.
        pairing = office.run("pairing", "list", "--on", "2019-05-13")[len(list(folder.parent.iterdir()))]
        self.household: str = pairing["household"]
        cadres = [row["id"] for row in office.run("record", "list", "cadre", "--limit", "200")["records"]]
        second = next(cadre for cadre in cadres if cadre != pairing["cadre"])
        office.run("pairing", "add", "--household", self.household, "--cadre", second, "--role", "assistant", "--from", "2019-05-01")
        self.clock = SetClock()
        self.logins = [f"{role}-{folder.name}" for role in ("helper", "second")]
        office.run("user", "add", "--login", self.logins[0], "--role", "helper", "--cadre", pairing["cadre"])
        office.run("user", "add", "--login", self.logins[1], "--role", "assistant_helper", "--cadre", second)

    def phone(self, n: int) -> FieldLedger:
        ledger = open_ledger(self.folder / f"{n}.db", clock=self.clock)
        code = self.office.code(self.logins[n])
        report = ledger.enrol(EnrolOptions(server=self.office.url, code=code, label="电脑"), HttpTransport())
        assert report.server_key == self.office.key
        ledger.sync(SyncOptions(), HttpTransport())
        return ledger


@pytest.fixture
def pair(office: Office, tmp_path: Path) -> Pair:
    return Pair(office, tmp_path)


def visited(ledger: FieldLedger, household: str, narrative: str) -> Any:
    entry = VisitEntry(
        mode="home",
        purposes=["verify"],
        met=[MetPerson(name="户主", relation="本人")],
        checks=[CheckAnswer(check="housing", answer="yes")],
        narrative=narrative,
    )
    return ledger.new_visit(household, entry, Until.SUBMIT).visit


def refused(call: Callable[[], object]) -> LedgerError.Refused:
    with pytest.raises(LedgerError.Refused) as caught:
        call()
    return caught.value


def test_what_two_write_offline_arrives_once_and_both_values_are_shown(pair: Pair) -> None:
    first, second = pair.phone(0), pair.phone(1)
    visits = [visited(first, pair.household, "核对收入台账"), visited(second, pair.household, "送去补贴存折")]
    for ledger, note in ((first, "上午打电话"), (second, "只接村委会电话")):
        ledger.edit(pair.household, [FieldText(field="contact_note", text=note)])
    assert [visit.state for visit in visits] == ["submitted", "submitted"]
    assert first.status().unsent > 0

    reports = [ledger.sync(SyncOptions(), HttpTransport()) for ledger in (first, second, first)]

    assert all(report is not None for report in reports)
    assert first.household(pair.household).digest == second.household(pair.household).digest
    assert (first.status().unsent, first.visit(visits[0].id).visit.state) == (0, "received")
    conflict = next(one for one in first.conflicts() if one.field == "contact_note")
    assert {value.value for value in conflict.values} == {"上午打电话", "只接村委会电话"}
    assert len({value.by for value in conflict.values}) == 2
    first.resolve(pair.household, "contact_note", 1)
    assert first.household(pair.household).fields["contact_note"] == conflict.values[0].value
    coverage = pair.office.run("coverage", "--place", "610802209000", "--month", "2019-05")
    assert next(row for row in coverage["households"] if row["id"] == pair.household)["visits"] == 2
    assert pair.office.run("verify")["ok"] is True


def test_a_receipt_is_proof_for_somebody_who_has_the_key_alone(pair: Pair, tmp_path: Path) -> None:
    ledger = pair.phone(0)
    visited(ledger, pair.household, "核对收入台账")
    ledger.sync(SyncOptions(), HttpTransport())

    receipt = ledger.receipts()[-1]
    file = tmp_path / "receipt.dhr"
    file.write_bytes(receipt.content)

    assert receipt.items > 0
    assert pair.office.run("verify", "--receipt", str(file), "--key", pair.office.key)["ok"] is True


def test_a_host_may_carry_each_request_itself(pair: Pair) -> None:
    ledger, transport = pair.phone(0), HttpTransport()
    visit = visited(ledger, pair.household, "核对收入台账")
    conversation = ledger.begin_sync(SyncOptions())

    carried = 0
    while request := conversation.next_request():
        carried += 1
        if carried == 1:
            conversation.on_failure()
        elif carried == 2:
            portal = HttpResponse(status=200, body=b"<html>sign in</html>")
            assert refused(lambda: conversation.on_response(portal)).code == "not_our_server"
            conversation = ledger.begin_sync(SyncOptions())
        else:
            conversation.on_response(transport.exchange(request))
    report = conversation.finish()

    assert report is not None and report.pushed > 0 and conversation.finish() is None
    assert ledger.visit(visit.id).visit.state == "received"


def test_a_draft_is_saved_as_it_is_typed_and_a_month_is_composed(pair: Pair) -> None:
    ledger = pair.phone(0)
    draft = ledger.start_visit(pair.household).visit
    for narrative in ("卖", "卖了两", "卖了两只羊"):
        ledger.set_visit(draft.id, VisitEntry(narrative=narrative))
    again = open_ledger(pair.folder / "0.db", clock=pair.clock)
    assert again.visit(draft.id).visit.fields["narrative"] == "卖了两只羊"
    pair.clock.now_ms += HOUR_MS
    ledger.set_visit(draft.id, VisitEntry(mode="home", purposes=["income"], met=[MetPerson(name="户主", relation="本人")]))

    visit = ledger.submit_visit(draft.id).visit
    month = ledger.month_record(pair.household, "2019-05", MonthEntry())

    assert visit.state == "submitted"
    assert "卖了两只羊" in month.text and visit.id in month.visits
    due = ledger.due()
    assert (due.month, [one.met for one in due.households if one.id == pair.household]) == ("2019-05", [True])


def test_own_work_is_not_reviewed_and_a_refusal_has_a_code_and_two_sentences(pair: Pair) -> None:
    ledger = pair.phone(0)
    visit = visited(ledger, pair.household, "核对收入台账")

    own = refused(lambda: ledger.review(visit.id, ReviewInput(result="pass")))
    missing = refused(lambda: ledger.household("no such household"))
    no_id = refused(lambda: ledger.visit("no id"))

    assert own.code == "own_visit"
    assert missing.code == "not_found" and missing.zh and missing.en
    assert no_id.code == "usage"
    known = {text.code for text in error_texts()}
    assert {missing.code, no_id.code, own.code} <= known


def test_a_listener_hears_what_changes_and_how_far_a_sync_is(pair: Pair) -> None:
    class Ear(LedgerListener):
        def __init__(self) -> None:
            self.changes = 0
            self.progress: list[SyncProgress] = []

        def on_changed(self) -> None:
            self.changes += 1

        def on_sync(self, progress: SyncProgress) -> None:
            self.progress.append(progress)

    ledger, ear = pair.phone(0), Ear()
    ledger.listen(ear)
    visited(ledger, pair.household, "核对收入台账")
    assert ear.changes == 1

    ledger.sync(SyncOptions(), HttpTransport())

    assert ear.changes > 1 and ear.progress[-1].exchanges == len(ear.progress) and ear.progress[-1].bytes_up > 0
    ledger.listen(None)
    heard = ear.changes
    visited(ledger, pair.household, "又去了一次")
    assert ear.changes == heard


def test_an_interrupted_sync_leaves_nothing_half_done(pair: Pair) -> None:
    ledger = pair.phone(0)
    visit = visited(ledger, pair.household, "核对收入台账")

    class Interrupting(HttpTransport):
        def exchange(self, request: Any) -> HttpResponse:
            ledger.interrupt()
            raise TransportError.Broken()

    assert refused(lambda: ledger.sync(SyncOptions(), Interrupting())).code == "interrupted"
    assert ledger.visit(visit.id).visit.state == "submitted"
    ledger.sync(SyncOptions(), HttpTransport())
    assert ledger.visit(visit.id).visit.state == "received"


def test_a_lost_phone_is_closed_and_says_so(pair: Pair) -> None:
    ledger = pair.phone(0)
    device = ledger.status().device
    assert device is not None
    visited(ledger, pair.household, "核对收入台账")
    pair.office.run("device", "revoke", device, "--reason", "lost")

    assert refused(lambda: ledger.sync(SyncOptions(), HttpTransport())).code == "device_revoked"
    assert (ledger.status().closed, ledger.status().unsent > 0) == ("device_revoked", True)


def test_forms_are_drawn_from_the_kinds(pair: Pair) -> None:
    schema = json.loads(kind_schema("visit"))
    assert "visit" in kind_names() and "narrative" in schema["properties"]
    assert refused(lambda: kind_schema("no_such_kind")).code == "unknown_kind"
    assert pair.phone(0).records("household", RecordQuery(limit=1)).records


def test_a_ledger_is_moved_to_another_computer_without_losing_a_draft(pair: Pair) -> None:
    ledger = pair.phone(0)
    draft = ledger.start_visit(pair.household).visit
    file = pair.folder / "moved.dhp"
    ledger.backup(str(file), "一句够长的口令 2019", True)

    restored = restore(str(file), str(pair.folder / "new.db"), "一句够长的口令 2019")
    moved = FieldLedger.open(str(pair.folder / "new.db"), restored.key, pair.clock)

    assert restored.report.drafts == 1 and moved.visit(draft.id).visit.id == draft.id
    assert refused(lambda: FieldLedger.open(str(pair.folder / "new.db"), bytes(32), pair.clock)).code == "wrong_key"
