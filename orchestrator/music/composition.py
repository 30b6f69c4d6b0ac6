"""Composing: a mood and a seed become a score. Pure theory: chords, voice leading, figures, melody; no sound yet.

A piece is a ring of eight-bar sections. Each ends on a chord that leads home, so its cadence falls on the first chord of
the next, and the last one leads back to the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, pairwise, product
from random import Random
from typing import Final

from orchestrator.music.mood import MODES, STYLES, Mood, Part, Style

LENGTH_S: Final = 150.0  # about; the ring's memory, against hearing the same again
BARS: Final = 8
PAD_RANGE: Final = range(53, 79)  # two octaves and more: every tone has two places
HOME: Final = (60, 64, 67, 72)
LEAD_RANGE: Final = range(70, 87)
BASS_FROM: Final = 40
TAP_PITCH: Final = 79
KEYS: Final = {"C": 0, "D": 2, "E flat": 3, "F": 5, "G": 7, "A": 9, "B flat": 10}
NUMERAL: Final = re.compile(r"([IV]+|[iv]+)(M7|sus|7|9|6|)")
DEGREES: Final = ("I", "II", "III", "IV", "V", "VI", "VII")
ADDED: Final = {"": (), "sus": (), "7": (10,), "M7": (11,), "9": (2,), "6": (9,)}


@dataclass(frozen=True)
class Note:
    """`at` and `length` in beats from the ring's start; `pitch` is a MIDI number, `loudness` a factor."""

    part: Part
    at: float
    length: float
    pitch: int
    loudness: float


@dataclass(frozen=True)
class Score:
    mood: Mood
    key: str
    tempo_bpm: float
    beats: int
    notes: tuple[Note, ...]

    @property
    def title(self) -> str:
        return f"{self.mood}, {self.key} {STYLES[self.mood].mode}, {self.tempo_bpm:.0f} bpm"


@dataclass(frozen=True)
class Chord:
    """`tones` are pitch classes, the root first."""

    tones: tuple[int, ...]

    @classmethod
    def read(cls, numeral: str, tonic: int, mode: str) -> Chord:
        """Capitals are major chords, small letters minor ones; their roots are the degrees of the mode."""
        found = NUMERAL.fullmatch(numeral)
        if found is None:
            raise ValueError(f"{numeral!r} is no Roman numeral of a chord")
        degree, added = found.groups()
        # The raised seventh of harmonic minor is the dominant's third, and nobody's root.
        scale = MODES["aeolian" if mode == "harmonic minor" else mode]
        third = 5 if added == "sus" else 4 if degree.isupper() else 3
        root = tonic + scale[DEGREES.index(degree.upper())]
        return cls(tuple((root + interval) % 12 for interval in (0, third, 7, *ADDED[added])))

    def within(self, pitches: range) -> list[int]:
        return [pitch for pitch in pitches if pitch % 12 in self.tones]


def voiced(chord: Chord, before: Sequence[int]) -> Sequence[int]:
    """The chord's four voices, in the pad's range, that are the smallest way from those before."""
    tones = (chord.tones + chord.tones)[:4]  # of a triad the root twice
    places = ([pitch for pitch in PAD_RANGE if pitch % 12 == tone] for tone in tones)
    choices = (tuple(sorted(voices)) for voices in product(*places) if len(set(voices)) == len(voices))
    return min(choices, key=lambda voices: (_effort(voices, before), voices))


def _effort(voices: Sequence[int], before: Sequence[int]) -> float:
    """Small steps are easy; leaps are not, nor are seconds within the chord, nor to sing far from home."""
    moves = sum((voice - was) ** 2 for voice, was in zip(voices, before, strict=True))
    rubs = sum(12 for low, high in pairwise(voices) if high - low < 2)
    return moves + rubs + sum(abs(voice - home) for voice, home in zip(voices, HOME, strict=True))


def compose(mood: Mood, seed: int) -> Score:
    """Always the same for the same mood and seed."""
    style, random = STYLES[mood], Random(f"{mood}/{seed}")
    tempo_bpm = random.uniform(*style.tempo_bpm)
    key = random.choice(tuple(KEYS))
    bars = BARS * max(3, round(LENGTH_S * tempo_bpm / 60 / style.beats / BARS))
    composer = _Composer(style, KEYS[key], random)
    for section in range(bars // BARS):
        composer.add(section)
    return Score(mood, key, tempo_bpm, bars * style.beats, tuple(composer.notes))


@dataclass
class _Composer:
    style: Style
    tonic: int
    random: Random
    notes: list[Note] = field(default_factory=list[Note])
    voices: Sequence[int] = HOME
    lead: int = 77

    def add(self, section: int) -> None:
        """Eight bars more. Themes come back, in another dress each time."""
        theme = (0, 0, 1, 0, 2, 1)[section % 6]
        chords = [Chord.read(word, self.tonic, self.style.mode) for word in self.style.progressions[theme].split()]
        figures = self.random.sample(self.style.figures, 2)
        sings = section % 2 == 1
        for bar, chord in enumerate(chords):
            at = (section * BARS + bar) * self.style.beats
            self._pad(chord, at)
            self._bass(chord, at)
            # Three bars of one figure and a fourth of another, as phrases are built; fewer notes where the melody sings.
            self._figure(chord, at, figures[bar % 4 == 3], rests=0.3 if sings else 0.08)
            self._taps(at, section)
        if sings:
            self._melody(chords, section * BARS * self.style.beats)

    def _pad(self, chord: Chord, at: float) -> None:
        self.voices = voiced(chord, self.voices)
        for voice in self.voices:
            self._play(Part.PAD, at, self.style.beats, voice, 1.0)

    def _bass(self, chord: Chord, at: float) -> None:
        root, fifth = ((BASS_FROM + (tone - BASS_FROM) % 12) for tone in (chord.tones[0], chord.tones[2]))
        for number, (offset, length) in enumerate(_onsets(self.style.bass)):
            self._play(Part.BASS, at + offset, length, fifth if number % 2 else root, 1.0)

    def _figure(self, chord: Chord, at: float, figure: str, rests: float) -> None:
        ladder = chord.within(range(self.style.keys_from, self.style.keys_from + 30))
        for step, sign in enumerate(figure):
            if sign != "." and (step == 0 or self.random.random() >= rests):
                accent = 1.0 if step == 0 else 0.85 if step % 2 == 0 else 0.7
                self._play(Part.KEYS, at + step / 2, 1.0, ladder[int(sign)], accent)

    def _taps(self, at: float, section: int) -> None:
        for offset, _ in _onsets(self.style.taps):
            self._play(Part.TAP, at + offset, 0.25, TAP_PITCH - 5 * (section % 2), 1.0)

    def _melody(self, chords: Sequence[Chord], at: float) -> None:
        """A motif, the motif again over other chords, an answer, and a long note to rest on."""
        motif, answer = self.random.sample(self.style.rhythms, 2)
        contour = [self.random.choice((-2, -1, -1, 1, 1, 2)) for _ in range(8)]
        for phrase, rhythm in enumerate((motif, motif, answer)):
            for (offset, length), move in zip(_onsets(rhythm), cycle(contour), strict=False):
                chord = chords[2 * phrase + int(offset >= self.style.beats)]
                self.lead = self._sung(chord, move, strong=offset % self.style.beats == 0)
                self._play(Part.LEAD, at + 2 * phrase * self.style.beats + offset, length, self.lead, 0.9)
        self.lead = self._sung(chords[6], -1, strong=True)
        self._play(Part.LEAD, at + 6 * self.style.beats, self.style.beats * 1.5, self.lead, 0.8)

    def _sung(self, chord: Chord, move: int, *, strong: bool) -> int:
        """The melody's next note: along the scale, on notes of the chord where it counts, never a semitone beside one."""
        notes = chord.within(LEAD_RANGE) if strong else [pitch for pitch in LEAD_RANGE if self._fits(pitch, chord)]
        near = min(range(len(notes)), key=lambda place: abs(notes[place] - self.lead))
        place = near + (0 if strong and notes[near] != self.lead else move)
        if not 0 <= place < len(notes):  # at the edge of its range it turns round
            place = near - move
        return notes[max(0, min(place, len(notes) - 1))]

    def _fits(self, pitch: int, chord: Chord) -> bool:
        if pitch % 12 in chord.tones:
            return True
        in_scale = (pitch - self.tonic) % 12 in MODES[self.style.mode]
        return in_scale and not any((pitch - tone) % 12 in (1, 11) for tone in chord.tones)

    def _play(self, part: Part, at: float, length: float, pitch: int, loudness: float) -> None:
        level = self.style.levels[part]
        if level == 0:
            return
        beat, place = divmod(at, 1)
        swung = beat + (self.style.swing if place == 0.5 else place)
        human = 0.0 if part is Part.PAD else self.random.uniform(0, 0.012)
        self.notes.append(Note(part, swung + human, length, pitch, level * loudness * self.random.uniform(0.92, 1.0)))


def _onsets(signs: str) -> Iterator[tuple[float, float]]:
    """When the notes of a rhythm begin and how long they are, in beats."""
    for found in re.finditer("x-*", signs):
        yield found.start() / 2, (found.end() - found.start()) / 2
