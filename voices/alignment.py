"""Where in its text an engine without marks is: by dynamic time warping against the same text by an engine that has them.

Without such an engine, by the time that words usually take.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import FULL_SCALE, RATE, samples
from voices.synthesis import Sound

Floats = npt.NDArray[np.float32]

_LETTERS_A_SECOND: Final = 15.0  # of words that are spoken out; the median of four engines
_PAUSES_S: Final = {",": 0.16, ";": 0.2, ":": 0.2, "—": 0.2, "…": 0.3, ".": 0.35, "!": 0.35, "?": 0.35}  # after a word
_DIP: Final = RATE // 50
_WORD: Final = re.compile(r"\S+")

_WINDOW: Final = 400  # 25 ms
_HOP: Final = 240
_BANDS: Final = 16  # few and broad, so that the voice's pitch is not seen
_CEPSTRA: Final = 8
_WARPS: Final = (0.85, 1.0, 1.18)  # of the reference's spectrum: longer and shorter throats
_TEMPOS: Final = (0.75, 1.0, 1.33)  # of the reference
_COMPARED: Final = 5  # of the references that come of these: what they agree in is sure
_ROOM_S: Final = 0.2  # a boundary between two long words may be missed by so much
_UNSURE: Final = 9  # frames at the end, 0.13 s: where a path ends is known less well than where it went
_FIRST: Final = 4  # frames of the reference with which a path may begin
_NEAR: Final = RATE // 20
_EDGE_S: Final = 0.05
_UNEVEN: Final = 0.7  # what it costs, per step, that one speaks faster than the other


def quietest(pcm: bytes) -> int:
    """The sample at which sound is cut with the least harm: in the middle of its quietest 20 ms."""
    heard = samples(pcm).astype(np.float32)
    if heard.size < _DIP:
        return 0
    energy = np.convolve(np.square(heard), np.ones(_DIP, np.float32), "valid")
    return int(energy.argmin()) + _DIP // 2


def word_at(text: str, at_s: float) -> int:
    """Where the word begins that is next after so much speech; the text's length when all of it must have been said."""
    starts: list[int] = []
    begins_s: list[float] = []
    now_s = 0.0
    for word in _WORD.finditer(text):
        starts.append(word.start())
        begins_s.append(now_s)
        now_s += sum(map(str.isalnum, word[0])) / _LETTERS_A_SECOND + _PAUSES_S.get(word[0].rstrip("\"')]}”’")[-1:], 0.0)
    return [*starts, len(text)][int(np.abs(np.array([*begins_s, now_s]) - at_s).argmin())]


class Reference:
    """A whole text by an engine with marks, to find other sound of that text in it. Takes tens of milliseconds, once."""

    def __init__(self, sound: Sound, text: str) -> None:
        self._text = text
        whole = [_features(sound.pcm, warp) for warp in _WARPS] if sound.marks else []
        self._each = [(_stretched(one, tempo), 1 / tempo) for one in whole for tempo in _TEMPOS if len(one) > 1]
        begins = [*(mark.at_s for mark in sound.marks), len(sound.pcm) / 2 / RATE - _EDGE_S]
        self._begins_s = np.maximum.accumulate(np.array(begins))
        self._chars = [*(mark.char for mark in sound.marks), len(text)]

    def word_after(self, heard: bytes, released: int) -> tuple[int, int]:
        """At which sample, from `released` on, to cut what was heard, and where the word begins that is next then.

        Of all boundaries the one with most room counts: between long words, where several comparisons agree. Without marks it
        is estimated. Tens of milliseconds of CPU as well: call it in a thread.
        """
        got = _features(heard, 1.0)
        if not self._each or len(got) < 2:
            return by_time(heard, released, self._text)
        found = _crossings(got, self._each, (self._begins_s * RATE - _WINDOW / 2) / _HOP)
        at = np.maximum(found[0] * _HOP + _WINDOW // 2, 0).astype(int)
        words = np.diff(self._begins_s)
        room = np.minimum(np.concatenate([words[:1], words]), np.concatenate([words, words[-1:]])) / 2
        room = np.minimum(room, _ROOM_S) - np.ptp(found, axis=0) / 2 * _HOP / RATE
        inside = np.flatnonzero((found[0] < len(got) - _UNSURE) & (at >= released) & (at > 0))
        if inside.size:
            best = int(inside[room[inside].argmax()])
            return _quiet_near(heard, int(at[best]), released), self._chars[best]
        return released, self._chars[int(np.abs(at - released).argmin())]


def by_time(heard: bytes, released: int, text: str) -> tuple[int, int]:
    """The same without a reference."""
    cut = released + quietest(heard[2 * released :])
    return cut, word_at(text, cut / RATE)


def _quiet_near(heard: bytes, at: int, released: int) -> int:
    start = max(released, at - _NEAR)
    return start + quietest(heard[2 * start : 2 * (at + _NEAR)])


def _crossings(got: Floats, references: list[tuple[Floats, float]], frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """At which frame of what was heard the cheapest path from the start of both comes to each of the reference's frames.

    By each of the references that fit best, the best first. With each frame that was heard they move on by none, one or two.
    """
    reach = 2 * len(got) + _FIRST  # no path comes further
    references = [(one[:reach], tempo) for one, tempo in references]
    longest = max(len(one) for one, _ in references)
    costs = np.full((len(got), len(references), longest), np.inf, np.float32)
    for number, (one, _) in enumerate(references):
        squares = np.square(got).sum(1)[:, None] + np.square(one).sum(1)[None] - 2 * got @ one.T
        costs[:, number, : len(one)] = np.sqrt(np.maximum(squares, 0))
    total = np.full(costs.shape[1:], np.inf, np.float32)
    total[:, :_FIRST] = costs[0, :, :_FIRST]
    steps = np.zeros(costs.shape, np.int8)
    on, jump = np.full_like(total, np.inf), np.full_like(total, np.inf)
    for number in range(1, len(got)):
        on[:, 1:], jump[:, 2:] = total[:, :-1], total[:, :-2] + _UNEVEN
        total += _UNEVEN
        steps[number] = on < total
        np.minimum(total, on, out=total)
        steps[number][jump < total] = 2
        np.minimum(total, jump, out=total)
        total += costs[number]
    paths = np.zeros((len(got), len(references)), np.int64)
    at, each = total.argmin(1), np.arange(len(references))
    for number in range(len(got) - 1, -1, -1):
        paths[number] = at
        at = at - steps[number, each, at]
    best = total.min(1).argsort()[:_COMPARED]
    return np.array([np.searchsorted(paths[:, one], frames * references[one][1]) - 0.5 for one in best])


def _stretched(features: Floats, tempo: float) -> Floats:
    """The same, spoken so many times as fast."""
    at = np.arange(0, len(features) - 1, tempo)
    low = np.minimum(at.astype(int), len(features) - 2)
    part = (at - low)[:, None].astype(np.float32)
    return (features[low] * (1 - part) + features[low + 1] * part).astype(np.float32)


def _features(pcm: bytes, warp: float) -> Floats:
    """Cepstra and how they change, whatever the voice's level and colour. Frames of 25 ms, each 15 ms."""
    sound = samples(pcm).astype(np.float32) / np.float32(FULL_SCALE)
    if sound.size < _WINDOW:
        return np.zeros((0, 2 * _CEPSTRA), np.float32)
    sound[1:] -= np.float32(0.97) * sound[:-1]
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP] * np.hanning(_WINDOW).astype(np.float32)
    bands = np.log(np.maximum(np.square(np.abs(np.fft.rfft(windows, 512))) @ _filters(warp).T, 1e-6))
    cepstra = bands @ np.cos(np.pi * (np.arange(_BANDS) + 0.5) * np.arange(_CEPSTRA)[:, None] / _BANDS).T
    loud = cepstra[:, 0] > np.percentile(cepstra[:, 0], 30)
    spoken = cepstra[loud] if loud.any() else cepstra
    even = np.clip((cepstra - spoken.mean(0)) / (spoken.std(0) + 1e-3), -3, 3)
    change = np.gradient(even, axis=0) if len(even) > 1 else np.zeros_like(even)
    return np.hstack([even, change]).astype(np.float32)


@lru_cache(len(_WARPS))
def _filters(warp: float) -> npt.NDArray[np.float64]:
    """Triangles at equal distances on the mel scale from 100 to 6,000 Hz."""
    mel = np.linspace(2595 * np.log10(1 + 100 / 700), 2595 * np.log10(1 + 6_000 / 700), _BANDS + 2)
    edges = np.minimum(700 * (10 ** (mel / 2595) - 1) * warp, RATE / 2 - 100)
    bins = np.fft.rfftfreq(512, 1 / RATE)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.maximum(0, np.minimum((bins - low) / (middle - low), (high - bins) / np.maximum(high - middle, 1)))
