"""Is this speech? The seam for voice activity detectors, and the two that ship."""

from __future__ import annotations

from typing import Protocol

from voices.audio import Frame


class Vad(Protocol):
    """One caller's detector: cheap state of its own, the model shared by all."""

    def feed(self, frame: Frame) -> tuple[float, ...]:
        """Probabilities of speech for the windows (each `window_s` long) that this frame completes: none, one, or more."""
        ...

    @property
    def window_s(self) -> float: ...

    def reset(self) -> None: ...
