"""Which names a recogniser is told to expect, and in which order."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from pathlib import Path

import pytest

from agents.definition import Agent
from agents.roster import Roster, load
from orchestrator.hints import hints
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal
from tests.kit.ears import whisper
from voices.audio import Frame
from voices.engines.scripted import ScriptedRecognizer
from voices.recognition import Heard

ROOT = Path(__file__).parents[2]
SHIPPED = load([ROOT / "agents"], ROOT / "prompts")


def agent(number: int, name: str, *aliases: str, front_desk: bool = False) -> Agent:
    return Agent(
        id=f"a{number:03}", name=name, aliases=aliases, role="r", description="d", prompt="p", voice="kai", front_desk=front_desk
    )


def test_agents_and_personas_are_expected_and_misspellings_are_not() -> None:
    assert hints(SHIPPED) == ("Kai", "Architect", "Serena", "Engineer", "Marcus", "Researcher", "Ava")


@pytest.mark.parametrize(
    ("name", "aliases", "expected"),
    [
        ("Engineer", ("Ingenieur", "Bob"), ("Engineer", "Bob")),
        ("Claude Researcher", ("Ava", "Ava Sterling", "Ava Sterling"), ("Claude Researcher", "Ava")),
        ("Ruth", (), ("Ruth",)),
        ("Ärztin", ("Doktor", "Doctor", "医者"), ("Ärztin", "Doktor", "医者")),
    ],
)
def test_of_what_sounds_alike_one_is_enough(name: str, aliases: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert hints(Roster([agent(1, name, *aliases)])) == expected


def test_who_spoke_lately_comes_first_then_the_front_desk() -> None:
    roster = Roster([agent(number, f"Agent {number}", front_desk=number == 7) for number in range(164)])
    found = hints(roster, ["caller", "a100", "a003", "a100"])
    assert found[:4] == ("Agent 100", "Agent 3", "Agent 7", "Agent 0")
    assert len(found) == len(roster)


def test_whisper_takes_as_many_as_it_has_room_for() -> None:
    roster = Roster([agent(number, f"Agent {number}", f"Persona{number}") for number in range(164)])
    decoder = whisper()._loaded()  # pyright: ignore[reportPrivateUsage]
    prompt = decoder.prompt(hints(roster))
    assert 150 < len(prompt) <= 200
    assert decoder.prompt(hints(roster)[:10]) == prompt[: len(decoder.prompt(hints(roster)[:10])) - 1] + prompt[-1:]


class Ears(ScriptedRecognizer):
    """Notes what it is told to expect."""

    def __init__(self) -> None:
        super().__init__(["Engineer, are you there?"] * 4)
        self.told: list[tuple[str, ...]] = []

    def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        self.told.append(hints)
        return super().transcribe(speech, hints=hints)


async def test_a_call_expects_the_names_of_those_who_are_on_it(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    ears = Ears()
    claude.says("engineer", "Yes.")
    async with rehearsal.call(recognizer=ears) as call:
        await call.say("Engineer, are you there?")
        await call.say("Engineer, are you there?")
    assert ears.told[0][0] == "Kai"
    assert ears.told[-1][:2] == ("Engineer", "Marcus")
