"""Is this speech? The seam for voice activity detectors, and the two that ship."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from voices.audio import FRAME_S, FULL_SCALE, Frame, level_dbfs, samples

_WINDOW: Final = 512
_CONTEXT: Final = 64  # the end of the window before, which the model sees in front of each window
_ASSET: Final = "silero_vad_v6.onnx"
_HUSH_DB: Final = 30.0  # so far below the speech before it, a frame is a pause …
_HUSH_DB_PER_S: Final = 30.0  # … but a voice that goes on more softly is heard again soon
_ROOM_DB: Final = 6.0
_CERTAINLY_NOT: Final = 0.1
_CERTAINLY: Final = 0.9
_DIP_DB: Final = 12.0
_TOGETHER: Final = 3  # windows in one run, while nothing changes: it costs 40 % less than three runs
_CALM_FRAMES: Final = 50  # by then the model's state has settled: what comes next is found as soon as if it had been asked on
_OUTPUTS: Final = ["speech_probs", "hn", "cn"]


class Vad(Protocol):
    """One caller's detector: cheap state of its own, the model shared by all."""

    def feed(self, frame: Frame) -> tuple[float, ...]:
        """Probabilities of speech for the windows (each `window_s` long) that this frame completes: none, one, or more."""
        ...

    @property
    def window_s(self) -> float: ...

    def reset(self) -> None: ...


class VadUnavailable(Exception):
    """The detector's model is not installed; the message says how to get it."""


@cache
def load_silero() -> Any:
    """The one ONNX session of the process; blocks for about 0.3 s the first time (call it in a thread). Raises VadUnavailable.

    The model (MIT, 1.2 MB) lies in faster-whisper's wheel; that package is found but not imported, which would take seconds.
    """
    package = find_spec("faster_whisper")
    model = Path(package.origin).parent / "assets" / _ASSET if package and package.origin else None
    if model is None or not model.is_file():
        raise VadUnavailable(f"{_ASSET} is missing; it comes with `pip install 'faster-whisper>=1.2.1'`")
    import onnxruntime

    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


class SileroVad:
    """Silero v6: windows of 32 ms, 0.12 ms of CPU each, so it runs on the event loop; a probability each frame. 3 KB per caller.

    The model lags by 100 ms when speech stops, and costs more than all else that is done to a frame. So loudness has a say: a
    frame far below the speech just before it is a pause; in the midst of speech, and of quiet, the model is asked less often, and
    while the room has been calm for a while it is not asked at all.
    """

    window_s = FRAME_S

    def __init__(self) -> None:
        self._run = load_silero().run
        self.reset()

    def reset(self) -> None:
        self._h = self._c = np.zeros((1, 1, 128), np.float32)
        self._heard = bytes(2 * _CONTEXT)
        self._probability = 0.0
        self._speech_dbfs = -96.0
        self._room_dbfs = -60.0
        self._calm = 0

    def feed(self, frame: Frame) -> tuple[float, ...]:
        level = level_dbfs(frame)
        self._speech_dbfs = max(level, self._speech_dbfs - _HUSH_DB_PER_S * FRAME_S)
        self._room_dbfs = _floor(self._room_dbfs, level, lowest=-90.0)
        calm = self._probability < _CERTAINLY_NOT and level < self._room_dbfs + _ROOM_DB
        steady = calm or (self._probability > _CERTAINLY and level > self._speech_dbfs - _DIP_DB)
        self._calm = self._calm + 1 if calm else 0
        self._heard += frame
        windows = (len(self._heard) // 2 - _CONTEXT) // _WINDOW
        if windows >= (_TOGETHER if steady else 1):
            if self._calm <= _CALM_FRAMES:
                self._judge(windows)
            self._heard = self._heard[2 * _WINDOW * windows :]
        return (0.0 if level < self._speech_dbfs - _HUSH_DB else self._probability,)

    def _judge(self, windows: int) -> None:
        heard = samples(self._heard)[: _CONTEXT + _WINDOW * windows] * np.float32(1 / FULL_SCALE)
        rows = np.stack([heard[_WINDOW * row : _WINDOW * (row + 1) + _CONTEXT] for row in range(windows)])
        found, self._h, self._c = self._run(_OUTPUTS, {"input": rows, "h": self._h, "c": self._c})
        self._probability = float(found[-1])


def _floor(before: float, level: float, *, lowest: float) -> float:
    """The noise floor: it falls at once, and rises by 2 dB a second, slower than any sentence lasts."""
    return max(lowest, min(level, before + 2 * FRAME_S))


class LevelVad:
    """By loudness alone: a frame that stands out of the noise around it is speech.

    Knows no speech from music, but needs no model and takes tones for speech: for rehearsals and benches, and where onnxruntime
    has no wheel.
    """

    window_s = FRAME_S

    def __init__(self, *, above_noise_db: float = 15.0, at_least_dbfs: float = -45.0) -> None:
        self._above_noise_db = above_noise_db
        self._at_least_dbfs = at_least_dbfs
        self.reset()

    def reset(self) -> None:
        self._noise_dbfs = -60.0

    def feed(self, frame: Frame) -> tuple[float, ...]:
        level = level_dbfs(frame)
        threshold = max(self._noise_dbfs + self._above_noise_db, self._at_least_dbfs)
        self._noise_dbfs = _floor(self._noise_dbfs, level, lowest=-70.0)
        return (float(1 / (1 + 10 ** ((threshold - level) / 3))),)
