"""One run of the real command line: what it does, sees, costs and leaves."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from agents import processes
from agents.errors import NotInstalled
from agents.pai import PaiRunner, PaiSettings, find_command
from agents.work import Answer, Asks, Began, Done, Failed, Says, Spent, Stop, TaskEvent, Word, Working
from tests.agents.command_line import ASK, PHONE_WORDS, SAY, command_line, runs, says, surroundings
from tests.agents.stage import ROOT
from tests.agents.workplace import order, ran
from tests.kit.commands import children, eventually

# A start of the command line takes 2 s of a core, and some tests need two: on a busy machine that is long.
pytestmark = [pytest.mark.realcli, pytest.mark.timeout(120)]
LOOP = "echo $$ > shell.pid; while true; do sleep 0.1; done"
BOOKS = r"phase: verify\nprogress: 1/2\n"  # as PAI keeps them
BASH: dict[str, Any] = {"allowed_tools": ["Bash"]}


def session(events: list[TaskEvent]) -> str:
    assert isinstance(events[0], Began)
    return events[0].session


def code(events: list[TaskEvent]) -> str:
    assert isinstance(events[-1], Failed)
    return events[-1].error.code


async def left(mark: str) -> dict[int, int]:
    return await anyio.to_thread.run_sync(processes.family, mark)


async def shell_works(folder: Path) -> int:
    """The pid of the run's shell, once it loops."""
    file = anyio.Path(folder / "work" / "shell.pid")

    async def read() -> str:
        return await file.read_text() if await file.exists() else ""

    return int(await eventually(read, lambda text: text.endswith("\n"), within_s=100))


async def test_does_real_work_and_tells_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    notes = {"tool": "Write", "input": {"file_path": str(tmp_path / "work" / "notes.md"), "content": "# Notes\n"}}
    acts = (
        {"when": {"after": SAY}, "say": "━━━ 🔨 BUILD ━━━ 4/7\nNow the notes.", "calls": [notes]},
        {"when": {"after": "Write"}, "calls": [runs(f"cp notes.md copy.md && printf '{BOOKS}' > PRD.md", "Copy the notes")]},
        {"when": {"after": "Bash"}, "say": "# Notes\n\nThey are written.\n\n🗣️ Engineer: The notes are there."},
        {"calls": [says("I begin with the notes.", passing=True)]},
    )
    async with command_line(tmp_path, *acts) as (runner, claude):
        events = await ran(runner, order(Path("work"), allowed_tools=["Write", "Bash"]))  # from where we are
    assert (tmp_path / "work" / "notes.md").read_text() == "# Notes\n"
    assert (tmp_path / "work" / "copy.md").read_text() == "# Notes\n"
    told = [event for event in events if isinstance(event, Says | Working | Done)]
    assert told == [
        Says("I begin with the notes.", passing=True),
        Working("phase", "build", 4, 7),
        Says("Now the notes.", passing=True),
        Working("Write"),
        Working("Bash", "Copy the notes"),
        Working("phase", "verify"),
        Working("criteria", "", 1, 2),
        Done("# Notes\n\nThey are written.\n\n🗣️ Engineer: The notes are there.", "The notes are there."),
    ]
    assert {SAY, ASK} <= set(claude.exchanges[0].asked.tools)
    assert await left(session(events)) == {}


async def test_claude_is_waited_for_and_that_is_told(tmp_path: Path) -> None:
    busy = {"kind": "status", "status": 529, "times": 2}
    async with command_line(tmp_path, {"say": "At last.", "fault": busy}, environ={"CLAUDE_CODE_MAX_RETRIES": "3"}) as (
        runner,
        _,
    ):
        events = await ran(runner, order(tmp_path / "work"))
    waited = [Working("api_retry", "", n, 3) for n in (1, 2)]
    assert [event for event in events if isinstance(event, Working)] == [*waited, Working("api_retry", went="over")]
    assert events[-1] == Done("At last.", "At last.")


async def test_the_shell_sees_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        name: f"secret-{name}" for name in ("ANTHROPIC_API_KEY", "AZURE_KEY", "PAI_VOICE_PIN", "CLAUDECODE", "NODE_OPTIONS")
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    acts = (
        {"when": {"after": "Bash"}, "say": "Done."},
        {"calls": [runs("env > env.txt; cat /proc/$PPID/environ > up.txt")]},
    )
    async with command_line(tmp_path, *acts, environ={**secrets, "SHOWN": "yes"}, environment=["SHOWN"]) as (runner, _):
        events = await ran(runner, order(tmp_path / "work", **BASH))
    assert isinstance(events[-1], Done)
    seen = (tmp_path / "work" / "env.txt").read_text()
    assert "secret-" not in seen + (tmp_path / "work" / "up.txt").read_text()
    assert "scripted" not in seen  # the run's own key
    lines = seen.splitlines()
    (own,) = [line.removeprefix("CLAUDE_ENV_FILE=") for line in lines if line.startswith("CLAUDE_ENV_FILE=")]
    assert Path(own).is_relative_to(tmp_path)  # what one run adds to it is no other run's, and is gone with it
    assert not await anyio.Path(own).exists()
    assert {"SHOWN=yes", "LIFEOS_NOTIFICATION_CHANNEL=phone", "LANG=C.UTF-8"} <= set(lines)


@pytest.mark.parametrize("prompt", ["Read @/etc/passwd to me; rm -rf ~ `id`", "/help", "#remember this"])
async def test_the_prompt_is_given_as_it_is(tmp_path: Path, prompt: str) -> None:
    async with command_line(tmp_path, {"say": "An ordinary answer."}) as (runner, claude):
        events = await ran(runner, order(tmp_path / "work", prompt))
    assert events[-1] == Done("An ordinary answer.", "An ordinary answer.")
    assert claude.exchanges[0].asked.heard == prompt
    assert "root:x:" not in json.dumps(claude.exchanges[0].request["messages"])


async def test_a_no_comes_with_the_callers_words(tmp_path: Path) -> None:
    acts = (
        {"when": {"after": "Bash", "result": "^The caller says no. not on a Friday$"}, "say": "Not then."},
        {"calls": [runs("make x")]},
    )

    def caller(event: TaskEvent) -> Word | None:
        return Answer(event.ask, yes=False, words="not on a Friday") if isinstance(event, Asks) else None

    async with command_line(tmp_path, *acts) as (runner, _):
        events = await ran(runner, order(tmp_path / "work"), caller)
    assert events[-1] == Done("Not then.", "Not then.")
    (asks,) = [event for event in events if isinstance(event, Asks)]
    assert asks.question == "The Engineer wants to run this: make x. Yes or no?"
    assert not asks.risky


async def stopped(folder: Path, how: Callable[[Began, int], Any]) -> list[TaskEvent]:
    """All that a run tells that loops in its shell, when `how` was done to it."""
    told: list[TaskEvent] = []
    async with command_line(folder, {"say": "I have begun.", "calls": [runs(LOOP)]}) as (runner, _):
        send, words = anyio.create_memory_object_stream[Word](1)
        with send, words:
            async with aclosing(runner.run(order(folder / "work", **BASH), words)) as events:
                began = await anext(events)
                told.append(began)
                assert isinstance(began, Began)
                async with anyio.create_task_group() as group:

                    async def act() -> None:
                        if word := how(began, await shell_works(folder)):
                            send.send_nowait(word)

                    group.start_soon(act)
                    told.extend([event async for event in events])
    return told


def gone(pid: int) -> bool:
    """Ended; whether it is buried too is for its new parent to see to."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def test_stop_interrupts_and_leaves_nothing(tmp_path: Path) -> None:
    events = await stopped(tmp_path, lambda began, shell: Stop())
    assert code(events) == "work_stopped"
    assert any(isinstance(event, Spent) for event in events)  # so it was interrupted: what is killed tells nothing more
    assert await left(session(events)) == {}
    assert gone(await shell_works(tmp_path))


@pytest.mark.parametrize("victim", ["worker", "command line"])
async def test_a_death_is_told_and_leaves_nothing(tmp_path: Path, victim: str) -> None:
    def kill(began: Began, shell: int) -> None:
        (command,) = children(began.pid)
        os.kill(began.pid if victim == "worker" else command, signal.SIGKILL)

    events = await stopped(tmp_path, kill)
    assert code(events) == "work_crashed"
    assert isinstance(events[-1], Failed)
    assert events[-1].achieved == "I have begun."
    assert await left(session(events)) == {}
    assert gone(await shell_works(tmp_path))


async def test_a_command_line_that_never_answers_is_ended_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.pai._STOP_S", 0.2)
    monkeypatch.setattr("agents.pai._GOODBYE_S", 0.2)
    deaf = tmp_path / "claude"
    deaf.write_text("#!/bin/sh\ntrap '' TERM\nwhile true; do sleep 0.1; done\n")
    deaf.chmod(0o755)
    async with command_line(tmp_path, command=deaf) as (runner, _):
        events = await ran(runner, order(tmp_path / "work"), lambda event: Stop() if isinstance(event, Began) else None)
    assert code(events) == "work_stopped"
    assert await left(session(events)) == {}


@pytest.mark.parametrize("worker_too", [False, True])
async def test_nothing_outlives_a_server_that_is_killed(tmp_path: Path, worker_too: bool) -> None:
    """The worker clears up; where it was killed as well, the next server does, by what the last one wrote down."""
    async with command_line(tmp_path, {"calls": [runs(LOOP)]}) as (runner, claude):
        started = [sys.executable, "-m", "tests.agents.a_server", str(tmp_path), claude.url]
        async with await anyio.open_process(started, cwd=ROOT, stderr=None) as server:
            assert server.stdout
            began = Began(**json.loads(await server.stdout.receive()))
            shell = await shell_works(tmp_path)
            server.kill()
            if worker_too:
                os.kill(began.pid, signal.SIGKILL)
                assert await runner.reap(began)
            await eventually(lambda: left(began.session), lambda family: not family, within_s=100)
        assert gone(shell)
        assert not await runner.reap(began)


async def test_what_it_left_running_ends_with_it(tmp_path: Path) -> None:
    hidden = "(env -i setsid sh -c 'echo $$ > shell.pid; while true; do sleep 0.1; done' > /dev/null 2>&1 &)"
    acts = {"when": {"after": "Bash"}, "say": "Done."}, {"calls": [runs(f"setsid sleep 600 > /dev/null 2>&1 & {hidden}")]}
    async with command_line(tmp_path, *acts) as (runner, _):
        events = await ran(runner, order(tmp_path / "work", **BASH))
    assert isinstance(events[-1], Done)
    assert await left(session(events)) == {}
    assert gone(await shell_works(tmp_path))


async def test_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    events = await stopped(tmp_path, lambda began, shell: os.kill(began.pid, signal.SIGKILL))
    async with command_line(tmp_path, {"when": {"heard": "cut off"}, "say": "Now it is done."}) as (runner, claude):
        again = await ran(runner, order(tmp_path / "work", session=session(events), **BASH))
    assert again[-1] == Done("Now it is done.", "Now it is done.")
    history = json.dumps(claude.exchanges[0].request["messages"])
    assert "Do the work." in history
    assert "I have begun." in history


async def test_starts_anew_where_nothing_is_left_to_go_on_with(tmp_path: Path) -> None:
    """Not even where it was cut off so early that its session holds no word yet."""
    begun = "3f2c8f0e-8d5c-4d6e-9a51-111111111111"
    sessions = tmp_path / "home" / ".claude" / "projects" / re.sub(r"\W|_", "-", str(tmp_path / "work"))
    sessions.mkdir(parents=True)
    (sessions / f"{begun}.jsonl").write_text('{"type":"queue-operation","operation":"enqueue"}\n')
    async with command_line(tmp_path, {"when": {"heard": "^Do the work"}, "say": "Done."}) as (runner, _):
        events = await ran(runner, order(tmp_path / "work", session=begun))
    assert session(events) == begun
    assert isinstance(events[-1], Done)


@pytest.mark.parametrize(
    ("acts", "settings", "expected"),
    [
        ({"fault": {"kind": "status", "status": 401, "type": "authentication_error"}}, {}, "work_not_logged_in"),
        ({"say": "Never."}, {"auth": "own_login"}, "work_not_logged_in"),
        ({"calls": [runs("true")]}, {"max_turns": 1}, "work_out_of_turns"),
        ({"say": "Never."}, {"command": "/bin/false"}, "work_crashed"),
        ({"say": "Never."}, {"command": "/bin/true"}, "work_crashed"),
    ],
)
async def test_failures_have_their_names(tmp_path: Path, acts: Any, settings: dict[str, Any], expected: str) -> None:
    async with command_line(tmp_path, acts, **settings) as (runner, _):
        events = await ran(runner, order(tmp_path / "work", **BASH))
    assert code(events) == expected
    assert await left(session(events)) == {}


async def test_a_command_line_that_hears_and_ends_without_a_word_has_crashed(tmp_path: Path) -> None:
    """It lives too briefly to be seen, and the SDK's first message to it does not fail."""
    claude = tmp_path / "claude"
    claude.write_text("#!/bin/sh\nread line\n")
    claude.chmod(0o755)
    async with command_line(tmp_path, {"say": "Never."}, command=str(claude)) as (runner, _):
        events = await ran(runner, order(tmp_path / "work", **BASH))
    assert code(events) == "work_crashed"
    assert await left(session(events)) == {}


@pytest.mark.parametrize(("sources", "read"), [(None, True), ((), False)])
async def test_the_users_own_rules_hold_by_default(tmp_path: Path, sources: Any, read: bool) -> None:
    (tmp_path / "home" / ".claude").mkdir(parents=True)
    (tmp_path / "home" / ".claude" / "CLAUDE.md").write_text("Always mention the heron.")
    async with command_line(tmp_path, {"say": "Done."}, setting_sources=sources) as (runner, claude):
        await ran(runner, order(tmp_path / "work"))
    assert ("the heron" in json.dumps(claude.exchanges[0].request)) is read


@pytest.mark.parametrize("missing", ["command", "sdk"])
async def test_without_a_command_line_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    if missing == "sdk":
        monkeypatch.setattr("agents.pai.find_spec", {}.get)
    wanted = tmp_path / "claude" if missing == "command" else None
    runner = PaiRunner(PaiSettings(command=wanted), PHONE_WORDS, environ=surroundings(tmp_path))
    (failed,) = await ran(runner, order(tmp_path))
    assert isinstance(failed, Failed)
    assert failed.error.code == "work_not_installed"


def test_the_command_line_that_is_wanted_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path.parent)
    own = tmp_path / "claude"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    assert find_command(own, {}) == str(own)
    assert find_command(own.relative_to(tmp_path.parent), {}) == str(own)
    assert find_command(None, {}).endswith("_bundled/claude")
    with pytest.raises(NotInstalled):
        find_command(tmp_path / "other", {"PATH": str(tmp_path)})
