"""The shipped ears for a call in virtual time: they hear in a thread with a loop of its own, and no time passes meanwhile."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Self

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests.kit.ears import hear
from voices.audio import Frame
from voices.engines.whisper import WhisperRecognizer
from voices.recognition import Heard, Recognizer

HEARS_S = 0.3  # of virtual time, for each utterance


class Aside:
    """A Recognizer. The loop of the call waits for it, as for any other work of its own."""

    name = "aside"

    def __init__(self, ears: Recognizer, portal: BlockingPortal) -> None:
        self._ears, self._portal = ears, portal
        self.lately: list[str] = []
        """What was heard."""

    @classmethod
    @contextmanager
    def whisper(cls) -> Generator[Self]:
        with start_blocking_portal() as portal:
            ears = WhisperRecognizer(device="cpu")
            portal.call(ears.warm)
            yield cls(ears, portal)
            portal.call(ears.aclose)

    async def warm(self) -> None:
        """It is."""

    async def aclose(self) -> None:
        """Whoever made it closes it."""

    async def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        frames = [frame async for frame in speech]
        await anyio.sleep(HEARS_S)
        heard = self._portal.call(partial(hear, self._ears, b"".join(frames), *hints))[-1]
        self.lately.append(heard.text)
        yield heard
