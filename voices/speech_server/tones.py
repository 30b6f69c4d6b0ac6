"""A model that hums: the server without a GPU, weights or torch, for tests and to try a client."""

from __future__ import annotations

import threading
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np

from voices.speech_server.model import BadRequest, Sound, Stopped, Style

_RATE: Final = 24_000
_CHAR_S: Final = 0.075
_SHORTEST_CLIP: Final = 1_000  # bytes


class TonesModel:
    """A tone whose pitch is the clip's; a sentence takes `delay_s` to make, in steps in which it can be stopped."""

    key = "tones"
    device = "cpu"
    rate = _RATE

    def __init__(self, delay_s: float = 0.05) -> None:
        self._delay_s = delay_s

    def prepare(self, clip: Path) -> Any:
        content = clip.read_bytes()
        if len(content) < _SHORTEST_CLIP:
            raise BadRequest(f"{clip}: the clip is too short; give it at least {_SHORTEST_CLIP} bytes")
        return 150 + zlib.crc32(content) % 251

    def save(self, conditionals: Any, path: Path) -> None:
        path.write_text(str(conditionals))

    def load(self, path: Path) -> Any:
        return int(path.read_text())

    def speak(self, text: str, conditionals: Any, style: Style, stopped: threading.Event) -> Sound:
        if stopped.wait(self._delay_s):
            raise Stopped
        at_s = np.arange(int(len(text) * _CHAR_S / style.speed * _RATE)) / _RATE
        fade = np.clip(np.minimum(at_s, at_s[::-1]) / 0.005, 0, 1)
        return (0.14 * fade * np.sin(2 * np.pi * conditionals * at_s)).astype(np.float32)

    def memory_bytes(self) -> int | None:
        return None

    def close(self) -> None:
        """Nothing to free."""
