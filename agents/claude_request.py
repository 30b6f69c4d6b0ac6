"""A request to Claude, changed on its way: secrets are taken out of it, and it is asked again for what was no answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from agents.brain import Repair
from agents.claude_reply import Reply

_ROOM: Final = 4  # times as many tokens for what did not fit; no more than an agent may have at all
_MOST_TOKENS: Final = 4_096
_AGAIN: Final[dict[Repair, str]] = {
    "unheard": "There was nothing in your answer that can be heard on a telephone. Say it again, now in plain spoken words; if "
    "all is done and said, say that.",
    "cut_off": "Your use of a tool was cut off, and nothing was done. Use it again. The caller has heard what you said before "
    "it, so do not say that again.",
}
_OUR_FIELDS: Final = frozenset(["type", "role", "id", "tool_use_id", "name", "cache_control", "is_error"])


def ask_again(request: dict[str, Any], reply: Reply, lack: Repair) -> None:
    """With what was said so far, why it was no answer, and more room where that was the reason."""
    note = {"type": "text", "text": f"<again>\n{_AGAIN[lack]}\n</again>"}
    *before, last = request["messages"]
    grown = [last, {"role": "assistant", "content": reply.said}, {"role": "user", "content": [note]}]
    request["messages"] = [*before, *(grown if reply.said else [{**last, "content": [*last["content"], note]}])]
    if reply.full:
        request["max_tokens"] = max(request["max_tokens"], min(_MOST_TOKENS, _ROOM * request["max_tokens"]))


def hidden(content: Any, hide: Callable[[str], str]) -> Any:
    """All that was said and done, in whatever form; ids and kinds are ours or Claude's own."""
    match content:
        case str():
            return hide(content)
        case list():
            return [hidden(part, hide) for part in cast("list[Any]", content)]
        case dict():
            parts = cast("dict[str, Any]", content)
            return {key: one if key in _OUR_FIELDS else hidden(one, hide) for key, one in parts.items()}
        case bool():
            return content
        case int() | float():
            return content if hide(text := str(content)) == text else hide(text)
        case _:
            return content
