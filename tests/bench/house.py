"""The server under load, a process of its own: the real house, its engines and its Claude of fixed speed.

`python -m tests.bench.house EMULATOR_URL HOME CORE ROUTING` prints its URL, and ends when its standard input does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import repeat
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
from pydantic import SecretStr

from agents.lines import Lines
from agents.prompting import Prompts
from agents.roster import Roster
from orchestrator.app import House
from orchestrator.config import LogSettings, Settings
from orchestrator.log import set_up
from orchestrator.minds import Minds
from orchestrator.notes import NoteList
from orchestrator.parts import Parts
from orchestrator.patience import Limits
from orchestrator.phrases import Phrases
from orchestrator.rosters import ROOT, roster_of
from orchestrator.router import Router
from orchestrator.serve import answering
from orchestrator.spending import DaySpending
from telephony.acs import AcsSettings
from telephony.acs_emulator import EMULATOR_KEY
from telephony.acs_emulator.settings import RESOURCE_ID
from telephony.admission import Admission, AdmissionPolicy
from tests.bench.thinker import Thinker
from voices.catalogue import Catalogue
from voices.endpoint import PauseEndpointer
from voices.engines.scripted import ScriptedRecognizer
from voices.engines.tones import TonesSynthesizer
from voices.synthesis import Rendering
from voices.vad import SileroVad, load_silero
from voices.voice import Voice

CALLER: Final = "+15550100"
SECRET: Final = "a-secret-of-the-webhook"
RECOGNITION_S: Final = 0.15
FIRST_BYTE_S: Final = 0.1
CHAR_S: Final = 0.065
HEARD: Final = "I would like to book a table for four people tonight."  # nothing that a name, the floor or a rule would take


class Routing(StrEnum):
    ONE = "one"  # one agent, so that there is nothing to route
    CLAUDE = "claude"  # all of them, and Claude is asked for every turn


def build(home: Path, routing: Routing) -> House:
    policy = AdmissionPolicy(allow=(CALLER,), max_calls=200, max_usd_per_call=Decimal(1_000), max_usd_per_day=Decimal(100_000))
    settings = Settings(home=home, agents=(home / "agents",), admission=policy)
    roster = roster_of(settings)
    if routing is Routing.ONE:
        roster = Roster([roster.front_desk])
    phrases = Phrases.load(ROOT / "prompts" / "phrases.yaml", roster.all_names())
    prompts = Prompts.read(roster, ROOT / "prompts")
    minds = Minds(
        roster=roster,
        brain=Thinker(roster.front_desk.id),
        recognizer=ScriptedRecognizer(repeat(HEARD), delay_s=RECOGNITION_S),
        router=Router(roster, phrases),
        router_system=prompts.router_system(),
        router_model=settings.mind.router_model,
        phrases=phrases,
        lines=Lines.read(ROOT / "prompts" / "lines.yaml"),
        now=lambda: datetime.now().astimezone(),
        notes=lambda _: NoteList(),
    )
    mouth = TonesSynthesizer(delay_s=FIRST_BYTE_S, char_s=CHAR_S)
    hums = {agent.voice: Voice(agent.voice, "", {mouth.name: Rendering(agent.voice, mouth.name)}) for agent in roster}
    # Nothing is kept to be said again: every sentence pays for its first byte.
    parts = Parts(
        minds, Catalogue(hums, [mouth], cache_bytes=0), SileroVad, PauseEndpointer, Limits(60, Decimal(1_000)), settings.earcons
    )
    return House(settings, roster, parts, Admission(policy), DaySpending(datetime.now().date()))


def acs_settings(emulator_url: str, url: str) -> AcsSettings:
    return AcsSettings(
        endpoint=emulator_url,
        access_key=SecretStr(EMULATOR_KEY),
        public_url=url,
        webhook_secret=SecretStr(SECRET),
        audience=RESOURCE_ID,
        jwks_url=f"{emulator_url}/calling/keys",
    )


@asynccontextmanager
async def serving(emulator_url: str, home: Path, routing: Routing) -> AsyncGenerator[str]:
    house = await anyio.to_thread.run_sync(build, home, routing)
    await anyio.to_thread.run_sync(load_silero)
    async with answering(house, lambda url: acs_settings(emulator_url, url)) as url:
        yield url


async def main(emulator_url: str, home: Path, routing: Routing) -> None:
    async with serving(emulator_url, home, routing) as url:
        print(url, flush=True)
        await anyio.to_thread.run_sync(sys.stdin.buffer.read)


if __name__ == "__main__":
    emulator, folder, core, mode = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    set_up(LogSettings(level="error"))
    anyio.run(main, emulator, Path(folder), Routing(mode), backend_options={"use_uvloop": True})
