"""`python -m tests.bench.expressions [CHARACTERS] [TEXTS]`: each expression of the product on texts made to slow it down.

A text is a piece of what the expression itself speaks of, again and again, up to so many characters. Prints each expression that
grows by more than the text does, how far it is, and the five that take longest for a character.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Final

from tests.kit.expressions import Expression, found
from tests.kit.pumping import measured

_WORKERS: Final = 2
_TELL_S: Final = 20.0


def _measured(chars: int, texts: int, each: Expression) -> tuple[str, float]:
    return measured(each, chars, most=texts)


def main(chars: int, texts: int) -> int:
    began_s = told_s = time.monotonic()
    print("looking for them", flush=True)
    expressions, slopes, bad = found(), dict[Expression, float](), 0
    with ProcessPoolExecutor(_WORKERS) as workers:
        for each, (text, us) in zip(expressions, workers.map(partial(_measured, chars, texts), expressions), strict=True):
            slopes[each] = us
            if text:
                bad += 1
                print(f"{each}\n    {text}", flush=True)
            if time.monotonic() - told_s > _TELL_S:
                told_s = time.monotonic()
                print(f"  {len(slopes)} of {len(expressions)} in {told_s - began_s:.0f} s, now {each.file}", flush=True)
    for each in sorted(slopes, key=slopes.__getitem__, reverse=True)[:5]:
        print(f"{slopes[each]:8.2f} µs a character: {each}")
    on_re2 = sum(each.engine == "re2" for each in expressions)
    print(f"{len(expressions)} expressions ({on_re2} on re2) to {chars:,} characters: {bad} grow by more than the text does")
    return min(bad, 1)


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    sys.exit(main(*(given + [100_000, 24][len(given) :])))
