"""One message from Claude: its wire events become ours, its failures our errors. Source: Messages API, version 2026-10-21."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from agents import bounds
from agents.brain import AgentEvent, Repair, Said, Spent, ToolCalled
from agents.errors import (
    BadRequest,
    BrainError,
    BrokenOff,
    OutOfCredit,
    Overloaded,
    RateLimited,
    Refused,
    ServerFailed,
    Truncated,
    Unauthorised,
    Unreachable,
)
from agents.prices import cost_usd
from agents.spoken import Sentences

_FULL: Final = ("max_tokens", "model_context_window_exceeded")
_BY_TYPE: Final[dict[str, type[BrainError]]] = {
    "overloaded_error": Overloaded,
    "rate_limit_error": RateLimited,
    "authentication_error": Unauthorised,
    "permission_error": Unauthorised,
    "billing_error": OutOfCredit,
    "api_error": ServerFailed,
    "timeout_error": ServerFailed,
}
_BY_STATUS: Final[dict[int, type[BrainError]]] = {
    401: Unauthorised,
    402: OutOfCredit,
    403: Unauthorised,
    408: ServerFailed,
    409: ServerFailed,
    429: RateLimited,
    529: Overloaded,
}


class Reply:
    """Takes a stream's events one by one, and remembers what goes back to Claude when its tools have run."""

    def __init__(self, *, continues: bool = False, names: tuple[str, ...] = ()) -> None:
        """`continues`: the agent has spoken in this turn already, so new text is a new paragraph. `names` are the agent's."""
        self.content: list[dict[str, Any]] = []
        self.spoke = continues
        self.audible = False
        """There is something in it that can be heard."""
        self.writes_input = False
        """A tool's input is being written, which comes late, and all at once."""
        self._ears = Sentences(names=names)
        self._blocks: dict[int, dict[str, Any]] = {}
        self._texts: dict[int, list[str]] = {}
        """Of each block, as it came: the words, or the input as JSON."""
        self._answer, self._input_chars = bounds.Answer(), 0
        self._continues = continues
        self._stop_reason: str | None = None
        self._model, self._prompt_tokens = "", 0

    def take(self, event: Any) -> Iterator[AgentEvent]:
        """Raises BrokenOff for what is no Messages API."""
        try:
            yield from self._take(event)
        except (AttributeError, KeyError, TypeError) as error:
            raise BrokenOff(f"It sent something else than a message ({error}).") from error

    def _take(self, event: Any) -> Iterator[AgentEvent]:
        match event.type:
            case "message_start":
                self._model = event.message.model
                spent = spent_on(self._model, event.message.usage, output=False)
                self._prompt_tokens = spent.input_tokens + spent.cache_read_tokens + spent.cache_write_tokens
                yield spent
            case "content_block_start":
                self.writes_input = event.content_block.type == "tool_use"
                self._begin(event.index, event.content_block)
                if event.content_block.type == "text":
                    yield from self._say(event.index, event.content_block.text)
            case "content_block_delta" if event.delta.type == "text_delta":
                yield from self._say(event.index, event.delta.text)
            case "content_block_delta" if event.delta.type == "input_json_delta":
                self._add(event.index, event.delta.partial_json)
            case "content_block_stop":
                self.writes_input = False
            case "message_delta":
                self._stop_reason = event.delta.stop_reason or self._stop_reason
                tokens = event.usage.output_tokens or 0
                usd = cost_usd(self._model, prompt_tokens=self._prompt_tokens, output_tokens=tokens)
                yield Spent(self._model, 0, tokens, 0, 0, usd)
            case _:
                return  # message_stop, and whatever comes to be: nothing to say

    def _begin(self, index: int, block: Any) -> None:
        """Blocks of other kinds (thinking, were it on) are neither said nor sent back."""
        if block.type == "text":
            self._blocks[index], self._texts[index] = {"type": "text"}, []
        elif block.type == "tool_use":
            self._blocks[index] = {"type": "tool_use", "id": block.id, "name": block.name, "input": {}}
            self._texts[index] = []

    def _add(self, index: int, partial: str) -> None:
        self._input_chars += len(partial)
        if self._input_chars > bounds.TOOL_INPUT_CHARS:
            raise BrokenOff("A tool's input is too long.")
        self._texts[index].append(partial)

    def _say(self, index: int, delta: str) -> Iterator[Said]:
        for text in self._answer.take(delta):
            self._texts[index].append(text)
            self.spoke = True
            self.audible = self.audible or bool(self._ears.push(text))
            yield Said(f"\n\n{text.lstrip()}" if self._continues else text)
            self._continues = False

    def lacks(self) -> Repair | None:
        """What is wrong with it, and may be right at a second try; ask when all of it was taken."""
        self.audible = self.audible or bool(self._ears.finish())
        uses = any(block["type"] == "tool_use" for block in self._blocks.values())
        if self.full and uses:
            return "cut_off"
        whole = self._stop_reason not in (None, "refusal")
        return "unheard" if whole and not uses and not self.audible else None

    @property
    def full(self) -> bool:
        """It reached the token limit."""
        return self._stop_reason in _FULL

    @property
    def said(self) -> list[dict[str, Any]]:
        """The words alone, as they go back to Claude."""
        words = ("".join(self._texts[at]) for at, block in sorted(self._blocks.items()) if block["type"] == "text")
        return [{"type": "text", "text": text} for text in words if text.strip()]

    def finish(self) -> list[ToolCalled]:
        """What the agent wants done. Raises Refused, Truncated, BrokenOff when the message is not whole."""
        match self._stop_reason:
            case None:
                raise BrokenOff
            case "refusal":
                raise Refused
            case reason if reason in _FULL:
                raise Truncated
            case _:
                self.content = [block for block in self._finished() if block["type"] != "text" or block["text"].strip()]
        return [ToolCalled(b["id"], b["name"], b["input"]) for b in self.content if b["type"] == "tool_use"]

    def _finished(self) -> Iterator[dict[str, Any]]:
        for index, block in sorted(self._blocks.items()):
            written = "".join(self._texts.get(index, ()))
            if block["type"] == "text":
                block["text"] = written
            elif written:
                try:
                    block["input"] = bounds.data(written)
                except ValueError as error:
                    raise BrokenOff("A tool's input is not JSON.") from error
            yield block


def spent_on(model: str, usage: Any, *, output: bool = True) -> Spent:
    """What a message cost, by its own `usage`; without the output where that is still growing."""
    fresh, tokens = usage.input_tokens or 0, (usage.output_tokens or 0) if output else 0
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    usd = cost_usd(
        model,
        prompt_tokens=fresh + read + written,
        input_tokens=fresh,
        output_tokens=tokens,
        cache_write_tokens=written,
        cache_read_tokens=read,
    )
    return Spent(model, fresh, tokens, read, written, usd)


def converted(error: Exception) -> BrainError:
    """The SDK's and the HTTP client's exceptions as ours."""
    import anthropic

    match error:
        case anthropic.APIStatusError():
            kind = _BY_TYPE.get(str(error.type)) or _BY_STATUS.get(error.status_code)
            kind = kind or (ServerFailed if error.status_code >= 500 else BadRequest)
            return kind(f"({error.status_code}: {error.api_message or 'no reason given'})", retry_after_s=_retry_after_s(error))
        case anthropic.APIConnectionError():
            return Unreachable(f"({type(error.__cause__ or error).__name__})")
        case UnicodeEncodeError():
            return BadRequest("(The text holds characters that cannot be sent.)")
        case _:
            return BrokenOff(f"({type(error).__name__})")


def _retry_after_s(error: Any) -> float | None:
    try:
        return max(0.0, float(error.response.headers["retry-after"]))
    except (KeyError, ValueError):
        return None  # absent, or an HTTP date: then our own wait is as good
