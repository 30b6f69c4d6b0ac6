"""ElevenLabs' voices: over WebSockets that stay open, or over HTTP where none opens. Its key is that of the hold music too."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from decimal import Decimal
from math import log10
from typing import Any, Final

import structlog

from voices.audio import RATE
from voices.engine import Engine, options_of
from voices.engines.elevenlabs import http as over_http
from voices.engines.elevenlabs.account import clone
from voices.engines.elevenlabs.alignment import Alignment, speakable
from voices.engines.elevenlabs.errors import WrongKey
from voices.engines.elevenlabs.models import DEFAULT, MODELS, ModelName
from voices.engines.elevenlabs.settings import FASTEST, SLOWEST, ElevenLabsOptions, ElevenLabsSettings
from voices.engines.elevenlabs.transport import Transport
from voices.engines.elevenlabs.wire import Order, check_format
from voices.engines.finishing import Finisher, moved
from voices.synthesis import (
    NOTHING,
    Mark,
    Rendering,
    Sound,
    SynthesisError,
    Synthesizer,
    SynthesizerFailed,
    SynthesizerUnavailable,
)

_log = structlog.get_logger(__name__)

_LONGEST_LEAD_S: Final = 1.0  # of silence before the first sound
_TOO_LONG: Final = 1.35  # of what the times of characters say: the sound is at a wrong rate, 22,050 Hz or more


class ElevenLabsSynthesizer:
    """Shared by all calls. `maintain` may run beside it, to keep sockets warm; without it they open when they are needed."""

    name = "elevenlabs"

    def __init__(self, settings: ElevenLabsSettings) -> None:
        self._settings = settings
        self._transport = Transport(settings)

    async def warm(self) -> None:
        """Raises SynthesizerUnavailable for a wrong key; whatever else is wrong now may be right later."""
        if reason := missing(self._settings):
            raise SynthesizerUnavailable(reason)
        try:
            await over_http.check_key(await self._transport.http())
        except WrongKey:
            raise
        except SynthesisError as error:
            _log.warning("elevenlabs_not_ready", error=str(error))

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        order, gain_db = self._order(text, rendering)
        if not any(map(str.isalnum, order.text)):
            return
        cost_usd, received, spoken_s = cost(order), 0, 0.0
        alignment, finisher = Alignment(speakable(text)), Finisher(gain_db=gain_db)
        marks: list[Mark] = []
        async with aclosing(self._transport.messages(order)) as messages:
            async for message in messages:
                if not received:
                    check_format(message.pcm)
                starts_s = [received / 2 / RATE + at_s for at_s in message.starts_s]
                spoken_s = max((spoken_s, *starts_s))
                received += len(message.pcm)
                _check_rate(received / 2 / RATE, spoken_s)
                marks += alignment.push(message.chars, starts_s)
                if pcm := finisher.push_pcm(message.pcm):
                    yield Sound(pcm, moved(marks, finisher.cut_s), cost_usd)
                    cost_usd, marks = NOTHING, []
                elif finisher.quiet_s > _LONGEST_LEAD_S and not finisher.begun:
                    raise SynthesizerFailed(f"ElevenLabs sent {finisher.quiet_s:.1f} s of silence in place of speech")
        if pcm := finisher.push_pcm(b"", last=True):
            yield Sound(pcm, moved(marks, finisher.cut_s), cost_usd)
        elif cost_usd:
            raise SynthesizerFailed("ElevenLabs sent no sound, or nothing but silence")

    async def maintain(self) -> None:
        """Keep sockets warm until cancelled, so that no sentence waits for one."""
        await self._transport.maintain()

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _order(self, text: str, rendering: Rendering) -> tuple[Order, float]:
        options = options_of(rendering, ElevenLabsOptions)
        name: ModelName = options.model or self._settings.model
        model = MODELS[name]
        if len(text) > model.longest_chars:
            raise SynthesizerFailed(f"a sentence of {len(text)} characters is longer than the {model.longest_chars} of {name}")
        settings: dict[str, Any] = options.model_dump(include=set(model.settings), exclude_none=True)
        if "speed" in settings:
            settings["speed"] = min(max(options.speed * rendering.speed, SLOWEST), FASTEST)
        language = rendering.language.partition("-")[0]
        spoken = re.sub(r"\s+", " ", speakable(text)).strip()
        order = Order(spoken, options.voice_id, name, language if model.languages and len(language) == 2 else None, settings)
        return order, rendering.gain_db + 20 * log10(options.volume)


def _check_rate(sound_s: float, spoken_s: float) -> None:
    """Raises SynthesizerFailed if there is much more sound than there are words: it has more samples a second than it should."""
    if spoken_s and sound_s > _TOO_LONG * spoken_s + 1.0:
        raise SynthesizerFailed(f"ElevenLabs sent {sound_s:.1f} s of sound for {spoken_s:.1f} s of speech: it is at another rate")


def cost(order: Order) -> Decimal:
    """In USD, for all characters that are sent."""
    return len(order.text) * MODELS[order.model].usd_per_1000_chars / 1_000


def missing(settings: ElevenLabsSettings) -> str | None:
    return None if settings.key else "there is no key; set ELEVENLABS_API_KEY, or `key` in [voices.elevenlabs]"


ENGINE: Final[Engine[Synthesizer]] = Engine(
    "elevenlabs",
    "synthesizer",
    ElevenLabsSynthesizer,
    missing,
    settings=ElevenLabsSettings,
    options=ElevenLabsOptions,
    clone=clone,
    usd_per_1000_chars=MODELS[DEFAULT].usd_per_1000_chars,
    marking="SynthID, an inaudible watermark, by ElevenLabs' word since July 2026; elevenlabs.io's Audio Detector finds it. Not "
    "checked here, and not after a phone line.",
)
