"""Chatterbox itself (resemble-ai, MIT): turbo, original or multilingual, as the server wants a model. Its watermark stays.

Needs the environment that `make speech-server` builds; torch and chatterbox are imported when the model is loaded.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from voices.speech_server.model import BadRequest, NotReady, SentenceFailed, Sound, Stopped, Style

Kind = Literal["turbo", "original", "multilingual"]
_CLASSES: Final[dict[Kind, tuple[str, str]]] = {
    "turbo": ("chatterbox.tts_turbo", "ChatterboxTurboTTS"),
    "original": ("chatterbox.tts", "ChatterboxTTS"),
    "multilingual": ("chatterbox.mtl_tts", "ChatterboxMultilingualTTS"),
}
_SHORTEST_CLIP_S: Final = 5.0  # turbo asserts it; shorter clips sound like nobody in particular
_LONGEST_CLIP_S: Final = 120.0
_LEAST_CFG: Final = 0.01  # at 0 the original model makes one sequence where it then expects two


def load(kind: Kind, weights: Path | None, device: str = "auto") -> ChatterboxModel:
    """From the folder of weights, else from the model hub (fetched once, with its progress). Raises NotReady."""
    torch, perth = _package("torch"), _package("perth")
    if perth.PerthImplicitWatermarker is None:
        raise NotReady("the watermark cannot be made: resemble-perth needs setuptools<81; run `make speech-server` again")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    module, name = _CLASSES[kind]
    made = getattr(_package(module), name)
    try:
        model = made.from_local(weights, device) if weights else made.from_pretrained(device)
    except (OSError, RuntimeError, ValueError) as error:
        where = f"in {weights}" if weights else "at the model hub; without a connection, give their folder with --weights"
        raise NotReady(f"the weights of chatterbox {kind} cannot be loaded {where}: {error}") from error
    return ChatterboxModel(model, kind, device)


def _package(name: str) -> Any:
    """Of the other environment: nothing here knows its types."""
    return import_module(name)


def _nothing(*_: object) -> None:
    """Instead of `print`."""


class ChatterboxModel:
    """One of Chatterbox's classes, loaded. `generate` is one sentence at a time and cannot give a part of it."""

    def __init__(self, model: Any, kind: Kind, device: str) -> None:
        self._model, self._kind, self.device = model, kind, device
        self.key = f"{kind}-{version('chatterbox-tts')}"
        self.rate: int = model.sr
        self._stopped = threading.Event()
        # Where it would draw its progress it can be stopped; and what it prints for each sentence would fill the log.
        for name in ("chatterbox.models.t3.t3", "chatterbox.models.s3gen.flow_matching"):
            module = _package(name)
            module.tqdm, module.print = self._steps, _nothing

    def prepare(self, clip: Path) -> Any:
        try:
            length_s = float(_package("librosa").get_duration(path=clip))
            usable = _SHORTEST_CLIP_S < length_s <= _LONGEST_CLIP_S
            if usable:
                self._model.prepare_conditionals(str(clip))
        except Exception as error:  # whatever a decoder makes of a damaged file
            raise BadRequest(f"{clip} cannot be used as a voice: {type(error).__name__}: {error}") from error
        if not usable:
            raise BadRequest(f"{clip} has {length_s:.1f} s; give a clip of 10 to 15 s, at least {_SHORTEST_CLIP_S:g}")
        return self._model.conds

    def save(self, conditionals: Any, path: Path) -> None:
        conditionals.save(path)

    def load(self, path: Path) -> Any:
        return self._conditionals.load(path, map_location=self.device).to(self.device)

    def speak(self, text: str, conditionals: Any, style: Style, stopped: threading.Event) -> Sound:
        self._stopped, self._model.conds = stopped, conditionals
        if style.seed is not None:
            _package("torch").manual_seed(style.seed)
        try:
            made = self._model.generate(text, **self._options(style))
        except Stopped:
            raise
        except Exception as error:  # CUDA's errors, assertions in the model
            raise SentenceFailed(f"chatterbox failed on this sentence: {type(error).__name__}: {error}") from error
        finally:
            self._forget_hooks()
        sound: Sound = made.squeeze(0).numpy().astype(np.float32)
        return self._at_pace(sound, style.speed)

    def memory_bytes(self) -> int | None:
        return int(_package("torch").cuda.memory_reserved()) if self.device == "cuda" else None

    def close(self) -> None:
        del self._model
        if self.device == "cuda":
            _package("torch").cuda.empty_cache()

    @property
    def _conditionals(self) -> Any:
        return sys.modules[type(self._model).__module__].Conditionals

    def _options(self, style: Style) -> dict[str, Any]:
        options: dict[str, Any] = {"temperature": style.temperature}
        if self._kind != "turbo":  # which ignores the others with a warning
            cfg_weight = None if style.cfg_weight is None else max(_LEAST_CFG, style.cfg_weight)
            options |= {"exaggeration": style.exaggeration, "cfg_weight": cfg_weight}
        if self._kind == "multilingual":
            options["language_id"] = style.language.partition("-")[0].lower()
        return {name: value for name, value in options.items() if value is not None}

    def _at_pace(self, sound: Sound, speed: float) -> Sound:
        """Chatterbox has no pace of its own. Stretched sound gets its watermark anew, so that it is as strong as before."""
        if abs(speed - 1) < 0.02 or not sound.size:
            return sound
        stretched = _package("librosa").effects.time_stretch(sound, rate=speed, n_fft=1024)
        return self._model.watermarker.apply_watermark(stretched, sample_rate=self.rate)

    def _steps(self, steps: Iterable[Any], **_: Any) -> Iterator[Any]:
        """Speech tokens, 25 for a second of speech; then the few steps from tokens to sound."""
        for step in steps:
            if self._stopped.is_set():
                raise Stopped
            yield step

    def _forget_hooks(self) -> None:
        """The multilingual model spies on its own attention with a new hook for each sentence, and never takes one away."""
        if self._kind == "multilingual":
            for layer in self._model.t3.tfmr.layers:
                layer.self_attn._forward_hooks.clear()
