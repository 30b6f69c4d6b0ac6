"""Model weights that are fetched once: pinned by size and SHA-256, resumed where they broke off, unpacked whole or not at all.

DownloadError
├── Offline     no way to the server; the message says how to bring the file by hand
├── Refused     the server answers something else than the file
├── Damaged     what arrived, or what lies on the disk, is not the file
└── NoRoom      the disk is full, or may not be written
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import tarfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Final

from voices.engine import Progress

if TYPE_CHECKING:
    import httpx2

_MANIFEST: Final = "manifest.json"
_BLOCK: Final = 256 * 1024
_REDIRECTS: Final = 5
_STALLED: Final = 3  # tries in a row without a byte more
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class DownloadError(Exception):
    code: ClassVar[str] = "download_failed"
    retryable: ClassVar[bool] = False


class Offline(DownloadError):
    code = "download_offline"
    retryable = True


class Refused(DownloadError):
    code = "download_refused"


class Damaged(DownloadError):
    code = "download_damaged"


class NoRoom(DownloadError):
    code = "download_no_room"


@dataclass(frozen=True, slots=True)
class Archive:
    """A tar archive on a server. Nobody can change it unseen: its size and checksum are known beforehand."""

    name: str
    """Of the folder that it holds, and of the one that is made."""
    url: str
    sha256: str
    size: int
    files: Mapping[str, int]
    """What is unpacked of it: each file, and its greatest size. Nothing else is."""
    redirects: tuple[str, ...] = ()
    """Hosts, with their sub-domains, to which its own host may redirect."""

    @property
    def file_name(self) -> str:
        return self.url.rsplit("/", 1)[-1]


def find(archive: Archive, folder: Path) -> Path | None:
    """Its unpacked folder, if it is there and whole by the sizes. Reads the disk only."""
    home = folder / archive.name
    try:
        return home if all((home / name).stat().st_size == size for name, size, _ in _manifest(archive, home)) else None
    except OSError:
        return None


def check(archive: Archive, home: Path) -> None:
    """Compares every unpacked file with the checksum that was taken when it was unpacked (0.2 s per 100 MB). Raises Damaged."""
    try:
        for name, _, expected in _manifest(archive, home):
            with (home / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                    raise Damaged(f"{home / name} has changed since it was fetched: delete {home}, and fetch it again")
    except OSError as error:
        raise Damaged(f"{home} is not whole ({error}): delete it, and fetch it again") from error


def fetch(archive: Archive, folder: Path, *, base_url: str | None = None, timeout_s: float = 30) -> Iterator[Progress]:
    """Fetches and unpacks it into `folder`, telling how far it is; done when it ends. Blocks between items.

    `base_url` stands for everything before the file's name: a mirror. An archive that somebody put into `folder` is taken
    from there. Raises DownloadError.
    """
    if find(archive, folder):
        return
    from filelock import FileLock, Timeout

    packed = folder / archive.file_name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{archive.name}.lock", timeout=0):
            _require_room(archive, folder)
            if not packed.exists():
                yield from _download(archive, packed, _url(archive, base_url), timeout_s)
            yield Progress(archive.size, archive.size)
            _verify(archive, packed)
            _unpack(archive, packed, folder)
            packed.unlink()
    except Timeout as error:
        raise Refused(f"{archive.name} is being fetched by another process; wait for it") from error
    except OSError as error:
        raise _disk_error(error, folder) from error


def _manifest(archive: Archive, home: Path) -> list[tuple[str, int, str]]:
    """Name, size and checksum of every file that belongs there. Raises OSError if that is not known."""
    try:
        found: Any = json.loads((home / _MANIFEST).read_text("utf-8"))
        listed = [(name, int(found["files"][name]["size"]), str(found["files"][name]["sha256"])) for name in archive.files]
        of = str(found["archive"])
    except (ValueError, KeyError, TypeError) as error:
        raise OSError(f"{home / _MANIFEST} cannot be read") from error
    if of != archive.sha256:
        raise OSError(f"{home} is of another version")
    return listed


def _url(archive: Archive, base_url: str | None) -> str:
    return f"{base_url.rstrip('/')}/{archive.file_name}" if base_url else archive.url


def _disk_error(error: OSError, folder: Path) -> NoRoom:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoRoom(f"the disk of {folder} is full: free some space and try again, what is already here is kept")
    return NoRoom(f"{folder} cannot be written ({error.strerror or error}): choose another folder in the settings")


def _require_room(archive: Archive, folder: Path) -> None:
    needed = archive.size + sum(archive.files.values())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoom(f"{folder} has {free // 2**20} MB free, and {archive.name} needs {needed // 2**20} MB for a moment")


# --- over the network -------------------------------------------------------------------------------------------------


def _download(archive: Archive, packed: Path, url: str, timeout_s: float) -> Iterator[Progress]:
    """Into `packed`, by way of a file `….part` that outlives a broken try."""
    import httpx2

    part = packed.with_name(packed.name + ".part")
    if part.exists() and part.stat().st_size > archive.size:
        part.unlink()
    stalled = 0
    with httpx2.Client(timeout=timeout_s, follow_redirects=False) as client, part.open("ab") as file:
        while (before := file.tell()) < archive.size:
            try:
                yield from _continue(client, archive, url, file)
            except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
                raise Refused(f"{url} leads to no address that can be fetched: {error}") from error
            except httpx2.TransportError as error:
                stalled = 0 if file.tell() > before else stalled + 1
                if stalled >= _STALLED:
                    raise Offline(
                        f"{archive.name} cannot be fetched ({type(error).__name__}): check the connection and try again, it goes "
                        f"on where it stopped; or bring {url} by other means and put it into {packed.parent}"
                    ) from error
    part.replace(packed)


def _continue(client: httpx2.Client, archive: Archive, url: str, file: BinaryIO) -> Iterator[Progress]:
    """One request for the rest. Leaves in the file whatever arrived."""
    import httpx2

    with _answer(client, archive, url, file.tell()) as answer:
        if answer.status_code == 200 and file.tell():  # the server knows no ranges: it begins again
            file.truncate(0)
        yield Progress(file.tell(), archive.size)
        for block in answer.iter_raw():
            if file.tell() + len(block) > archive.size:
                file.truncate(0)
                raise Damaged(f"{url} is larger than the {archive.size} bytes of {archive.name}: it is another file")
            file.write(block)
            yield Progress(file.tell(), archive.size)
        if file.tell() < archive.size:
            raise httpx2.RemoteProtocolError("the connection ended before the file did")


@contextmanager
def _answer(client: httpx2.Client, archive: Archive, url: str, start: int) -> Generator[httpx2.Response, None, None]:
    """The server's answer, from byte `start` on, behind all redirects. Raises Refused if it is not the file."""
    import httpx2

    at = first = httpx2.URL(url)
    for _ in range(_REDIRECTS + 1):
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
        with closing(client.send(client.build_request("GET", at, headers=headers), stream=True)) as answer:
            if not answer.has_redirect_location:
                _require_file(answer, archive, start)
                yield answer
                return
            at = at.join(answer.headers["location"])
            _require_allowed(at, first, archive)
    raise Refused(f"{url} redirects more than {_REDIRECTS} times")


def _require_allowed(target: httpx2.URL, first: httpx2.URL, archive: Archive) -> None:
    hosts = (first.host, *archive.redirects)
    if not any(target.host == host or target.host.endswith(f".{host}") for host in hosts):
        raise Refused(f"{first} redirects to {target.host}, which is not a host of {archive.name}: is a proxy in between?")
    if target.scheme != "https" and not (first.scheme == "http" and target.host in _LOOPBACK):
        raise Refused(f"{first} redirects to {target}, which is not encrypted")


def _require_file(answer: httpx2.Response, archive: Archive, start: int) -> None:
    where, status = answer.url, answer.status_code
    if status == 404:
        raise Refused(f"{where} does not exist (404): update this program, or name a mirror in the settings")
    if status not in (200, 206):
        raise Refused(f"{where} answers {status} {answer.reason_phrase}: try again later, or name a mirror in the settings")
    if answer.headers.get("content-type", "").startswith("text/html"):
        raise Refused(f"{where} answers with a web page, not the file: is this network behind a login page?")
    if status == 206 and not answer.headers.get("content-range", "").startswith(f"bytes {start}-"):
        raise Refused(f"{where} sends another part than was asked for: delete the .part file and try again")
    length = answer.headers.get("content-length", "")
    expected = archive.size - (start if status == 206 else 0)
    if length.isdecimal() and int(length) != expected:
        raise Refused(f"{where} has {length} bytes, and {expected} were expected: it is another file")


# --- from the disk ----------------------------------------------------------------------------------------------------


def _verify(archive: Archive, packed: Path) -> None:
    with packed.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != archive.sha256:
        packed.unlink()
        raise Damaged(f"{archive.file_name} has the SHA-256 {found}, not {archive.sha256}: it was deleted; fetch it again")


def _unpack(archive: Archive, packed: Path, folder: Path) -> None:
    """Only the files that are named, only plain ones, beside the folder first: it appears when it is whole."""
    with TemporaryDirectory(dir=folder, prefix=f".{archive.name}-") as temporary:
        fresh = Path(temporary) / archive.name
        fresh.mkdir()
        try:
            with tarfile.open(packed, "r:*") as tar:
                listed = dict(_extract(tar, archive, fresh))
        except (tarfile.TarError, EOFError, ValueError) as error:
            raise Damaged(f"{archive.file_name} cannot be unpacked: {error}") from error
        if absent := sorted(set(archive.files) - set(listed)):
            raise Damaged(f"{archive.file_name} has no {', '.join(absent)} in it")
        (fresh / _MANIFEST).write_text(json.dumps({"archive": archive.sha256, "files": listed}, indent=2), "utf-8")
        home = folder / archive.name
        shutil.rmtree(home, ignore_errors=True)
        fresh.replace(home)


def _extract(tar: tarfile.TarFile, archive: Archive, fresh: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    wanted = {f"{archive.name}/{name}": name for name in archive.files}
    for member in tar:
        name = wanted.get(member.name.removeprefix("./"))
        content = tar.extractfile(member) if name and member.isfile() else None
        if name is None or content is None:
            continue
        if member.size > archive.files[name]:
            raise ValueError(f"{name} has {member.size} bytes, and {archive.files[name]} at most were expected")
        digest = hashlib.sha256()
        with (fresh / name).open("wb") as file:
            while block := content.read(_BLOCK):
                digest.update(block)
                file.write(block)
        yield name, {"size": member.size, "sha256": digest.hexdigest()}
