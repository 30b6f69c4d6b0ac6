"""A speech server's stand-in as a process: it holds much memory, and streams one WAV file at a pace. Standard library only.

`python heavy_server.py WAV MEGABYTES PACE` prints its port. When it is killed its sockets close only after its memory is gone.
"""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HEADER = 44
PIECE = 3_200  # bytes: 0.1 s at 16 kHz
SECOND = 32_000


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("application/json")
        self._send(b"{}")
        self._send(b"")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer("audio/wav")
        self._send(SOUND[:4] + b"\xff" * 4 + SOUND[8 : HEADER - 4] + b"\xff" * 4)
        began_s = time.monotonic()
        for at in range(HEADER, len(SOUND), PIECE):
            time.sleep(max(0.0, began_s + (at - HEADER) / SECOND / PACE - time.monotonic()))
            self._send(SOUND[at : at + PIECE])
        self._send(b"")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def _answer(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _send(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


if __name__ == "__main__":
    SOUND, PACE = Path(sys.argv[1]).read_bytes(), float(sys.argv[3])
    memory = bytearray(int(sys.argv[2]) * 2**20)
    memory[::4096] = b"\x01" * len(memory[::4096])  # every page is there
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
