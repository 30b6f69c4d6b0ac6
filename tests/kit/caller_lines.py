"""What callers say, as recordings. `python -m tests.kit.caller_lines` makes them again, and prints what is heard of them.

Each line is said once, plainly, in the voice `caller` of this machine's first engine. Nothing is chosen by what a recogniser
makes of it, for the demonstration must work as well with people's voices.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import anyio
import numpy as np

from tests.kit.ears import HINTS, hear, padded, whisper
from tests.kit.telephone import by_telephone
from voices.audio import RATE, duration_s, to_pcm, write_wav
from voices.catalogue import spoken

ROOT: Final = Path(__file__).parents[2]
DEMO: Final = ROOT / "orchestrator" / "demo"
TESTS: Final = ROOT / "tests" / "voices" / "data"

DEMO_LINES: Final = {
    # the first call
    "question": "Hello Kai, what can you do for me?",
    "engineer": "Engineer, what is wrong with the build?",
    "follow_up": "And how long will that take?",
    "research": "What do people say about electric cars?",
    "panel": "I want all of you to tell me how to keep my photos.",
    "architect": "Architect, can you draw me the whole plan?",
    "barge_in": "Wait, stop, is that safe?",
    "goodbye": "That is all, goodbye.",
    # the second, and the call-back
    "task": "Engineer, please write me a program that counts words.",
    "progress": "How far are you?",
    "allow": "Yes, please.",
    "call_back": "Please call me back.",
    "hello": "Hello.",
    "okay_goodbye": "Okay, goodbye.",
}
TEST_LINES: Final = {
    "okay": "Okay.",
    "long": "I have been thinking about the house for a long time, and I would like to know what it would cost to build a small "
    "one near the water, with two rooms and a garden.",
}


def cough() -> bytes:
    """0.25 s of noise in two bursts, about as loud as speech."""
    random = np.random.default_rng(7)
    at = np.arange(int(0.25 * RATE)) / RATE
    shape = np.exp(-at / 0.03) + 0.7 * np.exp(-np.clip(at - 0.12, 0, None) / 0.04) * (at > 0.12)
    return to_pcm(random.normal(0, 6_000, at.size) * shape)


async def main() -> None:
    for folder, lines in ((DEMO, DEMO_LINES), (TESTS, TEST_LINES)):
        for name, text in lines.items():
            pcm = await spoken(text)
            write_wav(folder / f"{name}.wav", pcm)
            heard = [text.text for sound in (pcm, by_telephone(pcm)) for text in await hear(whisper(), padded(sound), *HINTS)]
            print(f"{name}: {duration_s(pcm):.1f} s, heard {heard[0]!r}, by telephone {heard[1]!r}")
    write_wav(TESTS / "cough.wav", cough())


if __name__ == "__main__":
    anyio.run(main)
