"""A speech server of 2.4 GB is killed in mid-sentence: `python -m tests.bench.killed [--megabytes 2400] [--times 3]`.

Prints the longest silence that was heard, and how long after the death the next engine was heard.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

import anyio

from tests.kit.cuts import TEXTS, rendering, spoken, wrong
from tests.kit.killed import heard


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2_400)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    print("| pace | silence ms | next engine after ms | words wrong |\n|---|---|---|---|")
    for pace in (1.0, 1.5, 3.0):
        for number in range(given.times):
            text = TEXTS[number % len(TEXTS)]
            (whole,) = spoken([(text, rendering("espeak", "kai"))])
            with tempfile.TemporaryDirectory() as folder:
                found = anyio.run(partial(heard, text, whole, Path(folder), after_s=1.3, megabytes=given.megabytes, pace=pace))
            mistakes = wrong(text, whole, len(found.sound) // 2, found.char)
            print(f"| {pace} | {1000 * found.gap_s:.0f} | {1000 * found.changed_s:.0f} | {mistakes} |", flush=True)


if __name__ == "__main__":
    main()
