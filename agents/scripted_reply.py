"""How a scripted Claude answers: the Messages API's events and bodies, paced, with its faults, and with honest token counts."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import anyio

from agents.linear import Expression
from agents.script import Entry, Script

_WORD: Final = Expression(r"\s*\S+\s*|\s+")
_MIN_CACHED: Final = 512  # Haiku 5.5's shortest cacheable prompt, in tokens
_KEPT_PREFIXES: Final = 512


class CutOff(Exception):
    """The script cuts the connection here."""


@dataclass(frozen=True, slots=True)
class Usage:
    input_tokens: int
    cache_creation_input_tokens: int
    cache_read_input_tokens: int

    def with_output(self, tokens: int) -> dict[str, int]:
        return asdict(self) | {"output_tokens": tokens}


def tokens_in(text: str) -> int:
    return max(1, round(len(text) / 4))


class PromptCache:
    """Prefixes seen before, up to a `cache_control` breakpoint, as the API caches them: per model, block by block."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def read(self, request: Mapping[str, Any]) -> Usage:
        """What of this request comes from the cache, what is written to it, and what is neither."""
        total = read = written = 0
        running = hashlib.sha256(str(request.get("model")).encode())
        marks: list[bytes] = []
        blocks = list(_blocks(request))
        for at, (text, marked) in enumerate(blocks):
            running.update(text.encode())
            total += tokens_in(text)
            prefix = running.digest()
            if prefix in self._seen:
                read = total
            if total >= _MIN_CACHED and (marked or ("cache_control" in request and at == len(blocks) - 1)):
                written = total
                marks.append(prefix)
        for prefix in marks:
            self._seen[prefix] = None
            self._seen.move_to_end(prefix)
        while len(self._seen) > _KEPT_PREFIXES:
            self._seen.popitem(last=False)
        written = max(0, written - read)
        return Usage(total - read - written, written, read)


def _blocks(request: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Tools, system and messages in the order in which the API hashes them; each with whether a breakpoint stands on it."""
    system, messages = request.get("system") or [], request.get("messages") or []
    parts: list[tuple[str, Any]] = [("tool", tool) for tool in request.get("tools") or []]
    parts += [("system", block) for block in (system if isinstance(system, list) else [system])]
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else message
        role = str(message.get("role")) if isinstance(message, dict) else "?"
        parts += [(role, block) for block in (content if isinstance(content, list) else [content])]
    for role, block in parts:
        plain = {key: value for key, value in block.items() if key != "cache_control"} if isinstance(block, dict) else block
        yield (
            f"{role}:{json.dumps(plain, sort_keys=True, ensure_ascii=False)}",
            isinstance(block, dict) and "cache_control" in block,
        )


def _content(entry: Entry, serial: str) -> list[dict[str, Any]]:
    said = [{"type": "text", "text": entry.say}] if entry.say else []
    calls = [
        {"type": "tool_use", "id": f"toolu_scripted_{serial}_{at}", "name": call.tool, "input": call.input}
        for at, call in enumerate(entry.calls)
    ]
    return [*said, *calls]


def _stop_reason(entry: Entry) -> str:
    if entry.fault and entry.fault.kind in ("refusal", "max_tokens"):
        return entry.fault.kind
    return "tool_use" if entry.calls else "end_turn"


def _message(model: str, serial: str, usage: dict[str, int], content: list[dict[str, Any]], stop: str | None) -> dict[str, Any]:
    return {
        "id": f"msg_scripted_{serial}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage,
    }


async def as_message(script: Script, entry: Entry, *, model: str, serial: str, usage: Usage) -> AsyncGenerator[bytes, None]:
    """The whole message as one body, when it would have been streamed to its end."""
    content = [] if entry.fault and entry.fault.kind == "refusal" else _content(entry, serial)
    tokens = sum(tokens_in(block.get("text") or json.dumps(block.get("input"))) for block in content)
    await anyio.sleep(_first_token_s(script, entry) + tokens / (entry.tokens_per_s or script.tokens_per_s))
    await _break(entry)
    message = _message(model, serial, usage.with_output(tokens), content, _stop_reason(entry))
    yield json.dumps(message, ensure_ascii=False).encode()


async def as_stream(script: Script, entry: Entry, *, model: str, serial: str, usage: Usage) -> AsyncGenerator[bytes, None]:
    """Server-sent events: `message_start` at once, the first token after its delay, then word by word."""
    yield _event("message_start", message=_message(model, serial, usage.with_output(1), [], None))
    yield _event("ping")
    await anyio.sleep(_first_token_s(script, entry))
    words = tokens = 0
    for at, block in enumerate(_content(entry, serial)):
        if _broken(entry, words):
            break
        text = block["type"] == "text"
        yield _event("content_block_start", index=at, content_block={**block, **({"text": ""} if text else {"input": {}})})
        for piece in _words(block["text"]) if text else _halves(json.dumps(block["input"])):
            if _broken(entry, words):
                break
            kind = {"type": "text_delta", "text": piece} if text else {"type": "input_json_delta", "partial_json": piece}
            yield _event("content_block_delta", index=at, delta=kind)
            words, tokens = words + text, tokens + tokens_in(piece)
            await anyio.sleep(tokens_in(piece) / (entry.tokens_per_s or script.tokens_per_s))
        if not _broken(entry, words) or _stop_reason(entry) == "max_tokens":
            yield _event("content_block_stop", index=at)
    if entry.fault and entry.fault.kind == "error":
        yield _event("error", error={"type": entry.fault.type, "message": "scripted"})
        return
    await _break(entry)
    yield _event(
        "message_delta", delta={"stop_reason": _stop_reason(entry), "stop_sequence": None}, usage={"output_tokens": tokens}
    )
    yield _event("message_stop")


def _first_token_s(script: Script, entry: Entry) -> float:
    return script.first_token_s if entry.first_token_s is None else entry.first_token_s


def _broken(entry: Entry, words: int) -> bool:
    return entry.fault is not None and (words >= entry.fault.after_words or entry.fault.kind == "refusal")


async def _break(entry: Entry) -> None:
    if entry.fault and entry.fault.kind == "stall":
        await anyio.sleep_forever()
    if entry.fault and entry.fault.kind == "cut":
        raise CutOff


def _words(text: str) -> list[str]:
    """Each with the blanks around it."""
    return [found[0] for found in _WORD.all(text)]


def _halves(text: str) -> tuple[str, str]:
    """In two pieces, as a real stream would."""
    return text[: len(text) // 2], text[len(text) // 2 :]


def _event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data}, ensure_ascii=False)}\n\n".encode()
