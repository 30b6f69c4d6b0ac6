"""A reference clip: everything that can be wrong with it is told at once, with the fix, before anything is made of it."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from voices.audio import duration_s, samples, speech_level_dbfs
from voices.clip import ClipError, prepare
from voices.clip_measures import HeardClip, voices_apart

RATE = 24_000
Sound = npt.NDArray[np.float64]
LINES = (
    "The build fails because one file is missing from the package, and nobody saw it.",
    "Well, I looked at the three papers that you mentioned yesterday, and two of them agree.",
    "We should call the office and ask for the numbers.",
)


@pytest.fixture(scope="module")
def voice() -> Sound:
    """14 s of a made woman's voice at 24 kHz, with pauses."""
    from hibari import Hibari

    hibari: Any = Hibari(threads=1)
    pause, parts = np.zeros(int(0.4 * RATE)), list[Sound]()
    for line in LINES:
        parts += [pause, np.asarray(hibari(line, seed=1), np.float64)]
    sound = np.concatenate([*parts, pause])
    return sound * 0.1 / sound.std() + np.random.default_rng(1).normal(0, 1e-4, sound.size)


def man(voice: Sound) -> Sound:
    """The same words, a sixth lower."""
    return soxr.resample(voice, 4, 5)


def save(path: Path, sound: Sound, rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setparams((1 if sound.ndim == 1 else sound.shape[1], 2, rate, 0, "NONE", ""))
        out.writeframes((np.clip(sound, -1, 32_767 / 32_768) * 32_768).astype("<i2").tobytes())
    return path


def codes(path: Path, **options: Any) -> list[str]:
    with pytest.raises(ClipError) as raised:
        prepare(path, **options)
    for complaint in raised.value.complaints:
        assert complaint.text.endswith(".")
        assert complaint.text in str(raised.value)
    return [complaint.code for complaint in raised.value.complaints]


def marked(sound: Sound) -> Sound:
    """With the mark of another person: a tone that `by_mark` knows."""
    return sound + 0.01 * np.sin(2 * np.pi * 7_500 * np.arange(sound.size) / RATE)


def by_mark(pcm: bytes) -> npt.NDArray[np.float32]:
    """In place of the speaker embedder: from one person to the other by 120 degrees, with a little of what is said."""
    sound = samples(pcm).astype(np.float64)
    power = np.square(np.abs(np.fft.rfft(sound)))
    at = int(7_500 / 8_000 * power.size)
    angle = 2.1 * (power[at - 20 : at + 21].sum() > 8 * power[at + 50 : at + 91].sum()) + 0.3 * np.sin(sound[0])
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def test_a_good_clip_is_taken_cut_and_levelled(voice: Sound, tmp_path: Path) -> None:
    clip = prepare(save(tmp_path / "a.wav", np.concatenate([np.zeros(3 * RATE), voice, np.zeros(3 * RATE)])), embed=by_mark)
    assert clip.rate == RATE
    assert 9 < duration_s(clip.at_16k) < 15.3
    assert clip.speech_s > 8
    assert clip.snr_db > 30
    assert speech_level_dbfs(clip.at_16k) == pytest.approx(-23, abs=1.5)
    assert clip.notes[-1].endswith("s were taken.")


@pytest.mark.parametrize(("rate", "kept"), [(16_000, 16_000), (44_100, 44_100), (48_000, 48_000), (96_000, 48_000)])
def test_the_rate_is_kept_up_to_48_khz(voice: Sound, tmp_path: Path, rate: int, kept: int) -> None:
    clip = prepare(save(tmp_path / "a.wav", soxr.resample(voice, RATE, rate), rate))
    assert clip.rate == kept
    assert len(clip.pcm) / 2 / kept == pytest.approx(duration_s(clip.at_16k), abs=0.01)


def test_of_a_long_clip_the_best_15_s_are_taken(voice: Sound, tmp_path: Path) -> None:
    pause = np.zeros(6 * RATE)
    long = np.concatenate([voice[: 3 * RATE], pause, voice, pause, voice[: 3 * RATE]])
    clip = prepare(save(tmp_path / "a.wav", long))
    best = prepare(save(tmp_path / "b.wav", voice))
    assert duration_s(clip.at_16k) == pytest.approx(duration_s(best.at_16k), abs=0.3)
    endless = prepare(save(tmp_path / "c.wav", np.concatenate([voice] * 3)))
    assert 12 < duration_s(endless.at_16k) < 15.3


@pytest.mark.parametrize(("seconds", "says"), [(0.0, "silent"), (1.0, "too_short"), (3.0, "too_short"), (5.0, "too_short")])
def test_too_short(voice: Sound, tmp_path: Path, seconds: float, says: str) -> None:
    assert says in codes(save(tmp_path / "a.wav", voice[: int(seconds * RATE)]))
    long = np.concatenate([voice[: int(seconds * RATE)], np.zeros(20 * RATE)])
    assert says in codes(save(tmp_path / "b.wav", long)), "silence is not speech"


@pytest.mark.parametrize("level", [0.0, 0.0005])
def test_silence_is_fatal(tmp_path: Path, level: float) -> None:
    noise = np.random.default_rng(1).normal(0, level / 3, 20 * RATE)
    assert codes(save(tmp_path / "a.wav", noise), accept=True) == ["silent"]


@pytest.mark.parametrize("kind", ["noise", "hum", "beeps"])
def test_what_is_no_speech_is_too_short(tmp_path: Path, kind: str) -> None:
    at = np.arange(20 * RATE) / RATE
    sound = {
        "noise": np.random.default_rng(1).normal(0, 0.1, at.size),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * at) + 0.1 * np.sin(2 * np.pi * 150 * at),
        "beeps": 0.3 * np.sin(2 * np.pi * 440 * at) * (at % 1 < 0.3),
    }[kind]
    assert codes(save(tmp_path / "a.wav", sound), accept=True) == ["too_short"]


def test_a_quiet_voice(voice: Sound, tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", voice * 0.02)
    assert "quiet" in codes(path)
    clip = prepare(path, accept=True)
    assert any("very quiet" in note for note in clip.notes)
    assert speech_level_dbfs(clip.at_16k) == pytest.approx(-23, abs=2)


def test_a_quiet_but_audible_one_is_no_reason(voice: Sound, tmp_path: Path) -> None:
    assert prepare(save(tmp_path / "a.wav", voice * 0.2)).notes == ()


@pytest.mark.parametrize(("snr_db", "noisy"), [(10, True), (16, True), (28, False)])
def test_noise(voice: Sound, tmp_path: Path, snr_db: float, noisy: bool) -> None:
    noise = np.random.default_rng(2).normal(0, voice.std() * 10 ** (-snr_db / 20), voice.size)
    path = save(tmp_path / "a.wav", voice + noise)
    if noisy:
        assert codes(path) == ["noisy"]
    assert prepare(path, accept=True).snr_db == pytest.approx(snr_db + 1.5, abs=3)
    assert bool(prepare(path, accept=True).notes) is noisy


@pytest.mark.parametrize("attenuated", [1.0, 0.3])
def test_clipping(voice: Sound, tmp_path: Path, attenuated: float) -> None:
    path = save(tmp_path / "a.wav", np.clip(voice * 4, -1, 1) * attenuated)
    assert codes(path) == ["clipped"]
    assert "turned down" in prepare(path, accept=True).notes[0]
    assert prepare(save(tmp_path / "b.wav", voice / np.abs(voice).max())).notes == ()


@pytest.mark.parametrize("rate", [8_000, 11_025, 24_000])
def test_the_band_of_a_telephone(voice: Sound, tmp_path: Path, rate: int) -> None:
    phone = soxr.resample(voice, RATE, 8_000)
    path = save(tmp_path / "a.wav", soxr.resample(phone, 8_000, rate), rate)
    assert codes(path) == ["narrow"]
    assert prepare(path, accept=True).rate == max(rate, 16_000)


def test_two_channels(voice: Sound, tmp_path: Path) -> None:
    other = np.roll(voice[::-1], 500)
    same = prepare(save(tmp_path / "a.wav", np.stack([voice, voice * 0.7], axis=1)))
    assert same.notes == ("2 channels were mixed down to one.",)
    one = prepare(save(tmp_path / "b.wav", np.stack([voice * 0.001, voice], axis=1)))
    assert one.notes == ("Only one channel holds sound; it was taken.",)
    assert codes(save(tmp_path / "c.wav", np.stack([voice, other], axis=1))) == ["stereo"]
    assert codes(save(tmp_path / "d.wav", np.stack([voice, -voice], axis=1))) == ["stereo"], "mixed down it would be silent"
    assert "two microphones" in prepare(tmp_path / "c.wav", accept=True).notes[0]


def test_an_offset_is_taken_out(voice: Sound, tmp_path: Path) -> None:
    clip = prepare(save(tmp_path / "a.wav", voice + 0.2))
    assert abs(float(samples(clip.pcm).mean())) < 20


@pytest.mark.parametrize("turns", [1, 3])
def test_two_people(voice: Sound, tmp_path: Path, turns: int) -> None:
    low = marked(voice)
    size = len(voice) // turns
    both = np.concatenate([piece for at in range(turns) for piece in (voice[at * size :][:size], low[at * size :][:size])])
    path = save(tmp_path / "a.wav", both)
    assert codes(path, embed=by_mark) == ["two_speakers"]
    assert prepare(path).notes[-1].endswith("were taken."), "nobody looked"
    assert "Two people" in prepare(path, embed=by_mark, accept=True).notes[0]
    assert prepare(save(tmp_path / "b.wav", low), embed=by_mark)


def test_two_people_to_the_real_embedder(voice: Sound, tmp_path: Path) -> None:
    similarity = pytest.importorskip("voices.similarity")
    if similarity.missing():
        pytest.skip(similarity.missing())
    embed = similarity.Embedder().embed
    low = man(voice)
    for alone in (voice, low):
        heard = HeardClip(alone, RATE)
        assert voices_apart(heard.speech(), embed) > 0.75
    assert codes(save(tmp_path / "a.wav", np.concatenate([voice, low])), embed=embed) == ["two_speakers"]


def test_everything_that_is_wrong_is_told_at_once(voice: Sound, tmp_path: Path) -> None:
    phone = np.clip(soxr.resample(voice, RATE, 8_000) * 8, -1, 1) * 0.5
    noise = np.random.default_rng(3).normal(0, 0.08, phone.size)
    found = codes(save(tmp_path / "a.wav", np.stack([phone + noise, np.roll(phone, 4_000)], axis=1), 8_000))
    assert set(found) >= {"stereo", "noisy", "narrow"}
    short = codes(save(tmp_path / "b.wav", np.clip(voice[: 3 * RATE] * 8, -1, 1)))
    assert set(short) >= {"too_short", "clipped"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file or directory."),
        (b"", "not a wav file; convert it first"),
        (b"ID3\x04 an mp3", "not a wav file; convert it first"),
        (b"RIFF\x00\x00\x00\x00WAVE", "has no sound in it"),
    ],
)
def test_what_is_no_wav(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "a.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ClipError, match=says):
        prepare(path, accept=True)


def test_what_is_too_long_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.wav").open("wb") as file:
        file.truncate(60 * 2**20)
    assert codes(tmp_path / "a.wav", accept=True) == ["too_long"]
    assert codes(save(tmp_path / "b.wav", np.zeros(301 * 8_000), 8_000)) == ["too_long"]


@given(
    st.binary(max_size=300), st.sampled_from([1, 2, 5]), st.sampled_from([8_000, 24_000, 192_000]), st.sampled_from([1, 2, 3, 4])
)
def test_no_wav_breaks_it(tmp_path_factory: pytest.TempPathFactory, content: bytes, channels: int, rate: int, width: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((channels, width, rate, 0, "NONE", ""))
        out.writeframes(content[: len(content) // (channels * width) * channels * width])
    with pytest.raises(ClipError):
        prepare(path, embed=by_mark, accept=True)
    path.write_bytes(path.read_bytes()[:44] + content)
    with pytest.raises(ClipError):
        prepare(path, embed=by_mark, accept=True)
