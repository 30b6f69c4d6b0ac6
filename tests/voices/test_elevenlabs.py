"""ElevenLabs against its imitation: what is sent, what comes back, and what it costs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from anyio import lowlevel
from pydantic import ValidationError

from telephony.serving import served
from tests.kit.commands import eventually
from voices.audio import duration_s, samples, speech_level_dbfs
from voices.engines.elevenlabs import ElevenLabsOptions, ElevenLabsSettings, ElevenLabsSynthesizer, clone
from voices.engines.elevenlabs.alignment import Alignment, speakable
from voices.engines.elevenlabs.models import MODELS
from voices.engines.registry import BY_NAME
from voices.imitations.elevenlabs import KEY, ElevenLabsImitation
from voices.imitations.elevenlabs_sound import CHAR_S, VOICES
from voices.synthesis import Rendering, Sound, SynthesizerFailed, UnknownVoice

SENTENCE = "Well, the build fails because one file is missing."
WAYS = [("eleven_flash_v2_5", "websocket"), ("eleven_v4_turbo", "websocket"), ("eleven_flash_v2_5", "http")]


@asynccontextmanager
async def speaking(**given: Any) -> AsyncGenerator[tuple[ElevenLabsSynthesizer, ElevenLabsImitation]]:
    """The engine and its service; `first_s` and the like are the service's."""
    own = {name: given.pop(name) for name in tuple(given) if name not in ElevenLabsSettings.model_fields}
    service = ElevenLabsImitation(**own)
    async with served(lambda _url: service) as service.url:
        engine = ElevenLabsSynthesizer(ElevenLabsSettings.model_validate({"key": KEY, "base_url": service.url, **given}))
        try:
            await engine.warm()
            yield engine, service
        finally:
            await engine.aclose()
        with anyio.fail_after(2):
            await eventually(lowlevel.checkpoint, lambda _: not (service.sockets or service.contexts))


def rendering(options: dict[str, Any] | None = None, *, speed: float = 1.0, language: str = "en") -> Rendering:
    return Rendering("test", "elevenlabs", 0.0, {"voice_id": VOICES[0], **(options or {})}, speed, language)


async def said(engine: ElevenLabsSynthesizer, text: str = SENTENCE, how: Rendering | None = None) -> list[Sound]:
    return [sound async for sound in engine.speak(text, how or rendering())]


def whole(sounds: list[Sound]) -> bytes:
    return b"".join(sound.pcm for sound in sounds)


@pytest.mark.parametrize(("model", "transport"), WAYS)
async def test_a_sentence_comes_in_pieces_with_its_words(model: str, transport: str) -> None:
    async with speaking(model=model, transport=transport) as (engine, service):
        sounds = await said(engine)
    assert len(sounds) > 5
    assert duration_s(whole(sounds)) == pytest.approx(CHAR_S * len(SENTENCE) + 0.04, abs=0.02)  # its silence is cut off
    assert speech_level_dbfs(whole(sounds)) == pytest.approx(-20, abs=0.5)
    marks = [mark for sound in sounds for mark in sound.marks]
    assert [SENTENCE[mark.char :].split()[0] for mark in marks] == SENTENCE.split()
    for mark in marks:
        assert mark.at_s == pytest.approx(CHAR_S * mark.char + 0.02, abs=0.01)
    assert service.heard == [SENTENCE]


@pytest.mark.parametrize(("model", "usd"), [("eleven_flash_v2_5", "0.04"), ("eleven_v4", "0.08"), ("eleven_v4_turbo", "0.04")])
async def test_the_first_piece_has_the_cost_of_the_sentence(model: str, usd: str) -> None:
    async with speaking(model=model) as (engine, _):
        first, *others = await said(engine)
    assert first.cost_usd == Decimal(usd) * len(SENTENCE) / 1_000
    assert not any(sound.cost_usd for sound in others)


async def test_the_voice_file_chooses_the_model_and_its_settings() -> None:
    pai = {"stability": 0.4, "similarity_boost": 0.8, "style": 0.1, "speed": 1.1, "use_speaker_boost": True, "volume": 0.5}
    async with speaking() as (engine, service):
        loud = await said(engine)
        soft = await said(engine, how=rendering(pai, speed=1.05, language="de-AT"))
        await said(engine, how=rendering({"model": "eleven_v4", **pai}))
    _, flash, _, dialogue = service.bodies
    del pai["volume"]
    assert flash["voice_settings"] == {**pai, "speed": pytest.approx(1.1 * 1.05)}
    assert dialogue["voice_settings"] == {"stability": 0.4}  # it reads no other
    level_db = speech_level_dbfs(whole(soft)) - speech_level_dbfs(whole(loud))
    assert level_db == pytest.approx(-6.0, abs=0.2)
    assert duration_s(whole(soft)) == pytest.approx(duration_s(whole(loud)) / (1.1 * 1.05), rel=0.03)


async def test_speed_stays_within_what_the_service_takes() -> None:
    async with speaking() as (engine, service):
        await said(engine, how=rendering(speed=2.0))
        await said(engine, how=rendering(speed=0.5))
    assert [body["voice_settings"]["speed"] for body in service.bodies] == [1.2, 0.7]


@pytest.mark.parametrize("wrong", [{"voice_id": "../x"}, {"speed": 2}, {"stability": 1.5}, {"voice": "x"}, {"volume": 0}])
async def test_options_that_the_service_would_refuse(wrong: dict[str, Any]) -> None:
    engine = ElevenLabsSynthesizer(ElevenLabsSettings(key=KEY))  # pyright: ignore[reportArgumentType]
    with pytest.raises(UnknownVoice, match=r"voices/test\.yaml, engines\.elevenlabs"):
        await said(engine, how=rendering(wrong))
    with pytest.raises(ValidationError):
        ElevenLabsOptions.model_validate({"voice_id": "abc", **wrong})


@pytest.mark.parametrize(
    "url", ["http://api.elevenlabs.io", "ws://127.0.0.1", "api.elevenlabs.io", "https://a.example/?key=1", "https://"]
)
def test_the_key_goes_nowhere_without_tls(url: str) -> None:
    with pytest.raises(ValidationError, match="is an https URL"):
        ElevenLabsSettings(base_url=url)
    assert ElevenLabsSettings(base_url="http://127.0.0.1:8000/").base_url == "http://127.0.0.1:8000"


def test_without_a_key_the_engine_says_how_to_get_one() -> None:
    engine = BY_NAME["elevenlabs"]
    assert "ELEVENLABS_API_KEY" in str(engine.missing(ElevenLabsSettings()))
    assert engine.missing(ElevenLabsSettings.model_validate({"key": "a-key"})) is None


@pytest.mark.parametrize("text", ["", "  ", "…", "?!", "\x00\x01"])
async def test_nothing_to_say_is_not_sent(text: str) -> None:
    async with speaking() as (engine, service):
        assert await said(engine, text) == []
    assert service.heard == []


async def test_markup_and_control_characters_are_no_markup() -> None:
    async with speaking() as (engine, service):
        await said(engine, 'one <break time="9s"/> \x00two\ud800 three')
    assert service.heard == ['one break time="9s"/ two three']


async def test_a_text_that_is_too_long_is_not_sent() -> None:
    async with speaking(model="eleven_v4") as (engine, service):
        with pytest.raises(SynthesizerFailed, match="10009 characters is longer than the 10000 of eleven_v4"):
            await said(engine, "a " * 5_004 + "b")
    assert service.heard == []


async def test_two_calls_share_a_socket_and_keep_their_words() -> None:
    texts = ["Short one.", SENTENCE, "And one that is neither short nor long."]
    heard: dict[int, bytes] = {}

    async with speaking(faster=20, sessions=9) as (engine, service):

        async def call(number: int) -> None:
            heard[number] = whole(await said(engine, texts[number % 3]))

        async with anyio.create_task_group() as tasks:
            for number in range(3):
                tasks.start_soon(call, number)
        assert (service.opened, service.most_contexts) == (1, 3)
    for number, text in enumerate(texts):
        assert duration_s(heard[number]) == pytest.approx(CHAR_S * len(text) + 0.04, abs=0.02)


@pytest.mark.parametrize(("model", "transport"), WAYS)
async def test_closing_early_returns_at_once(model: str, transport: str) -> None:
    async with speaking(model=model, transport=transport, faster=1) as (engine, _):
        async with aclosing(engine.speak(SENTENCE * 5, rendering())) as sounds:
            assert (await anext(sounds)).pcm
            closing = anyio.current_time()
        assert anyio.current_time() - closing < 2  # of 17 s that are still to come; the bench has the true number


async def test_the_account_makes_clones(tmp_path: Path) -> None:
    clip = tmp_path / "me.wav"
    await anyio.Path(clip).write_bytes(b"RIFF, not really")
    service = ElevenLabsImitation()
    async with served(lambda _url: service) as service.url:
        settings = ElevenLabsSettings.model_validate({"key": KEY, "base_url": service.url})
        assert await clone(settings, "Me", [clip], "my own voice") == VOICES[-1]
        with pytest.raises(SynthesizerFailed, match="from 1 to 25 clips, not 0"):
            await clone(settings, "Me", [], "")
        with pytest.raises(SynthesizerFailed, match=r"nothing\.wav: No such file"):
            await clone(settings, "Me", [tmp_path / "nothing.wav"], "")


# --- marks ------------------------------------------------------------------------------------------------------------


def marks(text: str, chars: str) -> list[str]:
    alignment = Alignment(text)
    return [text[mark.char :].split()[0] for char in chars for mark in alignment.push([char], [0.0])]


def test_each_word_is_marked_at_its_first_character() -> None:
    text = "“Hello,” said  (the) 3.5 m tall man — twice."
    assert marks(text, text) == text.split()


def test_characters_that_come_otherwise_are_passed_over() -> None:
    assert marks("one two three", "one tw!o three") == ["one", "two", "three"]
    assert marks("one two three four", "one three four")[-1] == "four"
    assert marks("one", "one two") == ["one"]


def test_times_never_run_back() -> None:
    found = Alignment("a b c").push(["a", " ", "b", " ", "c"], [0.0, 0.3, 0.5, 0.4, 0.2])
    assert all(one.at_s <= two.at_s for one, two in pairwise(found))


def test_text_keeps_its_length() -> None:
    text = "a\tb <i>c</i> \x07 😀"
    assert len(speakable(text)) == len(text)


def test_every_model_has_a_price_and_a_length() -> None:
    assert all(model.usd_per_1000_chars > 0 and model.longest_chars >= 10_000 for model in MODELS.values())


async def test_no_sample_is_lost_or_doubled() -> None:
    async with speaking(faster=0) as (engine, _):
        sound = samples(whole(await said(engine))).astype(float)
    # A tone of 150 Hz, sampled at 16 kHz, goes on without a step.
    middle = sound[2_000:-2_000]
    assert np.abs(np.diff(middle)).max() < 1.05 * 4_635 * 2 * np.pi * 150 / 16_000
