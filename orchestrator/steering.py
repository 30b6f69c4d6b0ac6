"""What is done to long work under way: stopped, told something more, halted. Each is on disk before it is confirmed, or else
the caller is told that it is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agents.definition import Agent
from agents.errors import ToolError
from agents.work import Add, Stop
from orchestrator.attended import Attended
from orchestrator.holding import Holding

KEPT_S: Final = 2.0  # that a confirmation waits for the disk
MINUTES_S: Final = 60.0  # work that has gone on for so long is ended only after one question


async def kept(works: Iterable[Attended]) -> bool:
    """Whether a crash cannot take back any more what was ordered."""
    waited = [await one.task.until_kept(KEPT_S) for one in works]
    return all(waited)


async def stop(attended: Attended) -> bool:
    """Whether a crash cannot take that back any more. Raises ToolError."""
    attended.task.tell(Stop())
    return await kept([attended])


class ByTool:
    """For agents: their words say which work they mean, else it is their own, else the only one."""

    def __init__(self, holding: Holding, speaker: Agent, turn: int) -> None:
        self._holding, self._speaker, self._turn = holding, speaker, turn

    async def add(self, words: str, work: str = "") -> str:
        """What Claude is told. Raises ToolError."""
        self._meant(work).task.tell(Add(words))
        return "The work has been told."

    async def stop(self, work: str = "") -> str:
        """What Claude is told. Raises ToolError."""
        attended = self._meant(work)
        if self._holding.age_s(attended) >= MINUTES_S and attended.stop_asked in (None, self._turn):
            attended.stop_asked = self._turn
            raise ToolError(
                "It has gone on for minutes. Ask the caller once whether it is really to stop, and do it if they say yes."
            )
        attended.task.tell(Stop())
        return "It is being stopped; what was achieved is told when it has ended."

    def _meant(self, work: str) -> Attended:
        works = self._holding.works
        fits = works
        if work:
            titles = [one.task.wish.title for one in works]
            fits = [works[at] for at in self._holding.names.meant(work.split(), titles)] or [
                one for one in works if one.task.agent.name.lower() in work.lower().split()
            ]
        own = [one for one in fits if one.task.agent.id == self._speaker.id]
        for found in (own, fits):
            if len(found) == 1:
                return found[0]
        if not works:
            raise ToolError("Nothing is under way.")
        listed = "; ".join(f"{one.task.wish.title} ({one.task.agent.name})" for one in works)
        raise ToolError(f"It is not clear which is meant. Under way: {listed}. Ask the caller, and name it in `work`.")
