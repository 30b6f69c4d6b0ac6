"""How far ahead of the caller's ear sound is sent: enough that nothing is missing, so little that nothing is delayed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import anyio
import numpy as np
import pytest

from orchestrator.journal import Journal, Memory
from orchestrator.mixer import Mixer
from orchestrator.music.loop import Music
from orchestrator.pacer import BED_LEAD_S, Pacer
from telephony.rehearsal import RehearsalLine
from tests.orchestrator.test_mixer import clip
from voices.audio import FRAME_S, RATE, Frame, level_dbfs

MUSIC = Music.of("a", np.sin(2 * np.pi * 700 * np.arange(RATE) / RATE))


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


class Line(RehearsalLine):
    """Keeps how long before it is heard each frame came."""

    def __init__(self) -> None:
        super().__init__()
        self.leads: list[float] = []

    async def play(self, frame: Frame, lead_s: float = 1.0) -> float:
        heard_s = await super().play(frame, lead_s)
        self.leads.append(heard_s - anyio.current_time())
        return heard_s


@asynccontextmanager
async def paced(mixer: Mixer, soon: Callable[[], bool]) -> AsyncGenerator[tuple[Line, Pacer]]:
    line = Line()

    async def told(_: object) -> None: ...

    async with anyio.create_task_group() as tasks:
        pacer = Pacer(line, mixer, Journal(Memory(), anyio.current_time()), soon)
        tasks.start_soon(pacer.run, told)
        yield line, pacer
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("soon", [True, False])
async def test_music_is_sent_without_a_hole_a_frame_ahead(soon: bool) -> None:
    mixer = Mixer()
    mixer.bed.play(MUSIC)
    async with paced(mixer, lambda: soon) as (line, _):
        await anyio.sleep(10)
    assert all(later - earlier == pytest.approx(FRAME_S) for (earlier, _), (later, _) in pairwise(line.heard))
    assert min(line.leads[5:]) >= FRAME_S
    assert max(line.leads) <= (BED_LEAD_S + FRAME_S if soon else 0.1) + 0.01


@pytest.mark.parametrize("music", [None, MUSIC])
async def test_a_voice_is_heard_as_soon_as_ever_over_music(music: Music | None) -> None:
    mixer = Mixer()
    if music is not None:
        mixer.bed.play(music)
    async with paced(mixer, lambda: True) as (line, _):
        await anyio.sleep(3)
        ready_s = anyio.current_time()
        mixer.add(clip())
        await anyio.sleep(1)
    began_s = next(at_s for at_s, frame in line.heard if at_s >= ready_s and level_dbfs(frame) > -25)
    assert began_s - ready_s <= (0.05 if music else 0.03)


async def test_the_caller_lowers_it_at_once_whatever_was_sent_ahead() -> None:
    mixer = Mixer()
    mixer.bed.play(MUSIC)
    async with paced(mixer, lambda: False) as (line, pacer):
        await anyio.sleep(3)
        began_s = anyio.current_time()
        await pacer.cut(mixer.duck_bed)
        await anyio.sleep(1)
    low = next(at_s for at_s, frame in line.heard if at_s >= began_s and level_dbfs(frame) < -45.5)
    assert low - began_s <= 0.04  # with the 60 ms after which their speech is known: within 100 ms
    assert all(later - earlier == pytest.approx(FRAME_S, abs=0.011) for (earlier, _), (later, _) in pairwise(line.heard))
