"""The PIN: who asks for it in a call, and when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol, Self

import anyio

from orchestrator.attended import Due, Lapse
from orchestrator.hold import ANSWER_S
from orchestrator.reply import Reply
from telephony.admission import Admission, PinVerdict

MOST_UNCLEAR: Final = 3  # answers in a row that are no PIN, and no try; then it is not asked for again
Behind = Callable[[Reply], Awaitable[None]]
Verdict = PinVerdict | Literal["refused", "given_up"]


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
    say_ai: bool = False
    """They are told first that an AI speaks."""

    @classmethod
    def of(cls, admission: Admission, caller: str) -> Self:
        """By the owner's policy."""
        policy = admission.policy
        risk = "pin" if admission.guards_risk else "free" if policy.pin_mode == "never" else "never"
        return cls(
            PinGuard(admission, caller) if policy.pin else None, admission.asks_for_pin, risk, say_ai=policy.must_say_ai(caller)
        )

    @property
    def withholds(self) -> bool:
        """Nothing is told yet of their work: a number that calls us may be forged, and one that we call is theirs."""
        return self.first or (self.risk == "pin" and not self.called)

    def passed(self) -> None:
        """The caller knew the PIN."""
        self.first, self.risk = False, "free"


class Gate:
    """Where a call waits for the PIN: what the caller says next is taken for it, and then that is done which needed it."""

    def __init__(self, trust: Trust, behind: Behind) -> None:
        """`behind`: what a call that begins with the PIN goes on with."""
        self._trust, self._unclear = trust, 0
        self._behind = behind if trust.first else None
        self._lapse: Lapse | None = None
        self._again = False

    @property
    def shut(self) -> bool:
        return self._behind is not None

    @property
    def lapses(self) -> bool:
        """Silence is an answer here."""
        return self._lapse is not None

    def ask(self, behind: Behind, lapse: Lapse | None = None) -> None:
        """The PIN is asked for now, for that."""
        self._behind, self._lapse, self._unclear, self._again = behind, lapse, 0, False

    def open(self) -> None:
        """What waited for the PIN does so no more."""
        self._behind = self._lapse = None

    def due(self, quiet_s: float, again: str) -> Due | None:
        """What is said to silence here: `again` once, and then that it is over."""
        lapse = self._lapse
        if lapse is None:
            return None
        if not lapse.stands():
            self.open()
            return None
        if quiet_s < ANSWER_S:
            return None
        if not self._again:
            self._again = True
            return Due(None, again)
        self.open()
        return lapse.end("silence")

    async def judge(self, reply: Reply, *, refuses: bool, answer: Callable[[Verdict], Awaitable[None]]) -> None:
        """Of what the caller said or keyed; `answer` says so, and what waited is done after that if it was right.

        It stays shut after `wrong`, `unclear` and whatever ends the call. A call that did not begin with the PIN goes on without.
        """
        verdict, behind, lapse = self._verdict(reply.text, refuses), self._behind, self._lapse
        if verdict in ("passed", "refused"):
            self.open()
        if verdict == "refused" and lapse is not None:
            lapse.end("policy")
        await answer(verdict)
        if verdict == "passed" and behind is not None:
            await behind(reply)

    def _verdict(self, text: str, refuses: bool) -> Verdict:
        optional = not self._trust.first
        if refuses and optional:
            return "refused"
        verdict = self._trust.guard.judge(text) if self._trust.guard else "locked"
        if verdict == "passed":
            self._trust.passed()
        self._unclear = self._unclear + 1 if verdict == "unclear" else 0
        if self._unclear < MOST_UNCLEAR:
            return verdict
        return "refused" if optional else "given_up"
