"""Sentences with blanks in them, checked where they are read."""

from __future__ import annotations

import string

from pydantic import AfterValidator


def with_blanks(*known: str) -> AfterValidator:
    """Raises ValueError for a sentence that wants what is not known."""

    def check(text: str) -> str:
        if unknown := sorted(blanks(text) - set(known)):
            names = ", ".join(f"{{{name}}}" for name in known) or "nothing"
            raise ValueError(f"{{{unknown[0]}}} is not known here; known: {names}")
        return text

    return AfterValidator(check)


def blanks(text: str) -> set[str]:
    """Raises ValueError for a bracket that is not closed."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
