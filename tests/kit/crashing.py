"""Owners who ask for long work and hold or hang up, and a server that is killed whenever chance says: what becomes of them.

One round is one town with several owners, each with one order. What was going on for each of them at each kill is kept, with
how long their line was open afterwards, and at the end how often they were told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import anyio

from telephony.acs_emulator.call import Call, State
from telephony.dial import Manners, Utterance
from tests.kit.commands import eventually
from tests.kit.doomed import KEYS, LAST_WORDS, STEPS
from tests.kit.owner import Owner, heard, in_kais_voice
from tests.kit.town import COUNTING, town

TITLE: Final = "the herons"
HOLDS: Final = Manners(quiet_s=0.6, leave_after_s=25.0, patience_s=60.0)
SILENCE_S: Final = 10.0
WITHIN_S: Final = 300.0  # for all that is left, on a busy machine
LOOK_S: Final = 0.05


@dataclass
class Life:
    """One owner's, with one order."""

    owner: Owner
    holds: bool
    asks_after_s: float
    kills: list[str] = field(default_factory=list[str])
    """What was going on at each."""
    silent_s: list[float] = field(default_factory=list[float])
    """How long their line stayed open after each kill that found one, or came to be open."""
    confirmed: int = 0
    """How many orders were begun."""
    told: int = 0
    """How often they heard the end."""
    done: int = 0
    """Work that is kept as done and told, with each step done once."""
    ends: list[str] = field(default_factory=list[str])
    """How each piece of it ended."""

    @property
    def faults(self) -> list[str]:
        silences = [f"silence of {length_s:.1f} s" for length_s in self.silent_s if length_s > SILENCE_S]
        lost = [f"lost: {'; '.join(self.ends)}"] if self.done < max(1, self.confirmed) else []
        return silences + lost + [f"told {self.told} times, not {self.done}"] * (self.told != self.done)

    async def lives(self) -> None:
        """Asks, again if the line was cut before their order was taken; then hears how it ended."""
        await anyio.sleep(self.asks_after_s)
        place = self.owner.town
        while not await self._orders():
            await place.server.up.wait()
            await self.owner.asks(
                KEYS[TITLE], *([Utterance(keys="1")] if self.holds else []), manners=HOLDS if self.holds else BRIEF
            )
        async with anyio.create_task_group() as telephone:
            telephone.start_soon(self.owner.answers)
            await eventually(self._all_told, bool, within_s=WITHIN_S)
            telephone.cancel_scope.cancel()

    async def _orders(self) -> int:
        await self.owner.town.server.up.wait()  # what it has is known then
        return sum(task.owner == self.owner.number for task in await self.owner.town.tasks())

    async def _all_told(self) -> bool:
        return all(task.state == "told" for task in await self.owner.town.tasks() if task.owner == self.owner.number)

    @property
    def calls(self) -> list[Call]:
        return [call for call in self.owner.town.azure.calls if call.remote == self.owner.number]

    def killed(self) -> list[Call]:
        """Note what was going on; the calls that are up, or ring."""
        up = [call for call in self.calls if call.live]
        ours = next((call for call in up if call.outbound), None)
        theirs = next((call for call in up if not call.outbound), None)
        titles = {fact["task"] for fact in self.owner.town.facts("task_started") if fact["title"] == TITLE}
        if ours is not None:
            self.kills.append("telling" if ours.state is State.ANSWERED else "ringing")
        elif theirs is not None:
            self.kills.append("holding" if titles and self.holds else "asking")
        else:
            self.kills.append("alone")
        return up

    async def judge(self, words: bytes) -> None:
        """Once all is over."""
        place = self.owner.town
        mine = [task for task in await place.tasks() if task.owner == self.owner.number]
        self.confirmed = len(mine)
        for task in mine:
            steps = place.server.work(task.id) / "steps"
            once = steps.exists() and steps.read_text().split() == STEPS
            self.done += task.state == "told" and task.outcome == "done" and once
            self.ends.append(f"{task.state} {task.outcome} {task.result!r}" + " but steps were not done once" * (not once))
        self.told = sum(heard(call, words) for call in self.calls if call.was_answered)


BRIEF: Final = Manners(quiet_s=0.6, leave_after_s=1.0)


async def _silence(call: Call, life: Life) -> None:
    """How long it is open from now, with nobody there. What still rings when a server is up again is answered by that one."""
    again, open_s, last_s = life.owner.town.server.up, 0.0, anyio.current_time()
    while call.live:
        await anyio.sleep(LOOK_S)
        if again.is_set() and call.state is State.RINGING:
            return
        now_s = anyio.current_time()
        open_s, last_s = open_s + (now_s - last_s) * (call.state is State.ANSWERED), now_s
    if open_s:
        life.silent_s.append(open_s)


async def round_of_kills(folder: Path, seed: int, owners: int = 4, kills: int = 2) -> list[Life]:
    """All that was killed and lived on."""
    chance = Random(seed)
    numbers = [f"+155501{number:02}" for number in range(owners)]
    async with town(folder, COUNTING, numbers) as place:
        lives = [Life(Owner(place, number), chance.random() < 0.5, chance.uniform(0, 3)) for number in numbers]
        async with anyio.create_task_group() as group, anyio.create_task_group() as living:
            for life in lives:
                living.start_soon(life.lives)
            for _ in range(kills):
                await place.server.up.wait()
                await anyio.sleep(chance.uniform(0.3, 13.0))
                for life in lives:
                    for call in life.killed():
                        group.start_soon(_silence, call, life)
                await place.server.kill()
        await place.leaves_no_run()
        words = await in_kais_voice(LAST_WORDS[TITLE])
        for life in lives:
            await life.judge(words)
    return lives
