"""Claude's turns through the real SDK, in virtual time: what is said, what fails, and after how long."""

from __future__ import annotations

from contextlib import aclosing
from decimal import Decimal
from typing import Any

import anyio
import httpx2
import pytest

from agents.brain import Failed, Repaired, Said, Spent, ToolCalled
from agents.errors import BrainError, ToolError
from agents.scripted import ScriptedTransport
from agents.tools import END_CALL, Tool, route, tools_of
from tests.agents.stage import ROSTER, WORDS, brain_over, heard, nothing, on_stage, played, script, spent, words


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def kais_tools() -> tuple[Tool, ...]:
    return tools_of(ROSTER["kai"], ROSTER)


def failure(events: list[Any]) -> BrainError:
    assert isinstance(events[-1], Failed)
    assert not any(isinstance(event, Failed) for event in events[:-1])
    return events[-1].error


@pytest.mark.parametrize(
    ("fault", "code", "said", "after_s", "requests"),
    [
        ({"kind": "status", "status": 529}, "claude_overloaded", "", 0.25, 2),
        ({"kind": "status", "status": 500, "type": "api_error"}, "claude_server_failed", "", 0.25, 2),
        ({"kind": "status", "status": 502, "type": "something_new"}, "claude_server_failed", "", 0.25, 2),
        ({"kind": "status", "status": 429, "type": "rate_limit_error"}, "claude_rate_limited", "", 0.25, 2),
        (
            {"kind": "status", "status": 429, "retry_after_s": 0.75, "type": "rate_limit_error"},
            "claude_rate_limited",
            "",
            0.75,
            2,
        ),
        ({"kind": "status", "status": 529, "retry_after_s": 5}, "claude_overloaded", "", 0, 1),
        ({"kind": "status", "status": 401, "type": "authentication_error"}, "claude_unauthorised", "", 0, 1),
        ({"kind": "status", "status": 403, "type": "permission_error"}, "claude_unauthorised", "", 0, 1),
        ({"kind": "status", "status": 402, "type": "billing_error"}, "claude_out_of_credit", "", 0, 1),
        ({"kind": "status", "status": 400, "type": "invalid_request_error"}, "claude_bad_request", "", 0, 1),
        ({"kind": "status", "status": 404, "type": "not_found_error"}, "claude_bad_request", "", 0, 1),
        ({"kind": "status", "status": 413, "type": "request_too_large"}, "claude_bad_request", "", 0, 1),
        ({"kind": "refusal"}, "claude_refused", "", 0.3, 1),
        ({"kind": "max_tokens"}, "claude_truncated", "one two ", 0.3, 1),
        ({"kind": "cut"}, "claude_broken_off", "one two ", 0.3, 1),
        ({"kind": "cut", "after_words": 0}, "claude_broken_off", "", 0.85, 2),
        ({"kind": "error"}, "claude_overloaded", "one two ", 0.3, 1),
        ({"kind": "error", "after_words": 0}, "claude_overloaded", "", 0.85, 2),
        ({"kind": "stall"}, "claude_stalled", "one two ", 4.3, 1),
        ({"kind": "stall", "after_words": 0}, "claude_slow", "", 6.0, 1),
    ],
)
async def test_every_fault_ends_in_its_error_after_its_bound(
    fault: dict[str, Any], code: str, said: str, after_s: float, requests: int
) -> None:
    async with on_stage(script({"say": "one two three", "fault": fault}, tokens_per_s=1e6)) as (brain, claude):
        events = await played(brain, "count")
        assert (failure(events).code, words(events)) == (code, said)
        assert anyio.current_time() == pytest.approx(after_s, abs=0.01)
        assert len(claude.exchanges) == requests
        assert all(exchange.over.is_set() for exchange in claude.exchanges)


@pytest.mark.parametrize("kind", ["status", "error", "cut"])
async def test_one_failure_before_the_first_word_is_not_heard(kind: str) -> None:
    fault = {"kind": kind, "times": 1, "after_words": 0}
    async with on_stage(script({"say": "Here I am.", "fault": fault})) as (brain, _):
        events = await played(brain, "hello")
        assert words(events) == "Here I am."
        assert not any(isinstance(event, Failed) for event in events)


async def test_a_slow_first_word_is_waited_for_as_long_as_the_setting_says() -> None:
    async with on_stage(script({"say": "Late.", "first_token_s": 6.5}), first_token_s=7) as (brain, _):
        assert words(await played(brain, "hello")) == "Late."
    async with on_stage(script({"say": "Late.", "first_token_s": 6.5}), first_token_s=2) as (brain, claude):
        began = anyio.current_time()
        assert failure(await played(brain, "hello")).code == "claude_slow"
        assert anyio.current_time() - began == pytest.approx(2, abs=0.01)
        assert claude.exchanges[0].over.is_set()


async def test_the_retry_has_only_what_is_left_of_the_first_words_time() -> None:
    late = {"say": "Late.", "first_token_s": 6.5, "fault": {"kind": "status", "times": 1}}
    async with on_stage(script(late)) as (brain, claude):
        assert failure(await played(brain, "hello")).code == "claude_slow"
        assert anyio.current_time() == pytest.approx(6, abs=0.01)
        assert len(claude.exchanges) == 2


async def test_without_a_key_nobody_is_asked() -> None:
    async with on_stage(script(kai="Hello."), api_key=None) as (brain, claude):
        error = failure(await played(brain, "hello"))
        assert (error.code, "ANTHROPIC_API_KEY" in str(error)) == ("claude_no_key", True)
        assert not claude.exchanges


async def test_a_line_break_behind_the_key_does_no_harm() -> None:
    async with on_stage(script(kai="Hello."), api_key="sk-1\n") as (brain, _):
        assert words(await played(brain, "hello")) == "Hello."


async def test_text_that_cannot_be_sent_is_an_error_like_others() -> None:
    async with on_stage(script(kai="Hello.")) as (brain, _):
        assert failure(await played(brain, "half a \ud83d picture")).code == "claude_bad_request"


def raising(error: Exception) -> httpx2.MockTransport:
    def answer(_: httpx2.Request) -> httpx2.Response:
        raise error

    return httpx2.MockTransport(answer)


def sending(body: str, kind: str = "text/event-stream") -> httpx2.MockTransport:
    return httpx2.MockTransport(lambda _: httpx2.Response(200, headers={"content-type": kind}, text=body))


@pytest.mark.parametrize(
    ("transport", "code"),
    [
        (raising(httpx2.ConnectError("no route")), "claude_unreachable"),
        (raising(httpx2.ConnectTimeout("late")), "claude_unreachable"),
        (raising(httpx2.RemoteProtocolError("Server disconnected")), "claude_unreachable"),
        (sending("<html>Sign in to the hotel</html>", "text/html"), "claude_broken_off"),
        (sending(""), "claude_broken_off"),
        (sending("event: message_start\ndata: {not json\n\n"), "claude_broken_off"),
        (sending('event: message_start\ndata: {"type": "message_start"}\n\n'), "claude_broken_off"),
        (sending('event: content_block_delta\ndata: {"type": "content_block_delta", "index": 9}\n\n'), "claude_broken_off"),
        (sending("event: message_start\ndata: []\n\n"), "claude_broken_off"),
    ],
)
async def test_what_is_not_the_messages_api_is_an_error_like_others(transport: httpx2.MockTransport, code: str) -> None:
    async with brain_over(transport) as brain:
        assert failure(await played(brain, "hello")).code == code


async def test_a_tool_runs_and_the_agent_goes_on_in_a_new_paragraph() -> None:
    acts = script(
        {"when": {"heard": "time"}, "say": "Let me look.", "calls": [{"tool": "current_time", "input": {"zone": "Asia/Tokyo"}}]},
        {"when": {"after": "current_time"}, "say": "It is noon."},
    )
    done: list[ToolCalled] = []

    async def act(call: ToolCalled) -> str:
        done.append(call)
        return "12:00"

    async with on_stage(acts) as (brain, claude):
        events = await played(brain, "what time is it", tools=kais_tools(), act=act)
        assert words(events) == "Let me look.\n\nIt is noon."
        assert [(call.name, call.input) for call in done] == [("current_time", {"zone": "Asia/Tokyo"})]
        assert done == [event for event in events if isinstance(event, ToolCalled)]
        first, second = (exchange.request["messages"] for exchange in claude.exchanges)
        assert second[: len(first)] == first
        assert second[-1]["content"] == [{"type": "tool_result", "tool_use_id": done[0].id, "content": "12:00"}]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ({"tool": "current_time", "input": {"place": "Tokyo"}}, "place: Extra inputs are not permitted"),
        ({"tool": "bring_in", "input": {"agent": "plumber", "why": "leak"}}, "agent: Input should be 'architect'"),
        ({"tool": "rm", "input": {}}, "there is no tool rm"),
    ],
)
async def test_a_wrong_call_is_not_acted_on_but_explained_to_claude(call: dict[str, Any], told: str) -> None:
    async with on_stage(script({"calls": [call]}, {"when": {"after": "*"}, "say": "Sorry."})) as (brain, claude):
        events = await played(brain, "do it", tools=kais_tools())
        assert words(events) == "Sorry."
        result = claude.exchanges[-1].request["messages"][-1]["content"][0]
        assert result["is_error"]
        assert told in result["content"]


async def test_a_tool_that_fails_or_hangs_is_told_to_claude_in_time() -> None:
    acts = script(
        {"calls": [{"tool": "current_time"}, {"tool": "current_time", "input": {"zone": "x"}}]},
        {"when": {"after": "*"}, "say": "Oh."},
    )

    async def act(call: ToolCalled) -> str:
        if call.input["zone"]:
            raise ToolError("there is no zone x")
        await anyio.sleep_forever()
        return "never"

    async with on_stage(acts, first_token_s=1) as (brain, claude):
        assert words(await played(brain, "time?", tools=kais_tools(), act=act)) == "Oh."
        assert anyio.current_time() == pytest.approx(10.8, abs=0.3)
        results = claude.exchanges[-1].request["messages"][-1]["content"]
        assert [(r["is_error"], r["content"]) for r in results] == [
            (True, "current_time took longer than 10 s and was stopped."),
            (True, "there is no zone x"),
        ]


async def test_a_tool_that_ends_the_turn_is_acted_on_and_nothing_more_is_asked() -> None:
    acts = script({"say": "The Engineer knows.", "calls": [{"tool": "bring_in", "input": {"agent": "engineer", "why": "rust"}}]})
    done: list[str] = []

    async def act(call: ToolCalled) -> str:
        done.append(call.name)
        return ""

    async with on_stage(acts) as (brain, claude):
        events = await played(brain, "rust?", tools=kais_tools(), act=act)
        assert isinstance(events[-1], ToolCalled)
        assert (done, len(claude.exchanges)) == (["bring_in"], 1)


async def test_a_turn_is_four_requests_at_most_and_the_last_may_not_call() -> None:
    async def act(_: ToolCalled) -> str:
        return "12:00"

    again = {"calls": [{"tool": "current_time"}]}
    async with on_stage(script(again, {"when": {"after": "*"}, **again})) as (brain, claude):
        events = await played(brain, "time?", tools=kais_tools(), act=act)
        assert [e.request.get("tool_choice") for e in claude.exchanges] == [None, None, None, {"type": "none"}]
        assert sum(isinstance(event, ToolCalled) for event in events) == 3


async def test_what_act_raises_beyond_a_tool_error_is_the_calls_own() -> None:
    async def act(_: ToolCalled) -> str:
        raise LookupError("a bug")

    async with on_stage(script({"calls": [{"tool": "end_call"}]})) as (brain, _):
        with pytest.raises(LookupError):
            await played(brain, "bye", tools=[END_CALL], act=act)


async def test_closing_early_ends_the_request_and_its_input_is_already_counted() -> None:
    async with on_stage(script(kai="one two three four five")) as (brain, claude):
        async with aclosing(brain.turn(ROSTER["kai"], heard("count"), act=nothing)) as events:
            seen = [await anext(events), await anext(events)]
        assert isinstance(seen[0], Spent)
        assert (seen[0].output_tokens, seen[0].usd > 0, seen[1]) == (0, True, Said("one "))
        assert (claude.exchanges[0].over.is_set(), claude.exchanges[0].complete) == (True, False)
        assert anyio.current_time() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("at_s", [0.1, 0.35])
async def test_cancelling_the_listener_ends_the_request_too(at_s: float) -> None:
    async with on_stage(script(kai="one two three four five")) as (brain, claude):
        with anyio.move_on_after(at_s):
            await played(brain, "count")
        assert (claude.exchanges[0].over.is_set(), claude.exchanges[0].complete) == (True, False)
        assert words(await played(brain, "again")) == "one two three four five"


async def test_the_second_turn_reads_the_first_ones_prompt_from_the_cache() -> None:
    async with on_stage(script(kai="Fine, thanks.")) as (brain, claude):
        warmed = await brain.warm(ROSTER["kai"], kais_tools())
        first = await played(brain, "how are you", note="It is noon.", tools=kais_tools())
        then = ("how are you", ("kai", "Fine, thanks."), ("engineer", "So am I."), "good")
        second = await played(brain, *then, note="It is one.", tools=kais_tools())
        assert warmed
        assert warmed.cache_write_tokens > 512
        assert spent(first)[0].cache_read_tokens > 512
        assert spent(second)[0].cache_read_tokens > spent(first)[0].cache_read_tokens
        assert spent(second)[0].input_tokens < 30
        _, one, two = (exchange.request for exchange in claude.exchanges)
        assert (one["system"], one["tools"]) == (two["system"], two["tools"])
        assert one["messages"][0]["content"][0]["text"] == two["messages"][0]["content"][0]["text"] == "how are you"


async def test_a_turns_costs_add_up() -> None:
    async with on_stage(script(kai="Fine, thanks.")) as (brain, _):
        costs = spent(await played(brain, "how are you", tools=kais_tools()))
        assert [cost.output_tokens > 0 for cost in costs] == [False, True]
        written, read, fresh = (
            sum(getattr(cost, f"{kind}_tokens") for cost in costs) for kind in ("cache_write", "cache_read", "input")
        )
        expected = (
            Decimal("0.125") * written
            + Decimal("0.01") * read
            + Decimal("0.10") * fresh
            + Decimal("0.50") * costs[1].output_tokens
        )
        assert sum(cost.usd for cost in costs) == expected / 1_000_000


async def test_thinking_is_off_and_the_limit_is_the_agents() -> None:
    async with on_stage(script(kai="Hi.")) as (brain, claude):
        await played(brain, "hello")
        request = claude.exchanges[0].request
        assert (request["thinking"], request["max_tokens"]) == ({"type": "disabled"}, ROSTER["kai"].model.max_tokens)


async def test_warming_is_bounded_and_never_raises() -> None:
    class Deaf(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            await anyio.sleep_forever()
            raise AssertionError

    async with brain_over(Deaf()) as brain:
        assert await brain.warm(ROSTER["kai"]) is None
        assert anyio.current_time() == pytest.approx(5, abs=0.01)
    async with on_stage(script(), api_key=None) as (brain, _):
        assert await brain.warm(ROSTER["kai"]) is None


ROUTE = route(ROSTER.agents)


async def choose(entry: dict[str, Any], **options: Any) -> Any:
    async with on_stage(script({"when": {"forced": "route"}, **entry})) as (brain, _):
        options = {"model": "claude-haiku-5-5", "timeout_s": 2.0, **options}
        return await brain.choose(WORDS.router_system(), heard("a blog post", ("kai", "Sure.")), ROUTE, **options)


async def test_a_choice_is_a_valid_forced_call_with_its_cost() -> None:
    chosen = await choose({"calls": [{"tool": "route", "input": {"speakers": [{"agent": "researcher", "brief": "sources"}]}}]})
    assert chosen.input == {"speakers": [{"agent": "researcher", "brief": "sources"}]}
    assert chosen.spent.usd > 0


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"calls": [{"tool": "route", "input": {"speakers": [{"agent": "plumber"}]}}]}, "claude_broken_off"),
        ({"calls": [{"tool": "route", "input": {"speakers": []}}]}, "claude_broken_off"),
        ({"say": "I would ask the Engineer."}, "claude_broken_off"),
        ({"fault": {"kind": "refusal"}}, "claude_refused"),
        ({"fault": {"kind": "max_tokens"}}, "claude_truncated"),
        ({"fault": {"kind": "stall"}}, "claude_slow"),
        ({"fault": {"kind": "cut"}}, "claude_unreachable"),
        ({"fault": {"kind": "error"}}, "claude_overloaded"),
        ({"fault": {"kind": "status", "status": 401, "type": "authentication_error"}}, "claude_unauthorised"),
    ],
)
async def test_a_choice_that_is_none_is_an_error_in_time(entry: dict[str, Any], code: str) -> None:
    with pytest.raises(BrainError) as failed:
        await choose(entry)
    assert failed.value.code == code
    assert anyio.current_time() <= 2.01


async def test_a_transport_is_closed_with_the_brain() -> None:
    closed: list[bool] = []

    class Watched(ScriptedTransport):
        async def aclose(self) -> None:
            closed.append(True)

    async with on_stage(script()) as (_, claude), brain_over(Watched(claude)):
        pass
    assert closed == [True]


NOTHING = ("", "```\nx = 1\n```", "\U0001f600", "<thinking>They are slow.</thinking>", "***", "Kai:", "---\n\n\n")


@pytest.mark.parametrize("nothing", NOTHING)
async def test_an_answer_with_nothing_to_be_heard_is_asked_for_once_more(nothing: str) -> None:
    acts = script({"when": {"heard": "hello", "turn": 2}, "say": "Here I am."}, {"when": {"heard": "hello"}, "say": nothing})
    async with on_stage(script({"say": nothing})) as (brain, claude):
        assert failure(await played(brain, "hello")).code == "claude_unheard"
        assert len(claude.exchanges) == 2
        assert anyio.current_time() < 3
    if nothing:  # what is given back to Claude makes it the second turn
        async with on_stage(acts) as (brain, _):
            events = await played(brain, "hello")
            assert Repaired("unheard") in events
            assert words(events[events.index(Repaired("unheard")) :]).strip() == "Here I am."


async def test_a_second_try_has_two_seconds_to_be_heard() -> None:
    again = {"when": {"turn": 2}, "say": "Late.", "first_token_s": 5}
    async with on_stage(script(again, {"say": "<thinking>x</thinking>"})) as (brain, claude):
        assert failure(await played(brain, "hello")).code == "claude_unheard"
        assert anyio.current_time() == pytest.approx(2.4, abs=0.01)
        assert all(exchange.over.is_set() for exchange in claude.exchanges)


async def test_silence_after_a_tool_is_no_answer_but_no_failure_where_something_was_said() -> None:
    uses = {"when": {"heard": "time"}, "say": "Let me look.", "calls": [{"tool": "current_time"}]}
    async with on_stage(script(uses, {"when": {"after": "*"}}, {"say": ""})) as (brain, claude):
        events = await played(brain, "the time", tools=kais_tools(), act=_noon)
        assert Repaired("unheard") in events
        assert not any(isinstance(event, Failed) for event in events)
        assert len(claude.exchanges) == 3


async def _noon(_: ToolCalled) -> str:
    return "Noon."


ENDS = {"tool": "end_call"}
LOOKS = {"tool": "current_time"}


@pytest.mark.parametrize("calls", [[ENDS, LOOKS], [LOOKS, ENDS], [LOOKS, ENDS, LOOKS]])
async def test_all_tools_of_a_message_are_used_and_what_ends_the_turn_comes_last(calls: list[dict[str, Any]]) -> None:
    async with on_stage(script({"say": "Goodbye then.", "calls": calls})) as (brain, claude):
        events = await played(brain, "bye", tools=kais_tools(), act=_noon)
        used = [event.name for event in events if isinstance(event, ToolCalled)]
        assert used == [*["current_time"] * (len(calls) - 1), "end_call"]
        assert len(claude.exchanges) == 1


async def test_nothing_ends_a_turn_in_which_something_failed() -> None:
    async def fails(call: ToolCalled) -> str:
        if call.name == "current_time":
            raise ToolError("The clock stands still.")
        raise AssertionError("the call must not end")

    acts = script({"when": {"after": "*"}, "say": "I do not know."}, {"say": "Goodbye.", "calls": [ENDS, LOOKS]})
    async with on_stage(acts) as (brain, claude):
        events = await played(brain, "bye", tools=kais_tools(), act=fails)
        assert words(events).endswith("I do not know.")
        results = claude.exchanges[-1].request["messages"][-1]["content"]
        assert sorted(result["tool_use_id"][-1] for result in results) == ["0", "1"]
        assert all(result["is_error"] for result in results)


async def test_a_tool_that_is_cut_off_is_asked_for_with_more_room() -> None:
    cut = {"kind": "max_tokens", "after_words": 1_000, "times": 1}
    acts = script({"when": {"after": "*"}, "say": "Noon."}, {"calls": [LOOKS], "fault": cut})
    async with on_stage(acts) as (brain, claude):
        events = await played(brain, "the time", tools=kais_tools(), act=_noon)
        assert Repaired("cut_off") in events
        assert words(events) == "Noon."
        limits = [exchange.request["max_tokens"] for exchange in claude.exchanges]
        assert limits[1] == 4 * limits[0]


async def test_a_tools_input_may_take_longer_than_a_pause_between_words() -> None:
    slow = {"say": "", "calls": [{"tool": "current_time", "input": {"zone": "x" * 1_600}}], "tokens_per_s": 20}
    async with on_stage(script({"when": {"after": "*"}, "say": "Noon."}, slow), idle_s=1.0) as (brain, _):
        assert words(await played(brain, "the time", tools=kais_tools(), act=_noon)) == "Noon."
    async with on_stage(script({"when": {"after": "*"}, "say": "Noon."}, slow), idle_s=1.0, tool_input_s=2.0) as (brain, _):
        assert failure(await played(brain, "the time", tools=kais_tools(), act=_noon)).code == "claude_stalled"


async def test_an_empty_result_is_told_as_one() -> None:
    async def empty(_: ToolCalled) -> str:
        return " "

    async with on_stage(script({"when": {"after": "*"}, "say": "Nothing."}, {"calls": [LOOKS]})) as (brain, claude):
        await played(brain, "the time", tools=kais_tools(), act=empty)
        assert "nothing" in claude.exchanges[-1].request["messages"][-1]["content"][0]["content"]
