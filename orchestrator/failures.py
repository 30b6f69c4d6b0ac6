"""Failures told to people: what went wrong in a sentence, and how it is mended."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from agents.plain_errors import of_system

E = TypeVar("E", bound=BaseException)
BUG: Final = "this is a defect of ours, please report it; PAI_VOICE_LOG__LEVEL=debug shows the whole stack"
PORT: Final = "stop what listens there, or take another port: PAI_VOICE_SERVER__PORT for `serve`, --port for `emulate acs`"


class Failure(NamedTuple):
    what: str
    fix: str


def leaves(group: BaseExceptionGroup[E]) -> Iterator[E]:
    """The errors in a group, however deep."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error


def place(error: BaseException) -> str:
    """The error's type, text and innermost place; a whole traceback would be read from the disk, on the event loop."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else "?"
    return f"{type(error).__name__} at {where}: {error}"[:300]


def failures(error: Exception) -> list[Failure]:
    """One for each different thing that went wrong."""
    each = leaves(error) if isinstance(error, ExceptionGroup) else [error]
    return list(dict.fromkeys(_failure(part) for one in each for part in (one, *getattr(one, "others", ()))))


def _failure(error: Exception) -> Failure:
    fix = _fix(error)
    return Failure(_what(error), fix) if fix else Failure(place(error), BUG)


def _what(error: Exception) -> str:
    """What the system says comes with the name it is about, and without a number."""
    match error:
        case OSError(strerror=str(why)):
            why = of_system(error) or why
            return f"{error.filename}: {why}" if error.filename else why
        case _:
            return str(error)


def _fix(error: Exception) -> str | None:
    """None for what should not happen."""
    from agents.errors import AgentError, FileError
    from orchestrator.errors import HouseError
    from telephony.line import LineError
    from voices.audio import AudioError
    from voices.recognition import RecognitionError
    from voices.synthesis import SynthesisError
    from voices.vad import VadUnavailable
    from voices.voice import VoiceFileError

    match error:
        case HouseError():
            return error.fix
        case FileError() if not error.path.is_file():
            return "give the path of a file that is there and can be read"
        case FileError():
            return f"edit {error.path}, line {error.line}"
        case VoiceFileError():
            return f"edit {error.path}, line {error.line}"
        case AgentError():
            return "correct that; `pai-voice doctor` checks all agents and voices"
        case RecognitionError() | SynthesisError() | VadUnavailable():
            return "install what is missing; `pai-voice doctor` shows what is here"
        case AudioError():
            return "give a PCM wav; any rate will do, mono or stereo"
        case LineError():
            return "see that the other end runs and has the same key; `pai-voice doctor` checks ours"
        case OSError(errno=errno.EADDRINUSE):
            return PORT
        case OSError():
            return "see that the path, the address and the rights to it are right"
        case _:
            return None
