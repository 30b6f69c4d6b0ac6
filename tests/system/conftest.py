"""`make demo`, run once for all tests of what it leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.commands import machine

DEMO_S = 420  # three calls in real time
OTHERS = {  # what other people have set; the calls are the same
    "PAI_DIR": "/nowhere",
    "PAI_VOICE_PORT": "8888",  # PAI's own
    "PAI_VOICE_CONFIG": "/nowhere/pai-voice.toml",
    "PAI_VOICE_AGENTS": "/nowhere",
    "PAI_VOICE_HOLD__MUSIC": "off",
    "ANTHROPIC_API_KEY": "another",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
    "CLAUDECODE": "1",
    "CLAUDE_CONFIG_DIR": "/nowhere",
    "ELEVENLABS_API_KEY": "another",
}


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    command = [Path(sys.executable).with_name("pai-voice"), "demo", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEMO_S, check=False, env=machine() | OTHERS)
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-3_000:]
    assert "\x1b" not in done.stdout  # no colour codes where nobody sees colours
    assert '"level": "info"' not in done.stderr  # nothing but the calls
    return out
