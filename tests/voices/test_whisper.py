"""Whisper: what it is not believed, where its models are, and how one is fetched. (A model of random numbers says no words.)"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.kit.tiny_whisper import build
from voices.audio import Frame, frames
from voices.engines.whisper import Segment, WhisperRecognizer, believable, doubt
from voices.engines.whisper_models import Progress, download, find, repository
from voices.recognition import RecognizerUnavailable


@pytest.mark.parametrize(
    ("text", "no_speech", "mean_log", "compression", "level", "said"),
    [
        (" Why does the build fail?", 0.02, -0.2, 1.1, -20, True),
        (" Why does the build fail?", 0.9, -0.3, 1.1, -20, True),  # sure of the words: the detector said speech
        (" Why does the build fail?", 0.7, -1.2, 1.1, -20, False),
        (" no no no no no no no no no no", 0.1, -0.2, 3.5, -20, False),
        (" Thank you.", 0.01, -0.3, 0.8, -22, True),
        (" Thank you.", 0.2, -0.3, 0.8, -22, False),
        (" Thank you.", 0.01, -0.3, 0.8, -58, False),
        (" Thanks for watching!", 0.3, -0.2, 0.9, -20, False),
        (" Subtitles by the Amara.org community", 0.4, -0.2, 1.0, -20, False),
        (" ...", 0.1, -0.2, 0.5, -20, False),
        ("", 0.1, -0.2, 0.5, -20, False),
        (" Names: Kai, Engineer.", 0.1, -0.2, 1.0, -20, False),  # the prompt, said back
        (" Kai, engineer.", 0.1, -0.2, 1.0, -20, True),
    ],
)
def test_what_noise_becomes_is_not_believed(
    text: str, no_speech: float, mean_log: float, compression: float, level: float, said: bool
) -> None:
    segment = Segment(text, no_speech, mean_log, compression)
    assert believable(segment, level, "Names: Kai, Engineer.") is said


def test_doubt_is_that_of_the_worst_stretch() -> None:
    sure, unsure = Segment("a", 0, -0.1, 1), Segment("b", 0, -1.5, 1)
    assert doubt([]) == 0
    assert doubt([sure]) == pytest.approx(0.095, abs=0.001)
    assert doubt([sure, unsure]) == pytest.approx(0.777, abs=0.001)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("base.en", "Systran/faster-whisper-base.en"),
        ("distil-small.en", "Systran/faster-distil-whisper-small.en"),
        ("distil-large-v3.5", "distil-whisper/distil-large-v3.5-ct2"),
        ("turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo"),
        ("somebody/their-model", "somebody/their-model"),
    ],
)
def test_short_names_are_repositories(model: str, name: str) -> None:
    assert repository(model) == name


class Hub(ThreadingHTTPServer):
    """As much of the Hugging Face hub as a download needs, serving one folder as every repository but `Systran/…-nothing`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.folder = folder


class Request(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        assert isinstance(self.server, Hub)
        sizes = {file.name: file.stat().st_size for file in self.server.folder.iterdir()}
        if "nothing" in self.path:
            body, status = b"{}", 404
        elif "/tree/" in self.path:
            tree = [{"type": "file", "path": name, "size": size, "oid": "b" * 40} for name, size in sizes.items()]
            body, status = json.dumps(tree).encode(), 200
        elif self.path.startswith("/api/models/"):
            siblings = [{"rfilename": name} for name in sizes]
            body, status = json.dumps({"id": "x/y", "sha": "a" * 40, "siblings": siblings}).encode(), 200
        else:
            body, status = (self.server.folder / self.path.rsplit("/", 1)[-1]).read_bytes(), 200
        self.send_response(status)
        self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    with Hub(build(tmp_path / "tiny")) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_model_is_fetched_once_with_progress_and_found(hub: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert find("base.en", cache) is None
    seen = list(download("base.en", cache, endpoint=hub))
    size = sum(file.stat().st_size for file in (tmp_path / "tiny").iterdir())
    assert seen[-1] == Progress(size, size)
    assert all(0 <= item.done <= item.total for item in seen)
    found = find("base.en", cache)
    assert found is not None
    assert {file.name for file in found.iterdir()} == {file.name for file in (tmp_path / "tiny").iterdir()}
    list(download("base.en", cache, endpoint=hub))


@pytest.mark.parametrize("model", ["nothing", "what is this/no/model"])
def test_no_such_model_is_said_with_the_fix(hub: str, tmp_path: Path, model: str) -> None:
    with pytest.raises(RecognizerUnavailable, match="check the name and the connection, or give the path"):
        list(download(model, tmp_path / "cache", endpoint=hub))
    assert find(model, tmp_path / "cache") is None


def test_no_connection_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(RecognizerUnavailable, match="check the name and the connection"):
        list(download("base.en", tmp_path, endpoint="http://127.0.0.1:9"))


async def test_a_model_that_is_not_here_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(RecognizerUnavailable, match="fetched at the first start"):
        await WhisperRecognizer("base.en", cache=tmp_path).warm()


async def test_a_folder_that_holds_no_model_is_said(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"not a model")
    with pytest.raises(RecognizerUnavailable, match="cannot use the model in"):
        await WhisperRecognizer(str(tmp_path), device="cpu").warm()


async def test_without_cuda_it_falls_back_only_if_it_may(tmp_path: Path) -> None:
    import ctranslate2

    if ctranslate2.get_cuda_device_count():
        pytest.skip("this machine has CUDA")
    folder = str(build(tmp_path / "tiny"))
    await WhisperRecognizer(folder, cpu_threads=1).warm()
    with pytest.raises(RecognizerUnavailable, match="CUDA"):
        await WhisperRecognizer(folder, device="cuda").warm()


async def test_sound_too_short_for_a_word_is_not_given_to_whisper(tmp_path: Path) -> None:
    async def blip() -> AsyncIterator[Frame]:
        for frame in frames(b"\x10\x00" * 1_280):
            yield frame

    # Not loaded, and not needed.
    assert [heard.text async for heard in WhisperRecognizer("none", cache=tmp_path).transcribe(blip())] == [""]
