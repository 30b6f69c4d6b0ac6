"""What the service refuses: one status, Azure's sub-code as `code`, one sentence (protocol research, 3.1)."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

Asked = TypeVar("Asked")


class ServiceError(Exception):
    """A refusal, as the REST surface says it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def as_json(self) -> dict[str, Any]:
        inner = {"code": self.code, "message": self.message}
        return {"error": inner | {"innererror": inner}}


def bad_argument(message: str) -> ServiceError:
    return ServiceError(400, "8523", message)


def not_found(message: str = "Call not found.") -> ServiceError:
    return ServiceError(404, "8522", message)


def read(body: bytes, kind: type[Asked]) -> Asked:
    """A request's body; an empty one is an empty object. Raises ServiceError 400/8523."""
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise bad_argument(f"The request is invalid: {error}.") from error
