"""espeak-ng from the wheel `espeakng-loader` (no Debian package needed): the mouth that is always there."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import AsyncGenerator
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Final

from pydantic import Field

from voices.engine import Engine, EngineOptions, options_of
from voices.engines.finishing import finish, word_starts
from voices.engines.one_at_a_time import OneAtATime
from voices.synthesis import Mark, Rendering, Sound, Synthesizer, SynthesizerFailed, SynthesizerUnavailable, UnknownVoice

# speak_lib.h of espeak-ng 1.52
_SYNCHRONOUS: Final = 2
_DONT_EXIT: Final = 0x8000
_UTF8: Final = 1  # and neither SSML (0x10) nor phonemes (0x100): what is spoken is never read as markup
_RATE, _PITCH, _RANGE = 1, 3, 4
_WORD: Final = 1


class _Event(ctypes.Structure):
    _fields_: ClassVar[Any] = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class EspeakOptions(EngineOptions):
    """espeak's part of a voice file."""

    variant: str = Field("en-us", pattern=r"^[A-Za-z0-9][A-Za-z0-9 +_-]*$", description="Accent and variant: en-us+f3.")
    words_per_minute: int = Field(165, ge=80, le=400)
    pitch: int = Field(50, ge=0, le=99)
    pitch_range: int = Field(50, ge=0, le=99, description="0 is monotone.")


def missing(_settings: object) -> str | None:
    return None if find_spec("espeakng_loader") else "espeak-ng is not installed: pip install espeakng-loader"


def unfit(options: EspeakOptions, _folder: Path) -> str | None:
    """espeak-ng speaks an unknown accent not at all, and an unknown variant like none: both are said before it does."""
    if not find_spec("espeakng_loader"):
        return None
    accents, variants = _known()
    accent, _, variant = options.variant.partition("+")
    if accent.lower() not in accents:
        return f"espeak-ng has no voice {accent!r}.{_hint(accent, accents)}"
    if variant and variant not in variants:
        return f"espeak-ng has no variant {variant!r}.{_hint(variant, variants)}"
    return None


def _hint(word: str, known: frozenset[str]) -> str:
    near = get_close_matches(word.lower(), sorted(known), 1)
    return f" Did you mean {near[0]!r}?" if near else f" One is {'en-us' if 'en-us' in known else 'f4'!r}."


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Accents in small letters, and variants as they are written; both are the names of files."""
    import espeakng_loader

    data = Path(espeakng_loader.get_data_path())
    accents = frozenset(path.name.lower() for path in (data / "lang").rglob("*") if path.is_file())
    return accents, frozenset(path.name for path in (data / "voices" / "!v").iterdir())


class EspeakSynthesizer:
    """3 ms of CPU per second of speech, a sentence at once; the library's state is one per process, so one speaks at a time."""

    name = "espeak"
    _turn: ClassVar[OneAtATime] = OneAtATime()
    _library: ClassVar[_Library | None] = None

    async def warm(self) -> None:
        await self._turn.run(lambda _stopped: self._load())

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        options = options_of(rendering, EspeakOptions)
        sound = await self._turn.run(lambda stopped: self._load().speak(text, options, rendering, stopped))
        if sound.pcm:
            yield sound

    async def aclose(self) -> None:
        """The library stays loaded for the process's life: it cannot be unloaded safely, and 3 MB is all it holds."""

    @classmethod
    def _load(cls) -> _Library:
        if cls._library is None:
            cls._library = _Library()
        return cls._library


class _Library:
    """libespeak-ng, used by one thread at a time."""

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise SynthesizerUnavailable("espeak-ng is not installed: pip install espeakng-loader") from error
        try:
            self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise SynthesizerUnavailable(f"espeak-ng cannot be loaded: {error}") from error
        self._lib.espeak_Synth.argtypes = [
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
            ctypes.c_void_p, ctypes.c_void_p,
        ]  # fmt: skip
        self.rate: int = self._lib.espeak_Initialize(_SYNCHRONOUS, 200, espeakng_loader.get_data_path().encode(), _DONT_EXIT)
        if self.rate <= 0:
            raise SynthesizerUnavailable("espeak-ng finds no data: pip install --force-reinstall espeakng-loader")
        self._callback = _Callback(self._collect)  # kept: the library holds only a pointer to it
        self._lib.espeak_SetSynthCallback(self._callback)
        self._begin(threading.Event())

    def _begin(self, stopped: threading.Event) -> None:
        self._pcm, self._marks, self._stopped = bytearray(), list[Mark](), stopped

    def _collect(self, wave: Any, count: int, events: Any) -> int:
        if wave and count > 0:
            self._pcm += ctypes.string_at(wave, count * 2)
        at = 0
        while events[at].type:
            if events[at].type == _WORD:
                self._marks.append(Mark(events[at].text_position - 1, events[at].audio_position / 1000))
            at += 1
        return int(self._stopped.is_set())

    def speak(self, text: str, options: EspeakOptions, rendering: Rendering, stopped: threading.Event) -> Sound:
        self._begin(stopped)
        if self._lib.espeak_SetVoiceByName(options.variant.encode()):
            raise UnknownVoice(f"espeak-ng has no voice {options.variant!r}; `espeak-ng --voices=en` and voices/!v list them")
        rate = round(options.words_per_minute * rendering.speed)
        for parameter, value in ((_RATE, rate), (_PITCH, options.pitch), (_RANGE, options.pitch_range)):
            self._lib.espeak_SetParameter(parameter, value, 0)
        # espeak reads control characters as embedded commands and stops at NUL; a space each keeps the marks in place.
        plain = "".join(char if char.isprintable() else " " for char in text).encode()
        if self._lib.espeak_Synth(plain, len(plain) + 1, 0, 1, 0, _UTF8, None, None):
            raise SynthesizerFailed("espeak-ng could not speak this sentence")
        return finish(bytes(self._pcm), self.rate, word_starts(text, self._marks), gain_db=rendering.gain_db)


ENGINE: Final[Engine[Synthesizer]] = Engine(
    "espeak",
    "synthesizer",
    lambda _settings: EspeakSynthesizer(),
    missing,
    options=EspeakOptions,
    unfit=unfit,
    marks=True,
    package="espeakng-loader",
)
