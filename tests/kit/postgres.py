"""A PostgreSQL of the test's own, from Debian's package; it refuses to run as root, so then it runs as `postgres`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Cluster:
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://voice@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        self._run("initdb", "-A", "trust", "-U", "voice", "--no-sync")

    def start(self) -> None:
        self._run("pg_ctl", "-w", "-o", f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off", "start")

    def stop(self) -> None:
        """At once: all connections break."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [_programs() / program, "-D", self.folder / "data", *arguments]
        environment = {"PATH": f"{_programs()}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        # What it prints goes to a file: a server that inherits a pipe would keep us waiting for its end.
        with (self.folder / f"{program}.log").open("ab") as log:
            subprocess.run(command, check=True, user=_user(), group=_user(), env=environment, cwd="/", stdout=log, stderr=log)


@contextmanager
def cluster() -> Generator[Cluster]:
    """It runs. Skips where it is not installed."""
    _programs()
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="pai-voice-postgres-"))  # pytest's own folders are closed to other users
    if user := _user():
        shutil.chown(folder, user)
    made = Cluster(folder, port)
    try:
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgres() -> Generator[str]:
    """Its URL. Skips where it is not installed."""
    with cluster() as made:
        yield made.url


def _user() -> str | None:
    return "postgres" if os.getuid() == 0 else None


def _programs() -> Path:
    """Debian keeps a server's programs off the PATH, by version."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not found:
        pytest.skip("needs PostgreSQL: apt install postgresql")
    return max(found, key=lambda programs: int(programs.parent.name))
