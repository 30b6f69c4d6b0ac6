"""What a line is: the seam between any telephone and the call.

LineError
├── LineClosed        the far end hung up, or the transport is gone for good
├── NotAnswered       answering failed, or a phone that we rang was not taken in time
│   └── LineDown      the carrier could not be asked, or could not do it
├── DigitsNotSent     the far end did not get our keys, or it is not known whether it did
└── LineRefused       the carrier said no: we may not, or there is no such number
    ├── LineBusy      the phone that we rang is in another call
    └── LineRejected  whoever we rang turned the call away
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final, Protocol

from voices.audio import Frame

KEYS: Final = frozenset("0123456789*#ABCD")
NUMBER: Final = r"^(\+[0-9]{3,15}|anonymous)$"
"""A pattern: E.164, or the number of one who withholds theirs."""
LEAD_S: Final = 0.17  # what bridges the network's jitter also has to be taken back; with the frame itself, under 200 ms


class LineError(Exception):
    """A telephone failure: `code` names it, the message is one sentence, `retryable` says whether trying again may help."""

    code: ClassVar[str] = "line_failed"
    retryable: ClassVar[bool] = False


class LineClosed(LineError):
    code = "line_closed"


class NotAnswered(LineError):
    code = "not_answered"
    retryable = True


class LineDown(NotAnswered):
    code = "line_down"


class DigitsNotSent(LineError):
    code = "digits_not_sent"
    retryable = True


class LineRefused(LineError):
    code = "line_refused"


class LineBusy(LineRefused):
    code = "line_busy"
    retryable = True


class LineRejected(LineRefused):
    code = "line_rejected"


class Refusal(StrEnum):
    """Why a ringing call is not answered; the carrier turns it into its own signal."""

    FORBIDDEN = "forbidden"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Digit:
    """A key the caller pressed: one of 0-9, `*`, `#`, A-D."""

    key: str


class Line(Protocol):
    """One telephone connection, from ringing to hung up. All times are the event loop's clock, in seconds.

    A call that we make is a line too: its `caller` is the person whom we rang, its `called` our own number.
    """

    @property
    def call_id(self) -> str:
        """Ours, unique, safe in file names."""
        ...

    @property
    def caller(self) -> str:
        """E.164 with `+`, or `anonymous`."""
        ...

    @property
    def called(self) -> str: ...

    @property
    def kind(self) -> str:
        """The sort of line: `acs`, `sip`, `browser`, `rehearsal`."""
        ...

    async def answer(self) -> None:
        """Take the ringing call; returns when sound flows both ways. Raises NotAnswered, LineClosed.

        One that we made is up already: then it returns at once.
        """
        ...

    async def reject(self, why: Refusal) -> None:
        """Turn the ringing call away, unanswered."""
        ...

    def hear(self) -> AsyncGenerator[Frame | Digit, None]:
        """What the caller says: a frame every 20 ms, silence included, and keys. Ends when the call is over. One reader."""
        ...

    async def play(self, frame: Frame, lead_s: float = LEAD_S) -> float:
        """Send one frame; first waits until at most `lead_s` of sound would be ahead of the caller's ear.

        Returns when the caller hears the frame's first sample. Raises LineClosed.
        """
        ...

    async def clear(self) -> float:
        """Drop what was sent but not yet heard; returns the time from which the caller hears only what is sent next."""
        ...

    async def send_digits(self, keys: str) -> None:
        """Press keys, one after the other; returns when the far end has got them all. Bounded.

        Raises DigitsNotSent, also for what is no key, and LineClosed. How many of them arrived then, or when it is cancelled, is
        not known.
        """
        ...

    @property
    def cost_usd(self) -> Decimal:
        """What the carrier takes for it, up to now or to its end; 0 where it takes nothing."""
        ...

    async def hang_up(self) -> None:
        """Let what was sent be heard to its end, then end the call. Never raises; twice is once."""
        ...


class Listener(Protocol):
    """A telephone that can ring."""

    async def serve(self, handler: Callable[[Line], Awaitable[None]]) -> None:
        """Run `handler` once for each call that rings, all at the same time, until cancelled.

        A handler that raises ends its own call and no other.
        """
        ...


class Dialler(Protocol):
    """A telephone that can ring others. Who may be rung is not its business: see `admission`."""

    @property
    def kind(self) -> str:
        """As the lines' that it gives."""
        ...

    @property
    def number(self) -> str:
        """Our own, E.164: what the phone that rings shows."""
        ...

    async def dial(self, number: str) -> Line:
        """Ring a phone, for half a minute or as its settings say; returns when it was taken and sound flows both ways.

        What it hears begins with the pick-up. Raises LineBusy, LineRejected, NotAnswered, LineDown, LineRefused, LineClosed.
        Cancelled, it rings no more.
        """
        ...


def check_keys(keys: str) -> None:
    """Raises DigitsNotSent, before anything is sent, for what is on no telephone."""
    if strange := "".join(sorted(set(keys) - KEYS)):
        raise DigitsNotSent(f"a telephone has the keys 0-9, *, # and A-D, and no {strange!r}")


class Playout:
    """Our own clock of what the caller hears: a FIFO that plays a frame every 20 ms from when the first one arrives.

    No carrier we know says "played", so this is the truth we have: a frame is heard when the one before it ends, or at once.
    """

    def __init__(self) -> None:
        self._next_s = 0.0

    def ahead_s(self, now_s: float) -> float:
        """Sound that was sent and is not yet heard."""
        return max(0.0, self._next_s - now_s)

    def push(self, now_s: float, length_s: float) -> float:
        heard_s = max(self._next_s, now_s)
        self._next_s = heard_s + length_s
        return heard_s

    def clear(self, now_s: float) -> float:
        self._next_s = min(self._next_s, now_s)
        return now_s
