"""A call as it was recorded: out of the data folder, out of another folder, or out of a bundle that `calls export` wrote."""

from __future__ import annotations

import io
import wave
import zipfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from orchestrator.config import Settings
from orchestrator.errors import JournalUnreadable, NoSuchCall, NoSuchRecording
from orchestrator.events import Entry
from orchestrator.history import entries_in, folder_of
from orchestrator.journal import JOURNAL, RECORDING, parsed, read
from voices.audio import RATE, samples

AGENTS: Final = "agents"  # the folder in a bundle that holds the agents of whoever made it
SUMMARY: Final = "summary.json"  # that the demo writes
LARGEST: Final = 2**30  # bytes that one file of a bundle may unpack to: over four hours of sound


@dataclass(frozen=True)
class Recorded:
    name: str
    entries: list[Entry]
    wav: bytes | None
    """The recording, left the caller; None where there is none."""
    summary: bytes | None = None
    agents: Mapping[str, str] = field(default_factory=dict[str, str])
    """The agents' files that came with it, by file name."""

    def caller(self) -> bytes:
        """The caller's side: 16 kHz mono s16, from the journal's second 0 on. Raises NoSuchRecording."""
        if self.wav is None:
            raise NoSuchRecording(f"the call {self.name} has no {RECORDING}")
        try:
            with wave.open(io.BytesIO(self.wav)) as sound:
                if (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) != (2, 2, RATE):
                    raise NoSuchRecording(f"{RECORDING} of the call {self.name} is not stereo at {RATE} Hz, as we record")
                return samples(sound.readframes(sound.getnframes()))[0::2].tobytes()
        except (wave.Error, EOFError) as error:
            raise NoSuchRecording(f"{RECORDING} of the call {self.name} cannot be read: {error}") from error


def recorded(settings: Settings, which: str) -> Recorded:
    """How a call's name begins, `last`, a bundle, a journal's file, or a folder with a journal in it.

    Raises NoSuchCall, JournalUnreadable, NoSuchRecording.
    """
    path = Path(which)
    if path.suffix == ".zip":
        return _bundled(path)
    if path.suffix == ".jsonl" and path.is_file():
        return _of_journal(path)
    return _in_folder(path if (path / JOURNAL).is_file() else folder_of(settings, which))


@contextmanager
def with_its_agents(call: Recorded, settings: Settings) -> Generator[Settings]:
    """The settings, with the agents that came with the call under this machine's own: of one id, those of here count."""
    with TemporaryDirectory(prefix="pai-voice-") as folder:
        for name, text in call.agents.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        yield settings.model_copy(update={"agents": (Path(folder), *settings.agents)})


def _in_folder(folder: Path) -> Recorded:
    sound, summary = (folder / name for name in (RECORDING, SUMMARY))
    agents = {file.name: file.read_text("utf-8", "replace") for file in sorted((folder / AGENTS).glob("*.yaml"))}
    wav, page = (file.read_bytes() if file.is_file() else None for file in (sound, summary))
    return Recorded(folder.resolve().name, entries_in(folder), wav, page, agents)


def _of_journal(path: Path) -> Recorded:
    """A journal of any name, with the sound of that name beside it."""
    wav = path.with_suffix(".wav") if path.name != JOURNAL else path.with_name(RECORDING)
    try:
        entries = list(read(path))
    except (OSError, ValueError) as error:
        raise JournalUnreadable(str(error)) from error
    return Recorded(path.stem, entries, wav.read_bytes() if wav.is_file() else None)


def _bundled(path: Path) -> Recorded:
    try:
        with zipfile.ZipFile(path) as bundle:
            files = {info.filename: bundle.read(info) for info in bundle.infolist() if _ours(info)}
    except FileNotFoundError as error:
        raise NoSuchCall(f"there is no file {path}") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise NoSuchCall(f"{path} is no bundle: {error}", "give a file that `pai-voice calls export` wrote") from error
    if JOURNAL not in files:
        raise NoSuchCall(f"{path} is no bundle: there is no {JOURNAL} in it", "give a file that `pai-voice calls export` wrote")
    try:
        entries = list(parsed(files[JOURNAL], f"{path}/{JOURNAL}"))
    except ValueError as error:
        raise JournalUnreadable(str(error)) from error
    agents = {Path(name).name: text.decode("utf-8", "replace") for name, text in files.items() if name.startswith(f"{AGENTS}/")}
    return Recorded(path.stem, entries, files.get(RECORDING), files.get(SUMMARY), agents)


def _ours(info: zipfile.ZipInfo) -> bool:
    """Only what we put into bundles is read, by its name: a bundle comes from elsewhere."""
    folder, _, name = info.filename.rpartition("/")
    known = info.filename in (JOURNAL, RECORDING, SUMMARY) or (folder == AGENTS and name.endswith(".yaml"))
    return known and info.file_size <= LARGEST
