"""The server's process. As a file, in an environment of its own, it sees only our package `voices`."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

if __package__ in (None, ""):
    package = sys.modules["voices"] = ModuleType("voices")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]

from voices.speech_server.command import main

if __name__ == "__main__":
    main()
