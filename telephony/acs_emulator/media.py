"""One call's media streaming: Azure is the client, our server the socket it dials, drops and dials again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal
from uuid import uuid4

import anyio
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from telephony import acs_wire as wire
from telephony.acs_emulator.tokens import SOCKET_LIFE
from voices.audio import RATE, SILENCE, Frame

if TYPE_CHECKING:
    from telephony.acs_emulator.call import Call

OPEN_TIMEOUT_S: Final = 5.0
CLOSE_TIMEOUT_S: Final = 1.0
MAX_MESSAGE: Final = 1_048_576  # of the transport; what is too long for a media message is dropped and counted by the reader
WRITE_LIMIT: Final = 131_072  # about two seconds of sound; a server that reads slower loses frames, and stalls nobody else
_UNREACHABLE: Final = (OSError, InvalidHandshake, InvalidURI, ConnectionClosed, TimeoutError, ValueError)


class StreamingOptions(msgspec.Struct, rename="camel", frozen=True):
    """`mediaStreamingOptions` of answer and create (protocol research, 5.1)."""

    audio_channel_type: Literal["unmixed"]
    transport_url: str = ""
    audio_format: Literal["pcm16KMono"] = "pcm16KMono"
    start_media_streaming: bool = False
    enable_bidirectional: bool = False
    enable_dtmf_tones: bool = False

    def __post_init__(self) -> None:
        if not (self.start_media_streaming and self.enable_bidirectional and self.enable_dtmf_tones):
            raise ValueError("sound is emulated only both ways, with keys, and from the answer on")


class Stream:
    """A subscription: one socket after the other to the same address, until it is stopped or the server closes it."""

    def __init__(self, call: Call, options: StreamingOptions) -> None:
        self._call, self._options = call, options
        self.id = str(uuid4())
        self.active = False
        self.sent = self.malformed = self.ignored = self.lost = 0
        self._socket: ClientConnection | None = None
        self._scope, self._over = anyio.CancelScope(), anyio.Event()
        self._away: tuple[float, bool] | None = None

    async def open(self) -> None:
        """Dial our server and say what the sound will be like. A failure is told by `run`, as Azure does, by callback."""
        call = self._call
        headers = call.signer.authorization(SOCKET_LIFE, call.options.socket_token)
        headers |= {"x-ms-call-connection-id": call.ids.connection, "x-ms-call-correlation-id": call.ids.correlation}
        try:
            socket = await connect(
                self._options.transport_url,
                additional_headers=headers,
                compression=None,
                proxy=None,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                ping_interval=None,
                max_size=MAX_MESSAGE,
                write_limit=2 * WRITE_LIMIT,  # never reached, so that sending never waits
            )
            await socket.send(wire.incoming_metadata(RATE, self.id))
        except _UNREACHABLE as error:
            call.note("socket", state="refused", why=f"{type(error).__name__}: {error}")
            return
        call.sockets += 1
        call.note("socket", state="opened", number=call.sockets)
        self._socket = socket

    async def run(self, context: str | None = None) -> None:
        """Tell that it began, listen, and tell how it ended. Needs an `open` before."""
        if self._socket is None:
            self._tell("Failed", "initialWebSocketConnectionFailed", context=context, failed=True)
            return
        self.active = True
        self._tell("Started", "subscriptionStarted", context=context)
        with self._scope:
            await self._serve()
        self.end()
        self._over.set()

    def end(self) -> None:
        """Tell that it stopped, once."""
        if self.active:
            self.active = False
            self._tell("Stopped", "subscriptionStopped")

    async def _serve(self) -> None:
        while self._socket is not None:
            await self._listen(self._socket)
            self._socket = None
            if self._away is None:
                return
            (away_s, redial), self._away = self._away, None
            self._tell("Failed", "streamConnectionInterrupted")
            await anyio.sleep(away_s)
            if not redial:
                return
            await self.open()
            if self._socket is None:
                self._tell("Failed", "streamConnectionUnsuccessful", failed=True)
            else:
                self._tell("Started", "streamConnectionReestablished")

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                self._hear(message)
        except ConnectionClosed:
            pass  # how it closed matters to nobody: Azure tells the same either way
        self._call.note("socket", state="closed", code=socket.close_code)

    def _hear(self, message: str | bytes) -> None:
        """What the service does: play sound, obey StopAudio, drop everything else without a word."""
        try:
            known = wire.decode(_text(message))
        except wire.WireError:
            self.malformed += 1
            return
        match known:
            case wire.AudioData():
                self._call.ear.push(known.data, self._call.clock_s())
            case wire.StopAudio():
                self._call.stop_sound()
            case _:
                self.ignored += 1

    async def send(self, said: Frame | None) -> None:
        """Twenty milliseconds of the caller; None is silence."""
        if self._socket is None:
            return
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")[:23] + "Z"
        data = said or {"zeros": SILENCE, "empty": b"", "absent": None}[self._call.options.silent_data]
        await self._write(wire.incoming_audio(data, stamp, self._call.raw_id, silent=said is None))

    async def digit(self, key: str) -> None:
        await self._write(wire.incoming_digit(key))

    async def _write(self, text: str) -> None:
        socket = self._socket
        if socket is None:
            return
        if socket.transport.get_write_buffer_size() >= WRITE_LIMIT:
            self.lost += 1
            return
        try:
            await socket.send(text)
            self.sent += 1
        except ConnectionClosed:
            self._socket = None if self._socket is socket else self._socket

    def drop(self, away_s: float, *, redial: bool) -> bool:
        """Lose the connection without a closing word, and dial the same address again later; False when there is none."""
        if self._socket is None:
            return False
        self._away = (away_s, redial)
        self._socket.transport.abort()
        return True

    async def stop(self) -> None:
        """Close the socket in good order and end the subscription; returns when that is told."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
        self._scope.cancel()
        if self.active:
            await self._over.wait()

    def abort(self) -> None:
        """Leave nothing open, whatever happened."""
        if self._socket is not None:
            self._socket.transport.abort()

    def _tell(self, status: str, details: str, *, context: str | None = None, failed: bool = False) -> None:
        update = {
            "contentType": "audio",
            "mediaStreamingStatus": f"mediaStreaming{status}",
            "mediaStreamingStatusDetails": details,
        }
        result = {"code": 200, "subCode": 0, "message": "Action completed successfully."}
        if failed:
            message = "Action failed, Transport url is not valid or web socket server is not operational."
            result = {"code": 400, "subCode": 8581, "message": message}
        self._call.callbacks.post(
            f"MediaStreaming{status}", context=context, mediaStreamingUpdate=update, resultInformation=result
        )


def _text(message: str | bytes) -> str:
    if isinstance(message, bytes):
        raise wire.WireError("a media message is text")
    return message
