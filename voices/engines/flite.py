"""flite from the Debian package `flite`: better to understand than espeak, and there when the package is."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import AsyncGenerator, Iterator
from functools import partial
from typing import Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voices.engines.finishing import finish, word_starts
from voices.engines.one_at_a_time import OneAtATime
from voices.synthesis import Mark, Rendering, Sound, SynthesizerFailed, SynthesizerUnavailable, UnknownVoice

_LIBRARY: Final = "libflite.so.1"
_WORD_START: Final = b"daughter1.R:SylStructure.daughter1.daughter1.R:Segment.p.end"


class FliteOptions(BaseModel):
    """flite's part of `voices/<id>.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    voice: Literal["slt", "rms", "awb"] = "slt"
    stretch: float = Field(1.0, ge=0.5, le=2, description="Above 1 is slower.")
    formants: float = Field(1.0, ge=0.8, le=1.25, description="Above 1 is a smaller head: formants and pitch go up together.")
    pitch: float = Field(1.0, ge=0.6, le=1.6, description="Times the voice's own pitch, formants kept.")


class _Voice(ctypes.Structure):
    """The first fields of cst_voice (cst_voice.h, flite 2.2)."""

    _fields_: ClassVar[Any] = [("name", ctypes.c_char_p), ("features", ctypes.c_void_p)]


class _Wave(ctypes.Structure):
    """cst_wave (cst_wave.h)."""

    _fields_: ClassVar[Any] = [
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.c_void_p),
    ]


def installed() -> bool:
    try:
        _open(_LIBRARY)
    except SynthesizerUnavailable:
        return False
    return True


class FliteSynthesizer:
    """20-30 ms of CPU per second of speech, a sentence at once; flite's settings belong to a voice, so one speaks at a time."""

    name = "flite"
    _turn: ClassVar[OneAtATime] = OneAtATime()
    _library: ClassVar[_Library | None] = None

    async def warm(self) -> None:
        await self._turn.run(lambda _stopped: self._load().warm())

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        try:
            options = FliteOptions.model_validate(rendering.options)
        except ValidationError as error:
            raise UnknownVoice(f"voices/{rendering.voice}.yaml, engines.flite: {error.errors()[0]['msg']}") from error
        if not any(map(str.isalnum, text)):  # flite makes clicks of a lone "..."
            return
        yield await self._turn.run(partial(self._say, text, options, rendering.gain_db))

    def _say(self, text: str, options: FliteOptions, gain_db: float, _stopped: threading.Event) -> Sound:
        return self._load().speak(text, options, gain_db)

    async def aclose(self) -> None:
        """The libraries stay mapped for the process's life; flite has no way to unload a voice."""

    @classmethod
    def _load(cls) -> _Library:
        if cls._library is None:
            cls._library = _Library()
        return cls._library


class _Library:
    """libflite and its voices, used by one thread at a time."""

    def __init__(self) -> None:
        self._lib: Any = _open(_LIBRARY)
        for function in ("flite_synth_text", "utt_wave", "utt_relation", "relation_head", "item_next"):
            getattr(self._lib, function).restype = ctypes.c_void_p
        self._lib.item_feat_string.restype = ctypes.c_char_p
        self._lib.flite_ffeature_float.restype = ctypes.c_float
        for function in ("utt_wave", "relation_head", "item_next", "delete_utterance"):
            getattr(self._lib, function).argtypes = [ctypes.c_void_p]
        for function in ("utt_relation", "item_feat_string", "flite_ffeature_float"):
            getattr(self._lib, function).argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        self._lib.flite_synth_text.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
        self._lib.flite_feat_set_float.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_float]
        self._lib.flite_init()
        self._voices: dict[str, Any] = {}

    def warm(self) -> None:
        for voice in ("slt", "rms", "awb"):
            self._voice(voice)

    def speak(self, text: str, options: FliteOptions, gain_db: float) -> Sound:
        voice = self._voice(options.voice)
        features = ctypes.cast(voice, ctypes.POINTER(_Voice)).contents.features
        # A shift of the formants plays the wave faster; the longer sentence that is asked for makes up for it.
        self._lib.flite_feat_set_float(features, b"duration_stretch", options.stretch * options.formants)
        self._lib.flite_feat_set_float(features, b"f0_shift", options.pitch)
        ascii_text = _in_ascii(text)
        utterance = self._lib.flite_synth_text(ascii_text.encode(), voice)
        if not utterance:
            raise SynthesizerFailed("flite could not speak this sentence")
        try:
            wave = ctypes.cast(self._lib.utt_wave(utterance), ctypes.POINTER(_Wave)).contents
            pcm = ctypes.string_at(wave.samples, wave.num_samples * 2)
            rate = round(wave.sample_rate * options.formants)
            marks = [Mark(char, at_s / options.formants) for char, at_s in self._words(utterance, ascii_text)]
        finally:
            self._lib.delete_utterance(utterance)
        return finish(pcm, rate, word_starts(text, marks), gain_db=gain_db)

    def _words(self, utterance: int, text: str) -> Iterator[tuple[int, float]]:
        """Where each token starts, in the text and in time; a token keeps its spelling, so it is found by looking for it."""
        item, at = self._lib.relation_head(self._lib.utt_relation(utterance, b"Token")), 0
        while item:
            token = self._lib.item_feat_string(item, b"name").decode("ascii", "replace")
            found = text.find(token, at)
            if found >= 0 and any(map(str.isalnum, token)):
                at = found + len(token)
                yield found, float(self._lib.flite_ffeature_float(item, _WORD_START))
            item = self._lib.item_next(item)

    def _voice(self, name: str) -> Any:
        if name not in self._voices:
            register = getattr(_open(f"libflite_cmu_us_{name}.so.1"), f"register_cmu_us_{name}")
            register.restype = ctypes.c_void_p
            register.argtypes = [ctypes.c_void_p]
            self._voices[name] = register(None)
        return self._voices[name]


def _open(library: str) -> Any:
    try:
        return ctypes.CDLL(library)
    except OSError as error:
        raise SynthesizerUnavailable("flite is not installed; on Debian and Ubuntu: apt install flite") from error


def _in_ascii(text: str) -> str:
    """flite knows ASCII only; a character for a character, so that the marks stay right."""
    return "".join(_ASCII.get(char) or _plain(char) for char in text)


_ASCII: Final = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "."}


def _plain(char: str) -> str:
    import unicodedata

    letter = unicodedata.normalize("NFKD", char)[0]
    return letter if letter.isascii() and letter.isprintable() else " "
