"""Our own voice, coming back over the line, is nobody's turn."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import anyio
import numpy as np
import pytest

from orchestrator.echo import is_echo
from orchestrator.events import BargeIn, SpeechResumed, SpeechStarted
from orchestrator.music.mood import Mood
from orchestrator.music.source import composed
from telephony.line import Digit
from telephony.rehearsal import RehearsalLine
from tests.kit.g711 import ulaw_encode
from tests.orchestrator.stage import answer, on_the_phone
from voices.audio import FRAME_S, RATE, Frame, samples, to_pcm, ulaw_decode

LONG = "First, store the photos as plain files. Then keep an index beside them, and never the other way round. That is all."


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def babble(seconds: float, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Speech-like noise: coloured, with syllables."""
    random = np.random.default_rng(seed)
    noise = np.convolve(random.normal(0, 3_000, int(seconds * RATE)), np.hanning(24), "same")
    return noise * (0.3 + np.abs(np.sin(np.linspace(0, seconds * 12, noise.size))))


def test_a_delayed_quieter_copy_over_a_telephone_is_our_echo() -> None:
    ours = babble(1.2, 1)
    for delay_s in (0.0, 0.15, 0.5):
        start = ours.size - int((0.15 + delay_s) * RATE)
        copy = to_pcm(0.15 * ours[start : start + int(0.15 * RATE)] + np.random.default_rng(3).normal(0, 30, int(0.15 * RATE)))
        assert is_echo(ulaw_decode(ulaw_encode(copy)), to_pcm(ours))


def test_somebody_else_is_not() -> None:
    for seed in range(20):
        assert not is_echo(to_pcm(babble(0.15, 100 + seed)), to_pcm(babble(1.2, seed)))
    assert not is_echo(to_pcm(babble(0.15, 1)), bytes(RATE * 2))
    assert not is_echo(b"", to_pcm(babble(1.2, 1)))


def hum(hertz: float, seconds: float, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A voice on its lowest tone, as it is in m, n and w, with some of what makes it somebody's own."""
    random, at = np.random.default_rng(seed), np.arange(int(seconds * RATE)) / RATE
    low = np.sin(2 * np.pi * hertz * at + random.random() * 6)
    own = np.convolve(random.normal(0, 1_500, at.size), np.hanning(12), "same")
    return 6_000 * low + 0.5 * own


@pytest.mark.parametrize("seed", range(5))
def test_somebody_else_at_the_same_pitch_is_not(seed: int) -> None:
    assert not is_echo(to_pcm(hum(112, 0.14, 50 + seed)), to_pcm(hum(112, 1.2, seed)))
    ours = hum(112, 1.2, seed)
    assert is_echo(ulaw_decode(ulaw_encode(to_pcm(0.1 * ours[6_000 : 6_000 + int(0.14 * RATE)]))), to_pcm(ours))


@pytest.mark.parametrize("mood", Mood)
def test_music_makes_no_echo_of_a_caller(mood: Mood) -> None:
    bed = composed(mood, 1).sound
    assert not any(is_echo(to_pcm(babble(0.14, seed)), bed[: int(1.14 * RATE)].tobytes()) for seed in range(5))
    assert not any(is_echo(to_pcm(hum(112 + 9 * n, 0.14, n)), bed[: int(1.14 * RATE)].tobytes()) for n in range(5))


def test_a_caller_over_the_echo_is_a_caller() -> None:
    ours = babble(1.2, 1)
    mixed = 0.15 * ours[-int(0.15 * RATE) :] + babble(0.15, 9)
    assert not is_echo(to_pcm(mixed), to_pcm(ours))


class EchoingLine(RehearsalLine):
    """What the caller hears comes back 150 ms later, 20 dB down."""

    async def hear(self) -> AsyncGenerator[Frame | Digit, None]:
        async for sound in super().hear():
            if isinstance(sound, Digit):
                yield sound
                continue
            then_s = anyio.current_time() - FRAME_S - 0.15
            back = [frame for at_s, frame in self.heard[-40:] if then_s - FRAME_S < at_s <= then_s]
            echo = samples(back[-1]) * 0.1 if back else np.zeros(320)
            yield Frame(to_pcm(samples(sound) + echo))


async def test_an_echoing_line_does_not_interrupt_us_and_the_caller_still_can() -> None:
    heard = ["Architect, how do I store photos?", "wait is that safe"]
    answers = answer("architect", LONG, "photos"), answer("architect", "Yes.", "safe")
    async with on_the_phone(heard, *answers, line=EchoingLine()) as call:
        await call.say(wait=False)
        await call.speaking(for_s=2.5)
        assert call.facts(BargeIn) == []
        assert call.facts(SpeechResumed) == []
        assert len(call.facts(SpeechStarted)) == 1
        await call.say()
        assert len(call.facts(BargeIn)) == 1
        assert call.said[-1] == ("architect", "Yes.")
