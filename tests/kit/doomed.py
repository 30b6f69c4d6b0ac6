"""A task whose server dies at a point of its life that a seed says, and what must come of it all the same."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Final, Self

import anyio

from orchestrator.machine import WATCH_S
from tests.kit.commands import eventually
from tests.kit.owner import Owner, heard, in_kais_voice
from tests.kit.town import Server, Town

# Of a task's life: how long each takes, from what it begins with.
STRETCHES: Final = {"run": 1.3, "dial": 2.0, "summary": 6.0, "told": 1.0}
STEPS: Final = ["one", "two", "three"]
LAST_WORDS: Final = {
    "the herons": "Nobody expected forty of them by the lake.",
    "the towers": "Forty chimneys stand behind the old harbour.",
}
KEYS: Final = {"the herons": "5", "the towers": "6"}
WITHIN_S: Final = 150.0  # each stretch, on a busy machine


@dataclass(frozen=True)
class Point:
    """Of a task's life; the same for the same seed."""

    seed: int
    stretch: str
    steps: int
    """That the run has begun by then."""
    after_s: float

    @classmethod
    def of(cls, seed: int) -> Self:
        """Each stretch in turn."""
        chance = Random(seed)
        stretch = list(STRETCHES)[seed % len(STRETCHES)]
        return cls(seed, stretch, chance.randint(0, len(STEPS)), round(chance.uniform(0, STRETCHES[stretch]), 2))


@dataclass
class Doomed:
    place: Town
    owner: Owner
    title: str
    task: str = ""
    cuts: dict[str, float] = field(default_factory=dict[str, float])
    """The calls that its server's death cut off before it had been told, with how long they had been up."""

    @asynccontextmanager
    async def living(self) -> AsyncGenerator[None]:
        """Asked for, and at the end told."""
        async with anyio.create_task_group() as telephone:
            telephone.start_soon(self.owner.answers)
            assert (await self.owner.asks(KEYS[self.title])).ok
            self.task = (await self.place.fact("task_started", title=self.title))["task"]
            yield
            await eventually(self._is_told, bool, within_s=WITHIN_S)
            telephone.cancel_scope.cancel()

    async def dies(self, point: Point, server: Server, *, for_good: bool = False) -> None:
        """The server, at that point; where it is dead already when that comes, it is waited for again."""
        self.owner.ignores, self.owner.lingers = point.stretch == "dial", point.stretch == "told"
        self.owner.puts_down()
        while not await self._met(point, server):
            if self.owner.ignores:
                self.owner.puts_down()  # what rings on is nobody's any more
        self.cuts |= self._untold()
        await server.kill(for_good=for_good)
        if self.owner.ignores or self.owner.lingers:
            self.owner.ignores = self.owner.lingers = False
            self.owner.puts_down()

    def _untold(self) -> dict[str, float]:
        """The calls that are up, and by which nobody has been told anything so far; with how long they have been up."""
        calls = [facts for facts in self.place.journals() if any(fact["kind"] == "callback_delivered" for fact in facts)]
        told = {facts[0]["caller"] for facts in calls}
        up = [call for call in self.place.azure.calls if call.live and call.was_answered and call.called not in told]
        return {call.ids.connection: call.clock_s() for call in up}

    async def _met(self, point: Point, server: Server) -> bool:
        await server.up.wait()
        deaths = server.deaths
        await self._comes(point)
        await anyio.sleep(point.after_s)
        return server.deaths == deaths

    async def _comes(self, point: Point) -> None:
        """What the stretch begins with."""
        match point.stretch:
            case "run":
                await eventually(self._steps, lambda steps: len(steps) >= point.steps, within_s=WITHIN_S)
            case "dial":
                await self.owner.happens("ringing")
            case "summary":
                await self.owner.happens("hears")
            case _:
                await self.place.fact("callback_delivered", task=self.task, within_s=WITHIN_S)

    async def _steps(self) -> list[str]:
        file = anyio.Path(self.place.server.work(self.task) / "steps")
        return (await file.read_text()).split() if await file.exists() else []

    async def _is_told(self) -> bool:
        return {task.id: task.state for task in await self.place.tasks()}.get(self.task) == "told"

    async def was_told_once(self, cuts: dict[str, float]) -> None:
        """By what came out of the telephone, and by the journals: but for that of a call that was cut off, all said, before this
        was certain to be no machine."""
        words = await in_kais_voice(LAST_WORDS[self.title])
        whole = [call.ids.connection for call in self.owner.calls if heard(call, words)]
        assert len(whole) == 1, (whole, cuts)
        assert len(self.place.facts("callback_delivered", task=self.task)) == (cuts.get(whole[0], inf) > WATCH_S), cuts

    async def lost_nothing(self) -> None:
        kept = next(task for task in await self.place.server.says("tasks", "list") if task["id"] == self.task)
        assert (kept["state"], kept["outcome"], kept["title"]) == ("told", "done", self.title)
        assert "Forty of them stand in the report." in kept["result"]
        (work,) = [work for server in self.place.servers if (work := server.work(self.task) / "report.md").exists()]
        assert work.read_text() == "# Report\n\nForty of them.\n"
        assert (work.parent / "steps").read_text().split() == STEPS  # each was done once
