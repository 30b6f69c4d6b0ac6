"""A server on loopback with one file, which misbehaves as told: hangs up half-way, knows no ranges, redirects, answers pages."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FileServer(ThreadingHTTPServer):
    """Serves `content` at any path; `broken` says how often it hangs up half-way."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.content, self.broken, self.ranges = content, 0, True
        self.status, self.type, self.location = 200, "application/octet-stream", ""
        self.chunked = False
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class Request(BaseHTTPRequestHandler):
    server: FileServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(self.headers["Range"])
        if server.location and not self.path.startswith("/real"):
            self.send_response(302)
            self.send_header("Location", server.location)
            self.end_headers()
            return
        start = int(self.headers["Range"][6:-1]) if self.headers["Range"] and server.ranges else 0
        rest = server.content[start:]
        self.send_response(206 if start and server.status == 200 else server.status)
        self.send_header("Content-Type", server.type)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        if not server.chunked:
            self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if server.broken:
            server.broken -= 1
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def serving(content: bytes) -> Generator[FileServer, None, None]:
    with FileServer(content) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
