"""Bundles: what is in them, what is not, and that they are read again as they were."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.config import Settings
from orchestrator.errors import JournalUnreadable, NoSuchCall, NotWritten
from orchestrator.events import KINDS, CallEvent, CallStarted, DigitPressed, Entry, HeardText, SaidText
from orchestrator.export import export, without_numbers
from orchestrator.recorded import Recorded, recorded, with_its_agents
from orchestrator.rosters import roster_of
from tests.kit.recordings import CALLER, NAME, STARTED, journal, shelved, wav_of
from voices.audio import stereo

FACTS = (
    (0.0, STARTED),
    (2.0, HeardText(turn=1, text="Call me back", from_s=1.0, to_s=1.8, engine="x")),
    (3.0, SaidText(turn=1, agent="kai", voice="kai", text=f"At {CALLER[1:]}?", from_s=2.0, to_s=3.0)),
    (4.0, DigitPressed(key="7")),
)
LEFT, RIGHT = bytes(range(64)), bytes(64)
CALL = Recorded(NAME, journal(*FACTS), wav_of(stereo(LEFT, RIGHT)))
RUTH = "name: Ruth\nrole: cooks\ndescription: Use for food.\nprompt: prompts/ruth.md\nvoice: alto\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Somebody with an agent of their own and one call."""
    agents = tmp_path / "agents"
    (agents / "prompts").mkdir(parents=True)
    (agents / "ruth.yaml").write_text(RUTH, encoding="utf-8")
    (agents / "prompts" / "ruth.md").write_text("You cook.", encoding="utf-8")
    shelved(CALL, tmp_path / "home" / "calls" / NAME)
    return Settings.model_validate({"home": tmp_path / "home", "agents": (agents,)})


def test_a_bundle_is_the_call_and_reads_as_the_call(settings: Settings, tmp_path: Path) -> None:
    bundle = export(settings, recorded(settings, "last"), tmp_path, mask=False)
    assert bundle == tmp_path / f"{NAME}.zip"
    with zipfile.ZipFile(bundle) as files:
        assert set(files.namelist()) == {"journal.jsonl", "call.wav", "transcript.txt", "agents/ruth.yaml"}
        assert "caller     Call me back" in files.read("transcript.txt").decode()
    again = recorded(Settings(home=tmp_path / "elsewhere"), str(bundle))
    assert (again.name, again.entries, again.wav) == (NAME, CALL.entries, CALL.wav)
    assert again.caller() == LEFT


def test_the_agents_in_it_stand_under_those_of_here(settings: Settings, tmp_path: Path) -> None:
    bundle = export(settings, recorded(settings, "last"), tmp_path / "out", mask=False)
    elsewhere = Settings(home=tmp_path / "elsewhere", agents=(tmp_path / "theirs",))
    again = recorded(elsewhere, str(bundle))
    with with_its_agents(again, elsewhere) as own:
        assert roster_of(own)["ruth"].prompt == "You cook."
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "ruth.yaml").write_text(RUTH.replace("prompts/ruth.md", "You bake."), encoding="utf-8")
    with with_its_agents(again, elsewhere) as own:
        assert roster_of(own)["ruth"].prompt == "You bake."
    passed_on = export(elsewhere, again, tmp_path / "passed.zip", mask=False)
    assert recorded(elsewhere, str(passed_on)).agents == again.agents


def test_masked_it_names_no_number_and_no_key(settings: Settings, tmp_path: Path) -> None:
    bundle = export(settings, recorded(settings, NAME[:8]), tmp_path / "masked.zip", mask=True)
    with zipfile.ZipFile(bundle) as files:
        for name in ("journal.jsonl", "transcript.txt"):
            text = files.read(name).decode()
            assert CALLER[1:] not in text
            assert STARTED.called[1:] not in text
    facts = [entry.event for entry in recorded(settings, str(bundle)).entries]
    assert isinstance(facts[0], CallStarted)
    assert (facts[0].caller, facts[0].called) == ("+15550100", "+15550199")
    assert isinstance(facts[2], SaidText)
    assert facts[2].text == "At 15550100?"
    assert facts[3] == DigitPressed(key="…")


def test_a_summary_goes_along(settings: Settings, tmp_path: Path) -> None:
    folder = shelved(CALL, tmp_path / "demo")
    (folder / "summary.json").write_text("{}")
    bundle = export(settings, recorded(settings, str(folder)), tmp_path / "with.zip", mask=False)
    assert recorded(settings, str(bundle)).summary == b"{}"


def test_a_bundle_is_not_written_over(settings: Settings, tmp_path: Path) -> None:
    export(settings, CALL, tmp_path / "one.zip", mask=False)
    with pytest.raises(NotWritten, match="is there already"):
        export(settings, CALL, tmp_path / "one.zip", mask=False)


def test_of_a_bundle_only_our_own_files_are_read(settings: Settings, tmp_path: Path) -> None:
    bundle = export(settings, replace(CALL, agents={"zoe.yaml": "x"}), tmp_path / "odd.zip", mask=False)
    with zipfile.ZipFile(bundle, "a") as files:
        for name in ("../evil.yaml", "agents/../../evil.yaml", "agents/deep/evil.yaml", "evil.txt"):
            files.writestr(name, "evil")
    assert set(recorded(settings, str(bundle)).agents) == {"zoe.yaml"}


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("none.zip", None, NoSuchCall, "there is no file"),
        ("text.zip", b"text", NoSuchCall, "is no bundle"),
        ("empty.zip", b"PK\5\6" + bytes(18), NoSuchCall, "no journal.jsonl in it"),
        ("20991231", None, NoSuchCall, "there is no call '20991231'"),
    ],
)
def test_what_is_no_call_is_told(
    settings: Settings, tmp_path: Path, name: str, content: bytes | None, error: type[Exception], says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=says):
        recorded(settings, str(path) if name.endswith(".zip") else name)


def test_each_kind_of_fact_has_a_name_of_its_own() -> None:
    assert [*KINDS.values()] == CallEvent.__subclasses__()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"seq": 1, "at_s": 0.1, "kind": "sung", "text": "la"}', "a fact of the kind `sung`, which this version does not know"),
        ('{"seq": 1, "at_s": 0.1, "kind": "digit", "key": "1", "mood": "x"}', "`digit.mood` is not known to this version"),
        ('{"seq": 1, "at_s": 0.1, "kind": "digit"}', "`digit.key` is missing; an older version wrote it"),
        ('{"kind": "digit", "key": "1"}', "`seq` must be a whole number, such as 5"),
        ("[]", "not a journal line"),
    ],
)
def test_a_journal_of_another_version_says_so_at_its_line(settings: Settings, tmp_path: Path, line: str, says: str) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as bundle:
        bundle.writestr("journal.jsonl", f"{CALL.entries[0].line()}\n{line}\n{CALL.entries[1].line()}\n")
    with pytest.raises(JournalUnreadable) as error:
        recorded(settings, str(tmp_path / "other.zip"))
    assert f"journal.jsonl:2: {says}" in str(error.value)


@pytest.mark.parametrize(
    "form",
    [
        "+43 1 2345678",
        "+43-1-2345678",
        "0043 1 234 5678",
        "01 2345678",
        "(01) 234 56 78",
        "+43 1 234–5678",
        "４３１２３４５６７８",
    ],
)
def test_a_number_is_masked_however_it_is_written(form: str) -> None:
    began = STARTED.model_copy(update={"caller": "+4312345678"})
    heard = HeardText(turn=1, text=f"call me at {form}, or at +43 664 1234567 before 12:30", from_s=0, to_s=1, engine="x")
    kept = without_numbers([Entry(seq=at, at_s=at, event=fact) for at, fact in enumerate((began, heard), 1)])
    (text,) = [entry.event.text for entry in kept if isinstance(entry.event, HeardText)]
    assert re.fullmatch(r"call me at \(?\+?15550100, or at \+43 664 1234567 before 12:30", text)
