"""`pai-voice dial`: utterances from wavs and texts, a caller on the emulator, and what happens on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import anyio.to_thread
from rich.console import Console
from rich.text import Text

from telephony.dial import DialEvent, DialResult, Outcome, Utterance, dial
from voices.audio import read_wav
from voices.catalogue import spoken

FIXES: Final = {
    Outcome.REFUSED: "put the number on the list: allow = […] in [admission]; `pai-voice calls list` tells why",
    Outcome.NO_ANSWER: "see that `pai-voice serve` runs, with the settings that `pai-voice emulate acs` printed",
    Outcome.SILENT: "see `pai-voice calls show` for what was heard",
    Outcome.HUNG_UP: "see `pai-voice calls show` for why",
    Outcome.TOO_LONG: "give fewer utterances",
}


async def dial_in(
    emulator: str,
    caller: str,
    called: str,
    wavs: Sequence[Path],
    texts: Sequence[str],
    *,
    keys: str,
    barge_in_after_s: float | None,
    record: Path | None,
    screen: Console | None,
) -> DialResult:
    """The keys first, then the wavs, then the texts, in a voice that no agent has.

    Raises AudioError for a wav that cannot be read, SynthesisError for a text that cannot be spoken, and LineError.
    """
    sounds = [await anyio.to_thread.run_sync(read_wav, wav) for wav in wavs]
    sounds += [await spoken(text) for text in texts]
    plan = [Utterance(keys=keys)] if keys else []
    plan += [Utterance(pcm) for pcm in sounds]
    if barge_in_after_s is not None and sounds:
        plan[-1] = Utterance(sounds[-1], barge_in_after_s=barge_in_after_s)

    def show(event: DialEvent) -> None:
        if screen is not None:
            screen.print(Text(f"{event.at_s:7.2f}  {event.what} {event.detail}".rstrip(), style="dim"))

    return await dial(emulator, caller, called, plan, record=record, on_event=show)
