"""A server with callers, killed with `kill -9` at random points: `python -m tests.bench.crash [KILLS] [--seed N]`.

Real processes: `pai-voice serve`, the command line, the Azure SDK; an emulated Azure that survives. Prints, by what was going on
for an owner when it died, how long their line was open and silent, and how often they lost an order or were told it wrongly.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Final

import anyio

from orchestrator.failures import leaves
from tests.kit.crashing import SILENCE_S, Life, round_of_kills

KILLS_A_ROUND: Final = 2  # work whose server dies three times is given up


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    lives: list[Life] = []
    broken = 0
    for number in range(-(-given.kills // KILLS_A_ROUND)):
        found = _round(given.seed + number)
        broken += not found
        lives += found
        print(f"killed {(number + 1) * KILLS_A_ROUND} times", file=sys.stderr, flush=True)
        for life in found:
            if life.faults:
                print(f"seed {given.seed + number}: {life.owner.number} {life.kills}: {'; '.join(life.faults)}", flush=True)
    _print(lives)
    return 1 if broken or any(life.faults for life in lives) else 0


def _round(seed: int) -> list[Life]:
    """Empty where it could not be lived to its end."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return anyio.run(partial(round_of_kills, Path(folder), seed, kills=KILLS_A_ROUND))
        except* (AssertionError, TimeoutError) as group:
            print(f"seed {seed}: {next(leaves(group))!r}", flush=True)
    return []


def _print(lives: list[Life]) -> None:
    at = defaultdict[str, list[Life]](list)
    for life in lives:
        for kill in life.kills:
            at[kill].append(life)
    print("| the owner was | kills | longest open silence s | lost | told twice | never told |\n|---|---|---|---|---|---|")
    for kill, those in sorted(at.items()):
        silences = [silent_s for life in those for silent_s in life.silent_s]
        lost = sum(life.done < life.confirmed for life in those)
        twice, never = sum(life.told > life.done for life in those), sum(life.told < life.done for life in those)
        print(f"| {kill} | {len(those)} | {max(silences, default=0.0):.1f} | {lost} | {twice} | {never} |")
    silences = [silent_s for life in lives for silent_s in life.silent_s]
    print(
        f"{len(lives)} orders; {len(silences)} lines left open, {sum(one > SILENCE_S for one in silences)} over {SILENCE_S:g} s"
    )


if __name__ == "__main__":
    raise SystemExit(main())
