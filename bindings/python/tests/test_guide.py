"""The lines of docs/guides/python.md, run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import Office

LINES_MAX = 60


def test_the_lines_of_the_guide_record_a_visit_and_sync_it(office: Office, tmp_path: Path) -> None:
    guide = Path(os.environ["DAOHU_GUIDES"]) / "python.md"
    block = re.search(r"```python run\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None and len(block[1].splitlines()) < LINES_MAX
    program = tmp_path / "visit.py"
    program.write_text(block[1], encoding="utf-8")
    typed = subprocess.run([sys.executable, "-m", "mypy", "--strict", str(program)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert typed.returncode == 0, typed.stdout
    pairing = office.run("pairing", "list", "--on", "2019-05-13")[-1]
    office.run("user", "add", "--login", "guide", "--role", "helper", "--cadre", pairing["cadre"])
    # The guide's clock is the computer's: the office has to live in the same time.
    office.now.write_text(subprocess.run(["date", "+%Y-%m-%dT%H:%M:%S+08:00"], env={"TZ": "Asia/Shanghai"}, capture_output=True, check=True, text=True).stdout)

    ran = subprocess.run(
        [sys.executable, str(program), office.url, office.code("guide"), pairing["household"]], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert "visit: received" in ran.stdout, ran.stdout
    receipts = sorted(tmp_path.glob("receipt-*.dhr"))
    assert receipts and office.run("verify", "--receipt", str(receipts[-1]), "--key", office.key)["ok"] is True
