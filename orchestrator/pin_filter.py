"""The PIN kept from everybody but the gate: its digits are hidden wherever they come in, and in whatever goes out. Pure.

What equals the PIN by chance (a year, a part of a telephone number) is hidden too: the talk goes on with "…" in its place. So
that nobody finds the PIN by trying which numbers are hidden, only so many are looked at without the PIN (`Book.glances`); after
that all that could be it are hidden.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel, SecretStr

from telephony.spoken_digits import Digits

HIDDEN: Final = "…"
Hide = Callable[[str], str]
E = TypeVar("E", bound=BaseModel)

_NAMES: Final = frozenset(
    {"call", "line", "caller", "called", "began", "task", "agent", "voice", "engine", "model", "code", "where", "by"}
    | {"mood", "tool", "key", "on", "to_engine", "to_voice"}
)
"""Fields of facts that hold no words: an id may hold any digits."""


class PinFilter:
    """Of one house."""

    def __init__(self, pin: SecretStr | None = None) -> None:
        self._pin = pin.get_secret_value() if pin else ""
        self.digits = Digits(self._pin) if self._pin else None
        self.hide: Hide = lru_cache(2_048)(self._hidden) if self._pin else _as_it_is

    def __repr__(self) -> str:
        return "PinFilter(…)"

    def _hidden(self, text: str) -> str:
        assert self.digits is not None
        return without(text, self.digits.found(text)[0])

    def is_pin(self, keys: str) -> bool:
        return bool(self._pin) and hmac.compare_digest(keys.encode(), self._pin.encode())

    def starts_with(self, keys: str, at: int = 0) -> bool:
        """`at`: after so many of its digits."""
        return self._pin.startswith(keys, at)

    def ends_with(self, keys: str, at: int) -> bool:
        """They are all that is left of it after so many."""
        return bool(keys) and hmac.compare_digest(keys.encode(), self._pin[at:].encode())

    @property
    def length(self) -> int:
        """0 where no PIN is set."""
        return len(self._pin)


def hidden_in(value: Any, hide: Hide) -> Any:
    """All texts and numbers in it, however deep; the same object where nothing is hidden."""
    match value:
        case str():
            return hide(value)
        case bool() | None:
            return value
        case int() | float():
            text = str(value)
            return value if hide(text) == text else HIDDEN
        case Mapping():
            mapping = cast("Mapping[Any, Any]", value)
            return {hidden_in(key, hide): hidden_in(one, hide) for key, one in mapping.items()}
        case list() | tuple():
            items = cast("Sequence[Any]", value)
            return type(value)(hidden_in(one, hide) for one in items)
        case _:
            return value


def hidden_fact(fact: E, hide: Hide) -> E:
    """A fact for the journal."""
    words = {name: value for name, value in fact if name not in _NAMES and isinstance(value, str | Mapping)}
    changed = {name: new for name, value in words.items() if (new := hidden_in(value, hide)) != value}
    return fact.model_copy(update=changed) if changed else fact


def without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Each span, and what overlaps or only signs are between, is one "…"."""
    if not spans:
        return text
    kept, end = list[str](), 0
    for start, until in sorted(spans):
        if start >= end and (not end or any(map(str.isalnum, text[end:start]))):
            kept += [text[end:start], HIDDEN]
        end = max(end, until)
    return "".join([*kept, text[end:]])


def _as_it_is(text: str) -> str:
    return text


NO_PIN: Final = PinFilter()
