"""Nothing is decided for ever while the line is open: a farewell is taken back by words, and by nothing else."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.script import ToolUse
from orchestrator.patience import Limits
from orchestrator.testing.cast import LIMITS
from orchestrator.testing.virtual_time import run
from tests.orchestrator.stage import PHRASES, Rehearsal, answer, on_the_phone, route_to

FAREWELL = "Alright, talk to you soon. Goodbye for now, and take good care."
LASTS_S = 3.0  # a little less than it takes to say that
ENDS = answer("kai", FAREWELL, "the moment", calls=(ToolUse(tool="end_call"),))
GOES_ON = answer("kai", "Go on, what is it?")
QUESTION = "no wait, I have one more question"


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def farewell(call: Rehearsal) -> None:
    """Until it is being heard."""
    for _ in range(600):  # of virtual time
        if call.call.parting:
            return
        await anyio.sleep(0.1)
    raise AssertionError(f"no farewell: {call.said}")


async def spoken_into(words: str, after_s: float, lasts_s: float = 1.2) -> tuple[str, list[str]]:
    """Why the call has ended, 8 s after somebody spoke into the farewell; and what was said."""
    async with on_the_phone(["that was it for the moment", words], route_to("kai"), ENDS, GOES_ON) as call:
        await call.say(wait=False)
        await call.speaking(after_s)
        await call.say(lasts_s, wait=False)
        await anyio.sleep(7)
        return call.call.why, [text for _, text in call.said[1:]]


@settings(max_examples=6, deadline=None)
@given(st.floats(0.0, LASTS_S), st.sampled_from([QUESTION, "Engineer, what time is it", "hold on", "what was the second one"]))
def test_words_at_any_moment_of_it_take_it_back(after_s: float, words: str) -> None:
    found: list[tuple[str, list[str]]] = []

    async def play() -> None:
        found.append(await spoken_into(words, after_s))

    run(play)
    assert found[0][0] == "", (after_s, words, found)


@settings(max_examples=6, deadline=None)
@given(st.floats(0.0, LASTS_S), st.sampled_from(["", "bye", "Thank you, bye bye!", "okay", "you too, bye", "thanks a lot"]))
def test_a_cough_or_a_goodbye_does_not(after_s: float, words: str) -> None:
    found: list[tuple[str, list[str]]] = []

    async def play() -> None:
        found.append(await spoken_into(words, after_s))

    run(play)
    assert found[0][0] == "goodbye", (after_s, words, found)
    assert "good care." in found[0][1][-1]  # and it is heard to its end


async def test_a_goodbye_of_the_callers_own_is_taken_back_too() -> None:
    async with on_the_phone(["thank you, goodbye", QUESTION], route_to("kai"), GOES_ON) as call:
        await call.say(wait=False)
        await call.speaking(0.3)
        await call.say()
        assert call.call.why == ""
        assert "what is it?" in call.said[-1][1]


async def test_the_goodbye_to_silence_is_taken_back_by_whoever_is_there_after_all() -> None:
    async with on_the_phone([QUESTION], route_to("kai"), GOES_ON) as call:
        await farewell(call)
        await call.say()
        assert call.call.why == ""
        assert "what is it?" in call.said[-1][1]


async def test_a_limit_is_not_taken_back() -> None:
    limits = Limits(minutes=0.2, usd=LIMITS.usd)
    async with on_the_phone([QUESTION], route_to("kai"), GOES_ON, limits=limits) as call:
        await farewell(call)
        await call.say(wait=False)
        await call.line.over.wait()
        assert call.call.why == "limit"


def test_what_people_answer_to_a_goodbye() -> None:
    partings = ["Bye.", "bye bye", "Okay, thanks, bye!", "You too.", "Have a nice day", "thank you so much, good night"]
    assert [text for text in partings if not PHRASES.is_parting(text)] == []
    others = ["no wait", "bye the way, one thing", "okay but one more thing", "thanks, and the weather?", "Engineer"]
    assert [text for text in others if PHRASES.is_parting(text)] == []
