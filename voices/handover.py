"""One engine's part of a sentence: what of it may be heard, and where the next engine goes on if this one fails."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Final

from voices.audio import RATE
from voices.sound_guard import SoundGuard
from voices.synthesis import Mark, Sound, SynthesizerFailed
from voices.wording import Wording

HELD_BACK_S: Final = 1.0  # at most, of sound without marks: among the words in it one ends for sure
_AHEAD_S: Final = 0.3  # that the ear has before anything is held back; of what there is besides, half is
_WORD: Final = re.compile(r"\S+")
_FASTEST: Final = 45.0  # letters a second; twice the usual pace is 34
_LEAST_LEFT: Final = 15  # letters that must be missing before a sentence counts as cut short
_SLOWEST_S: Final = 0.35  # a letter; a fifth of the usual pace
_SLOW_S: Final = 0.1  # a letter, spoken slowly
_LATE_S: Final = 0.25  # that an engine may mark its last word after the end of the sound
_DIGIT: Final = 10  # as long as so many letters


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the next engine goes on."""

    char: int
    """In the spoken text."""
    at_s: float
    """Since the sentence's first sample."""
    last: Sound | None = None
    """What of the sound that was held back is to be heard before."""


class Part:
    """What one engine says of a text from the spoken character `start` on, which begins `at_s` into the sentence.

    The last word that began is held back until the next one begins, for until then nobody knows whether it is whole.
    """

    def __init__(self, words: Wording, start: int = 0, at_s: float = 0.0, said: int = -1) -> None:
        """`said`: the last character of the original that has a mark already."""
        self._words, self._start, self._at_s = words, start, at_s
        self._guard = SoundGuard()
        self._held, self._out = b"", 0  # samples
        self._heard = bytearray()
        self._waiting: deque[Mark] = deque()
        self._last: Mark | None = None
        self._endless = False
        self.said = said
        self.text = words.text[start:]
        """What is left to say."""
        self.speakable = any(map(str.isalnum, self.text))
        self._longest_s = 4 + _SLOWEST_S * sum(_DIGIT if char.isdigit() else char.isalpha() for char in self.text)

    @property
    def clean(self) -> int:
        """Samples of speech so far."""
        return self._guard.clean

    @property
    def released_s(self) -> float:
        """Of the sentence, from its first sample on."""
        return self._at_s + self._out / RATE

    def add(self, sound: Sound, lead_s: float) -> Sound | None:
        """Returns what may be heard now. `lead_s`: how far the sound is ahead of the ear.

        Raises SynthesizerFailed for what is no speech.
        """
        self._guard.hear(sound.pcm)
        self._held += sound.pcm
        self._waiting.extend(sound.marks)
        self._last = sound.marks[-1] if sound.marks else self._last
        if self._received > self._longest_s * RATE:
            self._endless = True
            raise SynthesizerFailed(f"{self._received / RATE:.0f} s of sound for a text that takes a fifth of that")
        fit = min(self._received, self._guard.clean)
        if self._last is None:
            spare_s = max(0.0, lead_s + (fit - self._out) / RATE - _AHEAD_S)
            return self._release(fit - round(min(HELD_BACK_S, spare_s / 2) * RATE))
        begun = [_sample(mark) for mark in self._waiting if _sample(mark) < fit]
        return self._release(begun[-1] if begun else fit)

    def rest(self) -> Sound | None:
        """The end of it. Raises SynthesizerFailed if it was cut short, or there was no speech at all."""
        if self.speakable:
            self._guard.end()
            self._check_whole()
        # An engine may mark its last word a little late.
        self._waiting = deque(Mark(mark.char, min(mark.at_s, (self._received - 1) / RATE)) for mark in self._waiting)
        return self._release(self._received)

    @property
    def unmarked(self) -> bool:
        """It has sound, and nobody has told which words are in it."""
        return self._last is None and not self._endless and bool(self._heard)

    @property
    def sound(self) -> tuple[bytes, int]:
        """All speech that came without marks, and how many samples of it may be heard already."""
        return bytes(self._heard) + self._held[: max(0, 2 * (self._guard.clean - self._out))], self._out

    def cut(self) -> Cut:
        """After a failure of what has marks."""
        end = len(self._words.text)
        if self._endless:  # all of it has been said, and what follows the last word is none
            ends_s = self._last.at_s + _SLOW_S * len(self.text[self._last.char :]) if self._last else 0.0
            last = self._release(round(ends_s * RATE))
            return Cut(end, self.released_s, last)
        if self._waiting:
            return Cut(self._start + self._waiting[0].char, self.released_s)
        return Cut(self._start, self.released_s)

    def release(self, sample: int) -> Sound | None:
        """More of what was held back, for a word ends there."""
        return self._release(min(sample, self._guard.clean))

    def cut_at(self, sample: int, char: int) -> Cut:
        """The same without marks, where it is known that `char` of what was left to say comes after that sample."""
        last = self._release(sample)
        words = list(_WORD.finditer(self.text[:char]))
        letters = max(1, sum(len(word[0]) for word in words))
        at_s = self._at_s
        marks: list[Mark] = []
        for word in words:  # so that the call knows what was heard of it
            if (origin := self._words.origin(self._start + word.start())) > self.said:
                marks.append(Mark(origin, at_s))
                self.said = origin
            at_s += len(word[0]) / letters * self._out / RATE
        last = Sound(last.pcm if last else b"", tuple(marks))
        return Cut(self._start + char, self.released_s, last if last.pcm or marks else None)

    @property
    def _received(self) -> int:
        return self._out + len(self._held) // 2

    def _check_whole(self) -> None:
        text, since_s = self.text, 0.0
        begun = [mark for mark in self._waiting if _sample(mark) < self._received]
        if len(begun) < len(self._waiting) and self._waiting[-1].at_s > self._received / RATE + _LATE_S:
            raise SynthesizerFailed("the sound ends before the sentence does")
        if begun:
            text, since_s = text[begun[-1].char :], begun[-1].at_s
        left = sum(map(str.isalpha, text))
        takes_s = max(0.0, self._received / RATE - since_s)
        if len(text.split()) > 2 and left > max(_LEAST_LEFT, _FASTEST * takes_s):
            raise SynthesizerFailed("the sound ends before the sentence does")

    def _release(self, until: int) -> Sound | None:
        size = (until - self._out) * 2
        if size <= 0:
            return None
        pcm, self._held = self._held[:size], self._held[size:]
        self._out = until
        if self._last is None:
            self._heard += pcm
        marks: list[Mark] = []
        while self._waiting and _sample(self._waiting[0]) < until:
            mark = self._waiting.popleft()
            char = self._words.origin(self._start + mark.char)
            if char > self.said:  # several words may be spoken for one that is written
                marks.append(Mark(char, mark.at_s + self._at_s))
                self.said = char
        return Sound(pcm, tuple(marks))


def _sample(mark: Mark) -> int:
    return round(mark.at_s * RATE)
