"""Agents, voices and PAI put together: who has which voice, and what is told of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.config import Settings
from orchestrator.lint import Complaint, lint
from orchestrator.rosters import lineup_of
from orchestrator.voice_memory import FILE, keep, remembered
from orchestrator.voice_pairs import Twins
from orchestrator.voice_pairs import keep as keep_twins
from tests.kit.elevenlabs_options import registered
from voices.inventory import engine_version
from voices.settings import VoiceSettings
from voices.voice import load_voices

RUTH = "name: Ruth\nrole: cooks\ndescription: Use for food.\nprompt: You cook.\n"
AUNT = "description: Hers.\nengines:\n  espeak: {variant: en-us+f4}\n"
OWNER = "owner: {name: Ruth, consent: I said yes.}\n"
RACHEL, MARCUS = "21m00Tcm4TlvDq8ikWAM", "iLVmqjzCGGvqtMCk6vVQ"
REVIEWER = f"---\nname: Reviewer\ndescription: Use for code.\nvoiceId: {MARCUS}\nvoice:\n  stability: 0.4\n---\nYou review.\n"


@dataclass
class House:
    folder: Path

    def write(self, **files: str) -> House:
        """`agents__ruth_yaml` is agents/ruth.yaml."""
        for name, text in files.items():
            path = self.folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self

    @property
    def settings(self) -> Settings:
        voices = VoiceSettings(folders=(self.folder / "voices",), pai=self.folder / "pai")
        return Settings(home=self.folder / "home", agents=(self.folder / "agents",), voices=voices)

    def voices(self) -> dict[str, str]:
        return {agent.id: agent.voice for agent in lineup_of(self.settings).roster}

    def lint(self) -> list[Complaint]:
        return lint(self.settings)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def elevenlabs(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch)


def test_agents_without_a_voice_have_one_each_and_never_a_persons_or_the_callers(house: House) -> None:
    house.write(voices__ruth_yaml=AUNT + OWNER, voices__aunt_yaml=AUNT, agents__ruth_yaml=RUTH)
    house.write(**{f"agents__{name}_yaml": RUTH.replace("Ruth", name.title()) for name in ("ann", "bob", "cleo")})
    house.write(agents__reviewer_md=REVIEWER)
    voices = house.voices()
    assert len(set(voices.values())) == len(voices) - max(0, len(voices) - len(load_voices()))
    assert not {"ruth", "caller"} & {*voices.values()}
    house.write(agents__ruth_yaml=RUTH + "voice: ruth\n")
    assert house.voices()["ruth"] == "ruth"


def test_the_memory_is_only_read_until_something_serves(house: House) -> None:
    house.write(agents__ruth_yaml=RUTH)
    voice = house.voices()["ruth"]
    assert not (house.folder / "home").exists()
    other = next(one for one in ("alto", "soprano", "tenor") if one != voice)
    house.write(**{f"home__{FILE.replace('.', '_')}".replace("assigned_voices", "assigned-voices"): "{}"})
    (house.folder / "home" / FILE).write_text(json.dumps({"ruth": other, "gone": voice}))
    assert house.voices()["ruth"] == other
    keep(house.settings.home, lineup_of(house.settings).found, remembered(house.settings.home))
    assert remembered(house.settings.home) == {"ruth": other, "gone": voice}


@pytest.mark.parametrize("text", ["", "[", "[1, 2]", '{"ruth": 7, "ann": ["alto"]}', "[" * 100_000, '{"ruth": "nosuch"}', "\x00"])
def test_a_broken_memory_is_begun_anew(house: House, text: str) -> None:
    before = house.write(agents__ruth_yaml=RUTH).voices()
    (house.folder / "home").mkdir()
    (house.folder / "home" / FILE).write_text(text)
    assert house.voices() == before
    keep(house.settings.home, lineup_of(house.settings).found, remembered(house.settings.home))
    assert remembered(house.settings.home) == {"ruth": before["ruth"]}


def test_a_memory_that_cannot_be_written_keeps_nobody_from_calling(house: House) -> None:
    house.write(agents__ruth_yaml=RUTH)
    (house.folder / "home").write_text("no folder")
    keep(house.settings.home, lineup_of(house.settings).found, remembered(house.settings.home))
    assert house.voices()["ruth"]


@pytest.mark.usefixtures("elevenlabs")
def test_pais_voices_are_those_of_the_agents_here(house: House) -> None:
    daidentity = {"name": "Aria", "voices": {"main": {"voiceId": RACHEL, "stability": 0.85}}}
    house.write(pai__settings_json=json.dumps({"daidentity": daidentity}), agents__reviewer_md=REVIEWER)
    house.write(pai__agents__Engineer_md=REVIEWER.replace("Reviewer", "Engineer"))
    lineup = lineup_of(house.settings)
    roster = lineup.roster
    assert (roster["kai"].voice, roster["engineer"].voice, roster["reviewer"].voice) == ("kai", "engineer", "reviewer")
    parts = {one: lineup.voices[one].renderings["elevenlabs"].options for one in ("kai", "aria", "engineer", "reviewer")}
    assert parts["kai"] == parts["aria"] == {"voice_id": RACHEL, "stability": 0.85}
    assert parts["engineer"] == parts["reviewer"] == {"voice_id": MARCUS, "stability": 0.4}
    assert "espeak" in lineup.voices["kai"].renderings
    assert lineup.voices["reviewer"].like == lineup.found.chosen["reviewer"] in lineup.files.voices
    twice = [complaint for complaint in house.lint() if "have the same voice at ElevenLabs" in complaint.text]
    assert len(twice) == 1


@pytest.mark.usefixtures("elevenlabs")
def test_a_voice_of_your_own_goes_before_pais(house: House) -> None:
    daidentity = {"name": "Kai", "voiceId": RACHEL}
    house.write(pai__settings_json=json.dumps({"daidentity": daidentity}))
    house.write(voices__kai_yaml="description: Mine.\nengines: {elevenlabs: {voice_id: mine}}\n")
    assert lineup_of(house.settings).voices["kai"].renderings["elevenlabs"].options == {"voice_id": "mine"}
    house.write(voices__kai_yaml=AUNT, agents__kai_yaml=RUTH.replace("Ruth", "Kai") + "front_desk: true\nvoice: alto\n")
    lineup = lineup_of(house.settings)
    assert lineup.roster["kai"].voice == "alto"
    assert lineup.voices["alto"] == load_voices()["alto"]


@pytest.mark.usefixtures("elevenlabs")
def test_a_clone_of_a_person_is_not_an_agents_because_pai_has_a_voice_of_that_name(house: House) -> None:
    house.write(pai__voices_json=json.dumps({"voices": {"ruth": {"voice_id": RACHEL}}}))
    assert house.write(agents__ruth_yaml=RUTH).voices()["ruth"] == "ruth"
    assert house.write(voices__ruth_yaml=AUNT + OWNER).voices()["ruth"] != "ruth"


@pytest.mark.usefixtures("elevenlabs")
def test_a_broken_file_of_pais_is_a_warning_and_costs_only_itself(house: House) -> None:
    house.write(pai__settings_json='{"daidentity": {\n,}}', agents__reviewer_md=REVIEWER)
    assert house.voices()["reviewer"] == "reviewer"
    (complaint,) = house.lint()
    assert (complaint.state, complaint.file, complaint.line) == ("warning", str(house.folder / "pai" / "settings.json"), 2)


def test_without_an_engine_for_them_pais_voices_change_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.lineup.BY_NAME", {})
    house.write(pai__settings_json=json.dumps({"daidentity": {"voiceId": RACHEL}}), agents__reviewer_md=REVIEWER)
    lineup = lineup_of(house.settings)
    assert lineup.voices == lineup.files.voices
    assert lineup.roster["reviewer"].voice in load_voices().keys() - {"caller", "kai"}


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("espaek: {variant: en-gb+f4}", "there is no engine `espaek`. Did you mean `espeak`?"),
        ("espeak: {variant: nosuch}", "espeak-ng has no voice 'nosuch'"),
        ("espeak: {variant: en-us+f44}", "espeak-ng has no variant 'f44'. Did you mean 'f4'?"),
    ],
)
def test_a_voice_that_no_engine_can_speak_is_an_error_with_its_line(house: House, part: str, says: str) -> None:
    house.write(voices__aunt_yaml=f"description: Hers.\nengines:\n  {part}\n", agents__ruth_yaml=RUTH + "voice: aunt\n")
    (complaint,) = house.lint()
    assert (complaint.state, complaint.file, complaint.line) == ("error", str(house.folder / "voices" / "aunt.yaml"), 3)
    assert says in complaint.text
    assert complaint in lint(house.settings, [house.folder / "agents" / "ruth.yaml"])
    assert lint(house.settings, [house.folder / "agents" / "kai.yaml"]) != [complaint]


def test_a_person_s_recording_without_consent_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.lint.OF_A_PERSON", frozenset({"variant"}))
    house.write(voices__aunt_yaml=AUNT, agents__ruth_yaml=RUTH + "voice: aunt\n")
    (complaint,) = house.lint()
    assert "ruth speaks as a person who was recorded (engines.espeak), and nothing says who; add `owner:" in complaint.text
    house.write(voices__aunt_yaml=AUNT + OWNER)
    assert house.lint() == []


def test_a_like_that_leads_nowhere_is_told(house: House) -> None:
    (complaint,) = house.write(voices__aunt_yaml=AUNT + "like: allto\n").lint()
    assert complaint.text == "`like`: there is no voice `allto`. Did you mean `alto`?"


def test_too_few_voices_are_told_once(house: House) -> None:
    agents = [f"{name}{kind}" for name in ("Ada", "Bob", "Cleo", "Dan", "Eve") for kind in ("", "ine", "erson")]
    house.write(**{f"agents__{name.lower()}_yaml": RUTH.replace("Ruth", name) for name in agents})
    told = [complaint for complaint in house.lint() if "voice" in complaint.text]
    assert [(complaint.state, complaint.file) for complaint in told] == [("warning", "")]
    assert "agents that name no voice share one with another, as there are too few; add files to voices/" in told[0].text
    keep(house.settings.home, lineup_of(house.settings).found, {})
    (complaint,) = house.write(**{f"voices__own{n}_yaml": AUNT for n in range(20)}).lint()
    assert f"delete {FILE} in the data folder, and all are given anew" in complaint.text


def test_who_could_be_confused_is_told_until_a_voice_is_changed(house: House) -> None:
    kai, alto = (load_voices()[name].renderings["espeak"].digest for name in ("kai", "alto"))
    twins = Twins(engine="espeak", one="kai", one_digest=kai, other="alto", other_digest=alto, why="are 0.9 alike")
    twins = twins.model_copy(update={"version": engine_version("espeak")})
    keep_twins(house.settings.home, [twins, twins], {"espeak"})
    assert house.lint() == []  # nobody has the one of them
    (complaint,) = house.write(agents__ruth_yaml=RUTH + "voice: alto\n").lint()
    assert "kai and ruth could be confused: their voices `kai` and `alto` are 0.9 alike; change one" in complaint.text
    keep_twins(house.settings.home, [twins.model_copy(update={"version": "0.0.1"})], {"espeak"})
    assert house.lint() == []  # another version of the engine may sound otherwise
    keep_twins(house.settings.home, [twins], {"espeak"})
    assert house.lint()
    house.write(voices__alto_yaml=AUNT)
    assert house.lint() == []
    (house.settings.home / "voice_check.json").write_text("[{]")
    assert house.lint() == []
