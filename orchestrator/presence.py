"""Who is on the phone with us: nobody is called who is, and nobody twice at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field

import anyio


@dataclass
class _Person:
    turn: anyio.Lock = field(default_factory=anyio.Lock)
    calls: int = 0
    gone: anyio.Event = field(default_factory=anyio.Event)


class Presence:
    """`elsewhere` holds a person's turn among several servers; without it there is only this one."""

    def __init__(self, elsewhere: Callable[[str], AbstractAsyncContextManager[None]] = lambda _: nullcontext()) -> None:
        self.elsewhere = elsewhere
        self._people: defaultdict[str, _Person] = defaultdict(_Person)

    @contextmanager
    def on_the_line(self, number: str) -> Generator[None]:
        """A call of theirs is up, whoever called."""
        person = self._people[number]
        person.calls += 1
        try:
            yield
        finally:
            person.calls -= 1
            if not person.calls:
                person.gone.set()

    @asynccontextmanager
    async def calling(self, number: str) -> AsyncGenerator[None]:
        """They may be called while this is entered; waits until they have hung up, and nobody else calls them."""
        person = self._people[number]
        async with person.turn, self.elsewhere(number):
            while person.calls:
                person.gone = anyio.Event()
                await person.gone.wait()
            yield
