"""The speech server's own behaviour, with a model that hums: queue, cancelling, voices, keys, bounds, freed memory."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from anyio import to_thread

from telephony.serving import served
from tests.kit.commands import eventually
from tests.kit.tiny_whisper import build
from voices.audio import speech_level_dbfs
from voices.speech_server.app import application
from voices.speech_server.conditionals import ConditionalsCache
from voices.speech_server.ears import Ears
from voices.speech_server.model import NotReady, SentenceFailed, Sound, SpeechModel, Stopped, Style
from voices.speech_server.sentences import sentences
from voices.speech_server.shelf import Shelf
from voices.speech_server.tones import TonesModel
from voices.speech_server.wav import wav
from voices.speech_server.worker import Worker

LONG = "The first sentence is long enough. The second one is as long as that. The third one ends it all."


class Watched(TonesModel):
    """Counts what is asked of it; waits at `gate` before each sentence."""

    def __init__(self) -> None:
        super().__init__(delay_s=0)
        self.prepared: list[str] = []
        self.said: list[str] = []
        self.styles: list[Style] = []
        self.stopped: list[str] = []
        self.loads = 0
        self.closed = 0
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Semaphore(0)

    def load_once_more(self) -> SpeechModel:
        self.loads += 1
        return self

    def prepare(self, clip: Path) -> Any:
        made = super().prepare(clip)
        self.prepared.append(clip.stem)
        return made

    def speak(self, text: str, conditionals: Any, style: Style, stopped: threading.Event) -> Sound:
        self.begun.release()
        while not self.gate.wait(0.005):
            if stopped.is_set():
                self.stopped.append(text)
                raise Stopped
        if text.startswith("Break"):
            raise SentenceFailed("CUDA error: out of memory")
        self.said.append(text)
        self.styles.append(style)
        return super().speak(text, conditionals, style, stopped)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def model() -> Watched:
    return Watched()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two voices: one with a clip of its own, one with a clip that was made for it."""
    (tmp_path / "voices").mkdir()
    (tmp_path / "clips").mkdir()
    voice(tmp_path, "aunt", "{clip: aunt.wav, exaggeration: 0.7, gain_db: 1.5}")
    (tmp_path / "voices" / "aunt.wav").write_bytes(b"a" * 2_000)
    voice(tmp_path, "kai", "{}")
    (tmp_path / "clips" / "kai.wav").write_bytes(b"k" * 2_000)
    return tmp_path


def voice(folder: Path, name: str, part: str) -> None:
    (folder / "voices" / f"{name}.yaml").write_text(f"description: A voice.\nspeed: 1.25\nengines:\n  chatterbox: {part}\n")


def worker(model: Watched, folder: Path, **options: Any) -> Worker:
    shelf = Shelf([folder / "voices"], folder / "clips")
    return Worker(model.load_once_more, shelf, ConditionalsCache(folder / "cache"), **options)


@asynccontextmanager
async def running(made: Worker, *, key: str = "", ears: Ears | None = None) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client of the server, once it is ready."""
    async with served(lambda _url: application(made, key=key, ears=ears)) as url, anyio.create_task_group() as tasks:
        tasks.start_soon(made.run)
        await made.ready.wait()
        async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=15, headers={"connection": "close"}) as http:
            yield http
        tasks.cancel_scope.cancel()


def ask(text: str = "Hello there, friend.", voice: str = "kai", **more: Any) -> dict[str, Any]:
    return {"model": "x", "input": text, "voice": voice, **more}


async def until(true: Callable[[], object]) -> None:
    """For what threads and other connections do, which cannot wake us."""

    async def look() -> object:
        return true()

    await eventually(look, bool)


async def test_a_wav_says_how_long_it_is_and_sounds_at_the_house_level(model: Watched, folder: Path) -> None:
    async with running(worker(model, folder)) as http:
        answer = await http.post("/v1/audio/speech", json=ask())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.content[:4] + answer.content[8:12] == b"RIFFWAVE"
    assert answer.headers["x-request-id"]
    assert speech_level_dbfs(answer.content[44:]) == pytest.approx(-20, abs=0.5)


async def test_pcm_comes_sentence_by_sentence_in_order_while_the_rest_is_made(model: Watched, folder: Path) -> None:
    async with running(worker(model, folder)) as http:
        model.said.clear()
        async with http.stream("POST", "/v1/audio/speech", json=ask(LONG, response_format="pcm")) as answer:
            assert answer.headers["x-sample-rate"] == "24000"
            assert "content-length" not in answer.headers
            pieces = answer.aiter_bytes()
            model.gate.clear()  # before the third at the latest
            first = await anext(pieces)
            assert len(model.said) < 3
            model.gate.set()
            rest = b"".join([piece async for piece in pieces])
    assert model.said == sentences(LONG)
    assert len(first + rest) / 48_000 == pytest.approx(len(LONG) * 0.075 / 1.25 + 2 * 0.15, abs=0.3)


async def test_one_sentence_at_a_time_first_come_first_served(model: Watched, folder: Path) -> None:
    made = worker(model, folder)
    async with running(made) as http:
        model.said.clear()
        model.gate.clear()
        async with anyio.create_task_group() as tasks:
            for number in range(5):
                tasks.start_soon(lambda text: http.post("/v1/audio/speech", json=ask(text)), f"This is sentence {number}.")
                await until(lambda number=number: made.waiting == number + 1)
            assert (await http.get("/health")).json()["queue"] == 5
            model.gate.set()
    assert model.said == [f"This is sentence {number}." for number in range(5)]


async def test_who_hangs_up_leaves_the_queue_and_the_sentence_in_the_making_is_stopped(model: Watched, folder: Path) -> None:
    made = worker(model, folder)
    async with running(made) as http:
        model.said.clear()
        model.gate.clear()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: http.post("/v1/audio/speech", json=ask(LONG, response_format="wav")))
            await until(lambda: made.waiting == 1)
            tasks.start_soon(lambda: http.post("/v1/audio/speech", json=ask("Somebody else waits behind.")))
            await until(lambda: made.waiting == 2)
            tasks.cancel_scope.cancel()
        await until(lambda: made.waiting == 0)
        model.gate.set()
        assert (await http.post("/v1/audio/speech", json=ask("And then this one."))).status_code == 200
    assert model.stopped == [sentences(LONG)[0]]
    assert model.said == ["And then this one."]


async def test_who_hangs_up_between_two_sentences_drops_the_rest(model: Watched, folder: Path) -> None:
    made = worker(model, folder)
    async with running(made) as http:
        model.said.clear()
        async with http.stream("POST", "/v1/audio/speech", json=ask(LONG * 40, response_format="pcm")) as answer:
            await anext(answer.aiter_bytes())
        await until(lambda: made.waiting == 0)
        before = len(model.said)
        assert (await http.post("/v1/audio/speech", json=ask("And then this one."))).status_code == 200
    assert before < 119
    assert len(model.said) == before + 1


async def test_each_clip_is_prepared_once_and_kept_on_disk(model: Watched, folder: Path) -> None:
    async with running(worker(model, folder)) as http:
        assert sorted(model.prepared) == ["aunt", "kai"]  # before it says that it is ready
        for name in ("aunt", "kai", "aunt"):
            assert (await http.post("/v1/audio/speech", json=ask(voice=name))).status_code == 200
    async with running(worker(model, folder)) as http:
        assert (await http.post("/v1/audio/speech", json=ask(voice="aunt"))).status_code == 200
    assert sorted(model.prepared) == ["aunt", "kai"]


async def test_a_damaged_file_of_a_prepared_clip_is_made_again(model: Watched, folder: Path) -> None:
    async with running(worker(model, folder)):
        (kept, _other) = (folder / "cache").glob("*.pt")
    kept.write_text("damaged")
    async with running(worker(model, folder)) as http:
        assert len(model.prepared) == 3
        assert (await http.post("/v1/audio/speech", json=ask())).status_code == 200


async def test_two_voices_do_not_sound_alike_and_speak_as_their_files_say(model: Watched, folder: Path) -> None:
    async with running(worker(model, folder)) as http:
        model.styles.clear()
        heard = {(await http.post("/v1/audio/speech", json=ask(voice=name))).content for name in ("aunt", "kai")}
        await http.post("/v1/audio/speech", json=ask(voice="aunt", exaggeration=0.2, seed=5, speed=1))
    assert len(heard) == 2
    assert model.styles == [Style(0.7, speed=1.25), Style(speed=1.25), Style(0.2, seed=5, speed=1)]


async def test_a_voice_that_is_added_is_there_and_a_broken_file_harms_no_other(model: Watched, folder: Path) -> None:
    async with running(worker(model, folder)) as http:
        assert (await http.post("/v1/audio/speech", json=ask(voice="uncle"))).status_code == 404
        voice(folder, "uncle", "{clip: uncle.wav}")
        (folder / "voices" / "uncle.wav").write_bytes(b"u" * 2_000)
        voice(folder, "broken", "{clipp: uncle.wav}")
        voice(folder, "clipless", "{clip: nowhere.wav}")
        assert (await http.post("/v1/audio/speech", json=ask(voice="uncle"))).status_code == 200
        assert (await http.get("/v1/audio/voices")).json() == {"voices": ["aunt", "kai", "uncle"]}


async def test_a_clip_that_cannot_be_used_is_told_and_the_server_starts_without_it(model: Watched, folder: Path) -> None:
    (folder / "voices" / "aunt.wav").write_bytes(b"short")
    async with running(worker(model, folder)) as http:
        answer = await http.post("/v1/audio/speech", json=ask(voice="aunt"))
        assert (answer.status_code, "the clip is too short" in answer.json()["error"]["message"]) == (400, True)
        assert (await http.post("/v1/audio/speech", json=ask())).status_code == 200


async def test_it_is_ready_only_after_it_has_spoken_once(model: Watched, folder: Path) -> None:
    model.gate.clear()
    made = worker(model, folder)
    async with (
        served(lambda _url: application(made)) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as http,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(made.run)
        await until(lambda: model.begun.acquire(blocking=False))  # it says its first sentence
        health = await http.get("/health")
        assert (health.status_code, health.json()["ready"], health.json()["loaded"]) == (503, False, True)
        refused = await http.post("/v1/audio/speech", json=ask())
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "not_ready")
        model.gate.set()
        await made.ready.wait()
        assert (await http.get("/health")).json() == {
            "ready": True, "loaded": True, "model": "tones", "device": "cpu", "memory_bytes": None, "queue": 0,
            "voices": ["aunt", "kai"],
        }  # fmt: skip
        assert (await http.post("/v1/audio/speech", json=ask())).status_code == 200
        tasks.cancel_scope.cancel()


async def test_memory_is_freed_when_nobody_speaks_and_the_model_loaded_again_on_demand(model: Watched, folder: Path) -> None:
    made = worker(model, folder, idle_s=0.2)
    async with running(made) as http:
        await until(lambda: model.closed)
        health = await http.get("/health")
        assert (health.status_code, health.json()["ready"], health.json()["loaded"]) == (200, True, False)
        assert (await http.post("/v1/audio/speech", json=ask())).status_code == 200
    assert model.loads == 2
    assert sorted(model.prepared) == ["aunt", "kai"]  # from disk the second time


async def test_a_model_that_cannot_be_loaded_ends_the_server_with_the_reason(folder: Path) -> None:
    def load() -> SpeechModel:
        raise OSError("no such folder: weights")

    made = Worker(load, Shelf([folder / "voices"]), ConditionalsCache(folder / "cache"))
    with pytest.raises(NotReady, match="the model cannot be loaded: no such folder: weights"):
        await made.run()


async def test_only_the_key_opens_it(model: Watched, folder: Path) -> None:
    async with running(worker(model, folder), key="secret") as http:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "secret"}):
            for answer in (
                await http.post("/v1/audio/speech", json=ask(), headers=headers),
                await http.get("/v1/audio/voices", headers=headers),
                await http.post("/v1/audio/transcriptions", headers=headers),
            ):
                assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
        assert (await http.get("/health")).status_code == 200
        good = {"authorization": "Bearer secret"}
        assert (await http.post("/v1/audio/speech", json=ask(), headers=good)).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"", 400, None),
        (b"[" * 60_000, 400, None),
        (b'{"input": "x", "voice": "kai"' + b" " * 70_000 + b"}", 413, None),
        (json.dumps(ask("x" * 5_000)).encode(), 400, "input"),
        (json.dumps(ask(" … ?!")).encode(), 400, "input"),
        (json.dumps(ask(speed=9)).encode(), 400, "speed"),
        (json.dumps(ask(response_format="mp3")).encode(), 400, "response_format"),
        (json.dumps(ask(voice="../../etc/passwd")).encode(), 404, "voice"),
        (json.dumps(ask("Break now, please do.")).encode(), 500, None),
    ],
)
async def test_what_is_refused_is_said_in_the_shape_of_openai(
    model: Watched, folder: Path, body: bytes, status: int, param: str | None
) -> None:
    async with running(worker(model, folder)) as http:
        answer = await http.post("/v1/audio/speech", content=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["param"]) == (status, param)
        assert set(error) == {"message", "type", "param", "code"}
        assert (await http.post("/v1/audio/speech", json=ask())).status_code == 200


async def test_more_than_the_queue_holds_is_refused(model: Watched, folder: Path) -> None:
    made = worker(model, folder, longest_queue=1)
    async with running(made) as http:
        model.gate.clear()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: http.post("/v1/audio/speech", json=ask()))
            await until(lambda: made.waiting == 1)
            answer = await http.post("/v1/audio/speech", json=ask())
            assert (answer.status_code, answer.json()["error"]["code"]) == (429, "queue_full")
            model.gate.set()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One sentence.", ["One sentence."]),
        ("No. Dr. Smith is not in today. He left.", ["No. Dr. Smith is not in today.", "He left."]),
        ("  A   line\n\nand  another ", ["A line and another"]),
        ("", []),
        ("Word, " * 100, ["Word, " * 49 + "Word,", "Word, " * 49 + "Word,"]),
        ("x" * 700, ["x" * 300, "x" * 300, "x" * 100]),
    ],
)
def test_a_text_is_cut_where_the_model_may_pause(text: str, pieces: list[str]) -> None:
    assert sentences(text) == pieces


async def test_a_thousand_sentences_leave_nothing_behind(model: Watched, folder: Path) -> None:
    made = worker(model, folder)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.run)
        await made.ready.wait()
        kai = await to_thread.run_sync(made.shelf.voice, "kai")
        threads = threading.active_count()
        for _ in range(1_000):
            await made.speak("Hi, you.", kai, kai.style)
        assert (made.waiting, threading.active_count()) == (0, threads)
        tasks.cancel_scope.cancel()


# --- transcription ----------------------------------------------------------------------------------------------------


async def upload(http: httpx2.AsyncClient, content: bytes | None, **fields: str) -> httpx2.Response:
    files = None if content is None else {"file": ("said.wav", content, "audio/wav")}
    return await http.post("/v1/audio/transcriptions", files=files, data={"model": "whisper-1", **fields})


@pytest.mark.timeout(120)  # a model is built and loaded
async def test_an_upload_is_transcribed_and_what_is_no_sound_is_refused(model: Watched, folder: Path) -> None:
    """The Whisper model is of random numbers: it hears noise, or nothing."""
    ears = Ears(str(await to_thread.run_sync(build, folder / "tiny")), "cpu")
    async with running(worker(model, folder), ears=ears) as http:
        said = wav((await http.post("/v1/audio/speech", json=ask(response_format="pcm"))).content, 24_000)
        good = await upload(http, said, prompt="Names: Kai.", language="en")
        assert (good.status_code, list(good.json())) == (200, ["text"])
        plain = await upload(http, said, response_format="text")
        assert (plain.status_code, plain.headers["content-type"].partition(";")[0]) == (200, "text/plain")
        for asked, param in (
            (upload(http, b"no sound at all" * 100), "file"),
            (upload(http, wav(bytes(2 * 800 * 601), 800)), "file"),
            (upload(http, b""), "file"),
            (upload(http, None), "file"),
            (upload(http, said, response_format="srt"), "response_format"),
        ):
            bad = await asked
            assert (bad.status_code, bad.json()["error"]["param"]) == (400, param)


async def test_without_ears_it_says_how_to_get_them(model: Watched, folder: Path) -> None:
    async with running(worker(model, folder)) as http:
        answer = await upload(http, b"x")
    assert (answer.status_code, "start it with --ears MODEL" in answer.json()["error"]["message"]) == (400, True)
