"""The ledger as a Python program holds it: with a key in a file, with `with`, and with a Ctrl-C that is heard."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from .daohu_ffi import (
    EnrolOptions,
    EnrolReport,
    FieldLedger,
    HostClock,
    HostTransport,
    HttpRequest,
    HttpResponse,
    LedgerError,
    SyncOptions,
    SyncReport,
    TransportError,
)

KEY_BYTES = 32
Report = TypeVar("Report")


class Ledger(FieldLedger):
    """A ledger that is closed at the end of its `with`.

    Whatever a transport raises beside `TransportError`, a `KeyboardInterrupt` too, ends the call and is raised from it.
    """

    @classmethod
    def open(cls, path: str, key: bytes, clock: HostClock | None = None) -> "Ledger":
        """Opens a ledger with its key of 32 bytes, or makes an empty one; the errors are those of `FieldLedger.open`."""
        ledger = FieldLedger.open(path, key, clock)
        # It has the same state; what is made below knows its own class alone.
        ledger.__class__ = cls
        assert isinstance(ledger, Ledger)
        return ledger

    def enrol(self, options: EnrolOptions, transport: HostTransport) -> EnrolReport:
        return _Heard(self, transport).during(lambda heard: super(Ledger, self).enrol(options, heard))

    def sync(self, options: SyncOptions, transport: HostTransport) -> SyncReport:
        return _Heard(self, transport).during(lambda heard: super(Ledger, self).sync(options, heard))

    def close(self) -> None:
        """Closes the store; whatever is called later is refused with `store_closed`."""
        self.release()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class _Heard(HostTransport):
    """Keeps what a transport raised, which the core would not hand on, and ends the call."""

    def __init__(self, ledger: FieldLedger, inner: HostTransport) -> None:
        self._ledger, self._inner = ledger, inner
        self._raised: BaseException | None = None

    def exchange(self, request: HttpRequest) -> HttpResponse:
        try:
            return self._inner.exchange(request)
        except TransportError:
            raise
        except BaseException as raised:
            self._raised = raised
            self._ledger.interrupt()
            raise TransportError.Broken() from raised

    def during(self, call: Callable[[HostTransport], Report]) -> Report:
        try:
            return call(self)
        except LedgerError:
            if self._raised is not None:
                raise self._raised from None
            raise


def open_ledger(path: str | os.PathLike[str], key_file: str | os.PathLike[str] | None = None, clock: HostClock | None = None) -> Ledger:
    """Opens a ledger with the key in a file, by default `<path>.key`; makes both where there are none.

    The key file is for its owner only. Without it a store that is there is refused with `wrong_key`. An app that has a keystore calls
    `Ledger.open` with the key itself.
    """
    file = Path(key_file if key_file is not None else f"{os.fspath(path)}.key")
    if os.fspath(path) and not file.exists() and not Path(path).exists():
        # Made whole under another name first: a key that is half written would lock its owner out.
        made = file.with_name(f"{file.name}.part")
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(secrets.token_bytes(KEY_BYTES))
            out.flush()
            os.fsync(out.fileno())
        made.rename(file)
    key = file.read_bytes() if file.exists() else b""
    return Ledger.open(os.fspath(path), key, clock)
