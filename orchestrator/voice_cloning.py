"""`pai-voice voices clone`: asks for consent, checks the clip, fetches what is missing, and writes the voice."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from orchestrator.config import Settings
from orchestrator.terminal import fail, run, screen, tell
from voices import cloning, similarity
from voices.clip import Clip, ClipError, prepare
from voices.clip_measures import Embed
from voices.cloning import ELSEWHERE, FROM_CLIP, Cloned, CloningError, Elsewhere, Means, Order, check_name, consent_text, owner_of
from voices.downloads import DownloadError, fetch, find
from voices.engines import pocket
from voices.engines.registry import BY_NAME
from voices.synthesis import SynthesisError, Synthesizer, SynthesizerUnavailable
from voices.voice import Owner, Voice, VoiceFileError, load_voices


def clone(
    settings: Settings,
    name: str,
    clip: Path,
    engine: list[str] | None,
    owner: str | None,
    consent: str | None,
    description: str,
    language: str,
    *,
    anyway: bool,
    over: bool,
) -> None:
    """As the command says; what it cannot do ends the process, with the fix."""
    folder = settings.voices.folders[0]
    try:
        voices = _voices(settings)
        check_name(name, folder, voices, replace=over)
        engines = _engines(settings, engine)
        embed = _embedder()
        checked = _checked(clip, embed, anyway=anyway)
        whose = _consent(owner, consent)
        if "pocket" in engines:
            _fetch(settings)
        order = Order(name, checked, whose, description, language, engines, over)
        able, left_out = _able(settings, order.engines)
        means = Means(able, _keepers(settings, order.engines), embed)
        cloned = run(lambda: _cloned(order, folder, voices, means, left_out))
    except (CloningError, DownloadError) as error:
        fail(str(error), _FIXES.get(error.code, "do as it says, and try again"))
    except SynthesisError as error:
        fail(str(error), "`pai-voice doctor` shows which engines work here; leave that one out with --engine")
    _show(cloned, order, left_out)


_FIXES = {
    "voice_name": "give another name",
    "voice_exists": "give another name, or --replace",
    "no_consent": "give --owner \"Ruth Example\" and --consent \"what she allowed\"",
    "voice_file": "correct --language (en, en-GB, de) or --description (up to 200 characters)",
    "voices_unwritable": "name another folder: PAI_VOICE_VOICES, or `folders` in [voices]",
}  # fmt: skip


def _voices(settings: Settings) -> dict[str, Voice]:
    try:
        return load_voices(*settings.voices.folders)
    except VoiceFileError as error:
        fail(str(error), "correct that; `pai-voice doctor` checks all agents and voices")


def _engines(settings: Settings, wanted: list[str] | None) -> tuple[str, ...]:
    for name in wanted or ():
        if name not in (*FROM_CLIP, *ELSEWHERE):
            fail(f"the engine {name!r} clones no voices", f"these do: {', '.join((*FROM_CLIP, *ELSEWHERE))}")
        if name in ELSEWHERE and (reason := BY_NAME[name].missing(settings.voices.of(name))):
            fail(f"{name} cannot be asked: {reason}", "do that, or leave it out")
    return tuple(dict.fromkeys(wanted or FROM_CLIP))


def _embedder() -> Embed | None:
    if reason := similarity.missing():
        screen.print(f"nobody checks whether one person speaks: {reason}")
        return None
    return similarity.Embedder().embed


def _checked(path: Path, embed: Embed | None, *, anyway: bool) -> Clip:
    try:
        return prepare(path, embed=embed, accept=anyway)
    except ClipError as error:
        *others, last = error.complaints
        for complaint in others:
            tell(complaint.text, "see there")
        acceptable = not any(complaint.fatal for complaint in error.complaints)
        fail(last.text, "record it again" + (", or take it as it is: --anyway" if acceptable else ""))


def _consent(owner: str | None, consent: str | None) -> Owner:
    """As given; where a person sits there, they are asked."""
    if _somebody_is_there() and not (owner and consent):
        owner = owner or typer.prompt("Whose voice is it? Their name")
        words = consent_text(owner or "")
        screen.print(f"\nA voice belongs to who has it. {owner} says or signs, best at the end of the recording:\n\n  {words}\n")
        if not typer.confirm(f"Did {owner} agree to that?"):
            fail("nothing was made: there is no consent", f"ask {owner}, then try again")
        consent = words
    return owner_of(owner, consent, date.today())


def _somebody_is_there() -> bool:
    return sys.stdin.isatty() and screen.is_terminal


def _fetch(settings: Settings) -> None:
    """The weights, once, with a bar."""
    section: Any = settings.voices.of("pocket")
    folder = section.folder.expanduser()
    if find(pocket.WEIGHTS, folder):
        return
    screen.print("The weights of pocket-tts are fetched once (98 MB). They are Kyutai's, CC-BY-4.0; cloning without consent,")
    screen.print("deception and fraudulent calls are prohibited: https://huggingface.co/kyutai/pocket-tts")
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as bar:
        task = bar.add_task("pocket-tts", total=pocket.WEIGHTS.size)
        for told in fetch(pocket.WEIGHTS, folder, base_url=section.mirror):
            bar.update(task, completed=told.done)


def _able(settings: Settings, engines: Sequence[str]) -> tuple[dict[str, Synthesizer], dict[str, str]]:
    """The engines that work here, of those for which it is cloned and of those that speak the shipped voices; and why not."""
    able: dict[str, Synthesizer] = {}
    left_out: dict[str, str] = {}
    for name in dict.fromkeys((*engines, *(name for name in BY_NAME if name not in (*FROM_CLIP, *ELSEWHERE)))):
        section = settings.voices.of(name)
        if reason := BY_NAME[name].missing(section):
            left_out[name] = reason
        else:
            able[name] = BY_NAME[name].make(section)
    return able, left_out


def _keepers(settings: Settings, engines: Sequence[str]) -> dict[str, Elsewhere]:
    return {name: partial(maker, settings.voices.of(name)) for name in engines if (maker := BY_NAME[name].clone)}


async def _cloned(order: Order, folder: Path, voices: dict[str, Voice], means: Means, left_out: dict[str, str]) -> Cloned:
    async with AsyncExitStack() as stack:
        warm: dict[str, Synthesizer] = {}
        for name, synthesizer in means.synthesizers.items():
            stack.push_async_callback(synthesizer.aclose)
            try:
                await synthesizer.warm()
                warm[name] = synthesizer
            except SynthesizerUnavailable as error:
                left_out[name] = str(error)
        return await cloning.clone(order, folder, voices, replace(means, synthesizers=warm))


def _show(cloned: Cloned, order: Order, left_out: dict[str, str]) -> None:
    screen.print(f"{cloned.path} is written; an agent takes it with `voice: {cloned.voice.id}`")
    for note in order.clip.notes:
        screen.print(f"the clip: {note}")
    for engine, gain_db in cloned.gains_db.items():
        screen.print(f"{engine}: it speaks; its level was brought to that of the others ({gain_db:+.1f} dB)")
    for engine, reason in {**left_out, **cloned.silent}.items():
        if engine in order.engines:
            screen.print(f"{engine}: it could not speak yet, so its level is not known ({reason})")
    if cloned.voice.like:
        screen.print(f"engines that cannot clone it speak as {cloned.voice.like}, the voice most like it")
