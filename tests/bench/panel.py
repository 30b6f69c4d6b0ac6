"""Record one panel with each engine that works here, and say how it was heard: `python -m tests.bench.panel [--out build/panel]`.

Three agents answer one question in turn, as in the demo's call. Prints, for each engine, the recording, its speaking levels, and
the share of words that Whisper heard wrong.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from agents.roster import load
from orchestrator.hints import hints
from tests.bench.word_errors import Errors
from tests.kit.ears import padded
from voices.audio import RATE, duration_s, speech_level_dbfs, write_wav
from voices.catalogue import Catalogue
from voices.engine import Engine
from voices.engines.registry import SYNTHESIZERS
from voices.engines.whisper import WhisperRecognizer
from voices.settings import VoiceSettings
from voices.spoken_form import SpokenWords
from voices.synthesis import Sound
from voices.voice import load_voices

ROOT: Final = Path(__file__).parents[2]
PAUSE: Final = bytes(2 * RATE // 4)  # between speakers, as on a call
PANEL: Final = (
    ("researcher", "People who keep photos for decades agree on one thing: plain files outlive every database."),
    ("engineer", "Right, and I would add a checksum for every file, because disks lie quietly."),
    ("architect", "So keep the files as the truth, and let every index be something you can throw away."),
    ("kai", "Then we have a plan. Shall I write it down, or call you back on Thursday at half past two?"),
)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/panel"))
    out: Path = parser.parse_args().out
    await anyio.Path(out).mkdir(parents=True, exist_ok=True)
    roster = load([ROOT / "agents"], ROOT / "prompts")
    ears, names = WhisperRecognizer(), hints(roster)
    for engine in SYNTHESIZERS:
        if reason := await anyio.to_thread.run_sync(engine.missing, VoiceSettings().of(engine.name)):
            print(f"{engine.name:12}not recorded: {reason}")
            continue
        parts = await _spoken(engine)
        path = out / f"{engine.name}.wav"
        write_wav(path, PAUSE.join(parts))
        errors, levels = Errors(), sorted(map(speech_level_dbfs, parts))
        for (_, text), part in zip(PANEL, parts, strict=True):
            errors.count(text, ears.hear(padded(part), names).text)
        length = f"{sum(map(duration_s, parts)):.1f} s of speech, {levels[0]:.1f} to {levels[-1]:.1f} dBFS"
        print(f"{engine.name:12}{path}: {length}, {errors.rate:.1%} of words wrong")


async def _spoken(engine: Engine[Any]) -> list[bytes]:
    """What each of them says. Raises SynthesisError."""
    catalogue = Catalogue(load_voices(), [engine.make(VoiceSettings().of(engine.name))], words=SpokenWords())
    try:
        await catalogue.warm()
        return [
            b"".join([part.pcm async for part in catalogue.speak(text, voice) if isinstance(part, Sound)])
            for voice, text in PANEL
        ]
    finally:
        await catalogue.aclose()


if __name__ == "__main__":
    anyio.run(main)
