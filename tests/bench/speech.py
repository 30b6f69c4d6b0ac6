"""What the callers say: six sentences by espeak-ng, 2 to 2.6 s each, that end with the last sample of a frame."""

from __future__ import annotations

from typing import Final

import numpy as np

from voices.audio import FRAME_BYTES, samples
from voices.engines.espeak import EspeakSynthesizer
from voices.synthesis import Rendering

SENTENCES: Final = (
    "I would like to book a table for four people tonight.",
    "My order number is four two seven nine.",
    "How much would that cost me per month?",
    "Can you help me find a hotel in Paris?",
    "Please send me an email with all of the details.",
    "I have a question about my last invoice.",
)


VOICE: Final = Rendering("caller", "espeak", options={"variant": "en-us", "words_per_minute": 175})


async def utterances() -> list[bytes]:
    espeak = EspeakSynthesizer()
    await espeak.warm()
    return [await _utterance(espeak, text) for text in SENTENCES]


async def _utterance(espeak: EspeakSynthesizer, text: str) -> bytes:
    pcm = b"".join([part.pcm async for part in espeak.speak(text, VOICE)])
    level = np.abs(samples(pcm).astype(np.int32))
    loud = np.flatnonzero(level > level.max() / 100)  # -40 dB of the peak
    speech = pcm[2 * int(loud[0]) : 2 * int(loud[-1]) + 2]
    return bytes(-len(speech) % FRAME_BYTES) + speech
