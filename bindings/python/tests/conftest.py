"""A real office for the tests: the binary `daohu` with the township of 红石桥乡, on a free port of this machine."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from daohu_field import HostClock

NOW_MS = 1_557_709_200_000
"""2019-05-13T09:00:00+08:00."""


class SetClock(HostClock):
    """A clock that a person set."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms

    def wall_ms(self) -> int:
        return self.now_ms

    def mono_ms(self) -> int:
        return self.now_ms

    def boot(self) -> str:
        return "set"

    def is_set(self) -> bool:
        return True


@dataclass
class Office:
    data: Path
    now: Path
    url: str
    key: str

    def run(self, *words: str) -> Any:
        """Runs a command of the office and reads its answer."""
        ran = subprocess.run(
            [os.environ["DAOHU_BIN"], "--data", str(self.data), "--now", f"@{self.now}", "--json", *words], capture_output=True, check=False
        )
        assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()
        return json.loads(ran.stdout)

    def helper_of(self, login: str, number: int) -> str:
        """Adds the helper of a household and returns the household's id."""
        pairing = self.run("pairing", "list", "--on", "2019-05-13")[number]
        self.run("user", "add", "--login", login, "--role", "helper", "--cadre", pairing["cadre"])
        return str(pairing["household"])

    def code(self, login: str) -> str:
        return str(self.run("device", "code", "--user", login)["code"])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    now, ready = folder / "now", folder / "ready"
    now.write_text("2019-05-13T09:00:00+08:00\n")
    office = Office(folder / "data", now, "", "")
    office.run("import", str(Path(os.environ["DAOHU_SHARED"]) / "data" / "hongshiqiao"))
    log = (folder / "log").open("wb")
    words = [os.environ["DAOHU_BIN"], "--data", str(office.data), "--now", f"@{now}", "serve", "--listen", "127.0.0.1:0"]
    serving = subprocess.Popen([*words, "--ready-file", str(ready)], stdout=subprocess.PIPE, stderr=log)
    try:
        assert serving.stdout is not None
        # Its one line says that it is ready; the end of the stream says that it never will be.
        told = json.loads(serving.stdout.readline())
        office.url, office.key = told["listening"], told["server_key"]
        yield office
    finally:
        serving.terminate()
        serving.wait(timeout=60)
        log.close()
