"""The PIN: who asks for it in a call, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, Self

import anyio

from telephony.admission import Admission, PinVerdict


class Guard(Protocol):
    """Who must be passed before something is done."""

    def judge(self, answer: str) -> PinVerdict:
        """Of what was keyed in or spoken."""
        ...


class PinGuard:
    """One caller before the door; tries are counted by number, over all calls."""

    def __init__(self, admission: Admission, caller: str) -> None:
        self._admission, self._caller = admission, caller

    def judge(self, answer: str) -> PinVerdict:
        return self._admission.judge(self._caller, answer, now_s=anyio.current_time())


@dataclass
class Trust:
    """How far a caller is known in a call. A number can be forged, so it is little by itself."""

    guard: Guard | None = None
    """Who judges a PIN; None where none is set."""
    first: bool = False
    """The call begins with it."""
    risk: Literal["free", "pin", "never"] = "free"
    """What risky things need: nothing more, the PIN once in the call, or a PIN that is not set."""
    called: bool = False
    """We called them: who we are comes before the question for the PIN."""

    @classmethod
    def of(cls, admission: Admission, caller: str) -> Self:
        """By the owner's policy."""
        policy = admission.policy
        risk = "pin" if admission.guards_risk else "free" if policy.pin_mode == "never" else "never"
        return cls(PinGuard(admission, caller) if policy.pin else None, admission.asks_for_pin, risk)

    def passed(self) -> None:
        """The caller knew the PIN."""
        self.first, self.risk = False, "free"
