"""The SDK's messages, read: what is told of each, and how a run ended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from claude_agent_sdk import (
    AssistantMessage,
    RateLimitEvent,
    RateLimitInfo,
    ResultMessage,
    SystemMessage,
    TaskProgressMessage,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)

from agents.pai_reading import Reading, spoken
from agents.work import Done, Says, Spent, Working


def text(*texts: str, **more: Any) -> AssistantMessage:
    return AssistantMessage(content=[TextBlock(text) for text in texts], model="claude-haiku-5-5", **more)


def use(name: str, **given: Any) -> AssistantMessage:
    return AssistantMessage(content=[ToolUseBlock("t1", name, given)], model="claude-haiku-5-5")


def result(text: str | None = "Done.", *, error: bool = False, subtype: str = "success", **more: Any) -> ResultMessage:
    return ResultMessage(
        subtype=subtype, duration_ms=1, duration_api_ms=1, is_error=error, num_turns=1, session_id="s", result=text, **more
    )  # fmt: skip


def returned(**result: Any) -> UserMessage:
    return UserMessage(content=[], tool_use_result=result)


def limit(status: Any) -> RateLimitEvent:
    return RateLimitEvent(RateLimitInfo(status), "u", "s")


def state(state: str) -> SystemMessage:
    return SystemMessage("session_state_changed", {"state": state})


def read(*messages: object) -> list[Any]:
    """Each tool's use comes back well before the next message."""
    reading, told = Reading(), list[Any]()
    for message in messages:
        told += reading.take(message)
        if isinstance(message, AssistantMessage) and any(isinstance(block, ToolUseBlock) for block in message.content):
            told += reading.take(came_back())
    return told


def came_back(text: str = "ok", *, error: bool = False) -> UserMessage:
    return UserMessage(content=[ToolResultBlock("t1", text, error)])


BUILDS = Working("phase", "build")
CURL = (
    """curl -s -X POST http://localhost:8888/notify -H "Content-Type: application/json" -d '{{"message": "{}"}}' > /dev/null &"""
)
PRD = "---\ntask: x\nphase: build\nprogress: 3/8\n---\n- [x] ISC-1"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (use("Bash", command="make test", description="Run the tests"), [Working("Bash", "Run the tests")]),
        (use("Bash", command="make test", description="ls /etc && x"), [Working("Bash")]),
        (use("Read", file_path="/a/b"), [Working("Read")]),
        (use("mcp__phone__say", text="Hello."), []),
        (use("mcp__mail__send", to="x"), [Working("mcp__mail__send")]),
        (use("WebSearch", query="how tides work"), [Working("WebSearch", "how tides work")]),
        (use("Skill", skill="art", args="a --flag"), [Working("Skill", "art")]),
        (use("Agent", description="Count the words", prompt="x"), [Working("Agent", "Count the words")]),
        (use("Write", file_path="/m/PRD.md", content=PRD), [Working("Write"), BUILDS, Working("criteria", "", 3, 8)]),
        (use("Edit", file_path="PRD.md", new_string="progress: 4/8"), [Working("Edit"), Working("criteria", "", 4, 8)]),
        (use("MultiEdit", file_path="PRD.md", edits=[{"new_string": "phase: build"}, 1]), [Working("MultiEdit"), BUILDS]),
        (use("Write", file_path="/m/notes.md", content=PRD), [Working("Write")]),
        (use("Write", file_path="/m/ISA.md", content="phase: climbing\n"), [Working("Write"), Working("phase", "climbing")]),
        (use("Edit", file_path="PRD.md", new_string="phase: complete\nprogress: 0/8"), [Working("Edit")]),
        (use("Bash", command=CURL.format("Running the Fix workflow")), [Says("Running the Fix workflow", passing=True)]),
        (use("Bash", command=CURL.format("Entering the Build phase.")), [BUILDS]),
        (use("Bash", command=CURL.format("$(id)")), []),
        (use("Bash", command="curl https://example.org/notify -d x", description="Ask"), [Working("Bash", "Ask")]),
        (text("━━━ 👁️ OBSERVE ━━━ 1/7\nI look around."), [Working("phase", "observe", 1, 7)]),
        (text("━━━ PLAN ━━━ 3/7\nx\n━━━ ⚡ DO IT ━━ 4/7"), [Working("phase", "plan", 3, 7), Working("phase", "do it", 4, 7)]),
        (AssistantMessage(content=[ThinkingBlock("secret", "s")], model="m"), []),
        (text("From a helper.", parent_tool_use_id="t0"), []),
        (text("API Error: 529", error="server_error"), []),
        (SystemMessage("api_retry", {"attempt": 2, "max_retries": 10}), [Working("api_retry", "", 2, 10)]),
        (SystemMessage("api_retry", {"attempt": None}), [Working("api_retry")]),
        (limit("rejected"), [Working("rate_limit")]),
        (limit("allowed_warning"), []),
        (UserMessage(content="x"), []),
        (SystemMessage("hook_started", {}), []),
        (SystemMessage("something_new", {"a": 1}), []),
        (object(), []),
    ],
)  # fmt: skip
def test_what_is_told_of_a_message(message: object, told: list[Any]) -> None:
    assert read(message) == told


def test_a_helpers_step_is_told_in_its_words_and_once() -> None:
    message = TaskProgressMessage(
        subtype="task_progress", data={}, task_id="1", description="Reading /etc/hostname", uuid="u", session_id="s",
        usage={"total_tokens": 1, "tool_uses": 1, "duration_ms": 1}, last_tool_name="Read",
    )  # fmt: skip
    assert read(message, message) == [Working("helper", "Reading hostname")]


def test_text_is_told_once_something_followed_and_the_last_of_it_is_the_result() -> None:
    messages = text("I found it. It is small. And more."), use("Bash", command="x"), text("All done."), result("All done.")
    assert read(*messages) == [Says("I found it. It is small.", passing=True), Working("Bash")]


# As PAI 4 writes them: the banner, the phases' headers and notifications, its document, and the line at the end.
ALGORITHM: list[object] = [
    text("♻︎ Entering the PAI ALGORITHM… (v3.7.0) ═════════════\n🗒️ TASK: Fix the flaky test\n\n━━━ 👁️ OBSERVE ━━━ 1/7"),
    use("Bash", command=CURL.format("Entering the Observe phase."), description="Voice notification"),
    text("🔎 REVERSE ENGINEERING: They want it to pass each time.\n\n💪🏼 EFFORT LEVEL: standard"),
    use("Write", file_path="/home/a/MEMORY/WORK/20261122_fix/PRD.md", content="phase: observe\nprogress: 0/4\n- [ ] ISC-1: x"),
    text("━━━ 🔨 BUILD ━━━ 4/7\n\nThe race is in the start-up code."),
    use("Bash", command=CURL.format("Entering the Build phase."), description="Voice notification"),
    use("Edit", file_path="src/start.py", old_string="a", new_string="b"),
    use("Edit", file_path="/home/a/MEMORY/WORK/20261122_fix/PRD.md", old_string="0/4", new_string="phase: build\nprogress: 2/4"),
    use("Edit", file_path="/home/a/MEMORY/WORK/20261122_fix/PRD.md", old_string="x", new_string="phase: build\nprogress: 2/4"),
    text("━━━ 📚 LEARN ━━━ 7/7\n\n🗣️ Kai: The test passes now, twenty times out of twenty."),
    result("━━━ 📚 LEARN ━━━ 7/7\n\n🗣️ Kai: The test passes now, twenty times out of twenty."),
]


RUN = use("Bash", command="make test", description="Run the tests")
RUNS = Working("Bash", "Run the tests")


@pytest.mark.parametrize(
    ("back", "told"),
    [
        ([came_back("Exit code 1", error=True)], [Working("Bash", "Run the tests", went="failed")]),
        ([came_back("", error=True)] * 2, [Working("Bash", "Run the tests", went="failed")]),
        ([came_back("Permission to use Bash has been denied.", error=True)], [Working("Bash", "Run the tests", went="refused")]),
        ([came_back("Permission to use Bash has been denied.")], []),
    ],
)
def test_a_step_that_failed_or_was_refused_is_told(back: list[object], told: list[Any]) -> None:
    reading = Reading()
    assert [event for message in (RUN, *back) for event in reading.take(message)] == [RUNS, *told]


def test_that_a_step_worked_is_told_where_it_had_failed() -> None:
    reading = Reading()
    tries = [RUN, came_back(error=True), RUN, came_back(), RUN, came_back()]
    failed, worked = Working("Bash", "Run the tests", went="failed"), Working("Bash", "Run the tests", went="worked")
    assert [event for message in tries for event in reading.take(message)] == [RUNS, failed, RUNS, worked, RUNS]


def test_a_no_of_the_callers_is_no_news_and_a_no_of_the_phones_is() -> None:
    reading = Reading()
    reading.take(RUN)
    reading.answered("t1")
    assert reading.take(came_back(error=True)) == []
    reading.take(RUN)
    reading.refused("t1")
    assert reading.take(came_back("Not in that folder.", error=True)) == [Working("Bash", "Run the tests", went="refused")]


def test_what_could_not_be_written_into_the_document_is_not_told() -> None:
    reading = Reading()
    assert reading.take(use("Write", file_path="/m/PRD.md", content=PRD)) == [Working("Write")]
    assert reading.take(came_back(error=True)) == [Working("Write", went="failed")]


def test_words_are_told_again_after_a_failure() -> None:
    reading = Reading()
    assert (reading.says("All tests pass."), reading.says("All tests pass.")) == ([Says("All tests pass.")], [])
    reading.take(RUN)
    reading.take(came_back(error=True))
    assert reading.says("All tests pass.") == [Says("All tests pass.")]


def test_that_claude_answers_again_is_told_even_where_it_only_thinks() -> None:
    retry = SystemMessage("api_retry", {"attempt": 1, "max_retries": 10})
    assert read(retry, text("")) == [Working("api_retry", "", 1, 10), Working("api_retry", went="over")]


def test_each_phase_of_pais_is_told_once_however_often_it_is_named() -> None:
    told = read(*ALGORITHM)
    assert [event for event in told if isinstance(event, Working) and event.what in ("phase", "criteria")] == [
        Working("phase", "observe", 1, 7), Working("phase", "build", 4, 7), Working("criteria", "", 2, 4),
        Working("phase", "learn", 7, 7),
    ]  # fmt: skip
    assert [event.what for event in told if isinstance(event, Working)].count("Bash") == 0
    said = [event for event in told if isinstance(event, Says)]
    assert said == [
        Says("They want it to pass each time.", passing=True),
        Says("The race is in the start-up code.", passing=True),
    ]


def test_what_it_shows_in_a_block_of_code_is_nothing_it_does() -> None:
    shown = "They look so:\n```text\n━━━ 🔨 BUILD ━━━ 4/7\n🗣️ Kai: It is built.\n```\nGood."
    assert read(text(shown), use("Read")) == [Says("They look so: Good.", passing=True), Working("Read")]


@pytest.mark.parametrize("endless", ["━" * 100_000, "\n" * 100_000, "curl " * 20_000, "<system-reminder>" * 6_000])
def test_no_text_of_a_run_takes_long_to_be_read(endless: str) -> None:
    """Each took minutes."""
    assert read(text(endless), use("Bash", command=endless))[-1] == Working("Bash")


PRD_FILE = "/home/a/MEMORY/WORK/20261122_fix/PRD.md"


def ended(use: str) -> UserMessage:
    return UserMessage(content=[ToolResultBlock(use, "ok")])


@pytest.mark.parametrize(
    ("command", "document"),
    [
        (f"sed -i 's/^progress:.*/progress: 4\\/8/' {PRD_FILE}", PRD_FILE),
        (f"sed -E -i.bak s/a/b/ {PRD_FILE}", PRD_FILE),
        (f"perl -pi -e 's/a/b/' '{PRD_FILE}'", PRD_FILE),
        (f"cat > {PRD_FILE} <<'EOF'\nphase: build\nEOF", PRD_FILE),
        (f"echo x | tee -a {PRD_FILE}", PRD_FILE),
        ("awk 1 PRD.md >tmp && mv tmp PRD.md", "PRD.md"),
        ("cat <<EOF >~/books/ISA.md", "~/books/ISA.md"),
        (f"cat {PRD_FILE}", ""),
        (f"sed -n 1,9p {PRD_FILE}", ""),
        ("cat > $DIR/PRD.md", ""),
        ("echo x > MYPRD.md", ""),
        ("echo x > notes.md", ""),
    ],
)
def test_a_command_that_writes_pais_document_is_known_when_it_has_ended(command: str, document: str) -> None:
    reading = Reading()
    reading.take(use("Bash", command=command))
    assert reading.changed(ended("t0")) == ""
    assert reading.changed(UserMessage(content="x")) == ""
    assert reading.changed(ended("t1")) == document
    assert reading.changed(ended("t1")) == ""


def test_once_known_the_document_may_have_changed_with_each_command() -> None:
    reading = Reading()
    reading.take(use("Write", file_path=PRD_FILE, content="phase: build\nprogress: 2/4"))
    reading.take(use("Bash", command='sed -i s/2/3/ "$PRD"'))
    assert reading.changed(ended("t1")) == PRD_FILE
    reading.take(use("Bash", command="echo >> PRD.md"))
    assert reading.changed(ended("t1")) == PRD_FILE


def test_of_the_document_what_it_did_not_say_before_is_told() -> None:
    reading = Reading()
    reading.take(use("Write", file_path=PRD_FILE, content="phase: build\nprogress: 2/4"))
    reading.take(came_back())
    assert reading.document("phase: build\nprogress: 3/4") == [Working("criteria", "", 3, 4)]
    reading.take(text("━━━ ✅ VERIFY ━━━ 6/7"))
    assert reading.document("phase: build\nprogress: 3/4") == [], "it has not been brought up to date"
    assert reading.document("") == []
    assert reading.document("phase: verify\nprogress: 4/4") == [Working("criteria", "", 4, 4)]


def test_a_line_that_pai_wants_spoken_is_meant_for_the_caller() -> None:
    background = text("The server runs.\n\n🗣️ Kai: I have started the server."), result("x"), use("Bash", command="x")
    assert Says("I have started the server.") in read(*background)


TODOS = [{"content": "Write the outline", "status": "completed"}, {"content": "Draw", "status": "in_progress"}, 7]


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([use("TodoWrite", todos=TODOS)] * 2, [Working("plan", "Draw", 2, 3)]),
        ([use("TodoWrite", todos="x"), use("TodoWrite", todos=TODOS[:1])], []),
        (
            [
                use("TaskCreate", subject="Write the outline", description="x"),
                returned(task={"id": "1", "subject": "Write the outline"}),
                returned(task={"id": "2", "subject": "Draw"}),
                returned(success=True, taskId="1", statusChange={"from": "pending", "to": "in_progress"}),
                returned(success=True, taskId="1", statusChange={"from": "in_progress", "to": "completed"}),
                returned(success=True, taskId="2", statusChange={"from": "pending", "to": "in_progress"}),
            ],
            [Working("plan", "Write the outline", 1, 2), Working("plan", went="over"), Working("plan", "Draw", 2, 2)],
        ),
        (
            [
                use("TodoWrite", todos=TODOS),
                use("TodoWrite", todos=[{"content": "Draw", "status": "in_progress"}]),
                use("TodoWrite", todos=[]),
            ],
            [Working("plan", "Draw", 2, 3), Working("plan", "Draw", 1, 1), Working("plan", went="over")],
        ),
        (
            [
                returned(task={"id": "1", "subject": "Draw"}),
                returned(taskId="1", statusChange={"to": "in_progress"}),
                use("TaskUpdate", taskId="1", subject="Paint"),
                returned(taskId="1", updatedFields=["subject"]),
                returned(taskId="1", statusChange={"to": "deleted"}),
            ],
            [Working("plan", "Draw", 1, 1), Working("plan", "Paint", 1, 1), Working("plan", went="over")],
        ),
        ([returned(task={"id": "1", "subject": "A"}), returned(taskId="1", statusChange={"to": "deleted"}),
          returned(taskId="1", statusChange={"to": "in_progress"}), returned(stdout="x")], []),
    ],
)  # fmt: skip
def test_the_step_of_its_own_list_that_it_is_at(messages: list[object], told: list[Any]) -> None:
    assert read(*messages) == told


def test_the_same_words_are_not_told_twice() -> None:
    reading = Reading()
    assert reading.says("I begin.") == [Says("I begin.")]
    assert reading.says("I begin.") == []
    assert reading.says("x = {}") == []


def test_what_it_cost() -> None:
    messages = SystemMessage("init", {"model": "claude-haiku-5-5"}), result(total_cost_usd=0.0026644499999999996)
    assert read(*messages) == [Spent(Decimal("0.002664"), "claude-haiku-5-5")]


def test_it_is_over_when_no_turn_is_owed() -> None:
    reading = Reading()
    for message, over in (
        (state("running"), False), (text("A."), False), (result("A."), False), (text("B."), False),
        (state("idle"), False), (result("B."), False), (state("idle"), True), (state("running"), False),
    ):  # fmt: skip
        reading.take(message)
        assert reading.over is over
    assert reading.ending() == Done("B.", "B.")


def test_one_too_old_to_tell_its_state_is_over_at_its_result() -> None:
    reading = Reading()
    reading.take(result("A."))
    assert reading.over


@pytest.mark.parametrize(
    ("messages", "code", "detail"),
    [
        ([], "work_crashed", "It told no end."),
        ([result("API Error: 529", error=True, api_error_status=529)], "work_crashed", "API Error: 529"),
        ([result("Failed to authenticate.", error=True, api_error_status=401)], "work_not_logged_in", ""),
        ([text("Not logged in", error="authentication_failed"), result("Not logged in", error=True)], "work_not_logged_in", ""),
        ([result(None, error=True, subtype="error_max_turns")], "work_out_of_turns", ""),
        ([result(None, error=True, subtype="error_max_budget_usd", errors=["2 USD"])], "work_out_of_money", "2 USD"),
        ([result(None, error=True, subtype="error_during_execution")], "work_crashed", ""),
        ([result("A."), text("B.")], "work_crashed", "It told no end."),
    ],
)
def test_how_it_failed(messages: list[object], code: str, detail: str) -> None:
    reading = Reading()
    for message in messages:
        reading.take(message)
    ending = reading.ending()
    assert not isinstance(ending, Done)
    assert (ending.code, str(ending)) == (code, f"{ending.says} {detail}".rstrip())


def test_what_was_stopped_is_stopped_however_it_ended() -> None:
    reading = Reading()
    reading.take(result("A."))
    ending = reading.ending(stopped=True)
    assert not isinstance(ending, Done)
    assert ending.code == "work_stopped"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# The post\n\nIt is long.\n\n🗣️ Engineer: The post is written.", "The post is written."),
        ("🗣️ **Kai:** First.\n...\n🗣️ Kai: [AGENT:kai] Second one is it.", "Second one is it."),
        ("🎯 COMPLETED: [AGENT:engineer] Fixed the flaky test.", "Fixed the flaky test."),
        ("**🎯 COMPLETED:** Fixed it all.", "Fixed it all."),
        ("🗣️ Kai: {code}\n", ""),
        ("🗣️ 凯：文章写好了。", "文章写好了。"),
        ("It is there.\n```\n🗣️ Kai: I am an example.\n```", "It is there."),
        ("I wrote the post. It has three parts. And a picture.", "I wrote the post. It has three parts."),
        ("━━━ 📚 LEARN ━━━ 7/7\n📋 SUMMARY: It was a race.", "It was a race."),
        ("", ""),
    ],
)
def test_what_a_result_says_of_itself(text: str, said: str) -> None:
    assert spoken(text) == said
