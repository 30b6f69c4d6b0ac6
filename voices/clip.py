"""A reference clip for a cloned voice: what is checked before anything is made of it, and what is made of it.

ClipError       it will not do; every reason, each with its fix
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import numpy as np

from voices.audio import FULL_SCALE, RATE, AudioError, read_channels, resample, to_pcm
from voices.clip_measures import Embed, HeardClip, Values, voices_apart

SHORTEST_S: Final = 5.0  # of speech; Chatterbox refuses less
LONGEST_S: Final = 15.0  # engines use no more
LEVEL_DBFS: Final = -23.0  # of the speech in what is made
_CEILING: Final = 0.89  # -1 dBFS
_LARGEST_BYTES: Final = 50 * 2**20
_LONGEST_FILE_S: Final = 300.0
_HIGHEST_RATE: Final = 48_000
_SILENT_DBFS: Final = -60.0
_QUIET_DBFS: Final = -42.0
_NOISY_DB: Final = 20.0
_CLIPPED_A_S: Final = 2.0  # flat tops per second of speech
_NARROW_DB: Final = -40.0
_SAME: Final = 0.9  # correlation of two channels that hold the same sound
_DEAD_DB: Final = 25.0  # a channel so far below the other holds nothing
# Measured on 6 to 15 s of recordings: one person 0.74 and more, a dialogue 0.43 to 0.61, two professional women who take turns up
# to 0.77.
_ONE_VOICE: Final = 0.70
_MARGIN_S: Final = 0.1
_FADE_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, and what to do about it: one sentence."""

    code: str
    text: str
    fatal: bool = False
    """Nothing can be made of it. The others may be accepted by somebody who cannot record again."""


class ClipError(Exception):
    code: ClassVar[str] = "clip_refused"
    retryable: ClassVar[bool] = False

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__("\n".join(complaint.text for complaint in complaints))
        self.complaints = complaints


@dataclass(frozen=True, slots=True)
class Clip:
    """What a voice is cloned from: mono s16 PCM, at most 15 s, its speech at -23 dBFS."""

    pcm: bytes
    rate: int
    speech_s: float
    snr_db: float
    notes: tuple[str, ...] = ()
    """What was changed, and what was accepted."""

    @property
    def at_16k(self) -> bytes:
        return resample(self.pcm, self.rate)


def prepare(path: Path, *, embed: Embed | None = None, accept: bool = False) -> Clip:
    """The clip, ready for cloning. Blocks for a second or two.

    Without `embed` nobody looks for a second speaker. With `accept`, complaints that are not fatal become notes. Raises ClipError
    with all complaints, and VadUnavailable.
    """
    channels, rate = _read(path)
    sound, notes, complaints = _mono(channels)
    heard = HeardClip(sound, rate)
    complaints += _complaints(heard)
    if any(complaint.fatal for complaint in complaints):
        raise ClipError(*complaints)
    if embed and voices_apart(heard.speech(), embed) < _ONE_VOICE:
        complaints.append(Complaint("two_speakers", "Two people seem to speak: cut out everything but the voice that you want."))
    if complaints and not accept:
        raise ClipError(*complaints)
    return _made(heard, [*notes, *(complaint.text for complaint in complaints)])


def _read(path: Path) -> tuple[Values, int]:
    """Channels and rate. Raises ClipError."""
    too_long = f"{path} is too long: cut out 10 to 15 s of the voice alone."
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ClipError(Complaint("too_long", too_long, fatal=True))
        values, rate = read_channels(path)
    except OSError as error:
        raise ClipError(Complaint("unreadable", f"{path}: {error.strerror or error}.", fatal=True)) from error
    except AudioError as error:
        raise ClipError(Complaint("unreadable", f"{error}.", fatal=True)) from error
    if len(values) > _LONGEST_FILE_S * rate:
        raise ClipError(Complaint("too_long", too_long, fatal=True))
    return values / FULL_SCALE, rate


def _mono(channels: Values) -> tuple[Values, list[str], list[Complaint]]:
    """One channel without an offset, what was done, and what is wrong."""
    if channels.shape[1] == 1 or not len(channels):
        return (channels[:, 0] - channels.mean() if len(channels) else channels[:, 0]), [], []
    channels = channels - channels.mean(axis=0, keepdims=True)
    power = np.square(channels).mean(axis=0) + 1e-12
    loudest, alive = int(power.argmax()), channels[:, power > power.max() * 10 ** (-_DEAD_DB / 10)]
    if alive.shape[1] == 1:
        return channels[:, loudest], ["Only one channel holds sound; it was taken."], []
    lengths = np.sqrt(np.square(alive).sum(axis=0)) + 1e-12
    if (alive.T @ channels[:, loudest] / (lengths * lengths.max())).min() >= _SAME:
        return alive.mean(axis=1), [f"{channels.shape[1]} channels were mixed down to one."], []
    text = "The channels differ, as with two microphones or two people: export the one with the voice as a mono file."
    return channels[:, loudest], [], [Complaint("stereo", text)]


def _complaints(heard: HeardClip) -> Iterator[Complaint]:
    if heard.peak < 10 ** (_SILENT_DBFS / 20):
        yield Complaint("silent", "The clip is silent: check that the right microphone was recorded.", fatal=True)
        return
    if heard.speech_s < SHORTEST_S:
        fix = f"record at least {SHORTEST_S:g} s, better 10 s, without long pauses."
        yield Complaint("too_short", f"The clip has {heard.speech_s:.1f} s of speech: {fix}", fatal=True)
    if not heard.speaks.any():
        return
    if heard.level_dbfs < _QUIET_DBFS:
        fix = "record it nearer to the microphone."
        yield Complaint("quiet", f"The voice is very quiet ({heard.level_dbfs:.0f} dBFS): {fix}")
    if heard.snr_db < _NOISY_DB:
        fix = "it would be cloned too, so record in a quiet room."
        yield Complaint("noisy", f"The noise is only {heard.snr_db:.0f} dB below the voice: {fix}")
    if heard.flat_tops > _CLIPPED_A_S * heard.speech_s:
        yield Complaint("clipped", "The loudest parts are cut off (clipped): record it again with the level turned down.")
    if heard.rate < RATE or heard.band_db < _NARROW_DB:
        fix = "the voice would sound like that too, so record at 16 kHz or more."
        yield Complaint("narrow", f"The clip has the band of a telephone, nothing above 4 kHz: {fix}")


def _made(heard: HeardClip, notes: list[str]) -> Clip:
    """The best part, at one level, faded at its ends."""
    start_s, end_s = heard.best(LONGEST_S)
    cut = heard.sound[int(max(0.0, start_s - _MARGIN_S) * heard.rate) : int((end_s + _MARGIN_S) * heard.rate)]
    if len(cut) < 0.9 * len(heard.sound):
        notes.append(f"{len(cut) / heard.rate:.1f} s of {len(heard.sound) / heard.rate:.1f} s were taken.")
    gain = min(10 ** ((LEVEL_DBFS - heard.level_dbfs) / 20), _CEILING / max(float(np.abs(cut).max()), 1e-6))
    size = min(int(_FADE_S * heard.rate), len(cut) // 2)
    fade = np.concatenate([np.linspace(0, 1, size), np.ones(len(cut) - 2 * size), np.linspace(1, 0, size)])
    rate = min(max(heard.rate, RATE), _HIGHEST_RATE)
    pcm = resample(to_pcm(cut * gain * fade * FULL_SCALE), heard.rate, rate)
    return Clip(pcm, rate, heard.speech_s, heard.snr_db, tuple(notes))
