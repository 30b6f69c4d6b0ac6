"""What callers say, as recordings. `python -m tests.kit.caller_lines` makes them again, each once, in the voice `caller`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import anyio
import numpy as np

from voices.audio import RATE, resample, to_pcm, ulaw_decode, ulaw_encode, write_wav
from voices.catalogue import spoken

ROOT: Final = Path(__file__).parents[2]
DEMO: Final = ROOT / "orchestrator" / "demo"
TESTS: Final = ROOT / "tests" / "voices" / "data"
DEMO_LINES: Final = {
    "question": "Hello Kai, what can you do for me?",
    "engineer": "Engineer, what is wrong with the build?",
    "follow_up": "And how long will that take?",
    "research": "What do people say about electric cars?",
    "panel": "I want all of you to tell me how to keep my photos.",
    "architect": "Architect, can you draw me the whole plan?",
    "barge_in": "Wait, stop. Is that safe?",
    "goodbye": "That is all. Goodbye.",
    "task": "Engineer, please write me a program that counts words.",
    "progress": "How far are you?",
    "allow": "Yes, please.",
    "call_back": "Please call me back.",
    "hello": "Hello?",
    "okay_goodbye": "Okay, goodbye.",
}
TEST_LINES: Final = {
    "okay": "Okay.",
    "long": "I have been thinking about the house for a long time, and I would like to know what it would cost to build a small "
    "one near the water, with two rooms and a garden.",
}


def by_telephone(pcm: bytes) -> bytes:
    """As it sounds after mu-law at 8 kHz."""
    return resample(ulaw_decode(ulaw_encode(resample(pcm, RATE, 8_000))), 8_000, RATE)


def cough() -> bytes:
    """0.25 s of noise in two bursts, about as loud as speech."""
    random = np.random.default_rng(7)
    at = np.arange(int(0.25 * RATE)) / RATE
    shape = np.exp(-at / 0.03) + 0.7 * np.exp(-np.clip(at - 0.12, 0, None) / 0.04) * (at > 0.12)
    return to_pcm(random.normal(0, 6_000, at.size) * shape)


async def main() -> None:
    for name, text in DEMO_LINES.items():
        write_wav(DEMO / f"{name}.wav", await spoken(text))
    for name, text in TEST_LINES.items():
        write_wav(TESTS / f"{name}.wav", await spoken(text))
    write_wav(TESTS / "cough.wav", cough())


if __name__ == "__main__":
    anyio.run(main)
