"""A call that was recorded: its journal and its sound on one time axis."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from orchestrator.earcons import Earcon, composed
from orchestrator.events import EarconPlayed, Entry, SaidText
from orchestrator.journal import read
from voices.audio import RATE

SPEECH_DBFS = -45.0
F = TypeVar("F")
Sound = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Recorded:
    entries: list[Entry]
    caller: Sound
    house: Sound

    @classmethod
    def of(cls, journal: Path, recording: Path) -> Self:
        with wave.open(str(recording)) as file:
            assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, RATE, 2)
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2).astype(np.float64)
        return cls(list(read(journal)), sound[:, 0], sound[:, 1])

    def facts(self, kind: type[F]) -> list[F]:
        return [entry.event for entry in self.entries if isinstance(entry.event, kind)]

    def times(self, *kinds: type) -> list[float]:
        return [entry.at_s for entry in self.entries if isinstance(entry.event, kinds)]

    def said(self, from_s: float, to_s: float) -> Sound:
        return self.house[int(from_s * RATE) : int(to_s * RATE)]

    @property
    def told(self) -> list[tuple[float, float]]:
        """When, as the journal has it, one of ours was heard, or an earcon."""
        earcons = [(fact.from_s, fact.from_s + composed(Earcon(fact.name)).size / RATE) for fact in self.facts(EarconPlayed)]
        return [*((fact.from_s, fact.to_s) for fact in self.facts(SaidText)), *earcons]


def levels(sound: Sound, step_s: float = 0.02) -> Sound:
    """dBFS, step by step."""
    step = int(step_s * RATE)
    frames = sound[: sound.size // step * step].reshape(-1, step)
    return 10 * np.log10(np.maximum((frames**2).mean(axis=1), 1e-9)) - 90.309
