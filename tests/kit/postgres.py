"""A PostgreSQL of the test's own, from Debian's package; it refuses to run as root, so then it runs as `postgres`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgres() -> Generator[str]:
    """Its URL. Skips where it is not installed."""
    programs = _programs()
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pai-voice-postgres-"))  # pytest's own folders are closed to other users
    if user:
        shutil.chown(folder, user)
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"

    def run(program: str, *arguments: str) -> None:
        command = [programs / program, "-D", folder / "data", *arguments]
        environment = {"PATH": f"{programs}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        # What it prints goes to a file: a server that inherits a pipe would keep us waiting for its end.
        with (folder / f"{program}.log").open("ab") as log:
            subprocess.run(command, check=True, user=user, group=user, env=environment, cwd="/", stdout=log, stderr=log)

    try:
        run("initdb", "-A", "trust", "-U", "voice", "--no-sync")
        run("pg_ctl", "-w", "-o", options, "start")
        try:
            yield f"postgresql://voice@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    """Debian keeps a server's programs off the PATH, by version."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not found:
        pytest.skip("needs PostgreSQL: apt install postgresql")
    return max(found, key=lambda programs: int(programs.parent.name))
