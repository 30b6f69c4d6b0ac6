"""What the README says is so."""

from __future__ import annotations

import re
import textwrap
import tomllib
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from agents import outside
from agents.definition import Agent, Task
from agents.outside import Sources, wrong_with
from agents.tools import KNOWN, tools_of
from orchestrator.cli import app
from orchestrator.config import KNOWN_AS, EarSettings, Settings
from orchestrator.config import load as load_config
from orchestrator.differences import GAP_MS, RESPONSE_MS, STOP_MS
from orchestrator.events import ToolReturned
from orchestrator.export import export
from orchestrator.recorded import Recorded
from orchestrator.rosters import roster_of
from orchestrator.routing import Routing
from orchestrator.routing_eval import offline
from orchestrator.routing_set import SHIPPED, read
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal
from orchestrator.testing.stand_ins import StandIn, StandIns
from telephony.acs import AcsSettings
from telephony.admission import AdmissionPolicy
from telephony.prices import RATES, USUAL
from tests.kit.preloaded import preload
from voices.settings import VoiceSettings

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:(?:^|\n)(?: {4,}.*|(?=\n)))+", README)


GROUP: Any = typer.main.get_command(app)


def commands() -> set[str]:
    found: set[str] = set()
    for name, command in GROUP.commands.items():
        found.add(name)
        found |= {f"{name} {child}" for child in getattr(command, "commands", {})}
    return found


def test_every_command_it_names_exists() -> None:
    named = {match.strip() for match in re.findall(r"pai-voice ((?:[a-z][a-z-]* ?){1,2})", README)}
    known = commands()
    for words in named:
        first, *rest = words.split()
        assert first in known, words
        if any(command.startswith(f"{first} ") for command in known) and rest:
            assert f"{first} {rest[0]}" in known, words


def test_every_option_it_names_exists() -> None:
    shown = re.findall(r"pai-voice (demo|dial|doctor|forget|replay|calls [a-z-]+)([^`\n]*)", README)
    shown += [("replay", option) for option in re.findall(r"`(--against [a-z]+)`", README)]
    for name, rest in shown:
        command = GROUP
        for word in name.split():
            command = command.commands[word]
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options


def test_the_settings_it_shows_are_read(tmp_path: Path) -> None:
    toml = next(block for block in BLOCKS if "[acs]" in block)
    text = "\n".join(line.strip() for line in toml.splitlines()).replace('"…"', '"MDEyMzQ1Njc4OWFiY2RlZg=="')
    text = text.replace("NAME.REGION", "name.region")
    assert set(tomllib.loads(text)) == {"acs", "admission", "house"}
    (tmp_path / "pai-voice.toml").write_text(text, encoding="utf-8")
    settings = load_config({}, tmp_path).settings
    assert settings.acs is not None
    assert settings.acs.phone_number == "+4312345670"
    assert settings.admission.allow == ("+4312345678",)
    assert settings.house.place.startswith(settings.house.zone.partition("/")[2])


def test_a_minute_costs_what_it_says() -> None:
    told = re.search(r"([\d.]+) to ([\d.]+) cents when you call, and ([\d.]+) to ([\d.]+) when you are called back", README)
    assert told
    rates = [USUAL, *RATES.values()]
    sides = [rate.inbound for rate in rates], [rate.outbound for rate in rates]
    assert [Decimal(cents) / 100 for cents in told.groups()] == [bound(side) for side in sides for bound in (min, max)]
    assert {"usd_per_minute_in", "usd_per_minute_out"} <= set(re.findall(r"`(\w+)`", README)) & set(AcsSettings.model_fields)


@pytest.mark.parametrize("name", re.findall(r"the tool `([a-z_]+)`", README))
def test_the_tools_it_names_are_the_agents_own(name: str) -> None:
    assert name in KNOWN


@pytest.mark.parametrize("name", re.findall(r"`(max_[a-z_]+)`", README))
def test_the_limits_it_names_exist(name: str) -> None:
    assert name in AdmissionPolicy.model_fields | Task.model_fields


def test_the_variables_it_names_are_settings(tmp_path: Path) -> None:
    sections = {"acs": AcsSettings, "admission": AdmissionPolicy, "ears": EarSettings, "voices": VoiceSettings}
    named = set(re.findall(r"PAI_VOICE_([A-Z_]+)", README))
    assert named
    for name in named:
        path = KNOWN_AS.get(f"PAI_VOICE_{name}", tuple(name.lower().split("__")))
        fields = [sections[section].model_fields for section in path[:-1]] or [Settings.model_fields]
        assert path[-1] in fields[0], name
    assert load_config({"PAI_VOICE_EARS__ENGINE": "whisper"}, tmp_path).settings.ears.engine == "whisper"


def test_the_agent_it_shows_is_an_agent() -> None:
    block = next(block for block in BLOCKS if "role:" in block)
    shown = yaml.safe_load("\n".join(line[4:] for line in block.splitlines()))
    assert Agent(id="engineer", **shown).tools == ("bring_in", "end_call")


def test_the_tools_it_shows_are_tools(tmp_path: Path) -> None:
    written = yaml.safe_load(next(block for block in BLOCKS if "python:dice" in block))["tools"]
    toml = textwrap.dedent(next(block for block in BLOCKS if "[tools.weather]" in block))
    (tmp_path / "pai-voice.toml").write_text(toml, encoding="utf-8")
    settings = load_config({}, tmp_path).settings
    sources = Sources(tuple(settings.tools), ("dice",))
    assert [wrong_with(tool, sources) for tool in written if tool not in KNOWN] == [None, None, None]
    assert [wrong_with(tool, Sources()) is None for tool in written if tool not in KNOWN] == [False, False, False]
    assert settings.tools["weather"].filler
    risky = re.search(r"what `risky_tools` names: `\[(.*?)\]`", README)
    assert risky
    toolbox = StandIns()
    for tool in ("mcp:weather/set_alarm", "mcp:weather/forecast", "python:dice"):
        toolbox[tool] = StandIn()
    agent = roster_of(Settings(agents=()))["kai"].model_copy(
        update={"tools": tuple(written), "risky_tools": tuple(risky[1].split(", "))}
    )
    assert {tool.written for tool in tools_of(agent, [agent], toolbox) if tool.risky} == {"mcp:weather/set_alarm", "python:dice"}
    group = next(block for block in BLOCKS if "entry-points" in block)
    assert [*tomllib.loads(textwrap.dedent(group))["project"]["entry-points"]] == [outside.GROUP]
    assert f"`act_s` in `[claude]` ({Settings().claude.act_s:g} s)" in README
    told = re.search(r"ours, such as (.*?), and\n", README)
    assert told
    assert set(re.findall(r"`(\w+)`", told[1])) <= set(KNOWN)


async def test_a_function_stands_in_as_it_says(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    def forecast(city: str) -> str:
        """The weather in a city."""
        return f"Rain in {city}."

    line = re.search(r"`(rehearsal\.toolbox.*?)`", README)
    assert line
    exec(line[1], {"rehearsal": rehearsal, "forecast": forecast})
    claude.uses("piet", "weather__forecast", {"city": "Graz"})
    claude.says("piet", "Rain.", after="weather__forecast")
    async with rehearsal.call("tests/kit/agents") as call:
        await call.say("Piet, what is it like in Graz?")
        assert [fact.result for fact in call.facts(ToolReturned)] == ["Rain in Graz."]


def test_the_scores_it_shows_are_the_routers() -> None:
    routing = Routing.of(Settings(agents=(ROOT / "nobody",)))
    shipped, held_out = (
        offline(routing, read(SHIPPED.with_name(f"{name}.yaml"), routing.roster)) for name in ("routing", "held_out")
    )
    told = re.search(r"<!-- agents eval -->\n(.*?)\n<!-- /agents eval -->", README, re.DOTALL)
    assert told
    assert told[1] == f"{shipped.as_table()}\n\nOn forty lines that it was not made with: {held_out.summary()}."


def test_the_test_it_shows_passes(pytester: pytest.Pytester) -> None:
    preload()
    pytester.makepyfile(textwrap.dedent(next(block for block in BLOCKS if "async def test_" in block)))
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_the_tolerances_it_names_are_the_replays() -> None:
    told = re.search(r"more than (\d+) ms \(to the answer, and within it\) or (\d+) ms", README)
    assert told
    assert tuple(map(int, told.groups())) == (RESPONSE_MS, STOP_MS)
    assert RESPONSE_MS == GAP_MS


def test_what_it_says_of_an_exported_call_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "ruth.yaml").write_text("name: Ruth\nrole: cooks\ndescription: Use for food.\nprompt: x\nvoice: alto\n")
    bundle = export(Settings(agents=(tmp_path,)), Recorded("call", [], b"RIFF"), tmp_path, mask=False)
    told = re.search(r"An exported call holds (.*?) as they are now", README, re.DOTALL)
    assert told
    with zipfile.ZipFile(bundle) as files:
        assert {name.replace("ruth.yaml", "") for name in files.namelist()} == set(re.findall(r"`([^`]+)`", told[1]))


def test_the_flow_it_draws_is_in_the_file_names() -> None:
    flow = next(block for block in BLOCKS if "line.hear" in block)
    files = {path.stem for room in ("agents", "voices", "telephony", "orchestrator") for path in (ROOT / room).glob("*.py")}
    assert {step.split(".")[0] for step in re.findall(r"[a-z.]+", flow)} <= files


def test_the_rooms_it_lists_are_there() -> None:
    for room in re.findall(r"^\| `([a-z]+)/` \|", README, re.MULTILINE):
        assert (ROOT / room).is_dir()
