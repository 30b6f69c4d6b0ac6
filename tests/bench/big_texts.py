"""`python -m tests.bench.big_texts [TEXTS] [ENTRANCE]`: so many texts of a megabyte through every entrance, and shorter ones.

A short one may take longer, where a long one is refused. Prints of each entrance the longest that the event loop is held, in the
processor's time, what came out that is not ours, and how long all of it took. `ENTRANCE` is the beginning of one's name.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.kit.big_texts import KINDS, Entrance, big, entrances, size

_CHARS: Final = 1_000_000
_SHORTER: Final = (100_000, 20_000, 10_000, 8_000, 4_000, 1_000)
_TELL_S: Final = 20.0
_LONGEST_MS: Final = 20.0
_WARM: Final = "Well, Kai, on 3 May at 12:30 it cost $1,000.50. "  # what a first call loads is loaded


def through(entrance: Entrance, text: str, folder: Path) -> tuple[float, str]:
    """The longest step in milliseconds, and what is wrong."""
    longest_s, steps, wrong, ended = 0.0, entrance.steps(text, folder), "", False
    next(steps)
    while not ended:
        began_s = time.thread_time()
        try:
            if size(next(steps)) > entrance.most:
                wrong = "more comes out than should"
        except (StopIteration, *entrance.ours):
            ended = True
        except Exception as error:  # noqa: BLE001  that is what is looked for
            wrong, ended = f"{type(error).__name__}: {str(error)[:100]}", True
        longest_s = max(longest_s, time.thread_time() - began_s)
    return longest_s * 1000, wrong


def given(texts: int) -> Iterator[tuple[str, str]]:
    """Kinds and texts: of all kinds so many of a megabyte, and two of each that are shorter."""
    kinds = list(KINDS)
    for number in range(texts):
        kind = kinds[number % len(kinds)]
        yield kind, big(kind, _CHARS, number // len(kinds))
    for chars in _SHORTER:
        yield from ((f"{kind} × {chars:,}", big(kind, chars, shift)) for kind in kinds for shift in (0, 1))


def measured(entrance: Entrance, texts: int, folder: Path) -> int:
    """How much is wrong."""
    worst, at, foreign = 0.0, "", set[str]()
    through(entrance, _WARM, folder)
    gc.freeze()
    began_s = told_s = time.monotonic()
    for number, (kind, text) in enumerate(given(texts)):
        took_ms, wrong = through(entrance, text, folder)
        if took_ms > worst:
            worst, at = took_ms, kind
        if wrong:
            foreign.add(f"{kind}: {wrong}")
        if time.monotonic() - told_s > _TELL_S:
            told_s = time.monotonic()
            print(f"  {entrance.name}: {number:,} texts in {told_s - began_s:.0f} s", flush=True)
    slow = worst > _LONGEST_MS and not entrance.off_loop
    where, took_s = "a thread" if entrance.off_loop else "the loop", time.monotonic() - began_s
    told = f"{entrance.name:30} {worst:8.1f} ms of {where}, {at:24} {took_s:5.0f} s"
    print(told, "TOO LONG" if slow else "", *sorted(foreign), flush=True)
    return slow + len(foreign)


def main(texts: int, only: str) -> int:
    with TemporaryDirectory() as folder:
        bad = sum(measured(each, texts, Path(folder)) for each in entrances() if each.name.startswith(only))
    print(f"{texts:,} texts of {_CHARS:,} characters through each, and shorter ones: {bad or 'nothing'} wrong")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, " ".join(sys.argv[2:])))
