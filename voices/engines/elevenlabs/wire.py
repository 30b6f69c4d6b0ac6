"""What is said on ElevenLabs' WebSockets, as elevenlabs 2.78 and its API reference document it; nothing here opens one.

SpeechContexts      text-to-speech, several contexts: one voice for each socket, one context for each sentence
DialogueContexts    text-to-dialogue, several contexts: any voice on one socket, one context for each sentence
Dialogue            text-to-dialogue without contexts: one sentence at a time, and only closing the socket stops it
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import urlencode

from agents import bounds
from voices.engines.elevenlabs.errors import plain, refused
from voices.engines.elevenlabs.models import MODELS, ModelName
from voices.synthesis import SynthesisError, SynthesizerFailed

LONGEST_MESSAGE: Final = 4 * 1024 * 1024
"""Bytes: 90 s of sound at once. A message that is longer is refused."""
FORMAT: Final = "pcm_16000"
_KEEP_ALIVE: Final = "keep-alive"
_MAGIC: Final = (b"RIFF", b"ID3", b"OggS", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


@dataclass(frozen=True, slots=True)
class Order:
    """One sentence, as it is sent."""

    text: str
    voice: str
    model: ModelName
    language: str | None = None
    """ISO 639-1."""
    settings: Mapping[str, float | bool] = field(default_factory=dict[str, "float | bool"])


@dataclass(frozen=True, slots=True)
class Message:
    """One answer, whatever the socket."""

    context: str | None = None
    pcm: bytes = b""
    chars: Sequence[str] = ()
    starts_s: Sequence[float] = ()
    """When each of `chars` begins, from the first sample of this message's sound."""
    done: bool = False
    """All sound of the sentence has come."""
    closed: bool = False
    """The context is no more."""
    error: SynthesisError | None = None


class Dialect(ABC):
    rooms: int = 3
    """The most contexts open at once; the server allows five."""
    silent_s: float = 20.0
    """The server closes a socket on which nothing is sent for longer."""
    session: bool = True
    """An open socket is one of the plan's sessions, even when nothing is said on it."""
    labelled: bool = True
    """Messages name their context."""
    ends_when_closed: bool = False
    """A sentence's end is told only after its context is closed; what was flushed before is still spoken."""

    @abstractmethod
    def key(self, order: Order) -> tuple[str, ...]:
        """Sentences of the same key may share a socket."""

    @abstractmethod
    def path(self, order: Order) -> str: ...

    def hello(self, order: Order, voices: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """What opens the socket, for the voices that may be heard on it."""
        return ()

    @abstractmethod
    def begin(self, context: str, order: Order) -> Sequence[Mapping[str, Any]]: ...

    def close(self, context: str) -> Mapping[str, Any] | None:
        """Ends a context, or stops it; None if only closing the socket does."""
        return {"context_id": context, "close_context": True} if self.labelled else None

    @abstractmethod
    def keep_alive(self) -> Mapping[str, Any]: ...


class SpeechContexts(Dialect):
    silent_s = 180.0  # the longest `inactivity_timeout`
    session = False
    ends_when_closed = True

    def key(self, order: Order) -> tuple[str, ...]:
        return "speech", order.model, order.language or "", order.voice

    def path(self, order: Order) -> str:
        query = {"auto_mode": "true", "inactivity_timeout": int(self.silent_s)}
        return f"/v1/text-to-speech/{order.voice}/multi-stream-input?{_query(order, **query)}"

    def begin(self, context: str, order: Order) -> Sequence[Mapping[str, Any]]:
        opening = {"text": " ", "context_id": context, **_settings(order)}
        return opening, {"text": f"{order.text} ", "context_id": context, "flush": True}

    def keep_alive(self) -> Mapping[str, Any]:
        return {"text": ""}  # with the id of a context that is not open it would open one


class DialogueContexts(Dialect):
    rooms = 3  # and one that keeps the socket alive

    def key(self, order: Order) -> tuple[str, ...]:
        return "dialogue", order.model, order.language or ""

    def path(self, order: Order) -> str:
        return f"/v1/text-to-dialogue/multi-stream-input?{_query(order)}"

    def hello(self, order: Order, voices: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        return ({"context_id": _KEEP_ALIVE, "voices": voices[:1]},)  # a keep-alive must name a context that is open

    def begin(self, context: str, order: Order) -> Sequence[Mapping[str, Any]]:
        opening = {"context_id": context, "voices": [order.voice], **_settings(order)}
        inputs = {"context_id": context, "inputs": [{"text": f"{order.text} ", "voice_id": order.voice}]}
        return opening, inputs, {"context_id": context, "flush": True}

    def keep_alive(self) -> Mapping[str, Any]:
        return {"context_id": _KEEP_ALIVE, "keep_alive": True}


class Dialogue(Dialect):
    rooms = 1
    labelled = False

    def key(self, order: Order) -> tuple[str, ...]:
        # Voice settings are said once for a socket, and the voices too, of which some models allow one.
        alone = (order.voice,) if MODELS[order.model].voices == 1 else ()
        return "dialogue alone", order.model, order.language or "", json.dumps(dict(order.settings), sort_keys=True), *alone

    def path(self, order: Order) -> str:
        return f"/v1/text-to-dialogue/stream-input?{_query(order)}"

    def hello(self, order: Order, voices: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        return ({"voices": list(voices), **_settings(order)},)

    def begin(self, context: str, order: Order) -> Sequence[Mapping[str, Any]]:
        return {"inputs": [{"text": f"{order.text} ", "voice_id": order.voice, "new_turn": True}]}, {"flush": True}

    def keep_alive(self) -> Mapping[str, Any]:
        return {"keep_alive": True}


def _settings(order: Order) -> dict[str, Any]:
    return {"voice_settings": order.settings} if order.settings else {}


def _query(order: Order, **more: Any) -> str:
    language = {"language_code": order.language} if order.language else {}
    return urlencode({"model_id": order.model, "output_format": FORMAT, "sync_alignment": "true", **language, **more})


def read(raw: str | bytes) -> Message:
    """Raises SynthesizerFailed for what is not of the protocol."""
    if isinstance(raw, bytes):
        raise SynthesizerFailed(f"ElevenLabs sent {len(raw)} bytes where JSON belongs; look at `base_url`")
    fields = parsed(raw)
    context = fields.get("contextId", fields.get("context_id"))
    message = Message(context if isinstance(context, str) else None)
    if fields.get("error"):
        error = refused(_number(fields.get("code")), str(fields["error"]), str(fields.get("message") or fields["error"]))
        return Message(message.context, done=True, error=error)
    closed = fields.get("isFinal", fields.get("is_final")) is True
    done = closed or fields.get("is_final_audio_for_turn") is True
    chars, starts = aligned(fields.get("alignment"), "chars", ("charStartTimesMs", "char_start_times_ms"))
    return Message(message.context, sound(fields.get("audio")), chars, [at / 1_000 for at in starts], done, closed)


def parsed(raw: str | bytes) -> dict[str, Any]:
    """A JSON object. Raises SynthesizerFailed."""
    try:
        fields: Any = bounds.data(raw)
    except ValueError as error:
        raise SynthesizerFailed(f"ElevenLabs sent no JSON but {plain(str(raw[:60]))!r}; look at `base_url`") from error
    if not isinstance(fields, dict):
        raise SynthesizerFailed(f"ElevenLabs sent {type(fields).__name__} where an object belongs; look at `base_url`")
    return cast("dict[str, Any]", fields)


def sound(audio: object) -> bytes:
    """The samples of a message; none if it has none. Raises SynthesizerFailed."""
    if not audio:
        return b""
    try:
        return b64decode(str(audio), validate=True)
    except (Base64Error, ValueError) as error:
        raise SynthesizerFailed("ElevenLabs sent sound that is not base64") from error


def check_format(pcm: bytes) -> None:
    """Looks at the beginning of a sentence's sound. Raises SynthesizerFailed for a file's header in it."""
    if pcm.startswith(_MAGIC):
        raise SynthesizerFailed(f"ElevenLabs sent a file ({pcm[:4]!r}) where {FORMAT} was asked for")


def aligned(alignment: object, chars: str, starts: Sequence[str]) -> tuple[list[str], list[float]]:
    """Characters and their times; none of them if they are not what they should be, as speech is no worse without."""
    if not isinstance(alignment, dict):
        return [], []
    fields = cast("dict[str, Any]", alignment)
    spelt, times = fields.get(chars), next((fields[name] for name in starts if name in fields), None)
    if not isinstance(spelt, list) or not isinstance(times, list):
        return [], []
    numbers = [float(at) for at in cast("list[Any]", times) if isinstance(at, int | float)]
    spellings = [one for one in cast("list[Any]", spelt) if isinstance(one, str)]
    return (spellings, numbers) if len(spellings) == len(numbers) else ([], [])


def _number(code: object) -> int:
    return code if isinstance(code, int) else 0
