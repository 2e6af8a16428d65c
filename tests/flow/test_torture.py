"""Servers are killed while work pours in, a few times; `make torture` does it for longer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.settings import ROOT


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_when_servers_are_killed_under_work(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.torture", "--directory", str(tmp_path)]
    # So many kills however slow the machine; the waves that have begun by then are ended.
    command += ["--kills", "8", "--events", "0", "--seconds", "300", "--seed", "12"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580)
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.endswith("lost 0, doubled 0, parked 0\n")
    for what, least in (("kills", 8), ("events", 200)):
        found = re.search(rf"^{what} (\d+)", told.stdout, re.MULTILINE)
        assert found, told.stdout
        assert int(found[1]) >= least
