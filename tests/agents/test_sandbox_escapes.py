"""Of a hundred ways out of the sandbox, none succeeds unasked: the real command line, in the real sandbox."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
import pytest

from agents import processes
from agents.exact import exact
from agents.sandbox import check_sandbox
from agents.scripted import ScriptedClaude
from agents.work import Answer, Asks, Began, Done, TaskEvent, Word
from tests.agents.command_line import command_line, runs
from tests.agents.escapes import DONE, FOLDER, REACHES, READS, RISKY, SECRET, WRITES, Row
from tests.agents.workplace import order, ran

pytestmark = [pytest.mark.realcli, pytest.mark.timeout(240)]  # some fifty commands, each in a sandbox of its own
API_KEY: Final = "sk-of-the-run"
HOSTS: Final = ("unheard-of.example", "127.0.0.1")
KEYS: Final = (
    ".ssh/id_rsa", ".aws/credentials", ".config/gcloud/x", ".netrc", ".docker/config.json", ".mozilla/x",
    ".config/google-chrome/x", ".gnupg/x", ".kube/config", ".claude/.credentials.json",
)  # fmt: skip
RIGHTS: Final[dict[str, Any]] = {
    "allowed_tools": ["Read", "Grep", "Glob", "Write(./**)", "Edit(./**)", "Bash(git status*)", "Bash(git log*)"],
    "risky_tools": ["Bash(git push*)", "Bash(rm -f *)"],
}


@dataclass
class World:
    """A home with keys, a data folder with the work's in it, and somebody who listens outside."""

    root: Path
    asked: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.home, self.out, self.data, self.settings = (self.root / name for name in ("home", "out", "data", "settings"))
        self.work = self.data / "tasks" / "t1" / "work"
        for folder in (
            self.work,
            self.out,
            self.settings,
            self.data / "notes",
            self.data / "calls",
            self.home / ".config/autostart",
        ):
            folder.mkdir(parents=True)
        secret = [*(self.home / name for name in KEYS), self.data / "notes" / "all.md", self.data / "calls" / "1.jsonl"]
        for file in [*secret, self.data / "tasks" / "other" / FOLDER / "notes.md", self.settings / "pai-voice.toml"]:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{SECRET}\n")
        (self.home / ".profile").write_text("# the owner's\n")
        (self.out / "precious").write_text("kept\n")
        (self.out / "book.ipynb").write_text('{"cells": [{"cell_type": "code", "id": "a", "source": ["1"]}], "nbformat": 4}')
        git = ["git", "-C", str(self.work), "-c", "user.name=a", "-c", "user.email=a@b.c"]
        for command in (["init", "-q", "repository"], ["-C", "repository", "commit", "-q", "--allow-empty", "-m", "x"]):
            subprocess.run([*git, *command], check=True)
        (self.work / "made_before").symlink_to(self.out)
        (self.work / "made_before_key").symlink_to(self.home / ".ssh/id_rsa")

    @contextmanager
    def listening(self) -> Generator[list[socket.socket]]:
        """Nobody accepts: whoever reached them waits there."""
        with ExitStack() as stack:
            tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
            unix, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
            doors = [stack.enter_context(door) for door in (tcp, udp, unix, abstract)]
            tcp.bind(("127.0.0.1", 0))
            self.port = tcp.getsockname()[1]
            udp.bind(("127.0.0.1", self.port))
            unix.bind(str(self.out / "docker.sock"))
            abstract.bind(f"\0pai-voice-{self.port}")
            for door in doors:
                door.setblocking(False)
                if door is not udp:
                    door.listen(64)
            yield doors

    def filled(self, value: Any, number: int) -> Any:
        if not isinstance(value, str):
            return value
        hook = {"hooks": [{"type": "command", "command": f"touch {self.out}/{number}"}]}
        known = {
            "hooks": json.dumps({"hooks": {"SessionStart": [hook], "PreToolUse": [hook]}}),
            "mcp": json.dumps({"mcpServers": {"x": {"command": "touch", "args": [f"{self.out}/{number}"]}}}),
            "pid": str(os.getpid()),
            "tmp": str(self.root),
            "shell": str(Path(processes.__file__).with_name("pai_shell.sh")),
            "port": str(getattr(self, "port", 0)),
            "n": str(number),
            **{name: str(getattr(self, name)) for name in ("home", "out", "data", "settings", "work")},
        }
        for name, text in known.items():
            value = value.replace(f"{{{name}}}", text)
        return value

    def calls(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        return [
            {"tool": row.tool, "input": {key: self.filled(value, number) for key, value in row.given.items()}}
            for number, row in enumerate(rows, 100)
        ]

    def no(self, event: TaskEvent) -> Word | None:
        """The caller's answer to everything."""
        if not isinstance(event, Asks):
            return None
        self.asked.append(event.exact)
        return Answer(event.ask, yes=False)

    def untouched(self) -> bool:
        return (self.home / ".profile").read_text() == "# the owner's\n" and (self.out / "precious").exists()


def results(claude: ScriptedClaude) -> list[str]:
    """What each tool's use gave, in the order in which Claude wanted them."""
    gave: dict[str, str] = {}
    for exchange in claude.exchanges:
        for message in exchange.request["messages"]:
            for block in message["content"] if isinstance(message["content"], list) else []:
                if block["type"] == "tool_use":
                    gave.setdefault(block["id"], "")
                elif block["type"] == "tool_result":
                    gave[block["tool_use_id"]] = text(block["content"])
    return list(gave.values())


def text(content: Any) -> str:
    return content if isinstance(content, str) else " ".join(str(block.get("text", "")) for block in content)


async def tried(world: World, rows: Sequence[Row], *, again: bool) -> list[str]:
    """What came of each: who was asked, how it was held, or `ESCAPED`. `again`: the folder's next run is begun as well, at which
    what was planted would run."""
    calls = world.calls(rows)
    end = {"when": {"after": "*"}, "say": "Done."}
    more: dict[str, Any] = {"sandbox": "required", "private": [world.data, world.settings], "api_key": API_KEY}
    async with command_line(world.root, end, {"calls": calls}, **more) as (runner, claude):
        events = await ran(runner, order(world.work, **RIGHTS), world.no)
        gave = results(claude)
    assert isinstance(events[-1], Done), events[-1]
    assert isinstance(events[0], Began)
    assert await anyio.to_thread.run_sync(processes.family, events[0].session) == {}
    if again:
        async with command_line(world.root, end, {"calls": [runs("git status")]}, **more) as (runner, _):
            events = await ran(runner, order(world.work, **RIGHTS), world.no)
        assert isinstance(events[-1], Done)
    assert len(gave) == len(rows)
    return [outcome(world, number, *one) for number, one in enumerate(zip(calls, gave, strict=True), 100)]


def outcome(world: World, number: int, call: dict[str, Any], said: str) -> str:
    names = (f"{number}", f"{number}.desktop", f"pai-voice-{number}")
    places = (world.out, world.home / ".config/autostart", world.root, world.work.parent, Path("/etc/cron.d"))
    came_to_be = [file for place in places for name in names if (file := place / name).exists()]
    told = [word for word in (SECRET, DONE, API_KEY) if word in said]
    if came_to_be or told or not said:
        return f"ESCAPED: {came_to_be or told or 'nothing is known of it'}"
    if "The caller says no" in said:
        return "asked"
    hosts = "\n".join(world.asked).splitlines()
    if host := next((host for host in HOSTS if f"host: {host}" in hosts and host in str(call["input"])), ""):
        return f"asked for {host}" if "blocked by network allowlist" in said else f"held: {said[:100]}"
    return f"held: {' '.join(said.split())[:100]}"


def test_a_host_that_was_asked_for_counts_as_asked(tmp_path: Path) -> None:
    """By the text that the run's question has today."""
    world, (host, _) = World(tmp_path), HOSTS
    call = {"tool": "Bash", "input": {"command": f"curl https://{host}"}}
    blocked = "Connection blocked by network allowlist"
    assert outcome(world, 100, call, blocked).startswith("held")
    world.asked.append(exact("SandboxNetworkAccess", {"host": host}))
    assert outcome(world, 100, call, blocked) == f"asked for {host}"
    assert outcome(world, 100, call, "no such host").startswith("held")


async def the_sandbox_works() -> None:
    check = await check_sandbox({"PATH": os.environ["PATH"]})
    if not check.works:
        pytest.skip(f"no sandbox works here: {check.why}; fix: {check.fix}")


def shown(rows: Sequence[Row], came: Sequence[str]) -> str:
    return "\n".join(f"{row.what:40} {row.tool:13} {outcome}" for row, outcome in zip(rows, came, strict=True))


@pytest.mark.parametrize(
    ("rows", "again"), [(WRITES, True), ((*READS, *REACHES, *RISKY), False)], ids=["writes", "reads and reaches"]
)
async def test_nothing_gets_out_unasked(tmp_path: Path, rows: Sequence[Row], again: bool, record_property: Any) -> None:
    await the_sandbox_works()
    world = await anyio.to_thread.run_sync(World, tmp_path)
    with world.listening() as doors:
        came = await tried(world, rows, again=again)
        reached = [door for door in doors if _reached(door)]
    table = shown(rows, came)
    record_property("table", table)
    assert "ESCAPED" not in table, table
    assert not reached
    assert world.untouched()
    if RISKY[0] in rows:
        assert came[-len(RISKY) :] == ["asked"] * len(RISKY)
        assert f"asked for {HOSTS[0]}" in came


def _reached(door: socket.socket) -> bool:
    try:
        if door.type == socket.SOCK_DGRAM:
            return bool(door.recv(64))
        door.accept()[0].close()
    except BlockingIOError:
        return False
    return True


PLAIN: Final = (
    "redirection", "cp", "python from a file", "a link to a folder outside", "git -C", "cat of a key", "our data folder",
    "a hard link to a key", "the proxy's variables unset", "a socket", "docker's socket", "DNS by hand",
)  # fmt: skip


def test_without_the_wall_they_would(tmp_path: Path) -> None:
    """So what holds them is the sandbox, and an escape is seen here."""
    world = World(tmp_path)
    rows = [row for row in (*WRITES, *READS, *REACHES) if row.what in PLAIN]
    assert len(rows) == len(PLAIN)
    with world.listening() as doors:
        for number, (row, call) in enumerate(zip(rows, world.calls(rows), strict=True), 100):
            done = subprocess.run(
                ["bash", "-c", call["input"]["command"]], cwd=world.work, capture_output=True, text=True, check=False
            )
            out = outcome(world, number, call, f"{done.stdout}{done.stderr} ")
            assert out.startswith("ESCAPED") or any(map(_reached, doors)), row.what
