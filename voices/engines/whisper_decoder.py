"""Whisper's model at work on one stretch of sound: straight through CTranslate2, greedy, without timestamps.

Whisper knows windows of 30 s, and encoding one costs 0.5 s of a core (tiny.en) however little was said. So on a CPU only the
speech is encoded. But a decoder that sees only that misses the silence behind it, and says the sentence again and again (4 of 90
prompts with a window of 10 s). So it sees the speech, and then the encoder's own output for silence, which is made once.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import structlog

from voices.audio import RATE
from voices.engines.whisper_guard import Segment
from voices.recognition import RecognizerUnavailable

_log = structlog.get_logger(__name__)

Wave = npt.NDArray[np.float32]

LONGEST_S: Final = 20.0
"""Speech in one window; more is cut at a pause."""
_WINDOW_S: Final = 30
_SHORTEST_S: Final = 6.0
_MARGIN_S: Final = 1.0
_CUT_FROM_S: Final = 12.0  # an earlier cut leaves windows that are not worth their cost
_STEP: Final = RATE // 50
_PAUSE_STEPS: Final = 15
_FEATURES_PER_S: Final = 100
_ENCODED_PER_S: Final = 50
_TOKENS_PER_S: Final = 10  # no one speaks faster (5 words a second): what is longer is a loop
_LONG_S: Final = 8.0
_SLOWEST: Final = 1.0  # tokens a second: of longer speech with fewer, the decoder heard only the beginning …
_SOMEBODY: Final = 0.5  # … if anybody speaks at all
_BRIEF_S: Final = 1.0  # in less even one word has many tokens a second
_MOST_PROMPT: Final = 200  # tokens; Whisper takes 223


def stretches(sound: Wave) -> Iterator[Wave]:
    """Cut speech that is too long for one window, each time at the quietest moment."""
    while sound.size > LONGEST_S * RATE:
        first, sound = _cut(sound, _CUT_FROM_S, LONGEST_S)
        yield first
    yield sound


def _cut(sound: Wave, from_s: float, to_s: float) -> tuple[Wave, Wave]:
    """In two, in the middle of the quietest 0.3 s between these times."""
    steps = np.square(sound[int(from_s * RATE) : int(to_s * RATE)])[: int((to_s - from_s) * 50) * _STEP].reshape(-1, _STEP)
    quiet = np.convolve(steps.mean(axis=1), np.ones(_PAUSE_STEPS), "valid")
    at = int(from_s * RATE) + (int(np.argmin(quiet)) + _PAUSE_STEPS // 2) * _STEP
    return sound[:at], sound[at:]


class Decoder:
    """A model that is loaded. One thread at a time."""

    def __init__(self, folder: Path, device: Literal["auto", "cpu", "cuda"] = "auto", *, language: str = "en") -> None:
        """Loads it and runs it once. CUDA is used where it works. Raises RecognizerUnavailable."""
        import ctranslate2

        if not (folder / "tokenizer.json").is_file():  # faster-whisper would ask the hub
            raise RecognizerUnavailable(f"{folder} holds no Whisper model of CTranslate2: it has no tokenizer.json")
        self._view: Any = ctranslate2.StorageView.from_array
        self._language = language
        devices = [device]
        if device == "auto":
            devices = ["cuda", "cpu"] if ctranslate2.get_cuda_device_count() else ["cpu"]
        reason: Exception | None = None
        for one in devices:
            try:
                self._load(folder, one)
            except Exception as error:  # noqa: BLE001 - tokenizers raises nothing more specific
                _log.warning("whisper_cannot_use", device=one, folder=str(folder), error=str(error))
                reason = error
            else:
                return
        raise RecognizerUnavailable(f"faster-whisper cannot use the model in {folder}: {reason}") from reason

    def _load(self, folder: Path, device: str) -> None:
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer

        self._whole = device != "cpu"  # there a whole window costs little
        self._model: Any = WhisperModel(
            str(folder), device=device, compute_type="float16" if self._whole else "int8", cpu_threads=1, local_files_only=True
        )
        multilingual = self._model.model.is_multilingual
        self._tokens: Any = Tokenizer(self._model.hf_tokenizer, multilingual, task="transcribe", language=self._language)
        noise = np.random.default_rng(0).normal(0, 0.05, 2 * RATE).astype(np.float32)
        if not self._whole:
            self._silence = self._encoded(noise, _WINDOW_S)
        self.decode(noise, [])  # the CUDA libraries are opened by the first encoding, and may be missing

    def prompt(self, hints: Sequence[str]) -> list[int]:
        """Of the likely words, the first ones that Whisper has room for."""
        found = list[int]()
        for count in range(len(hints), 0, -1):
            found = self._tokens.encode(f" Names: {', '.join(hints[:count])}.")
            if len(found) <= _MOST_PROMPT:
                return found
        return []

    def decode(self, sound: Wave, prompt: Sequence[int]) -> list[Segment]:
        """What is said in at most `LONGEST_S`, in order. Raises RuntimeError."""
        found = self._generate(sound, prompt, whole=self._whole)
        if found.loops and not self._whole:
            return [self._generate(sound, prompt, whole=True)]
        length_s = sound.size / RATE
        if length_s > _LONG_S and found.tokens_per_s < _SLOWEST and found.no_speech < _SOMEBODY:
            return [segment for part in _cut(sound, length_s / 4, length_s * 3 / 4) for segment in self.decode(part, prompt)]
        return [found]

    def _generate(self, sound: Wave, prompt: Sequence[int], *, whole: bool) -> Segment:
        tokens = self._tokens
        before = [tokens.sot_prev, *prompt] if prompt else []
        before += [*tokens.sot_sequence, tokens.no_timestamps]
        result = self._model.model.generate(
            self._view(self._features(sound, _WINDOW_S) if whole else self._filled(sound)),
            [before],
            beam_size=1,
            max_length=len(before) + int(_TOKENS_PER_S * (1 + sound.size / RATE)),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        said = result.sequences_ids[0]
        text = tokens.decode(said).strip()
        mean_log = result.scores[0] * len(said) / (len(said) + 1)
        plain = text.encode()
        compression = len(plain) / len(zlib.compress(plain))
        rate = len(said) / max(_BRIEF_S, sound.size / RATE)
        return Segment(text, result.no_speech_prob, mean_log, compression, rate)

    def _filled(self, sound: Wave) -> npt.NDArray[np.float32]:
        """What the decoder would see of a whole window."""
        found = self._encoded(sound, min(max(_SHORTEST_S, sound.size / RATE + _MARGIN_S), _WINDOW_S))
        return np.concatenate([found, self._silence[:, found.shape[1] :]], axis=1)

    def _encoded(self, sound: Wave, window_s: float) -> npt.NDArray[np.float32]:
        return np.asarray(self._model.model.encode(self._view(self._features(sound, window_s)), to_cpu=True))

    def _features(self, sound: Wave, window_s: float) -> npt.NDArray[np.float32]:
        """The log-mel spectrogram, with silence up to the window's end; one of a batch."""
        count = int(window_s * _ENCODED_PER_S) * (_FEATURES_PER_S // _ENCODED_PER_S)
        padded = np.zeros(count * RATE // _FEATURES_PER_S, np.float32)
        padded[: sound.size] = sound[: padded.size]
        return np.ascontiguousarray(self._model.feature_extractor(padded)[None, :, :count], np.float32)
