"""Where the server finds its bearer key. Apart, for who starts the server needs nothing else of it."""

from __future__ import annotations

from typing import Final

KEY: Final = "SPEECH_SERVER_KEY"
"""An environment variable: command lines are seen by everybody on the machine."""
