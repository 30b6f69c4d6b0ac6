"""What is no speech is caught early, and no speech is ever taken for noise or silence."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import anyio
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit.g711 import ulaw_encode
from voices.audio import RATE, resample, to_pcm, ulaw_decode
from voices.engines.espeak import EspeakSynthesizer
from voices.sound_guard import SoundGuard
from voices.synthesis import Rendering, SynthesizerFailed

TEXTS = (
    "Shh, she showed us six fresh fish.",
    "Sssh! Whisper, so that she sleeps.",
    "Pop, pop, pop went the bottle caps.",
    "No — wait — that is not what I meant... at all; let me try again.",
    "First, wash the rice; second, boil the water; third, wait for twelve minutes.",
    "Yes.",
    "Hm,",
    "A. B. C. D. E.",
    "Photographs are stored twice, once at home and once somewhere far away, so that a fire takes only one.",
)
NOISES = np.random.default_rng(3)


def guard(pcm: bytes, size: int) -> SoundGuard:
    heard = SoundGuard()
    for start in range(0, len(pcm), size):
        heard.hear(pcm[start : start + size])
    return heard


@lru_cache
def by_hibari(text: str) -> bytes:
    sound: npt.NDArray[np.float32] = hibari()(text)
    return resample(to_pcm(sound * np.float32(32_768 * 1.5)), 24_000)


@lru_cache
def hibari() -> Any:
    return pytest.importorskip("hibari").Hibari(threads=1)


@lru_cache
def by_espeak(text: str, variant: str) -> bytes:
    async def speak() -> bytes:
        rendering = Rendering("x", "espeak", -1.0, {"variant": variant})
        return b"".join([sound.pcm async for sound in EspeakSynthesizer().speak(text, rendering)])

    return anyio.run(speak)


@settings(max_examples=50)
@given(
    st.sampled_from(TEXTS),
    st.sampled_from(("hibari", "en-us", "en-us+f3", "en+whisper", "en-us+whisperf", "en+croak")),
    st.floats(-12, 6),
    st.integers(300, 4_000),
    st.booleans(),
)
def test_speech_passes(text: str, engine: str, gain_db: float, pieces: int, narrow: bool) -> None:
    """However loud, in whatever pieces, also through a telephone."""
    pcm = by_hibari(text) if engine == "hibari" else by_espeak(text, engine)
    pcm = to_pcm(np.frombuffer(pcm, "<i2") * 10 ** (gain_db / 20))
    if narrow:
        pcm = resample(ulaw_decode(ulaw_encode(resample(pcm, RATE, 8_000))), 8_000)
    heard = guard(pcm, 2 * pieces)
    heard.end()
    assert heard.clean > len(pcm) // 2 - 0.7 * RATE  # hibari's own silence at the end


def uniform(seconds: float) -> bytes:
    return to_pcm(NOISES.uniform(-32_767, 32_767, int(seconds * RATE)))


@pytest.mark.parametrize(
    ("what", "pcm"),
    [
        ("noise", uniform(0.4)),
        ("noise", to_pcm(NOISES.normal(0, 8_000, RATE))),
        ("noise", to_pcm(32_000 * np.sign(np.sin(np.arange(RATE) / 7)))),
        ("noise", to_pcm(24_000 * np.tanh(NOISES.normal(0, 1.5, RATE)))),  # after a limiter
        ("silence", bytes(RATE * 2)),
        ("silence", to_pcm(np.full(RATE, 12_000))),  # a constant is no sound
        ("silence", to_pcm(NOISES.normal(0, 5, RATE))),
    ],
)
def test_what_is_no_speech_is_caught_within_half_a_second(what: str, pcm: bytes) -> None:
    heard = SoundGuard()
    with pytest.raises(SynthesizerFailed, match=what):
        heard.hear(pcm[: RATE + 640])
    assert heard.clean == 0
    with pytest.raises(SynthesizerFailed, match=what):
        guard(pcm[: RATE + 640], 1_000)


@pytest.mark.parametrize(("what", "pcm"), [("noise", uniform(0.5)), ("silence", bytes(RATE * 4))])
def test_none_of_it_may_be_heard_in_mid_sentence(what: str, pcm: bytes) -> None:
    speech = by_espeak(TEXTS[-1], "en-us")[: 2 * RATE]
    heard = SoundGuard()
    heard.hear(speech)
    with pytest.raises(SynthesizerFailed, match=what):
        heard.hear(pcm)
    assert heard.clean <= len(speech) // 2


def test_bytes_of_speech_in_the_wrong_order_are_noise() -> None:
    speech = by_espeak(TEXTS[-1], "en-us")
    with pytest.raises(SynthesizerFailed, match="noise"):
        SoundGuard().hear(np.frombuffer(speech, "<i2").byteswap().tobytes())


def test_nothing_but_a_short_silence_is_no_sentence() -> None:
    for pcm in (b"", bytes(3_000)):
        heard = guard(pcm, 1_000)
        with pytest.raises(SynthesizerFailed, match="nothing but silence"):
            heard.end()


def test_half_a_sample_is_none() -> None:
    with pytest.raises(SynthesizerFailed, match="641 bytes are no 16-bit samples"):
        SoundGuard().hear(bytes(641))
