"""What a telephone makes of sound: G.711 at 8 kHz, and packets of 20 ms that are lost and concealed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np

from tests.kit.g711 import alaw_encode, ulaw_encode
from voices.audio import RATE, alaw_decode, resample, samples, to_pcm, ulaw_decode

_HZ: Final = 8_000
_PACKET: Final = _HZ // 50
_FADE: Final = 0.6  # a lost packet is the one before it, softer each time …
_LONGEST: Final = 3  # … and after so many it is silence

LAWS: Final = {"mu": (ulaw_encode, ulaw_decode), "a": (alaw_encode, alaw_decode)}


def by_telephone(pcm: bytes, *, law: str = "mu", lost: float = 0.0, seed: int = 0) -> bytes:
    """The same sound after a telephone, at 16 kHz again. `lost`: the share of packets that do not arrive."""
    encode, decode = LAWS[law]
    narrow = samples(decode(encode(resample(pcm, RATE, _HZ)))).astype(np.float32)
    random, last, missed = np.random.default_rng(seed), np.zeros(_PACKET, np.float32), 0
    for at in range(0, narrow.size - _PACKET + 1, _PACKET):
        packet = slice(at, at + _PACKET)
        missed = missed + 1 if random.random() < lost else 0
        if missed:
            narrow[packet] = last * _FADE ** (missed - 1) if missed <= _LONGEST else 0
        else:
            last = narrow[packet].copy()
    return resample(to_pcm(narrow), _HZ)


BANDS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "wide": lambda pcm: pcm,
    "mu-law": by_telephone,
    "A-law": partial(by_telephone, law="a"),
    "1 % lost": partial(by_telephone, lost=0.01, seed=1),
    "3 % lost": partial(by_telephone, lost=0.03, seed=3),
}
