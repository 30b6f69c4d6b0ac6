"""The town around servers that may be killed: an emulated Azure and a scripted Claude, which go on when one dies.

A server is `pai-voice serve` in a process of its own, and its work is done by the real command line.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
import yaml
from pydantic import SecretStr

from agents.processes import MARK
from agents.script import Script
from agents.scripted import ScriptedClaude
from orchestrator.config import Settings, TaskSettings
from orchestrator.scripted_house import serving
from orchestrator.task_list import KeptTask, all_tasks
from telephony.acs_emulator import EMULATOR_KEY, Emulator
from tests.kit.commands import COMMAND, Running, environment, eventually, run, running

HOUSE: Final = "+15550199"
SECRET: Final = "a-secret-of-the-webhook"
KAI: Final = Path(__file__).parents[2] / "agents" / "kai.yaml"
COUNTING: Final = Script.read(Path(__file__).with_name("counting.yaml"))
"""Three steps and a report, of which each is done once, however often the run is begun."""
DATABASE: Final = "PAI_VOICE_TASKS__DATABASE"
SOON: Final = ",".join(["0.02"] * 20)
"""Minutes until the next try: each call in which a server dies costs one."""
Fact = dict[str, Any]


@dataclass
class Server:
    """Started again whenever it was killed, unless it is to stay dead. Its address stays the same, as Azure knows it."""

    folder: Path
    url: str
    env: dict[str, str]
    program: Sequence[str]
    deaths: int = 0
    up: anyio.Event = field(default_factory=anyio.Event)
    _rises: anyio.Event = field(default_factory=anyio.Event)
    _running: Running | None = None

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def work(self, task: str) -> Path:
        """Where that is done, by this server."""
        return self.home / "tasks" / task / "work"

    async def live(self) -> None:
        self.rise()
        while True:
            await self._rises.wait()
            async with running("serve", env=self.env, cwd=self.folder, program=self.program) as self._running:
                await self._running.says("listening on", within_s=120)
                self.up.set()
                await self._running.process.wait()

    async def kill(self, *, for_good: bool = False) -> None:
        """With kill -9, at this very moment; returns when it is dead."""
        assert self._running
        assert self.up.is_set()
        self.up = anyio.Event()
        self._rises = anyio.Event() if for_good else self._rises
        self.deaths += 1
        os.kill(self._running.process.pid, signal.SIGKILL)
        await self._running.process.wait()

    def rise(self) -> None:
        """After all."""
        self._rises.set()

    async def says(self, *command: str) -> Any:
        """What a command says as JSON, beside the server."""
        done = await run(*command, "--json", env=self.env, cwd=self.folder, within_s=60)
        assert done.code == 0, done.err
        return done.json


@dataclass
class Town:
    azure: Emulator
    claude: ScriptedClaude
    servers: list[Server]

    @property
    def server(self) -> Server:
        """The one that Azure's calls go to."""
        return self.servers[0]

    async def tasks(self) -> list[KeptTask]:
        """As they are kept, the oldest first."""
        database = self.server.env.get(DATABASE)
        settings = Settings(home=self.server.home, tasks=TaskSettings(database=SecretStr(database) if database else None))
        return (await anyio.to_thread.run_sync(all_tasks, settings))[::-1]

    async def told(self, count: int, within_s: float) -> list[KeptTask]:
        """The tasks, as soon as there are so many and no more is to be done about any."""

        def over(found: list[KeptTask]) -> bool:
            return len(found) == count and {task.state for task in found} == {"told"}

        return await eventually(self.tasks, over, within_s=within_s)

    def journals(self) -> list[list[Fact]]:
        """The facts of each call, at whichever server; a last line that a crash cut off is no fact."""
        files = sorted(file for server in self.servers for file in (server.home / "calls").glob("*/journal.jsonl"))
        return [[json.loads(line) for line in file.read_text().split("\n")[:-1]] for file in files]

    def facts(self, kind: str, **of: Any) -> list[Fact]:
        return [fact for journal in self.journals() for fact in journal if {"kind": kind, **of}.items() <= fact.items()]

    async def fact(self, kind: str, within_s: float = 60.0, **of: Any) -> Fact:
        """The first of that kind, as soon as it stands in a journal."""

        async def look() -> list[Fact]:
            return self.facts(kind, **of)

        return (await eventually(look, bool, within_s=within_s))[0]

    async def leaves_no_run(self) -> None:
        """No command line, no worker that hosts one, and nothing that they started."""

        async def left() -> list[str]:
            return [name for server in self.servers for name in processes_of(server.folder) if MARK in name]

        await eventually(left, lambda names: not names)


def processes_of(folder: Path) -> list[str]:
    """The environments of all processes that know of this folder."""
    found: list[str] = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            around = path.read_bytes().decode(errors="replace")
        except OSError:
            continue  # it has just ended, or is not ours
        if str(folder) in around and int(path.parent.name) != os.getpid():
            found.append(around)
    return found


@asynccontextmanager
async def town(
    folder: Path,
    script: Script,
    owners: Sequence[str],
    names: Sequence[str] = ("one",),
    *,
    task: Mapping[str, Any] | None = None,
    program: Sequence[str] = (COMMAND,),
    env: Mapping[str, str] | None = None,
) -> AsyncGenerator[Town]:
    """Its servers run while this is entered, killed or not. `task` is more of Kai's; `env` is for all servers."""
    async with AsyncExitStack() as stack:
        azure = await stack.enter_async_context(Emulator.serve())
        claude = await stack.enter_async_context(serving(script))
        place = Town(azure, claude, [])
        for name in names:
            home = folder / name
            await anyio.to_thread.run_sync(_furnish, home, task or {})
            url = f"http://127.0.0.1:{_free_port()}"
            place.servers.append(Server(home, url, _environment(home, url, azure, claude, owners) | dict(env or {}), program))
        lives = await stack.enter_async_context(anyio.create_task_group())
        stack.callback(lives.cancel_scope.cancel)
        for server in place.servers:
            lives.start_soon(server.live)
        for server in place.servers:
            await server.up.wait()
        assert await azure.subscribe(f"{place.server.url}/acs/events", {"x-pai-voice-secret": SECRET})
        yield place


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return door.getsockname()[1]


def _furnish(folder: Path, task: Mapping[str, Any]) -> None:
    for name in ("agents", "claude"):
        (folder / name).mkdir(parents=True)
    kai = yaml.safe_load(KAI.read_text())
    kai["greeting"] = "Hello."  # nobody has to wait for a longer one
    kai["task"] = {"allowed_tools": ["Bash", "Write"], "narration": "quiet", **task}
    (folder / "agents" / "kai.yaml").write_text(yaml.safe_dump(kai))


def _environment(folder: Path, url: str, azure: Emulator, claude: ScriptedClaude, owners: Sequence[str]) -> dict[str, str]:
    """Ears, mouth and music are the cheapest, for several servers share this machine; nobody's own skills are touched."""
    port = url.rpartition(":")[2]
    settings = {
        "SERVER__PORT": port,
        "ACS__ENDPOINT": azure.url,
        "ACS__ACCESS_KEY": EMULATOR_KEY,
        "ACS__AUDIENCE": azure.settings.resource_id,
        "ACS__JWKS_URL": f"{azure.url}/calling/keys",
        "ACS__PUBLIC_URL": url,
        "ACS__PHONE_NUMBER": HOUSE,
        "ACS__WEBHOOK_SECRET": SECRET,
        "ADMISSION__ALLOW": ",".join(owners),
        "VOICES__ENGINES": "espeak",
        "VOICES__CACHE_MB": "0",  # else each speaks 510 lines in advance
        "HOLD__MUSIC": "off",
        "PAI__AUTH": "inherit",
        "PAI__BASE_URL": claude.url,
        "PAI__MODEL": "claude-haiku-5-5",
        "CALLBACK__HOURS": "00:00-24:00",
        "CALLBACK__RETRIES": SOON,
    }
    own = {f"PAI_VOICE_{name}": value for name, value in settings.items()}
    own |= {"ANTHROPIC_API_KEY": "scripted", "ANTHROPIC_BASE_URL": claude.url}
    own |= {"HOME": str(folder / "claude"), "CLAUDE_CONFIG_DIR": str(folder / "claude" / ".claude")}
    return environment(folder, **own)
