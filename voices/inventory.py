"""What this machine can hear and speak with, which of it `auto` takes, and how to get better."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from voices.engines import whisper_models
from voices.engines.pocketsphinx import PocketsphinxRecognizer
from voices.engines.registry import BY_NAME, LAST_RESORT, SYNTHESIZERS
from voices.engines.whisper import WhisperRecognizer
from voices.recognition import Recognizer, RecognizerUnavailable
from voices.settings import VoiceSettings
from voices.synthesis import Synthesizer, SynthesizerUnavailable

Ear = Literal["auto", "whisper", "pocketsphinx"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and why."""

    name: str
    why: str
    better: str | None = None
    """How to get a better one; None when this is the best, or was asked for."""


@dataclass(frozen=True, slots=True)
class Part:
    """One engine as `doctor` shows it."""

    name: str
    kind: Literal["ear", "mouth"]
    version: str | None = None
    """Where that is known."""
    where: str | None = None
    fix: str | None = None
    """How to get what is missing."""


def choose_recognizer(
    wanted: Ear = "auto", *, model: str = "base.en", cache: Path | None = None, hints: tuple[str, ...] = (), workers: int = 2
) -> tuple[Recognizer, Choice]:
    """The ear that is asked for, or the best that is here: Whisper if its model is. Looks at the disk, loads nothing.

    Raises RecognizerUnavailable when `auto` finds none; one that is asked for says so in `warm`.
    """
    if wanted == "whisper":
        return WhisperRecognizer(model, cache=cache), Choice("whisper", f"asked for, with the model {model}")
    if wanted == "pocketsphinx":
        return PocketsphinxRecognizer(workers=workers, hints=hints), Choice("pocketsphinx", "asked for")
    if whisper_models.find(model, cache):
        return WhisperRecognizer(model, cache=cache), Choice("whisper", f"its model {model} is on this machine")
    better = f"Whisper makes a third of the mistakes: set the recogniser to whisper, and {model} is fetched at the next start"
    if _version("pocketsphinx") is None:
        raise RecognizerUnavailable(f"there is no recogniser here: pip install pocketsphinx. Or better: {better}")
    why = f"it is embedded, and Whisper's model {model} is not on this machine"
    return PocketsphinxRecognizer(workers=workers, hints=hints), Choice("pocketsphinx", why, better)


def choose_synthesizers(settings: VoiceSettings) -> tuple[list[Synthesizer], Choice]:
    """The engines for a Catalogue in the order of the settings, without those that cannot work here; the last resort behind them.

    Looks at the disk, loads nothing. Raises SynthesizerUnavailable when none is left.
    """
    able: list[Synthesizer] = []
    left_out: list[str] = []
    for name in dict.fromkeys((*settings.engines, LAST_RESORT)):
        engine, section = BY_NAME[name], settings.of(name)
        if reason := engine.missing(section):
            left_out.append(f"{name}: {reason}")
        else:
            able.append(engine.make(section))
    if not able:
        raise SynthesizerUnavailable(f"no voice engine works here; {'; '.join(left_out)}")
    why = "it is the first of `engines` in [voices] that works here"
    return able, Choice(able[0].name, why, "; ".join(left_out) or None)


def stamps(settings: VoiceSettings) -> dict[str, str]:
    """What the sound of each engine depends on beside a voice's file: its package's version and its settings, secrets masked."""
    return {
        engine.name: f"{_version(engine.package) if engine.package else ''} {settings.of(engine.name).model_dump_json()}"
        for engine in SYNTHESIZERS
    }


def inventory(settings: VoiceSettings, *, model: str = "base.en", cache: Path | None = None) -> tuple[Part, ...]:
    """Every engine, installed or not. Looks at the disk, loads nothing heavy."""
    found = whisper_models.find(model, cache)
    return (
        Part(
            "whisper",
            "ear",
            _version("faster-whisper"),
            str(found) if found else None,
            None if found else f"the model {model} is fetched when the recogniser is set to whisper",
        ),
        _part("pocketsphinx", "ear", _version("pocketsphinx"), "pip install pocketsphinx"),
        *(Part(engine.name, "mouth", fix=engine.missing(settings.of(engine.name))) for engine in SYNTHESIZERS),
    )


def _part(name: str, kind: Literal["ear", "mouth"], installed: str | None, fix: str) -> Part:
    return Part(name, kind, installed, fix=None if installed else fix)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
