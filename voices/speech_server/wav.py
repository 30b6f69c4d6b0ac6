"""A WAV file in memory: 16 bit mono."""

from __future__ import annotations

import struct


def wav(pcm: bytes, rate: int) -> bytes:
    """The file's bytes."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + len(pcm), b"WAVE") + form + struct.pack("<4sI", b"data", len(pcm)) + pcm
