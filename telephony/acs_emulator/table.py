"""The REST surface as a table: each operation of the SDK (1.6.0), where it is, and the one status the SDK accepts.

Source: protocol research, 3. An operation acts on the call its path names, else on the exchange.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from telephony.acs_emulator import actions, operations, recordings, tones


@dataclass(frozen=True, slots=True)
class Operation:
    """`act(exchange or call, body, *other names in the path)` returns the body of the answer, or None for an empty one."""

    name: str
    method: str
    path: str
    status: int
    act: Callable[..., Any]

    @property
    def on_call(self) -> bool:
        return "{call}" in self.path


_CALL: Final = "callConnections/{call}"
_WITH: Final = "callConnections/{call}/participants"

OPERATIONS: Final = (
    Operation("create", "POST", "callConnections", 201, operations.create),
    Operation("answer", "POST", "callConnections:answer", 200, operations.answer),
    Operation("reject", "POST", "callConnections:reject", 204, operations.reject),
    Operation("redirect", "POST", "callConnections:redirect", 204, operations.redirect),
    Operation("connect", "POST", "callConnections:connect", 200, operations.connect),
    Operation("get", "GET", _CALL, 200, operations.properties),
    Operation("hang_up", "DELETE", _CALL, 204, operations.hang_up),
    Operation("hang_up", "POST", f"{_CALL}:terminate", 204, operations.hang_up),
    Operation("transfer", "POST", f"{_CALL}:transferToParticipant", 202, operations.transfer),
    Operation("participants", "GET", _WITH, 200, operations.participants),
    Operation("add_participant", "POST", f"{_WITH}:add", 202, operations.add_participant),
    Operation("remove_participant", "POST", f"{_WITH}:remove", 202, operations.remove_participant),
    Operation("cancel_add", "POST", f"{_WITH}:cancelAddParticipant", 202, operations.cancel_add),
    Operation("mute", "POST", f"{_WITH}:mute", 200, operations.mute),
    Operation("move", "POST", f"{_WITH}:moveHere", 202, operations.move),
    Operation("participant", "GET", f"{_WITH}/{{participant}}", 200, operations.participant),
    Operation("hold", "POST", f"{_CALL}:hold", 200, operations.hold),
    Operation("unhold", "POST", f"{_CALL}:unhold", 200, operations.unhold),
    Operation("play", "POST", f"{_CALL}:play", 202, actions.play),
    Operation("cancel_all", "POST", f"{_CALL}:cancelAllMediaOperations", 202, actions.cancel_all),
    Operation("recognize", "POST", f"{_CALL}:recognize", 202, tones.recognize),
    Operation("start_continuous_dtmf", "POST", f"{_CALL}:startContinuousDtmfRecognition", 200, tones.start_continuous),
    Operation("stop_continuous_dtmf", "POST", f"{_CALL}:stopContinuousDtmfRecognition", 200, tones.stop_continuous),
    Operation("send_dtmf", "POST", f"{_CALL}:sendDtmfTones", 202, tones.send),
    Operation("start_streaming", "POST", f"{_CALL}:startMediaStreaming", 202, actions.start_streaming),
    Operation("stop_streaming", "POST", f"{_CALL}:stopMediaStreaming", 202, actions.stop_streaming),
    Operation("start_transcription", "POST", f"{_CALL}:startTranscription", 202, operations.no_transcription),
    Operation("stop_transcription", "POST", f"{_CALL}:stopTranscription", 202, operations.no_transcription),
    Operation("update_transcription", "POST", f"{_CALL}:updateTranscription", 202, operations.no_transcription),
    Operation("start_recording", "POST", "recordings", 200, recordings.start),
    Operation("get_recording", "GET", "recordings/{recording}", 200, recordings.get),
    Operation("pause_recording", "POST", "recordings/{recording}:pause", 202, recordings.pause),
    Operation("resume_recording", "POST", "recordings/{recording}:resume", 202, recordings.resume),
    Operation("stop_recording", "DELETE", "recordings/{recording}", 204, recordings.stop),
)

NAMES: Final = frozenset(operation.name for operation in OPERATIONS)


def _pattern(path: str) -> re.Pattern[str]:
    """A participant's id has a colon in it (`4:+43…`), every other name ends at one."""
    named = re.sub(r"\\\{(\w+)\\\}", lambda name: r"([^/]+)" if name[1] == "participant" else r"([^/:]+)", re.escape(path))
    return re.compile(f"/calling/{named}")


_PATTERNS: Final = tuple((operation, _pattern(operation.path)) for operation in OPERATIONS)


def find(method: str, raw_path: str) -> tuple[Operation, list[str]] | None:
    """The operation at a path still percent-encoded, with the names in it decoded; None when there is none."""
    for operation, pattern in _PATTERNS:
        if operation.method == method and (match := pattern.fullmatch(raw_path)):
            return operation, [unquote(name) for name in match.groups()]
    return None
