"""Whisper with the shipped model: what it understands, long speech, many at a time, and what it says when its model is broken."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import numpy as np
import pytest
from anyio import to_thread

from tests.kit.caller_lines import DEMO, DEMO_LINES, TEST_LINES, TESTS
from tests.kit.ears import HINTS, hear, padded, whisper, words
from tests.kit.telephone import by_telephone
from tests.kit.tiny_whisper import build
from tests.kit.unspoken import KINDS, utterances
from voices.audio import RATE, Frame, duration_s, frames, read_wav, samples, to_pcm
from voices.engines.whisper import WhisperRecognizer
from voices.engines.whisper_decoder import LONGEST_S, stretches
from voices.engines.whisper_guard import Segment
from voices.engines.whisper_models import find
from voices.engines.whisper_packages import SHIPPED
from voices.recognition import RecognizerUnavailable

pytestmark = pytest.mark.timeout(120)  # the model is loaded


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return "asyncio"


@pytest.fixture(scope="module")
async def recognizer() -> WhisperRecognizer:
    await whisper().warm()
    return whisper()


LINES = {name: (read_wav(DEMO / f"{name}.wav"), text) for name, text in DEMO_LINES.items()}
SHORT = {name: pcm for name, (pcm, _) in LINES.items()} | {"okay": read_wav(TESTS / "okay.wav")}
LONG = read_wav(TESTS / "long.wav")


@pytest.mark.parametrize(("telephone", "most"), [(False, 0.02), (True, 0.08)], ids=["wide", "telephone"])
async def test_what_callers_say_is_understood(recognizer: WhisperRecognizer, telephone: bool, most: float) -> None:
    """Of all words of the demo's lines at most so many are heard wrong."""
    wrong, spoken = 0, 0
    for pcm, text in LINES.values():
        (heard,) = await hear(recognizer, padded(by_telephone(pcm) if telephone else pcm), *HINTS)
        wrong += len(set(words(text).split()) - set(words(heard.text).split()))
        spoken += len(words(text).split())
        assert 0 <= heard.doubt < (1 if telephone else 0.5)
    assert wrong <= most * spoken


@pytest.mark.parametrize("kind", KINDS)
async def test_where_nobody_speaks_no_word_is_heard(recognizer: WhisperRecognizer, kind: str) -> None:
    sounds = await to_thread.run_sync(lambda: [*utterances(kind, 20, seed=5)])
    assert [text.text for pcm in sounds for text in await hear(recognizer, pcm, *HINTS)] == [""] * len(sounds)


@pytest.mark.parametrize("name", ["hello", "allow", "okay_goodbye", "okay"])
@pytest.mark.parametrize("quieter_db", [0, 25])
async def test_a_short_word_is_never_taken_for_noise(recognizer: WhisperRecognizer, name: str, quieter_db: int) -> None:
    soft = to_pcm(samples(SHORT[name]) * 10 ** (-quieter_db / 20))
    for sound in (soft, by_telephone(soft), by_telephone(soft, law="a", lost=0.03)):
        assert [bool(text.text) for text in await hear(recognizer, padded(sound), *HINTS)] == [True]


async def test_a_minute_of_speech_is_heard_whole_and_once(recognizer: WhisperRecognizer) -> None:
    texts, minute = list[str](), b""
    for pcm, text in [*LINES.values(), (LONG, TEST_LINES["long"])] * 4:
        if duration_s(minute + pcm) < 60:
            texts, minute = [*texts, text], minute + pcm
    assert duration_s(minute) > 55
    (heard,) = await hear(recognizer, minute, *HINTS)
    said = words(" ".join(texts)).split()
    matcher = SequenceMatcher(None, said, words(heard.text).split(), autojunk=False)
    assert matcher.ratio() > 0.9, heard.text


@pytest.mark.parametrize(
    ("first", "seconds", "heard"),
    [
        (Segment("Press two. " * 9, 0.1, -0.1, 4.0, 12.0), 3, ["whole 3 s"]),
        (Segment("No, " * 9, 0.1, -0.1, 4.0, 4.0), 3, ["first"]),
        (Segment("Thank you for calling.", 0.1, -0.3, 0.9, 0.3), 16, ["5 s", "11 s"]),
        (Segment("Thank you for calling.", 0.1, -0.3, 0.9, 2.0), 16, ["first"]),
        (Segment("You", 0.9, -2.0, 0.3, 0.1), 16, ["first"]),  # noise
    ],
    ids=["a loop", "many noes", "only the beginning", "all of it", "noise"],
)
async def test_what_was_heard_badly_is_heard_again(
    recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch, first: Segment, seconds: int, heard: list[str]
) -> None:
    """A loop in a whole window, and long speech of which only the beginning was heard in two parts, cut at a pause."""
    firsts = iter([replace(first, text="first")])

    def generate(sound: Any, _prompt: Any, *, whole: bool) -> Segment:
        again = Segment(f"{'whole ' * whole}{sound.size / RATE:.0f} s", 0.1, -0.1, 0.9, 2.0)
        return next(firsts, again)

    decoder = recognizer._loaded()  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(decoder, "_generate", generate)
    sound = np.full(seconds * RATE, 0.1, np.float32)
    sound[int(4.8 * RATE) : int(5.2 * RATE)] = 0
    assert [segment.text for segment in decoder.decode(sound, [])] == heard


async def test_speech_beyond_a_minute_is_not_kept(recognizer: WhisperRecognizer) -> None:
    quiet = bytes(2 * RATE * 60)
    (heard,) = await hear(recognizer, quiet + LINES["question"][0])
    assert heard.text == ""


async def test_a_short_utterance_waits_for_one_window_of_a_long_one_and_not_for_all(recognizer: WhisperRecognizer) -> None:
    order = list[str]()

    async def one(name: str, pcm: bytes) -> None:
        await hear(recognizer, pcm)
        order.append(name)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one, "long", (LONG + bytes(2 * RATE)) * 6)
        await anyio.lowlevel.checkpoint()
        tasks.start_soon(one, "short", LINES["goodbye"][0])
    assert order == ["short", "long"]


async def test_one_that_is_given_up_while_it_waits_is_never_decoded(
    recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded, begun, go_on = list[int](), threading.Event(), threading.Event()
    decode = recognizer._decode  # pyright: ignore[reportPrivateUsage]

    def slow(sound: Any, *rest: Any) -> Any:
        decoded.append(sound.size)
        begun.set()
        go_on.wait(20)
        return decode(sound, *rest)

    monkeypatch.setattr(recognizer, "_decode", slow)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hear, recognizer, LINES["question"][0])
        await to_thread.run_sync(begun.wait)
        with anyio.move_on_after(0.05) as scope:
            await hear(recognizer, LINES["panel"][0])
        assert scope.cancelled_caught
        go_on.set()
    assert len(decoded) == 1


@pytest.mark.parametrize("seconds", [0.5, 19.9, 20.1, 45, 60])
def test_long_sound_is_cut_into_windows_at_its_pauses(seconds: float) -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)
    pauses = [slice(int(at * RATE), int((at + 0.4) * RATE)) for at in (15, 30, 45)]
    for pause in pauses:
        sound[pause] = 0
    parts = list(stretches(sound))
    assert np.array_equal(np.concatenate(parts), sound)
    assert all(part.size <= LONGEST_S * RATE for part in parts)
    cuts = np.cumsum([part.size for part in parts])[:-1]
    assert all(any(pause.start <= cut <= pause.stop for pause in pauses) for cut in cuts)


async def test_a_model_that_is_not_here_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(RecognizerUnavailable, match=r"set `model` in \[ears\] to tiny.en"):
        await WhisperRecognizer("base.en", cache=tmp_path).warm()


Broken = Mapping[str, bytes | None]


@pytest.fixture
def broken_model(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The shipped model's folder, with these files replaced or left out."""
    found = find(SHIPPED)
    assert found is not None
    broken: Broken = request.param
    for file in found.iterdir():
        if file.stem not in broken:
            (tmp_path / file.name).symlink_to(file)
        elif content := broken[file.stem]:
            (tmp_path / file.name).write_bytes(content)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("broken_model", "said"),
    [
        ({"model": b"not a model"}, "cannot use the model in"),
        ({"tokenizer": None}, "it has no tokenizer.json"),
        ({"tokenizer": b"{"}, "cannot use the model in"),
        ({"vocabulary": None}, "cannot use the model in"),
        ({"config": b"[1]"}, "cannot use the model in"),
    ],
    indirect=["broken_model"],
)
async def test_a_folder_with_a_broken_model_is_said(broken_model: str, said: str) -> None:
    with pytest.raises(RecognizerUnavailable, match=said):
        await WhisperRecognizer(broken_model, device="cpu").warm()


async def test_without_cuda_it_falls_back_only_if_it_may(tmp_path: Path) -> None:
    import ctranslate2

    if ctranslate2.get_cuda_device_count():
        pytest.skip("this machine has CUDA")
    folder = str(build(tmp_path / "tiny"))
    await WhisperRecognizer(folder).warm()
    with pytest.raises(RecognizerUnavailable, match="CUDA"):
        await WhisperRecognizer(folder, device="cuda").warm()


async def test_sound_too_short_for_a_word_is_not_given_to_whisper(tmp_path: Path) -> None:
    async def blip() -> AsyncIterator[Frame]:
        for frame in frames(b"\x10\x00" * 1_280):
            yield frame

    # Not loaded, and not needed.
    assert [heard.text async for heard in WhisperRecognizer("none", cache=tmp_path).transcribe(blip())] == [""]
