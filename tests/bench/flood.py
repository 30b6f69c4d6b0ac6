"""Strangers at a server's door, in a process of their own: `python -m tests.bench.flood PORT SECONDS CONNECTIONS`.

Some connections say nothing, some a head byte by byte, some a body byte by byte; and some send bad requests as fast as they can.
Prints how many were opened, how many the server closed, and how many bad requests it answered.
"""

from __future__ import annotations

import json
import sys
from typing import Final

import anyio
from anyio.abc import SocketStream

HEAD: Final = b"POST /acs/events HTTP/1.1\r\nhost: x\r\nx-slow: "
BODY: Final = b"POST /acs/events HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n"
UPGRADE: Final = (
    b"upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
BAD: Final = (
    b"POST /acs/events HTTP/1.1\r\nhost: x\r\nx-pai-voice-secret: guessed\r\ncontent-length: 2\r\n\r\n[]",
    b"POST /acs/calls/0123?t=guessed HTTP/1.1\r\nhost: x\r\nauthorization: Bearer e30.e30.e30\r\ncontent-length: 2\r\n\r\n[]",
    b"GET /acs/media/0123?t=guessed HTTP/1.1\r\nhost: x\r\n" + UPGRADE,
    b"no HTTP at all\r\n\r\n",
)
DRIBBLE_S: Final = 0.5
FLOODING: Final = 16  # connections at a time, each with the next bad request as soon as the last is answered


class Strangers:
    def __init__(self, port: int) -> None:
        self._port = port
        self.opened = self.closed = self.answered = 0

    async def _connected(self) -> SocketStream | None:
        with anyio.move_on_after(5):
            try:
                stream = await anyio.connect_tcp("127.0.0.1", self._port)
            except OSError:
                return None
            self.opened += 1
            return stream
        return None

    async def half_open(self, number: int) -> None:
        """Comes again when it is sent away."""
        while True:
            stream = await self._connected()
            if stream is None:
                await anyio.sleep(DRIBBLE_S)
                continue
            try:
                async with stream:
                    await stream.send((b"", HEAD, BODY)[number % 3] or b"P")
                    while True:
                        await anyio.sleep(DRIBBLE_S)
                        if number % 3:
                            await stream.send(b"a")
                        else:
                            with anyio.move_on_after(0.01):
                                await stream.receive()
            except (anyio.BrokenResourceError, anyio.EndOfStream, anyio.ClosedResourceError):
                self.closed += 1

    async def floods(self, number: int) -> None:
        while True:
            stream = await self._connected()
            if stream is None:
                continue
            try:
                async with stream:
                    await stream.send(BAD[number % len(BAD)])
                    await stream.receive()
                    self.answered += 1
            except (anyio.BrokenResourceError, anyio.EndOfStream):
                self.closed += 1


async def main(port: int, seconds: float, connections: int) -> None:
    strangers = Strangers(port)
    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as tasks:
            for number in range(connections):
                tasks.start_soon(strangers.half_open, number)
            for number in range(FLOODING):
                tasks.start_soon(strangers.floods, number)
    print(json.dumps({"opened": strangers.opened, "closed": strangers.closed, "answered": strangers.answered}))


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
