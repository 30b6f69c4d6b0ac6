"""WAV files that come over the network in pieces of any size, with and without a length."""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voices.audio import samples, to_pcm
from voices.engines.wav_stream import WavError, WavStream
from voices.speech_server.wav import wav

PCM = to_pcm(np.random.default_rng(0).normal(0, 3_000, 999))


def fed(content: bytes, cuts: list[int]) -> tuple[bytes, WavStream]:
    stream, edges = WavStream(), sorted({0, len(content), *(cut % len(content) for cut in cuts)})
    return b"".join(stream.push(content[a:b]) for a, b in pairwise(edges)), stream


def header(code: int, channels: int, bits: int, *, extensible: bool = False) -> bytes:
    form = struct.pack("<HHIIHH", code, channels, 24_000, 0, 0, bits)
    if extensible:
        form = struct.pack("<H", 0xFFFE) + form[2:] + struct.pack("<HHI", 22, bits, 0) + struct.pack("<H", code) + bytes(14)
    return b"RIFF\0\0\0\0WAVE" + b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", len(form)) + form


@given(st.lists(st.integers(0, 10_000)), st.sampled_from([None, 0, 0xFFFFFFFF]))
def test_a_file_is_the_same_however_it_is_cut(cuts: list[int], size: int | None) -> None:
    content = wav(PCM, 22_050)
    if size is not None:
        content = content[:40] + struct.pack("<I", size) + content[44:]
    pcm, stream = fed(content, cuts)
    assert (pcm, stream.rate, stream.complete) == (PCM, 22_050, True)
    assert stream.size == (len(PCM) if size is None else None)


@given(st.lists(st.integers(0, 10_000)))
def test_chunks_after_the_sound_are_no_sound_and_missing_sound_is_noticed(cuts: list[int]) -> None:
    content = wav(PCM, 24_000)
    assert fed(content + b"LIST\x04\0\0\0abcd", cuts)[0] == PCM
    pcm, stream = fed(content[:-10], cuts)
    assert (pcm, stream.complete) == (PCM[:-10], False)


@given(st.lists(st.integers(0, 10_000)), st.booleans(), st.booleans())
def test_stereo_and_float_become_mono_of_16_bit(cuts: list[int], stereo: bool, extensible: bool) -> None:
    values = np.repeat(samples(PCM), 2 if stereo else 1)
    for code, bits, body in ((1, 16, values.tobytes()), (3, 32, (values / 32_768).astype("<f4").tobytes())):
        content = header(code, 2 if stereo else 1, bits, extensible=extensible) + b"data" + struct.pack("<I", len(body)) + body
        pcm, stream = fed(content, cuts)
        assert (pcm, stream.complete) == (PCM, True)


@given(st.binary(max_size=200), st.lists(st.integers(0, 300), max_size=5))
def test_whatever_comes_is_a_file_or_an_error(noise: bytes, cuts: list[int]) -> None:
    for content in (noise, b"RIFF" + noise, header(1, 1, 16) + noise, wav(PCM, 24_000)[:20] + noise):
        if content:
            try:
                fed(content, cuts)
            except WavError as error:
                assert str(error)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"ID3\x04\0\0", "does not begin like a WAV file"),
        (header(1, 1, 24) + b"data\0\0\0\0", "format 1, 24 bits and 1 channels"),
        (header(85, 2, 0) + b"data\0\0\0\0", "format 85"),
        (wav(PCM, 100), "rate of 100 Hz makes no sense"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "format is missing"),
        (b"RIFF\0\0\0\0WAVELIST\xff\xff\xff\x7f" + bytes(70_000), "header has no end"),
    ],
)
def test_what_no_speech_server_sends_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(WavError, match=says):
        fed(content, [])
