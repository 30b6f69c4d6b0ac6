"""Yes and no on the line: from when a yes counts, how it is taken back, and what is no answer at all; in virtual time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from agents.work import Answer, Word
from orchestrator.answers import SEAL_S
from orchestrator.events import Answered, Asked, SaidText, TaskDone
from orchestrator.task import Task
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from tests.orchestrator.test_holding import CALLER, working

PUSH: Final = {
    "question": "The Engineer wants to push to the branch main of origin. Yes or no?",
    "tool": "Bash",
    "exact": "git push origin main",
}
COLOUR: Final = "Which colour should it have?"
LASTS_S: Final = 0.04 * len(PUSH["question"])


@asynccontextmanager
async def asking(
    claude: StagedClaude, rehearsal: Rehearsal, asks: dict[str, Any] = PUSH, *after: dict[str, Any]
) -> AsyncGenerator[tuple[RehearsedCall, Task]]:
    """A call in which the question has just begun to sound."""
    claude.says("engineer", "Engineer.")
    claude.routes_to("engineer")
    steps = ({"after_s": 10, "asks": asks, "yes": after or ({"after_s": 3, "says": "It is pushed."},)}, {"hangs": True})
    async with working(claude, rehearsal, *steps) as call:
        assert call.minds.work is not None
        (task,) = call.minds.work.tasks.of(CALLER)
        while not call.facts(Asked):
            await call.pause(0.02)
        yield call, task


async def heard(call: RehearsedCall, says: str, *, at_s: float = 3.5, then_s: float = 3.0) -> str:
    """What the caller hears after that was said, so long after the question's first sound."""
    await call.pause(at_s)
    seen = len(call.facts(SaidText))
    await call.say(says, wait=False)
    await call.pause(then_s)
    return " ".join(fact.text for fact in call.facts(SaidText)[seen:])


def yes_or_no(call: RehearsedCall) -> list[bool]:
    return [fact.yes for fact in call.facts(Answered)]


@pytest.mark.parametrize("share", [0.1, 0.5])
async def test_a_yes_into_the_question_counts_only_when_it_has_been_finished(
    claude: StagedClaude, rehearsal: Rehearsal, share: float
) -> None:
    async with asking(claude, rehearsal) as (call, _):
        said = await heard(call, "Okay", at_s=share * LASTS_S, then_s=5)
        assert f"Let me finish: {PUSH['question']}" in said
        assert yes_or_no(call) == []
        await call.say("Okay")
        await call.pause(SEAL_S + 1)
        assert yes_or_no(call) == [True]


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
async def test_a_no_counts_at_any_time(claude: StagedClaude, rehearsal: Rehearsal, share: float) -> None:
    async with asking(claude, rehearsal) as (call, _):
        await heard(call, "No, don't", at_s=share * LASTS_S + (share == 1))
        assert yes_or_no(call) == [False]


async def test_a_yes_to_the_last_words_of_the_question_counts(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    """What it allows has been said when "Yes or no?" begins."""
    async with asking(claude, rehearsal) as (call, _):
        said = await heard(call, "Yes", at_s=LASTS_S - 0.2)
        assert "All right, I'll do it." in said
        assert yes_or_no(call) == [True]


async def test_a_key_is_no_earlier_a_yes(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with asking(claude, rehearsal) as (call, _):
        await call.pause(0.5)
        await call.press("1", wait=False)
        await call.pause(5.5)
        assert yes_or_no(call) == []
        assert "Let me finish" in call.said[-1].text
        await call.press("1")
        await call.pause(SEAL_S + 1)
        assert yes_or_no(call) == [True]


@pytest.mark.parametrize("words", ["Yes, but", "Okay so", "Yeah, um", "Well, yes and", "Okay Kai", "Okay thanks", "Do it again"])
async def test_what_is_only_begun_or_for_somebody_else_allows_nothing(
    claude: StagedClaude, rehearsal: Rehearsal, words: str
) -> None:
    async with asking(claude, rehearsal) as (call, _):
        await heard(call, words, then_s=0.9)
        await call.say("not to the main branch", wait=False)
        await call.pause(4)
        assert True not in yes_or_no(call)


async def test_what_follows_a_yes_in_one_breath_belongs_to_it(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with asking(claude, rehearsal) as (call, task):
        await heard(call, "Yes", then_s=0.7)
        await call.say("but not to the main branch", wait=False)
        await call.pause(4)
        assert yes_or_no(call) == [False]
        assert not task.has_said("It is pushed.")


@pytest.mark.parametrize(
    "words",
    ["Absolutely not", "Of course not", "Nah", "Not yet", "Never mind", "I'd rather you didn't", "Cancel that", "Forget it"],
)
async def test_a_no_in_any_words_is_one_to_that_thing_alone(claude: StagedClaude, rehearsal: Rehearsal, words: str) -> None:
    async with asking(claude, rehearsal) as (call, task):
        await heard(call, words)
        assert yes_or_no(call) == [False]
        assert call.facts(TaskDone) == []
        assert task.running
        assert not task.stopped


async def test_a_doubtful_yes_is_asked_for_again(
    claude: StagedClaude, rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asking(claude, rehearsal) as (call, _):
        doubtful(call, monkeypatch, 0.8)
        assert f"I did not hear that well. {PUSH['question']}" in await heard(call, "Yes", then_s=5)
        assert yes_or_no(call) == []
        await call.say("No")
        assert yes_or_no(call) == [False]


def doubtful(call: RehearsedCall, monkeypatch: pytest.MonkeyPatch, doubt: float) -> None:
    """From now on the ears are not sure."""
    from dataclasses import replace

    transcribe = call.caller.transcribe

    async def unsure(speech: Any, *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Any]:
        async for text in transcribe(speech, hints=hints):
            yield replace(text, doubt=doubt)

    monkeypatch.setattr(call.caller, "transcribe", unsure)


# --- no answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asks", [PUSH, {"question": COLOUR}])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("What?", "{question}"),
        ("Say that again", "{question}"),
        ("Hm, let me think", "Take your time."),
        ("Mom, dinner is on the stove", ""),
    ],
)
async def test_what_is_no_answer_is_answered(
    claude: StagedClaude, rehearsal: Rehearsal, asks: dict[str, Any], words: str, said: str
) -> None:
    async with asking(claude, rehearsal, asks) as (call, task):
        assert await heard(call, words, then_s=4.5) == said.format(**asks)
        assert yes_or_no(call) == []
        assert task.question is not None


async def test_the_options_are_told(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with asking(claude, rehearsal, {"question": COLOUR}) as (call, task):
        assert COLOUR in await heard(call, "What are the options?", then_s=4)
        told: list[Word] = []
        tell = task.tell
        task.tell = lambda word: (told.append(word), tell(word))[1]
        await call.say("Blue, like the sky")
        await call.pause(SEAL_S + 1)
        assert [word.words for word in told if isinstance(word, Answer)] == ["Blue, like the sky"]


async def test_who_needs_to_think_is_not_asked_again_at_once(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with asking(claude, rehearsal) as (call, _):
        await heard(call, "Let me think", then_s=60)
        assert len(call.facts(Asked)) == 1
        await call.pause(70)
        assert len(call.facts(Asked)) == 2


# --- taken back -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["No wait, don't do it", "Wait", "Stop", "No"])
async def test_a_yes_that_is_taken_back_in_time_was_a_no(claude: StagedClaude, rehearsal: Rehearsal, words: str) -> None:
    async with asking(claude, rehearsal) as (call, task):
        await heard(call, "Yes", then_s=1.5)
        assert "Stopped: I won't do it." in await heard(call, words, at_s=0)
        await call.pause(8)
        assert yes_or_no(call) == [False]
        assert task.running
        assert not task.has_said("It is pushed.")


async def test_a_yes_is_not_taken_back_by_thanks(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with asking(claude, rehearsal) as (call, _):
        await heard(call, "Yes", then_s=0.8)
        await heard(call, "Thank you", at_s=0, then_s=4)
        assert yes_or_no(call) == [True]


async def test_a_yes_that_is_taken_back_too_late_halts_the_work_until_the_caller_says_go_on(
    claude: StagedClaude, rehearsal: Rehearsal
) -> None:
    done = ({"after_s": 1, "says": "It is pushed."}, {"after_s": 30, "says": "And the tag is there."})
    async with asking(claude, rehearsal, PUSH, *done) as (call, task):
        await heard(call, "Yes", then_s=6)
        assert yes_or_no(call) == [True]
        said = await heard(call, "No, wait", at_s=0, then_s=7)
        assert "It is pushed. I have stopped there; say go on, or stop it." in said
        assert task.paused
        await call.pause(60)
        assert task.paused
        assert task.running
        assert not task.has_said("And the tag is there.")
        assert "until you say go on" in await heard(call, "How far are you?", at_s=0, then_s=8)
        assert "I'm going on with it." in await heard(call, "Go on", at_s=0)
        assert not task.paused
        await call.pause(1)
        assert task.running


async def test_work_that_halts_can_be_stopped(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with asking(claude, rehearsal, PUSH, {"after_s": 1, "says": "It is pushed."}) as (call, task):
        await heard(call, "Yes", then_s=6)
        await heard(call, "No, wait", at_s=0, then_s=7)
        await heard(call, "Stop it", at_s=0, then_s=5)
        assert task.stopped
        assert [fact.why for fact in call.facts(TaskDone)] == ["work_stopped"]


async def test_who_hangs_up_after_a_yes_has_said_yes(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with asking(claude, rehearsal) as (call, _):
        await heard(call, "Yes", then_s=0.8)
        await call.hang_up()
        assert yes_or_no(call) == [True]


@pytest.mark.parametrize("early_s", [0.2, 0.4])
async def test_a_yes_to_the_end_of_an_agents_question_answers_it(
    claude: StagedClaude, rehearsal: Rehearsal, early_s: float
) -> None:
    claude.says("kai", "Your list has three things on it. Shall I read it to you?", when="list")
    claude.says("kai", "Milk, eggs and bread.", when="^yes")
    took_s = 0.04 * len("Your list has three things on it.") + 0.18 + 0.04 * len("Shall I read it to you?")
    async with rehearsal.call() as call:
        await call.say("Kai, what is on my list", wait=False)
        await call.speaking(took_s - early_s)
        await call.say("Yes", wait=False)
        await call.pause(6)
        assert call.said[-1].text == "Milk, eggs and bread."
