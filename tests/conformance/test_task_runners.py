"""What every TaskRunner does: the one from a script, in virtual time, and the real command line before a scripted Claude."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from agents.errors import WorkError
from agents.scripted_work import ScriptedRunner, WorkScript
from agents.work import Add, Answer, Asks, Began, Done, Failed, Order, Says, Stop, TaskEvent, TaskRunner, Word, Working
from tests.agents.workplace import HANGS_UP, Caller, order, ran

PUSH = {"question": "The Engineer wants to push to main. Yes or no?", "tool": "Bash", "exact": "git push", "risky": True}


@dataclass(frozen=True)
class Scene:
    """The same work for each kind of runner."""

    steps: Sequence[dict[str, Any]]
    task: dict[str, Any]


SCENES = {
    "several steps": Scene(
        [
            {"after_s": 1, "says": "I begin with the outline."},
            {"after_s": 5, "working": {"what": "Bash", "detail": "Count the words"}},
            {"after_s": 2, "spent": "0.01"},
            {"done": {"result": "**Counted**: 12.", "spoken": "There are twelve words."}},
        ],
        {},
    ),
    "permission": Scene(
        [
            {"says": "I have something to push."},
            {"asks": PUSH, "yes": [{"says": "It is pushed."}], "no": [{"says": "I left it."}]},
            {"done": {"result": "Done."}},
        ],
        {},
    ),
    "own question": Scene(
        [
            {"asks": {"question": "In which colour?"}, "yes": [{"says": "Blue it is."}], "no": [{"says": "Grey then."}]},
            {"done": {"result": "Done."}},
        ],
        {},
    ),
    "more wishes": Scene(
        [{"says": "I have begun."}, {"waits_for": "picture"}, {"says": "With a picture."}, {"done": {"result": "Done."}}], {}
    ),
    "hanging": Scene([{"says": "I have read it all."}, {"hangs": True}], {"max_minutes": 1}),
    "dear": Scene([{"says": "I have read it all."}, {"spent": "0.2"}, {"hangs": True}], {"max_usd": Decimal("0.1")}),
    "failing": Scene([{"says": "I have read it all."}, {"failed": "work_crashed"}], {}),
}


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def on(scene: str, folder: Path) -> tuple[TaskRunner, Order]:
    of = SCENES[scene]
    return ScriptedRunner(WorkScript.model_validate({"works": [{"steps": of.steps}]})), order(folder, **of.task)


async def played(scene: str, folder: Path, caller: Caller = lambda _: None) -> list[TaskEvent]:
    return await ran(*on(scene, folder), caller)


def said(events: Sequence[TaskEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Says)]


def failure(events: Sequence[TaskEvent]) -> tuple[str, str]:
    last = events[-1]
    assert isinstance(last, Failed)
    assert isinstance(last.error, WorkError)
    return last.error.code, last.achieved


async def test_tells_what_it_does_in_its_order(tmp_path: Path) -> None:
    events = await played("several steps", tmp_path)
    assert isinstance(events[0], Began)
    assert events[0].session
    told = [event for event in events if isinstance(event, Says | Working)]
    assert told[0] == Says("I begin with the outline.")
    assert Working("Bash", "Count the words") in told
    assert isinstance(events[-1], Done)
    assert events[-1].result == "**Counted**: 12."


@pytest.mark.parametrize(("yes", "says"), [(True, "It is pushed."), (False, "I left it."), (None, "I left it.")])
async def test_asks_and_does_as_it_is_told(tmp_path: Path, yes: bool | None, says: str) -> None:
    def caller(event: TaskEvent) -> Word | None:
        if not isinstance(event, Asks):
            return None
        return HANGS_UP if yes is None else Answer(event.ask, yes=yes, words="as I said")

    events = await played("permission", tmp_path, caller)
    (asked,) = [event for event in events if isinstance(event, Asks)]
    assert asked.question.endswith("?")
    assert (asked.tool, asked.exact, asked.risky) == ("Bash", "git push", True)
    assert said(events) == ["I have something to push.", says]
    assert isinstance(events[-1], Done)


async def test_asks_no_further_when_nobody_listens(tmp_path: Path) -> None:
    events = await played("permission", tmp_path, lambda event: HANGS_UP if isinstance(event, Says) else None)
    assert said(events)[-1] == "I left it."


async def test_asks_a_question_of_its_own(tmp_path: Path) -> None:
    def caller(event: TaskEvent) -> Word | None:
        return Answer(event.ask, yes=True, words="blue") if isinstance(event, Asks) else None

    events = await played("own question", tmp_path, caller)
    assert [event.tool for event in events if isinstance(event, Asks)] == [""]
    assert said(events) == ["Blue it is."]


async def test_hears_another_wish_while_it_works(tmp_path: Path) -> None:
    def caller(event: TaskEvent) -> Word | None:
        return Add("Also add a picture.") if event == Says("I have begun.") else None

    assert said(await played("more wishes", tmp_path, caller))[-1] == "With a picture."


async def test_stops_when_told_and_says_what_it_had_done(tmp_path: Path) -> None:
    events = await played("hanging", tmp_path, lambda event: Stop() if isinstance(event, Says) else None)
    assert failure(events) == ("work_stopped", "I have read it all.")


@pytest.mark.parametrize(
    ("scene", "code"), [("hanging", "work_out_of_time"), ("dear", "work_out_of_money"), ("failing", "work_crashed")]
)
async def test_ends_at_its_limits_and_says_what_it_had_done(tmp_path: Path, scene: str, code: str) -> None:
    assert failure(await played(scene, tmp_path)) == (code, "I have read it all.")


async def test_closing_early_leaves_nothing(tmp_path: Path) -> None:
    runner, of = on("hanging", tmp_path)
    send, words = anyio.create_memory_object_stream[Word](1)
    with send, words:
        async with aclosing(runner.run(of, words)) as events:
            began = await anext(events)
    assert isinstance(began, Began)
    assert not await runner.reap(began)


async def test_a_run_goes_on_with_the_session_it_had(tmp_path: Path) -> None:
    runner, of = on("failing", tmp_path)
    (began, *_) = await ran(runner, of)
    assert isinstance(began, Began)
    again, *_ = await ran(runner, order(tmp_path, session=began.session))
    assert isinstance(again, Began)
    assert again.session == began.session
