"""Who calls while work of theirs runs, or waits to be told: what it is about is for whoever knows the PIN, in virtual time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

import anyio
import pytest
from pydantic import SecretStr

from agents.script import Entry as Answer
from agents.script import ToolUse
from agents.scripted import ScriptedClaude
from agents.scripted_work import WorkScript
from orchestrator.delivery import Verdict
from orchestrator.events import Answered, Asked, HoldStarted, Narrated, ToolReturned
from orchestrator.hold_words import HoldWords
from orchestrator.pin import Trust
from orchestrator.rosters import PROMPTS
from orchestrator.task import Task, Wish
from orchestrator.testing.caller import Caller
from orchestrator.testing.rehearsal import RehearsedCall, on_a_line
from orchestrator.withheld import AGAIN_S, Withheld
from telephony.admission import Admission, AdmissionPolicy
from telephony.rehearsal import RehearsalLine
from tests.orchestrator.stage import LINES, ROSTER, answer, equipped

OWNER: Final = "+15550100"
PIN: Final = "2580"
WORDS: Final = HoldWords.read(PROMPTS / "hold.yaml")
PRIVATE: Final = ("novel", "murder", "chapter", "thousand")
DONE: Final[dict[str, Any]] = {"done": {"result": "The novel has a thousand pages.", "spoken": "The murder is solved."}}
SAYS: Final[dict[str, Any]] = {"says": "The first chapter stands."}
ASKS: Final[dict[str, Any]] = {"asks": {"question": "The Engineer wants to delete novel dot txt. Yes or no?", "tool": "Bash"}}
HANGS: Final[dict[str, Any]] = {"hangs": True}
TELLS: Final = answer("engineer", "The murder is solved, in a thousand pages.")
Mode = Literal["never", "risky", "always"]


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


class Engaged:
    """A Bearer who finds the line busy: the result waits until they call."""

    async def bring(self, task: Task) -> Verdict:
        return Verdict.BUSY

    async def brought(self, task: Task) -> bool:
        return False


class Again:
    """The call, and the work that was begun in one before it."""

    def __init__(self, call: RehearsedCall, task: Task, claude: ScriptedClaude) -> None:
        self.call, self.task, self._claude = call, task, claude

    @property
    def said(self) -> str:
        return " ".join(turn.text for turn in self.call.said)

    @property
    def told(self) -> bool:
        """Something of it has come out: to the caller, or to Claude, who might say it."""
        known = f"{self.said} {[exchange.request for exchange in self._claude.exchanges]}".lower()
        return any(word in known for word in PRIVATE)


@asynccontextmanager
async def calling(
    *doing: dict[str, Any],
    mode: Mode = "risky",
    pin: str | None = PIN,
    called: bool = False,
    answers: tuple[Answer, ...] = (TELLS,),
) -> AsyncGenerator[Again]:
    """A call in, a minute after the Engineer has begun that."""
    line = RehearsalLine()
    caller = Caller(line)
    work = WorkScript.model_validate({"works": [{"steps": list(doing)}]})
    policy = AdmissionPolicy(allow=(OWNER,), pin=SecretStr(pin) if pin else None, pin_mode=mode)
    trust = Trust.of(Admission(policy), OWNER)
    trust.called = called
    async with equipped((), *answers, ears=caller, work=work) as (parts, claude):
        assert parts.minds.work is not None
        tasks = parts.minds.work.tasks
        tasks.bearer = Engaged()
        task = tasks.start(Wish(OWNER, "Write a novel.", "a novel about a murder", 5), ROSTER["engineer"])
        await anyio.sleep(60)
        async with on_a_line(parts, line, caller, trust=trust) as call:
            yield Again(call, task, claude)


async def test_a_result_is_told_when_the_pin_is_given() -> None:
    async with calling(DONE) as at:
        await at.call.pause(5)
        assert at.said.endswith(WORDS.withheld["result"])
        assert not at.told
        assert not at.task.delivered
        await at.call.press(f"{PIN}#", wait=False)
        await at.call.pause(10)
        assert at.said.endswith(f"{LINES.pin.passed} The murder is solved. The murder is solved, in a thousand pages.")
        assert at.task.delivered
        assert PIN not in " ".join(entry.line() for entry in at.call.journal)


@pytest.mark.parametrize("words", [("Never mind",), ("I want to ask for", "what is the weather", "in Graz")])
async def test_without_the_pin_the_call_goes_on_and_the_result_waits(words: tuple[str, ...]) -> None:
    async with calling(DONE, answers=(answer("kai", "It is sunny."),)) as at:
        await at.call.pause(5)
        for said in words:
            await at.call.say(said)
        assert at.said.endswith(LINES.pin.refused)
        await at.call.say("Kai, how is the weather?")
        assert at.said.endswith("It is sunny.")
        await at.call.pause(7)
        assert at.said.count(WORDS.withheld["result"]) == 1
        assert not at.told
        assert not at.task.delivered


@pytest.mark.parametrize(
    ("mode", "pin", "called"), [("never", PIN, False), ("never", None, False), ("risky", None, False), ("risky", PIN, True)]
)
async def test_where_no_pin_is_needed_it_is_told_at_once(mode: Mode, pin: str | None, called: bool) -> None:
    async with calling(DONE, mode=mode, pin=pin, called=called) as at:
        await at.call.pause(6)
        assert LINES.pin.ask not in at.said
        assert at.task.delivered


@pytest.mark.parametrize("called", [False, True])
async def test_where_each_call_begins_with_the_pin_it_is_told_after_that(called: bool) -> None:
    async with calling(DONE, mode="always", called=called) as at:
        await at.call.pause(5)
        assert not at.told
        await at.call.press(f"{PIN}#", wait=False)
        await at.call.pause(14)
        assert at.said.count("PIN") == 1
        assert at.task.delivered


async def test_work_that_runs_is_not_told_of_before_the_pin_and_then_as_always() -> None:
    async with calling(SAYS, {"after_s": 80, "says": "The second chapter stands."}, HANGS) as at:
        await at.call.pause(7)
        assert at.call.facts(HoldStarted) == []
        assert not at.told
        await at.call.say("How far are you?")
        assert at.said.endswith(LINES.pin.ask)
        await at.call.press(f"{PIN}#", wait=False)
        await at.call.pause(12)
        assert "been on it for" in at.said.partition(LINES.pin.passed)[2]
        assert "murder" in at.said
        assert len(at.call.facts(HoldStarted)) == 1
        await at.call.pause(30)
        assert "The second chapter stands." in [line.text for line in at.call.facts(Narrated)]


async def test_silence_is_not_welcome_to_who_is_not_known() -> None:
    async with calling(HANGS) as at:
        await at.call.pause(9)
        assert at.said.endswith(LINES.are_you_still_there)


@pytest.mark.parametrize(
    ("words", "keys"), [("How far are you?", ""), ("I'll wait", ""), ("Stop the work", ""), ("", "3"), ("", "1")]
)
async def test_orders_that_read_or_end_the_work_need_the_pin(words: str, keys: str) -> None:
    async with calling(SAYS, HANGS) as at:
        await (at.call.say(words) if words else at.call.press(keys))
        assert at.said.endswith(LINES.pin.ask)
        assert not at.told
        assert at.task.running


@pytest.mark.parametrize(("words", "said"), [("Music off", "No music then."), ("Call me back", "I'll call you back")])
async def test_other_orders_do_not(words: str, said: str) -> None:
    async with calling(SAYS, HANGS) as at:
        await at.call.say(words)
        assert said in at.said
        assert not at.told


async def test_an_agent_cannot_stop_it_either() -> None:
    stop = answer("kai", "", calls=[ToolUse(tool="stop_task")])
    async with calling(SAYS, HANGS, answers=(stop,)) as at:
        await at.call.say("Kai, I do not want that novel any more, drop it")
        (refused,) = at.call.facts(ToolReturned)
        assert "needs the caller's PIN" in refused.result
        assert at.task.running


async def test_a_question_of_the_work_is_asked_after_the_pin() -> None:
    async with calling({"after_s": 62, **ASKS}, HANGS) as at:
        await at.call.pause(6)
        assert at.said.endswith(WORDS.withheld["news"])
        assert at.call.facts(Asked) == []
        await at.call.press(f"{PIN}#", wait=False)
        await at.call.pause(8)
        assert at.said.endswith(ASKS["asks"]["question"])


async def talk(at: Again, until: Callable[[], bool]) -> float:
    """About something else; how long it took."""
    began_s = anyio.current_time()
    while not until():
        await at.call.say("Kai, how is the weather?")
        await at.call.pause(6.5)
    return anyio.current_time() - began_s


async def test_a_question_that_waits_for_the_pin_is_announced_again_and_is_then_a_no() -> None:
    sunny = answer("kai", "It is sunny.")
    async with calling({"after_s": 62, **ASKS}, HANGS, answers=(sunny,)) as at:
        await at.call.pause(6)
        assert at.said.endswith(WORDS.withheld["news"])
        await at.call.say("Never mind")
        still = WORDS.withheld["still"][:24]  # they cut in on it
        waited_s = await talk(at, lambda: still in at.said)
        assert AGAIN_S - 5 < waited_s < AGAIN_S + 15
        assert at.said.count(WORDS.withheld["news"]) == 1
        assert at.task.question is not None
        await at.call.say("Never mind")
        waited_s = await talk(at, lambda: at.task.question is None)
        assert AGAIN_S - 25 < waited_s < AGAIN_S + 10
        assert at.said.count(still) == 1
        assert at.task.question is None
        assert [(fact.yes, fact.by) for fact in at.call.facts(Answered)] == [(False, "policy")]
        assert not at.told


@pytest.mark.parametrize(
    ("at", "announced"),
    [
        ([(0, "", False, True)], [None]),
        ([(0, "", True, True), (300, "", True, True)], ["result", None]),
        ([(0, "", True, False), (300, "", True, True)], ["news", None]),
        ([(0, "q", False, True), (59, "q", False, True), (60, "q", False, True)], ["news", None, "still"]),
        ([(0, "q", True, True), (60, "q", True, True), (120, "q", True, True), (121, "", True, True)],
         ["news", "still", "lapsed", None]),
        ([(0, "", True, True), (1, "q", True, True), (2, "r", True, True)], ["result", "news", "news"]),
    ],
)  # fmt: skip
def test_what_is_announced_when(at: list[tuple[float, str, bool, bool]], announced: list[str | None]) -> None:
    withheld = Withheld()

    def heard(due: str | None) -> str | None:
        if due not in (None, "lapsed"):
            withheld.sounds()
        return due

    assert [heard(withheld.due(now_s, ask=ask, over=over, well=well)) for now_s, ask, over, well in at] == announced


@pytest.mark.parametrize(("ask", "announced"), [("", ["news"] * 3 + [None]), ("q", ["news"] * 3 + ["lapsed"])])
def test_what_nobody_hears_is_announced_no_more_than_thrice(ask: str, announced: list[str | None]) -> None:
    withheld = Withheld()
    assert [withheld.due(now_s, ask=ask, over=True, well=False) for now_s in range(4)] == announced


async def test_that_it_failed_is_news_and_no_result() -> None:
    async with calling({"failed": "work_crashed"}) as at:
        await at.call.pause(5)
        assert at.said.endswith(WORDS.withheld["news"])


async def test_who_asks_for_the_result_hears_it_after_the_pin() -> None:
    async with calling(DONE) as at:
        await at.call.pause(5)
        await at.call.say("Never mind")
        await at.call.say("Music off")
        assert at.said.endswith(WORDS.nothing)
        await at.call.say("How far is it?")
        assert at.said.endswith(LINES.pin.ask)
        assert not at.told
        await at.call.press(f"{PIN}#", wait=False)
        await at.call.pause(10)
        assert at.said.endswith(f"{LINES.pin.passed} The murder is solved. The murder is solved, in a thousand pages.")
        assert at.task.delivered


@pytest.mark.parametrize("by_an_agent", [True, False])
async def test_a_goodbye_tells_nothing_of_it(by_an_agent: bool) -> None:
    async with calling(HANGS, answers=(answer("kai", "", calls=[ToolUse(tool="end_call")]),)) as at:
        await at.call.say("Kai, that was all for today" if by_an_agent else "Goodbye")
        assert at.said.endswith(LINES.farewell)


async def test_a_pin_given_for_something_else_is_enough() -> None:
    async with calling({"after_s": 75, **DONE}) as at:
        await at.call.say("How far are you?")
        await at.call.press(f"{PIN}#", wait=False)
        await at.call.pause(24)
        assert at.said.count("PIN") == 1
        assert at.task.delivered
