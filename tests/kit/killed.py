"""A speech server is killed in mid-sentence, and an ear listens: how long nothing is heard, and which words are."""

from __future__ import annotations

import re
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio

from tests.kit.cuts import rendering
from voices.audio import duration_s, write_wav
from voices.catalogue import Catalogue, Fallback
from voices.engines.chatterbox import ChatterboxSettings, ChatterboxSynthesizer
from voices.engines.registry import BY_NAME
from voices.settings import VoiceSettings
from voices.synthesis import Rendering, Sound
from voices.voice import Voice

SERVER: Final = Path(__file__).with_name("heavy_server.py")


@dataclass
class Heard:
    gap_s: float = 0.0
    """The longest silence within the sentence."""
    changed_s: float = 0.0
    """From the death to the first sound of the next engine."""
    sound: bytes = b""
    """Of the server that died."""
    char: int = -1
    """Where the next engine went on."""
    marks: tuple[int, ...] = ()


async def heard(
    text: str, whole: Sound, folder: Path, *, after_s: float, megabytes: int, pace: float, how: signal.Signals = signal.SIGKILL
) -> Heard:
    """`whole` is what the server says of the text, killed so long after its first sound."""
    path = folder / "whole.wav"
    await anyio.to_thread.run_sync(write_wav, path, whole.pcm)
    embedded = BY_NAME["embedded"].make(VoiceSettings().of("embedded"))
    await embedded.warm()
    command = [sys.executable, "-I", str(SERVER), str(path), str(megabytes), str(pace)]
    async with await anyio.open_process(command, stderr=None) as process:
        assert process.stdout is not None
        try:
            port = int(await process.stdout.receive())
            parts = {
                "chatterbox": Rendering("kai", "chatterbox"),
                "embedded": await anyio.to_thread.run_sync(rendering, "embedded", "kai"),
            }
            engine = ChatterboxSynthesizer(ChatterboxSettings(url=f"http://127.0.0.1:{port}"))
            await engine.warm()
            catalogue = Catalogue({"kai": Voice("kai", "A voice.", parts)}, [engine, embedded], aligns=True)
            found = await _listen(catalogue, text, process, after_s, how)
            await catalogue.aclose()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
    return found


async def _listen(catalogue: Catalogue, text: str, process: anyio.abc.Process, after_s: float, how: signal.Signals) -> Heard:
    found, dry_s, died_s = Heard(), 0.0, 0.0
    marks: list[int] = []
    begun = anyio.Event()

    async def kill() -> None:
        nonlocal died_s
        await begun.wait()
        await anyio.sleep(after_s)
        died_s = anyio.current_time()
        process.send_signal(how)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kill)
        async for part in catalogue.speak(text, "kai"):
            now_s = anyio.current_time()
            if isinstance(part, Fallback):
                found.char = part.char
            elif isinstance(part, Sound) and part.pcm:
                found.gap_s = max(found.gap_s, now_s - dry_s) if begun.is_set() else 0.0
                begun.set()
                dry_s = max(now_s, dry_s) + duration_s(part.pcm)
                if found.char < 0:
                    found.sound += part.pcm
                elif not found.changed_s:
                    found.changed_s = now_s - died_s
            if isinstance(part, Sound):
                marks += [mark.char for mark in part.marks]
    found.marks = tuple(marks)
    return found


def words(text: str) -> tuple[int, ...]:
    return tuple(word.start() for word in re.finditer(r"\S+", text))
