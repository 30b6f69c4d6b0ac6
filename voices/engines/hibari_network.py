"""hibari-tts without its command line: phonemes to spectra, and when each phoneme begins.

hibari-tts (Apache-2.0) is Kokoro-82M's voice `heart` in an 8 MB network. Its other voices are files of the same kind.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from voices.engines.hibari_text import Accent
from voices.synthesis import SynthesizerUnavailable

Values = npt.NDArray[np.float32]

_DURATIONS: Final = b"/CumSum_output_0"
"""The tensor in hibari's network that holds the step at which each phoneme ends."""
_SILENT_REST, _SILENT_NOISE = -5.0, -9.0  # log magnitudes: in silence they go down to -9 and -13
_EARLY: Final = 6  # frames: Kokoro is heard 75 ms before its durations say, and takes as much off its own time stamps


@dataclass(frozen=True, slots=True)
class Spectra:
    """What hibari's network says of a piece of text, in frames of 12.5 ms; see `hibari/dsp.py`."""

    harmonics: Values
    """Log magnitude by bin (20 Hz) and frame, as `noise` and `rest`."""
    theta: Values
    noise: Values
    rest: Values
    rest_phase: Values
    f0_hz: Values
    starts: npt.NDArray[np.float64]
    """The frame in which each phoneme begins to be heard; at the end, where the silence after the last one does."""

    @property
    def sound_ends(self) -> int:
        """The frame after the last one with sound. The network counts the silence before a full stop to the last phoneme."""
        loud = np.flatnonzero((self.rest.max(axis=0) > _SILENT_REST) | (self.noise.max(axis=0) > _SILENT_NOISE))
        return int(loud[-1]) + 1 if loud.size else 0


class Network:
    """One of hibari's voices, loaded; may be used by several threads."""

    def __init__(self, base: str) -> None:
        """Raises SynthesizerUnavailable; fetches nothing."""
        try:
            import onnxruntime
            from hibari.tts import ASSETS
            from hibari.voices import VOICES, voice_path
        except ImportError as error:
            raise SynthesizerUnavailable("hibari-tts is not installed: pip install hibari-tts") from error
        if base not in VOICES:
            raise SynthesizerUnavailable(f"hibari has no voice {base!r}; it has {', '.join(VOICES)}")
        try:
            model = Path(voice_path(base, download_missing=False)).read_bytes()
            self._letters: dict[str, int] = json.loads((Path(ASSETS) / "vocab.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            fix = f"python -c \"import hibari; hibari.Hibari('{base}')\" fetches it"
            raise SynthesizerUnavailable(f"hibari's voice {base!r} is not here ({error}); {fix}") from error
        options: Any = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        make: Any = onnxruntime.InferenceSession
        try:
            self._session: Any = make(_with_output(model, _DURATIONS), options, providers=["CPUExecutionProvider"])
        except Exception:  # noqa: BLE001 - onnxruntime has no error of its own for "no such tensor"
            self._session = make(model, options, providers=["CPUExecutionProvider"])  # phonemes are then taken as equally long
        self.accent: Accent = "british" if VOICES[base]["british"] else "american"
        """The one that it was trained on."""

    def run(self, phonemes: str, speed: float) -> Spectra | None:
        """The spectra of at most about 400 phonemes; None if nothing in them can be spoken."""
        known = [at for at, letter in enumerate(phonemes) if letter in self._letters]
        if not any(phonemes[at].isalpha() for at in known):
            return None
        ids = [0, *(self._letters[phonemes[at]] for at in known), 0]
        found = self._session.run(None, {"ids": np.array([ids], np.int64), "speed": np.array([speed], np.float32)})
        frames = found[5].shape[1]
        ends = np.asarray(found[6]).reshape(-1) if len(found) > 6 else np.arange(1, len(ids) + 1)
        ends = ends * frames // ends[-1]  # the network counts in steps of two frames
        # What it does not know takes no time. The silence before the first phoneme is ids[0].
        starts = np.maximum(ends[np.searchsorted(known, np.arange(len(phonemes) + 1))] - _EARLY, 0).astype(np.float64)
        words = np.flatnonzero([before == " " for before in phonemes]) + 1
        starts[words] = (starts[words] + starts[words - 1]) / 2  # half of a space belongs to the word behind it, as in Kokoro
        return Spectra(*(one[0] for one in found[:6]), starts=starts)


def _with_output(model: bytes, tensor: bytes) -> bytes:
    """An ONNX model that also returns one of its inner tensors (int64).

    Protobuf merges messages that are written one after the other, so the new output is appended:
    ModelProto.graph (7), GraphProto.output (12) = ValueInfoProto.name (1), .type (2), TypeProto.tensor_type (1), elem_type (1).
    """

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content  # each is shorter than 128 bytes

    int64 = b"\x08\x07"
    return model + field(7, field(12, field(1, tensor) + field(2, field(1, int64))))
