"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from rich.text import Text

STYLES: Final = {"ok": "green", "warn": "yellow", "broken": "bold red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`broken`: `serve` does not start, or what was asked for (`--live`, `--public`) fails; `warn`: calls do not work as well as
    they could, or not yet. Whatever is not `ok` has its fix."""

    name: str
    state: Literal["ok", "warn", "broken"]
    fact: str
    fix: str = ""

    @classmethod
    def of(cls, name: str, error: Exception) -> Finding:
        """What is broken, by the error that it raised."""
        from orchestrator.failures import failures

        what, fix = failures(error)[0]
        return cls(name, "broken", what, fix)

    def as_text(self) -> Text:
        from rich.text import Text

        row = Text.assemble((f"{self.state:<8}", STYLES[self.state]), f"{self.name:<20}", self.fact.replace("\n", f"\n{'':28}"))
        return row.append(f"\n{'':28}fix: {self.fix}", "bold") if self.fix else row
