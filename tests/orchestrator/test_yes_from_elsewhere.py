"""A yes that is not the caller's allows nothing: from a television, from the room, from our own voice that comes back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import numpy as np
import pytest

from agents.script import ToolUse
from agents.scripted_work import WorkScript
from orchestrator.caller_level import FAR_DB, CallerLevel, level_db
from orchestrator.echo import is_echo
from orchestrator.events import Answered, Asked, SaidText
from tests.kit.g711 import ulaw_encode
from tests.orchestrator.stage import Rehearsal, answer, on_the_phone
from voices.audio import RATE, frames, samples, speech_level_dbfs, to_pcm, ulaw_decode
from voices.engines.embedded import EmbeddedSynthesizer
from voices.voice import Rendering

QUESTION: Final = "The Engineer wants to publish it. Yes or no?"
CALLER_DB: Final = -22.0
WORK: Final = WorkScript.model_validate(
    {
        "works": [
            {
                "steps": [
                    {
                        "after_s": 15,
                        "asks": {"question": QUESTION, "tool": "Bash", "exact": "publish"},
                        "yes": [{"says": "It is published."}],
                        "no": [{"says": "It stays a draft."}],
                    },
                    {"hangs": True},
                ]
            }
        ]
    }
)


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@pytest.fixture(scope="module")
def voices() -> dict[str, bytes]:
    """A caller, a television and our own voice, by the embedded engine."""

    async def speak() -> dict[str, bytes]:
        engine = EmbeddedSynthesizer()
        await engine.warm()
        caller, television = (
            Rendering("a", "embedded", options={"pitch": 0.6}),
            Rendering("b", "embedded", options={"pitch": 1.3}),
        )
        texts = {"order": ("Engineer, write a blog post.", caller), "yes": ("Yes, do it.", caller)}
        texts |= {"tv": ("Yes, do it.", television), "ours": (QUESTION, television)}
        said = {name: b"".join([sound.pcm async for sound in engine.speak(text, part)]) for name, (text, part) in texts.items()}
        await engine.aclose()
        return said

    return anyio.run(speak)


def at(pcm: bytes, dbfs: float) -> bytes:
    """At that level, over G.711, with a line's noise under it."""
    loud = samples(pcm).astype(float) * 10 ** ((dbfs - speech_level_dbfs(pcm)) / 20)
    noise = np.random.default_rng(1).normal(0, 32_768 * 10 ** (-62 / 20), loud.size)
    return ulaw_decode(ulaw_encode(to_pcm(loud + noise)))


@asynccontextmanager
async def asked(order: bytes, hears: list[str]) -> AsyncGenerator[Rehearsal]:
    """The caller has ordered work, and has heard all of its question."""
    start = {"what": "A blog post.", "title": "a blog post", "minutes": 3.0, "mood": "calm"}
    answers = (
        answer("engineer", "", heard="blog post", calls=(ToolUse(tool="start_task", input=start),)),
        answer("engineer", "That takes three minutes."),
    )
    async with on_the_phone(["Engineer, write a blog post", *hears], *answers, work=WORK) as call:
        call.line.say(order)
        await anyio.sleep(len(order) / 2 / RATE + 23)
        assert call.said[-1] == ("engineer", QUESTION)
        yield call


async def said(call: Rehearsal, pcm: bytes) -> None:
    call.line.say(pcm + bytes(RATE))
    await anyio.sleep(len(pcm) / 2 / RATE + 6)


@pytest.mark.parametrize("below_db", [12.5, 15.0, 25.0])
async def test_a_television_allows_nothing_and_the_caller_does(below_db: float, voices: dict[str, bytes]) -> None:
    async with asked(at(voices["order"], CALLER_DB), ["Yes, do it", "Yes, do it"]) as call:
        await said(call, at(voices["tv"], CALLER_DB - below_db))
        assert call.facts(Answered) == []
        await said(call, at(voices["yes"], CALLER_DB))
        assert [fact.yes for fact in call.facts(Answered)] == [True]


async def test_a_no_counts_however_soft_it_is(voices: dict[str, bytes]) -> None:
    async with asked(at(voices["order"], CALLER_DB), ["No"]) as call:
        await said(call, at(voices["tv"], CALLER_DB - 15))
        assert [fact.yes for fact in call.facts(Answered)] == [False]


@pytest.mark.parametrize("below_db", [0.0, 6.0, 15.0, 25.0])
async def test_our_own_voice_that_comes_back_allows_nothing(below_db: float, voices: dict[str, bytes]) -> None:
    """All that we say from then on comes back a third of a second later; the ears take each of it for a yes."""
    async with asked(at(voices["order"], CALLER_DB), ["Yes, do it"] * 40) as call:
        call.line.say(bytes(RATE // 2))
        seen = len(call.line.heard)
        for _ in range(1_500):
            await anyio.sleep(0.02)
            late = call.line.heard[seen:-16] if len(call.line.heard) > seen + 16 else []
            seen += len(late)
            for _, frame in late:
                call.line.say(to_pcm(samples(frame).astype(float) * 10 ** (-below_db / 20)))
        assert len(call.facts(Asked)) > 1, "it was asked again"
        assert call.facts(SaidText)
        assert not any(fact.yes for fact in call.facts(Answered))


@pytest.mark.parametrize("below_db", [0.0, 15.0, 25.0])
def test_the_end_of_our_question_is_known_when_it_comes_back(below_db: float, voices: dict[str, bytes]) -> None:
    ours = at(voices["ours"], -20.0)
    back = at(voices["ours"], -20.0 - below_db)
    found = [
        is_echo(back[start : start + RATE // 2], ours[max(0, start - RATE) : start + RATE])
        for start in range(RATE // 2 * 2, len(back) - RATE, RATE // 2)
        if speech_level_dbfs(back[start : start + RATE // 2]) > -20.0 - below_db - 6
    ]
    assert found
    assert all(found)


def test_somebody_else_who_says_it_is_none(voices: dict[str, bytes]) -> None:
    ours, yes = at(voices["ours"], -20.0), at(voices["yes"], -20.0)
    windows = [yes[start : start + RATE // 2] for start in range(0, len(yes) - RATE // 2, RATE // 4 * 2)]
    assert not any(is_echo(window, ours) for window in windows)


def test_a_far_voice_never_becomes_the_caller(voices: dict[str, bytes]) -> None:
    level = CallerLevel()
    caller, television = (
        level_db(list(frames(at(voices[who], dbfs)))) for who, dbfs in (("yes", -22.0), ("tv", -22.0 - FAR_DB - 1))
    )
    assert not level.is_far(television), "nothing is known yet"
    level.learn(caller)
    for _ in range(20):
        assert level.is_far(television)
        level.learn(television)
    assert not level.is_far(caller)
    assert not level.is_far(caller - FAR_DB + 1)
