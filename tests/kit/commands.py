"""The product as people run it: `pai-voice` in processes of its own, in an environment of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import httpx2
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

COMMAND: Final = str(Path(sys.executable).parent / "pai-voice")
POLL_S: Final = 0.05
SOON_S: Final = 40.0  # what comes at all comes within that, however busy the machine: nothing here is about how fast it is
# Programs need these to start, or should work with any; the last three ask tests of ours for more.
KEPT: Final = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "TZ", "LANG", "LANGUAGE",
    "SENTENCES", "KILLS", "SEEDS",
)  # fmt: skip
KEPT_ALL: Final = ("LC_", "LD_", "OMP_", "OPENBLAS_", "PIP_", "PYTEST_", "PYTHON", "SSL_")
T = TypeVar("T")


def machine() -> dict[str, str]:
    """The environment without what its owner set for us, PAI, Claude, git or a proxy: no test depends on it."""
    return {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_ALL)}


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Nothing of the person's own settings, and everything that is written lands in `folder`."""
    own = {"PAI_VOICE_HOME": str(folder / "home"), "PAI_VOICE_AGENTS": str(folder / "agents"), "XDG_CONFIG_HOME": str(folder)}
    return machine() | own | more


@dataclass
class Finished:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


async def run(*arguments: str, env: Mapping[str, str], cwd: Path, within_s: float = SOON_S) -> Finished:
    """A command, to its end."""
    with anyio.fail_after(within_s):
        done = await anyio.run_process([COMMAND, *arguments], check=False, env=env, cwd=cwd, stdin=subprocess.DEVNULL)
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


class Running:
    """A command that runs; its standard output is read line by line."""

    def __init__(self, process: Process, log: Path) -> None:
        assert process.stdout
        self.process = process
        self._out = BufferedByteReceiveStream(process.stdout)
        self.log = log
        """What it says on standard error."""
        self.lines: list[str] = []

    async def says(self, what: str, within_s: float = SOON_S) -> str:
        """The first line from now on with this in it."""
        with anyio.fail_after(within_s):
            while True:
                try:
                    line = (await self._out.receive_until(b"\n", 65_536)).decode()
                except anyio.IncompleteRead:
                    raise AssertionError(f"it ended before it said {what!r}: {self.lines} {self.log.read_text()}") from None
                self.lines.append(line)
                if what in line:
                    return line

    async def ends(self, within_s: float = SOON_S) -> int:
        with anyio.fail_after(within_s):
            return await self.process.wait()


@asynccontextmanager
async def running(
    *arguments: str, env: Mapping[str, str], cwd: Path, program: Sequence[str] = (COMMAND,)
) -> AsyncGenerator[Running]:
    """Killed at the end, if it still runs."""
    log = cwd / f"{'-'.join(arguments[:2]).replace('/', '_')}.log"
    with log.open("ab") as stderr:
        async with await anyio.open_process([*program, *arguments], env=env, cwd=cwd, stderr=stderr) as process:
            try:
                yield Running(process, log)
            finally:
                if process.returncode is None:
                    process.send_signal(signal.SIGKILL)


@dataclass
class Premises:
    """An emulated Azure, a server that answers it, and those who call."""

    folder: Path
    env: dict[str, str]
    azure: httpx2.AsyncClient
    """On the emulator's control API."""
    server: Running
    server_url: str

    @property
    def azure_url(self) -> str:
        return str(self.azure.base_url).removesuffix("/control/")

    def dial(self, caller: str, *arguments: str) -> tuple[str, ...]:
        return ("dial", "--emulator", self.azure_url, "--from", caller, *arguments)

    async def place(self, caller: str, **options: Any) -> str:
        """A call that nobody holds; its id at Azure."""
        placed = await self.azure.post("calls", json={"from": caller, "to": "+15550199", "options": options})
        return placed.json()["call"]

    async def record(self, **of: Any) -> list[dict[str, Any]]:
        """What Azure recorded, of all that `of` says."""
        entries = (await self.azure.get("record")).json()
        flat = [{"what": entry["what"], "call": entry["call"], **entry["detail"]} for entry in entries]
        return [entry for entry in flat if of.items() <= entry.items()]

    async def comes(self, count: int = 1, **of: Any) -> list[dict[str, Any]]:
        """The entries of the record of all that `of` says, as soon as there are so many."""
        return await eventually(lambda: self.record(**of), lambda found: len(found) >= count)

    async def journals(self, caller: str) -> list[list[dict[str, Any]]]:
        """The facts of each call by this number."""
        files = sorted((self.folder / "home" / "calls").glob("*/journal.jsonl"))
        calls = [[json.loads(line) for line in file.read_text().splitlines()] for file in files]
        return [call for call in calls if call and call[0]["caller"] == caller]

    async def begun(self, caller: str) -> list[dict[str, Any]]:
        """The journal of this number's one call, as soon as it begins."""
        (call,) = await eventually(lambda: self.journals(caller), bool)
        return call

    async def ended(self, caller: str) -> list[dict[str, Any]]:
        """The journal of this number's one call, when it is whole."""
        (call,) = await eventually(
            lambda: self.journals(caller), lambda found: bool(found) and found[0][-1]["kind"] == "call_ended"
        )
        return call


async def eventually(look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], within_s: float = SOON_S) -> T:
    """What `look` gives, as soon as it is what is wanted: for what other processes do, which cannot wake us."""
    with anyio.fail_after(within_s):
        while True:
            if wanted(found := await look()):
                return found
            await anyio.sleep(POLL_S)


@asynccontextmanager
async def premises(folder: Path, program: Sequence[str] = (COMMAND,), **env: str) -> AsyncGenerator[Premises]:
    """`pai-voice emulate acs` and, with the settings that it prints, `pai-voice serve`; `env` is for both.
    `program` is how the server is started."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    own = environment(folder, **env)
    server_url = f"http://127.0.0.1:{port}"
    emulate = ("emulate", "acs", "--port", "0", "--events", f"{server_url}/acs/events")
    async with running(*emulate, env=own, cwd=folder) as azure:
        await azure.says("allow = ")
        own["PAI_VOICE_CONFIG"] = str(folder / "printed.toml")
        await anyio.Path(own["PAI_VOICE_CONFIG"]).write_text("\n".join(azure.lines))
        azure_url = next(line.split('"')[1] for line in azure.lines if line.startswith("endpoint"))
        async with running("serve", env=own, cwd=folder, program=program) as server:
            await server.says("listening on")
            async with httpx2.AsyncClient(base_url=f"{azure_url}/control/", trust_env=False) as client:
                yield Premises(folder, own, client, server, server_url)


def children(pid: int) -> list[int]:
    """Of a process, by /proc."""
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
    return [child for child, stat in stats.items() if int(stat[1]) == pid and stat[0] != "Z"]


def lines(names: Sequence[str]) -> list[str]:
    """The demo's recordings of these names, as arguments of `dial`."""
    folder = Path(__file__).parents[2] / "orchestrator" / "demo"
    return [argument for name in names for argument in ("--wav", str(folder / f"{name}.wav"))]
