"""`pai-voice voices clone`: asks for consent, checks the clip, fetches what is missing, and writes the voice."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.terminal import configured, fail, run, screen, tell

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from orchestrator.config import Settings
    from voices.clip import Clip
    from voices.cloning import Cloned, Means, Order
    from voices.voice import Owner, Voice


def clone(
    name: Annotated[str, typer.Argument(help="Of the new voice, as agents will name it: aunt-ruth.")],
    clip: Annotated[Path, typer.Argument(help="A wav with 5 to 15 s of one person's speech, in a quiet room.")],
    engine: Annotated[
        list[str] | None,
        typer.Option(help="Only for pocket, chatterbox or elevenlabs; repeatable. Else all that need no key."),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Whose voice it is: their name.")] = None,
    consent: Annotated[str | None, typer.Option(help="What they allowed, in their words.")] = None,
    description: Annotated[str | None, typer.Option(help="What the voice is like.")] = None,
    language: Annotated[str, typer.Option(help="What it speaks: en, en-GB, de.")] = "en",
    anyway: Annotated[bool, typer.Option("--anyway", help="Also of a clip that is noisy, clipped, or of two people.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="In place of a voice of that name.")] = False,
) -> None:
    """Clone a voice from a recording, with the consent of whose voice it is. Works without a GPU and without an account."""
    settings = configured().settings
    from voices.cloning import CloningError, Order, check_name
    from voices.downloads import DownloadError
    from voices.synthesis import SynthesisError

    folder = settings.voices.folders[0]
    try:
        voices = _voices(settings)
        check_name(name, folder, voices, replace=replace)
        engines = _engines(settings, engine)
        checked = _checked(clip, anyway=anyway)
        whose = _consent(owner, consent)
        if "pocket" in engines:
            _fetch(settings)
        order = Order(name, checked, whose, description or "", language, engines, replace)
        cloned, left_out = run(lambda: _cloned(settings, order, folder, voices))
    except (CloningError, DownloadError) as error:
        fail(str(error), _FIXES.get(error.code, "do as it says, and try again"))
    except SynthesisError as error:
        fail(str(error), "`pai-voice doctor` shows which engines work here; leave that one out with --engine")
    _show(cloned, order, left_out)


_FIXES = {
    "voice_name": "give another name",
    "voice_exists": "give another name, or --replace",
    "no_consent": "give --owner \"Ruth Example\" and --consent \"what she allowed\"",
    "voices_unwritable": "name another folder: PAI_VOICE_VOICES, or `folders` in [voices]",
}  # fmt: skip


def _voices(settings: Settings) -> dict[str, Voice]:
    from voices.voice import VoiceFileError, load_voices

    try:
        return load_voices(*settings.voices.folders)
    except VoiceFileError as error:
        fail(str(error), "correct that; `pai-voice doctor` checks all agents and voices")


def _engines(settings: Settings, wanted: list[str] | None) -> tuple[str, ...]:
    from voices.cloning import ELSEWHERE, FROM_CLIP
    from voices.engines.registry import BY_NAME

    for name in wanted or ():
        if name not in (*FROM_CLIP, *ELSEWHERE):
            fail(f"the engine {name!r} clones no voices", f"these do: {', '.join((*FROM_CLIP, *ELSEWHERE))}")
        if name in ELSEWHERE and (reason := BY_NAME[name].missing(settings.voices.of(name))):
            fail(f"{name} cannot be asked: {reason}", "do that, or leave it out")
    return tuple(dict.fromkeys(wanted or FROM_CLIP))


def _checked(path: Path, *, anyway: bool) -> Clip:
    from voices import similarity
    from voices.clip import ClipError, prepare

    reason = similarity.missing()
    if reason:
        screen.print(f"nobody checks whether one person speaks: {reason}")
    try:
        return prepare(path, embed=None if reason else similarity.Embedder().embed, accept=anyway)
    except ClipError as error:
        *others, last = error.complaints
        for complaint in others:
            tell(complaint.text, "see there")
        acceptable = not any(complaint.fatal for complaint in error.complaints)
        fail(last.text, "record it again" + (", or take it as it is: --anyway" if acceptable else ""))


def _consent(owner: str | None, consent: str | None) -> Owner:
    """As given; where a person sits there, they are asked."""
    from voices.cloning import consent_text, owner_of

    if sys.stdin.isatty() and screen.is_terminal and not (owner and consent):
        owner = owner or typer.prompt("Whose voice is it? Their name")
        words = consent_text(owner or "")
        screen.print(f"\nA voice belongs to who has it. {owner} says or signs, best at the end of the recording:\n\n  {words}\n")
        if not typer.confirm(f"Did {owner} agree to that?"):
            fail("nothing was made: there is no consent", f"ask {owner}, then try again")
        consent = words
    return owner_of(owner, consent, date.today())


def _fetch(settings: Settings) -> None:
    """The weights, once, with a bar."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from voices.downloads import fetch, find
    from voices.engines import pocket

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


async def _cloned(settings: Settings, order: Order, folder: Path, voices: dict[str, Voice]) -> tuple[Cloned, dict[str, str]]:
    from voices.cloning import clone as cloning

    left_out: dict[str, str] = {}
    async with _means(settings, order, left_out) as means:
        return await cloning(order, folder, voices, means), left_out


@asynccontextmanager
async def _means(settings: Settings, order: Order, left_out: dict[str, str]) -> AsyncGenerator[Means]:
    """The engines of the order that work here, and the best one that speaks the shipped voices; closed behind it."""
    from functools import partial

    from voices import similarity
    from voices.cloning import FROM_CLIP, Means
    from voices.engines.registry import BY_NAME, SYNTHESIZERS
    from voices.synthesis import Synthesizer, SynthesizerUnavailable

    able: dict[str, Synthesizer] = {}
    keepers = {name: partial(maker, settings.voices.of(name)) for name in order.engines if (maker := BY_NAME[name].clone)}
    shipped = [engine.name for engine in SYNTHESIZERS if engine.name not in FROM_CLIP and not engine.clone]
    async with AsyncExitStack() as stack:
        for name in (*order.engines, *shipped):
            section = settings.voices.of(name)
            if reason := BY_NAME[name].missing(section):
                left_out[name] = reason
                continue
            if name in shipped and set(able) & set(shipped):
                continue
            synthesizer = BY_NAME[name].make(section)
            stack.push_async_callback(synthesizer.aclose)
            try:
                await synthesizer.warm()
                able[name] = synthesizer
            except SynthesizerUnavailable as error:
                left_out[name] = str(error)
        yield Means(able, keepers, None if similarity.missing() else similarity.Embedder().embed)


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
