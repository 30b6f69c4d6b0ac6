"""What our client adds to ElevenLabs' times, against an imitation with known ones: `python -m tests.bench.elevenlabs`."""

from __future__ import annotations

import time
from itertools import cycle
from typing import Final

import anyio
import numpy as np

from telephony.serving import served
from voices.audio import duration_s
from voices.engines.elevenlabs import ElevenLabsSettings, ElevenLabsSynthesizer
from voices.imitations.elevenlabs import KEY, ElevenLabsImitation
from voices.imitations.elevenlabs_sound import VOICES
from voices.synthesis import Rendering

FIRST_S: Final = 0.1
TIMES: Final = 100
WAYS: Final = (
    ("eleven_flash_v2_5", "websocket"),
    ("eleven_v4_turbo", "websocket"),
    ("eleven_flash_v2_5", "http"),
)
SENTENCES: Final = (
    "Well, the build fails because one file is missing.",
    "I would look at the tests first.",
    "It costs twelve dollars a month, and the first month is free.",
)


async def main() -> None:
    print("model              transport   added to the first sound, ms   stop, ms      ms of one core")
    print("                                 p50    p95    max            p50    p95    per s of speech, with the imitation's own")
    service = ElevenLabsImitation(first_s=FIRST_S, faster=20)
    async with served(lambda _url: service) as service.url:
        for model, transport in WAYS:
            settings = {"key": KEY, "base_url": service.url, "model": model, "transport": transport}
            engine = ElevenLabsSynthesizer(ElevenLabsSettings.model_validate(settings))
            try:
                print(f"{model:<18} {transport:<10} {await _measured(engine, service)}")
            finally:
                await engine.aclose()


async def _measured(engine: ElevenLabsSynthesizer, service: ElevenLabsImitation) -> str:
    added_ms: list[float] = []
    await engine.warm()
    for voice in VOICES:  # sockets are open, as they are after the first sentence of a call
        await _sentence(engine, SENTENCES[0], voice)
    cpu_s, spoken_s = time.process_time(), 0.0
    for number, (text, voice) in enumerate(zip(cycle(SENTENCES), cycle(VOICES), strict=False)):
        if number == TIMES:
            break
        first_s, length_s = await _sentence(engine, text, voice)
        added_ms.append(1_000 * (first_s - service.took_s[-1]))
        spoken_s += length_s
    cpu_ms = 1_000 * (time.process_time() - cpu_s) / spoken_s
    stop_ms = [1_000 * await _stopped(engine, SENTENCES[2], VOICES[number % 4]) for number in range(TIMES // 4)]
    added, stops = np.percentile(added_ms, [50, 95, 100]), np.percentile(stop_ms, [50, 95])
    return f"{added[0]:7.1f}{added[1]:7.1f}{added[2]:7.1f}        {stops[0]:7.1f}{stops[1]:7.1f}    {cpu_ms:7.1f}"


async def _sentence(engine: ElevenLabsSynthesizer, text: str, voice: str) -> tuple[float, float]:
    """When the first sound came, and how long all of it is."""
    begun, first_s, pcm = anyio.current_time(), 0.0, b""
    async for sound in engine.speak(text, _rendering(voice)):
        first_s = first_s or anyio.current_time() - begun
        pcm += sound.pcm
    return first_s, duration_s(pcm)


async def _stopped(engine: ElevenLabsSynthesizer, text: str, voice: str) -> float:
    sounds = engine.speak(text, _rendering(voice))
    await anext(sounds)
    begun = anyio.current_time()
    await sounds.aclose()
    return anyio.current_time() - begun


def _rendering(voice: str) -> Rendering:
    return Rendering("bench", "elevenlabs", options={"voice_id": voice})


if __name__ == "__main__":
    anyio.run(main)
