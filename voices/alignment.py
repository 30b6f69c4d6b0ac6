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
_UNSURE: Final = 7  # frames at the end, 0.1 s: where a path ends is known less well than where it went
_NEAR: Final = RATE // 20
_EDGE_S: Final = 0.05
_UNEVEN: Final = 1.0  # what it costs, per step, that one speaks faster than the other


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


def word_after(heard: bytes, released: int, text: str, reference: Sound) -> tuple[int, int]:
    """At which sample, from `released` on, to cut what was heard, and where the word begins that is next then.

    By a whole reference of the text, with marks. Tens of milliseconds of CPU: call it in a thread.
    """
    got, whole = _features(heard, 1.0), [_features(reference.pcm, warp) for warp in _WARPS]
    if not reference.marks or len(got) < 2 or len(whole[0]) < 2:
        return by_time(heard, released, text)
    path = _path(got, np.stack(whole))
    begins_s = [*(mark.at_s for mark in reference.marks), len(reference.pcm) / 2 / RATE - _EDGE_S]
    chars = [*(mark.char for mark in reference.marks), len(text)]
    frames = np.searchsorted(path, (np.array(begins_s) * RATE - _WINDOW / 2) / _HOP)
    at = frames * _HOP + _WINDOW // 2
    inside = np.flatnonzero((frames < len(path) - _UNSURE) & (at >= released))
    if inside.size:
        return _quiet_near(heard, int(at[inside[-1]]), released), chars[inside[-1]]
    return released, chars[int(np.abs(at - released).argmin())]


def by_time(heard: bytes, released: int, text: str) -> tuple[int, int]:
    """The same without a reference."""
    cut = released + quietest(heard[2 * released :])
    return cut, word_at(text, cut / RATE)


def _quiet_near(heard: bytes, at: int, released: int) -> int:
    start = max(released, at - _NEAR)
    return start + quietest(heard[2 * start : 2 * (at + _NEAR)])


def _path(got: Floats, whole: Floats) -> npt.NDArray[np.int64]:
    """The frame of the reference that goes with each frame that was heard, on the cheapest path from the start of both.

    With each frame that was heard the reference moves on by none, one or two. Of several warps the one that fits best counts.
    """
    costs = np.linalg.norm(got[:, None, None, :] - whole[None], axis=-1)  # heard, warp, reference
    total = np.full(costs.shape[1:], np.inf, np.float32)
    total[:, :4] = costs[0, :, :4]
    steps = np.zeros(costs.shape, np.int8)
    for number, row in enumerate(costs[1:], 1):
        ways = np.full((3, *total.shape), np.inf, np.float32)
        ways[0] = total + _UNEVEN
        ways[1, :, 1:] = total[:, :-1]
        ways[2, :, 2:] = total[:, :-2] + _UNEVEN
        steps[number] = ways.argmin(axis=0)
        total = ways.min(axis=0) + row
    warp, at = np.unravel_index(int(total.argmin()), total.shape)
    path = np.zeros(len(got), np.int64)
    for number in range(len(got) - 1, -1, -1):
        path[number] = at
        at -= steps[number, warp, at]
    return path


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
