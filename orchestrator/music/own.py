"""The user's own music: a folder of sound files, those to the mood first. Wav by ourselves, anything else by ffmpeg."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from orchestrator.errors import MusicUnavailable
from orchestrator.music.loop import LONGEST_S, Music, TooShort, closed
from orchestrator.music.mood import Mood
from voices.audio import RATE, AudioError, read_wav

KINDS: Final = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a"})
LARGEST_WAV: Final = 64_000_000  # six minutes of a CD; more is read by ffmpeg, which stops in time
DECODED_S: Final = 30.0


class OwnMusic:
    """A file is to a mood if its name, or a folder's on the way to it, has the mood as a word; the seed picks among those."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def bed(self, mood: Mood, seed: int) -> Music:
        file = await anyio.to_thread.run_sync(self._picked, mood, seed)
        pcm = await _pcm(file)
        try:
            return await anyio.to_thread.run_sync(lambda: Music.of(file.stem, closed(pcm)))
        except TooShort as error:
            raise MusicUnavailable(str(error), "put longer files there") from error

    def _picked(self, mood: Mood, seed: int) -> Path:
        folder = self._folder.absolute()  # so that no file's name looks like an option to ffmpeg
        try:
            files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS and path.is_file())
        except OSError as error:
            raise MusicUnavailable(f"{folder}: {error.strerror or error}") from error
        if not files:
            raise MusicUnavailable(f"{folder}: there is no music ({', '.join(sorted(KINDS))})")
        fitting = [path for path in files if mood in _words(path.relative_to(folder))] or files
        return fitting[seed % len(fitting)]


def _words(path: Path) -> list[str]:
    return re.findall(r"[a-z]+", str(path.with_suffix("")).casefold())


async def _pcm(file: Path) -> bytes:
    if file.suffix.lower() == ".wav":
        try:
            if (await anyio.Path(file).stat()).st_size <= LARGEST_WAV:
                return await anyio.to_thread.run_sync(read_wav, file)
        except (AudioError, OSError) as error:
            raise MusicUnavailable(str(error)) from error
    return await _decoded(file)


async def _decoded(file: Path) -> bytes:
    ffmpeg = await anyio.to_thread.run_sync(shutil.which, "ffmpeg")
    if ffmpeg is None:
        raise MusicUnavailable(
            f"{file}: only ffmpeg can read it, and it is not installed", "install ffmpeg, or use shorter wav files"
        )
    form = ("-t", str(LONGEST_S), "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-")
    command = [ffmpeg, "-nostdin", "-v", "error", "-i", str(file), *form]
    try:
        with anyio.fail_after(DECODED_S):
            done = await anyio.run_process(command, stdin=subprocess.DEVNULL, check=False)
    except (TimeoutError, OSError) as error:
        raise MusicUnavailable(f"{file}: ffmpeg did not read it in {DECODED_S:g} s") from error
    if done.returncode:
        raise MusicUnavailable(f"{file}: ffmpeg cannot read it: {done.stderr.decode(errors='replace').strip()[-200:]}")
    return done.stdout
