"""What the README says of long work, and of the demonstration that shows it, is so."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
import yaml
from pydantic import SecretStr

from agents.definition import Task
from agents.pai import ENVIRONMENT, PaiSettings
from agents.permission import WorkWords
from agents.work import Asks
from agents.work_time import LONGEST_ANSWER_S
from orchestrator.bed import STEP_DB
from orchestrator.config import HoldSettings, Settings
from orchestrator.config import load as load_config
from orchestrator.demo.leaving import FILES, SUMMARY
from orchestrator.doctor.machine import RECORDING_GB_PER_HOUR
from orchestrator.hold import ANSWER_S, GAP_S, HoldWords
from orchestrator.holding import OFFER_S, Holding
from orchestrator.music.mood import Mood
from orchestrator.orders import KEYS, Orders
from orchestrator.rosters import PROMPTS, phrases_of, roster_of
from orchestrator.router import Router
from orchestrator.tasks import MOST_RUNNING
from orchestrator.withheld import AGAIN_S
from telephony.acs import AcsSettings
from telephony.admission import AdmissionPolicy

ROOT: Final = Path(__file__).parents[1]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
TEXT: Final = " ".join(README.split())
BLOCKS: Final = re.findall(r"(?:(?:^|\n)(?: {4,}.*|(?=\n)))+", README)
ROSTER: Final = roster_of(Settings(agents=()))
PHRASES: Final = phrases_of(ROSTER)
PUSH: Final = WorkWords.read(PROMPTS).asks("1", "Bash", {"command": "git push origin main"}, ROSTER["engineer"])
SHORTEST_LINE_S: Final = 1.5
MOODS: Final = [mood.value for mood in Mood]


def block(word: str) -> str:
    return textwrap.dedent(next(block for block in BLOCKS if word in block))


@pytest.mark.parametrize(
    "claim",
    [
        f"Say nothing for {OFFER_S:g} s, and you stay",
        f"{', '.join(MOODS[:-1])} or {MOODS[-1]}",
        f"`quiet`, `brief` and `podcast` leave {GAP_S['quiet']:g}, {GAP_S['brief']:g} or {GAP_S['podcast']:g} s of music",
        f"the music is, by {STEP_DB:g} dB",
        f"It asks twice, {ANSWER_S:g} s apart",
        f'for leave ("{PUSH.question}")',
        f"up to {LONGEST_ANSWER_S / 60:g} minutes each time",
        f"is a no if the PIN is not given within {2 * AGAIN_S / 60:g} minutes",
        f"{', '.join(ENVIRONMENT[:2])} and the like",
        f"`max_usd` ({Task().max_usd} USD) and `max_minutes` ({Task().max_minutes})",
        f"at most {MOST_RUNNING} of a caller's",
        f"costs {AdmissionPolicy().max_usd_per_day} USD at most if you say nothing",
        f"up to {AdmissionPolicy().max_usd_per_call} USD for a call, and {Task().max_usd} for each task",
        f"of which there are up to {60 / (GAP_S['podcast'] + SHORTEST_LINE_S):.0f} a minute",
        f"the sound and the journal of each (an hour is {round(RECORDING_GB_PER_HOUR * 100) * 10} MB)",
    ],
)
def test_it_gives_the_codes_own_numbers_and_words(claim: str) -> None:
    assert claim in TEXT


def test_the_demonstration_leaves_the_files_it_lists() -> None:
    table = README.partition("`build/demo` then holds")[2].partition("\n\n`pai-voice demo")[0]
    assert re.findall(r"`(\S+)`", table) == [*(sound for sound, _ in FILES), *(journal for _, journal in FILES), SUMMARY]


def test_the_rights_it_shows_are_all_there_are() -> None:
    shown = yaml.safe_load(block("risky_tools:"))["task"]
    assert list(shown) == list(Task(**shown).model_dump())
    defaults = {key: shown[key] for key in ("max_usd", "max_minutes", "narration")}
    assert Task(**defaults) == Task()
    told = re.search(r"what is told on hold: (.*)", README)
    assert told
    styles: list[Any] = re.findall(r"quiet|brief|podcast", told[1])
    assert [Task(narration=style).narration for style in styles] == list(GAP_S)


def test_all_agents_that_are_shipped_can_have_work_done() -> None:
    assert "All four agents can have work done" in TEXT
    assert [bool(agent.task and "start_task" in agent.tools) for agent in ROSTER.agents] == [True] * 4


def test_the_settings_it_shows_are_the_defaults(tmp_path: Path) -> None:
    text = block("[callback]")
    (tmp_path / "pai-voice.toml").write_text(text, encoding="utf-8")
    settings = load_config({}, tmp_path).settings
    assert settings.tasks.database is not None
    kept = settings.model_copy(update={"tasks": Settings().tasks})
    assert kept == Settings()
    assert [*tomllib.loads(text)] == ["pai", "hold", "callback", "tasks"]


def test_the_earcons_are_on_and_off_as_it_says() -> None:
    told = re.search(r"`\[earcons\]` switches.*?:\n(.*) are on, (.*) \(.*\) is off", README)
    assert told
    on, off = (re.findall(r"`(\w+)`", names) for names in told.groups())
    assert dict.fromkeys(on, True) | dict.fromkeys(off, False) == dict(Settings().earcons)


def test_the_other_choices_it_names_can_be_chosen() -> None:
    ways = re.search(r"auth = (.*)", README)
    music = re.search(r"music = (.*)", README)
    assert ways
    assert music
    key = SecretStr("a-key")
    payers = [PaiSettings(auth=cast("Any", way), api_key=key).auth for way in quoted(ways[1])]
    assert payers == ["own_login", "inherit", "api_key"]
    sources = [HoldSettings(music=cast("Any", name)).music for name in quoted(music[1])]
    assert sources == ["composed", "off", Path("music"), "elevenlabs"]


def test_the_settings_it_points_at_exist() -> None:
    pointed = re.findall(r"`(\w+)`(?:,| and)? (?:in|of) `\[(\w+)\]`", README)
    assert {("phone_number", "acs"), ("pin", "admission")} <= set(pointed)
    for key, section in pointed:
        model = AcsSettings if section == "acs" else type(getattr(Settings(), section))
        assert key in model.model_fields, key


def test_the_extras_it_names_are_the_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert set(re.findall(r"the extra `(\w+)`", README)) == {"pai", "cloud"} <= set(extras)
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert all(f"\n{re.split('[>=]', package)[0]}==" in locked for package in extras["pai"])


def test_work_is_taken_over_as_soon_as_it_says() -> None:
    from orchestrator.durable import Rhythm

    assert "another has its work within a minute" in TEXT
    assert Rhythm().silent_s + Rhythm().beat_s < 60


@pytest.mark.parametrize("name", re.findall(r"`(\w+)`", README.partition("a small protocol: ")[2].partition(".\n")[0]))
def test_the_protocols_it_names_are_there(name: str) -> None:
    files = [file for room in ("agents", "voices", "telephony", "orchestrator") for file in (ROOT / room).rglob("*.py")]
    assert any(f"class {name}(Protocol)" in file.read_text(encoding="utf-8") for file in files)


# --- what can be said and keyed on hold -------------------------------------------------------------------------------


def quoted(text: str) -> list[str]:
    return re.findall(r'"([^"]+)"', text)


def rows() -> list[tuple[list[str], list[str]]]:
    """Phrases and keys."""
    table = README.partition("<!-- hold -->\n")[2].partition("\n<!-- /hold -->")[0]
    cells = [line.split("|") for line in table.splitlines()[2:]]
    return [(quoted(said), [key for key in pressed.replace(" ", "").split(",") if key]) for _, said, pressed, *_ in cells]


def orders(*, offered: bool = False, asked: bool = False) -> Orders:
    """Of a call in which work is under way."""
    attended = SimpleNamespace(task=SimpleNamespace(question=Asks("1", "May I go on?", "Bash"))) if asked else None
    words = HoldWords.read(PROMPTS / "hold.yaml")
    state = SimpleNamespace(active=True, asked=attended, offered=offered, music=True, told_last=True, words=words)
    return Orders(cast("Holding", state), PHRASES, Router(ROSTER, PHRASES))


@pytest.mark.parametrize(("said", "pressed"), rows())
def test_on_hold_each_key_orders_what_is_said_beside_it(said: Sequence[str], pressed: Sequence[str]) -> None:
    for phrase, key in zip(said, pressed, strict=False):
        assert any(
            (keyed := on.keyed(key)) and (spoken := on.spoken(phrase)) and keyed.name == spoken.name
            for on in (orders(), orders(offered=True), orders(asked=True))
        ), (phrase, key)


def test_on_hold_nothing_else_can_be_said_or_keyed() -> None:
    said = {PHRASES.hold_order(phrase) for row, _ in rows() for phrase in row}
    assert said == {order for order, _ in PHRASES.words.hold}
    assert {key for _, pressed in rows() for key in pressed} == set(KEYS)
