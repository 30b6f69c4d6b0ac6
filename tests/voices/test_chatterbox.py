"""The client of OpenAI's audio dialect, before imitations of the servers that people run."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from itertools import pairwise
from typing import Any

import anyio
import numpy as np
import pytest
from pydantic import SecretStr, ValidationError

from telephony.serving import opened, served
from tests.kit.commands import eventually
from voices.audio import RATE, duration_s, samples
from voices.catalogue import Catalogue, Fallback
from voices.engines import chatterbox
from voices.engines.chatterbox import ChatterboxSettings, ChatterboxSynthesizer
from voices.engines.tones import TonesSynthesizer
from voices.imitations.openai_audio import AudioServer, Fault, Flavour
from voices.synthesis import (
    Rendering,
    Sound,
    SynthesisError,
    SynthesizerFailed,
    SynthesizerUnavailable,
    UnknownVoice,
)
from voices.voice import Voice

SENTENCE = "Keep the data in one place, and let everything else read from it."
KAI = Rendering("kai", "chatterbox")


@asynccontextmanager
async def client(server: AudioServer, **settings: Any) -> AsyncGenerator[ChatterboxSynthesizer]:
    async with served(lambda _url: server) as url:
        engine = ChatterboxSynthesizer(ChatterboxSettings(url=url, **settings))
        try:
            yield engine
        finally:
            await engine.aclose()


async def say(engine: ChatterboxSynthesizer, text: str = SENTENCE, rendering: Rendering = KAI) -> list[Sound]:
    return [sound async for sound in engine.speak(text, rendering)]


async def heard_into(heard: list[Sound], engine: ChatterboxSynthesizer) -> None:
    """What was heard before it fails counts."""
    async for sound in engine.speak("Yes, " * 30, KAI):
        heard += [sound]


def pitch(pcm: bytes) -> float:
    spectrum = np.abs(np.fft.rfft(samples(pcm).astype(float)))
    return float(spectrum.argmax()) * RATE / (len(pcm) / 2)


@pytest.mark.parametrize(
    ("flavour", "wanted", "rate", "in_pieces"),
    [
        ("ours", "wav", 24_000, False),
        ("ours", "pcm", 24_000, False),
        ("devnen", "wav", 24_000, False),
        ("devnen", "wav", 44_100, False),
        ("qwen3", "wav", 24_000, True),
        ("qwen3", "pcm", 24_000, True),
    ],
)
async def test_every_server_is_understood(flavour: Flavour, wanted: str, rate: int, in_pieces: bool) -> None:
    server = AudioServer(flavour, rate=24_000)
    async with client(server, format=wanted) as engine:
        await engine.warm()
        parts = await say(engine)
    assert (len(parts) > 1) == in_pieces
    pcm = b"".join(part.pcm for part in parts)
    assert duration_s(pcm) == pytest.approx(len(SENTENCE) * 0.075, abs=0.05)
    server_hz = pitch(pcm)
    async with client(AudioServer(flavour), format=wanted) as engine:
        assert pitch(b"".join(part.pcm for part in await say(engine))) == pytest.approx(server_hz, abs=1)
    assert server.asked[0] == {"model": "chatterbox", "input": SENTENCE, "voice": "kai", "response_format": wanted}


async def test_the_rate_is_the_files_not_the_usual_one() -> None:
    """A tone of the imitation has 24,000 samples a second; labelled otherwise, it is as long and as high as its label says."""
    async with client(AudioServer("devnen", rate=48_000)) as engine:
        pcm = (await say(engine))[0].pcm
    async with client(AudioServer("devnen", rate=24_000)) as engine:
        slow = (await say(engine))[0].pcm
    assert duration_s(slow) == pytest.approx(2 * duration_s(pcm), rel=0.02)
    assert pitch(pcm) == pytest.approx(2 * pitch(slow), rel=0.01)


async def test_what_the_voice_file_says_is_asked_for() -> None:
    server = AudioServer(voices=("Emily.wav",))
    options = {"voice": "Emily.wav", "exaggeration": 0.7, "seed": 3, "clip": "emily.wav"}
    async with client(server, model="turbo") as engine:
        await say(engine, " One \x00two\ud800 \n three. ", Rendering("kai", "chatterbox", options=options, speed=1.1))
    assert server.asked[0] == {
        "model": "turbo", "input": "One two three.", "voice": "Emily.wav", "response_format": "wav", "speed": 1.1,
        "exaggeration": 0.7, "seed": 3,
    }  # fmt: skip


async def test_a_sentence_is_spoken_while_it_is_still_made() -> None:
    async with client(AudioServer("qwen3", piece_s=0.2), format="pcm") as engine:
        started_s = anyio.current_time()
        async with aclosing(engine.speak(SENTENCE, KAI)) as parts:
            await anext(parts)
            first_s = anyio.current_time() - started_s
            rest = [part async for part in parts]
    assert len(rest) > 10
    assert first_s < (anyio.current_time() - started_s) / 2


async def test_words_of_a_whole_sentence_are_marked_in_order() -> None:
    async with client(AudioServer()) as engine:
        (sound,) = await say(engine)
    assert [mark.char for mark in sound.marks] == [word.start() for word in re.finditer(r"\S+", SENTENCE)]
    assert all(one.at_s < other.at_s for one, other in pairwise(sound.marks))
    assert sound.marks[0].at_s == 0
    assert sound.marks[-1].at_s < duration_s(sound.pcm)


FAULTS: list[tuple[Fault, type[SynthesisError], str]] = [
    ("busy", SynthesizerFailed, "too much to do"),
    ("fails", SynthesizerFailed, "answers 500: CUDA error: out of memory"),
    ("refused", SynthesizerFailed, "answers 422: input: String should have at most 3 characters"),
    ("no server", SynthesizerUnavailable, "is no speech server (404): correct url in [voices.chatterbox]"),
    ("html", SynthesizerFailed, "answers text/html instead of wav or pcm; correct url in [voices.chatterbox]"),
    ("mp3", SynthesizerFailed, "answers audio/mpeg instead of wav or pcm; it ignores response_format"),
    ("breaks off", SynthesizerFailed, "broke off"),
    ("noise", SynthesizerFailed, "sends noise at full level"),
    ("silence", SynthesizerFailed, "sends silence"),
    ("short", SynthesizerFailed, "for 65 characters: another text, or a wrong rate"),
]


@pytest.mark.parametrize("flavour", ["ours", "devnen", "qwen3"])
@pytest.mark.parametrize(("fault", "kind", "says"), FAULTS)
async def test_a_fault_is_told_with_its_fix_and_the_next_sentence_is_said(
    flavour: Flavour, fault: Fault, kind: type[SynthesisError], says: str
) -> None:
    server = AudioServer(flavour)
    server.faults.append(fault)
    async with client(server) as engine:
        with pytest.raises(kind, match=re.escape(says)):
            await say(engine)
        assert await say(engine)
    assert len(server.asked) == 2  # nothing is asked twice


@pytest.mark.parametrize("flavour", ["ours", "devnen"])
@pytest.mark.parametrize("fault", ["breaks off", "cut clean", "noise", "silence", "short", "wrong rate"])
async def test_nothing_is_heard_of_a_sentence_that_was_whole_at_the_server_and_does_not_arrive(
    flavour: Flavour, fault: Fault
) -> None:
    server = AudioServer(flavour)
    server.faults.append(fault)
    heard: list[Sound] = []
    async with client(server) as engine:
        with pytest.raises(SynthesizerFailed):
            await heard_into(heard, engine)
    assert heard == []


async def test_a_server_without_end_is_cut_off() -> None:
    server = AudioServer("qwen3")
    server.faults.append("endless")
    async with client(server, format="pcm") as engine:
        with pytest.raises(SynthesizerFailed, match=r"goes on after|without end"):
            await say(engine)


@pytest.mark.parametrize(
    ("flavour", "says"),
    [
        ("ours", "has no voice 'nix' (there is no voice 'nix' here; there are: kai)"),
        ("devnen", "has no voice 'nix' (Voice file 'nix' not found.)"),
        ("qwen3", "has no voice 'nix' (Voice 'nix' is not configured."),
    ],
)
async def test_a_voice_that_the_server_does_not_have(flavour: Flavour, says: str) -> None:
    async with client(AudioServer(flavour)) as engine:
        with pytest.raises(UnknownVoice, match=re.escape(says)) as error:
            await say(engine, rendering=Rendering("aunt", "chatterbox", options={"voice": "nix"}))
    assert "engines.chatterbox.voice in voices/aunt.yaml" in str(error.value)


async def test_the_key_is_sent_and_a_wrong_one_is_told() -> None:
    server = AudioServer(key="secret")
    async with client(server, key=SecretStr("secret")) as engine:
        assert await say(engine)
    async with client(server, key=SecretStr("other")) as engine:
        with pytest.raises(SynthesizerUnavailable, match=r"refuses the key \(401\): set key in \[voices.chatterbox\]"):
            await say(engine)


async def test_a_server_that_is_down_is_asked_again_with_each_sentence() -> None:
    door = opened()
    port = door.getsockname()[1]
    door.close()
    engine = ChatterboxSynthesizer(ChatterboxSettings(url=f"http://127.0.0.1:{port}"))
    await engine.warm()  # says so in the log, and does not raise
    with pytest.raises(SynthesizerFailed, match="start it with `pai-voice speech-server`"):
        await say(engine)
    async with served(lambda _url: AudioServer(), opened(port=port)):
        assert await say(engine)
        await engine.aclose()


@pytest.mark.parametrize("flavour", ["ours", "qwen3"])
async def test_cancelling_closes_the_request_at_once(flavour: Flavour) -> None:
    server = AudioServer(flavour, delay_s=0 if flavour == "qwen3" else 30, piece_s=30)

    async def seen() -> tuple[int, int]:
        return len(server.asked), server.hung_up

    async with client(server, format="pcm") as engine:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(say, engine)
            await eventually(seen, lambda counts: counts[0] == 1)
            tasks.cancel_scope.cancel()
        await eventually(seen, lambda counts: counts[1] == 1)
        server.delay_s = server.piece_s = 0
        assert await say(engine)


async def test_a_server_that_dies_in_mid_sentence_is_followed_by_the_next_engine_and_no_word_comes_twice() -> None:
    server = AudioServer()
    server.faults.append("breaks off")
    voice = Voice("kai", "Kai.", {name: Rendering("kai", name) for name in ("chatterbox", "tones")})
    async with client(server) as engine:
        catalogue = Catalogue({"kai": voice}, [engine, TonesSynthesizer(delay_s=0)])
        parts = [part async for part in catalogue.speak(SENTENCE, "kai")]
    assert [part.char for part in parts if isinstance(part, Fallback)] == [0]
    marks = [mark.char for part in parts if isinstance(part, Sound) for mark in part.marks]
    assert marks == [word.start() for word in re.finditer(r"\S+", SENTENCE)]


def test_without_a_server_it_is_left_out() -> None:
    assert "set url in [voices.chatterbox]" in str(chatterbox.missing(ChatterboxSettings()))
    assert chatterbox.missing(ChatterboxSettings(url="http://gpu:8092/v1/")) is None
    assert ChatterboxSettings(url="http://gpu:8092/v1/").url == "http://gpu:8092"


@pytest.mark.parametrize("url", ["gpu:8092", "ftp://gpu", "http://user:secret@gpu", "http://gpu/?key=1"])
def test_what_is_no_address_of_a_server(url: str) -> None:
    with pytest.raises(ValidationError, match=re.escape("is an address such as http://127.0.0.1:8092")):
        ChatterboxSettings(url=url)
