"""The other end: a caller that dials in, listens, speaks when it is his turn, and hangs up; and a phone that can be rung.

`Caller` decides, frame by frame, on the call's own clock; `dial` and `pick_up` give it a phone on an emulator.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from math import inf
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

import aiohttp
import anyio
import msgspec
from anyio.abc import TaskStatus
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from telephony.line import LineRefused, NotAnswered
from voices.audio import FRAME_S, SILENCE, Frame, frames, level_dbfs

QUIET_DBFS: Final = -50.0  # comfort noise lies below, speech well above
ONSET_FRAMES: Final = 3  # 60 ms of sound is speech; less is a click
PAUSE_S: Final = 0.3  # a shorter silence lies within a speech
KEY_S: Final = 0.16  # from one key to the next
CUSHION: Final = 3  # frames of an utterance sent ahead, so that a late moment of ours tears no hole into it
SPOKEN_S: Final = 0.2  # of sound after our own words: the far end has taken its turn
CLOSE_S: Final = 5.0
_UNREACHABLE: Final = (OSError, InvalidHandshake, InvalidURI, aiohttp.ClientError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the caller says (16 kHz mono s16) or presses, in his turn or that long after the far end began to speak."""

    pcm: bytes = b""
    barge_in_after_s: float | None = None
    keys: str = ""


@dataclass(frozen=True, slots=True)
class Manners:
    """How long he waits for what."""

    quiet_s: float = 1.0
    """Of the far end, before he takes his turn."""
    leave_after_s: float = 2.0
    """Of quiet, when all was said: an agent that thinks between two sentences is not finished."""
    patience_s: float = 15.0
    """For a word from the far end, when it is its turn."""
    ring_s: float = 60.0
    max_s: float = 300.0
    """For the whole call, from its answer."""


@dataclass(frozen=True, slots=True)
class Span:
    from_s: float
    to_s: float


class Outcome(StrEnum):
    COMPLETED = "completed"  # all was said, and the far end's last words were heard
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    SILENT = "silent"  # the far end said nothing when it should have
    HUNG_UP = "hung_up"  # by the far end, before all was said or anything heard
    TOO_LONG = "too_long"


WHY: Final = {
    Outcome.COMPLETED: "all was said, and the far end was heard to its last word",
    Outcome.SILENT: "the far end said nothing when it was its turn",
    Outcome.TOO_LONG: "the call took longer than it may",
}


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One utterance and what it did: how soon the far end spoke after it, and how soon it fell silent if it was speaking."""

    said: Span
    response_s: float | None = None
    silenced_s: float | None = None


@dataclass(frozen=True, slots=True)
class DialResult:
    """A call as its caller knows it. Times in seconds from the answer."""

    outcome: Outcome
    why: str
    call: str
    answered: bool
    duration_s: float
    turns: tuple[Exchanged, ...]
    heard: tuple[Span, ...]
    recording: Path | None = None
    heard_pcm: bytes = field(default=b"", repr=False)

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.COMPLETED

    def as_json(self) -> dict[str, Any]:
        body = asdict(self)
        del body["heard_pcm"]
        return body | {"outcome": self.outcome.value, "recording": str(self.recording) if self.recording else None}


@dataclass(frozen=True, slots=True)
class DialEvent:
    """For those who watch: `ringing`, `answered`, `hears` and `quiet` (the far end), `says` and `said` (the caller), `ended` …"""

    at_s: float
    what: str
    detail: str = ""


Watch = Callable[[DialEvent], None]


def _s(seconds: float) -> float:
    """Times are whole frames; this is what keeps them so."""
    return round(seconds, 3)


class Hearing:
    """When the far end spoke: its sound, one frame after the other, as spans."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.now_s = 0.0
        self.began_s: float | None = None
        """When the speech that is going on began."""
        self.loud_s = 0.0
        """When the far end was last heard."""
        self._loud_frames = 0

    def feed(self, frame: Frame) -> None:
        self.now_s = _s(self.now_s + FRAME_S)
        if level_dbfs(frame) > QUIET_DBFS:
            self._loud_frames += 1
            self.loud_s = self.now_s
            if self.began_s is None and self._loud_frames == ONSET_FRAMES:
                self.began_s = _s(self.now_s - ONSET_FRAMES * FRAME_S)
        else:
            self._loud_frames = 0
            if self.quiet_s >= PAUSE_S:
                self.close()

    def close(self) -> None:
        """The speech that is going on, if any, has ended."""
        if self.began_s is not None:
            self.spans.append(Span(self.began_s, self.loud_s))
            self.began_s = None

    @property
    def quiet_s(self) -> float:
        return _s(self.now_s - self.loud_s)


class Caller:
    """Whose turn is it? Fed with what is heard, it gives what to do: frames to say, keys to press, the outcome to end with."""

    def __init__(self, plan: Sequence[Utterance], manners: Manners) -> None:
        self.hearing = Hearing()
        self.said: list[Span] = []
        self._plan = deque(plan)
        self._manners = manners
        self._saying: deque[Frame | str] = deque()
        self._turn_s = 0.0  # since then it is the far end's turn
        self._far_s: float | None = None  # when it began to take it

    @property
    def speaking(self) -> bool:
        return bool(self._saying)

    @property
    def finished(self) -> bool:
        """All was said."""
        return not self._plan and not self._saying

    def hear(self, frame: Frame) -> list[Frame | str | Outcome]:
        """Twenty milliseconds of the far end."""
        self.hearing.feed(frame)
        if self.hearing.now_s >= self._manners.max_s:
            return [Outcome.TOO_LONG]
        if self._saying:
            return self._go_on()
        if self._far_s is None and self.hearing.began_s is not None:
            self._far_s = max(self._turn_s, self.hearing.began_s)
        if self._far_s is None or _s(self.hearing.loud_s - self._far_s) < SPOKEN_S:
            return [Outcome.SILENT] if _s(self.hearing.now_s - self._turn_s) >= self._manners.patience_s else []
        if not self._plan:
            return [Outcome.COMPLETED] if self.hearing.quiet_s >= self._manners.leave_after_s else []
        after_s = self._plan[0].barge_in_after_s
        barges_in = after_s is not None and _s(self.hearing.now_s - self._far_s) >= after_s
        return self._begin() if barges_in or self.hearing.quiet_s >= self._manners.quiet_s else []

    def _begin(self) -> list[Frame | str | Outcome]:
        utterance = self._plan.popleft()
        now_s = self.hearing.now_s
        for key in utterance.keys:
            self._saying.extend([key, *[SILENCE] * round(KEY_S / FRAME_S)])
        self._saying.extend(frames(utterance.pcm))
        length_s = FRAME_S * sum(1 for item in self._saying if isinstance(item, Frame))
        self.said.append(Span(now_s, _s(now_s + length_s)))
        return [item for _ in range(CUSHION) for item in self._go_on()]

    def _go_on(self) -> list[Frame | str | Outcome]:
        """The next frame, with the keys before it."""
        actions: list[Frame | str | Outcome] = []
        while self._saying and not (actions and isinstance(actions[-1], Frame)):
            actions.append(self._saying.popleft())
        if not self._saying:
            self._turn_s, self._far_s = self.said[-1].to_s, None
        return actions

    def turns(self) -> tuple[Exchanged, ...]:
        """What each utterance did to the far end."""
        ends = [span.from_s for span in self.said] + [inf]
        return tuple(self._exchanged(said, until_s) for said, until_s in zip(self.said, ends[1:], strict=True))

    def _exchanged(self, said: Span, until_s: float) -> Exchanged:
        cut = next((span for span in self.hearing.spans if span.from_s < said.from_s < span.to_s), None)
        reply = next((span for span in self.hearing.spans if said.to_s <= span.from_s < until_s), None)
        return Exchanged(
            said,
            response_s=_s(reply.from_s - said.to_s) if reply else None,
            silenced_s=_s(cut.to_s - said.from_s) if cut else None,
        )


class _Phone:
    """A phone on an emulator, over its control API, with the caller who holds it."""

    def __init__(self, socket: ClientConnection, caller: Caller, watch: Watch | None) -> None:
        self._socket, self._caller, self._watch = socket, caller, watch
        self._heard = bytearray()
        self.call = ""
        self.answered = False
        self.why = ""
        self.outcome: Outcome | None = None

    async def talk(self, manners: Manners, *, pick_up: str | None = None) -> None:
        """Until the call is over; `pick_up` is what to do when it rings."""
        with anyio.move_on_after(manners.ring_s) as patience:
            try:
                while self.outcome is None:
                    message = await self._socket.recv()
                    if isinstance(message, bytes):
                        await self._hear(Frame(message))
                        continue
                    event = msgspec.json.decode(message, type=dict[str, Any])
                    self._note(event)
                    if event["event"] == "answered":
                        patience.deadline = anyio.current_time() + manners.max_s + CLOSE_S
                    if event["event"] == "ringing" and pick_up:
                        await self._do(pick_up)
            except ConnectionClosed:
                self._end(Outcome.HUNG_UP if self.answered else Outcome.NO_ANSWER, "the emulator is gone")
        self._end(Outcome.TOO_LONG if self.answered else Outcome.NO_ANSWER, "nobody answered in time")
        self._caller.hearing.close()

    async def _hear(self, frame: Frame) -> None:
        self._heard += frame
        hearing = self._caller.hearing
        heard, speaking = hearing.began_s is not None, self._caller.speaking
        for action in self._caller.hear(frame):
            match action:
                case Frame():
                    await self._socket.send(action)
                case Outcome():
                    self._end(action, WHY[action])
                    await self._do("hang_up")
                case _:
                    await self._do("press", keys=action)
        if heard is not (hearing.began_s is not None):
            self._tell("quiet" if heard else "hears")
        if speaking is not self._caller.speaking:
            self._tell("said" if speaking else "says")

    def _note(self, event: dict[str, Any]) -> None:
        """A text from the emulator: how far the call got."""
        what, why = event["event"], str(event.get("why", ""))
        self._tell(what, why)
        self.call = event.get("call", self.call)
        match what:
            case "answered":
                self.answered = True
            case "rejected" | "redirected":
                self._end(Outcome.REFUSED, why)
            case "ended" if not self.answered:
                self._end(Outcome.NO_ANSWER, why)
            case "ended":
                heard = self._caller.finished and self._caller.hearing.loud_s > 0
                self._end(Outcome.COMPLETED if heard else Outcome.HUNG_UP, why)
            case _:
                pass

    def _end(self, outcome: Outcome, why: str) -> None:
        """The first reason is the one that counts."""
        if self.outcome is None:
            self.outcome, self.why = outcome, why

    def _tell(self, what: str, detail: str = "") -> None:
        if self._watch:
            self._watch(DialEvent(self._caller.hearing.now_s, what, detail))

    async def _do(self, what: str, **how: str) -> None:
        await self._socket.send(msgspec.json.encode({"do": what} | how).decode())

    def result(self, recording: Path | None = None) -> DialResult:
        hearing = self._caller.hearing
        return DialResult(
            outcome=self.outcome or Outcome.NO_ANSWER,
            why=self.why,
            call=self.call,
            answered=self.answered,
            duration_s=hearing.now_s,
            turns=self._caller.turns(),
            heard=tuple(hearing.spans),
            recording=recording,
            heard_pcm=bytes(self._heard),
        )


async def dial(
    emulator_url: str,
    caller: str,
    called: str,
    plan: Sequence[Utterance] = (),
    *,
    manners: Manners = Manners(),
    options: Mapping[str, Any] | None = None,
    record: Path | None = None,
    on_event: Watch | None = None,
) -> DialResult:
    """Place a call through an emulator and hold it to its end; what is refused or goes wrong is an outcome.

    `options` are the emulator's CallOptions. `record` gets a stereo wav, left the caller, right what he heard. Raises NotAnswered
    when there is no emulator at the URL, and LineRefused when it does not take such a call.
    """
    order = {"from": caller, "to": called, "options": dict(options or {})}
    async with _emulator(emulator_url) as http:
        async with http.post("/control/calls", json=order) as answer:
            placed = await answer.json(content_type=None)
            if answer.status != 201:
                raise LineRefused(f"the emulator does not place this call: {placed.get('detail')} {placed.get('extra', '')}")
        call = placed["call"]
        async with _socket(emulator_url, f"/control/calls/{call}/handset") as socket:
            phone = _Phone(socket, Caller(plan, manners), on_event)
            phone.call = call
            await phone.talk(manners)
        if record and phone.answered:
            async with http.get(f"/control/calls/{call}/recording.wav") as answer:
                await anyio.Path(record).write_bytes(await answer.read())
        return phone.result(record if phone.answered else None)


async def pick_up(
    emulator_url: str,
    number: str,
    plan: Sequence[Utterance] = (),
    *,
    response: Literal["answer", "decline", "ignore"] = "answer",
    manners: Manners = Manners(),
    on_event: Watch | None = None,
    task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
) -> DialResult:
    """Wait to be rung, and hold that one call to its end. Started when the phone can be rung."""
    async with _socket(emulator_url, f"/control/phones/{quote(number)}") as socket:
        task_status.started()
        phone = _Phone(socket, Caller(plan, manners), on_event)
        await phone.talk(manners, pick_up=None if response == "ignore" else response)
        return phone.result()


@asynccontextmanager
async def _emulator(url: str) -> AsyncGenerator[aiohttp.ClientSession]:
    try:
        async with aiohttp.ClientSession(url) as http:
            yield http
    except _UNREACHABLE as error:
        raise _no_emulator(url, error) from error


@asynccontextmanager
async def _socket(url: str, path: str) -> AsyncGenerator[ClientConnection]:
    address = url.replace("http", "ws", 1).rstrip("/") + path
    try:
        async with connect(address, compression=None, proxy=None, close_timeout=CLOSE_S) as socket:
            yield socket
    except _UNREACHABLE as error:
        raise _no_emulator(url, error) from error


def _no_emulator(url: str, error: Exception) -> NotAnswered:
    return NotAnswered(f"no emulator answers at {url} ({type(error).__name__}); start one with `pai-voice emulate acs`")
