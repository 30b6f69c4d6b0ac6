"""Orders go to the work that was meant, and are on disk before they are confirmed; in virtual time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import pytest
from anyio.abc import ObjectReceiveStream

from agents.errors import Stopped
from agents.work import Add, Began, Failed, Order, Stop, TaskEvent, Word
from orchestrator.events import SaidText, TaskDone, ToolReturned
from orchestrator.life import PAUSE_S, SO_FAR, InMemory
from orchestrator.named_work import WorkNames
from orchestrator.phrases import Phrases
from orchestrator.records import Record, SoFar
from orchestrator.rosters import PROMPTS
from orchestrator.steering import MINUTES_S
from orchestrator.task import Task, Wish
from orchestrator.tasks import Tasks
from orchestrator.testing.cast import NOON
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from tests.orchestrator.test_holding import CALLER, OFFER, POST, working
from tests.orchestrator.workroom import ENGINEER, OWNER

TITLES: Final = ("a blog post about the voice server", "a house plan", "the talk for Berlin")
PHRASES: Final = Phrases.load(PROMPTS / "phrases.yaml", ("Kai", "Engineer", "Architect"))
NAMES: Final[WorkNames] = PHRASES.works


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@asynccontextmanager
async def two_works(claude: StagedClaude, rehearsal: Rehearsal) -> AsyncGenerator[RehearsedCall]:
    """The Engineer writes a blog post, the Architect draws a house plan, and both have begun to tell of it."""
    claude.uses("architect", "start_task", {**POST, "title": "a house plan"}, when="plan")
    claude.says("architect", OFFER, after="start_task")
    async with working(claude, rehearsal, {"hangs": True}) as call:
        claude.says("engineer", "Engineer.")
        claude.says("architect", "Architect.")
        claude.routes_to("kai")
        await call.pause(8)
        await call.say("Architect, draw a plan of my house")
        await call.pause(10)
        yield call


def stopped(call: RehearsedCall) -> list[str]:
    """The titles of the works that were stopped, or are told to."""
    assert call.minds.work is not None
    titles = {fact.task: fact.title for fact in call.tasks}
    ended = [titles[fact.task] for fact in call.facts(TaskDone) if fact.why == Stopped.code]
    return sorted([*ended, *(task.wish.title for task in call.minds.work.tasks.of(CALLER) if task.stopped and task.running)])


async def heard(call: RehearsedCall, says: str, then_s: float = 4.0) -> str:
    seen = len(call.facts(SaidText))
    await call.say(says, wait=False)
    await call.pause(then_s)
    return " ".join(fact.text for fact in call.facts(SaidText)[seen:])


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("Engineer, stop it", "a blog post"),
        ("Architect, stop it", "a house plan"),
        ("Stop the blog post", "a blog post"),
        ("Please cancel the house plan", "a house plan"),
        ("Stop the engineer's work", "a blog post"),
    ],
)
async def test_what_is_stopped_is_what_was_named(claude: StagedClaude, rehearsal: Rehearsal, words: str, title: str) -> None:
    async with two_works(claude, rehearsal) as call:
        assert "I'm stopping it." in await heard(call, words)
        assert stopped(call) == [title]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("Engineer, how far are you?", "Engineer here."),
        ("How far is the plan?", "Architect here."),
        ("How is the blog post coming along?", "Engineer here."),
    ],
)
async def test_who_is_asked_is_who_was_named(claude: StagedClaude, rehearsal: Rehearsal, words: str, says: str) -> None:
    async with two_works(claude, rehearsal) as call:
        assert says in await heard(call, words)


@pytest.mark.parametrize(
    ("which", "titles"),
    [
        ("The house plan", ["a house plan"]),
        ("The first one", ["a blog post"]),
        ("The engineer's", ["a blog post"]),
        ("Both", ["a blog post", "a house plan"]),
        ("No, neither", []),
        ("Never mind", []),
    ],
)
async def test_with_several_and_no_name_one_question_is_asked(
    claude: StagedClaude, rehearsal: Rehearsal, which: str, titles: list[str]
) -> None:
    async with two_works(claude, rehearsal) as call:
        assert "Which one: the blog post or the house plan?" in await heard(call, "Stop it")
        assert stopped(call) == []
        await heard(call, which)
        assert stopped(call) == titles


@pytest.mark.parametrize("words", ["Cancel that", "Forget it", "Stop", "Stop it", "Stop that"])
async def test_what_is_said_to_an_agents_own_talk_ends_no_work(claude: StagedClaude, rehearsal: Rehearsal, words: str) -> None:
    claude.says("engineer", "Shall I tell you a story?", when="story")
    claude.says("engineer", "All right.")
    claude.routes_to("engineer")
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await call.pause(10)
        await call.say("Engineer, do you know a story")
        await heard(call, words)
        assert stopped(call) == []


@pytest.mark.parametrize(("answer", "ends"), [("Yes", True), ("No", False), ("Yes, but not yet", False), ("Kai, hello", False)])
async def test_work_of_minutes_is_ended_only_after_a_question(
    claude: StagedClaude, rehearsal: Rehearsal, answer: str, *, ends: bool
) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await call.pause(MINUTES_S + 30)
        assert "Shall I really stop the blog post?" in await heard(call, "Stop the work")
        assert stopped(call) == []
        await heard(call, answer)
        assert bool(stopped(call)) is ends


async def test_a_yes_before_that_question_was_heard_ends_nothing(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await call.pause(MINUTES_S + 30)
        await call.say("Stop the work", wait=False)
        await call.speaking(0.3)
        assert "Shall I really stop the blog post?" in await heard(call, "Yes", 4)
        assert stopped(call) == []


async def test_an_agent_asks_first_too_and_says_which_it_means(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with two_works(claude, rehearsal) as call:
        claude.uses("kai", "stop_task", {}, when="enough")
        claude.uses("kai", "stop_task", {"work": "the house plan"}, when="the plan")
        claude.says("kai", "Let me see.", after="stop_task")
        await call.say("Kai, I have had enough of that")
        assert "It is not clear which is meant" in call.facts(ToolReturned)[-1].result
        await call.pause(MINUTES_S)
        await call.say("Kai, I mean the plan")
        assert "Ask the caller once" in call.facts(ToolReturned)[-1].result
        assert stopped(call) == []
        await call.say("Kai, I do mean the plan")
        assert stopped(call) == ["a house plan"]


@pytest.mark.parametrize(
    ("words", "order"),
    [
        ("No music", "music_off"),
        ("No music, please", "music_off"),
        ("No more music", "music_off"),
        ("No more", "less"),
        ("No more detail", "less"),
        ("No more details, please", "less"),
        ("No, music off", "music_off"),
        ("No, louder", "louder"),
        ("Tell me more", "more"),
        ("No call back", "wait"),
    ],
)
def test_a_no_in_an_order_is_a_no(words: str, order: str) -> None:
    assert PHRASES.hold_order(words) == order


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("stop the post", 0),
        ("Kai, could you stop the blog post please", 0),
        ("how is the house plan coming along", 1),
        ("how far is the talk", 2),
        ("what about the talk for Berlin", 2),
    ],
)
def test_work_is_described_by_its_title(words: str, title: int) -> None:
    ordered = NAMES.ordered(words)
    assert ordered is not None
    assert NAMES.meant(ordered[1], TITLES) == [title]


@pytest.mark.parametrize(
    "words", ["stop the server", "stop talking", "how is the weather", "what about lunch", "is the plan safe"]
)
def test_other_things_are_no_work(words: str) -> None:
    ordered = NAMES.ordered(words)
    assert ordered is None or NAMES.meant(ordered[1], TITLES) == []


# --- on disk ----------------------------------------------------------------------------------------------------------


class Runner:
    """Of which each run hears what it is told, and takes its time to stop."""

    def __init__(self) -> None:
        self.heard: list[list[Word]] = []

    async def run(self, order: Order, words: ObjectReceiveStream[Word]) -> AsyncGenerator[TaskEvent]:
        heard: list[Word] = []
        self.heard.append(heard)
        yield Began(order.session or "s1", pid=0, started=0)
        async for word in words:
            heard.append(word)
            if isinstance(word, Stop):
                await anyio.sleep(30)
                yield Failed(Stopped(), "Half of it.")
                return

    async def reap(self, began: Began) -> bool:
        return False


class Slow(InMemory):
    """A disk that is away at first."""

    def __init__(self) -> None:
        super().__init__()
        self.there = anyio.Event()
        self.there.set()

    async def note(self, key: str, value: Record) -> bool:
        await self.there.wait()
        return await super().note(key, value)


@asynccontextmanager
async def living(steps: InMemory) -> AsyncGenerator[tuple[Task, Runner]]:
    """A server that has the task, until it dies."""
    runner = Runner()
    async with anyio.create_task_group() as group:

        async def folder(_: Path) -> None:
            """None is needed."""

        house = Tasks(runner, Path(), lambda: NOON, group, make=folder)
        task = Task("t1", Wish(OWNER, "Write.", "a post", 3), ENGINEER, NOON)
        group.start_soon(house.live, task, steps)
        await anyio.sleep(0.1)
        yield task, runner
        group.cancel_scope.cancel()


async def test_an_order_is_not_confirmed_before_it_is_on_disk() -> None:
    disk = Slow()
    async with living(disk) as (task, _):
        disk.there = anyio.Event()
        task.tell(Stop())
        assert not await task.until_kept(2)
        disk.there.set()
        assert await task.until_kept(2)


async def test_work_that_was_told_to_stop_is_not_begun_again_after_a_crash() -> None:
    disk = InMemory()
    async with living(disk) as (task, runner):
        task.tell(Stop())
        assert await task.until_kept(1)
        assert len(runner.heard) == 1
    async with living(disk) as (task, runner):
        assert task.stopped
        assert isinstance(task.outcome, Failed)
        assert isinstance(task.outcome.error, Stopped)
        assert runner.heard == []


async def test_what_was_added_is_told_again_after_a_crash() -> None:
    disk = InMemory()
    async with living(disk) as (task, _):
        task.tell(Add("with a picture"))
        task.tell(Add("and a poem"))
        assert await task.until_kept(1)
    async with living(disk) as (task, runner):
        assert runner.heard == [[Add("with a picture"), Add("and a poem")]]
        task.tell(Add("in blue"))
        assert await task.until_kept(1)
    assert SoFar.of(await disk.noted(SO_FAR)).added == ("with a picture", "and a poem", "in blue")


async def test_work_that_was_halted_stays_so_after_a_crash_and_goes_on_when_it_is_told() -> None:
    disk = InMemory()
    async with living(disk) as (task, _):
        task.pause()
        assert await task.until_kept(1)
    async with living(disk) as (task, runner):
        assert task.paused
        assert runner.heard == []
        task.go_on()
        await anyio.sleep(1)
        assert len(runner.heard) == 1
        assert task.running


async def test_work_that_is_halted_for_too_long_ends() -> None:
    async with living(InMemory()) as (task, _):
        task.pause()
        await anyio.sleep(PAUSE_S + 40)
        assert isinstance(task.outcome, Failed)
