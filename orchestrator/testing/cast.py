"""Who is on a rehearsed line, and all that they are told: read once for as long as the files stay the same."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

import anyio
import httpx2
from pydantic import SecretStr

from agents.claude import BrainSettings, ClaudeBrain
from agents.roster import load
from agents.scripted_work import ScriptedRunner, WorkScript
from agents.tools import EMPTY, Toolbox
from orchestrator.delivery import Verdict
from orchestrator.earcons import EarconSettings
from orchestrator.holding import LongWork
from orchestrator.lineup import voice_choice
from orchestrator.minds import Cast, Minds, cast_of
from orchestrator.music.loop import Music
from orchestrator.music.mood import Mood
from orchestrator.music.source import composed
from orchestrator.notes import NoteList, Notes
from orchestrator.parts import Parts
from orchestrator.patience import Limits
from orchestrator.rosters import PROMPTS, ROOT
from orchestrator.tasks import Task, Tasks
from orchestrator.zones import zones
from voices.catalogue import Catalogue
from voices.endpoint import PauseEndpointer
from voices.engines.tones import TonesSynthesizer
from voices.recognition import Recognizer
from voices.synthesis import Rendering, Synthesizer
from voices.vad import LevelVad
from voices.voice import Voice, load_voices

NOON: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PLACE: Final = "Vienna, Austria"
LIMITS: Final = Limits(30, Decimal(1))
CHAR_S: Final = 0.04  # a voice hums so long for each character of its text: brisk, for each second of a call costs 6 ms
NO_WORK: Final = WorkScript()
SCRIPTED: Final = BrainSettings(api_key=SecretStr("scripted"), idle_s=2.5)


def read(folder: Path) -> Cast:
    """The shipped agents, and over them those of the folder (a folder that is not there holds nobody), with the voices in the
    folder `voices` beside it. Raises AgentError, VoiceFileError."""
    folder = folder.absolute()
    patterns = ("*.y*ml", "*.md", "prompts/*.md", "../voices/*.yaml")
    files = [path for pattern in patterns for path in sorted(folder.glob(pattern)) if path.exists()]
    return _read(folder, tuple((path, path.stat().st_mtime_ns) for path in files))


@lru_cache(16)
def _read(folder: Path, _: tuple[tuple[Path, int], ...]) -> Cast:
    zones()
    voices = voice_choice(load_voices(folder.parent / "voices"))
    return cast_of(load([ROOT / "agents", folder], PROMPTS, voices=voices))


@asynccontextmanager
async def equipped(
    cast: Cast,
    network: httpx2.AsyncBaseTransport | None,
    recognizer: Recognizer,
    synthesizers: Sequence[Synthesizer] = (),
    limits: Limits = LIMITS,
    claude: BrainSettings = SCRIPTED,
    notes: Callable[[str], Notes] = lambda _: NoteList(),
    work: WorkScript = NO_WORK,
    toolbox: Toolbox = EMPTY,
    hide: Callable[[str], str] = str,
) -> AsyncGenerator[Parts]:
    """What a call is made of: the real brain on that network (None: the real one), humming voices, scripted long work, noon in
    Vienna. `hide` takes the PIN out of what goes to Claude and to the work."""
    async with ClaudeBrain(claude, cast.prompts, transport=network) as brain, anyio.create_task_group() as group:
        started_s = anyio.current_time()

        def now() -> datetime:
            return NOON + timedelta(seconds=anyio.current_time() - started_s)

        tasks = Tasks(ScriptedRunner(work), Path(), now, group, make=_nothing, write=_nothing)
        tasks.bearer = Noted()
        brain.hide = tasks.hide = hide
        minds = Minds(
            roster=cast.roster,
            brain=brain,
            recognizer=recognizer,
            router=cast.router,
            router_system=cast.prompts.router_system(),
            router_model="claude-haiku-5-5",
            phrases=cast.phrases,
            lines=cast.lines,
            now=lambda: NOON,
            notes=notes,
            place=PLACE,
            work=LongWork(tasks, cast.hold, Rehearsed(), now),
            toolbox=toolbox,
        )
        mouths = synthesizers or [TonesSynthesizer(char_s=CHAR_S)]
        voices = {
            agent.voice: Voice(agent.voice, "", {mouth.name: Rendering(agent.voice, mouth.name) for mouth in mouths})
            for agent in cast.roster
        }
        yield Parts(minds, Catalogue(voices, mouths), LevelVad, PauseEndpointer, limits, EarconSettings())
        group.cancel_scope.cancel()


class Noted:
    """A Bearer that calls nobody: in a rehearsal the owner counts as told."""

    async def bring(self, task: Task) -> Verdict:
        return Verdict.DELIVERED

    async def brought(self, task: Task) -> bool:
        return False


class Rehearsed:
    """Music without a thread, which virtual time knows nothing of."""

    async def bed(self, mood: Mood, seed: int) -> Music:
        return _composed(mood)


@lru_cache(len(Mood))
def _composed(mood: Mood) -> Music:
    return composed(mood, 1)


async def _nothing(*_: object) -> None:
    """Scripted work needs no folder."""
