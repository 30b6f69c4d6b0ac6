"""What a telephone does before we decode it: G.711 (ITU-T), as table look-ups."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from voices.audio import FULL_SCALE, samples


def _linear_to_ulaw() -> npt.NDArray[np.uint8]:
    value = np.arange(-FULL_SCALE, FULL_SCALE, dtype=np.int32) >> 2  # the standard's 14 bits
    negative = value < 0
    magnitude = np.minimum(np.abs(value), 8_158) + 0x21
    segment = np.floor(np.log2(magnitude)).astype(np.int32) - 5
    code = (segment << 4) | ((magnitude >> (segment + 1)) & 0x0F)
    return ((code ^ np.where(negative, 0x7F, 0xFF)) & 0xFF).astype(np.uint8)


def _linear_to_alaw() -> npt.NDArray[np.uint8]:
    value = np.arange(-FULL_SCALE, FULL_SCALE, dtype=np.int32) >> 3
    negative = value < 0
    magnitude = np.where(negative, -value - 1, value)
    segment = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 0)
    code = (segment << 4) | ((magnitude >> np.maximum(segment, 1)) & 0x0F)
    return ((code ^ np.where(negative, 0x55, 0xD5)) & 0xFF).astype(np.uint8)


_ULAW: Final = _linear_to_ulaw()
_ALAW: Final = _linear_to_alaw()


def ulaw_encode(pcm: bytes) -> bytes:
    return _ULAW[samples(pcm).astype(np.int32) + FULL_SCALE].tobytes()


def alaw_encode(pcm: bytes) -> bytes:
    return _ALAW[samples(pcm).astype(np.int32) + FULL_SCALE].tobytes()
