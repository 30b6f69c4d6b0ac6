"""`pai-voice dial`: utterances from wavs and texts, a caller on the emulator, and what happens on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import anyio.to_thread
from rich.console import Console
from rich.text import Text

from orchestrator.config import MouthSettings
from orchestrator.engines import open_mouths
from telephony.dial import DialEvent, DialResult, Utterance, dial
from voices.audio import read_wav
from voices.catalogue import Catalogue
from voices.synthesis import Sound


async def dial_in(
    emulator: str,
    caller: str,
    called: str,
    wavs: Sequence[Path],
    texts: Sequence[str],
    keys: str,
    barge_in_after_s: float | None,
    record: Path | None,
    screen: Console | None,
) -> DialResult:
    """Raises AudioError for a wav that cannot be read, SynthesisError for a text that cannot be spoken, and LineError."""
    sounds = [await anyio.to_thread.run_sync(read_wav, wav) for wav in wavs]
    sounds += await _spoken(texts)
    plan = [Utterance(keys=keys)] if keys else []
    plan += [Utterance(pcm) for pcm in sounds]
    if barge_in_after_s is not None and sounds:
        plan[-1] = Utterance(sounds[-1], barge_in_after_s=barge_in_after_s)

    def show(event: DialEvent) -> None:
        if screen is not None:
            screen.print(Text(f"{event.at_s:7.2f}  {event.what} {event.detail}".rstrip(), style="dim"))

    return await dial(emulator, caller, called, plan, record=record, on_event=show)


async def _spoken(texts: Sequence[str]) -> list[bytes]:
    """In a voice that no agent has."""
    if not texts:
        return []
    async with AsyncExitStack() as stack:
        catalogue = await open_mouths(MouthSettings(), stack)
        return [await _sound(catalogue, text) for text in texts]


async def _sound(catalogue: Catalogue, text: str) -> bytes:
    return b"".join([sound.pcm async for sound in catalogue.speak(text, "caller") if isinstance(sound, Sound)])
