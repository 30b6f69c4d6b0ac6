"""Weights are fetched once, whole or not at all, whatever the server does. All against a server on loopback."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.kit.file_server import FileServer, serving
from voices import downloads
from voices.downloads import Archive, Damaged, DownloadError, NoRoom, Offline, Progress, Refused, check, fetch, find

MODEL, TABLE = os.urandom(400_000), b'{"a": 1}'


def packed(*members: tuple[str, bytes | str]) -> bytes:
    """A tar.bz2; a member that is text is a link to that path."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:bz2") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


GOOD = packed(
    ("weights-1/model.onnx", MODEL), ("./weights-1/vocab.json", TABLE), ("weights-1/test_wavs/a.wav", b"RIFF"), ("../evil", b"!")
)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving(GOOD) as server:
        yield server


@pytest.fixture
def archive(server: FileServer) -> Archive:
    files = {"model.onnx": 500_000, "vocab.json": 100}
    return Archive(
        "weights-1", f"{server.url}/file.tar.bz2", hashlib.sha256(GOOD).hexdigest(), len(GOOD), files, ("mirror.invalid",)
    )


def whole(archive: Archive, folder: Path) -> bool:
    home = find(archive, folder)
    return home is not None and (home / "model.onnx").read_bytes() == MODEL and (home / "vocab.json").read_bytes() == TABLE


def test_it_is_fetched_once_with_progress(server: FileServer, archive: Archive, tmp_path: Path) -> None:
    assert find(archive, tmp_path) is None
    told = list(fetch(archive, tmp_path))
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert told[0] == Progress(0, len(GOOD))
    assert told[-1] == Progress(len(GOOD), len(GOOD))
    assert whole(archive, tmp_path)
    check(archive, tmp_path / "weights-1")
    assert list(fetch(archive, tmp_path)) == []
    assert server.asked == [None]
    assert sorted(path.name for path in (tmp_path / "weights-1").iterdir()) == ["manifest.json", "model.onnx", "vocab.json"]
    assert not (tmp_path.parent / "evil").exists()
    assert {path.name for path in tmp_path.iterdir()} <= {"weights-1", ".weights-1.lock"}


@pytest.mark.parametrize("chunked", [False, True])
def test_a_broken_connection_goes_on_there(server: FileServer, archive: Archive, tmp_path: Path, chunked: bool) -> None:
    server.broken, server.chunked = 2, chunked
    list(fetch(archive, tmp_path))
    assert whole(archive, tmp_path)
    half, rest = len(GOOD) // 2, len(GOOD) - len(GOOD) // 2
    assert server.asked == [None, f"bytes={half}-", f"bytes={half + rest // 2}-"]


def test_a_process_that_was_ended_goes_on_too(server: FileServer, archive: Archive, tmp_path: Path) -> None:
    fetching = fetch(archive, tmp_path)
    while next(fetching).done < 100_000:
        pass
    fetching.close()  # type: ignore[attr-defined]
    here = (tmp_path / "file.tar.bz2.part").stat().st_size
    assert here >= 100_000
    assert find(archive, tmp_path) is None
    list(fetch(archive, tmp_path))
    assert whole(archive, tmp_path)
    assert server.asked[1] == f"bytes={here}-"


def test_a_server_without_ranges_begins_again(server: FileServer, archive: Archive, tmp_path: Path) -> None:
    server.broken, server.ranges = 1, False
    list(fetch(archive, tmp_path))
    assert whole(archive, tmp_path)


def test_a_server_that_never_ends_is_given_up(server: FileServer, archive: Archive, tmp_path: Path) -> None:
    server.broken, server.ranges = 1_000, False
    with pytest.raises(Offline, match="goes on where it stopped; or bring http"):
        list(fetch(archive, tmp_path))
    assert find(archive, tmp_path) is None


def test_a_server_that_falls_silent_is_given_up(archive: Archive, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        there = replace(archive, url=f"http://127.0.0.1:{silent.getsockname()[1]}/file.tar.bz2")
        with pytest.raises(Offline, match="ReadTimeout"):
            list(fetch(there, tmp_path, timeout_s=0.05))


def test_nobody_answers(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(Offline, match="check the connection") as raised:
        list(fetch(replace(archive, url="http://127.0.0.1:1/file.tar.bz2"), tmp_path))
    assert raised.value.retryable


@pytest.mark.parametrize("base_url", ["nonsense", "file:///etc", "http://[", "http://a b/"])
def test_a_mirror_that_is_no_address(archive: Archive, tmp_path: Path, base_url: str) -> None:
    with pytest.raises((Refused, Offline)):
        list(fetch(archive, tmp_path, base_url=base_url))


def test_a_file_that_was_brought_by_hand_needs_no_server(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "file.tar.bz2").write_bytes(GOOD)
    list(fetch(replace(archive, url="http://127.0.0.1:1/file.tar.bz2"), tmp_path))
    assert whole(archive, tmp_path)


def test_a_mirror(server: FileServer, archive: Archive, tmp_path: Path) -> None:
    list(fetch(replace(archive, url="https://example.invalid/x/file.tar.bz2"), tmp_path, base_url=f"{server.url}/"))
    assert whole(archive, tmp_path)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"status": 404}, Refused, r"does not exist \(404\)"),
        ({"status": 503}, Refused, "answers 503 Service Unavailable: try again later"),
        ({"type": "text/html; charset=utf-8"}, Refused, "a web page, not the file: is this network behind a login page"),
        ({"content": GOOD[:-1]}, Refused, "bytes, and .* were expected"),
        ({"content": GOOD + b"x"}, Refused, "bytes, and .* were expected"),
        ({"content": GOOD + b"x", "chunked": True}, Damaged, "larger than"),
        ({"content": GOOD[:-1] + b"x"}, Damaged, "has the SHA-256"),
        ({"location": "https://example.invalid/file"}, Refused, "redirects to example.invalid, which is not a host of"),
        ({"location": "http://mirror.invalid/file"}, Refused, "redirects to http://mirror.invalid/file, which is not encrypted"),
        ({"location": "ftp://127.0.0.1/file"}, Refused, "leads to no address"),
        ({"location": "/file.tar.bz2"}, Refused, "redirects more than 5 times"),
    ],
)
def test_what_is_not_the_file_is_refused(
    server: FileServer, archive: Archive, tmp_path: Path, changes: dict[str, Any], error: type[DownloadError], says: str
) -> None:
    for key, value in changes.items():
        setattr(server, key, value)
    with pytest.raises(error, match=says):
        list(fetch(archive, tmp_path))
    assert find(archive, tmp_path) is None
    server.content, server.status, server.type, server.location, server.chunked = GOOD, 200, "x/y", "", False
    list(fetch(archive, tmp_path))
    assert whole(archive, tmp_path)


def test_a_redirect_on_the_same_host_or_to_a_listed_one_is_followed(server: FileServer, archive: Archive, tmp_path: Path) -> None:
    server.location = f"http://localhost:{server.server_port}/real"
    with pytest.raises(Refused, match="redirects to localhost"):
        list(fetch(archive, tmp_path))
    list(fetch(replace(archive, redirects=("localhost",)), tmp_path))
    assert whole(archive, tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (packed(("weights-1/model.onnx", MODEL)), "has no vocab.json in it"),
        (packed(("weights-1/model.onnx", MODEL), ("weights-1/vocab.json", "/etc/passwd")), "has no vocab.json in it"),
        (packed(("weights-1/model.onnx", b"x" * 600_000)), "has 600000 bytes, and 500000 at most were expected"),
        (b"BZh9 no archive at all", "cannot be unpacked"),
        (GOOD[: len(GOOD) // 2], "cannot be unpacked"),
    ],
)
def test_an_archive_that_is_not_what_it_should_be(
    server: FileServer, archive: Archive, tmp_path: Path, content: bytes, says: str
) -> None:
    server.content = content
    pinned = replace(archive, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    with pytest.raises(Damaged, match=says):
        list(fetch(pinned, tmp_path))
    assert find(pinned, tmp_path) is None
    assert not (tmp_path / "weights-1").exists()


def test_what_changed_on_the_disk_is_noticed(server: FileServer, archive: Archive, tmp_path: Path) -> None:
    list(fetch(archive, tmp_path))
    home = tmp_path / "weights-1"
    (home / "model.onnx").write_bytes(MODEL[:-1] + bytes([MODEL[-1] ^ 1]))
    assert find(archive, tmp_path) == home
    with pytest.raises(Damaged, match="has changed since it was fetched: delete"):
        check(archive, home)
    (home / "model.onnx").write_bytes(MODEL[:-1])
    assert find(archive, tmp_path) is None
    list(fetch(archive, tmp_path))
    assert whole(archive, tmp_path)
    for text in ("", "[]", '{"archive": "other", "files": {}}'):
        (home / "manifest.json").write_text(text)
        assert find(archive, tmp_path) is None
        with pytest.raises(Damaged):
            check(archive, home)
    assert find(replace(archive, sha256="another"), tmp_path) is None


def test_no_room(server: FileServer, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoRoom, match="MB free, and weights-1 needs"):
        list(fetch(replace(archive, files={"model.onnx": 10**15}), tmp_path))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NoRoom, match="choose another folder"):
        list(fetch(archive, tmp_path / "file"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloads, "_unpack", full)
    with pytest.raises(NoRoom, match="is full: free some space and try again, what is already here is kept"):
        list(fetch(archive, tmp_path))
    monkeypatch.undo()
    list(fetch(archive, tmp_path))
    assert whole(archive, tmp_path)
    assert server.asked == [None]


def test_two_processes_do_not_write_the_same_file(archive: Archive, tmp_path: Path) -> None:
    first = fetch(archive, tmp_path)
    next(first)
    with pytest.raises(Refused, match="being fetched by another process"):
        list(fetch(archive, tmp_path))
    list(first)
    assert whole(archive, tmp_path)
