"""Music that is composed: fit for a telephone, to its mood, without a seam, and the same each time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from orchestrator.bed import LOUDEST
from orchestrator.music.composition import BARS, LENGTH_S, PAD_RANGE, Note, Score, compose
from orchestrator.music.loop import BED_DBFS, Music, TooShort, closed
from orchestrator.music.mood import MODES, STYLES, Mood, Part
from orchestrator.music.source import composed
from voices.audio import FRAME_SAMPLES, FULL_SCALE, RATE, frames, to_pcm
from voices.vad import SileroVad, load_silero

SEED = 5


@pytest.fixture(scope="module", params=Mood)
def bed(request: pytest.FixtureRequest) -> Music:
    return composed(request.param, SEED)


def dbfs(values: Any) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(values, dtype=np.float64))) / FULL_SCALE))


def test_a_telephone_carries_nearly_all_of_it(bed: Music) -> None:
    power = np.abs(np.fft.rfft(bed.sound)) ** 2
    hertz = np.fft.rfftfreq(bed.sound.size, 1 / RATE)
    assert power[(hertz >= 300) & (hertz <= 3_400)].sum() >= 0.9 * power.sum()
    assert power[hertz >= 3_600].sum() < 1e-3 * power.sum()


def test_its_level_is_the_houses_all_along(bed: Music) -> None:
    around = np.concatenate((bed.sound, bed.sound[: 2 * RATE]))
    levels = [dbfs(around[start : start + 2 * RATE]) for start in range(0, bed.sound.size, RATE // 4)]
    assert max(levels) < BED_DBFS + 1
    assert min(levels) > BED_DBFS - 1
    assert np.abs(bed.sound.astype(int)).max() <= FULL_SCALE * 10 ** (-18 / 20)


def test_its_end_flows_into_its_beginning(bed: Music) -> None:
    """At the seam the sound bends no more than it does around it."""
    around = np.concatenate((bed.sound[-RATE // 2 :], bed.sound[: RATE // 2])).astype(float)
    bends = np.abs(np.diff(around, 2))
    seam = slice(RATE // 2 - 3, RATE // 2 + 1)
    assert bends[seam].max() <= np.percentile(bends, 99.5)
    assert abs(dbfs(bed.sound[: RATE // 4]) - dbfs(bed.sound[-RATE // 4 :])) < 6


def test_an_hour_of_it_is_the_same_ring_over_and_over(bed: Music) -> None:
    hour = 3_600 * 50
    assert bed.sound.size == bed.length * FRAME_SAMPLES
    assert np.array_equal(bed.frame(hour), bed.frame(hour % bed.length))
    assert all(np.shares_memory(bed.frame(number), bed.sound) for number in range(hour, hour + 3 * bed.length, 997))
    ends = [(bed.frame(number)[-1], bed.frame(number + 1)[0]) for number in (bed.length - 1, hour, 7 * bed.length - 1)]
    assert all(abs(int(last) - int(first)) < 700 for last, first in ends)
    assert not bed.sound.flags.writeable


def test_it_is_not_the_same_every_half_minute(bed: Music) -> None:
    """The piece against itself: nowhere but at its whole length does it come back as it was."""
    assert bed.sound.nbytes < 6_000_000
    spectrum = np.fft.rfft(bed.sound.astype(np.float32))
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)
    assert likeness[10 * RATE : -10 * RATE].max() < 0.6 * likeness[0]


@pytest.mark.parametrize("change_db", [3 * LOUDEST, -20], ids=["loudest", "as an echo"])
def test_nobody_takes_it_for_speech(bed: Music, change_db: float) -> None:
    """So what comes back of it over a line neither makes it give way nor interrupts anybody."""
    load_silero()
    vad = SileroVad()
    heard = to_pcm(bed.sound[: 8 * RATE] * 10 ** (change_db / 20))
    assert max(probability for frame in frames(heard) for probability in vad.feed(frame)) < 0.3


def test_the_same_seed_is_the_same_music_and_another_is_another() -> None:
    once, again, other = composed(Mood.PLAYFUL, 1), composed(Mood.PLAYFUL, 1), composed(Mood.PLAYFUL, 2)
    assert once.sound.tobytes() == again.sound.tobytes()
    assert once.sound[: 60 * RATE].tobytes() != other.sound[: 60 * RATE].tobytes()


def test_moods_differ_in_mode_and_tempo() -> None:
    assert len({style.mode for style in STYLES.values()}) == len(Mood)
    tempi = sorted(style.tempo_bpm for style in STYLES.values())
    assert all(slow[1] < fast[0] for slow, fast in pairwise(tempi))


@pytest.mark.parametrize(
    ("word", "mood"), [("bright", Mood.BRIGHT), (" Dramatic ", Mood.DRAMATIC), ("angry", Mood.CALM), ("", Mood.CALM)]
)
def test_an_unknown_mood_is_calm(word: str, mood: Mood) -> None:
    assert Mood.of(word) is mood


# --- the score --------------------------------------------------------------------------------------------------------

SCORES = [pytest.param(compose(mood, seed), id=f"{mood}-{seed}") for mood in Mood for seed in range(6)]


def voices(score: Score) -> list[list[int]]:
    """The pad's chords, bar by bar."""
    beats = STYLES[score.mood].beats
    return [
        sorted(note.pitch for note in score.notes if note.part is Part.PAD and note.at == at)
        for at in range(0, score.beats, beats)
    ]


def scale(score: Score) -> set[int]:
    tonic = {"C": 0, "D": 2, "E flat": 3, "F": 5, "G": 7, "A": 9, "B flat": 10}[score.key]
    return {(tonic + step) % 12 for step in MODES[STYLES[score.mood].mode]}


@pytest.mark.parametrize("score", SCORES)
def test_voices_are_led(score: Score) -> None:
    """Four of them, never two on a note, each a short way from chord to chord, round the ring too."""
    chords = voices(score)
    assert len(chords) * STYLES[score.mood].beats == score.beats
    assert len(chords) % BARS == 0
    assert all(len(set(chord)) == 4 and set(chord) <= set(PAD_RANGE) for chord in chords)
    moves = [
        abs(after - before)
        for one, next_one in pairwise([*chords, chords[0]])
        for before, after in zip(one, next_one, strict=True)
    ]
    assert max(moves) <= 7
    assert np.mean(moves) < 2.5


@pytest.mark.parametrize("score", SCORES)
def test_the_melody_keeps_to_the_scale_and_rubs_no_chord(score: Score) -> None:
    beats, chords = STYLES[score.mood].beats, voices(score)
    sung = [note for note in score.notes if note.part is Part.LEAD]
    assert len(sung) > 10
    for note in sung:
        chord = {pitch % 12 for pitch in chords[int(note.at / beats + 0.01)]}
        assert note.pitch % 12 in scale(score) | chord
        assert note.pitch % 12 in chord or not {(note.pitch + 1) % 12, (note.pitch - 1) % 12} & chord
    assert max(abs(after.pitch - before.pitch) for before, after in pairwise(sung)) <= 12


@pytest.mark.parametrize("score", SCORES)
def test_a_piece_lasts_minutes_and_its_notes_lie_within_it(score: Score) -> None:
    assert LENGTH_S * 0.8 < score.beats * 60 / score.tempo_bpm < LENGTH_S * 1.3
    assert all(0 <= note.at < score.beats + 0.1 and 0 < note.loudness <= 1 for note in score.notes)
    low, high = STYLES[score.mood].tempo_bpm
    assert low <= score.tempo_bpm <= high


def test_what_is_playful_swings() -> None:
    def offbeats(mood: Mood) -> set[float]:
        return {round(note.at % 1, 2) for note in keys(mood) if 0.4 < note.at % 1 < 0.8}

    def keys(mood: Mood) -> list[Note]:
        return [note for note in compose(mood, 1).notes if note.part is Part.KEYS]

    assert min(offbeats(Mood.PLAYFUL)) >= 0.63
    assert max(offbeats(Mood.BRIGHT)) <= 0.52


# --- any sound as a ring ----------------------------------------------------------------------------------------------


def test_any_sound_becomes_a_ring_at_the_houses_level() -> None:
    """A rising chord that ends anywhere, at full level: its seam is a cross-fade."""
    seconds = np.arange(int(11.13 * RATE)) / RATE
    sound = 9_000 * sum(np.sin(2 * np.pi * hertz * seconds + seconds**2) for hertz in (330, 495, 770))
    bed = Music.of("mine", closed(to_pcm(sound * np.linspace(0.3, 1, seconds.size))))
    assert bed.length == 456  # 556 whole frames, two seconds of which lie over the first two
    assert dbfs(bed.sound) == pytest.approx(BED_DBFS, abs=0.1)
    around = np.concatenate((bed.sound[-RATE // 2 :], bed.sound[: RATE // 2])).astype(float)
    bends = np.abs(np.diff(around, 2))
    assert bends[RATE // 2 - 3 : RATE // 2 + 1].max() <= np.percentile(bends, 99.9)


def test_a_pause_in_a_piece_stays_one() -> None:
    tone = 8_000 * np.sin(2 * np.pi * 500 * np.arange(8 * RATE) / RATE)
    hush = np.random.default_rng(1).normal(0, 8, 6 * RATE)
    bed = Music.of("mine", closed(to_pcm(np.concatenate((tone, hush, tone)))))
    assert dbfs(bed.sound[10 * RATE : 12 * RATE]) < BED_DBFS - 20


@pytest.mark.parametrize("pcm", [b"", bytes(2 * RATE // 2), bytes(20 * RATE), to_pcm(np.ones(RATE // 2) * 900)])
def test_too_little_sound_is_no_bed(pcm: bytes) -> None:
    with pytest.raises(TooShort):
        Music.of("mine", closed(pcm))


def test_what_is_long_is_cut_in_time() -> None:
    pcm = to_pcm(np.random.default_rng(1).normal(0, 900, 310 * RATE))
    assert Music.of("mine", closed(pcm)).sound.nbytes <= 9_600_000
