"""Measure the shipped voices on one engine and write their gains into their files.

`python -m tests.kit.voice_gains embedded [NAME…]` prints what was measured.
Run it after a voice or an engine was changed, and commit what it wrote.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import anyio

from voices.check import Report, check
from voices.engines.registry import BY_NAME
from voices.settings import VoiceSettings
from voices.similarity import Embedder
from voices.synthesis import Rendering
from voices.voice import SHIPPED, load_voices


async def write_gains(engine: str, names: list[str]) -> Report:
    voices = load_voices()
    parts = [
        voice.renderings[engine] for voice in voices.values() if engine in voice.renderings and voice.id in (names or voices)
    ]
    synthesizer = BY_NAME[engine].make(VoiceSettings().of(engine))
    embedder = await anyio.to_thread.run_sync(Embedder)
    report = await check(synthesizer, parts, embedder)
    for _ in range(3):  # loud peaks are bent, so a gain has to be measured again
        parts = [louder(part, report) for part in parts]
        report = await check(synthesizer, parts, embedder)
    await synthesizer.aclose()
    for part in parts:
        path = SHIPPED / f"{part.voice}.yaml"
        source = path.read_text("utf-8")
        head, gain = rf"(^  {engine}:\n(?:    .*\n)*?)", f"    gain_db: {part.gain_db:.1f}\n"
        changed = re.sub(rf"{head}    gain_db: .*\n", rf"\g<1>{gain}", source, flags=re.MULTILINE)
        if "gain_db" not in changed.partition(f"  {engine}:\n")[2].partition("\n  ")[0]:
            changed = source.replace(f"  {engine}:\n", f"  {engine}:\n{gain}", 1)
        path.write_text(changed, "utf-8")
    return report


def louder(part: Rendering, report: Report) -> Rendering:
    gains = {one.voice: one.gain_db for one in report.voices}
    return replace(part, gain_db=round(gains.get(part.voice, part.gain_db), 1))


async def main() -> None:
    print((await write_gains(sys.argv[1], sys.argv[2:])).as_text())


if __name__ == "__main__":
    anyio.run(main)
