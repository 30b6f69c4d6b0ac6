"""Claude thinks: turns and choices over the Messages API, streamed, with a bound on every wait."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from copy import copy
from math import inf
from typing import Annotated, Any, Final, Self, TypeVar

import anyio
import anyio.to_thread
import httpx2
import structlog
from pydantic import AfterValidator, Field, SecretStr

from agents.brain import Act, AgentEvent, Choice, Failed, Repaired, Spent, Utterance
from agents.claude_reply import Reply, converted, spent_on
from agents.claude_request import ask_again, hidden
from agents.definition import Agent
from agents.errors import BrainError, BrokenOff, NoKey, Refused, Slow, Stalled, ToolError, Truncated, Unheard
from agents.loopback import is_loopback
from agents.prompting import Prompts
from agents.strict import Strict
from agents.tool_uses import ToolUses
from agents.tools import Tool

log = structlog.get_logger()
T = TypeVar("T")

ROUNDS: Final = 4  # requests in one turn; the last one may not call tools, so that the caller is answered
_RETRY_S: Final = 0.25
_LONGEST_RETRY_S: Final = 1.0  # a longer `retry-after` is not waited for: the caller hears a line instead
_TAIL_S: Final = 0.25
_AGAIN_S: Final = 2.0  # for the first words of a second try: the caller has waited for the first one


def _address(url: str) -> str:
    try:
        known = url.startswith(("http://", "https://")) and bool(httpx2.URL(url).host)
    except httpx2.InvalidURL:
        known = False
    if not known:
        raise ValueError("must be an address such as https://api.anthropic.com")
    return url


class BrainSettings(Strict):
    """How Claude is reached, and how long each wait may be."""

    api_key: SecretStr | None = None
    base_url: Annotated[str, AfterValidator(_address)] = "https://api.anthropic.com"
    connect_s: float = Field(default=3.0, gt=0)
    first_token_s: float = Field(default=6.0, gt=0, description="From the request to the first word, one retry included.")
    idle_s: float = Field(default=4.0, gt=0, description="Between two pieces of an answer.")
    tool_input_s: float = Field(
        default=45.0, gt=0, description="While it writes a tool's input, which comes late and all at once."
    )
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

        self.hide: Callable[[str], str] = str
        """What becomes of each text before it is sent: a secret of the house is taken out of it. Set it."""

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
        """See Brain. At most four requests; one retry each, before the first word, and one more for what was no answer."""
        request = self._request(agent, tools) | {"messages": self._prompts.messages(agent.id, thread, note)}
        spoke = heard = again = False
        heard_s: float | None = None
        left = ROUNDS
        try:
            while left:
                left -= 1
                if not left and tools:
                    request["tool_choice"] = {"type": "none"}
                reply = Reply(continues=spoke, names=(agent.name, *agent.aliases))
                async with aclosing(self._stream(request, reply, heard_s)) as events:
                    async for event in events:
                        for ours in reply.take(event):
                            yield ours
                lack, spoke, heard_s = reply.lacks(), reply.spoke, None
                heard = heard or reply.audible
                if lack and not again:
                    again, left = True, max(left, 1)
                    heard_s = _AGAIN_S if lack == "unheard" and not heard else None
                    log.info("asked_again", agent=agent.id, why=lack)
                    yield Repaired(lack)
                    ask_again(request, reply, lack)
                    continue
                if lack == "unheard" and not heard:
                    raise Unheard
                calls = reply.finish()
                if not calls or not left:
                    return
                uses = ToolUses(calls, tools, self._settings.act_s)
                async with aclosing(uses.run(act)) as used:
                    async for ours in used:
                        yield ours
                if uses.over:
                    return
                grown = [{"role": "assistant", "content": reply.content}, {"role": "user", "content": uses.results}]
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
        if not hasattr(message, "usage"):  # a gateway that answers with something else
            log.warning("warm_failed", code=BrokenOff.code, reason=f"{self._settings.base_url} does not speak as Claude does")
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
        try:
            chosen = next(block.input for block in message.content if block.type == "tool_use" and block.name == tool.name)
            understood, repaired = tool.understood(chosen)
            return Choice(understood, spent_on(message.model, message.usage), repaired)
        except (StopIteration, AttributeError, TypeError, ToolError) as error:
            if known := {"refusal": Refused, "max_tokens": Truncated}.get(message.stop_reason):
                raise known from error
            raise BrokenOff(f"It did not choose by `{tool.name}`.") from error

    def _request(self, agent: Agent, tools: Sequence[Tool]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": agent.model.id,
            "max_tokens": agent.model.max_tokens,
            "thinking": {"type": "disabled"},  # on by default: it eats max_tokens and the caller's time
            "system": self._prompts.system_blocks(self._prompts.system(agent)),
        }
        return request | ({"tools": [tool.rendered() for tool in tools]} if tools else {})

    async def _stream(self, request: dict[str, Any], reply: Reply, heard_s: float | None) -> AsyncGenerator[Any, None]:
        """The events of one answer, which `reply` takes. A failure before its first word is retried once, if there is time.

        Raises Unheard where nothing of it can be heard within `heard_s`.
        """
        first_by = anyio.current_time() + self._settings.first_token_s
        heard_by = inf if heard_s is None else anyio.current_time() + heard_s
        begun, retried = False, False
        while True:
            try:
                async with aclosing(self._attempt(request, reply, first_by, heard_by)) as events:
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

    async def _attempt(
        self, request: dict[str, Any], reply: Reply, first_by: float, heard_by: float
    ) -> AsyncGenerator[Any, None]:
        begun, settings = False, self._settings
        async with AsyncExitStack() as stack:
            late, deadline = min((Slow, first_by), (Unheard, heard_by), key=_when)
            stream = await self._by(deadline, self._create(request, stream=True), late)
            stack.push_async_callback(stream.close)
            while True:
                if begun:
                    late, deadline = (
                        Stalled,
                        anyio.current_time() + (settings.tool_input_s if reply.writes_input else settings.idle_s),
                    )
                if not (reply.audible or reply.writes_input):
                    late, deadline = min((late, deadline), (Unheard, heard_by), key=_when)
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
            raise NoKey
        request = request | {"messages": hidden(request["messages"], self.hide)}
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


def _kind(event: Any) -> str:
    """Of whatever came; what is no event has none, and Reply says so."""
    return getattr(event, "type", "")


def _when(bound: tuple[type[BrainError], float]) -> float:
    return bound[1]
