"""An engine without marks is cut off: is each word said once? `python -m tests.bench.alignment [--cuts 2] [--wrong]`.

The embedded voices and espeak's, whose words are known, stand in for such an engine with their marks hidden. What is heard is
compared with the other one's sound. Prints how many handovers lost no word and said none twice, and what it costs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import process_time
from typing import Final

import numpy as np

from tests.kit.cuts import OTHER, VOICES, cuts, rendering, spoken, texts, through, uneven, wrong
from voices.alignment import Reference, by_time
from voices.synthesis import Sound

REFERENCE: Final = "baritone"
WAYS: Final[dict[str, Callable[[Sound, int], Sound]]] = {
    "as it is": lambda sound, _seed: sound,
    "through 24 and 48 kHz": lambda sound, seed: through(sound, 24_000 if seed % 2 else 48_000),
    "uneven pace, noise": uneven,
}
SPEEDS: Final = (0.9, 1.0, 1.0, 1.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=2, help="of each sentence of each voice")
    parser.add_argument("--wrong", action="store_true", help="print what went wrong")
    given = parser.parse_args()
    said = texts(46)
    print("| engine | sound | cuts | right | by time alone | CPU ms |\n|---|---|---|---|---|---|")
    for engine, other in OTHER.items():
        voices = [rendering(engine, name, speed) for name, speed in zip(VOICES, SPEEDS, strict=True)]
        heard = spoken([(text, voice) for voice in voices for text in said])
        references = dict(zip(said, spoken([(text, rendering(other, REFERENCE)) for text in said]), strict=True))
        for way, change in WAYS.items():
            right: list[tuple[bool, bool]] = []
            took_s = 0.0
            for number, sound in enumerate(heard):
                text, changed = said[number % len(said)], change(sound, number)
                for received, released in cuts(changed, given.cuts, number):
                    pcm, began_s = changed.pcm[: 2 * received], process_time()
                    found = Reference(references[text], text).word_after(pcm, released)
                    took_s += process_time() - began_s
                    right.append((not wrong(text, changed, *found), not wrong(text, changed, *by_time(pcm, released, text))))
                    if given.wrong and not right[-1][0]:
                        print(f"{engine} {received}: {text[: found[1]]}|{text[found[1] :]}")
            shares = np.array(right).mean(axis=0)
            costs = 1_000 * took_s / len(right)
            print(f"| {engine} | {way} | {len(right)} | {shares[0]:.1%} | {shares[1]:.1%} | {costs:.0f} |", flush=True)


if __name__ == "__main__":
    main()
