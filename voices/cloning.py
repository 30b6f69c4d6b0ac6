"""A voice cloned from a recording: only with the consent of whose voice it is, written to `NAME.yaml` with the clip beside it.

CloningError
├── BadName         the name is no id
├── NoConsent       nobody says whose voice it is, or what they allowed
├── VoiceExists     a voice of that name is there already
├── BadVoice        the description or the language is none
└── CannotWrite     the folder of voices cannot be written
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Final

import structlog
import yaml
from anyio import TemporaryDirectory, to_thread
from pydantic import ValidationError

from voices.audio import speech_level_dbfs, write_wav
from voices.catalogue import CALLER
from voices.clip import Clip
from voices.clip_measures import Embed
from voices.engines.registry import SYNTHESIZERS
from voices.similarity import pitch_hz, similarity
from voices.synthesis import Rendering, SynthesisError, Synthesizer
from voices.voice import ID, Owner, Voice, VoiceFileError, load_voice

_log = structlog.get_logger(__name__)

FROM_CLIP: Final = tuple(engine.name for engine in SYNTHESIZERS if "clip" in engine.options.model_fields)
"""Engines that clone from the clip itself, each time anew."""
ELSEWHERE: Final = tuple(engine.name for engine in SYNTHESIZERS if engine.clone)
"""Engines that keep their clones."""
HOUSE_DBFS: Final = -20.0
CLIPS: Final = "clips"
SAMPLE: Final = "The quick report is ready: three tasks are done, and two more are waiting for your answer."
_SHORTER: Final = "The report is ready: three tasks are done."
_A_SEMITONE: Final = 0.03  # weighs as much as so much of the embeddings' cosine

Elsewhere = Callable[[str, Sequence[Path], str], Awaitable[str]]
"""Clones at a provider, from name, clips and description; returns the id of the voice there. Raises SynthesisError."""


class CloningError(Exception):
    code: ClassVar[str] = "cloning_failed"
    retryable: ClassVar[bool] = False


class BadName(CloningError):
    code = "voice_name"


class NoConsent(CloningError):
    code = "no_consent"


class VoiceExists(CloningError):
    code = "voice_exists"


class BadVoice(CloningError):
    code = "voice_file"


class CannotWrite(CloningError):
    code = "voices_unwritable"


def consent_text(owner: str) -> str:
    """What whose voice it is says or signs; best at the end of the recording itself."""
    return (
        f"I am {owner}, and this is my voice. I agree that a synthetic voice is made of this recording, and that it speaks on "
        "the phone as I do. I can take this back at any time."
    )


def owner_of(name: str | None, consent: str | None, given: date) -> Owner:
    """Whose voice it is, and what they allowed. Raises NoConsent."""
    if not (name and name.strip() and consent and consent.strip()):
        raise NoConsent("a voice is cloned only with the consent of whose voice it is: say who that is, and what they allowed")
    try:
        return Owner(name=" ".join(name.split()), consent=" ".join(consent.split()), given=given)
    except ValidationError as error:
        problem = error.errors()[0]
        raise NoConsent(f"{problem['loc'][0]}: {problem['msg']}") from error


def check_name(name: str, folder: Path, voices: Mapping[str, Voice], *, replace: bool = False) -> None:
    """May a voice of that name be written into that folder? Raises BadName, VoiceExists."""
    if not ID.fullmatch(name):
        rule = "up to 40 small letters, digits and hyphens, a letter first, as in aunt-ruth"
        raise BadName(f"{name!r} is no name for a voice: {rule}")
    if replace:
        return
    if (folder / f"{name}.yaml").exists():
        raise VoiceExists(f"there is a voice {name!r} already: {folder / name}.yaml")
    if name in voices:
        raise VoiceExists(f"there is a voice {name!r} already, and this one would take its place")


@dataclass(frozen=True)
class Order:
    """What is to be cloned."""

    name: str
    clip: Clip
    owner: Owner
    description: str = ""
    language: str = "en"
    engines: Sequence[str] = FROM_CLIP
    replace: bool = False


@dataclass(frozen=True)
class Means:
    """What it is done with; each may be missing, and then that part is left out."""

    synthesizers: Mapping[str, Synthesizer] = field(default_factory=dict[str, Synthesizer])
    """Engines that can speak here, by name: how loud the clone is on them is measured."""
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict[str, Elsewhere])
    embed: Embed | None = None


@dataclass(frozen=True)
class Cloned:
    voice: Voice
    path: Path
    gains_db: Mapping[str, float]
    """By engine, where it was measured."""
    silent: Mapping[str, str]
    """By engine that could have spoken, and did not: why."""


async def clone(order: Order, folder: Path, voices: Mapping[str, Voice], means: Means) -> Cloned:
    """Writes the voice and its clip into the folder, both whole or not at all.

    `voices` are those there are: the one most like it stands in on engines that cannot clone. Raises CloningError, and
    SynthesisError where a provider refuses.
    """
    await to_thread.run_sync(lambda: check_name(order.name, folder, voices, replace=order.replace))
    parts: dict[str, dict[str, Any]] = {}
    try:
        await to_thread.run_sync(lambda: folder.mkdir(parents=True, exist_ok=True))
        async with TemporaryDirectory(dir=str(folder), prefix=f".{order.name}-") as temporary:
            draft = Path(temporary) / f"{order.name}.yaml"
            clip = draft.parent / CLIPS / f"{order.name}.wav"
            await to_thread.run_sync(_write_clip, clip, order.clip)
            # Nothing is made at a provider for a file that could not be written.
            await to_thread.run_sync(_write, order, draft, {FROM_CLIP[0]: {"clip": f"{CLIPS}/{clip.name}"}}, {}, None)
            for engine in order.engines:
                if keeper := means.elsewhere.get(engine):
                    parts[engine] = {"voice_id": await keeper(order.name, [clip], _description(order))}
                else:
                    parts[engine] = {"clip": f"{CLIPS}/{clip.name}"}
            gains, silent = await _gains(order.name, parts, draft.parent, means.synthesizers)
            like = await _nearest(order, voices, means)
            voice = await to_thread.run_sync(_write, order, draft, parts, gains, like)
            await to_thread.run_sync(_move, draft, folder)
    except OSError as error:
        raise CannotWrite(f"{folder} cannot be written: {error.strerror or error}") from error
    return Cloned(voice, folder / f"{order.name}.yaml", gains, silent)


def _write_clip(path: Path, clip: Clip) -> None:
    path.parent.mkdir()
    write_wav(path, clip.pcm, rate=clip.rate)


async def _gains(
    name: str, parts: Mapping[str, dict[str, Any]], folder: Path, synthesizers: Mapping[str, Synthesizer]
) -> tuple[dict[str, float], dict[str, str]]:
    """What brings it to the house level, by engine; and who did not speak. What an engine makes of the clip stays beside it."""
    gains: dict[str, float] = {}
    silent: dict[str, str] = {}
    for engine, options in parts.items():
        if engine in synthesizers:
            try:
                pcm = await _said(synthesizers[engine], Rendering(name, engine, 0.0, options, folder=folder))
                gains[engine] = round(HOUSE_DBFS - speech_level_dbfs(pcm), 1)
            except SynthesisError as error:
                _log.warning("clone_not_spoken", engine=engine, error=str(error))
                silent[engine] = str(error)
    return gains, silent


async def _said(synthesizer: Synthesizer, rendering: Rendering, text: str = SAMPLE) -> bytes:
    async with aclosing(synthesizer.speak(text, rendering)) as sounds:
        return b"".join([sound.pcm async for sound in sounds])


async def _nearest(order: Order, voices: Mapping[str, Voice], means: Means) -> str | None:
    """The voice most like the clip, of those that are nobody's and that an engine here can speak."""
    scores: dict[str, float] = {}
    heard = order.clip.at_16k
    pitch, who = await to_thread.run_sync(lambda: (pitch_hz(heard), means.embed(heard) if means.embed else None))
    for name, voice in voices.items():
        engine = next((engine for engine in means.synthesizers if engine in voice.renderings), None)
        if engine is None or name in (order.name, CALLER) or voice.owner:
            continue
        try:
            pcm = await _said(means.synthesizers[engine], voice.renderings[engine], _SHORTER)
        except SynthesisError:
            continue
        other, that = await to_thread.run_sync(lambda said=pcm: (pitch_hz(said), means.embed(said) if means.embed else None))
        semitones = abs(12 * math.log2(other / pitch)) if other and pitch else 12.0
        scores[name] = (similarity(who, that) if who is not None and that is not None else 0.0) - _A_SEMITONE * semitones
    return max(scores, key=lambda name: scores[name], default=None)


def _description(order: Order) -> str:
    return order.description or f"The voice of {order.owner.name}."


def _write(order: Order, path: Path, parts: Mapping[str, dict[str, Any]], gains: Mapping[str, float], like: str | None) -> Voice:
    engines = {engine: ({"gain_db": gains[engine]} if engine in gains else {}) | options for engine, options in parts.items()}
    content: dict[str, Any] = {
        "description": _description(order),
        "language": order.language,
        **({"like": like} if like else {}),
        "owner": order.owner.model_dump(exclude_none=True),
        "engines": engines,
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1_000), "utf-8")
    try:
        return load_voice(path)
    except VoiceFileError as error:
        raise BadVoice(str(error).removeprefix(str(path.parent)).lstrip("/\\")) from error


def _move(draft: Path, folder: Path) -> None:
    """The clip and what was made of it first, so that no file ever names a clip that is not there."""
    (folder / CLIPS).mkdir(exist_ok=True)
    for file in sorted((draft.parent / CLIPS).iterdir()):
        file.replace(folder / CLIPS / file.name)
    draft.replace(folder / draft.name)
