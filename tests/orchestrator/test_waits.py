"""Unlike waits in a call: a moment that the caller asked for, coughs, a television."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.orchestrator.stage import PHRASES, on_the_phone


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


MOMENTS = (
    "just a minute",
    "hold on",
    "wait",
    "one moment please",
    "hang on a second",
    "Kai, give me a second",
    "could you hold on",
)


@pytest.mark.parametrize("words", MOMENTS)
async def test_who_asks_for_a_moment_has_two_minutes_and_hears_one_line(words: str) -> None:
    async with on_the_phone([words]) as call:
        await call.say()
        await anyio.sleep(115)
        assert call.said[-1][1] == "Take your time."
        assert not call.call.why
        await call.line.over.wait()
        assert call.call.why == "silence"


async def test_coughs_do_not_keep_a_paid_line_open() -> None:
    async with on_the_phone() as call:
        while not call.call.why and call.journal.now_s() < 60:
            await call.say(0.5, wait=False)
            await anyio.sleep(2)
        assert call.call.why == "silence"
        assert call.journal.now_s() < 40


async def test_a_sound_that_never_ends_does_not_either() -> None:
    async with on_the_phone() as call:
        await call.say(400.0, wait=False)
        await call.line.over.wait()
        assert call.call.why == "silence"
        assert "Are you still there?" in [text for _, text in call.said]
        assert call.journal.now_s() < 240


@pytest.mark.parametrize(
    "text",
    [
        *MOMENTS,
        "Just a minute, there is somebody at the door",
        "Hold on, I have to get a pen",
        "one second, the doorbell",
        "Wait, let me find my glasses.",
        "hang on, somebody is calling on the other line",
        "Let me get a pen.",
        "There is somebody at the door.",
        "Give me two minutes",
        "Don't go away",
        "Let me look that up",
    ],
)
def test_a_moment_and_its_reason(text: str) -> None:
    assert PHRASES.is_moment(text)


@pytest.mark.parametrize(
    "text",
    ["wait, is that safe?", "hold on, what did you say", "stop", "never mind", "I will wait", "a minute", "wait, I meant Kai",
     "just a minute, who are you", "let me know what you think", "there is another question",
      "let me ask the Engineer", "hold on, is there somebody", "", "wait what"],
)  # fmt: skip
def test_what_wants_an_answer_is_no_mere_moment(text: str) -> None:
    assert not PHRASES.is_moment(text)


@given(
    st.lists(
        st.sampled_from(("wait", "hold", "on", "a", "minute", "just", "the", "door", "you", "what", "get", "please", "kai")),
        max_size=8,
    )
)
def test_a_mere_moment_begins_with_one_and_asks_nothing(words: list[str]) -> None:
    text = " ".join(words)
    if PHRASES.is_moment(text):
        assert PHRASES.begins_moment(text)
        assert not {"what"} & set(words)
