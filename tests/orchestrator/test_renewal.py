"""A change in the agents' files counts from the next call on; a broken one changes nothing, and is told."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from agents.claude import BrainSettings, ClaudeBrain
from agents.prompting import Prompts
from agents.script import Script
from agents.scripted import ScriptedClaude, ScriptedTransport
from orchestrator.app import House
from orchestrator.config import Settings
from orchestrator.minds import Minds
from orchestrator.notes import NoteList
from orchestrator.parts import Parts
from orchestrator.patience import Limits
from orchestrator.renewal import Renewal, read_lineup, stamp
from orchestrator.rosters import PROMPTS, phrases_of, roster_of
from orchestrator.router import Router
from orchestrator.spending import DaySpending
from telephony.admission import Admission, AdmissionPolicy
from telephony.rehearsal import RehearsalLine
from tests.agents.stage import played
from tests.orchestrator.stage import LINES, NOON
from voices.catalogue import Catalogue
from voices.endpoint import PauseEndpointer
from voices.engines.scripted import ScriptedRecognizer
from voices.engines.tones import TonesSynthesizer
from voices.settings import VoiceSettings
from voices.synthesis import Sound, UnknownVoice
from voices.vad import LevelVad
from voices.voice import load_voices

SHIPPED_VOICES = load_voices().keys()
AUNT = "description: Hers.\nengines:\n  espeak:\n    gain_db: -1.5\n    variant: en-us+f4\n"
RUTH = "name: Ruth\nrole: cooks\ndescription: Use for food.\nprompt: prompts/ruth.md\nvoice: alto\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "agents"
    (folder / "prompts").mkdir(parents=True)
    (folder / "prompts" / "ruth.md").write_text("You cook.")
    return folder


def opened(own: Path) -> tuple[Settings, Parts, Renewal, ScriptedClaude]:
    """As `open_house` does it, with nothing that must be warmed."""
    settings = Settings(
        home=own.parent / "home",
        agents=(own,),
        voices=VoiceSettings(folders=(own.parent / "voices",)),
        admission=AdmissionPolicy(allow=("+15550100",)),
    )
    before, lineup = stamp(settings), read_lineup(settings)
    roster = lineup.roster
    prompts, phrases = Prompts.read(roster, PROMPTS), phrases_of(roster)
    claude = ScriptedClaude(Script(defaults={"kai": "Yes?", "ruth": "Salt."}))
    brain = ClaudeBrain(BrainSettings(api_key=SecretStr("scripted")), prompts, transport=ScriptedTransport(claude))
    router_system, router = prompts.router_system(), Router(roster, phrases)
    minds = Minds(
        roster,
        brain,
        ScriptedRecognizer([]),
        router,
        router_system,
        "claude-haiku-5-5",
        phrases,
        LINES,
        now=lambda: NOON,
        notes=lambda _: NoteList(),
    )
    catalogue = Catalogue(lineup.voices, [TonesSynthesizer(name="espeak")], words=lineup.words)
    parts = Parts(minds, catalogue, LevelVad, PauseEndpointer, Limits(1, settings.admission.max_usd_per_call), settings.earcons)
    return settings, parts, Renewal(settings, brain, parts, before, lineup), claude


def _not_again(_: Settings) -> None:
    pytest.fail("it was read again")


async def test_what_did_not_change_is_not_read_again(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, parts, renewal, _ = await anyio.to_thread.run_sync(opened, own)
    monkeypatch.setattr("orchestrator.renewal.lineup_of", _not_again)
    assert await renewal.parts() is parts
    await anyio.Path(own / "notes.txt").write_text("no agent's")
    assert await renewal.parts() is parts


async def test_a_new_agent_is_there_for_the_next_call_and_the_one_under_way_goes_on_as_it_was(own: Path) -> None:
    _, parts, renewal, claude = await anyio.to_thread.run_sync(opened, own)
    before = parts.minds
    await anyio.Path(own / "ruth.yaml").write_text(RUTH)
    with capture_logs() as logs:
        after = (await renewal.parts()).minds
    assert [entry["event"] for entry in logs] == ["agents_renewed"]
    assert ("ruth" in before.roster, "ruth" in after.roster) == (False, True)
    assert after.router.at_once("Ruth, what is for dinner?", "kai") != before.router.at_once("Ruth, what is for dinner?", "kai")
    assert "- ruth: Ruth" in after.router_system
    assert (await renewal.parts()).catalogue is parts.catalogue  # what was said with the voices it has need not be said again
    assert after.phrases.is_goodbye("goodbye Ruth")

    assert isinstance(before.brain, ClaudeBrain)
    async with before.brain:
        first = (await renewal.parts()).minds
        await played(before.brain, "hello")
    assert "Ruth" not in claude.exchanges[-1].request["system"][0]["text"]
    assert first is after


async def test_the_renewed_brain_speaks_over_the_same_connection_with_the_new_words(own: Path) -> None:
    _, parts, renewal, claude = await anyio.to_thread.run_sync(opened, own)
    before = parts.minds
    assert isinstance(before.brain, ClaudeBrain)
    async with before.brain:
        await anyio.Path(own / "ruth.yaml").write_text(RUTH)
        await played((await renewal.parts()).minds.brain, "hello")
        await anyio.Path(own / "prompts" / "ruth.md").write_text("You bake.")
        assert (await renewal.parts()).minds.roster["ruth"].prompt == "You bake."
    assert "Ruth (agent id ruth)" in claude.exchanges[-1].request["system"][0]["text"]


@pytest.mark.parametrize("broken", [RUTH + "tols: []\n", "", RUTH.replace("alto", "allto"), RUTH.replace("Ruth", "Kai")])
async def test_a_broken_file_keeps_the_last_good_ones_and_is_told_once(own: Path, broken: str) -> None:
    _, _, renewal, _ = await anyio.to_thread.run_sync(opened, own)
    await anyio.Path(own / "ruth.yaml").write_text(RUTH)
    good = await renewal.parts()
    await anyio.Path(own / "ruth.yaml").write_text(broken)
    with capture_logs() as logs:
        assert await renewal.parts() is good
        assert await renewal.parts() is good
    (entry,) = logs
    assert (entry["event"], entry["log_level"]) == ("agents_not_renewed", "warning")
    assert f"{own / 'ruth.yaml'}:" in entry["error"]
    assert entry["fix"]
    await anyio.Path(own / "ruth.yaml").write_text(RUTH.replace("cooks", "bakes"))
    assert (await renewal.parts()).minds.roster["ruth"].role == "bakes"


async def test_a_new_agent_with_a_new_voice_speaks_in_the_next_call_on_the_same_engines(own: Path) -> None:
    _, before, renewal, _ = await anyio.to_thread.run_sync(opened, own)
    voices = anyio.Path(own.parent / "voices")
    await voices.mkdir()
    await (voices / "aunt.yaml").write_text(AUNT)
    await anyio.Path(own / "ruth.yaml").write_text(RUTH.replace("alto", "aunt"))
    after = await renewal.parts()
    assert after.minds.roster["ruth"].voice == "aunt"
    assert after.catalogue.renderings("aunt")[0][0] is before.catalogue.renderings("kai")[0][0]
    assert [type(part) async for part in after.catalogue.speak("Salt.", "aunt")] == [Sound]
    with pytest.raises(UnknownVoice):
        before.catalogue.renderings("aunt")

    await (voices / "aunt.yaml").write_text(AUNT.replace("-1.5", "3.0"))
    assert (await renewal.parts()).catalogue.renderings("aunt")[0][1].gain_db == 3.0


@pytest.fixture
async def aunt(own: Path) -> anyio.Path:
    aunt = anyio.Path(own.parent / "voices" / "aunt.yaml")
    await aunt.parent.mkdir()
    await aunt.write_text(AUNT)
    await anyio.Path(own / "ruth.yaml").write_text(RUTH.replace("alto", "aunt"))
    return aunt


@pytest.mark.parametrize("broken", [AUNT.replace("variant", "varient"), AUNT.replace("+f4", "+nosuch"), "", "\xff"])
async def test_a_broken_voice_is_as_it_was_and_all_else_is_as_it_is_now(own: Path, aunt: anyio.Path, broken: str) -> None:
    _, before, renewal, _ = await anyio.to_thread.run_sync(opened, own)
    good = before.catalogue.renderings("aunt")[0][1]
    await aunt.write_bytes(broken.encode("latin-1"))
    await (aunt.parent / "uncle.yaml").write_text(AUNT)
    with capture_logs() as logs:
        after = await renewal.parts()
        await anyio.Path(own / "ruth.yaml").write_text(RUTH.replace("alto", "aunt").replace("cooks", "bakes"))
        last = await renewal.parts()
    assert after.catalogue.renderings("aunt")[0][1] is last.catalogue.renderings("aunt")[0][1] is good
    assert after.catalogue.renderings("uncle")
    assert (last.minds.roster["ruth"].voice, last.minds.roster["ruth"].role) == ("aunt", "bakes")
    (entry,) = (entry for entry in logs if entry["event"] == "voice_file_broken")
    assert str(entry["error"]).startswith(f"{aunt}:")
    assert entry["fix"]

    await aunt.write_text(AUNT.replace("-1.5", "2.5"))
    assert (await renewal.parts()).catalogue.renderings("aunt")[0][1].gain_db == 2.5


async def test_a_voice_that_is_broken_at_the_start_costs_only_itself_until_it_is_mended(own: Path, aunt: anyio.Path) -> None:
    await aunt.write_text("what?")
    with capture_logs() as logs:
        _, parts, renewal, _ = await anyio.to_thread.run_sync(opened, own)
    assert [entry["event"] for entry in logs] == ["voice_file_broken"]
    ruth = parts.minds.roster["ruth"]
    assert ruth.voice in SHIPPED_VOICES - {"caller"}
    assert [type(part) async for part in parts.catalogue.speak("Salt.", ruth.voice)] == [Sound]
    await aunt.write_text(AUNT)
    assert (await renewal.parts()).minds.roster["ruth"].voice == "aunt"


async def test_a_voice_that_is_gone_changes_nothing(own: Path, aunt: anyio.Path) -> None:
    _, good, renewal, _ = await anyio.to_thread.run_sync(opened, own)
    await aunt.unlink()
    with capture_logs() as logs:
        assert await renewal.parts() is good
        assert await renewal.parts() is good
    (entry,) = logs
    assert entry["event"] == "agents_not_renewed"
    assert "there is no voice `aunt`" in entry["error"]


async def test_agents_that_name_no_voice_keep_theirs_whoever_comes_and_goes(own: Path) -> None:
    ruth = RUTH.replace("voice: alto\n", "")
    await anyio.Path(own / "ruth.yaml").write_text(ruth)
    settings, parts, renewal, _ = await anyio.to_thread.run_sync(opened, own)
    voice = parts.minds.roster["ruth"].voice
    for name in ("Ada", "Bob"):  # before Ruth, so that they would choose first
        await anyio.Path(own / f"{name.lower()}.yaml").write_text(ruth.replace("Ruth", name))
    roster = (await renewal.parts()).minds.roster
    assert roster["ruth"].voice == voice
    assert len({roster[one].voice for one in ("ruth", "ada", "bob")}) == 3
    await anyio.Path(own / "ada.yaml").unlink()
    after = (await renewal.parts()).minds.roster
    assert [after[one].voice for one in ("ruth", "bob")] == [roster[one].voice for one in ("ruth", "bob")]
    again = await anyio.to_thread.run_sync(roster_of, settings)
    assert {agent.id: agent.voice for agent in again} == {agent.id: agent.voice for agent in after}


async def test_a_deleted_file_is_gone_and_an_edit_of_the_same_length_is_seen(own: Path) -> None:
    path = anyio.Path(own / "ruth.yaml")
    await path.write_text(RUTH)
    _, _, renewal, _ = await anyio.to_thread.run_sync(opened, own)
    await path.write_text(RUTH.replace("food", "wine"))
    await anyio.to_thread.run_sync(os.utime, path, (1, 1))
    assert (await renewal.parts()).minds.roster["ruth"].description == "Use for wine."
    await path.unlink()
    assert "ruth" not in (await renewal.parts()).minds.roster


async def test_each_call_gets_them(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_line: list[list[str]] = []

    class Noted:
        why = "goodbye"

        def __init__(self, parts: Parts, *_: object, **__: object) -> None:
            on_the_line.append([agent.id for agent in parts.minds.roster])

        async def run(self) -> None:
            pass

    monkeypatch.setattr("orchestrator.app.Call", Noted)
    settings, parts, renewal, _ = await anyio.to_thread.run_sync(opened, own)
    settings = settings.model_copy(update={"home": tmp_path})
    spending = DaySpending(NOON.date())
    house = House(settings, parts.minds.roster, parts, Admission(settings.admission), spending, renewal=renewal)
    await house.take(RehearsalLine("first"))
    await anyio.Path(own / "ruth.yaml").write_text(RUTH)
    await house.take(RehearsalLine("second"))
    assert on_the_line == [["kai", "architect", "engineer", "researcher"], ["kai", "architect", "engineer", "researcher", "ruth"]]
