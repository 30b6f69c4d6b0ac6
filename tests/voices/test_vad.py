"""When somebody speaks, on recordings whose onset and end are known."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchestrator.ear import PRE_ROLL_S
from tests.kit.caller_lines import DEMO, DEMO_LINES, TEST_LINES, TESTS
from tests.kit.telephone import by_telephone
from voices import vad
from voices.audio import RATE, duration_s, frames, read_wav, samples, to_pcm
from voices.engines.tones import tone
from voices.vad import LevelVad, SileroVad, Vad, VadUnavailable, load_silero

LEAD_S = 0.8


def noise(length_s: float, dbfs: float = -60) -> bytes:
    return to_pcm(np.random.default_rng(3).normal(0, 32_768 * 10 ** (dbfs / 20), int(length_s * RATE)))


def in_a_quiet_room(pcm: bytes) -> bytes:
    return noise(LEAD_S) + pcm + noise(1.0)


def windows(detector: Vad, pcm: bytes) -> list[float]:
    return [probability for frame in frames(pcm) for probability in detector.feed(frame)]


def speech_s(detector: Vad, pcm: bytes) -> tuple[float, float]:
    """When the first window of speech begins and the last one ends."""
    spoken = [number for number, probability in enumerate(windows(detector, pcm)) if probability >= 0.5]
    return spoken[0] * detector.window_s, (spoken[-1] + 1) * detector.window_s


@pytest.fixture
def silero() -> SileroVad:
    return SileroVad()


@pytest.mark.parametrize("line", [*DEMO_LINES, *TEST_LINES])
@pytest.mark.parametrize("telephone", [False, True], ids=["wideband", "telephone"])
def test_silero_finds_where_speech_begins_and_ends(silero: SileroVad, line: str, telephone: bool) -> None:
    pcm = read_wav((DEMO if line in DEMO_LINES else TESTS) / f"{line}.wav")
    began_s, ended_s = speech_s(silero, in_a_quiet_room(by_telephone(pcm) if telephone else pcm))
    # A made voice on the phone band is believed late, but what was said before is in the ear's pre-roll.
    assert began_s == pytest.approx(LEAD_S, abs=PRE_ROLL_S if telephone else 0.16)
    assert ended_s == pytest.approx(LEAD_S + duration_s(pcm), abs=0.2)


def test_silero_knows_at_once_that_speech_stopped_in_a_quiet_room(silero: SileroVad) -> None:
    pcm = read_wav(DEMO / "question.wav")
    level = np.abs(samples(pcm).astype(np.int32))
    pcm = pcm[: 2 * int(np.flatnonzero(level > level.max() / 100)[-1])]
    _, ended_s = speech_s(silero, in_a_quiet_room(pcm))
    assert ended_s <= LEAD_S + duration_s(pcm) + 0.02


def test_silero_hears_a_voice_that_goes_on_more_softly(silero: SileroVad) -> None:
    pcm = read_wav(DEMO / "panel.wav")
    soft = to_pcm(samples(pcm) * 10 ** (-36 / 20))
    found = windows(silero, in_a_quiet_room(pcm) + soft)
    assert max(found[-len(soft) // 640 :]) >= 0.5


class Counting:
    """Silero's model, and how often it was asked."""

    def __init__(self) -> None:
        self.session = load_silero()
        self.runs = 0

    def run(self, *arguments: Any) -> Any:
        self.runs += 1
        return self.session.run(*arguments)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting()
    monkeypatch.setattr(vad, "load_silero", lambda: counting)
    return counting


def test_silero_lets_a_calm_room_be(model: Counting) -> None:
    detector = SileroVad()
    windows(detector, noise(10.0))
    settled = model.runs
    assert settled < 4 / 0.032
    windows(detector, noise(5.0))
    assert model.runs == settled
    question = read_wav(DEMO / "question.wav")
    assert speech_s(detector, question + noise(1.0))[0] == pytest.approx(0.0, abs=0.16)


@pytest.mark.parametrize("dbfs", [-60, -40], ids=["quiet", "noisy"])
def test_silero_is_asked_less_often_while_nothing_changes_and_finds_the_same(
    model: Counting, monkeypatch: pytest.MonkeyPatch, dbfs: float
) -> None:
    pcm = read_wav(DEMO / "panel.wav")
    room = to_pcm(samples(noise(LEAD_S) + pcm + noise(1.0)) + samples(noise(duration_s(pcm) + LEAD_S + 1.0, dbfs)).astype(int))
    found = speech_s(SileroVad(), room)
    asked = model.runs
    monkeypatch.setattr(vad, "_TOGETHER", 1)
    assert speech_s(SileroVad(), room) == found
    assert asked < 0.8 * (model.runs - asked)


def test_level_finds_where_a_tone_begins_and_ends() -> None:
    began_s, ended_s = speech_s(LevelVad(), in_a_quiet_room(tone(220, 1.5, 3_000)))
    assert began_s == pytest.approx(LEAD_S, abs=0.02)
    assert ended_s == pytest.approx(LEAD_S + 1.5, abs=0.02)


def test_level_gets_used_to_noise() -> None:
    assert max(windows(LevelVad(), noise(1.0, dbfs=-40))) > 0.5
    assert max(windows(LevelVad(), noise(20.0, dbfs=-40))[900:]) < 0.5


@pytest.mark.parametrize("sound", [bytes(64_000), noise(2.0, -40), tone(440, 2.0, 6_000)], ids=["silence", "noise", "tone"])
def test_silero_takes_nothing_else_for_speech(silero: SileroVad, sound: bytes) -> None:
    assert max(windows(silero, sound)) < 0.5


def test_a_cough_is_too_short_for_a_turn(silero: SileroVad) -> None:
    found = windows(silero, in_a_quiet_room(read_wav(TESTS / "cough.wav")))
    assert sum(probability >= 0.5 for probability in found) * silero.window_s < 0.25


def test_callers_do_not_disturb_each_other() -> None:
    sounds = [in_a_quiet_room(read_wav(DEMO / f"{line}.wav")) for line in ("question", "panel", "goodbye")]
    alone = [windows(SileroVad(), sound) for sound in sounds]
    detectors = [SileroVad() for _ in sounds]
    together: list[list[float]] = [[] for _ in sounds]
    streams = [frames(sound) for sound in sounds]
    for _ in range(max(len(sound) for sound in sounds) // 640 + 1):
        for detector, stream, found in zip(detectors, streams, together, strict=True):
            if (frame := next(stream, None)) is not None:
                found += detector.feed(frame)
    assert together == alone


def test_a_reset_forgets_the_call_before(silero: SileroVad) -> None:
    sound = in_a_quiet_room(read_wav(DEMO / "question.wav"))
    first = windows(silero, sound)
    silero.reset()
    assert windows(silero, sound) == first


@pytest.mark.parametrize("detector", [SileroVad, LevelVad])
def test_windows_come_as_often_as_promised(detector: type[SileroVad | LevelVad]) -> None:
    one = detector()
    counts = [len(one.feed(frame)) for frame in frames(bytes(640 * 80))]
    assert sum(counts) == int(80 * 0.02 / one.window_s + 1e-6)
    assert max(a + b for a, b in pairwise(counts)) <= 2


def test_a_missing_model_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    load_silero.cache_clear()
    monkeypatch.setattr(vad, "find_spec", lambda _name: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with pytest.raises(VadUnavailable, match="pip install 'faster-whisper"):
        SileroVad()
