"""What every TaskRunner does: the one from a script, in virtual time, and the real command line before a scripted Claude."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from agents.errors import WorkError
from agents.scripted_work import ScriptedRunner, WorkScript
from agents.work import Add, Answer, Asks, Began, Done, Failed, Order, Says, Stop, TaskEvent, TaskRunner, Word, Working
from tests.agents.command_line import ASK, SAY, command_line, runs, says
from tests.agents.workplace import HANGS_UP, Caller, order, ran, unasked

PUSH = {"question": "The Engineer wants to push to main. Yes or no?", "tool": "Bash", "exact": "git push", "risky": True}


@dataclass(frozen=True)
class Scene:
    """The same work for each kind of runner."""

    steps: Sequence[dict[str, Any]]
    entries: Sequence[dict[str, Any]]
    task: dict[str, Any] = field(default_factory=dict)


READ_ALL = "I have read it all."
FOR_EVER = "while true; do sleep 0.1; done"
SCENES = {
    "several steps": Scene(
        [
            {"after_s": 1, "says": "I begin with the outline."},
            {"after_s": 5, "working": {"what": "Bash", "detail": "Count the words"}},
            {"after_s": 2, "spent": "0.01"},
            {"done": {"result": "**Counted**: 12.", "spoken": "There are twelve words."}},
        ],
        [
            {"when": {"after": SAY}, "calls": [runs("echo 12", "Count the words")]},
            {"when": {"after": "Bash"}, "say": "**Counted**: 12."},
            {"when": {"agent": "engineer"}, "calls": [says("I begin with the outline.")]},
        ],
        {"allowed_tools": ["Bash"]},
    ),
    "permission": Scene(
        [
            {"says": "I have something to push."},
            {"asks": PUSH, "yes": [{"says": "It is pushed."}], "no": [{"says": "I left it."}]},
            {"done": {"result": "Done."}},
        ],
        [
            {"when": {"after": "Bash", "result": "says no|nobody"}, "calls": [says("I left it.")]},
            {"when": {"after": "Bash"}, "calls": [says("It is pushed.")]},
            {"when": {"after": SAY}, "say": "Done."},
            {"say": "I have something to push.", "calls": [runs("git push", "Push it")]},
        ],
        {"allowed_tools": ["Bash"], "risky_tools": ["Bash(git push *)"]},
    ),
    "own question": Scene(
        [
            {"asks": {"question": "In which colour?"}, "yes": [{"says": "Blue it is."}], "no": [{"says": "Grey then."}]},
            {"done": {"result": "Done."}},
        ],
        [
            {"when": {"after": ASK, "result": "blue"}, "calls": [says("Blue it is.")]},
            {"when": {"after": ASK}, "calls": [says("Grey then.")]},
            {"when": {"after": SAY}, "say": "Done."},
            {"calls": [{"tool": ASK, "input": {"question": "In which colour?"}}]},
        ],
    ),
    "more wishes": Scene(
        [
            {"says": "I have begun."},
            {"asks": {"question": "Shall I go on?"}},
            {"waits_for": "picture"},
            {"says": "With a picture."},
            {"done": {"result": "Done."}},
        ],
        [
            {"when": {"after": ASK, "heard": "picture"}, "calls": [says("With a picture.")]},
            {"when": {"after": SAY}, "say": "Done."},
            {"say": "I have begun.", "calls": [{"tool": ASK, "input": {"question": "Shall I go on?"}}]},
        ],
    ),
    "hanging": Scene(
        [{"says": READ_ALL}, {"hangs": True}],
        [{"say": READ_ALL, "calls": [runs(FOR_EVER)]}],
        {"allowed_tools": ["Bash"]},
    ),
    "dear": Scene(
        [{"says": READ_ALL}, {"spent": "0.2"}, {"hangs": True}],
        [{"when": {"after": "Bash"}, "calls": [runs("true")]}, {"say": READ_ALL, "calls": [runs("true")]}],
        {"allowed_tools": ["Bash"], "max_usd": Decimal("0.001")},
    ),
    "failing": Scene(
        [{"says": READ_ALL}, {"failed": "work_crashed"}],
        [{"when": {"after": "Bash"}, "fault": {"kind": "status"}}, {"say": READ_ALL, "calls": [runs("true")]}],
        {"allowed_tools": ["Bash"]},
    ),
}


@pytest.fixture(params=["scripted", pytest.param("command line", marks=[pytest.mark.realcli, pytest.mark.timeout(120)])])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def anyio_backend(kind: str, virtual_backend: Any) -> Any:
    return virtual_backend if kind == "scripted" else "asyncio"


@pytest.fixture
def house(kind: str, tmp_path: Path) -> House:
    return House(kind, tmp_path)


@dataclass(frozen=True)
class House:
    """Where one kind of runner works."""

    kind: str
    folder: Path

    @asynccontextmanager
    async def on(self, scene: str) -> AsyncGenerator[TaskRunner]:
        of = SCENES[scene]
        if self.kind == "scripted":
            yield ScriptedRunner(WorkScript.model_validate({"works": [{"steps": of.steps}]}))
        else:
            async with command_line(self.folder, *of.entries) as (runner, _):
                yield runner

    def order(self, scene: str, **more: Any) -> Order:
        where = self.folder if self.kind == "scripted" else self.folder / "work"
        return order(where, **SCENES[scene].task, **more)

    async def played(self, scene: str, caller: Caller = unasked, **more: Any) -> list[TaskEvent]:
        async with self.on(scene) as runner:
            return await ran(runner, self.order(scene, **more), caller)


def said(events: Sequence[TaskEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Says)]


def failure(events: Sequence[TaskEvent]) -> tuple[str, str]:
    last = events[-1]
    assert isinstance(last, Failed)
    assert isinstance(last.error, WorkError)
    return last.error.code, last.achieved


async def test_tells_what_it_does_in_its_order(house: House) -> None:
    events = await house.played("several steps")
    assert isinstance(events[0], Began)
    assert events[0].session
    told = [event for event in events if isinstance(event, Says | Working)]
    assert told[0] == Says("I begin with the outline.")
    assert Working("Bash", "Count the words") in told
    assert isinstance(events[-1], Done)
    assert events[-1].result == "**Counted**: 12."


@pytest.mark.parametrize(("yes", "says_then"), [(True, "It is pushed."), (False, "I left it."), (None, "I left it.")])
async def test_asks_and_does_as_it_is_told(house: House, yes: bool | None, says_then: str) -> None:
    def caller(event: TaskEvent) -> Word | None:
        if not isinstance(event, Asks):
            return None
        return HANGS_UP if yes is None else Answer(event.ask, yes=yes, words="as I said")

    events = await house.played("permission", caller)
    (asked,) = [event for event in events if isinstance(event, Asks)]
    assert asked.question.endswith("?")
    assert (asked.tool, asked.exact, asked.risky) == ("Bash", "git push", True)
    assert said(events) == ["I have something to push.", says_then]
    assert isinstance(events[-1], Done)


async def test_asks_no_further_when_nobody_listens(house: House) -> None:
    events = await house.played("permission", lambda event: HANGS_UP if isinstance(event, Says) else None)
    assert said(events)[-1] == "I left it."


async def test_asks_a_question_of_its_own(house: House) -> None:
    def caller(event: TaskEvent) -> Word | None:
        return Answer(event.ask, yes=True, words="blue") if isinstance(event, Asks) else None

    events = await house.played("own question", caller)
    assert [event.tool for event in events if isinstance(event, Asks)] == [""]
    assert said(events) == ["Blue it is."]


async def test_hears_another_wish_while_it_works(house: House) -> None:
    def caller(event: TaskEvent) -> Word | None:
        if isinstance(event, Asks):  # the wish has gone before this answer, so it is there when the work goes on
            return Answer(event.ask, yes=True)
        begun = isinstance(event, Says) and event.text == "I have begun."
        return Add("Also add a picture.") if begun else None

    assert said(await house.played("more wishes", caller))[-1] == "With a picture."


async def test_stops_when_told_and_says_what_it_had_done(house: House) -> None:
    events = await house.played("hanging", lambda event: Stop() if isinstance(event, Says) else None)
    assert failure(events) == ("work_stopped", "I have read it all.")


async def test_ends_when_its_time_is_up(house: House) -> None:
    """On a busy machine that may be before it has said anything."""
    events = await house.played("hanging", minutes=0.04)
    assert failure(events) == ("work_out_of_time", ["", *said(events)][-1])


@pytest.mark.parametrize(("scene", "code"), [("dear", "work_out_of_money"), ("failing", "work_crashed")])
async def test_ends_at_its_limits_and_says_what_it_had_done(house: House, scene: str, code: str) -> None:
    assert failure(await house.played(scene)) == (code, "I have read it all.")


async def test_closing_early_leaves_nothing(house: House) -> None:
    send, words = anyio.create_memory_object_stream[Word](1)
    async with house.on("hanging") as runner:
        with send, words:
            async with aclosing(runner.run(house.order("hanging"), words)) as events:
                began = await anext(events)
                async for event in events:
                    if isinstance(event, Says):
                        break
        assert isinstance(began, Began)
        assert not await runner.reap(began)


async def test_a_run_goes_on_with_the_session_it_had(house: House) -> None:
    async with house.on("failing") as runner:
        began, *_ = await ran(runner, house.order("failing"))
        assert isinstance(began, Began)
        again, *_ = await ran(runner, house.order("failing", session=began.session))
    assert isinstance(again, Began)
    assert again.session == began.session
