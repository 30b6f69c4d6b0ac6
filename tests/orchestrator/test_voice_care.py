"""Fixed lines are ready before they are needed, within the day's budget and the room there is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.hold_words import HoldWords
from orchestrator.parts import Parts
from orchestrator.rosters import PROMPTS
from orchestrator.spending import DaySpending
from orchestrator.voice_care import VoiceCare, fixed_lines
from tests.orchestrator.stage import LINES, NOON, ROSTER, equipped
from tests.voices.test_line_cache import Paid
from voices.catalogue import Catalogue
from voices.line_cache import LineCache
from voices.synthesis import Rendering
from voices.voice import Voice

HOLD = HoldWords.read(PROMPTS / "hold.yaml")


def test_greeting_first_and_no_blanks() -> None:
    found = list(fixed_lines(ROSTER, LINES, HOLD))
    assert found[0] == ("Hi, this is Kai. What can I do for you?", "kai")
    assert not [text for text, _ in found if "{" in text]
    assert len(set(found)) > 0.9 * len(found)
    for text in (LINES.pin.wrong, LINES.errors["claude_slow"], LINES.still_thinking, HOLD.orders.help, HOLD.withheld["news"]):
        assert {voice for line, voice in found if line == text} == {agent.voice for agent in ROSTER}
    assert ("Let me think.", "engineer") in found
    assert ("The Engineer knows this better.", "kai") in found
    assert LINES.pin.go_on not in {text for text, _ in found}
    assert not any("Claude is told" in text or "spoken sentences" in text for text, _ in found)


def kept(folder: Path) -> int:
    return len(list(folder.iterdir()))


@asynccontextmanager
async def house(folder: Path, limit: int) -> AsyncGenerator[Parts]:
    lines = LineCache(folder, limit)
    await lines.open()
    voices = {agent.voice: Voice(agent.voice, "", {"paid": Rendering(agent.voice, "paid")}) for agent in ROSTER}
    async with equipped() as (parts, _):
        yield replace(parts, catalogue=Catalogue(voices, [Paid(name="paid", delay_s=0.0, char_s=0.002)], lines=lines))


async def test_all_of_them_are_made_once(tmp_path: Path) -> None:
    wanted = set(fixed_lines(ROSTER, LINES, HOLD))
    async with house(tmp_path, 100_000_000) as parts:
        care = VoiceCare(lambda: parts, DaySpending(NOON.date()), Decimal(100), lambda: NOON)
        await care.prepare()
        assert kept(tmp_path) == len(wanted)
        assert care.usd == Decimal("0.01") * len(wanted)
        await care.prepare()
        assert care.usd == Decimal("0.01") * len(wanted)


@pytest.mark.parametrize(("limit", "usd", "most"), [(60_000, 100, 40), (100_000_000, Decimal("0.1"), 10)])
async def test_room_and_money_are_limits(tmp_path: Path, limit: int, usd: Decimal, most: int) -> None:
    async with house(tmp_path, limit) as parts:
        spending = DaySpending(NOON.date())
        await VoiceCare(lambda: parts, spending, Decimal(usd), lambda: NOON).prepare()
        made = kept(tmp_path)
        assert 5 <= made <= most
        assert spending.today(NOON) == Decimal("0.01") * made
