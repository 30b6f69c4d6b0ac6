"""A WAV file that comes in pieces over the network, from servers that do not know its length when they begin."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from voices.audio import FULL_SCALE, samples, to_pcm

_LONGEST_HEADER: Final = 65_536
_UNKNOWN_SIZES: Final = (0, 0xFFFFFFFF)
_WIDTHS: Final = {(1, 16): 2, (3, 32): 4}  # format code and bits: bytes of a sample


class WavError(Exception):
    """Bytes that are no WAV file, or a kind of it that no speech server sends; the message says which."""


class WavStream:
    """Gives s16 mono PCM as it comes. Takes 16-bit and float files, one channel or two, and sizes of 0 or 0xFFFFFFFF."""

    def __init__(self) -> None:
        self._waiting = b""
        self._left: int | None = None
        self._begun = False
        self.rate = 0
        """Samples per second, once the header has come; 0 before."""
        self.size: int | None = None
        """Bytes of sound that the header promises, where it does."""

    def push(self, data: bytes) -> bytes:
        """What can be played by now. Raises WavError."""
        self._waiting += data
        if not self._begun and not self._header():
            return b""
        usable = len(self._waiting) if self._left is None else min(self._left, len(self._waiting))
        usable -= usable % self._block
        body, self._waiting = self._waiting[:usable], self._waiting[usable:]
        if self._left is not None:
            self._left -= usable
            self._waiting = self._waiting if self._left else b""  # chunks after the sound
        return self._mono(body)

    @property
    def complete(self) -> bool:
        """False while promised sound is missing, or the header."""
        return self._begun and (self._left is None or self._left < self._block)

    def _header(self) -> bool:
        """Reads it, if it is all there."""
        head = self._waiting
        if not (b"RIFF".startswith(head[:4]) and b"WAVE".startswith(head[8:12])):
            raise WavError("it does not begin like a WAV file")
        at, form = 12, b""
        while at + 8 <= len(head):
            kind, size = struct.unpack_from("<4sI", head, at)
            if kind == b"data":
                self._format(form)
                self._waiting, self._begun = head[at + 8 :], True
                self.size = self._left = None if size in _UNKNOWN_SIZES else size
                return True
            if kind == b"fmt ":
                form = head[at + 8 : at + 8 + size]
            at += 8 + size + (size & 1)
        if at > _LONGEST_HEADER or len(head) > _LONGEST_HEADER:
            raise WavError("its header has no end")
        return False

    def _format(self, form: bytes) -> None:
        if len(form) < 16:
            raise WavError("its format is missing")
        code, self._channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
        if code == 0xFFFE and len(form) >= 26:  # WAVE_FORMAT_EXTENSIBLE: the real format opens the GUID
            (code,) = struct.unpack_from("<H", form, 24)
        if (code, bits) not in _WIDTHS or self._channels not in (1, 2):
            raise WavError(f"it has format {code}, {bits} bits and {self._channels} channels; 16-bit mono is wanted")
        if not 8_000 <= rate <= 96_000:
            raise WavError(f"its rate of {rate} Hz makes no sense")
        self.rate, self._float = rate, code == 3
        self._block = _WIDTHS[code, bits] * self._channels

    def _mono(self, body: bytes) -> bytes:
        if not self._float and self._channels == 1:
            return body
        values = np.frombuffer(body, "<f4") * FULL_SCALE if self._float else samples(body).astype(np.float32)
        return to_pcm(np.nan_to_num(values).reshape(-1, self._channels).mean(axis=1))
