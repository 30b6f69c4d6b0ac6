"""`pai-voice agents try` by ear and mouth: programs for sound that are ours, and the machine's own engines."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest

from tests.kit.commands import environment, running
from tests.kit.commands import run as command
from voices.audio import level_dbfs, read_wav

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine

ROOT = Path(__file__).parents[2]
SCRIPT = "entries: [{when: {agent: engineer, heard: build}, say: Read the first failure.}]\n"
RECORDER = """#!{python}
import sys, time
sound = open({pcm!r}, "rb").read()
began, sent = time.monotonic(), 0
while True:
    # Silence first, for the greeting; then what is said once, and silence again. In odd pieces, as pipes give them.
    now = int((time.monotonic() - began) * 16_000) * 2
    stream = bytes(4 * 32_000) + sound
    sys.stdout.buffer.write(stream[sent:now].ljust(now - sent, b"\\0"))
    sys.stdout.buffer.flush()
    sent = now
    time.sleep(0.013)
"""
PLAYER = """#!{python}
import sys
with open({played!r}, "wb", buffering=0) as out:
    while piece := sys.stdin.buffer.read1(640):
        out.write(piece)
"""


def install(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.fixture
def env(tmp_path: Path) -> Mapping[str, str]:
    """With `parec` and `pacat` that hear the demo's caller, and keep what is played."""
    (tmp_path / "script.yaml").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "said.pcm").write_bytes(read_wav(ROOT / "orchestrator" / "demo" / "engineer.wav"))
    install(tmp_path / "bin", "parec", RECORDER.format(python=sys.executable, pcm=str(tmp_path / "said.pcm")))
    install(tmp_path / "bin", "pacat", PLAYER.format(python=sys.executable, played=str(tmp_path / "played.pcm")))
    return environment(tmp_path, PATH=str(tmp_path / "bin"))


@pytest.mark.slow  # ten seconds of talk in real time, after engines were loaded
async def test_what_is_said_is_heard_and_answered_aloud(env: Mapping[str, str], tmp_path: Path) -> None:
    call = ("agents", "try", "engineer", "--script", "script.yaml", "--microphone")
    async with running(*call, env=env, cwd=tmp_path) as session:
        await session.says("caller ")
        await session.says("Engineer   Read the first failure.")
        session.process.send_signal(signal.SIGINT)
        await session.says("1 turn, p50")
        assert await session.ends() in (0, 130)  # 0: whoever started us ignores SIGINT, and the agent hangs up
    played = await anyio.Path(tmp_path / "played.pcm").read_bytes()
    loud = [level_dbfs(played[at : at + 640]) > -40 for at in range(0, len(played) - 640, 640)]
    assert sum(loud) > 50  # frames of the greeting and the answer: a second at least


@pytest.mark.slow  # as above
async def test_typed_words_are_answered_aloud(env: Mapping[str, str], tmp_path: Path) -> None:
    call = ("agents", "try", "engineer", "--script", "script.yaml", "--speak")
    async with running(*call, env=env, cwd=tmp_path) as session:
        assert session.process.stdin
        await session.process.stdin.send(b"why does the build fail\n")
        await session.says("Engineer   Read the first failure.")
        await session.process.stdin.aclose()
        assert await session.ends() == 0
    assert len(await anyio.Path(tmp_path / "played.pcm").read_bytes()) > 2 * 32_000


@pytest.mark.parametrize(
    ("broken", "option", "what"),
    [
        (None, "--speak", "no program for sound is here; known are parec and pacat, arecord and aplay, rec and play"),
        ("parec", "--microphone", "parec stopped: no such device"),
        ("pacat", "--speak", "pacat stopped: no such device"),
    ],
)
async def test_what_is_missing_is_told(
    env: Mapping[str, str], tmp_path: Path, broken: str | None, option: str, what: str
) -> None:
    for name in ("parec", "pacat") if broken is None else (broken,):
        (tmp_path / "bin" / name).unlink()
    if broken:
        install(tmp_path / "bin", broken, "#!/bin/sh\necho cannot find card 0 >&2\necho no such device >&2\nexit 1\n")
    failed = await command("agents", "try", "engineer", "--script", "script.yaml", option, env=env, cwd=tmp_path)
    assert (failed.code, what in failed.err.splitlines()) == (1, True)
    assert "--speak and --microphone" in failed.err.splitlines()[-1]
