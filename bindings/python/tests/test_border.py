"""What crosses the border when a host, its clock, its ear or somebody on the way does what it should not."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import daohu_field
import pytest
from conftest import NOW_MS, Office, SetClock
from daohu_field import (
    EnrolOptions,
    FieldLedger,
    FieldLedgerProtocol,
    HostTransport,
    HttpRequest,
    HttpResponse,
    HttpTransport,
    Ledger,
    LedgerError,
    LedgerListener,
    MetPerson,
    SyncOptions,
    SyncProgress,
    TransportError,
    Until,
    VisitEntry,
    daohu_ffi,
    open_ledger,
    salvage,
)

WAIT_S = 20
FITS = VisitEntry(mode="home", purposes=["verify"], met=[MetPerson(name="户主", relation="本人")], narrative="核对收入台账")


def refused(call: Callable[[], object]) -> LedgerError.Refused:
    with pytest.raises(LedgerError.Refused) as caught:
        call()
    return caught.value


class WildClock(SetClock):
    """A clock that does as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.act: Callable[[], None] | None = None

    def wall_ms(self) -> int:
        if self.act is not None:
            self.act()
        return self.now_ms


class Phone:
    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.folder, self.clock = office, folder, WildClock()
        login = f"border-{folder.name}"
        self.household = office.helper_of(login, 0)
        self.ledger = open_ledger(folder / "a.db", clock=self.clock)
        self.ledger.enrol(EnrolOptions(server=office.url, code=office.code(login), label="电脑"), HttpTransport())
        self.ledger.sync(SyncOptions(), HttpTransport())


@pytest.fixture
def phone(office: Office, tmp_path: Path) -> Phone:
    return Phone(office, tmp_path)


def test_an_ear_that_raises_costs_no_visit_and_no_second_one(phone: Phone) -> None:
    class Deaf(LedgerListener):
        def on_changed(self) -> None:
            raise ValueError("on_changed")

        def on_sync(self, progress: SyncProgress) -> None:
            raise ValueError("on_sync")

    phone.ledger.listen(Deaf())

    visit = phone.ledger.new_visit(phone.household, FITS, Until.SUBMIT).visit
    report = phone.ledger.sync(SyncOptions(), HttpTransport())

    assert (visit.state, report.pushed, phone.ledger.status().unsent) == ("submitted", 1, 0)


def test_a_clock_that_raises_is_left_for_the_systems_and_no_visit_is_lost(phone: Phone) -> None:
    def fails() -> None:
        raise ValueError("no clock")

    phone.clock.act = fails

    visit = phone.ledger.new_visit(phone.household, FITS, Until.SUBMIT).visit

    assert (visit.state, phone.ledger.status().unsent) == ("submitted", 1)


@pytest.mark.parametrize("now_ms", [-(2**63), 2**63 - 1])
def test_a_clock_that_is_out_of_all_bounds_does_not_end_syncing_for_ever(phone: Phone, now_ms: int) -> None:
    phone.clock.now_ms = now_ms
    phone.ledger.new_visit(phone.household, FITS, Until.SUBMIT)
    phone.ledger.sync(SyncOptions(), HttpTransport())
    phone.clock.now_ms = NOW_MS
    phone.ledger.new_visit(phone.household, FITS, Until.SUBMIT)

    phone.ledger.sync(SyncOptions(), HttpTransport())

    assert phone.ledger.status().unsent == 0


class Answering(HostTransport):
    """Somebody in the way, who answers everything alike."""

    def __init__(self, status: int, body: bytes) -> None:
        self.response = HttpResponse(status=status, body=body)

    def exchange(self, request: HttpRequest) -> HttpResponse:
        return self.response


@pytest.mark.parametrize("code", ["interrupted", "store_damaged", "wrong_key"])
def test_whoever_is_in_the_way_does_not_speak_for_the_store(phone: Phone, code: str) -> None:
    body = json.dumps({"code": code}).encode()
    assert refused(lambda: phone.ledger.sync(SyncOptions(), Answering(400, body))).code == "not_our_server"


def test_enrolment_says_whether_the_office_is_busy_or_out_of_reach(tmp_path: Path) -> None:
    class Gone(HostTransport):
        def exchange(self, request: HttpRequest) -> HttpResponse:
            raise TransportError.Broken()

    options = EnrolOptions(server="http://127.0.0.1:9", code="x", label="x")
    ledger = open_ledger(tmp_path / "a.db")
    assert refused(lambda: ledger.enrol(options, Answering(503, b""))).code == "server_busy"
    assert refused(lambda: ledger.enrol(options, Gone())).code == "offline"


def test_what_a_transport_raises_is_raised_and_so_is_a_ctrl_c(phone: Phone) -> None:
    class Stopped(HostTransport):
        def __init__(self, raised: BaseException) -> None:
            self.raised, self.calls = raised, 0

        def exchange(self, request: HttpRequest) -> HttpResponse:
            self.calls += 1
            raise self.raised

    for raised in (KeyboardInterrupt(), TypeError("a fault of the host")):
        stopped = Stopped(raised)
        with pytest.raises(type(raised)):
            phone.ledger.sync(SyncOptions(), stopped)
        assert stopped.calls == 1
    phone.ledger.sync(SyncOptions(), HttpTransport())


def test_a_read_does_not_wait_for_what_is_being_written(phone: Phone) -> None:
    began, go_on = threading.Event(), threading.Event()
    waited: list[bool] = []
    writing = threading.Thread(target=lambda: phone.ledger.start_visit(phone.household))

    def act() -> None:
        # The writer is held here; whoever reads asks the same clock.
        if threading.current_thread() is writing:
            began.set()
            waited.append(go_on.wait(WAIT_S))

    phone.clock.act = act
    writing.start()
    assert began.wait(WAIT_S)
    phone.ledger.due()
    phone.ledger.household(phone.household)
    go_on.set()
    writing.join()

    assert waited and all(waited), "the read came only after the write"


def test_an_interrupt_ends_what_reads_and_what_syncs_and_leaves_what_saves(phone: Phone) -> None:
    phone.clock.act = phone.ledger.interrupt

    assert refused(phone.ledger.due).code == "interrupted"
    assert refused(lambda: phone.ledger.sync(SyncOptions(), HttpTransport())).code == "interrupted"
    saved = phone.ledger.new_visit(phone.household, FITS, Until.SUBMIT).visit

    phone.clock.act = None
    assert phone.ledger.due().counts.due > 0
    phone.ledger.sync(SyncOptions(), HttpTransport())
    assert phone.ledger.visit(saved.id).visit.state == "received"


def test_a_refused_visit_is_one_draft_with_which_its_author_goes_on(phone: Phone) -> None:
    error = refused(lambda: phone.ledger.new_visit(phone.household, VisitEntry(narrative="还没写完"), Until.SUBMIT))
    draft = json.loads(error.detail)["draft"]

    phone.ledger.set_visit(draft, FITS)

    assert phone.ledger.submit_visit(draft).visit.state == "submitted"
    assert phone.ledger.status().drafts == 0


def test_a_store_that_is_in_use_or_whole_or_of_another_key_is_not_salvaged(phone: Phone) -> None:
    store = str(phone.folder / "a.db")
    key = (phone.folder / "a.db.key").read_bytes()
    phone.ledger.new_visit(phone.household, FITS, Until.SUBMIT)
    assert refused(lambda: salvage(store, key, NOW_MS)).code == "store_busy"
    phone.ledger.close()
    assert refused(lambda: salvage(store, key, NOW_MS)).code == "not_damaged"
    assert refused(lambda: salvage(store, bytes(32), NOW_MS)).code == "wrong_key"
    with open_ledger(store, clock=phone.clock) as again:
        assert again.status().unsent == 1


def test_a_read_that_met_a_damaged_page_shows_nothing(phone: Phone) -> None:
    store = phone.folder / "a.db"
    phone.ledger.close()
    whole = store.read_bytes()
    shown: list[Any] = []
    noticed = 0
    for page in range(1, len(whole) // 4096):
        broken = bytearray(whole)
        broken[page * 4096 + 2048] ^= 16
        store.write_bytes(broken)
        try:
            with open_ledger(store, clock=phone.clock) as ledger:
                shown.append((ledger.household(phone.household).digest, ledger.due().counts))
        except LedgerError.Refused as error:
            assert error.code == "store_damaged"
            noticed += 1
    store.write_bytes(whole)
    with open_ledger(store, clock=phone.clock) as ledger:
        right = (ledger.household(phone.household).digest, ledger.due().counts)
    assert noticed > 0 and all(one == right for one in shown)


def test_a_closed_ledger_refuses_and_a_lost_key_file_is_no_new_key(phone: Phone) -> None:
    phone.ledger.close()
    assert refused(phone.ledger.status).code == "store_closed"
    (phone.folder / "a.db.key").unlink()
    assert refused(lambda: open_ledger(phone.folder / "a.db")).code == "wrong_key"
    assert not (phone.folder / "a.db.key").exists()


def test_what_is_no_file_is_refused_and_the_cause_of_a_failure_is_told(tmp_path: Path) -> None:
    for path in ("", ":memory:", "file:a.db"):
        assert refused(lambda: FieldLedger.open(path, bytes(32))).code == "usage"
    error = refused(lambda: FieldLedger.open(str(tmp_path), bytes(32)))
    assert error.code == "store_failed" and json.loads(error.detail)["cause"]


def test_each_opening_without_a_named_boot_is_one_boot(phone: Phone) -> None:
    class Nameless(SetClock):
        def boot(self) -> str:
            raise ValueError("this system names no boot")

    ledger = Ledger.open(str(phone.folder / "a.db"), (phone.folder / "a.db.key").read_bytes(), Nameless())
    assert ledger.status().unsent == 0
    ledger.sync(SyncOptions(), HttpTransport())
    visit = ledger.new_visit(phone.household, FITS, Until.SUBMIT).visit

    assert ledger.visit(visit.id).visit.time == "trusted"


def test_the_package_offers_all_that_is_generated() -> None:
    assert set(daohu_ffi.__all__) <= set(daohu_field.__all__)


def test_a_host_may_ask_for_the_protocol_of_the_ledger(phone: Phone) -> None:
    asked: FieldLedgerProtocol = phone.ledger
    assert asked.status().device is not None
