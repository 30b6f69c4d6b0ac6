"""This machine's own microphone and loudspeaker, by whatever program it has for them; no package of ours is needed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import anyio
from anyio.abc import Process, TaskStatus

from orchestrator.errors import NoSound
from telephony.rehearsal import RehearsalLine
from voices.audio import FRAME_BYTES, FRAME_S

AHEAD_S: Final = 0.06  # in the player before it is heard: enough for a busy machine, and soon silent at a barge-in
LATE_FRAMES: Final = 15  # from a microphone whose clock is faster than ours; what is older is dropped
LAST_WORDS_S: Final = 1.0  # for a program to say why it ends


@dataclass(frozen=True)
class Sound:
    """Two programs: one writes what the microphone hears, one plays what it reads; both raw, 16 kHz, mono, s16."""

    record: tuple[str, ...]
    play: tuple[str, ...]


_PULSE: Final = ("--raw", "--format=s16le", "--rate=16000", "--channels=1", "--latency-msec=40")
_ALSA: Final = ("-q", "-t", "raw", "-f", "S16_LE", "-r", "16000", "-c", "1", "--buffer-time=80000")
_SOX: Final = ("-q", "-t", "raw", "-r", "16000", "-e", "signed-integer", "-b", "16", "-c", "1", "-")
KNOWN: Final = (
    Sound(("parec", *_PULSE), ("pacat", *_PULSE)),  # PipeWire's, too
    Sound(("arecord", *_ALSA), ("aplay", *_ALSA)),
    Sound(("rec", *_SOX), ("play", *_SOX)),
)
INSTALL: Final = "install one: apt install pulseaudio-utils, alsa-utils or sox; or leave --speak and --microphone out and type"


def found() -> Sound:
    """The first pair that is here. Raises NoSound."""
    for sound in KNOWN:
        if shutil.which(sound.record[0]) and shutil.which(sound.play[0]):
            return sound
    names = ", ".join(f"{sound.record[0]} and {sound.play[0]}" for sound in KNOWN)
    raise NoSound(f"no program for sound is here; known are {names}", INSTALL)


def player() -> tuple[str, ...] | None:
    """What plays here, if anything does."""
    return next((sound.play for sound in KNOWN if shutil.which(sound.play[0])), None)


async def play(pcm: bytes, program: Sequence[str]) -> None:
    """To its end. Raises NoSound when the program gives up."""
    async with _running(program, stdin=subprocess.PIPE) as process:
        assert process.stdin
        await process.stdin.send(pcm)
        await process.stdin.aclose()
        if await process.wait():
            raise anyio.EndOfStream


async def speak(line: RehearsalLine, program: Sequence[str]) -> None:
    """Play what the caller on this line hears, until cancelled. Raises NoSound when the program gives up."""
    async with _running(program, stdin=subprocess.PIPE) as process:
        assert process.stdin
        played = 0
        while True:
            now_s = anyio.current_time()
            played = min(played, len(line.heard))  # what was not heard yet may have been taken back
            while played < len(line.heard) and line.heard[played][0] <= now_s + AHEAD_S:
                await process.stdin.send(line.heard[played][1])
                played += 1
            await anyio.sleep(FRAME_S)


async def listen(
    line: RehearsalLine, program: Sequence[str], *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Say on this line what the microphone hears, until cancelled; started when it hears. Raises NoSound."""
    async with _running(program, stdout=subprocess.PIPE) as process:
        assert process.stdout
        pending = bytearray(await process.stdout.receive())
        task_status.started()
        async for chunk in process.stdout:
            pending += chunk
            whole = len(pending) - len(pending) % FRAME_BYTES
            if line.unsaid < LATE_FRAMES:
                line.say(bytes(pending[:whole]))
            del pending[:whole]
        raise anyio.EndOfStream


@asynccontextmanager
async def _running(program: Sequence[str], *, stdin: int | None = None, stdout: int | None = None) -> AsyncGenerator[Process]:
    """Ended with the block; where it ends by itself, what it said is the error."""
    async with await anyio.open_process(program, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE) as process:
        try:
            yield process
        except (anyio.BrokenResourceError, anyio.EndOfStream):
            raise NoSound(f"{program[0]} stopped{await _last_words(process)}") from None
        finally:
            if process.returncode is None:
                process.terminate()


async def _last_words(process: Process) -> str:
    """Why it ends, as far as it says so; it has ended then, if it does so in time."""
    assert process.stderr
    said = bytearray()
    with anyio.move_on_after(LAST_WORDS_S):
        async for piece in process.stderr:
            said += piece
        await process.wait()
    lines = said.decode(errors="replace").strip().splitlines()
    return f": {lines[-1]}" if lines else ""
