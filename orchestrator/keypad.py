"""Keys become entries: `#` ends one, `*` clears it, and so does nobody pressing anything for a while end it. Pure."""

from __future__ import annotations

from typing import Final

ENTRY_ENDS_S: Final = 4.0
LONGEST_ENTRY: Final = 32  # longer than any number one keys in; what follows begins a new entry


class Keypad:
    def __init__(self) -> None:
        self._keys = ""
        self._last_s = 0.0

    def press(self, key: str, now_s: float) -> str | None:
        """The finished entry, if this key ends one."""
        self._last_s = now_s
        if key == "*":
            self._keys = ""
            return None
        if key != "#":
            self._keys += key
        return self._take() if key == "#" or len(self._keys) >= LONGEST_ENTRY else None

    def rest(self, now_s: float) -> str | None:
        """The finished entry, if enough time has passed since the last key."""
        return self._take() if self._keys and now_s - self._last_s >= ENTRY_ENDS_S else None

    def _take(self) -> str | None:
        keys, self._keys = self._keys, ""
        return keys or None
