"""Whether something takes time in proportion to what it is given, by the processor's time and not the clock's."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

_TOO_SHORT_S: Final = 0.002  # to say anything of its growth
_TIMES: Final = 8  # as large; what is quadratic then takes 64 times as long
_MOST: Final = 3 * _TIMES


def spent_s(do: Callable[[Any], object], given: Any) -> float:
    began = time.thread_time()
    do(given)
    return time.thread_time() - began


def growth(do: Callable[[Any], object], made: Callable[[int], Any], size: int) -> float:
    """How many times as long eight times as much takes; 0 where all of it is too short to tell."""
    large = made(size * _TIMES)
    at_best = min(spent_s(do, large) for _ in range(3))
    if at_best < _TOO_SHORT_S:
        return 0
    small = made(size)
    return at_best / max(min(spent_s(do, small) for _ in range(5)), _TOO_SHORT_S / _TIMES / 4)


def is_linear(do: Callable[[Any], object], made: Callable[[int], Any], size: int) -> bool:
    """With room for a busy machine, tried again before it is said that it is not."""
    return any(growth(do, made, size) <= _MOST for _ in range(3))
