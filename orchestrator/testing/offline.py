"""No test reaches the real Claude: a request to it is answered by the scripted one, or fails the test at once.

It stands where the anthropic SDK meets the network, in httpx2's own transports: no name is resolved, no network is needed. Until
httpx2 is imported there is nothing to do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final, NoReturn

import pytest

_HOSTS: Final = ("anthropic.com", "claude.com")
_TRANSPORTS: Final = "httpx2._transports.default"
REACHED: Final = (
    "This test reached for the real Claude ({method} {url}), which costs money and needs a network. Take the fixture `claude`"
    ' and script the answer, as in `claude.says("kai", "…")`.'
)


class Guard:
    """Between httpx2 and the network, while it is `up`."""

    def __init__(self) -> None:
        self.claude: Any = None
        """The transport that answers in the real one's place, if there is one."""
        self.lifted = False
        self._undo: list[Callable[[], None]] = []

    def up(self) -> None:
        transports = sys.modules.get(_TRANSPORTS)
        if transports is not None:
            self._stand_before(transports)
            return
        waiting = _OnImport(self._stand_before)
        sys.meta_path.insert(0, waiting)
        self._undo.append(lambda: sys.meta_path.remove(waiting) if waiting in sys.meta_path else None)

    def down(self) -> None:
        while self._undo:
            self._undo.pop()()

    @contextmanager
    def answering(self, transport: Any) -> Generator[None]:
        """That transport is Claude's."""
        before, self.claude = self.claude, transport
        try:
            yield
        finally:
            self.claude = before

    @contextmanager
    def lift(self) -> Generator[None]:
        """The real Claude may be reached."""
        self.lifted = True
        try:
            yield
        finally:
            self.lifted = False

    def _stand_before(self, transports: ModuleType) -> None:
        guard, waiting, blocking = self, transports.AsyncHTTPTransport, transports.HTTPTransport
        handle_async, handle = waiting.handle_async_request, blocking.handle_request

        async def handle_async_request(transport: Any, request: Any) -> Any:
            if guard._passes(request):
                return await handle_async(transport, request)
            return await (guard.claude or _Nobody()).handle_async_request(request)

        def handle_request(transport: Any, request: Any) -> Any:
            if guard._passes(request):
                return handle(transport, request)
            raise _reached(request)

        waiting.handle_async_request, blocking.handle_request = handle_async_request, handle_request

        def undo() -> None:
            waiting.handle_async_request, blocking.handle_request = handle_async, handle

        self._undo.append(undo)

    def _passes(self, request: Any) -> bool:
        host = request.url.host
        return self.lifted or not any(host == known or host.endswith(f".{known}") for known in _HOSTS)


class _Nobody:
    async def handle_async_request(self, request: Any) -> NoReturn:
        raise _reached(request)


def _reached(request: Any) -> BaseException:
    return pytest.fail.Exception(REACHED.format(method=request.method, url=request.url), pytrace=False)


class _OnImport(MetaPathFinder):
    """Calls `then` with the transports' module as soon as it has been imported."""

    def __init__(self, then: Callable[[ModuleType], None]) -> None:
        self._then = then

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != _TRANSPORTS:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        loader, execute = spec.loader, spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._then(module)

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
