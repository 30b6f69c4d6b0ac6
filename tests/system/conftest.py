"""`make demo`, run once for all tests of what it leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DEMO_S = 420  # three calls in real time


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    command = [Path(sys.executable).with_name("pai-voice"), "demo", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEMO_S, check=False)
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-3_000:]
    assert "\x1b" not in done.stdout  # no colour codes where nobody sees colours
    assert '"level": "info"' not in done.stderr  # nothing but the calls
    return out
