"""`pai-voice dial`: utterances from wavs and texts, a caller on the emulator, and what happens on the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import anyio.to_thread
from rich.console import Console
from rich.text import Text

from orchestrator.errors import NoEmulator, NothingToSay
from telephony.dial import DialEvent, DialResult, Manners, Outcome, Utterance, dial
from telephony.line import NUMBER, DigitsNotSent, NotAnswered, check_keys
from voices.audio import read_wav
from voices.catalogue import spoken

MANNERS: Final = Manners(quiet_s=1.5, filler_s=0.9)  # lets a filler pass without taking it for the answer
FIXES: Final = {
    Outcome.REFUSED: "put the number on the list: allow = […] in [admission]; `pai-voice calls show last` tells why",
    Outcome.NO_ANSWER: "see that `pai-voice serve` runs, with the settings that `pai-voice emulate acs` printed",
    Outcome.SILENT: "see `pai-voice calls show` for what was heard",
    Outcome.HUNG_UP: "see `pai-voice calls show` for why",
    Outcome.TOO_LONG: "give fewer utterances",
}
_NUMBER: Final = re.compile(NUMBER)


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

    Raises NoEmulator, NothingToSay, LineError; AudioError for a wav that cannot be read, SynthesisError for a text that cannot.
    """
    check_address("--emulator", emulator, "http://127.0.0.1:8070")
    check_numbers((caller, called))
    try:
        check_keys(keys)
    except DigitsNotSent as error:
        raise NothingToSay(f"--dtmf {keys}: {error}", "give only keys that a telephone has") from None
    if not (wavs or texts or keys):
        raise NothingToSay("there is nothing to say or to press", "give --text, --wav or --dtmf")
    sounds = [await anyio.to_thread.run_sync(read_wav, wav) for wav in wavs]
    sounds += [await spoken(text) for text in texts]
    plan = [Utterance(keys=keys)] if keys else []
    plan += [Utterance(pcm) for pcm in sounds]
    if barge_in_after_s is not None and sounds:
        plan[-1] = Utterance(sounds[-1], barge_in_after_s=barge_in_after_s)

    def show(event: DialEvent) -> None:
        if screen is not None:
            screen.print(Text(f"{event.at_s:7.2f}  {event.what} {event.detail}".rstrip(), style="dim"))

    try:
        result = await dial(emulator, caller, called, plan, manners=MANNERS, record=record, on_event=show)
    except NotAnswered as error:
        raise NoEmulator(str(error), "start one with `pai-voice emulate acs`, or give its address as --emulator") from error
    if screen is not None:
        screen.print(Text("`pai-voice calls show last` tells what was said, and how long each answer took", style="dim"))
    return result


def check_address(option: str, address: str, example: str) -> None:
    """Raises NoEmulator."""
    parts = urlsplit(address if "//" in address else f"//{address}")
    if not address.startswith(("http://", "https://")) or not parts.hostname:
        near = f"http://{address}" if parts.netloc and "//" not in address else example
        raise NoEmulator(f"{option} {address} is no address", f"give it with http: {option} {near}")


def check_numbers(numbers: Sequence[str]) -> None:
    """Raises NothingToSay."""
    for number in numbers:
        if not _NUMBER.fullmatch(number):
            raise NothingToSay(f"{number} is no telephone number", "give + and all digits, such as +15550100, or anonymous")
