"""What the pages say of long work is so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
import yaml
from pydantic import SecretStr

from agents.definition import Task
from agents.pai import PaiSettings
from agents.permission import WorkWords
from agents.work import Asks
from orchestrator.answers import Answers
from orchestrator.config import HoldSettings, Settings
from orchestrator.config import load as load_config
from orchestrator.consent import Spoken
from orchestrator.doctor.machine import RECORDING_GB_PER_HOUR
from orchestrator.earcons import EarconSettings
from orchestrator.hold import GAP_S, HoldWords
from orchestrator.holding import Holding
from orchestrator.journal import Journal
from orchestrator.mixer import Clip
from orchestrator.music.mood import Mood
from orchestrator.orders import KEYS, Orders
from orchestrator.rosters import PROMPTS, phrases_of, roster_of
from orchestrator.router import Router
from orchestrator.task import Task as LongTask
from orchestrator.task import Wish
from orchestrator.testing.cast import NOON
from tests.kit.pages import PAGES, ROOT, block, code, quoted, rows

SHORTEST_LINE_S: Final = 1.5
CORE: Final = "orchestrator/README.md"
HOLD: Final = "orchestrator/HOLD.md"
ROSTER: Final = roster_of(Settings(agents=()))
PHRASES: Final = phrases_of(ROSTER)


def test_the_rights_it_shows_are_all_there_are() -> None:
    shown = yaml.safe_load(block(CORE, "risky_tools:"))["task"]
    assert list(shown) == list(Task(**shown).model_dump())
    defaults = {key: shown[key] for key in ("max_usd", "max_minutes", "narration")}
    assert Task(**defaults) == Task()


def test_all_agents_that_are_shipped_can_have_work_done() -> None:
    assert [bool(agent.task and "start_task" in agent.tools) for agent in ROSTER.agents] == [True] * 4


def test_the_settings_it_shows_are_the_defaults(tmp_path: Path) -> None:
    text = block(CORE, "[callback]")
    (tmp_path / "pai-voice.toml").write_text(text, encoding="utf-8")
    settings = load_config({}, tmp_path).settings
    assert settings.tasks.database is not None
    kept = settings.model_copy(update={"tasks": Settings().tasks})
    assert kept == Settings()
    assert set(tomllib.loads(text)["earcons"]) == set(EarconSettings.model_fields)


def test_the_other_choices_it_names_can_be_chosen() -> None:
    ways, music = (re.search(rf"^{key} = (.*)", block(CORE, "[callback]"), re.MULTILINE) for key in ("auth", "music"))
    assert ways
    assert music
    key = SecretStr("a-key")
    payers = [PaiSettings(auth=cast("Any", way), api_key=key).auth for way in quoted(ways[1])]
    assert payers == ["own_login", "inherit", "api_key"]
    sources = [HoldSettings(music=cast("Any", name)).music for name in quoted(music[1])]
    assert sources == ["composed", "off", Path("music"), "elevenlabs"]


def test_the_command_line_for_long_work_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert all(f"\n{re.split('[>=]', package)[0]}==" in locked for package in project["optional-dependencies"]["pai"])


def test_the_styles_of_narration_are_all_listed() -> None:
    shown = {code(style)[0]: float(gap_s) for style, gap_s, _ in rows(HOLD, "style")}
    assert shown == dict(GAP_S)
    assert [Task(narration=cast("Any", style)).narration for style in shown] == [*shown]


def test_the_moods_are_all_listed() -> None:
    assert {mood.value for mood in Mood} <= set(code(PAGES[HOLD]))


@pytest.mark.parametrize(("command", "question"), rows(HOLD, "the work wants to run"))
def test_the_work_asks_in_these_words(command: str, question: str) -> None:
    words = WorkWords.read(PROMPTS)
    assert quoted(question) == [words.asks("1", "Bash", {"command": code(command)[0]}, ROSTER["engineer"]).question]


def test_a_line_of_a_podcast_comes_as_often_as_it_says() -> None:
    (cells,) = (cells for cells in rows(CORE, "what") if "narration" in cells[0])
    assert re.findall(r"up to (\d+) a minute", cells[1]) == [f"{60 / (GAP_S['podcast'] + SHORTEST_LINE_S):.0f}"]


def test_a_days_recordings_take_the_room_that_it_says() -> None:
    (cells,) = (cells for cells in rows(CORE, "folder") if "calls" in cells[0])
    assert re.findall(r"(\d+) MB", cells[1]) == [f"{round(RECORDING_GB_PER_HOUR * 100) * 10}"]


def test_work_is_taken_over_within_a_minute() -> None:
    from orchestrator.durable import Rhythm

    assert Rhythm().silent_s + Rhythm().beat_s < 60


# --- what can be said and keyed on hold -------------------------------------------------------------------------------


def spoken_or_pressed() -> list[tuple[list[str], list[str]]]:
    """Phrases and keys."""
    return [(quoted(said), [key for key in pressed.replace(" ", "").split(",") if key]) for said, pressed, _ in rows(HOLD, "say")]


def orders(*, offered: bool = False, asked: bool = False) -> Orders:
    """Of a call in which work is under way."""
    wish = Wish("+15550100", "Write.", "a blog post", 3)
    attended = SimpleNamespace(task=LongTask("1", wish, ROSTER["engineer"], NOON), clip=None, yes=None, allowed_s=-inf)
    attended.task.question = Asks("1", "May I go on?", "Bash") if asked else None
    state = SimpleNamespace(
        active=True,
        answers=_Heard(PHRASES.consent, cast("Journal", SimpleNamespace(now_s=lambda: 0.0)), None),
        asked=attended if asked else None,
        attended=[attended],
        choice=None,
        music=True,
        offered=offered,
        told_last=True,
        words=HoldWords.read(PROMPTS / "hold.yaml"),
        works=[attended],
    )
    return Orders(cast("Holding", state), PHRASES, Router(ROSTER, PHRASES))


class _Heard(Answers):
    """Every question was heard."""

    def heard_s(self, clip: Clip | None) -> float:
        return 0.0


@pytest.mark.parametrize(("said", "pressed"), spoken_or_pressed())
def test_on_hold_each_key_orders_what_is_said_beside_it(said: Sequence[str], pressed: Sequence[str]) -> None:
    for phrase, key in zip(said, pressed, strict=False):
        assert any(
            (keyed := on.keyed(key, 1.0)) and (spoken := on.spoken(Spoken(phrase, 1.0, 2.0))) and keyed.name == spoken.name
            for on in (orders(), orders(offered=True), orders(asked=True))
        ), (phrase, key)


def answers(phrase: str) -> bool:
    return PHRASES.consent.meaning(phrase) in ("yes", "no")


def test_on_hold_nothing_else_can_be_said_or_keyed() -> None:
    said = {PHRASES.hold_order(phrase) for row, _ in spoken_or_pressed() for phrase in row}
    assert said - {None} == PHRASES.words.hold.keys()
    assert all(PHRASES.hold_order(phrase) or answers(phrase) for row, _ in spoken_or_pressed() for phrase in row)
    assert {key for _, pressed in spoken_or_pressed() for key in pressed} == set(KEYS)
