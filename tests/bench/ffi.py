"""The calls of `daohu-bench ffi` in Python: `ffi.py STORE KEY NOW_MS CALLS ROUNDS`, with the generated module on the path."""

import json
import statistics
import sys
import time

from daohu_ffi import FieldLedger, HostClock


class Standing(HostClock):
    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def wall_ms(self) -> int:
        return self.now_ms

    def mono_ms(self) -> int:
        return self.now_ms

    def boot(self) -> str:
        return "bench"

    def is_set(self) -> bool:
        return True


store, key = sys.argv[1], bytes.fromhex(sys.argv[2])
now_ms, calls, rounds = (int(word) for word in sys.argv[3:])
ledger = FieldLedger.open(store, key, Standing(now_ms))

began = time.perf_counter()
for _ in range(calls):
    ledger.conflicts()
calls_per_s = calls / (time.perf_counter() - began)

spans = []
for _ in range(rounds):
    began = time.perf_counter()
    due = ledger.due()
    spans.append((time.perf_counter() - began) * 1000)
print(json.dumps({"calls_per_s": calls_per_s, "due_ms": statistics.median(spans), "households": len(due.households)}))
