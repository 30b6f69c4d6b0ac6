"""The other end: a caller who dials in over an emulator and holds the call to its end; and a phone that can be rung."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

import aiohttp
import anyio
import msgspec
from anyio.abc import TaskStatus
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from agents import bounds
from telephony.caller import POLITE, WHY, Caller, Exchanged, Manners, Outcome, Span, Utterance
from telephony.line import LineRefused, NotAnswered
from voices.audio import Frame

__all__ = ["DialEvent", "DialResult", "Exchanged", "Manners", "Outcome", "Span", "Utterance", "dial", "pick_up"]

CLOSE_S: Final = 5.0
_UNREACHABLE: Final = (OSError, InvalidHandshake, InvalidURI, aiohttp.ClientError, TimeoutError)


@dataclass(frozen=True, slots=True)
class DialResult:
    """A call as its caller knows it. Times in seconds from the answer."""

    outcome: Outcome
    why: str
    call: str
    """At the emulator."""
    answered: bool
    duration_s: float
    turns: tuple[Exchanged, ...]
    heard: tuple[Span, ...]
    recording: Path | None = None
    heard_pcm: bytes = field(default=b"", repr=False)
    served_as: str = ""
    """What the server calls it that took it: `pai-voice calls show` knows it by that."""

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.COMPLETED

    def as_json(self) -> dict[str, Any]:
        body = asdict(self)
        del body["heard_pcm"]
        return body | {"outcome": self.outcome.value, "recording": str(self.recording) if self.recording else None}


@dataclass(frozen=True, slots=True)
class DialEvent:
    """For those who watch: `ringing`, `answered`, `hears`, `quiet`, `keys` (of the far end), `says` and `said` (the caller),
    `ended` …"""

    at_s: float
    what: str
    detail: str = ""


Watch = Callable[[DialEvent], None]


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
        self._tell(what, event.get("keys", why))
        self.call = event.get("call", self.call)
        match what:
            case "answered":
                self.answered = True
            case "rejected":
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
    manners: Manners = POLITE,
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
        served_as = ""
        with suppress(aiohttp.ClientError):  # the emulator may be gone by now
            async with http.get(f"/control/calls/{call}") as answer:
                served_as = str((await answer.json(content_type=None)).get("served_as", ""))
        return replace(phone.result(record if phone.answered else None), served_as=served_as)


async def pick_up(
    emulator_url: str,
    number: str,
    plan: Sequence[Utterance] = (),
    *,
    response: Literal["answer", "decline", "busy", "ignore"] = "answer",
    manners: Manners = POLITE,
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
        async with connect(
            address, compression=None, proxy=None, close_timeout=CLOSE_S, max_size=bounds.EMULATOR_BYTES
        ) as socket:
            yield socket
    except _UNREACHABLE as error:
        raise _no_emulator(url, error) from error


def _no_emulator(url: str, error: Exception) -> NotAnswered:
    return NotAnswered(f"no emulator answers at {url} ({type(error).__name__})")
