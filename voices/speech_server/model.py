"""What the server asks of a speech model, and the errors that a client sees.

ServerError
├── BadRequest       400  the request is wrong, in `param`
├── WrongKey         401
├── NoSuchVoice      404
├── QueueFull        429  too many sentences wait
├── SentenceFailed   500  the model broke on this sentence
└── NotReady         503  the model is loading, or cannot be loaded
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]


class ServerError(Exception):
    status: ClassVar[int] = 500
    kind: ClassVar[str] = "server_error"
    """OpenAI's `type` of an error."""
    code: ClassVar[str] = "server_error"

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class BadRequest(ServerError):
    status, kind, code = 400, "invalid_request_error", "invalid_value"


class WrongKey(ServerError):
    status, kind, code = 401, "invalid_request_error", "invalid_api_key"


class NoSuchVoice(ServerError):
    status, kind, code = 404, "invalid_request_error", "voice_not_found"


class QueueFull(ServerError):
    status, kind, code = 429, "rate_limit_error", "queue_full"


class SentenceFailed(ServerError):
    code = "sentence_failed"


class NotReady(ServerError):
    status, code = 503, "not_ready"


class Stopped(Exception):
    """Nobody waits for this sentence any more."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a sentence is said; None is the model's own default."""

    exaggeration: float | None = None
    cfg_weight: float | None = None
    temperature: float | None = None
    seed: int | None = None
    speed: float = 1.0
    language: str = "en"


class SpeechModel(Protocol):
    """One loaded model, used by one thread at a time. Its conditionals are what it makes of a voice's clip."""

    @property
    def key(self) -> str:
        """Names the model and its version: part of the name under which conditionals are kept."""
        ...

    @property
    def device(self) -> str: ...

    @property
    def rate(self) -> int:
        """Samples per second of what it makes."""
        ...

    def prepare(self, clip: Path) -> Any:
        """The clip's conditionals. Raises BadRequest when the clip cannot be used."""
        ...

    def save(self, conditionals: Any, path: Path) -> None: ...

    def load(self, path: Path) -> Any:
        """What `save` wrote. Raises any Exception when the file is damaged."""
        ...

    def speak(self, text: str, conditionals: Any, style: Style, stopped: threading.Event) -> Sound:
        """One sentence, mono, -1 to 1. Raises Stopped soon after the event is set, and SentenceFailed."""
        ...

    def memory_bytes(self) -> int | None:
        """What it holds of the device's memory, where that is known."""
        ...

    def close(self) -> None:
        """Free the device's memory; the model is not used again."""
        ...
