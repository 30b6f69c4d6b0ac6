"""Moods, and what each means in music: mode, tempo, chords, figures. Data only; `composition` makes pieces of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self


class Mood(StrEnum):
    CALM = "calm"
    TENDER = "tender"
    FOCUSED = "focused"
    BRIGHT = "bright"
    PLAYFUL = "playful"
    DRAMATIC = "dramatic"

    @classmethod
    def of(cls, word: str) -> Self:
        """The mood of that name; calm for any other word, because hold music is no place for an error."""
        try:
            return cls(word.strip().casefold())
        except ValueError:
            return cls(cls.CALM)


class Part(StrEnum):
    PAD = "pad"
    BASS = "bass"
    KEYS = "keys"
    LEAD = "lead"
    TAP = "tap"


MODES: Final[Mapping[str, tuple[int, ...]]] = {
    "ionian": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
}


@dataclass(frozen=True)
class Style:
    """A bar of a `figure`, `bass` or `taps` has a sign for each half beat.

    In a figure, digits are the chord's notes from the register's bottom up, `.` is a rest. In a rhythm (two bars of melody), `x`
    begins a note, `-` holds it. A progression is eight bars of Roman numerals; all end on a chord that leads back to the tonic,
    so that any of them may follow any other.
    """

    mode: str
    tempo_bpm: tuple[float, float]
    beats: int
    progressions: tuple[str, ...]
    figures: tuple[str, ...]
    rhythms: tuple[str, ...]
    bass: str
    levels: Mapping[Part, float]
    keys: str
    """The instrument of the figures."""
    keys_from: int = 62
    """The lowest note of the figures, as a MIDI number."""
    swing: float = 0.5
    """Where in the beat its second half begins."""
    taps: str = ""


STYLES: Final[Mapping[Mood, Style]] = {
    Mood.CALM: Style(
        mode="ionian",
        tempo_bpm=(58, 63),
        beats=4,
        progressions=("IM7 vi7 IVM7 Vsus IM7 iii7 IVM7 V", "IVM7 iii7 ii7 V IM7 vi7 ii7 Vsus", "vi7 IVM7 I9 V vi7 ii7 IVM7 Vsus"),
        figures=("0.2.4.2.", "0.1.3.4.", "0...3.2.", "0.2.1.4."),
        rhythms=("x---x---x-------", "....x---x---x---", "x-----x-x-------"),
        bass="x.......",
        levels={Part.PAD: 1.0, Part.BASS: 0.5, Part.KEYS: 0.55, Part.LEAD: 0.35, Part.TAP: 0.0},
        keys="piano",
    ),
    Mood.TENDER: Style(
        mode="aeolian",
        tempo_bpm=(76, 81),
        beats=3,
        progressions=("i VIM7 III VII i VIM7 iv7 Vsus", "VIM7 III iv7 i VIM7 VII iv7 v7", "III VII i9 v7 VIM7 III iv7 Vsus"),
        figures=("0.1.2.", "0.2.3.", "021323", "0.3.2."),
        rhythms=("x---x-x-----", "x-x-x-x-----", "..x---x-----"),
        bass="x.....",
        levels={Part.PAD: 0.8, Part.BASS: 0.45, Part.KEYS: 0.7, Part.LEAD: 0.4, Part.TAP: 0.0},
        keys="harp",
    ),
    Mood.FOCUSED: Style(
        mode="dorian",
        tempo_bpm=(87, 92),
        beats=4,
        progressions=("i7 i7 IV IV i7 i7 VII IV", "III IV i7 i7 III VII IV v7", "i9 VII IV i7 i9 III VII v7"),
        figures=("02132413", "01232123", "02420242", "0.324.32"),
        rhythms=("x-----x-x-------", "x-------x-------", "......x-x---x---"),
        bass="x.....x.",
        levels={Part.PAD: 0.8, Part.BASS: 0.5, Part.KEYS: 0.6, Part.LEAD: 0.25, Part.TAP: 0.25},
        keys="marimba",
        taps="....x...",
    ),
    Mood.BRIGHT: Style(
        mode="lydian",
        tempo_bpm=(100, 107),
        beats=4,
        progressions=("I9 V vi7 II I9 V iii7 Vsus", "IM7 II IM7 II vi7 iii7 II V", "vi7 II V I9 vi7 iii7 II V"),
        figures=("0.234.32", "0.2.4.32", "02342.4.", "0.3.5.4."),
        rhythms=("x-x-x---x-------", "x--x--x-x-------", "..x-x-x-x---x---"),
        bass="x...x...",
        levels={Part.PAD: 0.75, Part.BASS: 0.5, Part.KEYS: 0.7, Part.LEAD: 0.35, Part.TAP: 0.25},
        keys="piano",
        keys_from=64,
        taps="..x...x.",
    ),
    Mood.PLAYFUL: Style(
        mode="mixolydian",
        tempo_bpm=(115, 122),
        beats=4,
        progressions=("I6 vi7 ii7 V7 I6 VI7 ii7 V7", "IV6 IV6 I6 VI7 ii7 V7 I6 V7", "I6 VII IV6 I6 ii7 VII ii7 V7"),
        figures=("0.2.3.2.", "0.24.2.1", "0..2.34.", ".2.3.2.4"),
        rhythms=("x--xx-x-..x-x---", "x-x-.xx-x---....", "..xxx-x-x--x----"),
        bass="x...x...",
        levels={Part.PAD: 0.45, Part.BASS: 0.6, Part.KEYS: 0.8, Part.LEAD: 0.4, Part.TAP: 0.25},
        keys="marimba",
        keys_from=64,
        swing=0.63,
        taps="..x...xx",
    ),
    Mood.DRAMATIC: Style(
        mode="harmonic minor",
        tempo_bpm=(68, 73),
        beats=4,
        progressions=("i VI III VII i iv V V7", "iv i VI V iv VI iv7 V7", "i v VI III iv i VI V"),
        figures=("00102010", "00203020", "01210121", "0.0.2.1."),
        rhythms=("x-------x-x-----", "x-----x-x-------", "x---x---x-------"),
        bass="x...x.x.",
        levels={Part.PAD: 1.0, Part.BASS: 0.7, Part.KEYS: 0.5, Part.LEAD: 0.4, Part.TAP: 0.25},
        keys="strings",
        keys_from=60,
        taps="x.......",
    ),
}
