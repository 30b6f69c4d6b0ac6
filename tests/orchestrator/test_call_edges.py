"""The narrow places of a call, in virtual time: two things at once, and what is left behind."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from agents.script import ToolUse
from orchestrator.events import BargeIn, HeardText, Played, SaidText, ToolUsed, TurnEnded
from telephony.rehearsal import RehearsalLine
from tests.orchestrator.stage import Rehearsal, answer, on_the_phone, route_to
from voices.audio import Frame, level_dbfs
from voices.engines.scripted import ScriptedRecognizer
from voices.engines.tones import TonesSynthesizer
from voices.recognition import Heard

LONG = "First, store the photos as plain files. Then keep an index beside them, and never the other way round. That is all."
HANGS_UP = (ToolUse(tool="end_call"),)


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


class CountingRecognizer(ScriptedRecognizer):
    """Knows how many utterances are open."""

    def __init__(self, texts: Iterable[str] = (), *, delay_s: float = 0.15) -> None:
        super().__init__(texts, delay_s=delay_s)
        self.open = 0

    async def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        self.open += 1
        try:
            async for heard in super().transcribe(speech, hints=hints):
                yield heard
        finally:
            self.open -= 1


async def spoken(call: Rehearsal, seconds: float, pause_s: float = 0.0) -> None:
    """The caller speaks that long, and that much time passes then."""
    await call.say(seconds, wait=False)
    await anyio.sleep(seconds + pause_s)


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while True:
            if true():
                return
            await anyio.sleep(0.02)


@pytest.mark.parametrize("speaking", [True, False])
async def test_noises_leave_no_recognition_open(speaking: bool) -> None:
    ears = CountingRecognizer(["Architect, how do I store photos?", "Engineer, why?"])
    async with on_the_phone([], answer("architect", LONG), answer("engineer", "Because."), ears=ears) as call:
        await call.say(wait=not speaking)
        if speaking:
            await call.speaking(for_s=1.0)
        for _ in range(4):
            await spoken(call, 0.1, 0.7)
        assert ears.open == 0


@pytest.mark.parametrize("after_s", [0.2, 0.4, 0.6, 0.8, 1.0, 1.2])
async def test_who_hangs_up_after_interrupting_heard_the_cut_sentence_once(after_s: float) -> None:
    ears = ScriptedRecognizer(["Architect, how do I store photos?", "wait, is that safe"], delay_s=0.5)
    async with on_the_phone([], answer("architect", LONG), ears=ears) as call:
        await call.say(wait=False)
        await call.speaking(for_s=1.5)
        await call.say(0.6, wait=False)
        await anyio.sleep(after_s)
    cut = [fact for fact in call.facts(SaidText) if fact.interrupted]
    assert len(cut) == 1


class FragileLine(RehearsalLine):
    """Goes down at the moment at which it is cleared."""

    async def clear(self) -> float:
        self.leave()
        return await super().clear()


async def test_a_line_that_ends_while_we_are_cut_short_is_a_hang_up() -> None:
    async with on_the_phone(["Architect, how?"], answer("architect", LONG), line=FragileLine()) as call:
        await call.say(wait=False)
        await call.speaking(for_s=2.0)
        await spoken(call, 0.6)
    assert call.call.why == "caller_hung_up"


PARTING = answer("engineer", "Well, have a nice day and call again. Goodbye.", "done", calls=HANGS_UP, tokens_per_s=8)


@asynccontextmanager
async def interrupted_while_it_ends_the_call(words: str) -> AsyncGenerator[Rehearsal]:
    """The engineer decides to hang up while the caller is speaking."""
    ears = ScriptedRecognizer(["Engineer, we are done", words], delay_s=0.6)
    async with on_the_phone([], PARTING, answer("engineer", "I am still here."), ears=ears) as call:
        await call.say(wait=False)
        await until(lambda: len(call.facts(Played)) > 1)
        await call.say(0.5, wait=False)
        await until(lambda: bool(call.facts(ToolUsed)))
        assert call.call.yielded
        yield call


async def test_an_end_of_call_decided_while_interrupted_waits_for_the_judgement() -> None:
    async with interrupted_while_it_ends_the_call("uh-huh") as call:
        with anyio.fail_after(20):
            await call.line.over.wait()
    assert call.call.why == "goodbye"
    assert call.said[-1] == ("engineer", "Goodbye.")


async def test_an_end_of_call_decided_while_interrupted_is_dropped_with_the_rest() -> None:
    async with interrupted_while_it_ends_the_call("Engineer, wait for me") as call:
        await anyio.sleep(4)
        assert call.said[-1] == ("engineer", "I am still here.")
        assert not call.call.why


async def test_a_guess_that_will_be_routed_elsewhere_ends_no_call() -> None:
    routed = route_to("engineer").model_copy(update={"first_token_s": 1.5})
    ends = answer("kai", "Goodbye then.", calls=HANGS_UP, first_token_s=0.1)
    async with on_the_phone(["that was all for my build"], routed, ends, answer("engineer", "Not quite.")) as call:
        await spoken(call, 1.2, 6.0)
        assert call.said[-1] == ("engineer", "Not quite.")
        assert not call.call.why


async def test_an_entry_of_keys_that_ends_while_an_interruption_is_judged_waits_for_its_turn() -> None:
    ears = ScriptedRecognizer(["Architect, how do I store photos?", "Architect, is that safe"], delay_s=1.0)
    answers = answer("architect", LONG, "photos"), answer("architect", "Yes.", "safe"), answer("architect", "Four.", "keys 4")
    async with on_the_phone([], *answers, route_to("architect"), ears=ears) as call:
        pressed_s = anyio.current_time()
        call.line.press("4")
        await call.say(0.6, wait=False)
        await anyio.sleep_until(pressed_s + 2.9)
        await spoken(call, 0.5)
        await call.line.over.wait()
    assert call.call.why == "silence"
    assert [text for who, text in call.said if who == "architect"][-4:-2] == ["Yes.", "Four."]


async def test_keys_take_the_place_of_a_guess_that_was_ready() -> None:
    answers = answer("engineer", "A stale answer.", "why", first_token_s=0.0), answer("kai", "Five.", "keys 5"), route_to("kai")
    async with on_the_phone(["Engineer, why?"], *answers) as call:
        await spoken(call, 1.0, 0.5)
        call.line.press("5#")
        await anyio.sleep(4)
        assert [text for _, text in call.said[1:]] == ["Five."]


async def test_guesses_that_are_dropped_before_they_sound_do_not_count_as_a_lost_voice() -> None:
    routed = route_to("engineer").model_copy(update={"first_token_s": 0.1, "tokens_per_s": 1_000.0})
    guessed = answer("kai", "Hm, let me think.", first_token_s=0.0, tokens_per_s=1_000.0)
    mouths = [TonesSynthesizer(char_s=0.05, delay_s=0.5)]
    words = ["my build", "my build is", "my build is red"]
    async with on_the_phone(words, routed, guessed, answer("engineer", "Because."), mouths=mouths) as call:
        await spoken(call, 0.6, 0.25)
        await spoken(call, 0.6, 0.25)
        await spoken(call, 0.6, 5)
        assert call.said[-1] == ("engineer", "Because.")
        assert not call.call.why


async def test_a_voice_lowered_at_its_end_is_not_low_in_the_next_answer() -> None:
    words, answers = ["Engineer, why?", "Engineer, what then?"], answer("engineer", "Because it fails.")
    async with on_the_phone(words, answers) as call:
        await call.say()
        ends_s = call.facts(SaidText)[-1].to_s
    for lead_s in (step / 100 for step in range(6, 20)):
        async with on_the_phone(words, answers) as call:
            await call.say(wait=False)
            await anyio.sleep_until(call.journal.zero_s + ends_s - lead_s)
            await call.say(0.6)
            last = call.facts(SaidText)[-1]
            frames = [frame for at_s, frame in call.line.heard if last.from_s <= at_s - call.journal.zero_s < last.to_s - 0.02]
            assert max(map(level_dbfs, frames)) == pytest.approx(-20, abs=2), lead_s


async def test_who_goes_on_after_a_backchannel_is_heard() -> None:
    words = ["Architect, how do I store photos?", "yeah", "yeah but wait, is that safe"]
    async with on_the_phone(words, answer("architect", LONG, "photos"), answer("architect", "Yes.", "safe")) as call:
        await call.say(wait=False)
        await call.speaking(for_s=2.0)
        await spoken(call, 0.5, 0.26)
        await call.say(1.5)
        assert len(call.facts(BargeIn)) == 1
        assert call.said[-1] == ("architect", "Yes.")


async def test_a_cough_while_the_question_is_recognised_does_not_cost_the_answer() -> None:
    ears = ScriptedRecognizer(["Engineer, why?"], delay_s=1.0)
    async with on_the_phone([], answer("engineer", "Because."), ears=ears) as call:
        await spoken(call, 1.0, 0.7)
        await spoken(call, 0.2, 3.5)
        assert call.said[-1] == ("engineer", "Because.")


async def test_a_filler_never_comes_after_the_answer_has_begun() -> None:
    for delay_s in (step / 50 for step in range(30, 50)):
        mouths = [TonesSynthesizer(char_s=0.05, delay_s=0.2)]
        slow = answer("engineer", "Because it fails. And it will again.", first_token_s=delay_s)
        async with on_the_phone(["Engineer, why?"], slow, mouths=mouths) as call:
            await call.say()
            asides = [fact.aside for fact in call.facts(SaidText)[1:]]
            assert asides == sorted(asides, reverse=True), delay_s


async def test_who_speaks_just_as_the_phone_asks_is_answered() -> None:
    for early_s in (step / 50 for step in range(-5, 20)):
        async with on_the_phone(["Engineer, why?"], answer("engineer", "Because.")) as call:
            await anyio.sleep_until(call.journal.zero_s + call.facts(SaidText)[0].to_s + 8.0 - early_s)
            await spoken(call, 0.5, 6.0)
            assert call.said[-1] == ("engineer", "Because."), early_s
            assert [fact.turn for fact in call.facts(TurnEnded)] == [fact.turn for fact in call.facts(HeardText)] == [1]


SAFE, COSTS = answer("architect", "Yes.", "safe"), answer("architect", "Nothing.", "cost")


@pytest.mark.parametrize("first", ["Architect, is that safe", "uh-huh", ""])
@pytest.mark.parametrize("gap_s", [0.7, 1.2, 1.7])
async def test_what_is_said_while_an_interruption_is_judged_is_judged_after_it(first: str, gap_s: float) -> None:
    """Begun and ended meanwhile; begun and paused; still being spoken when the judgement comes."""
    words = ["Architect, how do I store photos?", first, "Architect, and what does it cost"]
    ears = CountingRecognizer(words, delay_s=2.0)
    async with on_the_phone([], answer("architect", LONG, "photos"), SAFE, COSTS, ears=ears) as call:
        await call.say(wait=False)
        await call.speaking(for_s=1.5)
        await spoken(call, 0.6, gap_s)
        await spoken(call, 0.5, 6.0)
        assert call.heard[-1] == words[-1]
        assert call.said[-1] == ("architect", "Nothing.")
        assert ears.open == 0
    asked = str(call.claude.exchanges[-1].request["messages"])
    assert ("is that safe" in asked) is ("safe" in first)  # what came first is a turn, though nobody had the time to answer it


async def test_two_things_said_while_an_interruption_is_judged_are_one_turn() -> None:
    words = ["Architect, how do I store photos?", "Architect, is that safe", "Architect, and what does it cost"]
    ears = ScriptedRecognizer(words, delay_s=2.4)
    async with on_the_phone([], answer("architect", LONG, "photos"), SAFE, COSTS, ears=ears) as call:
        await call.say(wait=False)
        await call.speaking(for_s=1.5)
        await spoken(call, 0.6, 0.7)
        await spoken(call, 0.4, 0.65)
        await spoken(call, 0.2, 8.0)  # which alone would be a cough
        assert call.heard == words
        assert call.said[-1] == ("architect", "Nothing.")


@pytest.mark.parametrize("words", ["uh-huh", ""])
async def test_a_noise_while_an_interruption_is_judged_does_not_cost_its_answer(words: str) -> None:
    ears = ScriptedRecognizer(["Architect, how do I store photos?", "Architect, is that safe", words], delay_s=2.0)
    async with on_the_phone([], answer("architect", LONG, "photos"), SAFE, ears=ears) as call:
        await call.say(wait=False)
        await call.speaking(for_s=1.5)
        await spoken(call, 0.6, 0.7)
        await spoken(call, 0.5, 6.0)
        assert call.said[-1] == ("architect", "Yes.")
