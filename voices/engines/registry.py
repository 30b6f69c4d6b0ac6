"""Every speech engine there is. A new engine is one module beside this one, and one line here."""

from __future__ import annotations

from typing import Final

from voices.engine import Engine
from voices.engines import chatterbox, elevenlabs, embedded, espeak, pocket, whisper
from voices.recognition import Recognizer
from voices.synthesis import Synthesizer

SYNTHESIZERS: Final[tuple[Engine[Synthesizer], ...]] = (
    chatterbox.ENGINE,
    elevenlabs.ENGINE,
    pocket.ENGINE,
    embedded.ENGINE,
    espeak.ENGINE,
)
"""Best first."""

LAST_RESORT: Final = espeak.ENGINE.name
"""Stands behind every other engine: it needs no key, no network and no model."""

BY_NAME: Final = {engine.name: engine for engine in SYNTHESIZERS}

RECOGNIZERS: Final[tuple[Engine[Recognizer], ...]] = (whisper.ENGINE,)
"""The first one is used unless the settings name another."""

RECOGNIZERS_BY_NAME: Final = {engine.name: engine for engine in RECOGNIZERS}
