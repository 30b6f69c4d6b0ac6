"""The operations of the SDK (1.6.0) that a phone line needs: where each one is, and the one status the SDK accepts.

Source: protocol research, 3. An operation acts on the call its path names, else on the exchange.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from telephony.acs_emulator import operations

_CALL: Final = "/([^/:]+)"


@dataclass(frozen=True, slots=True)
class Operation:
    """`act(exchange or call, body)` returns the body of the answer, or None for an empty one."""

    name: str
    method: str
    path: str
    """A pattern for what follows `/calling/callConnections`; its group is the call."""
    status: int
    act: Callable[..., Any]


OPERATIONS: Final = (
    Operation("create", "POST", "", 201, operations.create),
    Operation("answer", "POST", ":answer", 200, operations.answer),
    Operation("reject", "POST", ":reject", 204, operations.reject),
    Operation("get", "GET", _CALL, 200, operations.properties),
    Operation("hang_up", "POST", f"{_CALL}:terminate", 204, operations.hang_up),
    Operation("send_dtmf", "POST", f"{_CALL}:sendDtmfTones", 202, operations.send_tones),
)
NAMES: Final = frozenset(operation.name for operation in OPERATIONS)


def find(method: str, path: str) -> tuple[Operation, str] | None:
    """The operation at a path, and the call that the path names, or nothing; None where there is no such operation."""
    for operation in OPERATIONS:
        match = re.fullmatch(f"/calling/callConnections{operation.path}", path) if operation.method == method else None
        if match:
            return operation, "".join(match.groups())
    return None
