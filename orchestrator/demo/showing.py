"""`pai-voice demo`: server, emulated Azure, scripted Claude and a recorded caller, all on loopback; one whole call."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectReceiveStream
from pydantic import SecretStr
from rich.console import Console

from agents.claude import BrainSettings
from agents.script import Script
from agents.scripted import serving
from orchestrator.app import CALLS, House, open_house
from orchestrator.config import ConfigError, Settings
from orchestrator.events import CallAnswered, CallEnded, Entry
from orchestrator.journal import JOURNAL, RECORDING
from orchestrator.screen import Transcript
from orchestrator.serve import answering
from orchestrator.waterfall import percentiles, turns
from telephony.acs import AcsSettings
from telephony.acs_emulator import EMULATOR_KEY, Emulator
from telephony.admission import AdmissionPolicy
from telephony.dial import DialResult, Manners, Utterance, dial
from telephony.line import NotAnswered
from voices.audio import read_wav

HERE: Final = Path(__file__).parent
CALLER: Final = "+15550100"
CALLED: Final = "+15550199"
MANNERS: Final = Manners(quiet_s=1.5, max_s=600.0)  # lets a filler pass without taking it for the answer
END_S: Final = 10.0  # for the server to notice that the caller has gone
# The caller's lines, in order; the number is when it interrupts, in seconds after the agent began to speak.
PLAN: Final[tuple[tuple[str, float | None], ...]] = (
    ("question", None),
    ("engineer", None),
    ("follow_up", None),
    ("research", None),
    ("panel", None),
    ("architect", None),
    ("barge_in", 3.0),
    ("goodbye", None),
)


async def demo(settings: Settings, out: Path, wavs: Sequence[Path], *, live: bool, screen: Console) -> None:
    """Leaves `call.wav`, `journal.jsonl` and `summary.json` in `out`. Raises ConfigError, AudioError, NotAnswered."""
    if live and settings.claude.api_key is None:
        raise ConfigError("--live talks to Claude itself and needs ANTHROPIC_API_KEY", "set it, or leave --live out")
    plan = await anyio.to_thread.run_sync(_utterances, wavs)
    home = out / "home"
    await anyio.to_thread.run_sync(_empty, out)
    result = await _call(settings, home, plan, live=live, screen=screen)
    summary = await anyio.to_thread.run_sync(_collect, out, "live" if live else "scripted")
    screen.print(
        f"\n{out / RECORDING}  {summary['duration_s']:.1f} s, {len(summary['turns'])} turns, "
        f"response p50 {summary['response_ms'].get('p50', 0):.0f} ms, p95 {summary['response_ms'].get('p95', 0):.0f} ms"
    )
    if not result.answered:
        raise NotAnswered(f"the call was not answered: {result.why}")


async def _call(settings: Settings, home: Path, plan: Sequence[Utterance], *, live: bool, screen: Console) -> DialResult:
    feed, entries = anyio.create_memory_object_stream[Entry](10_000)  # more than any call has: nothing is lost on a slow screen
    policy = AdmissionPolicy(allow=(CALLER,))
    async with AsyncExitStack() as stack:
        claude = await stack.enter_async_context(_claude(settings, live=live))
        own = settings.model_copy(update={"home": home, "admission": policy, "claude": claude})
        house = await stack.enter_async_context(open_house(own, watch=feed))
        for choice in house.engines:
            screen.print(f"{choice.name}: {choice.why}" + (f". Better: {choice.better}" if choice.better else ""))
        emulator = await stack.enter_async_context(Emulator.serve())
        tasks = await stack.enter_async_context(anyio.create_task_group())
        stack.callback(feed.close)
        ended = anyio.Event()
        tasks.start_soon(_show, entries, Transcript(screen, house.roster), ended)
        await stack.enter_async_context(_on_the_line(house, emulator))
        result = await dial(emulator.url, CALLER, CALLED, plan, manners=MANNERS)
        with anyio.move_on_after(END_S):
            await ended.wait()
        return result


@asynccontextmanager
async def _claude(settings: Settings, *, live: bool) -> AsyncGenerator[BrainSettings]:
    """Where Claude is: itself, or its script on a port of ours."""
    if live:
        yield settings.claude
        return
    script = await anyio.to_thread.run_sync(Script.read, HERE / "script.yaml")
    async with serving(script) as scripted:
        yield settings.claude.model_copy(update={"base_url": scripted.url, "api_key": SecretStr("scripted")})


@asynccontextmanager
async def _on_the_line(house: House, emulator: Emulator) -> AsyncGenerator[None]:
    """The house answers what rings at the emulator."""
    secret = secrets.token_urlsafe(32)

    def acs_at(url: str) -> AcsSettings:
        return AcsSettings(
            endpoint=emulator.url,
            access_key=SecretStr(EMULATOR_KEY),
            public_url=url,
            webhook_secret=SecretStr(secret),
            audience=emulator.settings.resource_id,
            jwks_url=f"{emulator.url}/calling/keys",
        )

    async with answering(house, acs_at) as url:
        if not await emulator.subscribe(f"{url}/acs/events", {"x-pai-voice-secret": secret}):
            raise NotAnswered("the server did not accept the emulator's events")
        yield


async def _show(entries: MemoryObjectReceiveStream[Entry], transcript: Transcript, ended: anyio.Event) -> None:
    async with entries:
        async for entry in entries:
            transcript.show(entry)
            if isinstance(entry.event, CallEnded):
                ended.set()


def _utterances(wavs: Sequence[Path]) -> list[Utterance]:
    if wavs:
        return [Utterance(read_wav(wav)) for wav in wavs]
    return [Utterance(read_wav(HERE / f"{name}.wav"), barge_in_after_s=after_s) for name, after_s in PLAN]


def _empty(out: Path) -> None:
    shutil.rmtree(out / "home", ignore_errors=True)
    for name in (JOURNAL, RECORDING, "summary.json"):
        (out / name).unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)


def _collect(out: Path, claude: str) -> dict[str, Any]:
    """Put the call's files where they were promised, with a summary beside them."""
    folders = list((out / "home" / CALLS).glob("*"))
    if len(folders) != 1:
        raise NotAnswered(f"{len(folders)} calls reached the server instead of one; see the log above")
    for name in (JOURNAL, RECORDING):
        shutil.move(folders[0] / name, out / name)
    shutil.rmtree(out / "home")
    entries = [Entry.parse(line) for line in (out / JOURNAL).read_text(encoding="utf-8").splitlines()]
    summary = summarise(entries, claude)
    (out / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return summary


def summarise(entries: Sequence[Entry], claude: str) -> dict[str, Any]:
    """What a call was like, in a page of JSON."""
    ended = next(entry.event for entry in reversed(entries) if isinstance(entry.event, CallEnded))
    answered = next((entry.event for entry in entries if isinstance(entry.event, CallAnswered)), None)
    past = turns(entries)
    return {
        "duration_s": ended.duration_s,
        "ended": ended.why,
        "claude": claude,
        "engines": {"recognizer": answered.recognizer, "synthesizers": answered.synthesizers} if answered else {},
        "turns": [
            {
                "heard": turn.heard,
                "speakers": turn.speakers,
                "by": turn.by,
                "response_ms": turn.response_ms,
                "waterfall_ms": turn.waterfall_ms,
            }
            for turn in past
        ],
        "response_ms": percentiles([turn.response_ms for turn in past if turn.response_ms is not None]),
        "cost_usd": str(ended.cost_usd),
    }
