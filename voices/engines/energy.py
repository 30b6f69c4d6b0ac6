"""A voice detector by loudness alone: exact on clean sound, and free: for rehearsals. Real lines use Silero."""

from __future__ import annotations

from typing import Final

from voices.audio import FRAME_S, Frame, level_dbfs

SPEECH_DBFS: Final = -45.0


class EnergyVad:
    window_s = FRAME_S

    def __init__(self, speech_dbfs: float = SPEECH_DBFS) -> None:
        self._speech_dbfs = speech_dbfs

    def feed(self, frame: Frame) -> tuple[float, ...]:
        return (1.0 if level_dbfs(frame) >= self._speech_dbfs else 0.0,)

    def reset(self) -> None:
        """There is nothing to forget."""
