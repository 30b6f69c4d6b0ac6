"""What `pai-voice voices check` found, kept for `agents lint`: which two voices could be confused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from orchestrator.whole_file import replace_file
from voices.inventory import engine_version
from voices.voice import Voice

FILE: Final = "voice_check.json"
MOST_BYTES: Final = 4_000_000


class Twins(BaseModel):
    """Two voices that could be confused, as they were when they were compared."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    engine: str
    version: str = ""
    one: str
    one_digest: str
    other: str
    other_digest: str
    why: str = Field(max_length=200)
    """Goes on after "their voices a and b": `are 0.62 alike, and 0.50 is the most`."""


_TWINS: Final = TypeAdapter(Annotated[tuple[Twins, ...], Field(max_length=10_000)])


def keep(home: Path, twins: Iterable[Twins], engines: Collection[str]) -> None:
    """In place of what was kept of these engines before. Raises OSError."""
    others = (one for one in _kept(home) if one.engine not in engines)
    replace_file(home / FILE, _TWINS.dump_json((*others, *twins), indent=1))


def near_twins(home: Path, voices: Mapping[str, Voice]) -> Iterator[tuple[str, str, str]]:
    """Pairs of these voices that could be confused, as far as neither they nor the engine changed since; and why. Each once."""
    told: set[tuple[str, str]] = set()
    for twins in _kept(home):
        pair = twins.one, twins.other
        same = all(
            (voice := voices.get(name)) and (part := voice.renderings.get(twins.engine)) and part.digest == digest
            for name, digest in zip(pair, (twins.one_digest, twins.other_digest), strict=True)
        )
        if same and pair not in told and twins.version == engine_version(twins.engine):
            told.add(pair)
            yield *pair, twins.why


def _kept(home: Path) -> tuple[Twins, ...]:
    """Nothing where there is no such file, or none that can be read: then nothing was checked."""
    try:
        with (home / FILE).open("rb") as file:
            return _TWINS.validate_json(file.read(MOST_BYTES))
    except (OSError, ValidationError):
        return ()
