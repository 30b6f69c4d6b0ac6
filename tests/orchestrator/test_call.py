"""Whole calls, in virtual time: what conversation.md promises."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import anyio
import pytest

from agents.definition import Speech
from agents.roster import Roster
from agents.script import Fault, ToolUse
from orchestrator.events import (
    BargeIn,
    CallAnswered,
    Failed,
    MoneySpent,
    Played,
    Routed,
    SaidText,
    SpeculationDropped,
    SpeechResumed,
    TurnEnded,
    VoiceChanged,
)
from orchestrator.patience import Limits
from telephony.line import NotAnswered
from telephony.rehearsal import RehearsalLine
from tests.orchestrator import stage
from tests.orchestrator.stage import LOUD, answer, on_the_phone, route_to
from voices.engines.scripted import FAILURE, ScriptedRecognizer
from voices.engines.tones import TonesSynthesizer, tone

LONG = "First, store the photos as plain files. Then keep an index beside them, and never the other way round. That is all."


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def test_kai_greets_and_answers() -> None:
    async with on_the_phone(
        ["what can you do"], route_to("kai"), answer("kai", "I can talk, look things up and remember.")
    ) as call:
        assert call.said == [("kai", "Hi, this is Kai. What can I do for you?")]
        await call.say()
        assert call.heard == ["what can you do"]
        assert " ".join(text for _, text in call.said[1:]) == "I can talk, look things up and remember."
        assert [fact.by for fact in call.facts(Routed)] == ["floor"]
        assert len(call.facts(CallAnswered)) == 1
    assert call.call.why == "caller_hung_up"


async def test_the_answer_hides_behind_the_pause() -> None:
    async with on_the_phone(["Engineer, why?"], answer("engineer", "Because it fails.", first_token_s=0.1)) as call:
        await call.say()
        at_s = {type(entry.event): entry.at_s for entry in call.entries if getattr(entry.event, "turn", 0) == 1}
        ended_s = at_s[TurnEnded]
        assert at_s[Played] - ended_s < 0.05  # thought, spoken and ready when the turn was over


async def test_by_name_and_the_floor_stays() -> None:
    answers = answer("engineer", "Run the tests first.", "build"), answer("engineer", "About an hour.", "how long")
    async with on_the_phone(["Engineer, why does the build fail?", "and how long will that take"], *answers) as call:
        await call.say()
        await call.say()
        assert [(fact.speakers, fact.by) for fact in call.facts(Routed)] == [(("engineer",), "name"), (("engineer",), "floor")]
        assert call.said[-1] == ("engineer", "About an hour.")
        asked = [exchange.asked for exchange in call.claude.exchanges if exchange.request["max_tokens"] > 1]
        assert [question.agent for question in asked] == ["engineer", "engineer"]


async def test_claude_routes_elsewhere_and_the_guess_is_never_heard() -> None:
    async with on_the_phone(
        ["what do people say about electric cars"],
        route_to("researcher"),
        answer("researcher", "Most like them."),
        answer("kai", "No idea."),
    ) as call:
        await call.say()
        assert call.said[-1] == ("researcher", "Most like them.")
        assert ("kai", "No idea.") not in call.said
        assert [fact.why for fact in call.facts(SpeculationDropped)] == ["routed_elsewhere"]
        assert {fact.on for fact in call.facts(MoneySpent)} == {"warm", "router", "kai", "researcher"}


async def test_a_panel_speaks_in_order_without_gaps_or_overlap() -> None:
    panel = "researcher", "engineer", "architect"
    async with on_the_phone(
        ["all of you, how should I store it"], route_to(*panel), *(answer(who, f"I am the {who}.") for who in panel)
    ) as call:
        await call.say()
        said = call.facts(SaidText)[1:]
        spoken = [fact for fact in said if not fact.aside]
        assert [fact.agent for fact in spoken] == list(panel)
        gaps = [later.from_s - earlier.to_s for earlier, later in itertools.pairwise(spoken)]
        assert all(0.1 <= gap <= 0.4 for gap in gaps)
        third = call.claude.exchanges[-1].request["messages"]
        assert "I am the researcher." in str(third)
        assert "I am the engineer." in str(third)


async def test_hand_over_by_tool() -> None:
    brings = answer("kai", "", calls=(ToolUse(tool="bring_in", input={"agent": "engineer", "why": "build trouble"}),))
    async with on_the_phone(
        ["my build is broken what now"], route_to("kai"), brings, answer("engineer", "Show me the log.")
    ) as call:
        await call.say()
        assert [who for who, _ in call.said[-2:]] == ["kai", "engineer"]
        assert "Engineer" in call.said[-2][1]
        assert call.said[-1][1] == "Show me the log."


async def test_barge_in_stops_within_a_quarter_second_and_history_keeps_what_was_heard() -> None:
    async with on_the_phone(
        ["Architect, how do I store photos?", "wait, is that safe?"],
        answer("architect", LONG, "photos"),
        answer("architect", "Yes.", "safe"),
    ) as call:
        await call.say(wait=False)
        await call.speaking(for_s=3.0)
        onset_s = anyio.current_time()
        await call.say()
        (barge_in,) = call.facts(BargeIn)
        assert barge_in.agent == "architect"
        loud = [at_s for at_s, frame in call.line.heard if at_s < onset_s + 1.5 and max(frame) > 0 and _loud(frame)]
        assert max(loud) + 0.02 - onset_s <= 0.25
        cut = next(fact for fact in call.facts(SaidText) if fact.interrupted)
        assert cut.text
        assert cut.text in LONG
        assert cut.text not in (LONG, "That is all.")
        assert call.said[-1] == ("architect", "Yes.")
        asked = str(call.claude.exchanges[-1].request["messages"])
        assert "—" in asked
        assert "That is all" not in asked


def _loud(frame: bytes) -> bool:
    from voices.audio import level_dbfs

    return level_dbfs(frame) > -45


@pytest.mark.parametrize("heard", ["uh-huh", ""])
async def test_a_backchannel_only_pauses(heard: str) -> None:
    async with on_the_phone(["Architect, how do I store photos?", heard], answer("architect", LONG)) as call:
        await call.say(wait=False)
        await call.speaking(for_s=2.5)
        await call.say(0.5)
        assert call.facts(BargeIn) == []
        assert len(call.facts(SpeechResumed)) == 1
        whole = " ".join(text for who, text in call.said if who == "architect" and not text.endswith("—"))
        assert whole.endswith("That is all.")
        assert call.heard == ["Architect, how do I store photos?"]


async def test_a_cough_lowers_the_voice_and_loses_nothing() -> None:
    async with on_the_phone(["Architect, how do I store photos?"], answer("architect", LONG)) as call:
        await call.say(wait=False)
        await call.speaking(for_s=2.0)
        await call.say(0.1)
        assert call.facts(BargeIn) == []
        assert " ".join(text for who, text in call.said if who == "architect") == LONG


async def test_a_bare_stop_is_obeyed_without_a_word() -> None:
    async with on_the_phone(["Architect, how do I store photos?", "stop"], answer("architect", LONG)) as call:
        await call.say(wait=False)
        await call.speaking(for_s=2.5)
        call.line.say(b"")
        await call.say(0.5, wait=False)
        await anyio.sleep(4)
        assert call.said[-1][1].endswith("—")
        assert len(call.facts(BargeIn)) == 1


async def test_who_goes_on_is_not_answered_twice() -> None:
    async with on_the_phone(
        ["Engineer, why does it fail and how", "Engineer, why does it fail?"], answer("engineer", "Look here.")
    ) as call:
        await call.say(1.0, wait=False)
        await anyio.sleep(1.0 + 0.3)
        await call.say(0.8)
        assert len(call.heard) == 1
        assert [text for who, text in call.said if who == "engineer"] == ["Look here."]
        assert [fact.why for fact in call.facts(SpeculationDropped)] == ["went_on"]


async def test_what_the_router_was_asked_in_vain_is_counted_too() -> None:
    late = route_to("kai").model_copy(update={"first_token_s": 1.5})
    said = ["what do people say about electric", "what do people say about electric cars"]
    async with on_the_phone(said, late, answer("kai", "They like them.")) as call:
        await call.say(1.0, wait=False)
        await anyio.sleep(1.0 + 0.35)
        await call.say(0.8)
        assert [fact.why for fact in call.facts(SpeculationDropped)] == ["went_on"]
        given_up, counted = [fact for fact in call.facts(MoneySpent) if fact.on == "router"]
    assert (given_up.estimated, counted.estimated) == (True, False)
    assert given_up.turn == counted.turn
    assert counted.usd / 2 < given_up.usd < counted.usd


async def test_goodbye_is_heard_to_its_end() -> None:
    async with on_the_phone(["thank you, goodbye"]) as call:
        await call.say(wait=False)
        await call.line.over.wait()
    assert call.call.why == "goodbye"
    farewell = call.facts(SaidText)[-1]
    assert "oodbye" in farewell.text
    heard_until = max(at_s for at_s, frame in call.line.heard if _loud(frame))
    assert heard_until == pytest.approx(call.journal.zero_s + farewell.to_s, abs=0.05)


async def test_an_agent_ends_the_call_by_tool() -> None:
    ends = answer("kai", "Have a good day.", calls=(ToolUse(tool="end_call"),))
    async with on_the_phone(["yes please end the call"], route_to("kai"), ends) as call:
        await call.say(wait=False)
        await call.line.over.wait()
    assert call.call.why == "goodbye"
    assert call.said[-1] == ("kai", "Have a good day.")


async def test_silence_is_asked_about_once_then_ended() -> None:
    async with on_the_phone() as call:
        await call.line.over.wait()
    assert [text for _, text in call.said[1:]] == [
        call.call.lines.are_you_still_there,
        call.call.lines.goodbye_silence,
    ]
    assert call.call.why == "silence"


async def test_a_slow_claude_is_bridged_and_an_absent_one_admitted() -> None:
    async with on_the_phone(["Kai, why?"], answer("kai", "At last.", first_token_s=30)) as call:
        await call.say(wait=False)
        await anyio.sleep(16)
        assert [fact.code for fact in call.facts(Failed)] == ["claude_slow"]
        lines = call.call.lines
        texts = [text for _, text in call.said[1:]]
        assert texts[0] in lines.fillers
        assert lines.errors["claude_slow"] in texts
        assert _longest_gap(call.facts(SaidText)[1:]) < 3.0


async def test_an_agents_own_fillers_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    engineer = stage.ROSTER["engineer"]
    terse = engineer.model_copy(update={"speech": Speech(fillers=("Right,",))})
    roster = Roster([terse, *(agent for agent in stage.ROSTER if agent.id != "engineer")])
    monkeypatch.setattr(stage, "CAST", replace(stage.CAST, roster=roster))
    async with on_the_phone(["Engineer, why?"], answer("engineer", "At last.", first_token_s=2)) as call:
        await call.say(wait=False)
        await anyio.sleep(6)
    assert call.said[1:] == [("engineer", "Right,"), ("engineer", "At last.")]


def _longest_gap(said: list[SaidText]) -> float:
    return max((later.from_s - earlier.to_s for earlier, later in itertools.pairwise(said)), default=0.0)


async def test_claude_overloaded_is_said_and_the_call_goes_on() -> None:
    busy = answer("engineer", "Never.", "why", fault=Fault(kind="status", status=529))
    async with on_the_phone(["Engineer, why?", "Engineer, and now?"], busy, answer("engineer", "Now it works.", "now")) as call:
        await call.say()
        assert call.said[-1] == ("kai", call.call.lines.errors["claude_overloaded"])
        await call.say()
        assert call.said[-1] == ("engineer", "Now it works.")


async def test_a_router_that_fails_leaves_the_floor_to_who_has_it() -> None:
    async with on_the_phone(
        ["tell me about the weather in Vienna"],
        route_to("kai").model_copy(update={"fault": Fault(kind="status", status=500)}),
        answer("kai", "It rains."),
    ) as call:
        await call.say()
        assert call.said[-1] == ("kai", "It rains.")
        assert [fact.where for fact in call.facts(Failed)] == ["router"]


async def test_a_recogniser_that_fails_is_admitted_and_the_next_turn_works() -> None:
    ears = ScriptedRecognizer([FAILURE, "Engineer, why?"])
    async with on_the_phone([], answer("engineer", "Because."), ears=ears) as call:
        await call.say()
        assert call.said[-1][1] == call.call.lines.errors["recognition_failed"]
        await call.say()
        assert call.said[-1] == ("engineer", "Because.")


async def test_a_noise_that_takes_long_to_recognise_leaves_the_call_listening() -> None:
    ears = ScriptedRecognizer(["", "Engineer, why?"], delay_s=1.5)
    async with on_the_phone([], answer("engineer", "Because."), ears=ears) as call:
        await call.say(0.6, wait=False)
        await anyio.sleep(3.0)
        assert call.heard == []
        await call.say()
        assert call.said[-1] == ("engineer", "Because.")


async def test_who_speaks_on_while_it_is_judged_is_not_lost() -> None:
    ears = ScriptedRecognizer(["Architect, how do I store photos?", "wait", "is that safe"], delay_s=1.0)
    answers = answer("architect", LONG, "photos"), answer("architect", "One moment.", "wait"), answer("architect", "Yes.", "safe")
    async with on_the_phone([], *answers, ears=ears) as call:
        await call.say(wait=False)
        await call.speaking(for_s=2.0)
        await call.say(0.5, wait=False)
        await anyio.sleep(0.5 + 0.65)  # the turn is over, and the recogniser still at it
        await call.say(1.0)
        assert call.heard[-1] == "is that safe"
        assert call.said[-1] == ("architect", "Yes.")


async def test_a_recogniser_that_never_answers_is_waited_for_so_long_and_no_longer() -> None:
    ears = ScriptedRecognizer(["never heard", "nor this", "Engineer, why?"], delay_s=60)
    async with on_the_phone([], answer("engineer", LONG), ears=ears) as call:
        await call.say(wait=False)
        await anyio.sleep(18)
        assert call.said[-1][1] == call.call.lines.errors["recognition_failed"]
        assert _longest_gap(call.facts(SaidText)[1:]) < 3.0


async def test_who_speaks_for_minutes_is_answered_after_one() -> None:
    async with on_the_phone(["a long story", "and more of it"], route_to("kai"), answer("kai", "I see.")) as call:
        call.line.say((tone(200, 0.5, LOUD) + bytes(1_280)) * 115)  # syllables, 62 s without a pause
        await call.speaking(for_s=1.0)
        ended = [entry.at_s for entry in call.entries if isinstance(entry.event, TurnEnded)]
        assert ended[0] == pytest.approx(63, abs=2.5)


async def test_keys_stop_the_agent_and_are_a_turn() -> None:
    async with on_the_phone(
        ["Architect, how do I store photos?"],
        answer("architect", LONG, "photos"),
        route_to("architect"),
        answer("architect", "Four and two.", "keys 4 2"),
    ) as call:
        await call.say(wait=False)
        await call.speaking(for_s=2.5)
        call.line.press("42#")
        await anyio.sleep(6)
        assert call.said[-1] == ("architect", "Four and two.")
        assert any(text.endswith("—") for _, text in call.said)


async def test_time_is_up_politely() -> None:
    from decimal import Decimal

    async with on_the_phone(limits=Limits(minutes=1.05, usd=Decimal(1))) as call:
        await call.line.over.wait()
    texts = [text for _, text in call.said]
    assert call.call.lines.limits.time_almost_up in texts


async def test_a_voice_that_fails_in_mid_sentence_is_replaced_and_nothing_is_lost_or_said_twice() -> None:
    mouths = [TonesSynthesizer(char_s=0.05, breaks_after_s=1.0), TonesSynthesizer(name="second", char_s=0.05)]
    why = "It works until the very first voice is gone, and then it goes on with the next one."
    async with on_the_phone(["Engineer, why?"], answer("engineer", why), mouths=mouths) as call:
        await call.say()
        (changed,) = call.facts(VoiceChanged)
        assert (changed.agent, changed.engine, changed.to_engine, changed.to_voice) == ("kai", "tones", "second", "kai")
        assert " ".join(text for who, text in call.said if who == "engineer") == why
        assert _longest_gap([fact for fact in call.facts(SaidText) if fact.agent == "engineer"]) < 0.5


async def test_with_no_voice_at_all_the_call_ends() -> None:
    async with on_the_phone(
        ["Engineer, why?"], answer("engineer", "One. Two. Three. Four."), mouths=[TonesSynthesizer(breaks_after_s=0)]
    ) as call:
        await call.say(wait=False)
        await call.line.over.wait()
    assert call.call.why == "failed"


@pytest.mark.parametrize("moment", ["ringing", "greeting", "thinking", "speaking", "listening"])
async def test_the_caller_may_hang_up_at_any_moment(moment: str) -> None:
    line = RehearsalLine()
    if moment == "ringing":
        line.deaf = True
        with pytest.raises(BaseExceptionGroup) as failed:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_never_answered, line)
        assert failed.group_contains(NotAnswered)
        return
    async with on_the_phone(
        ["Architect, how do I store photos?"], answer("architect", LONG), line=line, greeted=moment != "greeting"
    ) as call:
        if moment in ("thinking", "speaking"):
            await call.say(wait=False)
            await (call.speaking(1.0) if moment == "speaking" else anyio.sleep(1.9))
    assert call.call.why == "caller_hung_up"


async def _never_answered(line: RehearsalLine) -> None:
    async with on_the_phone(line=line):
        raise AssertionError("it was answered")
