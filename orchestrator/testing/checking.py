"""What must be true of a scenario's turn, held against what happened in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from agents.linear import found
from orchestrator import waterfall
from orchestrator.events import BargeIn, Entry, Failed, HeardText, Routed, SpeechResumed, ToolUsed
from orchestrator.testing.scenario import Expected, Turn
from orchestrator.testing.speeches import Said, speeches

F = TypeVar("F")


@dataclass(frozen=True)
class Happened:
    """A stretch of a call."""

    entries: Sequence[Entry]
    ended: str
    """Why the call is over; empty while it goes on."""

    def facts(self, kind: type[F]) -> list[F]:
        return [entry.event for entry in self.entries if isinstance(entry.event, kind)]

    @cached_property
    def said(self) -> list[Said]:
        return speeches(self.entries)

    @property
    def response_ms(self) -> int | None:
        """Of the last answer."""
        answered = [turn.response_ms for turn in waterfall.turns(self.entries) if turn.response_ms is not None]
        return answered[-1] if answered else None


def problems(turn: Turn, happened: Happened) -> Iterator[tuple[str, str]]:
    """For each thing that is not as it must be: the turn's key, and a sentence that says what was instead."""
    if (missed := _missed(turn.expect, happened.said)) is not None:
        yield "expect", f"{_wanted(missed)}, but {_told(happened.said)}"
    for pattern in turn.absent:
        if wrong := next((said for said in happened.said if found(pattern, said.text)), None):
            yield "absent", f"nobody was to say /{pattern}/, but {_told([wrong])}"
    yield from _differing(turn, happened)
    if turn.within_ms is not None and (happened.response_ms is None or happened.response_ms > turn.within_ms):
        took = "nothing was answered" if happened.response_ms is None else f"it took {happened.response_ms} ms"
        yield "within_ms", f"the answer was to be heard within {turn.within_ms} ms, but {took}"


def _differing(turn: Turn, happened: Happened) -> Iterator[tuple[str, str]]:
    heard = " ".join(fact.text for fact in happened.facts(HeardText))
    if turn.heard is not None and not found(turn.heard, heard):
        yield "heard", f"/{turn.heard}/ was to be heard from the caller, but it was {heard!r}"
    routes = happened.facts(Routed)
    same: list[tuple[str, object, object]] = [
        ("routed", turn.routed, tuple(agent for route in routes for agent in route.speakers)),
        ("by", turn.by, routes[-1].by if routes else "nobody"),
        ("tools", turn.tools, tuple(fact.name for fact in happened.facts(ToolUsed))),
        ("failed", turn.failed, tuple(fact.code for fact in happened.facts(Failed))),
        ("interrupted", turn.interrupted, bool(happened.facts(BargeIn))),
        ("resumed", turn.resumed, bool(happened.facts(SpeechResumed))),
        ("ended", turn.ended, happened.ended),
    ]
    for key, wanted, was in same:
        if wanted is not None and wanted != was:
            yield key, f"`{key}` was to be {_plain(wanted)}, but it was {_plain(was)}"


def _missed(expected: Sequence[Expected], said: Sequence[Said]) -> Expected | None:
    """The first that was not said after the one before it."""
    at = 0
    for one in expected:
        while at < len(said) and not (one.agent in (None, said[at].agent) and found(one.text, said[at].text)):
            at += 1
        if at == len(said):
            return one
        at += 1
    return None


def _wanted(one: Expected) -> str:
    return f"{one.agent or 'somebody'} was to say {f'/{one.text}/' if one.text else 'something'}"


def _told(said: Sequence[Said]) -> str:
    if not said:
        return "nobody said anything"
    return "; ".join(f"{one.agent} said {one.text!r}{' and was cut off' if one.interrupted else ''}" for one in said)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, tuple) else str(value) or "nothing"
