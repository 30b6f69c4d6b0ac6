"""The PIN at the start of a call, where the policy asks for it."""

from __future__ import annotations

import anyio

from telephony.admission import Admission, PinVerdict


class PinGuard:
    """One caller before the door; tries are counted by number, over all calls."""

    def __init__(self, admission: Admission, caller: str) -> None:
        self._admission, self._caller = admission, caller

    def judge(self, answer: str) -> PinVerdict:
        return self._admission.judge(self._caller, answer, now_s=anyio.current_time())
