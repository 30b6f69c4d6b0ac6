"""Ears and mouths of this machine, chosen by the settings, loaded and warm."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import anyio.from_thread
import anyio.to_thread
import structlog

from orchestrator.config import EarSettings
from voices.catalogue import Catalogue
from voices.engines.whisper_models import download, find
from voices.inventory import Choice, choose_recognizer, choose_synthesizers, stamps
from voices.line_cache import LineCache
from voices.patience import Patience
from voices.recognition import Recognizer
from voices.settings import VoiceSettings
from voices.voice import Voice

log = structlog.get_logger()


async def open_ears(settings: EarSettings, hints: tuple[str, ...], stack: AsyncExitStack) -> tuple[Recognizer, Choice]:
    """Raises RecognizerUnavailable, with how to get it."""
    recognizer, choice = await anyio.to_thread.run_sync(_choose, settings, hints)
    stack.push_async_callback(recognizer.aclose)
    await recognizer.warm()
    _log("recognizer_chosen", choice)
    return recognizer, choice


async def open_voices(
    settings: VoiceSettings, voices: Mapping[str, Voice], stack: AsyncExitStack, folder: Path | None = None
) -> tuple[Catalogue, Choice]:
    """Fixed lines are kept in the folder, if there is one. Raises SynthesizerUnavailable."""
    synthesizers, choice = await anyio.to_thread.run_sync(choose_synthesizers, settings)
    lines = LineCache(folder, settings.cache_mb * 1_000_000) if folder and settings.cache_mb else None
    if lines is not None:
        await lines.open()
    patience = Patience(settings.first_sound_s, settings.first_sound_char_s, stall_s=settings.stall_s)
    known = await anyio.to_thread.run_sync(stamps, settings)
    catalogue = Catalogue(voices, synthesizers, patience=patience, aligns=True, lines=lines, stamps=known)
    stack.push_async_callback(catalogue.aclose)
    await catalogue.warm()
    _log("synthesizer_chosen", choice)
    return catalogue, choice


def _log(event: str, choice: Choice) -> None:
    log.info(event, name=choice.name, why=choice.why, better=choice.better)


def _choose(settings: EarSettings, hints: tuple[str, ...]) -> tuple[Recognizer, Choice]:
    if settings.engine == "whisper" and find(settings.whisper_model) is None:
        _fetch(settings.whisper_model)
    return choose_recognizer(settings.engine, model=settings.whisper_model, hints=hints)


def _fetch(model: str) -> None:
    """Once, at the first start: the model's files, with a bar on the terminal. Raises RecognizerUnavailable offline."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    with Progress(TextColumn("Whisper {task.fields[model]}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()) as bar:
        task = bar.add_task("download", total=None, model=model)
        for step in download(model):
            anyio.from_thread.check_cancelled()  # who stops the server does not wait for the rest
            bar.update(task, completed=step.done, total=step.total)
