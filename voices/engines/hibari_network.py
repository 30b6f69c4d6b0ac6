"""hibari-tts without its command line: text to phonemes, phonemes to spectra, and when each written word begins.

hibari-tts (Apache-2.0) is Kokoro-82M's voice `heart` in an 8 MB network, with a reader of English text that needs no espeak-ng.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final
from unicodedata import digit

import numpy as np
import numpy.typing as npt

from voices.synthesis import SynthesizerUnavailable

Values = npt.NDArray[np.float32]

_DURATIONS: Final = b"/CumSum_output_0"
"""The tensor in hibari's network that holds the frame at which each phoneme ends."""
_LONG_WORD: Final = re.compile(r"(\S{60})(\S+)")
_LONG_NUMBER: Final = re.compile(r"[\d,]{15,}")


@dataclass(frozen=True, slots=True)
class Spectra:
    """What hibari's network says of a piece of text, in frames of 12.5 ms; see `hibari/dsp.py`."""

    harmonics: Values
    """Log magnitude by bin (20 Hz) and frame, as the next three."""
    theta: Values
    noise: Values
    rest: Values
    rest_phase: Values
    f0_hz: Values
    words: tuple[tuple[int, int], ...]
    """For each written word: where it starts in the piece, and in which frame."""
    speech: tuple[int, int]
    """The frames without the silence before and after."""


class Network:
    """One of hibari's voices, loaded; may be used by several threads."""

    def __init__(self, base: str) -> None:
        """Raises SynthesizerUnavailable."""
        try:
            import onnxruntime
            from hibari.g2p import G2P
            from hibari.tts import ASSETS
            from hibari.voices import VOICES, voice_path
        except ImportError as error:
            raise SynthesizerUnavailable("hibari-tts is not installed: pip install hibari-tts") from error
        try:
            model = Path(voice_path(base, download_missing=False)).read_bytes()
            self._letters: dict[str, int] = json.loads((Path(ASSETS) / "vocab.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise SynthesizerUnavailable(f"hibari's voice {base!r} is not here: {error}") from error
        options: Any = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        make: Any = onnxruntime.InferenceSession
        try:
            self._session: Any = make(_with_output(model, _DURATIONS), options, providers=["CPUExecutionProvider"])
        except Exception:  # noqa: BLE001 - onnxruntime has no error of its own for "no such tensor"
            self._session = make(model, options, providers=["CPUExecutionProvider"])  # marks are then spread evenly
        self._g2p: Any = G2P(british=VOICES[base]["british"])

    def run(self, piece: str, speed: float) -> Spectra | None:
        """The spectra of a piece of text of at most about 200 characters; None if nothing in it can be spoken."""
        phonemes, words = self.read(piece)
        known = [at for at, letter in enumerate(phonemes) if letter in self._letters]
        if not any(phonemes[at].isalpha() for at in known):
            return None
        ids = [0, *(self._letters[phonemes[at]] for at in known), 0]
        found = self._session.run(None, {"ids": np.array([ids], np.int64), "speed": np.array([speed], np.float32)})
        harmonics, theta, noise, rest, rest_phase, f0_hz = (one[0] for one in found[:6])
        frames = len(f0_hz)
        ends = np.asarray(found[6]).reshape(-1) if len(found) > 6 else np.arange(1, len(ids) + 1)
        ends = ends * frames // ends[-1]  # the network counts in steps of two frames
        starts = {at: int(ends[number]) for number, at in enumerate(known)}  # the pause before the first phoneme is id 0
        begun = [(char, next((starts[at] for at in range(first, last) if at in starts), None)) for char, first, last in words]
        marks = tuple((char, frame) for char, frame in begun if frame is not None)
        return Spectra(harmonics, theta, noise, rest, rest_phase, f0_hz, marks, (int(ends[0]), int(ends[-2])))

    def read(self, piece: str) -> tuple[str, tuple[tuple[int, int, int], ...]]:
        """A piece's phonemes, and for each written word its start in the piece and its first and last phoneme."""
        from hibari.g2p.normalize import normalize

        plain = "".join(str(digit(char)) if char.isdigit() else char for char in piece)  # some of them are no numbers to hibari
        plain = plain.replace("](", "] (")  # it would be read as markup: [word](/phonemes/)
        plain = _LONG_NUMBER.sub(lambda found: " ".join(found[0]), plain)  # and knows no number beyond trillions
        text: str = normalize(plain)
        phonemes, spoken, spans = "", [""], [[0, 0]]
        for token in self._g2p.phonemize_tokens(self._g2p.tokenize(text)):
            phonemes += token.phonemes or ""
            spoken[-1] += token.text
            spans[-1][1] = len(phonemes)
            if token.whitespace:
                phonemes += " "
                spoken.append("")
                spans.append([len(phonemes), len(phonemes)])
        written = list(_words(piece))
        heard = _aligned([word for _, word in written], spoken)
        return phonemes, tuple(
            (char, spans[at][0], spans[at][1])
            for (char, word), at in zip(written, heard, strict=True)
            if at is not None and any(map(str.isalnum, word))
        )


def pieces(text: str, longest: int) -> Iterator[tuple[int, str]]:
    """A text of any length in pieces of at most `longest` characters: sentences, else clauses, else words; where each starts.

    All but printable characters become spaces, so that every character keeps its place.
    """
    from hibari.tts import Hibari

    plain = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    plain = _LONG_WORD.sub(lambda found: found[1] + " " * len(found[2]), plain)  # what is no word would be spelt for minutes
    at = 0
    for sentence in Hibari.split_sentences(plain):
        at = plain.index(sentence, at)
        for start, end in _cuts(sentence, longest):
            yield at + start, sentence[start:end]
        at += len(sentence)


def _cuts(sentence: str, longest: int) -> Iterator[tuple[int, int]]:
    start = 0
    while len(sentence) - start > longest:
        window = sentence[start : start + longest]
        clause = max(window.rfind(mark) + 1 for mark in (", ", "; ", ": ", "— ", "– "))
        end = start + (clause if clause > longest // 4 else window.rfind(" ") + 1 or longest)
        yield start, end
        start = end
    yield start, len(sentence)


def _words(piece: str) -> Iterator[tuple[int, str]]:
    at = 0
    for word in piece.split():
        at = piece.index(word, at)
        yield at, word
        at += len(word)


def _aligned(written: list[str], spoken: list[str]) -> list[int | None]:
    """Which spoken word each written word begins with: `5pm.` is read as "five P.M.", and some are not read at all."""
    found: list[int | None] = []
    for _, first, last, first_spoken, last_spoken in SequenceMatcher(None, written, spoken, autojunk=False).get_opcodes():
        share = (last_spoken - first_spoken) / max(1, last - first)
        found += [first_spoken + int(number * share) if share else None for number in range(last - first)]
    return found


def _with_output(model: bytes, tensor: bytes) -> bytes:
    """An ONNX model that also returns one of its inner tensors (int64).

    Protobuf merges messages that are written one after the other, so the new output is appended:
    ModelProto.graph (7), GraphProto.output (12) = ValueInfoProto.name (1), .type (2), TypeProto.tensor_type (1), elem_type (1) = 7.
    """

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content  # each is shorter than 128 bytes

    return model + field(7, field(12, field(1, tensor) + field(2, field(1, b"\x08\x07"))))
