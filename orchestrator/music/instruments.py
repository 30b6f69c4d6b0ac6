"""Playing: a score becomes sound for a telephone. Additive tones, their partials between 300 and 3,400 Hz, in one small room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from orchestrator.music.composition import Note, Score
from orchestrator.music.mood import STYLES, Part
from voices.audio import FRAME_S, FRAME_SAMPLES, RATE

BAND_HZ: Final = (300.0, 3_400.0)
ROOM_S: Final = 0.5  # until it has decayed by 60 dB it takes seven times that
ROOM_SHARE: Final = 0.5
TONES: Final = 64  # kept while one piece is played: a few MB, and most notes come again at once

Wave = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Timbre:
    """Partial n begins with n**-falloff; `decay_s` is the first one's, higher ones fade faster; None sounds as long as the note.

    `detune` is how far apart, as a share of the pitch, two of it play together.
    """

    partials: int
    falloff: float
    attack_s: float
    release_s: float
    decay_s: float | None = None
    detune: float = 0.0
    stretch: float = 0.0
    """How much too high the upper partials are: 0 is a string, more is a bar of wood."""


TIMBRES: Final[Mapping[str, Timbre]] = {
    "pad": Timbre(partials=8, falloff=1.5, attack_s=0.5, release_s=0.9, detune=0.0012),
    "bass": Timbre(partials=16, falloff=0.9, attack_s=0.03, release_s=0.25, decay_s=1.2),
    "piano": Timbre(partials=6, falloff=1.7, attack_s=0.008, release_s=0.5, decay_s=0.8),
    "harp": Timbre(partials=8, falloff=1.4, attack_s=0.004, release_s=0.7, decay_s=0.6),
    "marimba": Timbre(partials=3, falloff=2.0, attack_s=0.004, release_s=0.2, decay_s=0.28, stretch=0.98),
    "strings": Timbre(partials=8, falloff=1.3, attack_s=0.05, release_s=0.15, detune=0.0015),
    "flute": Timbre(partials=4, falloff=2.2, attack_s=0.07, release_s=0.25, detune=0.0008),
    "wood": Timbre(partials=2, falloff=1.0, attack_s=0.002, release_s=0.05, decay_s=0.03, stretch=0.4),
}
_INSTRUMENTS: Final[Mapping[Part, str]] = {Part.PAD: "pad", Part.BASS: "bass", Part.LEAD: "flute", Part.TAP: "wood"}


def played(score: Score) -> Wave:
    """The whole ring, whole frames long, at any level: its end rings on into its beginning. About a second of work a minute."""
    total = FRAME_SAMPLES * _frames(score.beats * 60 / score.tempo_bpm)
    ring = np.zeros(total, np.float32)
    keys = STYLES[score.mood].keys
    tone = lru_cache(TONES)(_tone)
    beat = total / score.beats
    for note in score.notes:
        timbre = _INSTRUMENTS.get(note.part, keys)
        _lay(ring, int(note.at * beat), tone(timbre, note.pitch, int(note.length * beat)), _loudness(note))
    return _in_the_room(ring)


def _frames(seconds: float) -> int:
    """About that long, and a number without large prime factors, for the Fourier transform's sake."""
    count = round(seconds / FRAME_S)
    while not _is_smooth(count):
        count += 1
    return count


def _is_smooth(count: int) -> bool:
    for prime in (2, 3, 5, 7):
        while count % prime == 0:
            count //= prime
    return count == 1


def _loudness(note: Note) -> np.float32:
    return np.float32(note.loudness * (0.4 if note.part is Part.PAD else 1.0))  # four voices of it sound at once


def _lay(ring: Wave, at: int, tone: Wave, loudness: np.float32) -> None:
    at %= ring.size
    first = min(tone.size, ring.size - at)
    ring[at : at + first] += loudness * tone[:first]
    ring[: tone.size - first] += loudness * tone[first:]


def _tone(name: str, pitch: int, length: int) -> Wave:
    timbre = TIMBRES[name]
    hertz = 440.0 * 2 ** ((pitch - 69) / 12)
    size = length + int(timbre.release_s * RATE)
    seconds = np.arange(size) / RATE
    sound = np.zeros(size, np.float32)
    power = 0.0
    phases = np.random.default_rng(pitch)
    for n in range(1, timbre.partials + 1):
        partial = hertz * n * (1 + timbre.stretch * (n - 1))
        if partial > BAND_HZ[1]:
            break
        weight = n**-timbre.falloff * min(1.0, (partial / BAND_HZ[0]) ** 2)  # what no telephone carries only takes up level
        fading = 1.0 if timbre.decay_s is None else np.exp(seconds.astype(np.float32) * (-(1 + 0.5 * (n - 1)) / timbre.decay_s))
        for side in (-timbre.detune, timbre.detune) if timbre.detune else (0.0,):
            turns = (seconds * (partial * (1 + side)) + phases.random()) % 1.0
            sound += np.float32(weight) * fading * np.sin(2 * np.pi * turns.astype(np.float32))
            power += weight**2
    return (sound * _envelope(size, timbre) / np.sqrt(power)).astype(np.float32)


def _envelope(size: int, timbre: Timbre) -> Wave:
    shape = np.ones(size, np.float32)
    for seconds, part in ((timbre.attack_s, slice(None)), (timbre.release_s, slice(None, None, -1))):
        count = min(size, int(seconds * RATE))
        shape[part][:count] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)).astype(np.float32)
    return shape


def _in_the_room(ring: Wave) -> Wave:
    """With some echo, and nothing outside of the telephone's band: both as one multiplication of the ring's spectrum."""
    seconds = np.arange(min(ring.size, int(4 * ROOM_S * RATE))) / RATE
    echo = np.random.default_rng(11).normal(size=seconds.size) * np.exp(-seconds / ROOM_S) * np.minimum(1, seconds / 0.01)
    room = np.fft.rfft(np.pad(echo.astype(np.float32), (0, ring.size - seconds.size)))
    room *= ROOM_SHARE / np.sqrt(np.sum(echo**2))
    room += 1.0
    hertz = np.linspace(0, RATE / 2, room.size, dtype=np.float32)
    low, high = BAND_HZ
    room *= np.clip((hertz - 0.8 * low) / (0.3 * low), 0, 1) * np.clip((1.03 * high - hertz) / (0.1 * high), 0, 1)
    return np.fft.irfft(np.fft.rfft(ring) * room, ring.size).astype(np.float32)
