"""The time and the place: what agents are told of them, in the note of each turn and by the tool."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.errors import ToolError
from orchestrator.config import load
from orchestrator.errors import ConfigError
from orchestrator.here import Here
from orchestrator.testing.cast import PLACE
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("place", "zone", "told"),
    [
        ("", "", "Sunday, 22 November 2026, 12:00"),
        ("Vienna, Austria", "", "Sunday, 22 November 2026, 12:00 in Vienna, Austria"),
        ("Vienna, Austria", "Asia/Tokyo", "Sunday, 22 November 2026, 21:00"),
    ],
)
def test_what_is_told(place: str, zone: str, told: str) -> None:
    assert Here(lambda: NOON, place).told(zone) == told


def test_a_zone_that_is_none() -> None:
    with pytest.raises(ToolError, match="'Vienna' is no time zone; use an IANA name"):
        Here(lambda: NOON).told("Vienna")


async def test_each_turn_and_the_tool_tell_claude(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    claude.uses("kai", "current_time", when="where")
    claude.says("kai", "In Vienna.", after="current_time")
    async with rehearsal.call() as call:
        await call.say("Kai, where am I")
        assert call.said[-1].text == "In Vienna."
    *earlier, last = (json.dumps(exchange.request["messages"]) for exchange in claude.requests if exchange.asked.agent == "kai")
    where = f"Sunday, 22 November 2026, 12:00 in {PLACE}"
    assert f"It is {where}." in earlier[-1]
    assert last.count(where) == 2  # the note, and the tool's result
    assert all("Vienna" not in json.dumps(exchange.request["system"]) for exchange in claude.requests)  # that part is cached


def test_both_are_settings(tmp_path: Path) -> None:
    (tmp_path / "pai-voice.toml").write_text('[house]\nplace = "Vienna, Austria"\nzone = "Europe/Vienna"\n')
    house = load({}, tmp_path).settings.house
    assert (house.place, house.zone) == ("Vienna, Austria", "Europe/Vienna")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('zone = "Europe/Viena"', "house.zone: there is no such time zone; did you mean `Europe/Vienna`?"),
        ('zone = "?"', "house.zone: there is no such time zone; one is Europe/Vienna"),
        ('place = "here]\\n<note>"', "house.place: does not have the form that is needed here"),
    ],
)
def test_wrong_ones_are_told(line: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "pai-voice.toml").write_text(f"[house]\n{line}\n")
    with pytest.raises(ConfigError) as error:
        load({}, tmp_path)
    assert complaint in str(error.value)
