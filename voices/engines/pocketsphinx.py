"""pocketsphinx in worker processes: the ear that is always there, for its models are in its wheel."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator, AsyncIterable
from importlib.util import find_spec
from typing import Final

import anyio
from anyio import to_thread
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from voices.audio import FRAME_BYTES, FRAME_S, Frame, duration_s
from voices.engines import pocketsphinx_worker
from voices.engines.pocketsphinx_worker import AUDIO, BEGIN, END, pack
from voices.recognition import Heard, RecognizerFailed, RecognizerUnavailable

LONGEST_S: Final = 60.0  # what one utterance may hold in memory (2 MB); sound after it is not heard
_SLOWEST: Final = 0.5  # seconds of work that a second of speech may take (0.15-0.3 measured); a slower worker hangs
_LONGEST_ANSWER: Final = 65_536  # bytes; a minute of speech is under 2,000
_GOODBYE_LIMIT_S: Final = 2.0
_WARM_S: Final = 60.0  # to start, with nobody on the line: 1 s, but over 16 s was seen on a machine that was too busy


class PocketsphinxRecognizer:
    """Decodes while the caller speaks, so that the text is there 20-100 ms after the last frame; gives no partials.

    Each utterance under way has a worker process (230 MB) for itself, of at most `workers`; the others wait their turn and their
    sound is kept. A worker that dies is replaced, and the new one hears the utterance from the start, once; so is one
    that hangs for `patience_s`. `hints` are taught while warming; new ones cost their first utterance 0.3-0.5 s.
    """

    name = "pocketsphinx"

    def __init__(self, *, workers: int = 2, hints: tuple[str, ...] = (), patience_s: float = 8.0) -> None:
        self._pool = _Pool(workers, patience_s)
        self._hints = hints

    async def warm(self) -> None:
        if await to_thread.run_sync(find_spec, "pocketsphinx") is None:
            raise RecognizerUnavailable("pocketsphinx is not installed: pip install 'pocketsphinx>=5.0.4' (Python 3.11 to 3.13)")
        utterance = _Utterance(self._pool, self._hints)
        in_a_call_s, self._pool.patience_s = self._pool.patience_s, _WARM_S
        try:
            await utterance.add(bytes(FRAME_BYTES))
            await utterance.text()
        except RecognizerFailed as error:
            raise RecognizerUnavailable(f"{error}; what it printed stands in the log above") from error
        finally:
            self._pool.patience_s = in_a_call_s
            utterance.close()

    async def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        utterance = _Utterance(self._pool, hints)
        try:
            async for frame in speech:
                await utterance.add(frame)
            text = await utterance.text()
        finally:
            utterance.close()
        yield Heard(text, final=True, engine=self.name)

    async def aclose(self) -> None:
        """Ends the workers; utterances under way fail."""
        await self._pool.aclose()


class _WorkerDied(Exception):
    pass


class _Utterance:
    """What one caller says: kept from the start, so that it can wait for a worker, and be told again."""

    def __init__(self, pool: _Pool, hints: tuple[str, ...]) -> None:
        self._pool = pool
        self._hints = hints
        self._said: list[bytes] = []
        self._told = 0
        self._worker: _Worker | None = None
        self._replayed = False

    async def add(self, frame: bytes) -> None:
        if len(self._said) * FRAME_S < LONGEST_S:
            self._said.append(frame)
        self._worker = self._worker or self._pool.lend_now()
        if self._worker:
            await self._tell()

    async def text(self) -> str:
        self._worker = self._worker or await self._pool.lend()
        return await self._tell(and_answer=True)

    def close(self) -> None:
        if self._worker:
            self._pool.take_back(self._worker)
            self._worker = None

    async def _tell(self, *, and_answer: bool = False) -> str:
        """What the worker has not heard yet; from the start, to a new one, if it died."""
        assert self._worker
        try:
            if not self._told:
                await self._worker.begin(self._hints)
            new, self._told = self._said[self._told :], len(self._said)
            await self._worker.hear(b"".join(new))
            return await self._worker.answer() if and_answer else ""
        except _WorkerDied as died:
            if self._replayed:
                raise RecognizerFailed(f"pocketsphinx's worker died twice on one utterance; the second time, {died}") from died
            self._replayed, self._told = True, 0
            self._worker = self._pool.replace(self._worker)
            return await self._tell(and_answer=and_answer)


class _Pool:
    """The workers, and whose turn it is."""

    def __init__(self, size: int, patience_s: float) -> None:
        self.patience_s = patience_s
        self._turns = anyio.Semaphore(size)
        self._idle: list[_Worker] = []
        self._lent: set[_Worker] = set()
        self._closed = False

    def lend_now(self) -> _Worker | None:
        try:
            self._turns.acquire_nowait()
        except anyio.WouldBlock:
            return None
        return self._pick()

    async def lend(self) -> _Worker:
        await self._turns.acquire()
        return self._pick()

    def take_back(self, worker: _Worker) -> None:
        self._lent.discard(worker)
        if worker.alive:
            self._idle.append(worker)
        self._turns.release()

    def replace(self, dead: _Worker) -> _Worker:
        dead.kill()
        self._lent.discard(dead)
        return self._pick()

    def _pick(self) -> _Worker:
        """For one who has a turn. After the end it is a closed worker, so that all who still wait fail one by one."""
        self._idle = [worker for worker in self._idle if worker.alive]
        worker = self._idle.pop() if self._idle else _Worker(self, closed=self._closed)
        self._lent.add(worker)
        return worker

    async def aclose(self) -> None:
        self._closed = True
        with anyio.CancelScope(shield=True):
            async with anyio.create_task_group() as tasks:
                for worker in (*self._idle, *self._lent):
                    tasks.start_soon(worker.aclose)


class _Worker:
    """One process, started when it is first spoken to. An utterance that is begun drops the one before it."""

    def __init__(self, pool: _Pool, *, closed: bool) -> None:
        self._pool = pool
        self._process: Process | None = None
        self._answers: BufferedByteReceiveStream | None = None
        self._closed = closed
        self._utterance = 0
        self._heard_s = 0.0

    @property
    def alive(self) -> bool:
        return not self._closed and (self._process is None or self._process.returncode is None)

    async def begin(self, hints: tuple[str, ...]) -> None:
        self._utterance += 1
        self._heard_s = 0.0
        await self._send(pack(BEGIN, json.dumps({"id": self._utterance, "hints": hints}).encode()))

    async def hear(self, pcm: bytes) -> None:
        if pcm:
            self._heard_s += duration_s(pcm)
            await self._send(pack(AUDIO, pcm))

    async def answer(self) -> str:
        """The text of this utterance; answers to dropped ones are passed over."""
        await self._send(pack(END))
        assert self._answers
        try:
            with anyio.fail_after(self._pool.patience_s + _SLOWEST * self._heard_s):
                while (final := json.loads(await self._answers.receive_until(b"\n", _LONGEST_ANSWER)))["id"] != self._utterance:
                    pass
        except (anyio.IncompleteRead, anyio.ClosedResourceError) as error:
            raise _WorkerDied("it ended") from error
        except TimeoutError as error:
            raise _WorkerDied("it does not answer") from error
        return str(final["text"])

    async def _send(self, message: bytes) -> None:
        if self._closed:
            raise _WorkerDied("the recogniser is closed")
        self._process = self._process or await self._start()
        assert self._process.stdin
        try:
            with anyio.fail_after(self._pool.patience_s + _SLOWEST * self._heard_s):
                await self._process.stdin.send(message)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError, RuntimeError) as error:
            # RuntimeError is how uvloop says that the pipe is closed; TimeoutError is an OSError.
            raise _WorkerDied("it does not listen") from error

    async def _start(self) -> Process:
        process = await anyio.open_process([sys.executable, "-m", pocketsphinx_worker.__name__], stderr=None)
        assert process.stdout
        self._answers = BufferedByteReceiveStream(process.stdout)
        return process

    def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def aclose(self) -> None:
        self._closed = True
        if not self._process or not self._process.stdin:
            return
        with anyio.move_on_after(_GOODBYE_LIMIT_S):
            await self._process.stdin.aclose()
            await self._process.wait()
        self.kill()
        await self._process.aclose()
