"""What the pages for people say is so: links lead somewhere, what they name exists, tables are true, examples run."""

from __future__ import annotations

import ast
import re
import tomllib
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest
import typer.main
import yaml
from pydantic import BaseModel

from agents import outside
from agents.definition import Agent, Task
from agents.outside import Sources, wrong_with
from agents.script import Script
from agents.tools import KNOWN, tools_of
from orchestrator.acts import BEHIND_PIN
from orchestrator.cli import app
from orchestrator.config import Settings
from orchestrator.config import load as load_config
from orchestrator.demo.leaving import FILES, SUMMARY
from orchestrator.differences import GAP_MS, RESPONSE_MS, STOP_MS
from orchestrator.events import ToolReturned
from orchestrator.export import export
from orchestrator.recorded import Recorded
from orchestrator.rosters import roster_of
from orchestrator.routing import Routing
from orchestrator.routing_eval import offline
from orchestrator.routing_set import SHIPPED, read
from orchestrator.settings_environment import KNOWN_AS
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall
from orchestrator.testing.stand_ins import StandIn, StandIns
from telephony.acs import AcsSettings
from telephony.admission import AdmissionPolicy
from telephony.prices import RATES, USUAL
from tests.kit.caller_lines import DEMO_LINES
from tests.kit.pages import PAGES, ROOMS, ROOT, block, blocks, code, rows
from tests.kit.preloaded import preload
from voices.engines.registry import SYNTHESIZERS
from voices.settings import VoiceSettings

pytest_plugins = ["pytester"]
FRONT: Final = "README.md"
AGENTS: Final = "agents/README.md"
CORE: Final = "orchestrator/README.md"
LINES: Final = "telephony/README.md"
TESTS: Final = "tests/README.md"
GROUP: Any = typer.main.get_command(app)
CLAUDE_CODE: Final = frozenset({"Read", "Write", "Edit", "WebFetch"})  # tools of its own
every_page = pytest.mark.parametrize("page", PAGES)


# --- every page -------------------------------------------------------------------------------------------------------


def test_every_folder_has_a_page() -> None:
    assert {f"{room}/README.md" for room in ROOMS} < set(PAGES)


@every_page
def test_no_page_is_too_long(page: str) -> None:
    assert len(PAGES[page].splitlines()) <= (180 if page == FRONT else 199)


@every_page
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / page).parent / file if file else ROOT / page
        assert path.exists(), target
        linked = path / "README.md" if path.is_dir() else path
        assert linked.is_file(), target
        assert not anchor or anchor in anchors(linked.read_text(encoding="utf-8")), target


def anchors(text: str) -> set[str]:
    """As GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)", text, re.MULTILINE)
    }


def test_every_page_is_reached_from_the_first() -> None:
    reached, found = {FRONT}, [FRONT]
    while found:
        page = found.pop()
        for file in re.findall(r"\]\(([^)\s#]+)", PAGES[page]):
            if file.startswith("https://"):
                continue
            target = ((ROOT / page).parent / file).resolve().relative_to(ROOT).as_posix()
            if target in PAGES and target not in reached:
                reached.add(target)
                found.append(target)
    assert reached == set(PAGES)


@every_page
def test_every_command_and_option_exists(page: str) -> None:
    for line in re.findall(r"pai-voice ([a-z][^`\n|]*)", PAGES[page]):
        command, words = GROUP, line.split("#")[0].split()
        while words and (children := getattr(command, "commands", None)):
            assert words[0] in children, line
            command = children[words.pop(0)]
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", " ".join(words))) <= options, line


@every_page
def test_every_make_target_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`| {4}|^)make ([a-z-]+)", PAGES[page])) <= targets


def ours(page: str) -> Iterator[tuple[str, str]]:
    """The files and folders of ours that a page names, each with a name in it or none; what the guide has you write is yours."""
    text = re.sub(r"<!-- guide -->.*<!-- /guide -->", "", PAGES[page], flags=re.DOTALL)
    for words in code(text):
        if found := re.fullmatch(rf"((?:{'|'.join(ROOMS)})/[\w./-]*)(?::([\w.]+))?", words):
            yield found[1], found[2] or ""


@every_page
def test_every_file_that_it_names_exists(page: str) -> None:
    for path, name in ours(page):
        assert (ROOT / path).exists(), path
        assert not name or name in names_in(ROOT / path), f"{path}:{name}"


@cache
def names_in(path: Path) -> frozenset[str]:
    """Functions, classes, constants, and methods as `Class.method`."""
    return frozenset(_names(ast.parse(path.read_text(encoding="utf-8")).body))


def _names(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for part in body:
        match part:
            case ast.ClassDef(name=name, body=inner):
                yield prefix + name
                yield from _names(inner, f"{prefix}{name}.")
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield prefix + name
            case ast.Assign(targets=targets):
                yield from (prefix + target.id for target in targets if isinstance(target, ast.Name))
            case _:
                pass


@every_page
def test_every_class_that_it_names_exists(page: str) -> None:
    found = {word for word in code(PAGES[page]) if re.fullmatch(r"(?:[A-Z][a-z]+)+", word)}
    written = found & set(yaml_keys(page))
    assert found - CLAUDE_CODE - written <= classes()


def yaml_keys(page: str) -> Iterator[str]:
    """Words that a page shows as a key or a value of its own, such as `Incoming Call`."""
    yield from re.findall(r"^\s*([A-Z]\w+):", PAGES[page], re.MULTILINE)


@cache
def classes() -> frozenset[str]:
    files = (file for room in ROOMS[:4] for file in (ROOT / room).rglob("*.py"))
    return frozenset(
        name for file in files for name in re.findall(r"^class (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    )


def model(section: str) -> type[BaseModel]:
    """Of a section of `pai-voice.toml`."""
    if section == "acs":
        return AcsSettings
    value: Any = Settings()
    for part in section.split("."):
        value = getattr(value, part)
    return type(value)


@every_page
def test_every_setting_that_it_names_exists(page: str) -> None:
    for key, section in re.findall(r"`(\w+)`(?:,| and)? (?:\(`[^`]+`[^)]*\) )?(?:in|of) `\[([\w.]+)\]`", PAGES[page]):
        assert key in model(section).model_fields, (key, section)
    for section in re.findall(r"`\[([\w.]+)\]`", PAGES[page]):
        assert model(section)


@every_page
def test_every_variable_that_it_names_is_a_setting(page: str) -> None:
    for name in re.findall(r"PAI_VOICE_([A-Z_]+[A-Z])", PAGES[page]):
        *above, last = KNOWN_AS.get(f"PAI_VOICE_{name}", tuple(name.lower().split("__")))
        assert last in (model(".".join(above)) if above else Settings).model_fields, name


@every_page
def test_every_default_beside_a_name_is_the_codes_own(page: str) -> None:
    known = {**AdmissionPolicy.model_fields, **Task.model_fields, **VoiceSettings.model_fields}
    shown = re.findall(r"`(\w+)`(?: in `\[\w+\]`)? \((\d[\d.]*)(?: USD| s)?\b[^)]*\)", PAGES[page])
    shown += re.findall(r"`(\w+) = (\d[\d.]*)`", PAGES[page])
    for name, number in shown:
        assert name not in known or Decimal(str(known[name].default)) == Decimal(number), name


@every_page
def test_every_extra_that_it_names_can_be_installed(page: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(re.findall(r"extra\s`(\w+)`", PAGES[page])) <= set(extras)


# --- the first page ---------------------------------------------------------------------------------------------------


def test_the_packages_front_page_is_there() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["readme"] == FRONT


async def test_the_first_call_goes_as_it_says(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    script = Script.model_validate(yaml.safe_load(block(FRONT, "entries:")))
    texts = re.findall(r'--text "([^"]+)"', block(FRONT, "pai-voice dial"))
    for entry in script.entries:
        claude.add(entry)
    async with rehearsal.call() as call:
        for text, entry in zip(texts, script.entries, strict=True):
            await call.say(text)
            assert call.said[-1].text in entry.say


def test_the_transcript_is_the_demonstrations() -> None:
    script = yaml.safe_load((ROOT / "orchestrator" / "demo" / "script.yaml").read_text(encoding="utf-8"))
    roster = roster_of(Settings(agents=()))
    said = {agent.id: [agent.greeting or ""] for agent in roster.agents}
    for entry in script["entries"]:
        if (agent := entry["when"].get("agent")) and "say" in entry:
            said[agent].append(entry["say"])
    for line in block(FRONT, "caller     ").splitlines():
        who, words = re.split(r" +", line, maxsplit=1)
        known = [*DEMO_LINES.values()] if who == "caller" else said[who.lower()]
        assert any(words.rstrip(" …—") in one for one in known), line


def test_the_demonstration_leaves_the_files_it_lists() -> None:
    listed = [name for cells in rows(FRONT, "file") for name in code(cells[0])]
    assert listed == [*(sound for sound, _ in FILES), *(journal for _, journal in FILES), SUMMARY]


def test_the_pin_table_names_every_tool_that_needs_one() -> None:
    (heading,) = (line for line in PAGES[FRONT].splitlines() if line.startswith("| what the caller wants"))
    assert code(heading) == [f'pin_mode = "{AdmissionPolicy().pin_mode}"']
    table = rows(FRONT, heading.split("|")[1].strip())
    named = {tool for cells in table for tool in code(cells[0])}
    assert named == {*BEHIND_PIN, "stop_task", "remember"}
    assert all(len(cells) == 4 and all(cells) for cells in table)


# --- agents -----------------------------------------------------------------------------------------------------------


def test_the_agent_it_shows_is_an_agent() -> None:
    assert Agent(id="engineer", **yaml.safe_load(block(AGENTS, "role:"))).tools == ("bring_in", "end_call")


def test_the_tools_it_shows_are_tools(tmp_path: Path) -> None:
    written = yaml.safe_load(block(AGENTS, "python:dice"))["tools"]
    (tmp_path / "pai-voice.toml").write_text(block(AGENTS, "[tools.weather]"), encoding="utf-8")
    settings = load_config({}, tmp_path).settings
    of_others = [tool for tool in written if tool not in KNOWN and not tool.endswith(":shelf")]
    sources = Sources(tuple(settings.tools), ("dice",))
    assert [wrong_with(tool, sources) for tool in of_others] == [None, None, None]
    assert [wrong_with(tool, Sources()) is None for tool in of_others] == [False, False, False]
    assert settings.tools["weather"].filler
    (risky,) = re.findall(r"`risky_tools: \[(.+?)\]`", PAGES[AGENTS])
    toolbox = StandIns()
    for tool in ("mcp:weather/set_alarm", "mcp:weather/forecast", "python:dice"):
        toolbox[tool] = StandIn()
    agent = roster_of(Settings(agents=()))["kai"].model_copy(
        update={"tools": tuple(of_others), "risky_tools": tuple(risky.split(", "))}
    )
    assert {tool.written for tool in tools_of(agent, [agent], toolbox) if tool.risky} == {"mcp:weather/set_alarm", "python:dice"}
    group = tomllib.loads(block(AGENTS, "entry-points"))
    assert [*group["project"]["entry-points"]] == [outside.GROUP]


def test_the_tools_it_calls_ours_are() -> None:
    (paragraph,) = (one for one in PAGES[AGENTS].split("\n\n") if {"bring_in", "send_digits"} <= set(code(one)))
    assert set(code(paragraph)) - {"tools"} <= set(KNOWN)


# --- lines ------------------------------------------------------------------------------------------------------------


def test_the_settings_for_azure_are_read(tmp_path: Path) -> None:
    text = block(LINES, "[acs]").replace('"…"', '"MDEyMzQ1Njc4OWFiY2RlZg=="').replace("NAME.REGION", "name.region")
    assert set(tomllib.loads(text)) == {"acs", "admission", "house"}
    (tmp_path / "pai-voice.toml").write_text(text, encoding="utf-8")
    settings = load_config({}, tmp_path).settings
    assert settings.acs is not None
    assert settings.acs.phone_number == "+4312345670"
    assert settings.admission.allow == ("+4312345678",)
    assert settings.house.place.startswith(settings.house.zone.partition("/")[2])


def test_the_rules_for_who_may_call_are_the_defaults() -> None:
    shown = tomllib.loads(block(LINES, "max_calls"))["admission"]
    assert AdmissionPolicy.model_validate(shown) == AdmissionPolicy()
    assert set(AdmissionPolicy.model_fields) - set(shown) == {"region", "pin"}


def test_a_minute_costs_what_it_says() -> None:
    shown = {country: (Decimal(called) / 100, Decimal(calls) / 100) for country, called, calls in rows(LINES, "your number")}
    assert shown.pop("any other") == (USUAL.inbound, USUAL.outbound)
    assert shown == {country: (rate.inbound, rate.outbound) for country, rate in RATES.items()}
    (cells,) = (cells for cells in rows(CORE, "what") if "Azure" in cells[0])
    rates = [rate for pair in ((USUAL.inbound, USUAL.outbound), *shown.values()) for rate in pair]
    assert re.findall(r"0\.\d+", cells[1]) == [str(min(rates).normalize()), str(max(rates).normalize())]


def test_the_options_of_dial_are_all_listed() -> None:
    listed = {option for cells in rows(LINES, "option of `dial`") for option in re.findall(r"--[a-z-]+", cells[0])}
    known = {option for parameter in GROUP.commands["dial"].params for option in parameter.opts}
    assert listed == known - {"--help"}


# --- voices -----------------------------------------------------------------------------------------------------------


def test_the_engines_are_all_listed_and_in_their_order() -> None:
    shown = rows("voices/README.md", "engine")
    assert [code(cells[0])[0] for cells in shown] == [engine.name for engine in SYNTHESIZERS]
    free = {code(cells[0])[0] for cells in shown if cells[4] == "-"}
    assert free == {engine.name for engine in SYNTHESIZERS if not engine.usd_per_1000_chars}


def test_the_voice_it_shows_is_a_voice() -> None:
    shown = yaml.safe_load(block("voices/README.md", "gain_db"))
    engines = {engine.name: engine for engine in SYNTHESIZERS}
    assert set(shown["engines"]) <= set(engines)
    for name, options in shown["engines"].items():
        options.pop("gain_db", None)
        engines[name].options.model_validate(options)


# --- prompts ----------------------------------------------------------------------------------------------------------


def test_every_prompt_is_listed() -> None:
    listed = {path.partition("/")[2] for cells in rows("prompts/README.md", "file") for path in code(cells[0])}
    assert listed == {path.name for path in (ROOT / "prompts").iterdir() if path.is_file()} - {"README.md"}


# --- the core ---------------------------------------------------------------------------------------------------------


def test_where_it_is_decided_has_a_file_and_a_function_for_each_question() -> None:
    table = rows(CORE, "question")
    assert len(table) >= 10
    for question, *where in table:
        assert question.endswith("?")
        assert any(re.search(r"`\w+/[\w/]+\.py:\w", cell) for cell in where), question


@pytest.mark.parametrize(("what", "shown", "name"), rows(CORE, "wait or limit"))
def test_times_and_limits(what: str, shown: str, name: str) -> None:
    (words,) = code(name)
    path, _, constant = words.rpartition(":")
    value: Any = Settings()
    if path:
        value = getattr(import_module(path.removesuffix(".py").replace("/", ".")), constant)
    else:
        for part in words.split("."):
            value = getattr(value, part)
    assert Decimal(shown.split()[0]) == Decimal(str(value)), what


def test_every_wait_for_the_caller_is_listed() -> None:
    listed = {words for *_, name in rows(CORE, "wait or limit") for words in code(name)}
    assert {f"patience.{field}" for field in type(Settings().patience).model_fields} <= listed


# --- tests ------------------------------------------------------------------------------------------------------------


def test_the_test_it_shows_passes(pytester: pytest.Pytester) -> None:
    preload()
    pytester.makepyfile(block(TESTS, "async def test_"))
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_what_it_shows_of_the_kit_can_be_written() -> None:
    for words in (words for cells in rows(TESTS, "script Claude") for words in code(cells[0]) if words.startswith("claude.")):
        exec(words, {"claude": StagedClaude()})
    players = [words for cells in rows(TESTS, "play the caller") for words in code(cells[0])]
    assert all(words.startswith("await call.") for words in players)
    facts = [words for words in code(PAGES[TESTS]) if re.fullmatch(r"call\.(?!wav$)\w+", words)]
    for words in (*players, *facts):
        assert hasattr(RehearsedCall, words.partition("call.")[2].partition("(")[0]), words


async def test_a_function_stands_in_as_it_says(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    def forecast(city: str) -> str:
        """The weather in a city."""
        return f"Rain in {city}."

    (line,) = (words for words in code(PAGES[TESTS]) if words.startswith("rehearsal.toolbox"))
    exec(line, {"rehearsal": rehearsal, "forecast": forecast})
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
    assert shipped.as_table() in PAGES[TESTS]
    assert held_out.summary() in PAGES[TESTS]


def test_the_tolerances_it_names_are_the_replays() -> None:
    shown = [int(cells[1].removesuffix(" ms")) for cells in rows(TESTS, "time")]
    assert shown == [RESPONSE_MS, STOP_MS]
    assert RESPONSE_MS == GAP_MS


def test_what_it_says_of_an_exported_call_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "ruth.yaml").write_text("name: Ruth\nrole: cooks\ndescription: Use for food.\nprompt: x\nvoice: alto\n")
    bundle = export(Settings(agents=(tmp_path,)), Recorded("call", [], b"RIFF"), tmp_path, mask=False)
    with zipfile.ZipFile(bundle) as files:
        held = {name.replace("ruth.yaml", "") for name in files.namelist()}
    assert held == {name for cells in rows(TESTS, "part") for name in code(cells[0])}


def test_the_folders_of_tests_are_all_listed() -> None:
    listed = {path for cells in rows(TESTS, "folder") for path in code(cells[0])}
    there = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert {f"tests/{name}/" for name in there} <= listed


def test_all_blocks_of_toml_and_yaml_can_be_read() -> None:
    for page in PAGES:
        for text in blocks(page):
            if re.match(r"\[[a-z.]+\]\s", text):
                tomllib.loads(text)
            elif re.match(r"[a-z]+:(\s|$)", text):
                yaml.safe_load(text)
