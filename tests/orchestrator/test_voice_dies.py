"""A voice engine dies in a rehearsed call: the same agent goes on, each word is heard once, and it is told once. Virtual time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import anyio
import pytest

from orchestrator.events import CallEnded, Failed, FirstAudio, MoneySpent, SaidText, VoiceChanged
from orchestrator.ledger import Ledger
from orchestrator.patience import Limits
from orchestrator.screen import as_text
from tests.orchestrator.stage import LINES, ROSTER, answer, on_the_phone
from voices.audio import Frame, level_dbfs
from voices.engines.tones import TonesSynthesizer
from voices.engines.troubled import TROUBLES, Trouble, Troubled
from voices.synthesis import Rendering, Sound

WHY = "It works until the very first voice is gone, and then it goes on with the next one."
MORE = "After that nobody waits for the one that died."


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def tones(name: str) -> TonesSynthesizer:
    return TonesSynthesizer(name=name, char_s=0.05)


@pytest.mark.parametrize("pace", [1.5, 20.0])
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_the_agent_goes_on_in_the_same_call(trouble: Trouble, pace: float) -> None:
    server = Troubled(tones("server"), after_s=1.3, pace=pace)
    said = [f"{WHY} {MORE}", "Then all is well."]
    answers = [answer("engineer", text, heard) for text, heard in zip(said, ("why", "then"), strict=True)]
    async with on_the_phone(["Engineer, why?", "Engineer, and then?"], *answers, mouths=[server, tones("embedded")]) as call:
        server.trouble = trouble
        await call.say()
        await call.say()
        facts = [fact for fact in call.facts(SaidText) if fact.agent == "engineer"]
        assert " ".join(fact.text for fact in facts) == " ".join(said)
        assert not any(fact.interrupted for fact in facts)
        assert all(later.from_s - earlier.to_s < 0.7 for earlier, later in pairwise(facts[:2]))
        assert _longest_silence_s(call.line.heard, facts[0]) <= 0.7
        (changed,) = call.facts(VoiceChanged)
        assert (changed.agent, changed.engine, changed.to_engine) == ("engineer", "server", "embedded")
        assert call.facts(Failed) == []
        assert server.asked[1:] == ["It works until the very first voice is gone,", "Then all is well."]  # it rested meanwhile
        shown = as_text(call.entries, ROSTER)
        assert shown.count("voice server: ") == 1


class Paid(TonesSynthesizer):
    """A cent for each sentence, on its first piece."""

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        usd = Decimal("0.01")
        async for sound in super().speak(text, rendering):
            yield Sound(sound.pcm, sound.marks, usd)
            usd = Decimal(0)


async def test_what_voices_cost_is_in_the_journal_and_the_ledger() -> None:
    said = "Once. Twice. Once. Twice."
    async with on_the_phone(["Kai, how often?"], answer("kai", said), mouths=[Paid(name="paid")]) as call:
        await call.say()
        spent = [fact for fact in call.facts(MoneySpent) if fact.on == "voice"]
        sentences = {fact.text for fact in call.facts(SaidText)}
        assert [fact.usd for fact in spent] == [Decimal("0.01")] * len(sentences)  # what was said before costs nothing
        assert {fact.model for fact in spent} == {"paid"}
        assert {fact.turn for fact in spent} == {0, 1}
        ledger = Ledger()
        for entry in call.entries:
            ledger.add(entry.event)
        assert ledger.by["voice"] == sum(fact.usd for fact in spent)
    assert [fact.cost_usd for fact in call.facts(CallEnded)] in ([], [ledger.usd])


async def test_voices_alone_can_spend_the_budget_of_a_call() -> None:
    limits = Limits(minutes=30, usd=Decimal("0.05"))
    text = "One at first. Two at a time. Three in a row. Four by four. Five of them. Six in all."
    async with on_the_phone(["Kai, count."], answer("kai", text), mouths=[Paid(name="paid")], limits=limits) as call:
        await call.say(wait=False)
        with anyio.fail_after(120):
            await call.line.over.wait()
        assert LINES.limits.budget_spent in [text for _, text in call.said]


async def test_a_dropped_guess_leaves_its_cost_and_the_failed_engine_in_the_journal() -> None:
    server = Troubled(Paid(name="server"), "error", after_s=0.3)
    async with on_the_phone(
        ["Kai, tell", "Kai, tell me more."], answer("kai", WHY), mouths=[server, Paid(name="embedded")], greeted=False
    ) as call:
        await call.line.quiet(1.0)
        await call.say()
    assert len(call.facts(VoiceChanged)) == 1
    assert call.facts(FirstAudio)
    assert {fact.model for fact in call.facts(MoneySpent) if fact.on == "voice"} == {"server", "embedded"}


def _longest_silence_s(frames: list[tuple[float, Frame]], said: SaidText) -> float:
    """In what the caller heard of a sentence."""
    longest_s = since_s = 0.0
    for at_s, frame in frames:
        if said.from_s <= at_s <= said.to_s:
            since_s = since_s + 0.02 if level_dbfs(frame) < -55 else 0.0
            longest_s = max(longest_s, since_s)
    return longest_s
