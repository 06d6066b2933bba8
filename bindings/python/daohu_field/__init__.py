"""The field core of daohu: a ledger of visits that works without a network, and syncs and proves when there is one.

    with open_ledger("ledger.db") as ledger:
        ledger.enrol(EnrolOptions(server=..., code=..., label="laptop"), HttpTransport())
        ledger.new_visit("6108022090420001", VisitEntry(mode="home", purposes=["verify"]), Until.SUBMIT)
        ledger.sync(SyncOptions(), HttpTransport())

Every refusal is a `LedgerError.Refused` with a stable `code` and what to do, in Chinese (`zh`) and English (`en`).
"""

from . import daohu_ffi as daohu_ffi
from .daohu_ffi import *
from .ledger import Ledger, open_ledger
from .transport import HttpTransport

# Written out, so that type checkers follow it; a test compares it with what is generated.
__all__ = [
    "BackupReport",
    "BatchFile",
    "CheckAnswer",
    "ClockView",
    "ConflictValue",
    "ConflictView",
    "Correction",
    "DueCounts",
    "DueHousehold",
    "DueView",
    "EditReport",
    "EnrolConversation",
    "EnrolConversationProtocol",
    "EnrolOptions",
    "EnrolReport",
    "ErrorText",
    "FieldLedger",
    "FieldLedgerProtocol",
    "FieldText",
    "GrantReport",
    "Hint",
    "HostClock",
    "HostClockImpl",
    "HostError",
    "HostTransport",
    "HostTransportImpl",
    "HouseholdState",
    "HouseholdView",
    "HttpHeader",
    "HttpRequest",
    "HttpResponse",
    "HttpTransport",
    "InternalError",
    "JoinProposal",
    "Ledger",
    "LedgerError",
    "LedgerListener",
    "LedgerListenerImpl",
    "MetPerson",
    "MonthEntry",
    "MonthRecordView",
    "NewPromise",
    "PairingView",
    "Part",
    "PastView",
    "PromiseView",
    "QuarantineView",
    "RebuildReport",
    "ReceiptView",
    "ReceiptsTaken",
    "RecordList",
    "RecordQuery",
    "RecordView",
    "RefusedItem",
    "Restored",
    "ReviewInput",
    "ReviewView",
    "Salvaged",
    "StatusView",
    "SyncConversation",
    "SyncConversationProtocol",
    "SyncOptions",
    "SyncProgress",
    "SyncReport",
    "TransportError",
    "Until",
    "VisitAnswer",
    "VisitEntry",
    "VisitView",
    "error_texts",
    "kind_names",
    "kind_schema",
    "open_ledger",
    "restore",
    "salvage",
]
