"""`pai-voice demo`: server, emulated Azure, scripted Claude and a recorded caller, all on loopback; whole calls."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from anyio.abc import TaskStatus
from anyio.streams.memory import MemoryObjectReceiveStream
from pydantic import SecretStr
from rich.console import Console

from agents.pai import PaiRunner, PaiSettings
from agents.permission import WorkWords
from agents.script import Script
from orchestrator.app import House, open_house
from orchestrator.config import ConfigError, Settings, surroundings
from orchestrator.delivery import CallbackSettings
from orchestrator.demo import plan
from orchestrator.demo.leaving import FILES, collected, emptied
from orchestrator.demo.plan import HERE, Happened
from orchestrator.events import CallEnded, Entry
from orchestrator.log import set_up
from orchestrator.rosters import PROMPTS
from orchestrator.screen import Transcript
from orchestrator.scripted_house import by_script
from orchestrator.serve import answering
from telephony.acs import AcsSettings
from telephony.acs_emulator import EMULATOR_KEY, Emulator
from telephony.admission import AdmissionPolicy
from telephony.dial import DialResult, dial, pick_up
from telephony.line import NotAnswered
from voices.settings import VoiceSettings

CALLER: Final = "+15550100"
CALLED: Final = "+15550199"
END_S: Final = 10.0  # for the server to notice that the caller has gone
EMBEDDED: Final = ("embedded",)
ALWAYS: Final = CallbackSettings(hours="00:00-24:00")  # a demonstration in the middle of the night rings too


def scripted_settings() -> Settings:
    """For a call that is played from a script: the shipped agents and voices, whatever this machine's owner has set."""
    settings = Settings(agents=(), voices=VoiceSettings(engines=EMBEDDED, folders=(), pai=None))
    set_up(settings.log)
    return settings


async def demo(settings: Settings, out: Path, wavs: Sequence[Path], *, live: bool, screen: Console) -> None:
    """Leaves recordings, journals and `summary.json` in `out`: a talk, and unless it is live or yours, work and a call-back.

    Raises ConfigError, AudioError, NotAnswered, DemoBroke.
    """
    if live and settings.claude.api_key is None:
        raise ConfigError("--live talks to Claude itself and needs ANTHROPIC_API_KEY", "set it, or leave --live out")
    happened = Happened()
    lines = await anyio.to_thread.run_sync(plan.talk, wavs, happened)
    if not live and not wavs:
        screen.print("Three calls, in real time: about 4 minutes.")
    await anyio.to_thread.run_sync(emptied, out)
    whole = not live and not wavs
    async with _stage(settings, out / "home", happened, live=live, screen=screen) as stage:
        result = await stage.calls(lines)
        if result.answered and whole:
            await stage.works(screen)
    if not result.answered:
        raise NotAnswered(f"the call was not answered: {result.why}")
    summary = await anyio.to_thread.run_sync(collected, out, "live" if live else "scripted", len(FILES) if whole else 1)
    screen.print(_told(out, summary))
    if whole:
        plan.check_turns(len(summary["turns"]), summary["response_ms"].get("p95", 0))


def _told(out: Path, summary: dict[str, Any]) -> str:
    times = summary["response_ms"]
    talk = (
        f"\n{out / FILES[0][0]}  {summary['duration_s']:.1f} s, {len(summary['turns'])} turns, "
        f"response p50 {times.get('p50', 0):.0f} ms, p95 {times.get('p95', 0):.0f} ms"
    )
    return "\n".join([talk, *(f"{out / sound}" for sound, _ in FILES[1:] if summary["tasks"])])


class _Stage:
    """A house that answers at an emulator, and somebody who calls it."""

    def __init__(self, emulator: Emulator, home: Path, happened: Happened, ended: MemoryObjectReceiveStream[CallEnded]) -> None:
        self._emulator, self._home, self._happened, self._ended = emulator, home, happened, ended

    async def calls(self, lines: Sequence[plan.Utterance]) -> DialResult:
        """A call from here to its end."""
        result = await dial(self._emulator.url, CALLER, CALLED, lines, manners=plan.MANNERS)
        with anyio.move_on_after(END_S):
            await self._ended.receive()
        return result

    async def works(self, screen: Console) -> None:
        """Work is ordered and waited for, until the caller wants to be called back; then the phone rings."""
        screen.print("\nA second call: work, and a hold.\n")
        lines, answers = await anyio.to_thread.run_sync(lambda: (plan.hold(self._happened), plan.called_back()))
        rung: list[DialResult] = []

        async def wait(*, task_status: TaskStatus[None]) -> None:
            url, manners = self._emulator.url, plan.CALLED_BACK
            rung.append(await pick_up(url, CALLER, answers, manners=manners, task_status=task_status))

        async with anyio.create_task_group() as phone:
            await phone.start(wait)
            ordered = await self.calls(lines)
            if not ordered.answered:
                raise NotAnswered(f"the second call was not answered: {ordered.why}")
            self._happened.left_for_the_call_back(self._home)
            screen.print("\nThe caller's phone waits to ring.\n")
        if not rung[0].answered:
            raise NotAnswered(f"nobody called back: {rung[0].why}")
        with anyio.move_on_after(END_S):
            await self._ended.receive()


@asynccontextmanager
async def _stage(settings: Settings, home: Path, happened: Happened, *, live: bool, screen: Console) -> AsyncGenerator[_Stage]:
    feed, entries = anyio.create_memory_object_stream[Entry](10_000)  # more than all calls have: nothing is lost on a slow screen
    over, ended = anyio.create_memory_object_stream[CallEnded](16)  # calls that ended, which are three
    async with AsyncExitStack() as stack:
        claude = await stack.enter_async_context(_claude(settings, live=live))
        own = claude.model_copy(update={"home": home, "admission": AdmissionPolicy(allow=(CALLER,)), "callback": ALWAYS})
        runner = None if live else await anyio.to_thread.run_sync(_runner, own)
        house = await stack.enter_async_context(open_house(own, watch=feed, runner=runner))
        for choice in house.engines:
            screen.print(f"{choice.name}: {choice.why}" + (f". Better: {choice.better}" if choice.better else ""))
        emulator = await stack.enter_async_context(Emulator.serve())
        tasks = await stack.enter_async_context(anyio.create_task_group())
        stack.callback(feed.close)

        async def show() -> None:
            transcript = Transcript(screen, house.roster)
            async with entries, over:
                async for entry in entries:
                    transcript.show(entry)
                    happened.count(entry)
                    if isinstance(entry.event, CallEnded):
                        await over.send(entry.event)

        tasks.start_soon(show)
        await stack.enter_async_context(_on_the_line(house, emulator))
        with ended:
            yield _Stage(emulator, home, happened, ended)


@asynccontextmanager
async def _claude(settings: Settings, *, live: bool) -> AsyncGenerator[Settings]:
    """The settings with which Claude is reached: itself, or its script."""
    if live:
        yield settings
        return
    script = await anyio.to_thread.run_sync(Script.read, HERE / "script.yaml")
    async with by_script(settings, script) as (own, _):
        # In a sandbox the work would not have to ask for leave, which is to be heard here.
        reached = own.pai.model_dump(include={"auth", "api_key", "base_url"})
        pai = PaiSettings(**reached, model="claude-haiku-5-5", setting_sources=(), sandbox="off")
        yield own.model_copy(update={"pai": pai})


def _runner(settings: Settings) -> PaiRunner:
    """The real command line, in a home of its own: nobody's skills, hooks and sessions are touched."""
    home = (settings.home / "claude").absolute()
    home.mkdir(parents=True)
    around = surroundings() | {"HOME": str(home), "CLAUDE_CONFIG_DIR": str(home / ".claude")}
    return PaiRunner(settings.pai, WorkWords.read(PROMPTS), environ=around)


@asynccontextmanager
async def _on_the_line(house: House, emulator: Emulator) -> AsyncGenerator[None]:
    """The house answers what rings at the emulator, and calls from there."""
    secret = secrets.token_urlsafe(32)

    def acs_at(url: str) -> AcsSettings:
        return AcsSettings(
            endpoint=emulator.url,
            access_key=SecretStr(EMULATOR_KEY),
            phone_number=CALLED,
            public_url=url,
            webhook_secret=SecretStr(secret),
            audience=emulator.settings.resource_id,
            jwks_url=f"{emulator.url}/calling/keys",
        )

    async with answering(house, acs_at) as url:
        if not await emulator.subscribe(f"{url}/acs/events", {"x-pai-voice-secret": secret}):
            raise NotAnswered("the server did not accept the emulator's events")
        yield
