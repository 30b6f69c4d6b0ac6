"""How well the ears hear, and what it costs: `python -m tests.bench.ears`. Prints tables; `--quick` takes every fourth sound.

A person's prompts need two Debian packages (tests/bench/prompts.py); without them that row says so. The made voices are the
shipped ones, in each engine that works here. Speech is cut as a call cuts it: 0.3 s of silence before, 0.1 s after.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Final

import anyio
import yaml

from agents.roster import load
from orchestrator.hints import hints
from tests.bench.machine import rss_mb
from tests.bench.prompts import prompts
from tests.bench.word_errors import Errors, words
from tests.kit.ears import padded
from tests.kit.telephone import BANDS
from tests.kit.unspoken import KINDS, segments, utterances
from voices.catalogue import CALLER, Catalogue
from voices.engines.registry import LAST_RESORT, SYNTHESIZERS
from voices.engines.whisper import WhisperRecognizer
from voices.settings import VoiceSettings
from voices.synthesis import Sound
from voices.vad import load_silero
from voices.voice import load_voices

ROOT: Final = Path(__file__).parents[2]
DATA: Final[dict[str, list[str]]] = yaml.safe_load((ROOT / "tests" / "data" / "commands.yaml").read_text(encoding="utf-8"))
ROSTER: Final = load([ROOT / "agents"], ROOT / "prompts")
NAMES: Final = hints(ROSTER)
HOUR_S: Final = 3_600.0
SHORTEST: Final = 3  # words; of one alone nobody could tell what is wrong


@dataclass(frozen=True)
class Speech:
    who: str
    text: str
    pcm: bytes
    name: str = ""
    """Of an agent or a persona, that is in it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fourth sound, and a quarter of the hour")
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--wrong", action="store_true", help="print what was heard wrong")
    given = parser.parse_args()
    step = 4 if given.quick else 1
    before_mb = rss_mb(os.getpid())
    ears = Bench(given.model, show=given.wrong)
    print(
        f"Whisper {given.model}: {rss_mb(os.getpid()) - before_mb:.0f} MB with the speech detector, loaded once for all calls\n"
    )
    print(f"Words heard wrong, in %{'':27}{''.join(f'{band:>10}' for band in BANDS)}   texts  ms CPU")
    try:
        person = [Speech("a person's prompts", text, pcm) for text, pcm in prompts() if len(words(text)) >= SHORTEST]
        ears.errors(person[::step])
    except FileNotFoundError as missing:
        print(missing)
    made = anyio.run(spoken)
    for who in dict.fromkeys(speech.who for speech in made):
        commands = [speech for speech in made if speech.who == who and speech.text in DATA["commands"]]
        ears.errors([speech for speech in commands if len(words(speech.text)) >= SHORTEST][::step])
    print(f"\nNames that were not heard, in %{'':20}{''.join(f'{band:>10}' for band in BANDS)}   texts")
    for who in dict.fromkeys(speech.who for speech in made):
        ears.names([speech for speech in made if speech.who == who and speech.name][::step])
    print(f"\nWords alone that were taken for noise{'':14}{''.join(f'{band:>10}' for band in BANDS)}   texts")
    for who in dict.fromkeys(speech.who for speech in made):
        ears.lost([speech for speech in made if speech.who == who and speech.text in DATA["words"]][::step])
    ears.invented(HOUR_S / step)
    ears.cost([speech.pcm for speech in made if 2.7 < len(speech.pcm) / 32_000 < 3.3][:40])


class Bench:
    """One recogniser, and the tables about it."""

    def __init__(self, model: str, *, show: bool) -> None:
        self._ears, self._show = WhisperRecognizer(model, device="cpu"), show
        load_silero()
        self._heard(bytes(32_000))

    def _heard(self, pcm: bytes) -> str:
        return self._ears.hear(pcm, NAMES).text

    def errors(self, speeches: Sequence[Speech]) -> None:
        cells, spent_s = list[float](), 0.0
        for band, through in BANDS.items():
            errors = Errors()
            for speech in speeches:
                pcm = padded(through(speech.pcm))
                began_s = process_time()
                heard = self._heard(pcm)
                spent_s += process_time() - began_s
                if errors.count(speech.text, heard):
                    self._tell(speech, band, heard)
            cells.append(errors.rate)
        self._row(speeches, cells, f"{1_000 * spent_s / max(1, len(speeches) * len(BANDS)):8.0f}")

    def names(self, speeches: Sequence[Speech]) -> None:
        cells = list[float]()
        for band, through in BANDS.items():
            missed = 0
            for speech in speeches:
                heard = self._heard(padded(through(speech.pcm)))
                if speech.name.lower() not in words(heard):
                    missed += 1
                    self._tell(speech, band, heard)
            cells.append(missed / max(1, len(speeches)))
        self._row(speeches, cells)

    def lost(self, speeches: Sequence[Speech]) -> None:
        cells = list[float]()
        for band, through in BANDS.items():
            eaten = [speech for speech in speeches if not self._heard(padded(through(speech.pcm)))]
            for speech in eaten:
                self._tell(speech, band, "")
            cells.append(len(eaten) / max(1, len(speeches)))
        self._row(speeches, cells)

    def invented(self, total_s: float) -> None:
        print(f"\nWords invented in {total_s / 60:.0f} min of each way    utterances  invented    opened as speech  invented")
        each_s = total_s / len(KINDS)
        for seed, kind in enumerate(KINDS):
            cut, opened = [*utterances(kind, each_s, seed)], [*segments(kind, each_s, seed + 100)]
            told = [[heard for pcm in pcms if (heard := self._heard(pcm))] for pcms in (cut, opened)]
            shown = " ".join(map(repr, [*told[0], *told[1]][:4]))
            print(f"{kind:34}{len(cut):10}{len(told[0]):10}{len(opened):20}{len(told[1]):10}  {shown}", flush=True)

    def cost(self, sounds: Iterable[bytes]) -> None:
        spent = list[float]()
        for pcm in sounds:
            began_s = process_time()
            self._heard(padded(pcm))
            spent.append(1_000 * (process_time() - began_s))
        spent.sort()
        if spent:
            middle, most = spent[len(spent) // 2], spent[-1]
            print(f"\n{len(spent)} utterances of about 3 s: {middle:.0f} ms of one core each, {most:.0f} at most")
        print(f"The whole process: {rss_mb(os.getpid()):.0f} MB, voices and sounds of this bench included")

    def _row(self, speeches: Sequence[Speech], cells: Sequence[float], more: str = "") -> None:
        who = speeches[0].who if speeches else "nobody"
        print(f"{who:51}{''.join(f'{100 * cell:10.1f}' for cell in cells)}{len(speeches):8}{more}", flush=True)

    def _tell(self, speech: Speech, band: str, heard: str) -> None:
        if self._show:
            print(f"    {band:9} {speech.text[:90]!r} -> {heard[:110]!r}")


async def spoken() -> list[Speech]:
    """All that is in the data, in the voices of the agents and the caller; by the last resort in the caller's only."""
    voices, found = load_voices(), list[Speech]()
    for engine in SYNTHESIZERS:
        if engine.missing(VoiceSettings().of(engine.name)):
            continue
        catalogue = Catalogue(voices, [engine.make(VoiceSettings().of(engine.name))])
        await catalogue.warm()
        for voice in (CALLER,) if engine.name == LAST_RESORT else (CALLER, *(agent.voice for agent in ROSTER)):
            for text, name in _texts():
                sound = b"".join([part.pcm async for part in catalogue.speak(text, voice) if isinstance(part, Sound)])
                found.append(Speech(f"{engine.name}, {voice}", text, sound, name))
        await catalogue.aclose()
    return found


def _texts() -> Iterator[tuple[str, str]]:
    yield from ((text, "") for text in (*DATA["commands"], *DATA["words"]))
    for name in NAMES:
        for address in DATA["addresses"]:
            yield address.format(name=name, the="the " if name in DATA["roles"] else ""), name


if __name__ == "__main__":
    main()
