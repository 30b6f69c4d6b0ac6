"""A scripted Claude for tests: written line by line, at the far end of the real SDK; what no line answers ends the call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final, Literal, NoReturn

import anyio
from pydantic import ValidationError

from agents.errors import Unusable
from agents.mending import mended
from agents.outside import inputs_of
from agents.script import Asked, Entry, Fault, Script, ToolUse, When
from agents.scripted import Answer, Exchange, ScriptedClaude
from agents.yaml_file import did_you_mean

inputs_of({"type": "object"})  # reads its modules now, not inside of a call

Failure = Literal["refusal", "max_tokens", "cut", "stall", "error", "unreachable"]
ROUTER: Final = "router"
GUESS_S: Final = 1.0  # a guess that nobody needed is dropped by then; one that is still wanted is a question
_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class Unscripted(BaseException):
    """Claude was asked what nobody scripted: what it was asked, and the line that would answer it.

    No Exception: on its way are those who take one for a failure of the network, and try again.
    """


class StagedClaude(ScriptedClaude):
    """The fixture `claude`.

    `when` is a regular expression, found in the caller's last words in any case. Of the lines that fit a request the first one
    answers, those with a condition before those without. Times are in seconds.
    """

    def __init__(self, script: Script | None = None) -> None:
        super().__init__(script or Script())
        self.missing: Mapping[str, Mapping[str, str]] = {}
        """Tools that agents name and that are not on this call, by agent and by what Claude would call them."""

    def says(
        self,
        agent: str | None,
        text: str,
        *,
        when: str | None = None,
        note: str | None = None,
        turn: int | None = None,
        after: str | None = None,
        calls: Sequence[ToolUse] = (),
        first_token_s: float | None = None,
        tokens_per_s: float | None = None,
        fault: Fault | None = None,
    ) -> None:
        """Streamed word by word. `note`: a regular expression, found in what the phone itself adds; `turn`: only the agent's
        n-th; `after`: when that tool has run; `fault`: what goes wrong.

        No agent is who asks by the bare SDK, and anybody else.
        """
        self.add(
            Entry(
                when=When(agent=agent, heard=when, note=note, turn=turn, after=after),
                say=text,
                calls=tuple(calls),
                first_token_s=first_token_s,
                tokens_per_s=tokens_per_s,
                fault=fault,
            )
        )

    def uses(
        self,
        agent: str,
        tool: str,
        given: Mapping[str, Any] | None = None,
        *,
        say: str = "",
        when: str | None = None,
        note: str | None = None,
        mistaken: bool = False,
    ) -> None:
        """The agent calls a tool, after the words; what it says to the result is `says(…, after=tool)`.

        `mistaken`: the input does not fit the tool, on purpose.
        """
        use = ToolUse(tool=tool, input=dict(given or {}), mistaken=mistaken)
        self.says(agent, say, when=when, note=note, calls=[use])

    def routes_to(
        self, *agents: str, when: str | None = None, briefs: Sequence[str] = (), first_token_s: float | None = None
    ) -> None:
        """The router's choice: one agent, or a panel in this order."""
        texts = [*briefs, *[""] * len(agents)]
        speakers = [{"agent": agent, "brief": brief} for agent, brief in zip(agents, texts, strict=False)]
        chosen = ToolUse(tool="route", input={"speakers": speakers})
        self.add(Entry(when=When(forced="route", heard=when), calls=(chosen,), first_token_s=first_token_s))

    def fails(
        self,
        who: str,
        how: int | Failure,
        *,
        when: str | None = None,
        say: str = "Let me begin to answer that.",
        after_words: int = 2,
        times: int | None = None,
    ) -> None:
        """An agent, or the `router`: an HTTP status, or an answer that goes wrong after so many of its words."""
        asked = When(forced="route", heard=when) if who == ROUTER else When(agent=who, heard=when)
        if isinstance(how, int):
            fault = Fault(kind="status", status=how, type=_TYPES.get(how, "api_error"), times=times)
        else:
            fault = Fault(kind=how, type="api_error", after_words=after_words, times=times)
        self.add(Entry(when=asked, say=say, fault=fault))

    def add(self, entry: Entry) -> None:
        """A line in the form of agents/script.py. Raises ValueError if an earlier one answers all that it could."""
        if any(known.when == entry.when for known in self.script.entries):
            raise ValueError(f"the script has a line for {_shown(entry.when)} already; give one of them a (different) `when`")
        entries = sorted((*self.script.entries, entry), key=_answers_all)
        self.script = self.script.model_copy(update={"entries": tuple(entries)})

    @property
    def requests(self) -> list[Exchange]:
        """All that was asked, in order, guesses included; warm-ups (of one token) apart."""
        return [exchange for exchange in self.exchanges if exchange.request.get("max_tokens") != 1]

    def _reply(self, entry: Entry, exchange: Exchange) -> Answer:
        """Who calls a tool that was not offered, or with an input that it does not take, gets Unscripted: the test is wrong."""
        wrong = next((wrong for use in entry.calls if (wrong := self._misused(use, exchange))), None)
        if wrong is None or entry.fault:
            return super()._reply(entry, exchange)
        return Answer(200, [("content-type", "text/event-stream")], self._until_it_matters(exchange, wrong))

    def _misused(self, use: ToolUse, exchange: Exchange) -> str | None:
        who = exchange.asked.agent or ROUTER
        offered = {tool.get("name"): tool for tool in exchange.request.get("tools", [])}
        if (tool := offered.get(use.tool)) is None:
            if written := self.missing.get(who, {}).get(use.tool):
                return (
                    f"{who} is scripted to call {use.tool}, and `{written}` has no stand-in.\n"
                    f"Add to the scenario: tools: {{{written}: {{says: …}}}}\n"
                    f'Or in a test: rehearsal.toolbox["{written}"] = a function, or StandIn(says="…")'
                )
            return f"{who} is scripted to call {use.tool}, which is none of its tools.{did_you_mean(use.tool, list(offered))}"
        if use.mistaken:
            return None
        try:
            inputs_of(tool["input_schema"]).model_validate(mended(tool["input_schema"], use.input))
        except ValidationError as error:
            what = "; ".join(str(one["ctx"]["error"]) for one in error.errors() if "ctx" in one)
            takes = ", ".join(tool["input_schema"].get("properties", {})) or "nothing"
            return f"{who} is scripted to call {use.tool} with an input that it does not take: {what}. It takes: {takes}."
        except Unusable:
            return None
        return None

    def unscripted(self, exchange: Exchange) -> Answer:
        """Its reader gets Unscripted, unless it was a guess: that is dropped once the router decides or the caller goes on."""
        return Answer(200, [("content-type", "text/event-stream")], self._until_it_matters(exchange))

    async def _until_it_matters(self, exchange: Exchange, wrong: str = "") -> AsyncGenerator[bytes, None]:
        if exchange.asked.forced is None:
            await anyio.sleep(GUESS_S)
            for asking in [one for one in self.exchanges if one.asked.forced and not one.over.is_set()]:
                await asking.over.wait()
                await anyio.sleep(GUESS_S)
        self._give_up(exchange, wrong)
        yield b""

    def _give_up(self, exchange: Exchange, wrong: str) -> NoReturn:
        if wrong:
            raise Unscripted(wrong)
        known = [f"    {_shown(entry.when)}" for entry in self.script.entries] or ["    nothing"]
        raise Unscripted("\n".join([_question(exchange), "It is scripted for:", *known]))


def _answers_all(entry: Entry) -> bool:
    return (entry.when.heard, entry.when.note, entry.when.turn, entry.when.after, entry.when.tool) == (None,) * 5


def _question(exchange: Exchange) -> str:
    """The request as a person wants to read it, and the line that would answer it."""
    asked = exchange.asked
    who = ROUTER if asked.forced else asked.agent or "somebody"
    rest = [f"after its tool {asked.after}"] if asked.after else []
    rest += [f"with the tools {', '.join(asked.tools)}"] if asked.tools and not asked.forced else []
    lines = [
        f"Claude was asked as {who}, turn {asked.turn}, and the script has no answer{': ' if rest else '.'}{', '.join(rest)}",
        *(f"    {line_}" for line_ in _thread(exchange.request)),
        *_answers(asked),
    ]
    return "\n".join(lines)


def _answers(asked: Asked) -> list[str]:
    """What would script it, in a test and in YAML."""
    key, words = ("after", asked.after) if asked.after else ("heard", asked.heard.rstrip("?.! "))
    given = f'"…", {"after" if asked.after else "when"}={words!r})'
    if asked.forced:
        who, chosen = f"forced: {asked.forced}", f"calls: [{{tool: {asked.forced}, input: {{speakers: [{{agent: …}}]}}}}]"
        told = f"claude.routes_to({given}"
    else:
        who, chosen = f"agent: {asked.agent}" if asked.agent else "", "say: …"
        told = f'claude.says("{asked.agent or "somebody"}", {given}'
    when = ", ".join(part for part in (who, f"{key}: {words!r}") if part)
    return [f"Script it: {told}", f"In YAML: - {{when: {{{when}}}, {chosen}}}"]


def _thread(request: Mapping[str, Any], last: int = 6) -> list[str]:
    """The end of the talk, as it was sent."""
    told: list[str] = []
    for message in request["messages"]:
        blocks = message["content"] if isinstance(message["content"], list) else [{"type": "text", "text": message["content"]}]
        told += [f"{message['role']}: {block.get('text') or block.get('content') or block.get('input')}" for block in blocks]
    return told[-last:]


def _shown(when: When) -> str:
    given = when.model_dump(exclude_none=True)
    return ", ".join(f"{key} {value!r}" for key, value in given.items()) or "everything"
