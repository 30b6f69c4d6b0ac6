"""Ears with a script, for rehearsals and benches: no model, no thread, in real or virtual time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from typing import Final

import anyio

from voices.audio import Frame
from voices.recognition import Heard, RecognizerFailed

FAILURE: Final = "!"
"""A text that makes the recogniser fail on that utterance."""


class ScriptedRecognizer:
    """Hears the given texts in order, each `delay_s` after the last frame of an utterance, whatever it sounds like.

    An utterance takes its text when it ends, so one that is given up takes none. After the last text it hears nothing ("").
    """

    name = "scripted"

    def __init__(self, texts: Iterable[str] = (), *, delay_s: float = 0.15) -> None:
        self._texts = iter(texts)
        self._delay_s = delay_s

    async def warm(self) -> None:
        """Nothing to load."""

    async def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        async for _ in speech:
            pass
        await anyio.sleep(self._delay_s)
        text = next(self._texts, "")
        if text == FAILURE:
            raise RecognizerFailed("the script says that this utterance fails")
        yield Heard(text, final=True, engine=self.name)

    async def aclose(self) -> None:
        """Nothing to close."""
