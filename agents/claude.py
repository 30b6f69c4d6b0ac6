"""Claude thinks: turns and choices over the Messages API, streamed, with a bound on every wait."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import AsyncExitStack, aclosing
from copy import copy
from dataclasses import replace
from typing import Any, Final, Self, TypeVar

import anyio
import anyio.to_thread
import httpx2
import structlog
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from agents.brain import Act, AgentEvent, Choice, Failed, Spent, ToolCalled, Utterance
from agents.claude_reply import Reply, converted, spent_on
from agents.definition import Agent
from agents.errors import BrainError, BrokenOff, Refused, Slow, Stalled, ToolError, Truncated, Unauthorised
from agents.loopback import is_loopback
from agents.prompting import Prompts
from agents.tools import Tool

log = structlog.get_logger()
T = TypeVar("T")

ROUNDS: Final = 4  # requests in one turn; the last one may not call tools, so that the caller is answered
_RETRY_S: Final = 0.25
_LONGEST_RETRY_S: Final = 1.0  # a longer `retry-after` is not waited for: the caller hears a line instead
_TAIL_S: Final = 0.25


class BrainSettings(BaseModel):
    """How Claude is reached, and how long each wait may be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretStr | None = None
    base_url: str = "https://api.anthropic.com"
    connect_s: float = Field(default=3.0, gt=0)
    first_token_s: float = Field(default=6.0, gt=0, description="From the request to the first word, one retry included.")
    idle_s: float = Field(default=4.0, gt=0, description="Between two pieces of an answer.")
    act_s: float = Field(default=10.0, gt=0, description="For a tool to run.")
    warm_s: float = Field(default=5.0, gt=0)


class ClaudeBrain:
    """A Brain on one HTTP/2 connection pool. `async with` opens and closes it.

    `transport` takes the network's place (agents.scripted has one without sockets or threads, for virtual time); the
    anthropic package, 2-5 s to import, should then be imported already.
    """

    def __init__(self, settings: BrainSettings, prompts: Prompts, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._settings, self._prompts, self._transport = settings, prompts, transport
        self._client: Any = None

    async def __aenter__(self) -> Self:
        if self._transport is not None and "anthropic" in sys.modules:
            self._client = self._connected()
        else:  # the import and the TLS certificates are slow reading
            self._client = await anyio.to_thread.run_sync(self._connected)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    def reading(self, prompts: Prompts) -> ClaudeBrain:
        """The same connection for another roster's prompts; it closes with this one."""
        other = copy(self)
        other._prompts = prompts
        return other

    def _connected(self) -> Any:
        import anthropic

        client: Any = anthropic.AsyncAnthropic(
            api_key=self._settings.api_key.get_secret_value().strip() if self._settings.api_key else "none",
            base_url=self._settings.base_url,
            max_retries=0,  # ours, within the first token's deadline
            open_telemetry=False,
            http_client=self._http(anthropic),
        )
        client._platform = "Unknown"  # the SDK would ask in a thread, at the first caller's expense, and in vain in virtual time
        client.messages.with_raw_response  # noqa: B018  (imported now, not on the event loop)
        return client

    def _http(self, anthropic: Any) -> Any:
        """The SDK's own pool drops a connection after 5 s and speaks HTTP/1.1, where each barge-in costs a new TLS handshake."""
        options: dict[str, Any] = {
            "http2": True,
            "timeout": httpx2.Timeout(30, connect=self._settings.connect_s),
            "limits": httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=240),
        }
        if self._transport is not None:
            return httpx2.AsyncClient(transport=self._transport, **options)
        if is_loopback(self._settings.base_url):  # where no proxy can reach
            return httpx2.AsyncClient(trust_env=False, **options)
        return anthropic.DefaultAsyncHttpxClient(**options)

    async def turn(
        self, agent: Agent, thread: Sequence[Utterance], *, note: str = "", tools: Sequence[Tool] = (), act: Act
    ) -> AsyncGenerator[AgentEvent, None]:
        """See Brain. At most four requests; one retry each, before the first word."""
        request = self._request(agent, tools) | {"messages": self._prompts.messages(agent.id, thread, note)}
        spoke = False
        try:
            for left in reversed(range(ROUNDS)):
                if not left and tools:
                    request["tool_choice"] = {"type": "none"}
                reply = Reply(continues=spoke)
                async with aclosing(self._stream(request)) as events:
                    async for event in events:
                        for ours in reply.take(event):
                            yield ours
                calls, spoke, results = reply.finish(), reply.spoke, list[dict[str, Any]]()
                if not calls or not left:
                    return
                for call in calls:
                    tool, checked = _checked(call, tools)
                    if tool is None:
                        results.append(_result(call, checked, is_error=True))
                        continue
                    yield checked
                    results.append(await self._acted(checked, act))
                    if tool.ends_turn:
                        return
                grown = [{"role": "assistant", "content": reply.content}, {"role": "user", "content": results}]
                request["messages"] = [*request["messages"], *grown]
        except BrainError as error:
            log.warning("turn_failed", agent=agent.id, code=error.code, reason=str(error))
            yield Failed(error)

    async def warm(self, agent: Agent, tools: Sequence[Tool] = ()) -> Spent | None:
        """See Brain: opens the connection, and writes the prompt cache with a request of one token."""
        return await self._warmed(self._request(agent, tools) | {"messages": self._prompts.messages(agent.id, ())})

    async def warm_choice(self, system: str, tool: Tool, *, model: str) -> Spent | None:
        return await self._warmed(self._choice(system, (), tool, model))

    async def _warmed(self, request: dict[str, Any]) -> Spent | None:
        try:
            wait = self._create(request | {"max_tokens": 1})
            message = await self._by(anyio.current_time() + self._settings.warm_s, wait, Slow)
        except BrainError as error:
            log.warning("warm_failed", code=error.code, reason=str(error))
            return None
        return spent_on(message.model, message.usage)

    def _choice(self, system: str, thread: Sequence[Utterance], tool: Tool, model: str) -> dict[str, Any]:
        return {
            "model": model,
            "max_tokens": 300,
            "thinking": {"type": "disabled"},
            "system": self._prompts.system_blocks(system),
            "tools": [tool.rendered()],
            "tool_choice": {"type": "tool", "name": tool.name, "disable_parallel_tool_use": True},
            "messages": self._prompts.messages(None, thread),
        }

    async def choose(self, system: str, thread: Sequence[Utterance], tool: Tool, *, model: str, timeout_s: float) -> Choice:
        """See Brain. No retry: whoever chooses has a default, and the caller waits."""
        request = self._choice(system, thread, tool, model)
        message = await self._by(anyio.current_time() + timeout_s, self._create(request), Slow)
        if error := {"refusal": Refused, "max_tokens": Truncated}.get(message.stop_reason):
            raise error
        try:
            chosen = next(block.input for block in message.content if block.type == "tool_use" and block.name == tool.name)
            return Choice(tool.check(chosen), spent_on(message.model, message.usage))
        except (StopIteration, AttributeError, TypeError, ToolError) as error:
            raise BrokenOff(f"It did not choose by `{tool.name}`.") from error

    def _request(self, agent: Agent, tools: Sequence[Tool]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": agent.model.id,
            "max_tokens": agent.model.max_tokens,
            "thinking": {"type": "disabled"},  # on by default: it eats max_tokens and the caller's time
            "system": self._prompts.system_blocks(self._prompts.system(agent)),
        }
        return request | ({"tools": [tool.rendered() for tool in tools]} if tools else {})

    async def _stream(self, request: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """The events of one answer. A failure before its first word is retried once, if there is time."""
        first_by = anyio.current_time() + self._settings.first_token_s
        begun, retried = False, False
        while True:
            try:
                async with aclosing(self._attempt(request, first_by)) as events:
                    async for event in events:
                        begun = begun or _kind(event) == "content_block_start"
                        yield event
            except BrainError as error:
                wait_s = _RETRY_S if error.retry_after_s is None else error.retry_after_s
                in_time = wait_s <= _LONGEST_RETRY_S and anyio.current_time() + wait_s < first_by
                if begun or retried or not error.retryable or not in_time:
                    raise
                log.info("claude_retried", code=error.code, wait_s=wait_s)
            else:
                return
            retried = True
            await anyio.sleep(wait_s)

    async def _attempt(self, request: dict[str, Any], first_by: float) -> AsyncGenerator[Any, None]:
        begun = False
        async with AsyncExitStack() as stack:
            stream = await self._by(first_by, self._create(request, stream=True), Slow)
            stack.push_async_callback(stream.close)
            while True:
                late, deadline = (Stalled, anyio.current_time() + self._settings.idle_s) if begun else (Slow, first_by)
                event = await self._by(deadline, anext(stream, None), late)
                if event is None:
                    return
                begun = begun or _kind(event) == "content_block_start"
                yield event
                if _kind(event) == "message_stop":  # to the end of the body, so that the connection can be used again
                    with anyio.move_on_after(_TAIL_S):
                        await anext(stream, None)
                    return

    async def _create(self, request: dict[str, Any], *, stream: bool = False) -> Any:
        if self._settings.api_key is None:
            raise Unauthorised("(no key is set)")
        return await self._client.messages.create(**request, stream=stream)

    async def _by(self, deadline: float, pending: Awaitable[T], late: type[BrainError]) -> T:
        """What is awaited, by that time, and its errors as ours: the only place where they are converted."""
        import anthropic

        with anyio.CancelScope(deadline=deadline):
            try:
                return await pending
            except (anthropic.AnthropicError, httpx2.HTTPError, httpx2.StreamError, ValueError) as error:
                raise converted(error) from error
        raise late

    async def _acted(self, call: ToolCalled, act: Act) -> dict[str, Any]:
        with anyio.CancelScope(deadline=anyio.current_time() + self._settings.act_s):
            try:
                return _result(call, await act(call))
            except ToolError as error:
                return _result(call, str(error), is_error=True)
        return _result(call, f"{call.name} took longer than {self._settings.act_s:g} s and was stopped.", is_error=True)


def _kind(event: Any) -> str:
    """Of whatever came; what is no event has none, and Reply says so."""
    return getattr(event, "type", "")


def _checked(call: ToolCalled, tools: Sequence[Tool]) -> Any:
    """The tool and its valid call, or None and what to tell Claude."""
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is None:
        return None, f"there is no tool {call.name} on this call"
    try:
        return tool, replace(call, input=tool.check(call.input))
    except ToolError as error:
        return None, str(error)


def _result(call: ToolCalled, text: str, *, is_error: bool = False) -> dict[str, Any]:
    result = {"type": "tool_result", "tool_use_id": call.id, "content": text or "Done."}
    return {**result, "is_error": True} if is_error else result
