"""pocket-tts' five ONNX graphs (sherpa-onnx's export), run frame by frame.

sherpa-onnx itself computes all frames of a sentence before it decodes the first one (measured, 2.0.1: 4 s of speech begin
after 80 % of the work), cannot be stopped until then, and ends the process when a file is missing. So the loop is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from voices.engines.pocket_text import Part, PocketText

RATE: Final = 24_000
FILES: Final = {
    "lm_main.int8.onnx": 100_000_000,
    "lm_flow.int8.onnx": 20_000_000,
    "decoder.int8.onnx": 40_000_000,
    "encoder.onnx": 100_000_000,
    "text_conditioner.onnx": 30_000_000,
    "vocab.json": 1_000_000,
    "token_scores.json": 1_000_000,
}
"""What a model consists of, and how large each file may be."""
_END: Final = -4.0  # logit above which the model is at the end
_PIECES: Final = (1, 2, 3)  # frames decoded at once: the first alone, then more, which costs less per frame

_Floats = npt.NDArray[np.float32]
_State = list[Any]
_NUMBERS: Final = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(bool)": np.bool_}


class ModelError(Exception):
    """The files are not those of a pocket-tts model."""


class PocketModel:
    """The graphs and the tokenizer, loaded once; for several threads. Raises ModelError, TextError."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder, self._threads = folder, threads
        self.text = PocketText(folder)
        self._main = self._open("lm_main.int8.onnx")
        self._flow = self._open("lm_flow.int8.onnx")
        self._decoder = self._open("decoder.int8.onnx")
        self._conditioner = self._open("text_conditioner.onnx")
        try:
            shapes = {given.name: given.shape for given in self._main.get_inputs()}
            self._latent, self._width = int(shapes["sequence"][2]), int(shapes["text_embeddings"][2])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ModelError(f"{folder}: lm_main.int8.onnx has other inputs than sherpa-onnx's export") from error
        self._nothing: _Floats = np.zeros((1, 0, self._latent), np.float32)

    def embed(self, sound: _Floats) -> _Floats:
        """A reference clip (24 kHz, -1..1) as the model hears it: frames x width. Takes 0.2 s of CPU per second, and 1 GB.

        May run beside everything else: it opens a graph of its own, and gives its memory back.
        """
        encoder = self._open("encoder.onnx")
        return np.asarray(encoder.run(None, {encoder.get_inputs()[0].name: sound[None, None, :]})[0][0], np.float32)

    def voice(self, embedding: _Floats) -> _State:
        """The state from which every sentence of that voice starts, without the unused room."""
        _, state = self._step(self._nothing, embedding[None], _zeros(self._main), None)
        return [_cut(value.numpy(), len(embedding)) for value in state]

    def speak(self, part: Part, voice: _State, *, temperature: float, steps: int, options: Any) -> Iterator[_Floats]:
        """One part, in pieces of 80 to 240 ms at 24 kHz. `options` (RunOptions) can end it from another thread."""
        frames = self._frames(part, voice, temperature, steps, options)
        state, pending, number = _zeros(self._decoder), list[_Floats](), 0
        for frame in frames:
            pending.append(frame)
            if len(pending) == _PIECES[min(number, len(_PIECES) - 1)]:
                sound, state = self._decode(pending, state, options)
                pending, number = [], number + 1
                yield sound
        if pending:
            yield self._decode(pending, state, options)[0]

    def _frames(self, part: Part, voice: _State, temperature: float, steps: int, options: Any) -> Iterator[_Floats]:
        given = {"token_ids": np.array([part.tokens], np.int64)}
        text = np.asarray(self._conditioner.run(None, given)[0], np.float32)
        _, state = self._step(self._nothing, text, _widen(voice, self._main), options)
        frame: _Floats = np.full((1, 1, self._latent), np.nan, np.float32)  # not a number: the beginning
        random, ends = np.random.default_rng(), None
        for number in range(part.most_frames):
            (conditioning, end), state = self._step(frame, np.zeros((1, 0, self._width), np.float32), state, options)
            if ends is None and float(end.item()) > _END:
                ends = number + part.last_frames
            if number == ends:
                return
            noise = random.standard_normal((1, self._latent), np.float32) * np.float32(temperature**0.5)
            frame = self._solve(conditioning, noise, steps).reshape(1, 1, -1)
            yield frame

    def _solve(self, conditioning: _Floats, noise: _Floats, steps: int) -> _Floats:
        """From noise to a frame, by `steps` of Euler's method along the flow."""
        for step in range(steps):
            start, end = np.full((1, 1), step / steps, np.float32), np.full((1, 1), (step + 1) / steps, np.float32)
            flow = self._flow.run(None, {"c": conditioning, "s": start, "t": end, "x": noise})[0]
            noise = noise + flow / np.float32(steps)
        return noise

    def _step(self, sequence: _Floats, text: _Floats, state: _State, options: Any) -> tuple[tuple[_Floats, _Floats], _State]:
        """Conditioning of the next frame and the logit of the end, and the state behind them."""
        out = self._main.run_with_ort_values(None, _feed(state, sequence=sequence, text_embeddings=text), options)
        return (out[0].numpy(), out[1].numpy()), out[2:]

    def _decode(self, frames: list[_Floats], state: _State, options: Any) -> tuple[_Floats, _State]:
        out = self._decoder.run_with_ort_values(None, _feed(state, latent=np.concatenate(frames, axis=1)), options)
        return out[0].numpy().reshape(-1), out[1:]

    def _open(self, name: str) -> Any:
        import onnxruntime

        options: Any = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self._threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave the core to the call
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(str(self._folder / name), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors share nothing but Exception
            raise ModelError(f"{self._folder / name} cannot be loaded: {error}") from error


def _zeros(session: Any) -> _State:
    return [_value(np.zeros(_shape(given), _NUMBERS[given.type])) for given in session.get_inputs() if _is_state(given)]


def _shape(given: Any) -> tuple[int, ...]:
    return tuple(size if isinstance(size, int) else 1 for size in given.shape)


def _is_state(given: Any) -> bool:
    return given.name.startswith("state_")


def _value(array: npt.NDArray[Any]) -> Any:
    import onnxruntime

    return onnxruntime.OrtValue.ortvalue_from_numpy(array)


def _feed(state: _State, **given: _Floats) -> dict[str, Any]:
    return {name: _value(np.ascontiguousarray(value)) for name, value in given.items()} | {
        f"state_{number}": value for number, value in enumerate(state)
    }


def _cut(array: npt.NDArray[Any], positions: int) -> npt.NDArray[Any]:
    """A cache of keys and values (2 x 1 x positions x heads x width) up to the last used position: 8 MB become 1."""
    return array[:, :, :positions].copy() if array.ndim == 5 else array.copy()


def _widen(voice: _State, session: Any) -> _State:
    """The other way round."""
    state: _State = []
    for array, given in zip(voice, filter(_is_state, session.get_inputs()), strict=True):
        if array.ndim == 5:
            wide = np.zeros(_shape(given), np.float32)
            wide[:, :, : array.shape[2]] = array
            state.append(_value(wide))
        else:
            state.append(_value(array.copy()))
    return state
