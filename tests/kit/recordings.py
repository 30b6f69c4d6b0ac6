"""Rehearsed calls as the house would have recorded them."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from orchestrator.events import CallEnded, CallEvent, CallStarted, Entry
from orchestrator.journal import JOURNAL, RECORDING
from orchestrator.recorded import Recorded
from orchestrator.testing.rehearsal import RehearsedCall
from voices.audio import RATE

NAME: Final = "20261122-120000-rehearse"
CALLER: Final = "+436601234567"
STARTED: Final = CallStarted(
    call="rehearsed", line="rehearsal", caller=CALLER, called="+43720555", began="2026-11-22T12:00:00+01:00"
)


def recording_of(call: RehearsedCall, name: str = NAME) -> Recorded:
    """Of a call that is over, with what the house writes before and after it."""
    ended = CallEnded(why=call.why, duration_s=call.journal[-1].at_s, cost_usd=Decimal(0))
    entries = [Entry(seq=0, at_s=0.0, event=STARTED), *call.journal, Entry(seq=9_999, at_s=call.journal[-1].at_s, event=ended)]
    return Recorded(name, [Entry.parse(entry.line()) for entry in entries], wav_of(call.recording))


def wav_of(sound: bytes) -> bytes:
    """Of stereo sound."""
    blob = io.BytesIO()
    with wave.open(blob, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(sound)
    return blob.getvalue()


def shelved(call: Recorded, folder: Path) -> Path:
    """As it lies in a data folder."""
    folder.mkdir(parents=True)
    (folder / JOURNAL).write_text("".join(f"{entry.line()}\n" for entry in call.entries), encoding="utf-8")
    if call.wav is not None:
        (folder / RECORDING).write_bytes(call.wav)
    return folder


def journal(*facts: tuple[float, CallEvent]) -> list[Entry]:
    """By hand."""
    return [Entry(seq=at, at_s=at_s, event=event) for at, (at_s, event) in enumerate(facts)]


def without(entries: Sequence[Entry], kind: type[object]) -> list[Entry]:
    return [entry for entry in entries if not isinstance(entry.event, kind)]
