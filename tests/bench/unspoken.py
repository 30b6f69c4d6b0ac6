"""Sound in which nobody speaks: silence, noise, knocks, keys, tones, and the music that callers hear while they wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from orchestrator.music.mood import Mood
from orchestrator.music.source import composed
from tests.bench.telephone import by_telephone
from voices.audio import FULL_SCALE, RATE, frames, to_pcm
from voices.endpoint import Began, Ended, Segmenter
from voices.vad import SileroVad

Wave = npt.NDArray[np.float64]
Random = np.random.Generator
Made = Callable[[Random, float], Wave]

KEYS: Final = [(low, high) for low in (697, 770, 852, 941) for high in (1209, 1336, 1477)]
PRE_ROLL_S: Final = 0.3


def _at(sound: Wave, dbfs: float) -> Wave:
    return sound * 10 ** (dbfs / 20) / max(float(np.sqrt(np.mean(sound**2))), 1e-9)


def _noise(random: Random, seconds: float, slope: float) -> Wave:
    """Slope 0 is white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(random.normal(size=int(seconds * RATE)))
    return np.fft.irfft(spectrum * np.maximum(np.arange(spectrum.size), 1) ** (-slope / 2), int(seconds * RATE))


def _times(seconds: float) -> Wave:
    return np.arange(int(seconds * RATE)) / RATE


def _keys(random: Random, seconds: float) -> Wave:
    sound, at, level = np.zeros(int(seconds * RATE)), 0.0, random.uniform(-30, -8)
    while at < seconds:
        length = random.uniform(0.06, 0.6)
        low, high = KEYS[random.integers(len(KEYS))]
        time = _times(min(length, seconds - at))
        edge = np.minimum(np.minimum(time, time[::-1]) / 0.003, 1)
        sound[int(at * RATE) :][: time.size] = edge * _at(np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time), level)
        at += length + random.uniform(0.05, 1.5)
    return sound


def _tones(random: Random, seconds: float) -> Wave:
    time = _times(seconds)
    match int(random.integers(4)):
        case 0:
            return _at(np.sin(2 * np.pi * 425 * time), -18) * (time % 1 < 0.5)  # busy
        case 1:
            return _at(np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 480 * time), -18) * (time % 6 < 2)  # ringing
        case 2:
            return _at(np.sin(2 * np.pi * 400 * time + 300 * np.sin(np.pi * time)), -22)  # a siren
        case _:
            return _at(np.sin(2 * np.pi * 1_000 * time), -15) * (time % 3 < 0.25)  # an answering machine's


def _knocks(random: Random, seconds: float) -> Wave:
    sound = np.zeros(int(seconds * RATE))
    for _ in range(int(seconds * 1.2) + 1):
        knock = _noise(random, random.uniform(0.03, 0.6), random.uniform(0, 2))[: sound.size]
        knock *= np.exp(-np.arange(knock.size) / (knock.size / 3))
        at = random.integers(sound.size - knock.size + 1)
        sound[at : at + knock.size] += _at(knock, random.uniform(-35, -12))
    return sound


def _swelling(random: Random, seconds: float) -> Wave:
    swell = 0.3 + 0.7 * np.abs(np.sin(2 * np.pi * random.uniform(0.5, 5) * _times(seconds)))
    return _at(_noise(random, seconds, 1) * swell, random.uniform(-40, -15))


@cache
def _bed(mood: Mood, seed: int) -> npt.NDArray[np.int16]:
    return composed(mood, seed).sound


def _music(random: Random, seconds: float) -> Wave:
    bed = _bed(list(Mood)[random.integers(len(Mood))], int(random.integers(1, 3)))
    at = random.integers(bed.size - int(seconds * RATE))
    return _at(bed[at : at + int(seconds * RATE)] / FULL_SCALE, random.uniform(-38, -12))


def _plain(slope: float, softest_dbfs: float = -45, loudest_dbfs: float = -12) -> Made:
    return lambda random, seconds: _at(_noise(random, seconds, slope), random.uniform(softest_dbfs, loudest_dbfs))


def _silence(_random: Random, seconds: float) -> Wave:
    return np.zeros(int(seconds * RATE))


KINDS: Final[Mapping[str, Made]] = {
    "silence": _silence,
    "a quiet room": _plain(1, -75, -55),
    "white noise": _plain(0),
    "pink noise": _plain(1),
    "brown noise": _plain(2),
    "swelling noise": _swelling,
    "knocks": _knocks,
    "keys": _keys,
    "tones": _tones,
    "music": _music,
}


def utterances(kind: str, total_s: float, seed: int) -> Iterator[bytes]:
    """As if somebody had cut it out: 1 to 10 s each, every other one by telephone."""
    random, made_s, number = np.random.default_rng(seed), 0.0, 0
    while made_s < total_s:
        seconds = random.uniform(1, 10)
        pcm = to_pcm(KINDS[kind](random, seconds) * FULL_SCALE)
        yield by_telephone(pcm) if number % 2 else pcm
        made_s, number = made_s + seconds, number + 1


def segments(kind: str, total_s: float, seed: int) -> Iterator[bytes]:
    """What a call would open of it as speech: pieces of a minute, through its detector and segmenter."""
    random = np.random.default_rng(seed)
    for number in range(max(1, round(total_s / 60))):
        pcm = to_pcm(KINDS[kind](random, min(total_s, 60)) * FULL_SCALE)
        yield from opened(by_telephone(pcm) if number % 2 else pcm)


def opened(pcm: bytes) -> Iterator[bytes]:
    """The segments of speech in a sound, with their pre-roll, as the ear of a call cuts them out."""
    detector, segmenter, began_s, at_s = SileroVad(), Segmenter(SileroVad.window_s), 0.0, 0.0
    for frame in frames(pcm + bytes(RATE * 2)):
        at_s += SileroVad.window_s
        for probability in detector.feed(frame):
            match segmenter.feed(probability):
                case Began(since_s):
                    began_s = max(0.0, since_s - PRE_ROLL_S)
                case Ended():
                    yield pcm[2 * int(began_s * RATE) : 2 * int(at_s * RATE)]
                case _:
                    pass
