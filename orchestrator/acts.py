"""What agents' tools do in a call: one speaker's, in one turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from agents.brain import ToolCalled
from agents.errors import ToolError
from agents.lines import Lines
from agents.roster import Roster
from agents.tools import Tool
from orchestrator import events
from orchestrator.here import Here
from orchestrator.holding import Holding
from orchestrator.notes import Notes, NotKept, told
from orchestrator.parting import goodbyes
from orchestrator.pin import Trust
from orchestrator.pin_filter import hidden_in
from orchestrator.reply import Reply
from orchestrator.router import Speaker
from orchestrator.speech import Speech
from orchestrator.steering import ByTool, kept
from telephony.line import Line, LineError

_KEPT_APART: Final = (
    "It is written down apart, and nobody is told of it in later calls, because the caller has not given their PIN. "
    "If they give it, call remember again."
)
BEHIND_PIN: Final = ("start_task", "add_to_task", "recall", "read_result")  # spends, steers what spends, reads what is private


@dataclass(frozen=True)
class Means:
    """What tools work with, of the call as it is in this turn."""

    roster: Roster
    lines: Lines
    reply: Reply
    here: Here
    notes: Notes
    line: Line
    holding: Holding | None
    trust: Trust
    asks_pin: Callable[[], None]
    """What the caller says next is taken for their PIN, and the agent goes on after it."""
    order: list[Speaker] = field(default_factory=list[Speaker])
    """Who speaks in this turn; whoever is brought in speaks last."""


class Acts:
    """Does what one speaker calls for."""

    def __init__(self, means: Means, speech: Speech, tools: Sequence[Tool]) -> None:
        self._means, self._reply, self._speech = means, means.reply, speech
        self._tools = {tool.name: tool for tool in tools}

    async def act(self, call: ToolCalled) -> str:
        """How it went, for Claude. Raises ToolError, with a sentence for Claude."""
        await self._reply.over.wait()  # a guess may think and speak, never act
        await self._reply.routed.wait()
        turn, agent = self._reply.turn, self._speech.agent.id
        call = replace(call, input=hidden_in(call.input, self._means.trust.filter.hide))
        self._reply.tell(events.ToolUsed(turn=turn, agent=agent, name=call.name, input=dict(call.input)))
        try:
            with self._reply.using(self._tools[call.name]):
                result = await self._done(self._tools[call.name], call)
        except ToolError as error:
            if isinstance(error, NotKept):
                await self._speech.say(self._means.lines.not_kept)
            self._reply.tell(events.ToolReturned(turn=turn, agent=agent, name=call.name, result=str(error), failed=True))
            raise
        self._reply.tell(events.ToolReturned(turn=turn, agent=agent, name=call.name, result=result))
        return result

    async def _done(self, tool: Tool, call: ToolCalled) -> str:
        self._needs_pin(tool)
        if tool.run is not None:
            return await tool.run(call.input)
        match call.name:
            case "bring_in":
                return await self._bring_in(call.input["agent"], call.input["why"])
            case "end_call":
                await self._part("goodbye")
                return "The call ends when this has been heard."
            case "current_time":
                return self._means.here.told(call.input["zone"])
            case "remember":
                return await self._remember(call.input["note"])
            case "recall":
                return told(await self._means.notes.read(), call.input["about"])
            case "send_digits":
                return await self._send_digits(call.input["keys"])
            case "start_task" | "add_to_task" | "stop_task" | "read_result" | "call_back":
                return await self._long_work(call)
            case other:
                raise ToolError(f"There is no tool {other} on this line.")

    def _needs_pin(self, tool: Tool) -> None:
        """Raises ToolError where it does, and the PIN is not given yet, or not set."""
        trust = self._means.trust
        if trust.risk == "rests" and self._guarded(tool):
            raise ToolError("That needs the caller's PIN, and after too many wrong ones none is taken for a while. Say so.")
        if tool.risky and trust.risk == "never":
            raise ToolError("That would need a PIN, and none is set on this line, so it is not done.")
        if trust.risk == "pin" and self._guarded(tool):
            self._means.asks_pin()
            raise ToolError(
                "That needs the caller's PIN first. Ask for it in a few words, and say nothing else; you go on when it is given."
            )

    def _guarded(self, tool: Tool) -> bool:
        return tool.risky or tool.name in BEHIND_PIN or (tool.name == "stop_task" and self._means.trust.withholds)

    async def _bring_in(self, target: str, why: str) -> str:
        if not self._speech.text:
            await self._speech.say(self._means.lines.hand_over.format(name=self._means.roster[target].name))
        if all(speaker.agent != target for speaker in self._means.order):
            self._means.order.append(Speaker(target, why))
        return "They speak next."

    async def _part(self, why: str) -> None:
        """The call ends with a goodbye: the agent's own, or else the phone's."""
        self._reply.farewell = why
        if not self._speech.text:
            means = self._means
            await self._speech.say(goodbyes(means.lines, means.holding, withheld=means.trust.withholds).farewell)

    async def _long_work(self, call: ToolCalled) -> str:
        holding = self._means.holding
        if holding is None:
            raise ToolError("Long work cannot be done on this line.")
        by_tool = ByTool(holding, self._speech.agent, self._reply.turn)
        match call.name:
            case "start_task" if self._reply.ends:
                raise ToolError("Nobody has asked for that. Tell how the work ended, and ask whether there shall be more.")
            case "start_task":
                done = holding.start(self._speech.agent, **call.input)
            case "add_to_task":
                done = await by_tool.add(**call.input)
            case "stop_task":
                done = await by_tool.stop(**call.input)
            case "read_result":
                return await holding.read_result(**call.input)
            case _:
                holding.newest()
                if not holding.calls_back:
                    raise ToolError("They cannot be called from here; they may call again, and will hear of it then.")
                await self._part("call_back")
                return "They are called back when it is done; the call ends when you have said goodbye."
        if not await kept(holding.works):  # said before what was asked of it is confirmed
            await self._speech.say(holding.words.orders.unkept)
        return done

    async def _remember(self, note: str) -> str:
        """What somebody says who may not be the owner is never told as the owner's wish."""
        proven = not self._means.trust.unproven
        await self._means.notes.keep(note, self._means.here.now().date(), proven=proven)
        return "Kept." if proven else _KEPT_APART

    async def _send_digits(self, keys: str) -> str:
        try:
            await self._means.line.send_digits(keys)
        except LineError as error:
            raise ToolError(f"The keys were not sent: {error}.") from error
        return "Sent."
