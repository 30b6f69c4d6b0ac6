"""Music by ElevenLabs, through its SDK: one piece for each mood, ordered once, then on disk for ever."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
import structlog
from anyio.abc import TaskGroup

from orchestrator.errors import MusicUnavailable
from orchestrator.music.loop import Music, TooShort, closed
from orchestrator.music.mood import Mood
from voices.audio import AudioError, duration_s, read_wav, samples, to_pcm, write_wav

log = structlog.get_logger()

FOLDER: Final = "music"
LENGTH_S: Final = 120.0
MODEL: Final = "music_v2"
ORDER_S: Final = 180.0
INSTALL: Final = "pip install 'pai-voice[cloud]'"

Order = Callable[[str], Awaitable[bytes]]
"""A description becomes 16 kHz mono PCM. Raises MusicUnavailable."""


class ElevenMusic:
    """What is not on disk is ordered, and unavailable until it is. An order that failed is given again after a restart."""

    def __init__(self, order: Order, folder: Path, described: Mapping[Mood, str], tasks: TaskGroup) -> None:
        self._order, self._folder, self._described, self._tasks = order, folder, described, tasks
        self._ordered: set[Path] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, order: Order, folder: Path, described: Mapping[Mood, str]) -> AsyncGenerator[ElevenMusic]:
        """Orders that are still open at the end are dropped."""
        async with anyio.create_task_group() as tasks:
            yield cls(order, folder, described, tasks)
            tasks.cancel_scope.cancel()

    async def bed(self, mood: Mood, seed: int) -> Music:
        words = self._described[mood]
        file = self._folder / f"{mood}-{sha256(words.encode()).hexdigest()[:12]}.wav"
        if await anyio.Path(file).exists():
            return await anyio.to_thread.run_sync(_read, file, mood)
        if file not in self._ordered:
            self._ordered.add(file)
            self._tasks.start_soon(self._fetch, words, file)
        raise MusicUnavailable(
            f"music to the mood {mood} was ordered of ElevenLabs, and is not here yet", "wait for a later hold"
        )

    async def _fetch(self, words: str, file: Path) -> None:
        try:
            with anyio.fail_after(ORDER_S):
                pcm = await self._order(words)
            await anyio.to_thread.run_sync(_keep, pcm, file)
        except (MusicUnavailable, TimeoutError, OSError) as error:
            log.warning("music_order_failed", why=str(error) or f"nothing came in {ORDER_S:g} s")


def _keep(pcm: bytes, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    write_wav(part, pcm)
    part.replace(file)  # so a crash leaves no half of a piece under its name


def _read(file: Path, mood: Mood) -> Music:
    try:
        return Music.of(f"{mood}, by ElevenLabs", closed(read_wav(file)))
    except (AudioError, TooShort) as error:
        raise MusicUnavailable(str(error), f"delete {file}; it will be ordered again") from error


def is_installed() -> bool:
    return find_spec("elevenlabs") is not None


def ordered_of(api_key: str) -> Order:
    """Orders through the SDK (extra `cloud`), which is imported at the first one: it takes a second."""

    async def order(words: str) -> bytes:
        client, failures = await anyio.to_thread.run_sync(_connected, api_key)
        try:
            pieces = client.music.compose(
                prompt=words,
                music_length_ms=int(1_000 * LENGTH_S),
                force_instrumental=True,
                model_id=MODEL,
                output_format="pcm_16000",
                request_options={"max_retries": 1},
            )
            return _mono(b"".join([piece async for piece in pieces]))
        except failures as error:
            status = getattr(error, "status_code", None)  # its text would have the whole answer in it
            raise MusicUnavailable(f"ElevenLabs composed nothing ({status or type(error).__name__})") from error

    return order


def _connected(api_key: str) -> tuple[Any, tuple[type[Exception], ...]]:
    try:
        sdk, core, httpx = (import_module(name) for name in ("elevenlabs", "elevenlabs.core", "httpx"))
    except ImportError as error:
        raise MusicUnavailable("ElevenLabs' SDK is not installed", INSTALL) from error
    client: Any = sdk.AsyncElevenLabs(api_key=api_key)
    client.music  # noqa: B018  (imported now, not on the event loop)
    return client, (core.ApiError, httpx.HTTPError)


def _mono(pcm: bytes) -> bytes:
    """Its manual does not say how many channels PCM has; the length of what came does."""
    if duration_s(pcm) < 1.5 * LENGTH_S:
        return pcm
    both = samples(pcm[: len(pcm) // 4 * 4]).reshape(-1, 2)
    return to_pcm(both.mean(axis=1))
