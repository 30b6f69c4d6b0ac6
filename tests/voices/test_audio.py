"""Sound in, sound out: lengths, levels and codecs against references that are not ours."""

from __future__ import annotations

import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.g711 import alaw_encode, ulaw_encode
from voices.audio import (
    FRAME_BYTES,
    RATE,
    AudioError,
    Frame,
    Resampler,
    alaw_decode,
    duration_s,
    frames,
    level_dbfs,
    read_wav,
    resample,
    samples,
    stereo,
    to_pcm,
    ulaw_decode,
    write_wav,
)


def tone(hz: float, seconds: float = 1.0, rate: int = RATE, amplitude: float = 8_000) -> bytes:
    return to_pcm(amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate))


def test_a_frame_is_20_ms_and_nothing_else() -> None:
    assert len(Frame(bytes(FRAME_BYTES))) == FRAME_BYTES
    with pytest.raises(AudioError, match="640 bytes"):
        Frame(b"half")


@given(st.binary(max_size=5_000))
def test_cutting_loses_nothing(pcm: bytes) -> None:
    assert b"".join(frames(pcm))[: len(pcm)] == pcm


def test_level_of_a_full_sine_is_3_db_below_full_scale() -> None:
    assert level_dbfs(tone(440, amplitude=32_767)) == pytest.approx(-3.01, abs=0.02)
    assert level_dbfs(bytes(640)) == -96.0
    assert level_dbfs(b"") == -96.0


@pytest.mark.parametrize("rate", [8_000, 22_050, 24_000, 44_100, 48_000])
def test_resampling_in_pieces_equals_resampling_at_once(rate: int) -> None:
    sound = tone(440, rate=rate)
    stream = Resampler(rate)
    pieces = [stream.push(sound[at : at + 1_000], last=at + 1_000 >= len(sound)) for at in range(0, len(sound), 1_000)]
    whole = resample(sound, rate)
    assert duration_s(whole) == pytest.approx(1.0, abs=0.001)
    assert len(b"".join(pieces)) == pytest.approx(len(whole), abs=4)
    difference = samples(b"".join(pieces))[:15_000].astype(int) - samples(whole)[:15_000]
    assert abs(difference).max() <= 2  # soxr dithers nothing, but rounds per piece
    spectrum = np.abs(np.fft.rfft(samples(whole)))
    assert int(spectrum.argmax()) == pytest.approx(440, abs=1)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="audioop, the reference, left the standard library in 3.13")
def test_g711_is_what_audioop_says() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import audioop
    every = np.arange(-32_768, 32_768).astype("<i2").tobytes()
    codes = bytes(range(256))
    assert ulaw_encode(every) == audioop.lin2ulaw(every, 2)
    assert alaw_encode(every) == audioop.lin2alaw(every, 2)
    assert ulaw_decode(codes) == audioop.ulaw2lin(codes, 2)
    assert alaw_decode(codes) == audioop.alaw2lin(codes, 2)


def test_a_wav_of_ours_comes_back(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone(300))
    assert read_wav(tmp_path / "a.wav") == tone(300)


def riff(code: int, channels: int, rate: int, bits: int, data: bytes) -> bytes:
    fmt = struct.pack("<HHIIHH", code, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    body = (
        b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"LIST\x03\x00\x00\x00abc\x00" + b"data" + struct.pack("<I", len(data)) + data
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    ("code", "bits", "dtype", "scale", "offset"),
    [
        (1, 8, "u1", 1 / 256, 128),
        (1, 16, "<i2", 1, 0),
        (1, 32, "<i4", 65_536, 0),
        (3, 32, "<f4", 1 / 32_768, 0),
        (3, 64, "<f8", 1 / 32_768, 0),
    ],
)
def test_any_wav_is_read_as_16_khz_mono(tmp_path: Path, code: int, bits: int, dtype: str, scale: float, offset: int) -> None:
    wave = samples(tone(440, rate=44_100)).astype(np.float64) * scale + offset
    both = np.repeat(wave, 2).astype(dtype)  # stereo, the same on both sides
    (tmp_path / "in.wav").write_bytes(riff(code, 2, 44_100, bits, both.tobytes()))
    heard = read_wav(tmp_path / "in.wav")
    assert duration_s(heard) == pytest.approx(1.0, abs=0.001)
    assert level_dbfs(heard) == pytest.approx(level_dbfs(tone(440)), abs=0.1)


def test_24_bit(tmp_path: Path) -> None:
    wide = samples(tone(440)).astype("<i4")[:, None] << 8
    (tmp_path / "in.wav").write_bytes(riff(1, 1, RATE, 24, wide.view("u1").reshape(-1, 4)[:, :3].tobytes()))
    assert read_wav(tmp_path / "in.wav") == tone(440)


@given(st.binary(max_size=200))
def test_no_file_takes_the_reader_down(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.wav"
    for blob in (junk, b"RIFF" + junk[:4].ljust(4, b"\0") + b"WAVE" + junk, riff(1, 1, 16_000, 16, junk)):
        path.write_bytes(blob)
        try:
            read_wav(path)
        except AudioError as error:
            assert str(path) in str(error)


def test_stereo_interleaves() -> None:
    assert samples(stereo(b"\x01\x00\x02\x00", b"\x03\x00\x04\x00")).tolist() == [1, 3, 2, 4]
