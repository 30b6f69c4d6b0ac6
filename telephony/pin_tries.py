"""Wrong PINs, counted over all calls, restarts and servers: how many, from whom, and how long none is taken from them then.

Pure. Who forges a number learns little. A number that has never given the right PIN rests up to a day, and all of those together
do after a few wrong ones. The owners' numbers, and one that has given it, rest up to four hours at a time, and never for what
other numbers do: at most `MOST_A_DAY` different PINs a day are judged from each. So one of four digits is found in 250 days on
average (in 83 with `GLANCES`), one of six in 22 years, and the owner hears of it at each right PIN. While a number rests its
calls are answered without trust, and when *we* call it, a PIN is taken: that is counted by itself, and nobody can forge it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex
from typing import Final, Literal, Protocol, TypeVar

PinVerdict = Literal["passed", "wrong", "unclear", "locked"]
T = TypeVar("T")

LONGEST_REST_S: Final = 86_400.0
LONGEST_KNOWN_REST_S: Final = 14_400.0  # of a number that has given the right PIN, or is an owner's
OVER_ALL: Final = 4  # times as many wrong ones as a number may give, over all others, and all of those rest
MOST_A_DAY: Final = 20  # with three tries and the usual first rest: see the tests
GLANCES: Final = 40  # a day, over all calls without the PIN: numbers that could be it, said of something else
DAY_S: Final = 86_400.0


CALLED: Final = "called "
"""Before a number that we called ourselves."""


@dataclass(frozen=True, slots=True)
class Rules:
    pin: str = field(repr=False)
    tries: int
    rest_s: float
    """The first; each rest after it is twice as long, up to the longest; each day without a wrong one takes a step back."""
    owners: frozenset[str] = frozenset()
    """Numbers that are known from the beginning."""


@dataclass(slots=True)
class Tries:
    """Of one number."""

    wrong: list[str] = field(default_factory=list[str])
    """Marks of different ones since the last rest: whoever says the same again learns nothing by it."""
    rests: int = 0
    until: float = 0.0
    wrong_s: float = 0.0
    """When the last wrong one was given."""
    known: bool = False
    """It has given the right PIN."""

    def rests_at(self, now_s: float) -> bool:
        return now_s < self.until

    def add(self, mark: str, most: int, rest_s: float, now_s: float, longest_s: float = LONGEST_REST_S) -> bool:
        """False: it was counted before."""
        if mark in self.wrong:
            return False
        self.rests = max(0, self.rests - int(max(0.0, now_s - self.wrong_s) // DAY_S))
        self.wrong_s = now_s
        self.wrong.append(mark)
        if len(self.wrong) >= most:
            self.until = now_s + min(longest_s, rest_s * 2.0 ** min(self.rests, 40))
            self.rests += 1
            self.wrong = []
        return True

    def right(self) -> None:
        """The next rest is as long as before: who forges the number goes on beside its owner."""
        self.wrong, self.known = [], True


@dataclass(slots=True)
class Book:
    numbers: dict[str, Tries] = field(default_factory=dict[str, Tries])
    over_all: Tries = field(default_factory=Tries)
    untold: int = 0
    """Wrong ones since the last right one: its owner is told of them."""
    glances: int = 0
    """In the day that ends at `glances_until`."""
    glances_until: float = 0.0
    salt: str = field(default_factory=lambda: token_hex(8))

    def of(self, caller: str) -> Tries:
        return self.numbers.setdefault(caller, Tries())

    def rests(self, caller: str, now_s: float, rules: Rules) -> bool:
        """No PIN is taken from them now."""
        return self.of(caller).rests_at(now_s) or (not self.knows(caller, rules) and self.over_all.rests_at(now_s))

    def knows(self, caller: str, rules: Rules) -> bool:
        """What others do keeps them out no more."""
        return caller.startswith(CALLED) or caller in rules.owners or self.of(caller).known

    def glance(self, count: int, now_s: float) -> None:
        """So many numbers that could be the PIN were looked at."""
        if now_s >= self.glances_until:
            self.glances, self.glances_until = 0, now_s + DAY_S
        self.glances = min(self.glances + count, GLANCES)

    def may_glance(self, now_s: float) -> bool:
        return self.glances < GLANCES or now_s >= self.glances_until


class NotKept(Exception):
    """The book could not be read or written: the disk or the database failed."""


class Kept(Protocol):
    """A book that outlives the server, and may be shared with others."""

    async def change(self, act: Callable[[Book], T]) -> T:
        """Have it changed: nobody else does so meanwhile, and when this returns it is kept. Raises NotKept."""
        ...


def judge(book: Book, rules: Rules, caller: str, keys: str, now_s: float) -> PinVerdict:
    """Of the digits of one answer. `locked`: the number rests, or begins to.

    What has not as many as the PIN is `unclear`, whatever they are: a recogniser loses and doubles some, and nobody learns
    anything by it.
    """
    if book.rests(caller, now_s, rules):
        return "locked"
    keys = said_once(keys, len(rules.pin))
    if not keys or (rules.pin and len(keys) != len(rules.pin)):
        return "unclear"
    tries = book.of(caller)
    if rules.pin and hmac.compare_digest(keys.encode(), rules.pin.encode()):
        tries.right()
        book.untold = 0
        return "passed"
    mark = sha256(f"{book.salt} {keys}".encode()).hexdigest()[:16]
    known = book.knows(caller, rules)
    longest_s = LONGEST_KNOWN_REST_S if known and not caller.startswith(CALLED) else LONGEST_REST_S
    book.untold += tries.add(mark, rules.tries, rules.rest_s, now_s, longest_s)
    if not known:
        book.over_all.add(mark, rules.tries * OVER_ALL, rules.rest_s, now_s)
    return "locked" if book.rests(caller, now_s, rules) else "wrong"


def said_once(keys: str, length: int) -> str:
    """Who says the same twice, to be understood, has said it once."""
    times = len(keys) // length if length else 0
    return keys[:length] if times > 1 and keys == keys[:length] * times else keys
