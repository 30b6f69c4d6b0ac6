"""What every fact of a call has in common."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from agents.strict import Strict

KINDS: Final = dict[str, "type[CallEvent]"]()
"""All facts, by the names that journals know them by."""


class CallEvent(Strict):
    """A fact, in the past tense."""

    kind: ClassVar[str]
    """Its name in journals: `class Played(CallEvent, kind="played")`."""

    def __init_subclass__(cls, *, kind: str, **config: Any) -> None:
        super().__init_subclass__(**config)
        cls.kind = kind
        KINDS[kind] = cls
