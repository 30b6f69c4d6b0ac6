"""Who picks up, by sixty made recordings through the whole call-back: `python -m tests.bench.pickup [--quick] [--wrong]`.

The embedded voices speak them, over G.711; Silero and the shipped Whisper listen. Prints, by what picked up: how many were known
for what they are, persons taken for machines, and what was told of the work to anything but its owner. `--quick` takes every
fourth.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from typing import Final

from tests.kit.aside import Aside
from tests.kit.pickups import Outcome, Recording, called, recordings, voiced

ENOUGH: Final = 0.95


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="print what came of those that were not known")
    given = parser.parse_args()
    found: list[tuple[Recording, Outcome]] = []
    speaks = voiced()
    with Aside.whisper() as ears:
        for recording in recordings()[:: 4 if given.quick else 1]:
            outcome = called(recording, speaks, ears, real=True)
            found.append((recording, outcome))
            if given.wrong and not outcome.right(recording):
                print(f"{recording.name}: {outcome}; heard: {ears.lately}", flush=True)
            ears.lately.clear()
    _print(found)
    right = sum(outcome.right(recording) for recording, outcome in found)
    bad = any(outcome.leaked or outcome.mistaken(recording) for recording, outcome in found)
    return int(bad or right < ENOUGH * len(found))


def _print(found: list[tuple[Recording, Outcome]]) -> None:
    by = defaultdict[str, list[tuple[Recording, Outcome]]](list)
    for recording, outcome in found:
        by[recording.kind].append((recording, outcome))
        by["all"].append((recording, outcome))
    print("| picked up | recordings | right | person taken for none | told to no owner |\n|---|---|---|---|---|")
    for kind, those in by.items():
        right = sum(outcome.right(recording) for recording, outcome in those)
        mistaken, leaked = sum(outcome.mistaken(one) for one, outcome in those), sum(outcome.leaked for _, outcome in those)
        print(f"| {kind} | {len(those)} | {right} | {mistaken} | {leaked} |")


if __name__ == "__main__":
    raise SystemExit(main())
