"""Long work by the PAI command line: a process per run, in a clean environment, told and heard by agents/pai_wire."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar
from uuid import uuid4

import anyio
import anyio.to_thread
from anyio.abc import ObjectReceiveStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream
from pydantic import AfterValidator, Field, SecretStr, model_validator

from agents import bounds, processes
from agents.definition import Agent, Task
from agents.errors import CODES, Crashed, NoSandbox, NotInstalled, OutOfTime, Stopped, WorkError
from agents.pai_wire import Broke, Job, NoMessage, Reply, ToWorker, Wants, from_worker, pack
from agents.permission import WorkWords
from agents.places import Places
from agents.question import site_of
from agents.rules import asked_by_command_line, for_command_line
from agents.sandbox import SandboxCheck, SandboxMode, check_sandbox
from agents.speakable import described
from agents.strict import Strict
from agents.work import Add, Answer, Asks, Began, Done, Failed, Order, Says, Stop, TaskEvent, Word
from agents.work_time import WorkTime

# What a shell needs; nothing else of the server's environment reaches a run, unless `pai.environment` names it.
ENVIRONMENT: Final = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "TZ", "TMPDIR", "CLAUDE_CONFIG_DIR",
)  # fmt: skip
_ROOT: Final = Path(__file__).parents[1]
_STOP_S: Final = 6.0  # for a run to tell that it stopped; it takes 0.2 s
_GOODBYE_S: Final = 6.0  # for a worker to end by itself; it takes 0.3 s
T = TypeVar("T")


Judged = Callable[[Wants], Awaitable[tuple[Asks, bool]]]
"""What is asked for a tool's use, and whether it needs no question."""


class PaiSettings(Strict):
    """How long work is done."""

    command: Annotated[Path, AfterValidator(bounds.path)] | None = Field(
        default=None, description="A `claude`; the one that comes with `pai-voice[pai]`, else that on the PATH."
    )
    auth: Literal["own_login", "inherit", "api_key"] = Field(
        default="own_login", description="Who pays: the command line's own login, the key of [claude], or `api_key` here."
    )
    api_key: SecretStr | None = Field(default=None, description="Claude's, for `auth = api_key`.")
    base_url: str | None = Field(default=None, description="Of a proxy, or of a scripted Claude.")
    setting_sources: tuple[Literal["user", "project", "local"], ...] | None = Field(
        default=None, description="Whose skills, hooks and rules hold in the work; all if left out."
    )
    environment: tuple[str, ...] = Field(default=(), description="More variables that the work may see, by their names.")
    model: str | None = Field(default=None, min_length=1, description="The command line's own choice if left out.")
    sandbox: SandboxMode = Field(
        default="preferred",
        description="Whether work runs in Claude Code's sandbox: `required` begins none without it, `preferred` asks for each "
        "command where it does not work, and `off` asks for each command.",
    )
    begin_s: float = Field(
        default=660.0,
        gt=0,
        le=3_600,
        description="From the start of the command line to its first word; your own hooks run in between, ten minutes at most.",
    )
    max_turns: int = Field(default=200, ge=1, le=10_000, description="The most steps that one task may take.")

    @model_validator(mode="after")
    def _has_the_key(self) -> Self:
        if self.auth == "api_key" and self.api_key is None:
            raise ValueError('`auth = "api_key"` needs `api_key`')
        return self


class PaiRunner:
    """A TaskRunner: the real command line."""

    def __init__(
        self,
        settings: PaiSettings,
        words: WorkWords,
        *,
        environ: Mapping[str, str],
        key: SecretStr | None = None,
        private: Iterable[Path] = (),
        guarded: Iterable[Path] = (),
    ) -> None:
        """`environ`: where the variables that a run may see are taken from. `key`: the phone's own, for `auth = "inherit"`.

        `private`: what no run sees. `guarded`: what it writes only after a question.
        """
        self._settings, self._words = settings, words
        self._private, self._guarded = tuple(map(str, private)), tuple(map(str, guarded))
        self._sandbox: SandboxCheck | None = None
        self._environ = visible(settings, environ)
        self._key = {"own_login": None, "inherit": key, "api_key": settings.api_key}[settings.auth]

    async def run(self, order: Order, words: ObjectReceiveStream[Word]) -> AsyncGenerator[TaskEvent, None]:
        """See TaskRunner."""
        session = order.session or str(uuid4())
        try:
            command = await anyio.to_thread.run_sync(find_command, self._settings.command, self._environ)
            folder = await anyio.to_thread.run_sync(order.folder.absolute)  # the worker is not started from where we were
            sandboxed = await self._sandboxed()
            job = self._job(order, session, command, folder, sandboxed=sandboxed)
            worker = await _Worker.start(self._variables(session), session)
        except WorkError as error:
            yield Failed(error, "")
            return
        try:
            yield Began(session, worker.pid, await anyio.to_thread.run_sync(processes.started, worker.pid) or 0)
            if self._settings.sandbox == "preferred" and not sandboxed and not order.session:
                yield Says(self._words.unsandboxed)
            places = Places(str(folder), self._environ.get("HOME", ""))

            async def judged(wants: Wants) -> tuple[Asks, bool]:
                return await anyio.to_thread.run_sync(self._judged, wants, order.agent, places)

            run = _Run(order, self._words, worker, words, judged)
            await worker.send(job)
            while not run.over:
                for event in await run.next():
                    yield event
        finally:
            await worker.end()

    def _judged(self, wants: Wants, agent: Agent, places: Places) -> tuple[Asks, bool]:
        """What is asked for that, and whether it needs no question. Looks at links, and may take a while."""
        asks = self._words.asks(wants.ask, wants.tool, wants.input, agent, places)
        return replace(asks, step=described(wants.tool, wants.input)), self._words.unasked(wants.tool, wants.input, agent, places)

    async def reap(self, began: Began) -> bool:
        """See TaskRunner."""
        return await processes.end(began.session)

    async def _sandboxed(self) -> bool:
        """Looked for until it is found, as it may be installed meanwhile. Raises NoSandbox where work may not do without."""
        if self._settings.sandbox == "off":
            return False
        if self._sandbox is None or not self._sandbox.works:
            self._sandbox = await check_sandbox(self._environ)
        if self._settings.sandbox == "required" and not self._sandbox.works:
            raise NoSandbox(f"{self._sandbox.why}; {self._sandbox.fix}")
        return self._sandbox.works

    def _job(self, order: Order, session: str, command: str, folder: Path, *, sandboxed: bool) -> Job:
        task, settings, words = order.agent.task or Task(), self._settings, self._words
        return Job(
            prompt=order.prompt,
            session=session,
            command=command,
            folder=str(folder),
            system=words.system(order.agent),
            resumed=words.resumed,
            words=words.model_dump(include={"say", "passing", "ask_caller", "said", "unsaid"}),
            allowed_tools=for_command_line(task.allowed_tools),
            asked_tools=asked_by_command_line(task.risky_tools),
            max_usd=task.max_usd,
            max_turns=settings.max_turns,
            begin_s=settings.begin_s,
            model=settings.model,
            setting_sources=settings.setting_sources,
            own_settings=self._environ.get("CLAUDE_CONFIG_DIR") or str(Path.home() / ".claude"),
            sandboxed=sandboxed,
            private=self._private,
            guarded=self._guarded,
        )

    def _variables(self, session: str) -> dict[str, str]:
        """All of the run's environment."""
        ours = {
            processes.MARK: session,
            "LIFEOS_NOTIFICATION_CHANNEL": "phone",  # PAI's own voice is not heard on a desktop meanwhile
            "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS": "1",
            "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR": "1",  # each command begins in the folder that its question speaks of
        }
        if self._settings.base_url:
            ours |= {"ANTHROPIC_BASE_URL": self._settings.base_url, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        if self._key:
            ours["ANTHROPIC_API_KEY"] = self._key.get_secret_value().strip()
        return self._environ | ours


def visible(settings: PaiSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a run may see."""
    return {name: environ[name] for name in (*ENVIRONMENT, *settings.environment) if name in environ}


def find_command(wanted: Path | None, environ: Mapping[str, str]) -> str:
    """The command line that is there. Raises NotInstalled."""
    sdk = find_spec("claude_agent_sdk")
    if sdk is None or sdk.origin is None:
        raise NotInstalled("(there is no claude-agent-sdk)")
    bundled = Path(sdk.origin).with_name("_bundled") / "claude"
    found = str(wanted) if wanted else str(bundled) if bundled.is_file() else "claude"
    if command := shutil.which(found, path=environ.get("PATH")):
        return str(Path(command).absolute())  # it is started from elsewhere
    raise NotInstalled(f"(there is no {found})")


class _Run:
    """One run, from the server's side: what it told last, what it waits for, and when it must end."""

    def __init__(
        self, order: Order, phrases: WorkWords, worker: _Worker, words: ObjectReceiveStream[Word], judged: Judged
    ) -> None:
        self.over = False
        self._judged = judged
        self._sites: set[str] = set()
        """Those that the caller let it read pages of."""
        self._phrases, self._worker, self._words = phrases, worker, words
        self._asked: dict[str, Asks] = {}
        self._asked_site: dict[str, str] = {}
        self._nobody = False
        self._achieved = ""
        self._why: WorkError | None = None
        """Why it is told to stop, once it is."""
        self._time = WorkTime((order.agent.task or Task()).max_minutes, anyio.current_time())
        self._stops_by: float | None = None

    async def next(self) -> list[TaskEvent]:
        """What comes of the next thing that happens: a line of the worker's, a word of the caller's, or the end of the time."""
        lines: list[bytes | None] = []
        words: list[Word | None] = []
        with anyio.CancelScope(deadline=self._time.by_s if self._stops_by is None else self._stops_by) as time:
            async with anyio.create_task_group() as first:  # of the two; nothing that the other has taken in by then is lost

                async def take(get: Callable[[], Awaitable[T]], into: list[T]) -> None:
                    into.append(await get())
                    first.cancel_scope.cancel()

                first.start_soon(take, self._worker.line, lines)
                if not self._nobody:
                    first.start_soon(take, self._word, words)
        for word in words:
            await self._hear(word)
        events = [event for line in lines for event in await self._read(line)]
        if time.cancel_called and not self.over:  # by time, however much it has to tell
            events += await self._late()
        self._time.waiting(bool(self._asked), anyio.current_time())
        return events

    async def _word(self) -> Word | None:
        try:
            return await self._words.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            return None

    async def _hear(self, word: Word | None) -> None:
        match word:
            case Answer(ask=ask):
                if asks := self._asked.pop(ask, None):
                    if (site := self._asked_site.pop(ask, "")) and word.yes:
                        self._sites.add(site)
                    await self._worker.send(Reply(ask, word.yes, self._phrases.told(word, asks)))
            case Add():
                await self._worker.send(word)
            case Stop():
                await self._stop(Stopped())
            case None:
                self._nobody = True
                for ask in list(self._asked):
                    await self._unheard(ask)

    async def _unheard(self, ask: str) -> None:
        answer = Answer(ask, yes=False, why="nobody")
        await self._worker.send(Reply(ask, yes=False, text=self._phrases.told(answer, self._asked.pop(ask))))

    async def _read(self, line: bytes | None) -> list[TaskEvent]:
        if line is None:
            return [self._failed(Crashed("Its process ended."))]
        try:
            # A long line takes 10 ms to decode; the next one is not read before.
            told = from_worker(line) if len(line) <= bounds.AT_ONCE_BYTES else await anyio.to_thread.run_sync(from_worker, line)
        except NoMessage as error:
            return [self._failed(Crashed(str(error)))]
        match told:
            case Wants():
                return await self._wanted(told)
            case Broke(code=code, detail=detail):
                return [self._failed(CODES.get(code, Crashed)(detail))]
            case Done() if self._why:
                return [self._failed(self._why)]
            case Done():
                self.over = True
            case Says(text=text):
                self._achieved = text
            case _:
                pass
        return [told]

    async def _wanted(self, wants: Wants) -> list[TaskEvent]:
        """What is asked of it; nothing where it needs no question."""
        ask = wants.ask
        asks, unasked = await self._judged(wants)
        site = site_of(str(wants.input.get("url", ""))) if wants.tool == "WebFetch" and not asks.risky else ""
        if site in self._sites or unasked:
            await self._worker.send(Reply(ask, yes=True, text=""))
            return []
        self._asked[ask], self._asked_site[ask] = asks, site
        if self._nobody:
            await self._unheard(ask)
        return [asks]

    async def _late(self) -> list[TaskEvent]:
        """The time is up: for the work, or for the stopping of it."""
        if self._why is None:
            await self._stop(OutOfTime())
            return []
        return [self._failed(self._why)]

    async def _stop(self, why: WorkError) -> None:
        if self._why is None:
            self._why, self._stops_by = why, anyio.current_time() + _STOP_S
            await self._worker.send(Stop())

    def _failed(self, error: WorkError) -> Failed:
        self.over = True
        return Failed(self._why or error, self._achieved)


class _Worker:
    """The process that hosts the run."""

    def __init__(self, process: Process, mark: str) -> None:
        assert process.stdout
        self._process, self._mark = process, mark
        self._out = BufferedByteReceiveStream(process.stdout)

    @classmethod
    async def start(cls, environment: dict[str, str], mark: str) -> _Worker:
        """Raises Crashed."""
        command = [sys.executable, "-W", "ignore", "-m", "agents.pai_worker"]
        try:
            # In a session of its own, where nobody's Ctrl-C reaches it; where it is started from, its code is found.
            process = await anyio.open_process(
                command, stdin=subprocess.PIPE, stderr=None, env=environment, cwd=_ROOT, start_new_session=True
            )
        except OSError as error:
            raise Crashed(f"It cannot be started: {error}.") from error
        return cls(process, mark)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def line(self) -> bytes | None:
        """The next it tells; None when it tells no more."""
        try:
            return await self._out.receive_until(b"\n", bounds.WORKER_LINE_BYTES)
        except (anyio.IncompleteRead, anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.DelimiterNotFound):
            return None

    async def send(self, message: ToWorker) -> None:
        """To one that has ended, in vain: that it has is told by `line`."""
        assert self._process.stdin
        try:
            await self._process.stdin.send(pack(message))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError, RuntimeError):
            return  # RuntimeError is how uvloop says that the pipe is closed

    async def end(self) -> None:
        """Asked first, by the end of its stdin; then all that is left of the run is killed."""
        assert self._process.stdin
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(_GOODBYE_S):
                await self._process.stdin.aclose()
                await self._process.wait()
            await processes.end(self._mark)
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            await self._process.aclose()
