"""What this machine can hear and speak with, which of it is used, and how to get better."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from voices.engines.registry import BY_NAME, LAST_RESORT, RECOGNIZERS, RECOGNIZERS_BY_NAME, SYNTHESIZERS
from voices.recognition import Recognizer, RecognizerUnavailable
from voices.settings import EarSettings, VoiceSettings
from voices.synthesis import Synthesizer, SynthesizerUnavailable


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
    fix: str | None
    """What keeps it from working here, and how to get it; None when it can be used."""


def choose_recognizer(settings: EarSettings) -> tuple[Recognizer, Choice]:
    """Looks at the disk, loads nothing. Raises RecognizerUnavailable, with how to get what is missing."""
    engine = RECOGNIZERS_BY_NAME[settings.engine]
    if reason := engine.missing(settings):
        raise RecognizerUnavailable(reason)
    return engine.make(settings), Choice(engine.name, f"its model {settings.model} is on this machine")


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
    return {engine.name: f"{engine_version(engine.name)} {settings.of(engine.name).model_dump_json()}" for engine in SYNTHESIZERS}


def inventory(voices: VoiceSettings, ears: EarSettings) -> tuple[Part, ...]:
    """Every engine, installed or not. Looks at the disk, loads nothing heavy."""
    return (
        *(Part(engine.name, "ear", engine.missing(ears)) for engine in RECOGNIZERS),
        *(Part(engine.name, "mouth", engine.missing(voices.of(engine.name))) for engine in SYNTHESIZERS),
    )


def engine_version(name: str) -> str:
    """Of the package on which the engine's sound depends; empty for one that is not installed, or elsewhere."""
    package = BY_NAME[name].package if name in BY_NAME else ""
    try:
        return version(package) if package else ""
    except PackageNotFoundError:
        return ""
