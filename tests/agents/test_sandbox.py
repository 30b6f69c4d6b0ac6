"""The sandbox around long work: whether it works here is found out, and what follows from that."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from agents import processes
from agents.pai import PaiRunner, PaiSettings
from agents.sandbox import SandboxCheck, check_sandbox, consequence
from agents.work import Answer, Asks, Began, Done, Failed, Says, TaskEvent, Word
from tests.agents.command_line import PHONE_WORDS, command_line, runs, surroundings
from tests.agents.workplace import order, ran
from tests.kit.commands import eventually

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux")
real = pytest.mark.realcli


def bin_with(folder: Path, **programs: str) -> dict[str, str]:
    """An environment in which these shell scripts are all there is."""
    folder.mkdir(exist_ok=True)
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder)}


async def works_here() -> None:
    check = await check_sandbox({"PATH": os.environ["PATH"]})
    if not check.works:
        pytest.skip(f"no sandbox works here: {check.why}; fix: {check.fix}")


@on_linux
@pytest.mark.parametrize(
    ("programs", "why", "fix"),
    [
        ({}, "bubblewrap and socat are missing", "apt install bubblewrap socat"),
        ({"bwrap": "exit 0"}, "socat is missing", "apt install socat"),
        ({"bwrap": "exit 0", "socat": ""}, "", ""),
        (
            {"bwrap": "echo 'bwrap: No permissions to create a new namespace, likely because' >&2; exit 1", "socat": ""},
            "programs may not make namespaces here",
            "kernel.unprivileged_userns_clone",
        ),
        ({"bwrap": "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1", "socat": ""}, "AppArmor", "apparmor"),
        (
            {"bwrap": 'echo "bwrap: Can\'t mount proc on /newroot/proc: Operation not permitted" >&2; exit 1', "socat": ""},
            "this container may not mount /proc",
            "systempaths=unconfined",
        ),
        ({"bwrap": "exit 3", "socat": ""}, "it fails without a word", "see why by hand: /"),
        ({"bwrap": "exec 2>&-; while :; do :; done", "socat": ""}, "did not begin within", "see why by hand: /"),
    ],
)
async def test_what_is_missing_is_told_with_its_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: dict[str, str], why: str, fix: str
) -> None:
    monkeypatch.setattr("agents.sandbox._PROBE_S", 1.0)
    check = await check_sandbox(bin_with(tmp_path / "bin", **programs))
    assert why in check.why
    assert fix in check.fix
    assert check.works == (not why)


@on_linux
async def test_a_temporary_folder_with_too_long_a_name_is_told(tmp_path: Path) -> None:
    environ = bin_with(tmp_path / "bin", bwrap="exit 0", socat="") | {"TMPDIR": f"/tmp/{'x' * 80}"}
    assert "too long" in (await check_sandbox(environ)).why


@pytest.mark.parametrize(
    ("platform", "why"), [("win32", "there is none for win32"), ("darwin", "/usr/bin/sandbox-exec cannot be started")]
)
async def test_other_systems(monkeypatch: pytest.MonkeyPatch, platform: str, why: str) -> None:
    if sys.platform == platform:
        pytest.skip("this is that system")
    monkeypatch.setattr("agents.sandbox.sys", type("Sys", (), {"platform": platform}))
    assert why in (await check_sandbox({"PATH": "/usr/bin"})).why


@pytest.mark.parametrize(
    ("mode", "works", "says"),
    [
        ("preferred", True, "works"),
        ("preferred", False, "work asks before each command: no kernel"),
        ("required", False, "no work is begun: no kernel"),
        ("off", True, "switched off, so work asks before each command"),
    ],
)
def test_what_follows_is_said(mode: Any, works: bool, says: str) -> None:
    assert says in consequence(mode, SandboxCheck(works, "" if works else "no kernel"))


@on_linux
async def test_where_it_is_required_no_work_begins_without_it(tmp_path: Path) -> None:
    environ = surroundings(tmp_path) | bin_with(tmp_path / "bin")
    command = tmp_path / "claude"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    runner = PaiRunner(PaiSettings(command=command, sandbox="required"), PHONE_WORDS, environ=environ)
    (failed,) = await ran(runner, order(tmp_path))
    assert isinstance(failed, Failed)
    assert failed.error.code == "work_no_sandbox"
    assert "bubblewrap and socat are missing; apt install bubblewrap socat" in str(failed.error)


def no(asked: list[Asks]) -> Any:
    def caller(event: TaskEvent) -> Word | None:
        if isinstance(event, Asks):
            asked.append(event)
            return Answer(event.ask, yes=False)
        return None

    return caller


@real
@on_linux
@pytest.mark.timeout(120)
@pytest.mark.parametrize("mode", ["preferred", "off"])
async def test_without_it_each_command_is_asked_and_that_is_said_once(tmp_path: Path, mode: str) -> None:
    """Also what Claude Code itself takes for harmless: `cat` reads keys."""
    commands = ["cat /etc/hostname", "echo x > here", "git log --output=here", "ls"]
    acts = ({"when": {"after": "Bash"}, "say": "Done."}, {"calls": [runs(command) for command in commands]})
    bin_with(tmp_path / "bin", bwrap="echo 'bwrap: No permissions to create a new namespace' >&2; exit 1", socat="")
    path = f"{tmp_path / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    asked: list[Asks] = []
    rights: dict[str, Any] = {"allowed_tools": ["Bash(git log*)", "Bash(ls*)"]}
    async with command_line(tmp_path, *acts, environ={"PATH": path}, sandbox=mode) as (runner, _):
        events = await ran(runner, order(tmp_path / "work", **rights), no(asked))
        assert isinstance(events[0], Began)
        again = await ran(runner, order(tmp_path / "work", session=events[0].session, **rights), no([]))
    assert [event.exact for event in asked] == commands[:3]  # `ls` only looks around in the folder
    said = Says(PHONE_WORDS.unsandboxed)
    assert events.count(said) == (mode == "preferred")
    assert said not in again
    assert not await anyio.Path(tmp_path / "work" / "here").exists()


@real
@on_linux
@pytest.mark.timeout(120)
async def test_what_stays_inside_is_unasked_and_the_wall_stands_after_a_break(tmp_path: Path) -> None:
    await works_here()
    commands = [
        "echo x > here; mkdir -p a/b; mv here a/b",
        "echo $TMPDIR > where; echo x > $TMPDIR/mine",
        "for i in 1 2; do sleep 0.1; done; python3 -c 'print(1)'",
        "curl -sS -m 3 http://allowed.example/",
        "curl -sS -m 3 http://other.example/",
        f"echo x > {tmp_path}/outside",
    ]
    acts = ({"when": {"after": "Bash"}, "say": "Done."}, {"calls": [runs(command) for command in commands]})
    rights: dict[str, Any] = {"allowed_tools": ["WebFetch(domain:allowed.example)"]}
    asked: list[Asks] = []
    async with (
        anyio.TemporaryDirectory(prefix="pv-", dir="/tmp") as short,
        command_line(tmp_path, *acts, sandbox="preferred", environ={"TMPDIR": short}) as (runner, _),
    ):
        events = await ran(runner, order(tmp_path / "work", **rights), no(asked))
        assert isinstance(events[0], Began)
        again = await ran(runner, order(tmp_path / "work", session=events[0].session, **rights), no(asked))
        assert await anyio.to_thread.run_sync(os.listdir, short) == []
    assert isinstance(events[-1], Done)
    assert isinstance(again[-1], Done)
    assert Says(PHONE_WORDS.unsandboxed) not in events
    assert {event.tool for event in asked} == {"SandboxNetworkAccess"}
    assert {event.exact for event in asked} == {"host: other.example"}
    work = anyio.Path(tmp_path / "work")
    assert await (work / "a" / "b" / "here").exists()
    own = Path((await (work / "where").read_text()).strip())
    assert own.is_relative_to(short)  # the run's own temporary folder, and gone with it
    assert own.parent != Path(short)
    assert not await anyio.Path(tmp_path / "outside").exists()


@real
@on_linux
@pytest.mark.timeout(120)
async def test_a_projects_own_settings_cannot_open_it(tmp_path: Path) -> None:
    await works_here()
    settings = tmp_path / "work" / ".claude" / "settings.json"
    settings.parent.mkdir(parents=True)
    opened = f'"enabled": false, "filesystem": {{"allowWrite": ["{tmp_path}"]}}, "excludedCommands": ["touch *"]'
    settings.write_text(f'{{"sandbox": {{{opened}, "network": {{"allowedDomains": ["*.example"]}}}}}}')
    out = tmp_path / "outside"
    wide = {"command": f"echo x > {out}", "description": "Look", "dangerouslyDisableSandbox": True}
    commands = [
        runs(f"echo x > {out}"),
        runs(f"touch {out}"),
        {"tool": "Bash", "input": wide},
        runs("curl -m 30 http://a.example/"),
    ]
    acts = ({"when": {"after": "Bash"}, "say": "Done."}, {"calls": commands})
    asked: list[Asks] = []
    async with command_line(tmp_path, *acts, sandbox="preferred") as (runner, claude):
        await ran(runner, order(tmp_path / "work"), no(asked))
    assert not await anyio.Path(out).exists()
    assert [event.tool for event in asked] == ["SandboxNetworkAccess"]
    assert "so nothing runs outside of it here" in str(claude.exchanges[-1].request["messages"])


@real
@on_linux
@pytest.mark.timeout(120)
async def test_a_yes_lets_one_command_out(tmp_path: Path) -> None:
    await works_here()
    out = tmp_path / "outside"
    wide = {"command": f"echo x > {out}", "description": "Look", "dangerouslyDisableSandbox": True}
    acts = ({"when": {"after": "Bash"}, "say": "Done."}, {"calls": [{"tool": "Bash", "input": wide}]})

    def caller(event: TaskEvent) -> Word | None:
        return Answer(event.ask, yes=True) if isinstance(event, Asks) else None

    async with command_line(tmp_path, *acts, sandbox="preferred") as (runner, _):
        events = await ran(runner, order(tmp_path / "work", allowed_tools=["Bash(echo *)"]), caller)
    assert sum(isinstance(event, Asks) for event in events) == 1
    assert await anyio.Path(out).exists()


@real
@on_linux
@pytest.mark.timeout(120)
async def test_a_helper_of_the_run_is_held_as_well(tmp_path: Path) -> None:
    await works_here()
    out = tmp_path / "outside"
    wide = {"command": f"echo x > {out}", "description": "Look", "dangerouslyDisableSandbox": True}
    helper = {"description": "Look", "prompt": "Look for it.", "subagent_type": "general-purpose", "run_in_background": False}
    acts = (
        {"when": {"after": "Agent"}, "say": "Done."},
        {"when": {"after": "Bash"}, "say": "I have looked."},
        {"when": {"heard": "Look for it"}, "calls": [runs(f"echo x > {out}; echo held"), {"tool": "Bash", "input": wide}]},
        {"calls": [{"tool": "Agent", "input": helper}]},
    )
    asked: list[Asks] = []
    async with command_line(tmp_path, *acts, sandbox="preferred") as (runner, claude):
        await ran(runner, order(tmp_path / "work", allowed_tools=["Agent"]), no(asked))
    assert not await anyio.Path(out).exists()
    assert [event.exact for event in asked] == [f"{wide['command']}\ndangerouslyDisableSandbox: true"]
    assert "Read-only file system" in str([exchange.request["messages"] for exchange in claude.exchanges])


@real
@on_linux
@pytest.mark.timeout(120)
async def test_a_run_whose_sandbox_was_killed_goes_on_and_leaves_nothing_lying(tmp_path: Path) -> None:
    await works_here()
    work = anyio.Path(tmp_path / "work")
    acts = (
        {"when": {"after": "Bash"}, "say": "Done."},
        {"when": {"heard": "cut off"}, "calls": [runs("echo two >> steps")]},
        {"calls": [runs("echo one >> steps; while :; do sleep 0.1; done")]},
    )
    async with command_line(tmp_path, *acts, sandbox="required", private=[tmp_path / "work"]) as (runner, _):
        send, words = anyio.create_memory_object_stream[Word](1)
        session = ""
        with send, words:
            async with aclosing(runner.run(order(tmp_path / "work"), words)) as events, anyio.create_task_group() as group:

                async def kill(mark: str) -> None:
                    await eventually((work / "steps").exists, bool, within_s=40)
                    for pid in await anyio.to_thread.run_sync(processes.family, mark):
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)

                async for event in events:
                    if isinstance(event, Began):
                        session = event.session
                        group.start_soon(kill, session)
        again = await ran(runner, order(tmp_path / "work", session=session))
    assert isinstance(again[-1], Done)
    assert await (work / "steps").read_text() == "one\ntwo\n"
    assert {path.name async for path in work.iterdir()} <= {"steps", ".claude"}
    assert {path.name async for path in (work / ".claude").iterdir()} <= {".cc-writes"}
