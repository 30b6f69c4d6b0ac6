"""What ElevenLabs answers when it does not speak, and what to do about it.

SynthesizerUnavailable
└── WrongKey            no sentence will be spoken before there is another one
SynthesizerFailed
├── TooManyRequests     the plan's requests at the same time are used up; one of them ends soon
├── Refused             for a reason that is not known here
├── NoSocket            no WebSocket can be opened here; HTTP may still work
│   └── SocketRefused   not this one, or not for this model
└── SocketClosed        a socket that was open has closed
"""

from __future__ import annotations

from typing import Any, Final, cast

from agents import bounds
from voices.synthesis import SynthesisError, SynthesizerFailed, SynthesizerUnavailable, UnknownVoice

LONGEST_BODY: Final = 65_536
"""Bytes of a refusal that are read."""


class WrongKey(SynthesizerUnavailable):
    """HTTP 401, `invalid_api_key`."""


class TooManyRequests(SynthesizerFailed):
    """HTTP 429, `too_many_concurrent_requests`."""


class Refused(SynthesizerFailed):
    """The message is ElevenLabs' own."""


class NoSocket(SynthesizerFailed):
    """The handshake was refused by something that does not speak ElevenLabs' language, or nothing answered."""


class SocketRefused(NoSocket):
    """The handshake was answered with 4xx."""


class SocketClosed(SynthesizerFailed):
    """Before any sound it may have died between two sentences: a new one may work."""


_KEY: Final = "set another ELEVENLABS_API_KEY, or `key` in [voices.elevenlabs]"
_CREDIT: Final = "add credit or usage-based billing at elevenlabs.io/app/subscription"
_VOICE: Final = "the account's ids are at elevenlabs.io/app/voice-lab; correct `voice_id` in the voice's file"
_ADVICE: Final[dict[str, tuple[type[SynthesisError], str]]] = {
    "invalid_api_key": (WrongKey, f"the key is wrong; {_KEY}"),
    "needs_authorization": (WrongKey, f"the key is missing; {_KEY}"),
    "authentication_required": (WrongKey, f"the key is missing; {_KEY}"),
    "missing_permissions": (SynthesizerUnavailable, "the key may not do this; allow it at elevenlabs.io/app/developers"),
    "quota_exceeded": (SynthesizerUnavailable, f"the account's credit is used up; {_CREDIT}"),
    "insufficient_credits": (SynthesizerUnavailable, f"the account's credit is used up; {_CREDIT}"),
    "payment_required": (SynthesizerUnavailable, f"a payment is due; {_CREDIT}"),
    "voice_not_found": (UnknownVoice, f"there is no such voice in the account, or it was deleted; {_VOICE}"),
    "voice_does_not_exist": (UnknownVoice, f"there is no such voice in the account, or it was deleted; {_VOICE}"),
    "invalid_voice_id": (UnknownVoice, f"this is not a voice's id; {_VOICE}"),
    "voice_limit_reached": (SynthesizerUnavailable, "the plan has no room; delete a voice at elevenlabs.io/app/voice-lab"),
    "can_not_use_instant_voice_cloning": (SynthesizerUnavailable, "the plan has no instant clones; they begin with Starter"),
    "model_not_found": (SynthesizerUnavailable, "there is no such model for this account; choose another `model`"),
    "system_busy": (SynthesizerFailed, "ElevenLabs is busy; the next sentence may work"),
    "max_character_limit_exceeded": (SynthesizerFailed, "the sentence is too long for the plan"),
    "max_active_conversations": (SynthesizerFailed, "too many sentences at the same time on one socket; the next may work"),
}  # fmt: skip
_BY_STATUS: Final[dict[int, str]] = {401: "invalid_api_key", 402: "payment_required", 503: "system_busy"}


def refusal(status: int, body: bytes, content_type: str = "application/json") -> SynthesisError:
    """The error for an HTTP answer that is none of 2xx."""
    if "json" not in content_type:
        what = content_type.partition(";")[0] or "no content type"
        return SynthesizerFailed(
            f"ElevenLabs' server answered {status} with {plain(what)}; look at `base_url`, or for a proxy between"
        )
    identifier, message = _detail(body)
    return refused(status, identifier, message)


def refused(status: int, identifier: str, message: str) -> SynthesisError:
    """The error for one of ElevenLabs' identifiers, or for a status that comes without one."""
    told = f" ({status}: {plain(message)})" if message else f" ({status})"
    # A voice's id that breaks the rules is a 422 without an identifier of its own.
    known = next((name for name in (identifier, _BY_STATUS.get(status, "")) if name in _ADVICE), None)
    if known:
        kind, advice = _ADVICE[known]
        return kind(f"ElevenLabs: {advice}{told}")
    if identifier == "too_many_concurrent_requests" or status == 429:
        return TooManyRequests(f"ElevenLabs: the plan's sessions are used up; lower `sessions` to the plan's number{told}")
    if status == 403:
        return SynthesizerUnavailable(f"ElevenLabs: the plan or the key does not allow this voice or model{told}")
    if status in {400, 404, 422} and "voice" in message.lower():
        return UnknownVoice(f"ElevenLabs: the voice was refused; {_VOICE}{told}")
    return Refused(f"ElevenLabs refused the sentence{told}")


def _detail(body: bytes) -> tuple[str, str]:
    """Identifier and message: `{"detail": {"status": …, "message": …}}`, or a list of what is invalid, or one text."""
    try:
        answer: Any = bounds.data(body[:LONGEST_BODY])
    except ValueError:
        return "", body[:200].decode("utf-8", "replace")
    detail: Any = cast("dict[str, Any]", answer).get("detail", answer) if isinstance(answer, dict) else answer
    if isinstance(detail, list) and detail:
        detail = cast("list[Any]", detail)[0]
    if not isinstance(detail, dict):
        return "", str(detail)
    fields = cast("dict[str, Any]", detail)
    where = ".".join(map(str, fields["loc"])) + ": " if isinstance(fields.get("loc"), list) else ""
    identifiers = [str(fields[key]) for key in ("status", "code", "error") if isinstance(fields.get(key), str)]
    message = where + str(fields.get("message") or fields.get("msg") or "")
    return next((one for one in identifiers if one in _ADVICE), identifiers[0] if identifiers else ""), message


def plain(text: str) -> str:
    """Text from outside for an error: one line, printable, short."""
    return "".join(char if char.isprintable() else " " for char in text[:200]).strip()
