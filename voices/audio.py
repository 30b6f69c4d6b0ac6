"""Sound. `Frame` is the only sound that crosses a boundary: 16 kHz, mono, signed 16 bit little-endian, 20 ms."""

from __future__ import annotations

import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import numpy as np
import numpy.typing as npt

RATE: Final = 16_000
FRAME_S: Final = 0.02
FRAME_SAMPLES: Final = 320
FRAME_BYTES: Final = 640
FULL_SCALE: Final = 32_768

Samples = npt.NDArray[np.int16]


class AudioError(Exception):
    """Sound that cannot be read; the message says what was expected."""


class Frame(bytes):
    """20 ms of sound: exactly 640 bytes. Raises AudioError for any other length."""

    __slots__ = ()

    def __new__(cls, pcm: bytes) -> Self:
        if len(pcm) != FRAME_BYTES:
            raise AudioError(f"a frame is {FRAME_BYTES} bytes (20 ms of 16 kHz mono s16), not {len(pcm)}")
        return super().__new__(cls, pcm)


SILENCE: Final = Frame(bytes(FRAME_BYTES))


def frames(pcm: bytes) -> Iterator[Frame]:
    """Cut PCM into frames; the last one is filled up with silence."""
    for start in range(0, len(pcm), FRAME_BYTES):
        piece = pcm[start : start + FRAME_BYTES]
        yield Frame(piece if len(piece) == FRAME_BYTES else piece + bytes(FRAME_BYTES - len(piece)))


def samples(pcm: bytes | bytearray | memoryview) -> Samples:
    """A view of PCM as 16-bit samples (no copy)."""
    return np.frombuffer(pcm, dtype="<i2")


def to_pcm(values: npt.NDArray[Any]) -> bytes:
    """Samples of any number type, in 16-bit units, rounded and clipped to s16."""
    return np.clip(np.rint(values), -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()


def duration_s(pcm: bytes | bytearray | memoryview) -> float:
    return len(pcm) / 2 / RATE


def level_dbfs(pcm: bytes | bytearray | memoryview) -> float:
    """RMS level in dB below full scale; -96 for digital silence."""
    values = samples(pcm).astype(np.float32)
    if not values.size:
        return -96.0
    return max(-96.0, 10 * float(np.log10(max(float(np.dot(values, values)) / values.size, 1e-9))) - 90.309)


def speech_level_dbfs(pcm: bytes | bytearray | memoryview, *, gate_db: float = 30.0) -> float:
    """RMS of the frames that speak: those within `gate_db` of the loudest one, so that pauses do not count."""
    levels = np.array([level_dbfs(frame) for frame in frames(bytes(pcm))])
    if not levels.size:
        return -96.0
    voiced = levels[levels >= levels.max() - gate_db]
    return float(10 * np.log10(np.mean(10 ** (voiced / 10))))


class Resampler:
    """Streaming conversion of s16 mono between rates (soxr HQ; about 18 ms of delay, 11-24 us a frame)."""

    def __init__(self, from_hz: int, to_hz: int = RATE) -> None:
        self._same = from_hz == to_hz
        if not self._same:
            import soxr

            self._stream: Any = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16", quality="HQ")

    def push(self, pcm: bytes, *, last: bool = False) -> bytes:
        """What is ready so far; `last` also flushes what the filter still holds."""
        return pcm if self._same else self._stream.resample_chunk(samples(pcm), last=last).tobytes()


def resample(pcm: bytes, from_hz: int, to_hz: int = RATE) -> bytes:
    return Resampler(from_hz, to_hz).push(pcm, last=True)


# --- G.711 (ITU-T G.711, as table look-ups; 2-3 us a frame) -----------------------------------------------------------


def _ulaw_to_linear() -> Samples:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_to_linear() -> Samples:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code & 0x70) >> 4
    base = ((code & 0x0F) << 4) + 8
    magnitude = np.where(segment == 0, base, (base + 0x100) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


_ULAW_DECODE: Final = _ulaw_to_linear()
_ALAW_DECODE: Final = _alaw_to_linear()


def ulaw_decode(data: bytes) -> bytes:
    return _ULAW_DECODE[np.frombuffer(data, np.uint8)].astype("<i2").tobytes()


def alaw_decode(data: bytes) -> bytes:
    return _ALAW_DECODE[np.frombuffer(data, np.uint8)].astype("<i2").tobytes()


# --- wav --------------------------------------------------------------------------------------------------------------


def read_wav(path: Path | str) -> bytes:
    """Any PCM wav (8, 16, 24, 32 bit or float, any rate, mono or more) as 16 kHz mono s16. Raises AudioError."""
    values, rate = read_channels(path)
    return resample(to_pcm(values.mean(axis=1)), rate)


def read_channels(path: Path | str) -> tuple[npt.NDArray[np.float64], int]:
    """Any PCM wav as it is: samples x channels in 16-bit units, and the rate. Raises AudioError."""
    try:
        blob = Path(path).read_bytes()
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror or error}") from error
    values, channels, rate = _decode_wav(blob, path)
    return values[: values.size // channels * channels].reshape(-1, channels), rate


def _decode_wav(blob: bytes, path: Path | str) -> tuple[npt.NDArray[np.float64], int, int]:
    """Samples in 16-bit units, channels, rate. The `wave` module knows no float formats, so the chunks are walked here."""
    if blob[:4] != b"RIFF" or blob[8:12] != b"WAVE":
        raise AudioError(f"{path}: not a wav file; convert it first, e.g. `ffmpeg -i in.mp3 out.wav`")
    at, form, data = 12, None, None
    while at + 8 <= len(blob):
        kind, size = blob[at : at + 4], struct.unpack_from("<I", blob, at + 4)[0]
        body = blob[at + 8 : at + 8 + size]
        if kind == b"fmt " and len(body) >= 16:
            form = struct.unpack_from("<HHIIHH", body)
            if form[0] == 0xFFFE and len(body) >= 26:  # WAVE_FORMAT_EXTENSIBLE: the real format opens the GUID
                form = (struct.unpack_from("<H", body, 24)[0], *form[1:])
        elif kind == b"data":
            data = body
        at += 8 + size + (size & 1)
    if form is None or data is None:
        raise AudioError(f"{path}: the wav has no sound in it (fmt or data chunk missing)")
    code, channels, rate, _, _, bits = form
    if not channels or not 1_000 <= rate <= 384_000:
        raise AudioError(f"{path}: {channels} channels at {rate} Hz make no sense")
    data = data[: len(data) // (bits // 8 or 1) * (bits // 8 or 1)]
    match code, bits:
        case 1, 8:
            values = (np.frombuffer(data, np.uint8).astype(np.float64) - 128) * 256
        case 1, 16:
            values = np.frombuffer(data, "<i2").astype(np.float64)
        case 1, 24:
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            values = wide.view("<i4").reshape(-1).astype(np.float64) / 65_536
        case 1, 32:
            values = np.frombuffer(data, "<i4").astype(np.float64) / 65_536
        case 3, 32:
            values = np.frombuffer(data, "<f4").astype(np.float64) * FULL_SCALE
        case 3, 64:
            values = np.frombuffer(data, "<f8").astype(np.float64) * FULL_SCALE
        case 6, 8:
            values = samples(alaw_decode(data)).astype(np.float64)
        case 7, 8:
            values = samples(ulaw_decode(data)).astype(np.float64)
        case _:
            raise AudioError(f"{path}: wav format {code} with {bits} bits is not supported; use 16-bit PCM")
    return np.nan_to_num(values), channels, rate


def write_wav(file: Path | str | BinaryIO, pcm: bytes, *, channels: int = 1, rate: int = RATE) -> None:
    with wave.open(str(file) if isinstance(file, Path) else file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm)


def stereo(left: bytes, right: bytes) -> bytes:
    """Interleave two channels of equal length."""
    both = np.empty(len(left) // 2 * 2, dtype="<i2")
    both[0::2], both[1::2] = samples(left), samples(right)
    return both.tobytes()
