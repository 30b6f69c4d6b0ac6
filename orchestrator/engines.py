"""Ears and mouths of this machine, chosen by the settings, loaded and warm."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import anyio.from_thread
import anyio.to_thread
import structlog

from voices.beside import beside
from voices.catalogue import Catalogue
from voices.engine import Engine
from voices.engines.registry import RECOGNIZERS_BY_NAME
from voices.inventory import Choice, choose_recognizer, choose_synthesizers, stamps
from voices.line_cache import LineCache
from voices.patience import Patience
from voices.recognition import Recognizer
from voices.settings import EarSettings, VoiceSettings
from voices.spoken_form import SpokenWords
from voices.synthesis import Maintained
from voices.voice import Voice

log = structlog.get_logger()


async def open_ears(settings: EarSettings, stack: AsyncExitStack) -> tuple[Recognizer, Choice]:
    """Raises RecognizerUnavailable, with how to get it."""
    recognizer, choice = await anyio.to_thread.run_sync(_choose, settings)
    stack.push_async_callback(recognizer.aclose)
    await recognizer.warm()
    _log("recognizer_chosen", choice)
    return recognizer, choice


async def open_voices(
    settings: VoiceSettings, voices: Mapping[str, Voice], words: SpokenWords, stack: AsyncExitStack, folder: Path | None = None
) -> tuple[Catalogue, Choice]:
    """Fixed lines are kept in the folder, if there is one. Raises SynthesizerUnavailable."""
    await anyio.to_thread.run_sync(words, "1", "en", frozenset[str]())  # loads what reads numbers
    synthesizers, choice = await anyio.to_thread.run_sync(choose_synthesizers, settings)
    lines = LineCache(folder, settings.cache_mb * 1_000_000) if folder and settings.cache_mb else None
    if lines is not None:
        await lines.open()
    patience = Patience(settings.first_sound_s, settings.first_sound_char_s, stall_s=settings.stall_s)
    known = await anyio.to_thread.run_sync(stamps, settings)
    catalogue = Catalogue(voices, synthesizers, words=words, patience=patience, aligns=True, lines=lines, stamps=known)
    stack.push_async_callback(catalogue.aclose)
    await catalogue.warm()
    tasks = await stack.enter_async_context(beside())
    for one in synthesizers:
        if isinstance(one, Maintained):
            tasks.start_soon(one.maintain)
    _log("synthesizer_chosen", choice)
    return catalogue, choice


def _log(event: str, choice: Choice) -> None:
    log.info(event, name=choice.name, why=choice.why, better=choice.better)


def _choose(settings: EarSettings) -> tuple[Recognizer, Choice]:
    engine = RECOGNIZERS_BY_NAME[settings.engine]
    if engine.missing(settings):
        _fetch(engine, settings)
    return choose_recognizer(settings)


def _fetch(engine: Engine[Recognizer], settings: EarSettings) -> None:
    """Once, at the first start: the model's files, with a bar on the terminal. Raises RecognizerUnavailable offline."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    if engine.fetch is None:
        return
    columns = (TextColumn("{task.fields[name]}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("download", total=None, name=f"{engine.name} {settings.model}")
        for step in engine.fetch(settings):
            anyio.from_thread.check_cancelled()  # who stops the server does not wait for the rest
            bar.update(task, completed=step.done, total=step.total)
