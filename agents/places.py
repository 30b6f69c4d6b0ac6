"""Where a path leads: said from the work's folder on, or in full. Looks at the file system, and only at links."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from typing import Literal

Place = Literal["machine", "home", "folder"]


@dataclass(frozen=True, slots=True)
class Places:
    """The folder that the work is in; empty where it is not known, and then nothing is looked at."""

    folder: str = ""
    home: str = ""

    def said(self, path: str, at: str = "") -> str:
        """As much of the path as tells it from all others, for somebody who knows in which folder `at` the command runs."""
        if not at and self.folder and path.startswith("/"):
            inside = posixpath.relpath(path, self.folder) if not _climbs(path) else ".."
            return path if inside == ".." or inside.startswith("../") else inside
        return self.full(path, at) if _climbs(path) and not path.startswith(("/", "~")) else path

    def full(self, path: str, at: str = "") -> str:
        """From the root on, where that is known; a step back after a name stays, as the name may be a link."""
        whole = posixpath.join(self.folder, at, self._from_home(path))
        parts = path.split("/")
        names = [at for at, part in enumerate(parts) if part not in ("", ".", "..")]
        steps_back = [at for at, part in enumerate(parts) if part == ".."]
        if names and steps_back and steps_back[-1] > names[0]:
            return whole
        whole = posixpath.normpath(whole)
        return whole[1:] if whole.startswith("//") else whole

    def leads(self, path: str, at: str = "") -> str:
        """Where it really leads, by a link; empty where it is what it says, or that is not known."""
        if not self.folder or "\0" in path:
            return ""
        whole = self.full(path, at)
        try:
            real = os.path.realpath(whole)
            own = os.path.realpath(self.folder)
        except (OSError, ValueError):
            return ""
        named = posixpath.normpath(whole)
        inside = posixpath.relpath(named, self.folder) if self._holds(named) else ""
        return "" if real in (named, posixpath.normpath(posixpath.join(own, inside)) if inside else named) else real

    def names(self, path: str, at: str = "") -> Place | None:
        """Which place that everybody knows it is."""
        whole = self.full(path, at)
        if whole == "/":
            return "machine"
        if whole == (posixpath.normpath(self.home) if self.home else "~"):
            return "home"
        return "folder" if whole == (posixpath.normpath(self.folder) if self.folder else ".") else None

    def precious(self, path: str, at: str = "") -> bool:
        """The machine, the home or the work's folder is in it, or it is the history of a project."""
        whole = posixpath.normpath(self.full(path, at))
        if whole in ("/", ".", "~") or posixpath.basename(whole) == ".git":
            return True
        return any(f"{posixpath.normpath(own)}/".startswith(f"{whole}/") for own in (self.home, self.folder) if own)

    def inside(self, path: str, at: str = "") -> bool:
        """It stays in the work's folder, links included."""
        if _climbs(path) or path.startswith("~") or (at and posixpath.isabs(at) and not self._holds(at)):
            return False
        if not self.folder:
            return not posixpath.isabs(path)
        return self._holds(self.full(path, at)) and (not (real := self.leads(path, at)) or self._holds(real))

    def _holds(self, path: str) -> bool:
        return bool(self.folder) and f"{posixpath.normpath(path)}/".startswith(f"{self.folder.rstrip('/')}/")

    def _from_home(self, path: str) -> str:
        if path != "~" and not path.startswith("~/"):
            return path
        return posixpath.join(self.home, path[2:]) if self.home else path


def _climbs(path: str) -> bool:
    return ".." in path.split("/")
