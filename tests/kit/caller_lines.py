"""What callers say, as recordings: `python -m tests.kit.caller_lines` makes them again (needs Debian's flite).

flite never makes the same wave twice, and pocketsphinx hears some takes better than others, so a line is taken again until it is
heard right; what is heard of it through a telephone (G.711, 8 kHz) is printed too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import anyio
import numpy as np

from voices.audio import RATE, Frame, duration_s, frames, resample, to_pcm, ulaw_decode, ulaw_encode, write_wav
from voices.catalogue import spoken
from voices.engines.pocketsphinx import PocketsphinxRecognizer
from voices.recognition import Recognizer

ROOT: Final = Path(__file__).parents[2]
DEMO: Final = ROOT / "orchestrator" / "demo"
TESTS: Final = ROOT / "tests" / "voices" / "data"
NAMES: Final = ("Kai", "Researcher", "Engineer", "Architect")
TAKES: Final = 20
LEADS_S: Final = (0.1, 0.2, 0.25, 0.3, 0.313)  # silence before: what a good take must not depend on

# The words are chosen for pocketsphinx: it hears "why does the build fail" as "why does to the old fatal".
DEMO_LINES: Final = {
    "question": "Hello Kai, what can you do for me?",
    "engineer": "Engineer, what is wrong with the build?",
    "follow_up": "And how long will that take?",
    "research": "What do people say about electric cars?",
    "panel": "I want all of you to tell me how to keep my photos.",
    "architect": "Architect, can you draw me the whole plan?",
    "barge_in": "Wait, stop. Is that safe?",
    "goodbye": "That is all. Goodbye.",
}
TEST_LINES: Final = {
    "okay": "Okay.",
    "long": "I have been thinking about the house for a long time, and I would like to know what it would cost to build a small "
    "one near the water, with two rooms and a garden.",
}


def words(text: str) -> str:
    """As recognisers write it, so that two texts can be compared."""
    kept = "".join(char if char.isalnum() or char.isspace() else "" for char in text.lower())
    return " ".join(kept.split()).replace("good bye", "goodbye")


def by_telephone(pcm: bytes) -> bytes:
    """As it sounds after mu-law at 8 kHz."""
    return resample(ulaw_decode(ulaw_encode(resample(pcm, RATE, 8_000))), 8_000, RATE)


def cough() -> bytes:
    """0.25 s of noise in two bursts, about as loud as speech."""
    random = np.random.default_rng(7)
    at = np.arange(int(0.25 * RATE)) / RATE
    shape = np.exp(-at / 0.03) + 0.7 * np.exp(-np.clip(at - 0.12, 0, None) / 0.04) * (at > 0.12)
    return to_pcm(random.normal(0, 6_000, at.size) * shape)


async def heard(recognizer: Recognizer, pcm: bytes, *, lead_s: float = 0.3) -> str:
    """What is heard after `lead_s` of silence."""

    async def speech() -> AsyncIterator[Frame]:
        for frame in frames(bytes(int(lead_s * RATE) * 2) + pcm + bytes(3_200)):
            yield frame

    return " ".join([text.text async for text in recognizer.transcribe(speech(), hints=NAMES) if text.final])


async def take(recognizer: Recognizer, name: str, text: str, folder: Path) -> None:
    for attempt in range(1, TAKES + 1):
        pcm = await spoken(text)
        wide = [await heard(recognizer, pcm, lead_s=lead_s) for lead_s in LEADS_S]
        narrow = await heard(recognizer, by_telephone(pcm))
        print(f"{name} take {attempt}: {duration_s(pcm):.1f} s, heard {wide}, by telephone {narrow!r}")
        if all(words(text) == words(each) for each in wide):
            write_wav(folder / f"{name}.wav", pcm)
            return
    raise SystemExit(f"{name}: {text!r} is not understood; choose other words")


async def main() -> None:
    recognizer = PocketsphinxRecognizer(workers=1, hints=NAMES)
    await recognizer.warm()
    for name, text in DEMO_LINES.items():
        await take(recognizer, name, text, DEMO)
    for name, text in TEST_LINES.items():
        await take(recognizer, name, text, TESTS)
    write_wav(TESTS / "cough.wav", cough())
    await recognizer.aclose()


if __name__ == "__main__":
    anyio.run(main)
