"""`pai-voice speech-server`: clips for the voices of this machine, then Chatterbox's server in its own environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog
from anyio import to_thread

import voices.speech_server
from orchestrator.config import Settings, surroundings
from orchestrator.errors import SpeechServerMissing
from orchestrator.rosters import ROOT, voice_folders
from voices.audio import write_wav
from voices.catalogue import CALLER, Catalogue
from voices.engines import chatterbox
from voices.engines.chatterbox import ChatterboxSettings
from voices.engines.registry import SYNTHESIZERS
from voices.inventory import choose_synthesizers
from voices.speech_server.key import KEY
from voices.synthesis import Sound, SynthesisError
from voices.voice import Voice, load_voices

log = structlog.get_logger()

PYTHON: Final = ROOT / ".venv-speech" / "bin" / "python"
_PASSAGE: Final = (
    "The North Wind and the Sun were disputing which was the stronger, when a traveller came along, wrapped in a warm cloak. "
    "They agreed that the one who first made the traveller take his cloak off should be considered stronger than the other."
)
"""Of the phonetic association, with all sounds of English: 10 to 15 s."""


def server_python(model: str, python: Path | None) -> Path:
    """The interpreter of the server's environment; our own for tones, which need nothing. Raises SpeechServerMissing."""
    found = python or (Path(sys.executable) if model == "tones" else PYTHON)
    if not found.is_file():
        raise SpeechServerMissing(
            f"the speech server's own environment is not there: {found}",
            "run `make speech-server` in the folder of PAI Voice, or name its interpreter with --python",
        )
    return found


def server_key(settings: Settings) -> str:
    """The bearer key that calls will send, and the server is to want."""
    section = settings.voices.of(chatterbox.ENGINE.name)
    return section.key.get_secret_value() if isinstance(section, ChatterboxSettings) else ""


async def server_arguments(settings: Settings) -> list[str]:
    """What tells the server of the voices; makes a clip for each that has none. Raises VoiceFileError, SynthesisError."""
    folder = settings.home / "speech-server"
    folders = voice_folders(settings)
    await _make_clips(settings, await to_thread.run_sync(load_voices, *folders), folder / "clips")
    named = [part for each in folders for part in ("--voices", str(each))]
    return [*named, "--clips", str(folder / "clips"), "--cache", str(folder / "conditionals")]


def become_server(python: Path, arguments: Sequence[str], key: str) -> None:
    """Replaces this process. Isolated, so that of our own environment only the package `voices` is seen there."""
    main = Path(voices.speech_server.__file__).with_name("__main__.py")
    command = [str(python), "-I", "-u", str(main), *arguments]
    sys.stdout.flush()
    os.execve(python, command, surroundings() | {KEY: key})


async def _make_clips(settings: Settings, known: dict[str, Voice], folder: Path) -> None:
    """Of each voice without a clip of its own, spoken by the best engine of this machine; kept until the voice's file changes."""
    without = {name: voice for name, voice in known.items() if name != CALLER and not _own_clip(voice)}
    here = [engine.name for engine in SYNTHESIZERS if not engine.any_voice and not engine.usd_per_1000_chars]
    engines = [name for name in settings.voices.engines if name in here] or here
    synthesizers, _ = await to_thread.run_sync(
        choose_synthesizers, settings.voices.model_copy(update={"engines": tuple(engines)})
    )
    catalogue = Catalogue(known, synthesizers)
    try:
        await catalogue.warm()
        for name in without:
            engine, rendering = catalogue.renderings(name)[0]
            path, made_of = folder / f"{name}.wav", f"{engine.name} {rendering.digest}"
            if not await to_thread.run_sync(_is_of, path, made_of):
                try:
                    pcm = b"".join([part.pcm async for part in catalogue.speak(_PASSAGE, name) if isinstance(part, Sound)])
                except SynthesisError as error:
                    log.warning("clip_not_made", voice=name, error=str(error))
                    continue
                await to_thread.run_sync(_write, path, made_of, pcm)
                log.info("clip_made", voice=name, engine=engine.name)
    finally:
        await catalogue.aclose()


def _own_clip(voice: Voice) -> bool:
    own = voice.renderings.get("chatterbox")
    return bool(own and own.options.get("clip"))


def _is_of(path: Path, made_of: str) -> bool:
    key = path.with_suffix(".key")
    return path.is_file() and key.is_file() and key.read_text("utf-8") == made_of


def _write(path: Path, made_of: str, pcm: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, pcm)
    path.with_suffix(".key").write_text(made_of, "utf-8")
