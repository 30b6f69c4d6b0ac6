"""Disks that fill up, and that cannot be written: tmpfs, mounted as root or in a namespace of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

PIECE: Final = bytes(4096)


@pytest.fixture
def own_mounts(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The test may mount. Whoever is not root has it run in a namespace where they are, and sees it skipped here if it passed."""
    if os.geteuid() == 0:
        if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
            pytest.skip("nothing may be mounted here")
        return
    namespace = ["unshare", "-Urm"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("nothing may be mounted here: not root, and no namespaces of users")
    again = [sys.executable, "-m", "pytest", "--basetemp", str(tmp_path / "again"), request.node.nodeid]
    inside = subprocess.run([*namespace, *again], check=False, capture_output=True, text=True, cwd=request.config.rootpath)
    if inside.returncode:
        pytest.fail(inside.stdout[-4_000:] + inside.stderr[-2_000:], pytrace=False)
    pytest.skip("passed in a namespace of its own")


@dataclass(frozen=True)
class Disk:
    path: Path

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"

    def fill(self) -> None:
        """To the last byte."""
        ballast = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while True:
                os.write(ballast, PIECE)
        except OSError:
            return
        finally:
            os.close(ballast)

    def free(self) -> None:
        self._ballast.unlink()

    def protect(self) -> None:
        """It can be read only from here on."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.path)], check=True)


@contextmanager
def disk(folder: Path, size: str) -> Generator[Disk]:
    """In the folder, of that size."""
    place = Disk(folder / "disk")
    place.path.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place.path)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place.path)], check=True)
