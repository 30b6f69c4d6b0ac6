"""The shipped voices, measured: equally loud, clearly different, at a natural speed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import combinations
from typing import Any

import pytest

from tests.conformance.test_synthesizers import ENGINES
from tests.kit.voice_measures import Measures, loudness_lufs, measure, pitch_hz
from voices.engines.espeak import EspeakSynthesizer
from voices.engines.tones import tone
from voices.voice import load_voices

pytestmark = pytest.mark.timeout(60)  # engines are loaded

VOICES = load_voices()
AGENTS = ("kai", "researcher", "engineer", "architect")


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return "asyncio"


@pytest.fixture(scope="module", params=ENGINES[:1])
async def measured(request: pytest.FixtureRequest) -> AsyncIterator[dict[str, Measures]]:
    engine = {"espeak": EspeakSynthesizer}[request.param]()
    yield {voice.id: await measure(engine, voice.renderings[engine.name]) for voice in VOICES.values()}
    await engine.aclose()


def test_each_agent_has_a_voice_and_so_have_made_callers() -> None:
    assert {*AGENTS, "caller"} <= set(VOICES)


async def test_all_are_equally_loud_and_none_clips(measured: dict[str, Measures]) -> None:
    for found in measured.values():
        assert found.level_dbfs == pytest.approx(-20, abs=0.5)
        assert found.peak_dbfs < -3
    loudness = [found.loudness_lufs for found in measured.values()]
    assert max(loudness) - min(loudness) <= 2


async def test_no_agent_sounds_like_another(measured: dict[str, Measures]) -> None:
    for one, other in combinations(sorted(measured[agent].pitch_hz for agent in AGENTS), 2):
        assert other / one >= 1.2


async def test_they_speak_at_a_natural_speed(measured: dict[str, Measures]) -> None:
    for agent in AGENTS:
        assert 150 <= measured[agent].words_per_minute <= 175


@pytest.mark.parametrize("hz", [80, 120, 210, 300])
def test_the_pitch_that_is_measured_is_the_pitch(hz: float) -> None:
    assert pitch_hz(tone(hz, 1.0, 5_000)) == pytest.approx(hz, rel=0.03)


def test_the_loudness_that_is_measured_is_that_of_the_standard() -> None:
    # BS.1770: a 997 Hz sine of -3.01 dBFS RMS in one channel has -3.01 LUFS.
    assert loudness_lufs(tone(997, 3.0, 32_700)) == pytest.approx(-3.01, abs=0.1)
