"""The field core of daohu: a ledger of visits that works without a network, and syncs and proves when there is one.

    ledger = open_ledger("ledger.db")
    ledger.enrol(EnrolOptions(server=..., code=..., label="laptop"), HttpTransport())
    ledger.new_visit("6108022090420001", VisitEntry(mode="home", purposes=["verify"]), Until.SUBMIT)
    ledger.sync(SyncOptions(), HttpTransport())

Every refusal is a `LedgerError.Refused` with a stable `code` and what to do, in Chinese (`zh`) and English (`en`).
"""

import os
import secrets
from pathlib import Path

from . import daohu_ffi
from .daohu_ffi import *
from .daohu_ffi import FieldLedger, HostClock
from .transport import HttpTransport

__all__ = ["HttpTransport", "open_ledger"]
__all__ += daohu_ffi.__all__

KEY_BYTES = 32


def open_ledger(path: str | os.PathLike[str], key_file: str | os.PathLike[str] | None = None, clock: HostClock | None = None) -> FieldLedger:
    """Opens a ledger with the key in a file, by default `<path>.key`; makes both where there are none.

    The key file is for its owner only. An app that has a keystore calls `FieldLedger.open` with the key itself.
    """
    file = Path(key_file if key_file is not None else f"{os.fspath(path)}.key")
    if not file.exists() and not Path(path).exists():
        # Made whole under another name first: a key that is half written would lock its owner out.
        made = file.with_name(f"{file.name}.part")
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(secrets.token_bytes(KEY_BYTES))
            out.flush()
            os.fsync(out.fileno())
        made.rename(file)
    return FieldLedger.open(os.fspath(path), file.read_bytes(), clock)
