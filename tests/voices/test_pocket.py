"""pocket-tts: the real loop and the real onnxruntime on a model of a few kB (tests/kit/tiny_pocket.py), which hums."""

from __future__ import annotations

import gc
import os
import threading
import wave
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import numpy as np
import pytest

from tests.kit.tiny_pocket import ARCHIVE, write_tiny_pocket
from voices.audio import duration_s, speech_level_dbfs
from voices.engines import pocket, pocket_model
from voices.engines.pocket import PocketOptions, PocketSettings, PocketSynthesizer
from voices.engines.pocket_text import MOST_TOKENS, PocketText, TextError
from voices.synthesis import Rendering, Sound, SynthesizerFailed, SynthesizerUnavailable, UnknownVoice
from voices.voice import load_voice

SENTENCE = "The build fails because one file is missing from the package."
TOKEN_S = 0.16


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return "asyncio"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_tiny_pocket(folder)
    return folder


def clip(path: Path, loudness: float = 0.1, seconds: float = 6, rate: int = 24_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = np.sign(np.sin(np.arange(int(seconds * rate)) * 0.05)) * loudness * 32_767
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(sound.astype("<i2").tobytes())
    return path


@pytest.fixture
def ruth(tmp_path: Path) -> Rendering:
    clip(tmp_path / "clips" / "ruth.wav")
    return Rendering("ruth", "pocket", 0.0, {"clip": "clips/ruth.wav"}, folder=tmp_path)


@pytest.fixture
async def engine(models: Path) -> AsyncIterator[PocketSynthesizer]:
    engine = PocketSynthesizer(PocketSettings(folder=models), ARCHIVE)
    await engine.warm()
    yield engine
    await engine.aclose()


async def say(engine: PocketSynthesizer, text: str, rendering: Rendering) -> bytes:
    return b"".join([sound.pcm async for sound in engine.speak(text, rendering)])


@pytest.fixture(scope="module")
def text(models: Path) -> PocketText:
    return PocketText(models / ARCHIVE.name)


def expected_s(text: PocketText, sentence: str) -> float:
    return sum(len(part.tokens) * TOKEN_S + part.last_frames * 0.08 for part in text.parts(sentence))


async def test_a_sentence_is_as_long_as_its_text_and_comes_in_pieces(
    engine: PocketSynthesizer, ruth: Rendering, text: PocketText
) -> None:
    sounds = [sound async for sound in engine.speak(SENTENCE, ruth)]
    assert duration_s(b"".join(sound.pcm for sound in sounds)) == pytest.approx(expected_s(text, SENTENCE), abs=0.1)
    assert max(duration_s(sound.pcm) for sound in sounds[:-1]) < 0.3
    assert duration_s(sounds[0].pcm) < 0.1


async def test_each_clip_is_a_voice_of_its_own(engine: PocketSynthesizer, ruth: Rendering) -> None:
    clip(ruth.folder / "quiet.wav", 0.02)
    quiet = replace(ruth, voice="quiet", options={"clip": "quiet.wav"})
    loud_dbfs = speech_level_dbfs(await say(engine, SENTENCE, ruth))
    assert loud_dbfs - speech_level_dbfs(await say(engine, SENTENCE, quiet)) == pytest.approx(14, abs=0.5)
    assert loud_dbfs - speech_level_dbfs(await say(engine, SENTENCE, replace(ruth, gain_db=-6.0))) == pytest.approx(6, abs=0.5)


async def test_a_clip_is_read_once_and_kept_beside_it(
    engine: PocketSynthesizer, ruth: Rendering, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    embed = pocket_model.PocketModel.embed

    def counted(self: pocket_model.PocketModel, sound: Any) -> Any:
        read.append(sound.size)
        return embed(self, sound)

    monkeypatch.setattr(pocket_model.PocketModel, "embed", counted)
    await engine.prepare(ruth)
    first = await say(engine, "Yes.", ruth)
    kept = ruth.folder / "clips" / "ruth.pocket.npz"
    assert kept.is_file()
    again = PocketSynthesizer(PocketSettings(folder=models), ARCHIVE)
    assert speech_level_dbfs(await say(again, "Yes.", ruth)) == pytest.approx(speech_level_dbfs(first), abs=0.1)
    assert read == [6 * 24_000]
    clip(ruth.folder / "clips" / "ruth.wav", 0.02, seconds=30)  # another clip of the same name, longer than is used
    assert speech_level_dbfs(await say(again, "Yes.", ruth)) < speech_level_dbfs(first) - 10
    assert read == [6 * 24_000, 15 * 24_000]
    for garbage in (b"", b"PK\x03\x04 no archive", os.urandom(500)):
        kept.write_bytes(garbage)
        other = PocketSynthesizer(PocketSettings(folder=models), ARCHIVE)
        assert await say(other, "Yes.", ruth)
    assert len(read) == 5


async def test_a_folder_that_cannot_be_written_is_no_reason_not_to_speak(
    engine: PocketSynthesizer, ruth: Rendering, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(np, "savez", refused)
    assert await say(engine, "Yes.", ruth)


@pytest.mark.parametrize("words", ["", " ", "…", "?!", "\x00\x01", "—"])
async def test_nothing_to_say_is_no_error(engine: PocketSynthesizer, ruth: Rendering, words: str) -> None:
    assert await say(engine, words, ruth) == b""


@pytest.mark.parametrize(
    "words", ["one \x00 two", "one \ud800 two", "one 🎉 two", "one " + "\u0301" * 50 + " two", "<s></s> [laugh]"]
)
async def test_any_text_is_spoken(engine: PocketSynthesizer, ruth: Rendering, words: str) -> None:
    assert duration_s(await say(engine, words, ruth)) > 0.5


async def test_ten_thousand_characters(engine: PocketSynthesizer, ruth: Rendering, text: PocketText) -> None:
    long = "the build " * 1_000
    assert duration_s(await say(engine, long, ruth)) == pytest.approx(expected_s(text, long), rel=0.01)


async def test_cancelling_ends_the_work_at_once(engine: PocketSynthesizer, ruth: Rendering) -> None:
    await engine.prepare(ruth)
    for wait_s in (0.0, 0.001, 0.005, 0.02):
        with anyio.move_on_after(wait_s):
            await say(engine, SENTENCE * 100, ruth)
    async with aclosing(engine.speak(SENTENCE * 100, ruth)) as sounds:
        assert (await anext(sounds)).pcm
    with anyio.fail_after(5):
        assert duration_s(await say(engine, SENTENCE, ruth)) > 2


async def test_a_storm_of_cancelled_sentences_leaves_nothing_running(engine: PocketSynthesizer, ruth: Rendering) -> None:
    await engine.prepare(ruth)

    async def interrupted(number: int) -> None:
        with anyio.move_on_after(number % 7 / 500):
            await say(engine, SENTENCE * 20, ruth)

    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(interrupted, number)
    with anyio.fail_after(5):
        assert await say(engine, "Yes.", ruth)
    gc.collect()
    assert not [thread for thread in threading.enumerate() if "pocket" in thread.name]


def test_a_run_that_is_stopped_ends_in_the_middle(models: Path) -> None:
    import onnxruntime

    model = pocket_model.PocketModel(models / ARCHIVE.name, 1)
    voice = model.voice(np.full((20, 8), 0.1, np.float32))
    options: Any = onnxruntime.RunOptions()
    pieces = model.speak(next(model.text.parts(SENTENCE)), voice, temperature=0.7, steps=1, options=options)
    next(pieces)
    options.terminate = True
    with pytest.raises(Exception, match="terminate"):
        next(pieces)


async def test_two_at_once_take_turns_and_do_not_mix(engine: PocketSynthesizer, ruth: Rendering) -> None:
    texts = ["Short.", SENTENCE, "A middle one, not very long."]
    alone = [duration_s(await say(engine, text, ruth)) for text in texts]
    together: dict[int, float] = {}

    async def one(number: int) -> None:
        together[number] = duration_s(await say(engine, texts[number % 3], ruth))

    async with anyio.create_task_group() as tasks:
        for number in range(9):
            tasks.start_soon(one, number)
    assert together == pytest.approx({number: alone[number % 3] for number in range(9)}, abs=0.05)


async def test_a_short_one_overtakes_a_long_one(engine: PocketSynthesizer, ruth: Rendering) -> None:
    await engine.prepare(ruth)
    order: list[str] = []

    async def one(name: str, text: str) -> None:
        await say(engine, text, ruth)
        order.append(name)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one, "long", SENTENCE * 10)
        await anyio.lowlevel.checkpoint()
        tasks.start_soon(one, "short", "Yes.")
    assert order == ["short", "long"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "Field required"),
        ({"clip": "../../etc/passwd.wav"}, "should match pattern"),
        ({"clip": "/etc/x.wav"}, "should match pattern"),
        ({"clip": "a/../b.wav"}, "should match pattern"),
        ({"clip": "a\\b.wav"}, "should match pattern"),
        ({"clip": "a.mp3"}, "should match pattern"),
        ({"clip": "gone.wav"}, "clip of the voice 'ruth' cannot be read: .*gone.wav: No such file"),
        ({"clip": "none.wav"}, "not a wav file"),
        ({"clip": "short.wav"}, "shorter than half a second"),
        ({"clip": "large.wav"}, "larger than 50 MB"),
        ({"clip": "clips/ruth.wav", "temperature": 9}, "less than or equal"),
        ({"clip": "clips/ruth.wav", "clips": 9}, "Extra inputs"),
    ],
)
async def test_what_it_cannot_render_is_an_unknown_voice(
    engine: PocketSynthesizer, ruth: Rendering, options: dict[str, Any], says: str
) -> None:
    (ruth.folder / "none.wav").write_bytes(b"none")
    clip(ruth.folder / "short.wav", seconds=0.4)
    with (ruth.folder / "large.wav").open("wb") as file:
        file.truncate(60 * 2**20)
    with pytest.raises(UnknownVoice, match=says):
        await say(engine, SENTENCE, replace(ruth, options=options))


async def test_silence_and_numbers_without_meaning_are_failures(
    engine: PocketSynthesizer, ruth: Rendering, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip(ruth.folder / "silent.wav", 0.0)
    with pytest.raises(SynthesizerFailed, match="only silence"):
        await say(engine, SENTENCE, replace(ruth, options={"clip": "silent.wav"}))
    clip(ruth.folder / "odd.wav", 0.2)

    def infinite(_self: pocket_model.PocketModel, _sound: Any) -> Any:
        return np.full((9, 8), np.inf, np.float32)

    monkeypatch.setattr(pocket_model.PocketModel, "embed", infinite)
    with pytest.raises(SynthesizerFailed, match="numbers without meaning"):
        await say(engine, SENTENCE, replace(ruth, options={"clip": "odd.wav"}))
    monkeypatch.undo()
    assert await say(engine, SENTENCE, ruth)
    again = PocketSynthesizer(PocketSettings(folder=models), ARCHIVE)
    assert await say(again, SENTENCE, replace(ruth, options={"clip": "odd.wav"}))


async def test_without_weights_it_says_how_to_get_them(tmp_path: Path) -> None:
    settings = PocketSettings(folder=tmp_path)
    assert pocket.missing(settings) == "the weights of pocket-tts are not here (98 MB): `pai-voice voices clone` fetches them"
    with pytest.raises(SynthesizerUnavailable, match="98 MB"):
        await PocketSynthesizer(settings).warm()


@pytest.mark.parametrize("broken", list(pocket_model.FILES))
async def test_a_broken_file_is_named_and_kills_nothing(tmp_path: Path, broken: str) -> None:
    write_tiny_pocket(tmp_path, broken=broken)
    engine = PocketSynthesizer(PocketSettings(folder=tmp_path), ARCHIVE)
    clip(tmp_path / "ruth.wav")
    with pytest.raises((SynthesizerUnavailable, SynthesizerFailed), match="vocab.json" if "json" in broken else broken):
        await say(engine, SENTENCE, Rendering("ruth", "pocket", options={"clip": "ruth.wav"}, folder=tmp_path))


async def test_a_file_that_changed_since_it_was_fetched(tmp_path: Path) -> None:
    home = write_tiny_pocket(tmp_path)
    path = home / "lm_flow.int8.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(SynthesizerUnavailable, match="has changed since it was fetched: delete"):
        await PocketSynthesizer(PocketSettings(folder=tmp_path), ARCHIVE).warm()


@pytest.mark.parametrize("vocabulary", ["[]", "{}", '{"a": 1}', '{"a": "b"}', "{"])
def test_a_vocabulary_that_is_none(tmp_path: Path, vocabulary: str) -> None:
    (tmp_path / "vocab.json").write_text(vocabulary)
    (tmp_path / "token_scores.json").write_text('{"a": 1.0}')
    with pytest.raises(TextError):
        PocketText(tmp_path)


def test_a_voice_file_names_a_clip_and_nothing_above_itself(tmp_path: Path) -> None:
    path = tmp_path / "ruth.yaml"
    path.write_text("description: Ruth.\nengines:\n  pocket:\n    clip: clips/ruth.wav\n    gain_db: -3\n")
    assert load_voice(path).renderings["pocket"].options == {"clip": "clips/ruth.wav"}
    assert PocketOptions(clip="clips/ruth 2.wav").steps == 1


def test_text_is_cut_where_one_breathes(text: PocketText) -> None:
    for words in ("one two. " * 40, "one, two " * 40, "word " * 100, "x" * 1_000, "Ä" * 300):
        parts = list(text.parts(words))
        assert len(parts) > 2
        assert all(0 < len(part.tokens) <= MOST_TOKENS + 12 for part in parts)
    assert len(list(text.parts("Yes."))) == 1
    assert next(text.parts("yes")).tokens == text.tokens(" " * 8 + "Yes.")
    assert next(text.parts("the build is broken now")).tokens == text.tokens("The build is broken now.")
    assert next(text.parts("“It’s” fine — now go on.")).tokens == text.tokens('"It\'s" fine - now go on.')


async def test_sound_is_what_crosses(engine: PocketSynthesizer, ruth: Rendering) -> None:
    async for sound in engine.speak("Yes.", ruth):
        assert isinstance(sound, Sound)
        assert len(sound.pcm) % 2 == 0
        assert sound.marks == ()


async def test_a_sentence_s_memory_goes_with_it(engine: PocketSynthesizer, ruth: Rendering) -> None:
    """100 MB a sentence with the real model: too much to wait for the garbage collector."""
    await engine.prepare(ruth)
    gc.collect()
    gc.disable()

    async def begin_and_say() -> None:
        async with aclosing(engine.speak(SENTENCE, ruth)) as sounds:
            await anext(sounds)
        await say(engine, "Yes.", ruth)

    try:
        for _ in range(3):
            await begin_and_say()
        assert not [one for one in gc.get_objects() if type(one).__name__ == "OrtValue"]
    finally:
        gc.enable()
