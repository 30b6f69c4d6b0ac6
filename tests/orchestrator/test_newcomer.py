"""The first hour: what somebody meets who has no key, an agent of their own, and a typing error in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import anyio.to_thread
import httpx2
import pytest
from pydantic import SecretStr

from agents.errors import FileError
from agents.yaml_file import YamlFile, read_text
from orchestrator.config import Settings
from orchestrator.demo.plan import TALK, check_turns
from orchestrator.dialling import MANNERS
from orchestrator.doctor.azure import azure
from orchestrator.errors import ConfigError, DemoBroke, NotWritten
from orchestrator.lint import lint
from orchestrator.new_agent import NewAgent
from orchestrator.portrait import portrait
from orchestrator.ready import lacks
from orchestrator.recorded import recorded
from orchestrator.rosters import readable, roster_of
from orchestrator.scripted_house import NOT_SCRIPTED, thinking
from orchestrator.serve import serve
from orchestrator.testing.claude import Unscripted
from orchestrator.testing.performing import perform, scripted
from orchestrator.testing.scenario import Scenario
from orchestrator.testing.virtual_time import run as virtually
from orchestrator.trying.belongings import WORK, functions_on_paper, open_belongings
from telephony.acs_settings import AcsSettings
from telephony.admission import AdmissionPolicy
from telephony.caller import Caller, Outcome
from voices.audio import FRAME_S, SILENCE, Frame, frames
from voices.engines.tones import tone

LIBRARIAN = """\
name: Librarian
role: books
description: Use for books.
voice: alto
tools: [end_call, remember, python:tools/shelf.py:shelf]
prompt: You know where each book stands.
"""
SHELF = 'def shelf(title: str) -> str:\n    """Where a book stands."""\n    return f"{title}: shelf 3"\n'
CLAUDE = """\
claude:
  entries:
    - when: {{agent: librarian, heard: dune}}
      calls: [{{tool: {tool}, input: {{{input}: Dune}}}}]
    - when: {{agent: librarian, after: "*"}}
      say: Shelf three.
{tools}turns:
  - say: Librarian, where is Dune?
    expect: {{agent: {agent}, text: shelf three}}
"""
STAND_IN = "tools:\n  python:tools/shelf.py:shelf: {says: shelf 3}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "agents" / "tools").mkdir(parents=True)
    (tmp_path / "agents" / "librarian.yaml").write_text(LIBRARIAN)
    (tmp_path / "agents" / "tools" / "shelf.py").write_text(SHELF)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings_in(folder: Path, **more: object) -> Settings:
    return Settings.model_validate({"home": folder / "home", "agents": (folder / "agents",), **more})


def play(folder: Path, tools: str = STAND_IN, tool: str = "shelf", given: str = "title", agent: str = "librarian") -> None:
    path = folder / "a.scenario.yaml"
    path.write_text(CLAUDE.format(tool=tool, input=given, tools=tools, agent=agent))
    file = YamlFile(path)
    scenario = file.validate(Scenario)
    rehearsal = scripted(scenario)
    virtually(lambda: perform(file, scenario, rehearsal))


def test_a_scenario_with_a_stand_in_holds(folder: Path) -> None:
    play(folder)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"tools": ""}, "tools: {python:tools/shelf.py:shelf: {says: …}}"),
        ({"tool": "shelff"}, "calls shelff, which is none of its tools. Did you mean `shelf`?"),
        ({"given": "titel"}, "titel"),
    ],
)
def test_a_scenario_that_calls_a_tool_wrongly_fails_and_says_what_to_write(
    folder: Path, change: Mapping[str, str], told: str
) -> None:
    with pytest.raises(Unscripted) as raised:
        play(folder, **change)
    assert told.replace("calls", "is scripted to call") in str(raised.value)


def test_an_agent_of_a_scenario_that_there_is_not_is_told_at_its_line(folder: Path) -> None:
    with pytest.raises(FileError, match=r"a\.scenario\.yaml:11:\d+: there is no agent `librarain`\. Did you mean `librarian`\?"):
        play(folder, agent="librarain")


def test_a_stand_in_for_a_tool_that_nobody_has_is_told_at_its_line(folder: Path) -> None:
    with pytest.raises(FileError, match=r"a\.scenario\.yaml:9:3: no agent has the tool `python:tools/shelf\.py:shlf`\. Did"):
        play(folder, tools=STAND_IN + "  python:tools/shelf.py:shlf: {says: x}\n")


def test_an_agent_with_the_name_of_another_is_told_by_lint(folder: Path) -> None:
    (folder / "agents" / "sherlock.md").write_text("---\nname: Kai\ndescription: Puzzles.\n---\nYou are Sherlock.\n")
    (told,) = [one for one in lint(settings_in(folder)) if one.state == "error"]
    assert told.text.startswith("`Kai` is already a name of kai")


def test_a_folder_of_agents_that_is_a_link_to_itself_holds_nobody(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")
    assert "librarian" not in roster_of(settings_in(folder, agents=(folder / "loop",)))


async def test_an_agent_that_is_tried_has_its_tools_and_its_notes(folder: Path) -> None:
    settings = await anyio.to_thread.run_sync(settings_in, folder)
    roster = await anyio.to_thread.run_sync(roster_of, settings)
    async with open_belongings(settings, roster, "+15550100") as things:
        (tool,) = things.toolbox.named("python:tools/shelf.py:shelf")
        assert tool.run
        assert await tool.run({"title": "Dune"}) == "Dune: shelf 3"
        await things.notes("+1").keep("They like Dune.", date(2026, 11, 30))
        assert things.lacks == (WORK,)  # Kai is at the front desk
    assert "Dune" in await anyio.Path(folder / "home" / "notes" / "+15550100.md").read_text()


def test_what_is_not_there_in_a_try_is_told_with_its_reason(folder: Path) -> None:
    (folder / "agents" / "tools" / "shelf.py").write_text("1 / 0\n" + SHELF)
    (folder / "agents" / "librarian.yaml").write_text(LIBRARIAN.replace("remember", "mcp:weather/*"))
    settings = settings_in(folder, tools={"weather": {"command": "nothing-of-that-name"}})
    roster = roster_of(settings)

    on_paper = functions_on_paper(settings, roster)

    lines: list[str] = []

    async def in_virtual_time() -> None:
        async with open_belongings(settings, roster, "+15550100", on_paper) as things:
            lines.extend(things.lacks)

    virtually(in_virtual_time)
    told = "\n".join(lines)
    assert "python:tools/shelf.py:shelf is not there: " in told
    assert "ZeroDivisionError" in told
    assert "mcp:weather/* is not there: " in told


def test_a_broken_agent_does_not_hide_a_call_that_was(folder: Path) -> None:
    for text in ("name: [", LIBRARIAN + "voise: x\n", LIBRARIAN.replace("alto", "nobody"), "\x00"):
        (folder / "agents" / "librarian.yaml").write_text(text)
        (folder / "agents" / "kai.yaml").write_text(text)
        lineup, told = readable(settings_in(folder))
        assert lineup.roster.front_desk.name == "Kai"  # the shipped one
        assert told


def test_who_a_claude_code_agent_is_is_a_sentence_and_what_is_left_out_is_told(folder: Path) -> None:
    text = "---\nname: sherlock\ndescription: Use proactively for puzzles.\ntools: Read, Bash\n---\nYou are Sherlock.\n"
    (folder / "agents" / "sherlock.md").write_text(text)
    found = portrait(settings_in(folder), "sherlock")
    assert found.system.startswith("You are Sherlock (agent sherlock). Use proactively for puzzles.\n")
    assert "Read, Bash" in dict(found.rows())["left out"]
    assert "left out" not in dict(portrait(settings_in(folder), "librarian").rows())
    assert portrait(settings_in(folder), "librarian").system.startswith("You are Librarian (agent librarian), books.\n")


def test_a_journal_is_a_call_whatever_its_name(folder: Path) -> None:
    line = {"seq": 0, "at_s": 0.0, "kind": "call_ended", "why": "goodbye", "duration_s": 1.0, "cost_usd": "0"}
    (folder / "hold.jsonl").write_text(json.dumps(line) + "\n")
    call = recorded(settings_in(folder), str(folder / "hold.jsonl"))
    assert (call.name, len(call.entries)) == ("hold", 1)


@pytest.mark.parametrize("allow", [(), ("+15550100",)])
@pytest.mark.parametrize("line", [False, True])
async def test_serve_and_doctor_judge_alike(allow: tuple[str, ...], line: bool) -> None:
    known = {"endpoint": "http://127.0.0.1:1", "access_key": "c2VjcmV0", "public_url": "http://127.0.0.1:1"}
    acs = AcsSettings.model_validate(known | {"webhook_secret": 16 * "x", "audience": "a"}) if line else None
    settings = Settings(acs=acs, admission=AdmissionPolicy(allow=allow))
    refused = [lack.what for lack in lacks(settings)]
    assert bool(refused) == (not line or not allow)
    if refused:
        said: list[object] = []
        with pytest.raises(ConfigError, match=refused[0][:20]):
            await serve(settings, said.append)
    if not line:
        assert [(one.fact, one.state) async for one in azure(settings)] == [(refused[0], "broken")]


async def test_a_script_answers_in_claudes_place_for_every_agent(folder: Path) -> None:
    (folder / "s.yaml").write_text("defaults: {kai: Hello.}\n")
    settings = await anyio.to_thread.run_sync(settings_in, folder)
    async with thinking(settings, folder / "s.yaml") as own, httpx2.AsyncClient(trust_env=False) as client:
        assert own.claude.api_key == own.pai.api_key == SecretStr("scripted")
        assert own.claude.base_url == own.pai.base_url != settings.claude.base_url
        for agent, said in (("kai", "Hello."), ("librarian", NOT_SCRIPTED)):
            asked = {"system": f"You are X (agent {agent}).", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 9}
            answer = await client.post(f"{own.claude.base_url}/v1/messages", json=asked, headers={"x-api-key": "k"})
            assert said in answer.text


@pytest.mark.parametrize("wait_s", [0.5, 3.0, 5.5])
def test_a_filler_is_not_taken_for_the_answer(wait_s: float) -> None:
    """Of the emulator's caller, who would speak into the answer, or hang up before it."""

    def speech(seconds: float) -> list[Frame]:
        return list(frames(tone(200, seconds, 6_000)))

    far = [*speech(0.5), *[SILENCE] * round(wait_s / FRAME_S), *speech(2.0), *[SILENCE] * 200]
    caller = Caller([], MANNERS)
    left = next(at for at, frame in enumerate(far) if Outcome.COMPLETED in caller.hear(frame)) * FRAME_S
    assert left >= 0.5 + wait_s + 2.0
    assert left <= 0.5 + wait_s + 2.0 + MANNERS.leave_after_s + 0.2


def test_a_demonstration_that_broke_off_says_so() -> None:
    check_turns(len(TALK), 500)
    with pytest.raises(DemoBroke, match=r"6 turns, and 8 were planned; its answers took up to 6\.2 s"):
        check_turns(6, 6_200)


@pytest.mark.parametrize("name", ["../x", "a/b", "Ann & Bob", "R2:D2", "<b>"])
def test_a_name_with_signs_in_it_is_refused(name: str) -> None:
    with pytest.raises(NotWritten, match="which nobody can say"):
        _ = NewAgent(name, "x", "x").id


@pytest.mark.parametrize("name", ["Ruth", "Zoë", "O'Neill", "Jean-Luc", "Dr. No"])
def test_names_that_people_have_are_taken(name: str) -> None:
    assert NewAgent(name, "x", "x").id


@pytest.mark.parametrize(("begins", "ends"), [("\ufeff", "\n"), ("", "\r\n"), ("\ufeff", "\r\n"), ("", "\r")])
def test_files_of_any_editor_are_read(folder: Path, begins: str, ends: str) -> None:
    """Agents, their prompts, Claude Code's agents, voices, scenarios."""

    def write(name: str, text: str) -> Path:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((begins + text.replace("\n", ends)).encode())
        return path

    write("agents/librarian.yaml", LIBRARIAN.replace("voice: alto", "voice: hers").replace("You know where", "prompts/l.md #"))
    write("agents/prompts/l.md", "You know.\n\nWhere each stands.\n")
    write("agents/sherlock.md", "---\nname: sherlock\ndescription: Puzzles.\n---\nYou are Sherlock.\n")
    write("voices/hers.yaml", "description: Hers.\nengines:\n  embedded: {pitch: 1.05}\n")
    scenario = write("a.scenario.yaml", CLAUDE.format(tool="shelf", input="title", tools=STAND_IN, agent="librarian"))
    settings = settings_in(folder, voices={"folders": (folder / "voices",), "pai": "off"})
    roster = roster_of(settings)
    assert roster["librarian"].prompt == "You know.\n\nWhere each stands."
    assert roster["librarian"].voice == "hers"
    assert roster["sherlock"].prompt.startswith("You are Sherlock.\n\n")
    assert YamlFile(scenario).validate(Scenario).turns[0].say == "Librarian, where is Dune?"
    assert "\r" not in read_text(scenario)
