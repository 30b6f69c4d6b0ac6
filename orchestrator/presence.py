"""Who is on the phone with us: nobody is called who is, and nobody twice at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial

import anyio


class Turn:
    """A person's, among several servers: whoever has it may call them, and tell them what came of their work."""

    def __init__(self, look: Callable[[Turn], Awaitable[None]] | None = None) -> None:
        """`look` sets or unsets `held`, by how it is now."""
        self._look = look
        self.held = anyio.Event()
        """Set while it is ours; look anew after each wait, for it may be lost when the database was."""
        self.over = anyio.Event()
        """Set when we do not want it any more."""

    async def sure(self) -> bool:
        """Whether it is ours, looked at anew: a machine that slept has lost it without knowing."""
        if self._look is not None:
            await self._look(self)
        return self.held.is_set()


def ours_alone(_number: str) -> Turn:
    """Where there is no other server."""
    turn = Turn()
    turn.held.set()
    return turn


@dataclass
class _Person:
    rings: anyio.Lock = field(default_factory=anyio.Lock)
    calls: int = 0
    gone: anyio.Event = field(default_factory=anyio.Event)
    wants: int = 0
    """How many calls there are that need their turn: those that are up, and one that is to be made."""
    turn: Turn = field(default_factory=Turn)


class Presence:
    """`turn_of` asks for a person's turn among several servers; without it there is only this one."""

    def __init__(self, turn_of: Callable[[str], Turn] = ours_alone) -> None:
        self.turn_of = turn_of
        self._people: defaultdict[str, _Person] = defaultdict(_Person)

    def ours(self, number: str) -> bool:
        """They are on the phone with us, or about to be, and with no other server."""
        person = self._people.get(number)
        return person is not None and person.wants > 0 and person.turn.held.is_set()

    async def settled(self, number: str) -> None:
        """While they are on the phone with us: until they are with no other server."""
        await self._people[number].turn.held.wait()

    @contextmanager
    def on_the_line(self, number: str) -> Generator[None]:
        """A call of theirs is up, whoever called, or we ring them."""
        person = self._people[number]
        person.calls += 1
        try:
            with self._wanted(number, person):
                yield
        finally:
            person.calls -= 1
            if not person.calls:
                person.gone.set()

    @asynccontextmanager
    async def calling(self, number: str) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
        """They may be called while this is entered; waits until they have hung up, and nobody else calls them.

        What it gives waits for that once more: they may have called since.
        """
        person = self._people[number]
        async with person.rings:
            with self._wanted(number, person):
                await _until_free(person)
                yield partial(_until_free, person)

    @contextmanager
    def _wanted(self, number: str, person: _Person) -> Generator[None]:
        person.wants += 1
        if person.wants == 1:
            person.turn = self.turn_of(number)
        try:
            yield
        finally:
            person.wants -= 1
            if not person.wants:
                person.turn.over.set()


async def _until_free(person: _Person) -> None:
    while not await _is_free(person):
        person.gone = anyio.Event()
        await (person.gone if person.calls else person.turn.held).wait()


async def _is_free(person: _Person) -> bool:
    return not person.calls and person.turn.held.is_set() and await person.turn.sure() and not person.calls
