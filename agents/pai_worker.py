"""The process that hosts one run of the command line: `python -m agents.pai_worker`, told and telling by agents/pai_wire.

It has an environment of its own, so that no secret of the server's reaches the run's shell. It ends when its stdin does, when
it is terminated, and when its parent dies; each time it interrupts the run first, and ends what that has left running.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

import anyio
import anyio.to_thread
from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    CLINotFoundError,
    HookContext,
    HookInput,
    HookJSONOutput,
    HookMatcher,
    PermissionResultAllow,
    PermissionResultDeny,
    ToolPermissionContext,
    create_sdk_mcp_server,
    delete_session,
    get_session_info,
    tool,
)

from agents import processes
from agents.errors import Crashed, NotInstalled, WorkError
from agents.pai_reading import OURS, Reading
from agents.pai_wire import LONGEST, Broke, FromWorker, Job, Reply, Wants, for_worker, lines_of, pack
from agents.reach import clear_guards, run_settings, speaks_of_the_sandbox
from agents.tool_gate import ToolGate
from agents.work import Add, Stop

_SHELL: Final = Path(__file__).with_name("pai_shell.sh")
_GONE_S: Final = 2.0  # between two looks at whether the command line still lives while it begins
_SDK_WAITS: Final = "CLAUDE_CODE_STREAM_CLOSE_TIMEOUT"  # milliseconds: for the SDK, of a command line that begins
_AS_USUAL: Final = "60000"  # for the command line itself, where it means something else
_INTERRUPT_S: Final = 4.0  # for the command line to end its turn; it takes 0.1 s
_LINGER_S: Final = 2.0  # after the end, for a wish that was sent just before it
_STDERR_LINES: Final = 5
BEGINNING: Final = 4_096  # characters


class Host:
    """One run."""

    def __init__(self, job: Job, out: int, shell: Path, temporary: Path, reach: Reach) -> None:
        """`out`: where it tells. `shell`: read before each command, so no command may write it. `temporary`: the run's own."""
        self._job, self._out, self._shell, self._temporary, self._reach = job, out, shell, temporary, reach
        self._known = _begun(job.session)
        self._reading = Reading()
        self._replies: dict[str, Reply] = {}
        self._waiting: dict[str, anyio.Event] = {}
        self._asking = anyio.Lock()  # tools used at once, and helpers, ask at once; a caller answers one question at a time
        self._wishes: set[str] = set()
        """Those that the run has not taken in yet."""
        self._running = anyio.CancelScope()
        self._stopped = self._gone = False
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._client = ClaudeSDKClient(self._options())

    async def work(self) -> None:
        """From the prompt to the end, which is told."""
        try:
            await self._run()
            ending = self._reading.ending(stopped=self._stopped)
        except CLINotFoundError:
            ending = NotInstalled()
        except ClaudeSDKError as error:
            ending = Crashed(" ".join([str(error), *self._stderr]))
        if isinstance(ending, WorkError):
            ending = Broke(ending.code, str(ending).removeprefix(ending.says).strip())
        self._tell(ending)

    async def hear(self, lines: AsyncGenerator[bytes, None]) -> None:
        """What the server says, to its end."""
        async for line in lines:
            match for_worker(line):
                case Reply() as reply:
                    self._replies[reply.ask] = reply
                    self._waiting.pop(reply.ask, anyio.Event()).set()
                case Add(words=words):
                    await self._wish(words)
                case Stop():
                    self._stopped = True
                    self._running.cancel()
                case Job():
                    pass

    async def _run(self) -> None:
        try:
            with self._running:
                await self._connect()
                await self._client.query(self._job.resumed if self._known else self._job.prompt)
                await self._read()
        finally:
            with anyio.CancelScope(shield=True):
                await self._close()

    async def _connect(self) -> None:
        """The user's own hooks run before its first word, and may take minutes; one that has ended is not waited for."""
        failed: Exception | None = None
        os.environ[_SDK_WAITS] = str(round(1_000 * self._job.begin_s) + 1_000)  # noqa: TID251  the SDK has no other way
        patience = anyio.CancelScope(deadline=anyio.current_time() + self._job.begin_s)
        async with anyio.create_task_group() as group:
            with patience:
                group.start_soon(self._watch, patience)
                try:
                    await self._client.connect()
                except Exception as error:  # noqa: BLE001  raised again outside of the group
                    failed = error
            group.cancel_scope.cancel()
        if failed is not None:
            raise failed
        if patience.cancelled_caught:
            ended = "it ended before its first word" if self._gone else f"it did not begin within {self._job.begin_s:g} s"
            raise ClaudeSDKError(ended)

    async def _watch(self, beginning: anyio.CancelScope) -> None:
        """The SDK waits on for a command line that ended without a word."""
        ended = processes.children_ended()
        begun = False
        while not self._gone:
            await anyio.sleep(_GONE_S)  # another process ends, which cannot wake us
            lives = len(await anyio.to_thread.run_sync(processes.family, self._job.session)) > 1  # and we are one
            begun, self._gone = begun or lives or processes.children_ended() > ended, begun and not lives
        beginning.cancel()

    async def _read(self) -> None:
        messages = self._client.receive_messages()
        while not self._reading.over or self._wishes:
            message = None
            with anyio.move_on_after(_LINGER_S if self._reading.over else None):
                message = await anext(messages, None)
            if message is None:
                return
            self._take(message)
            if document := self._reading.changed(message):
                says = await anyio.to_thread.run_sync(beginning, Path(self._job.folder), Path(document))
                for event in self._reading.document(says):
                    self._tell(event)

    def _take(self, message: object) -> None:
        self._wishes -= set(getattr(message, "user_message_uuids", None) or ())
        for event in self._reading.take(message):
            self._tell(event)

    async def _close(self) -> None:
        """Interrupted and read to its end, the command line closes at once; else it would take 5 s."""
        if not self._reading.over:
            with anyio.move_on_after(_INTERRUPT_S):
                try:
                    await self._client.interrupt()
                    async for message in self._client.receive_messages():
                        self._take(message)
                        if self._reading.over:
                            break
                except ClaudeSDKError:
                    pass  # it is gone already, or was never there
        await self._client.disconnect()

    async def _wish(self, words: str) -> None:
        """Taken in by the turn under way, or a turn of its own."""
        uuid = str(uuid4())
        self._wishes.add(uuid)

        async def message() -> AsyncGenerator[dict[str, Any], None]:
            yield {"type": "user", "message": {"role": "user", "content": words}, "parent_tool_use_id": None, "uuid": uuid}

        try:
            await self._client.query(message())
        except ClaudeSDKError:
            self._wishes.discard(uuid)  # not there yet, or no more

    async def _ask(self, tool_name: str, given: dict[str, Any]) -> Reply:
        ask = str(uuid4())
        async with self._asking:
            event = self._waiting[ask] = anyio.Event()
            self._tell(Wants(ask, tool_name, given))
            await event.wait()
            return self._replies.pop(ask)

    async def may_use(
        self, name: str, given: dict[str, Any], context: ToolPermissionContext
    ) -> PermissionResultAllow | PermissionResultDeny:
        """For the command line: waits for the caller's answer, after those to what was asked before."""
        reply = await self._ask(name, given)
        if not reply.yes:
            self._reading.answered(context.tool_use_id or "")
        return PermissionResultAllow() if reply.yes else PermissionResultDeny(message=reply.text)

    async def before(self, given: HookInput, use: str | None, _: HookContext) -> HookJSONOutput:
        """For the command line: what the gate says of a tool's use, before its own rules are looked at."""
        if given["hook_event_name"] != "PreToolUse":
            return {}
        verdict = await anyio.to_thread.run_sync(self._reach.gate.judge, given["tool_name"], given["tool_input"])
        if verdict is None:
            return {}
        if verdict.does == "deny":
            self._reading.refused(use or "")
        return {
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": verdict.does,
                "permissionDecisionReason": verdict.why,
            }
        }

    def _options(self) -> ClaudeAgentOptions:
        job = self._job
        session: Any = {"resume": job.session} if self._known else {"session_id": job.session}
        return ClaudeAgentOptions(
            **session,
            cli_path=job.command,
            cwd=job.folder,
            env={_SDK_WAITS: _AS_USUAL, "CLAUDE_ENV_FILE": str(self._shell), "CLAUDE_CODE_TMPDIR": str(self._temporary)},
            model=job.model,
            system_prompt={"type": "preset", "preset": "claude_code", "append": job.system},
            setting_sources=None if job.setting_sources is None else list(job.setting_sources),  # type: ignore[arg-type]
            settings=json.dumps(self._reach.settings),
            permission_mode="default",
            allowed_tools=[f"{OURS}say", f"{OURS}ask_caller", *job.allowed_tools],
            disallowed_tools=["AskUserQuestion"],  # ours is `ask_caller`
            can_use_tool=self.may_use,
            hooks={"PreToolUse": [HookMatcher(hooks=[self.before])]},
            mcp_servers={"phone": self._tools()},
            verbatim_prompts=True,
            max_turns=job.max_turns,
            max_budget_usd=float(job.max_usd),
            max_buffer_size=LONGEST,
            stderr=self._stderr.append,
        )

    def _tools(self) -> Any:
        """Always loaded: tools from elsewhere are otherwise hidden until Claude looks for them."""
        words = self._job.words
        passing = {"type": "boolean", "description": words["passing"]}
        said = {"type": "object", "properties": {"text": {"type": "string"}, "passing": passing}, "required": ["text"]}

        @tool("say", words["say"], said)
        async def say(given: dict[str, Any]) -> dict[str, Any]:
            told = self._reading.says(str(given.get("text", "")), passing=given.get("passing") is True)
            for event in told:
                self._tell(event)
            return _text(words["said" if told else "unsaid"])

        @tool("ask_caller", words["ask_caller"], {"question": str})
        async def ask_caller(given: dict[str, Any]) -> dict[str, Any]:
            return _text((await self._ask("", given)).text)

        return {**create_sdk_mcp_server("phone", tools=[say, ask_caller]), "alwaysLoad": True}

    def _tell(self, message: FromWorker) -> None:
        """To a server that has died, in vain: what clears up after it must not stop at that."""
        line = memoryview(pack(message))
        with suppress(BrokenPipeError):
            while line:
                line = line[os.write(self._out, line) :]


@dataclass(frozen=True)
class Reach:
    """What a run may do: judged before each use of a tool, and told the command line."""

    gate: ToolGate
    settings: dict[str, Any]

    @classmethod
    def of(cls, job: Job) -> Reach:
        """Looks at the file system."""
        folder, home, private = Path(job.folder).resolve(), Path.home(), [Path(path).resolve() for path in job.private]
        may_leave = job.sandboxed and not speaks_of_the_sandbox(folder, Path(job.own_settings))
        gate = ToolGate(folder, home, sandboxed=job.sandboxed, may_leave=may_leave, private=private, asked=job.asked_tools)
        return cls(gate, run_settings(gate, guarded=map(Path, job.guarded), allowed=job.allowed_tools))


def _begun(session: str) -> bool:
    """There is something to go on with. A session that was cut off before its first word is cleared away: else it is "in use"."""
    if get_session_info(session) is not None:
        return True
    with suppress(FileNotFoundError, ValueError):
        delete_session(session)
    return False


def beginning(folder: Path, document: Path) -> str:
    """As much of a file as has its front matter; empty if it is none, or cannot be read."""
    try:
        path = folder / document.expanduser()
        if not path.is_file():  # nor a pipe, which would never end
            return ""
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(BEGINNING)
    except (OSError, RuntimeError):
        return ""


def _text(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}]}


async def _until_told(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
        async for _ in signals:
            scope.cancel()
            return


async def main() -> None:
    """Whatever writes to stdout from here on writes to stderr: the wire is ours alone."""
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if sys.platform == "linux":
        kernel = ctypes.CDLL(None)
        kernel.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
        kernel.prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: what a shell lets go of without its mark is still found, as our child
    lines = lines_of(sys.stdin)
    first = await anext(lines, None)
    if first is None or not isinstance(job := for_worker(first), Job):
        return
    _tidy(job)
    # The temporary folder is no deeper, and its name is short: with the user's number, Claude Code takes some 44 bytes of it.
    with TemporaryDirectory(prefix="pv-") as own, TemporaryDirectory(prefix="pv-") as ours:
        try:
            reach = await anyio.to_thread.run_sync(Reach.of, job)
            await _work(Host(job, out, Path(copy(_SHELL, ours)), Path(own), reach), lines)
        finally:
            with anyio.CancelScope(shield=True):
                await processes.end(job.session, spare=os.getpid())
                _tidy(job)


def _tidy(job: Job) -> None:
    """Where nobody else works: in the task's own folder, or while no sandbox is alive at all."""
    folder = Path(job.folder)
    if any(folder.is_relative_to(place) for place in job.private) or not processes.named("bwrap"):
        clear_guards(folder)


async def _work(host: Host, lines: AsyncGenerator[bytes, None]) -> None:
    """Until it is done, or the server has nothing more to say, or we are told to end."""
    async with anyio.create_task_group() as group:

        async def hear() -> None:
            await host.hear(lines)
            group.cancel_scope.cancel()

        group.start_soon(hear)
        group.start_soon(_until_told, group.cancel_scope)
        await host.work()
        group.cancel_scope.cancel()


if __name__ == "__main__":
    anyio.run(main)
