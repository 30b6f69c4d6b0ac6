"""Sentences with blanks in them, checked where they are read."""

from __future__ import annotations

from pydantic import AfterValidator


def with_blanks(*known: str) -> AfterValidator:
    """Raises ValueError for a sentence that wants what is not known."""

    def check(text: str) -> str:
        try:
            text.format(**dict.fromkeys(known, ""))
        except (KeyError, IndexError) as error:
            names = ", ".join(f"{{{name}}}" for name in known)
            raise ValueError(f"{{{error.args[0]}}} is not known here; known: {names}") from None
        return text

    return AfterValidator(check)
