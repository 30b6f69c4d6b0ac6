"""What this machine can hear and speak with, which of it `auto` takes, and how to get better."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from voices.engines import espeak, flite, whisper_models
from voices.engines.espeak import EspeakSynthesizer
from voices.engines.flite import FliteSynthesizer
from voices.engines.pocketsphinx import PocketsphinxRecognizer
from voices.engines.whisper import WhisperRecognizer
from voices.recognition import Recognizer, RecognizerUnavailable
from voices.synthesis import Synthesizer, SynthesizerUnavailable

Ear = Literal["auto", "whisper", "pocketsphinx"]
Mouth = Literal["auto", "espeak", "flite"]


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
    version: str | None
    """None when it is not installed."""
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


def choose_synthesizers(wanted: Mouth = "auto") -> tuple[list[Synthesizer], Choice]:
    """The mouths for a Catalogue, the preferred one first; espeak always stands behind, for when the other fails.

    Raises SynthesizerUnavailable when `auto` finds none; one that is asked for says so in `warm`.
    """
    if wanted == "flite":
        return [FliteSynthesizer(), EspeakSynthesizer()], Choice("flite", "asked for")
    if wanted == "espeak":
        return [EspeakSynthesizer()], Choice("espeak", "asked for")
    if flite.installed():
        return [FliteSynthesizer(), EspeakSynthesizer()], Choice("flite", "it is installed, and easier to understand than espeak")
    if not espeak.installed():
        raise SynthesizerUnavailable("there is no voice engine here: pip install espeakng-loader, or apt install flite")
    return [EspeakSynthesizer()], Choice("espeak", "it is embedded, and flite is not installed", "apt install flite")


def inventory(*, model: str = "base.en", cache: Path | None = None) -> tuple[Part, ...]:
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
        _part("espeak", "mouth", _version("espeakng-loader"), "pip install espeakng-loader"),
        _part("flite", "mouth", "2" if flite.installed() else None, "apt install flite"),
    )


def _part(name: str, kind: Literal["ear", "mouth"], installed: str | None, fix: str) -> Part:
    return Part(name, kind, installed, fix=None if installed else fix)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
