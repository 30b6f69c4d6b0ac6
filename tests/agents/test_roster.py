"""The agents' files: the shipped ones are right, and every mistake names its place and its fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.definition import Agent
from agents.errors import AgentError, FileError
from agents.roster import Roster, load
from agents.tools import KNOWN
from agents.voice_choice import VoiceChoice
from tests.agents.stage import PROMPTS, ROOT, ROSTER

KAI = """name: Kai
role: front desk
description: Use for anything.
prompt: You are kind.
voice: kai
front_desk: true
"""
AVA = KAI.replace("Kai", "Ava").replace("kai", "ava").replace("front_desk: true\n", "")
BOMB = "x1: &x1 [x]\n" + "".join(f"x{n}: &x{n} [{f'*x{n - 1}, ' * 10}]\n" for n in range(2, 9))


def loaded(folder: Path, *, kai: str | bytes = KAI, ava: str | bytes = AVA, prompts: Path = PROMPTS) -> Roster:
    for name, text in (("kai", kai), ("ava", ava)):
        (folder / f"{name}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load([folder], prompts, voices=VoiceChoice.of(["kai", "ava"]))


def test_the_shipped_agents_are_four_kai_first() -> None:
    assert [agent.id for agent in ROSTER] == ["kai", "architect", "engineer", "researcher"]
    assert [agent.name for agent in ROSTER] == ["Kai", "Architect", "Engineer", "Researcher"]
    assert ROSTER.front_desk.id == "kai"
    assert len({agent.voice for agent in ROSTER}) == len({agent.color for agent in ROSTER}) == 4
    assert all(tool in KNOWN for agent in ROSTER for tool in agent.tools)


ORDINARY = {
    "hi",
    "hi there",
    "hey",
    "guy",
    "guys",
    "sky",
    "key",
    "kite",
    "why",
    "eye",
    "okay",
    "chi",
    "research",
    "engine",
    "the",
}


def test_no_ordinary_word_calls_an_agent() -> None:
    names = {name.casefold() for agent in ROSTER for name in (agent.name, *agent.aliases)}
    assert not names & ORDINARY


def test_the_schema_is_one_an_editor_can_use() -> None:
    described = {key for key, value in Agent.model_json_schema()["properties"].items() if "description" in value}
    assert described >= {"name", "role", "description", "prompt", "voice", "aliases", "tools", "hands_over_to", "front_desk"}


def test_a_roster_is_read_only_and_knows_its_agents(tmp_path: Path) -> None:
    roster = loaded(tmp_path)
    assert "ava" in roster
    assert "eve" not in roster
    assert len(roster) == 2
    with pytest.raises(ValueError, match="frozen"):
        roster["ava"].name = "Eve"  # pyright: ignore[reportAttributeAccessIssue]


def test_the_users_folder_replaces_and_adds(tmp_path: Path) -> None:
    (tmp_path / "engineer.yaml").write_text(AVA.replace("Ava", "Gus"))
    (tmp_path / "eve.yaml").write_text(AVA.replace("Ava", "Eve"))
    roster = load([ROOT / "agents", tmp_path, tmp_path / "missing"], PROMPTS)
    assert [agent.id for agent in roster] == ["kai", "architect", "engineer", "eve", "researcher"]
    assert roster["engineer"].name == "Gus"


def test_a_prompt_may_be_a_file(tmp_path: Path) -> None:
    shared, own = tmp_path / "shared", tmp_path / "agents" / "prompts"
    shared.mkdir()
    own.mkdir(parents=True)
    (shared / "ava.md").write_text("Shared Ava.")
    named = AVA.replace("You are kind.", "prompts/ava.md")
    assert loaded(tmp_path / "agents", ava=named, prompts=shared)["ava"].prompt == "Shared Ava."
    (own / "ava.md").write_text("My Ava.")
    assert loaded(tmp_path / "agents", ava=named, prompts=shared)["ava"].prompt == "My Ava."


@pytest.mark.parametrize(
    ("ava", "at", "problem"),
    [
        (AVA + "tols: [end_call]\n", (6, 1), "unknown key `tols`. Did you mean `tools`?"),
        (AVA + "model: {idd: x}\n", (6, 9), "unknown key `idd`. Did you mean `id`?"),
        (AVA + "model: {max_tokens: many}\n", (6, 9), "`max_tokens`: must be a whole number, such as 5"),
        (AVA + "model: {max_tokens: 9}\n", (6, 9), "`max_tokens`: must be at least 16"),
        (AVA.replace("role: front desk\n", ""), (1, 1), "`role` is missing; add it"),
        (AVA.replace("voice: ava", "voice: avva"), (5, 1), "there is no voice `avva`. Did you mean `ava`?"),
        (AVA.replace("name: Ava", "name: 7"), (1, 1), "`name` must be text; put 7 in quotes"),
        (AVA.replace("name: Ava", "name: ''"), (1, 1), "`name`: is empty; write something"),
        (AVA + "color: purpl\n", (6, 1), "`color` cannot be 'purpl'. Known: cyan, green"),
        (AVA + "color: yelow\n", (6, 1), "Did you mean `yellow`?"),
        (AVA + "tools:\n  - end_call\n  - bring_inn\n", (8, 5), "unknown tool `bring_inn`. Did you mean `bring_in`?"),
        (AVA + "tools: end_call\n", (6, 1), "`tools` must be a list; write tools: [end_call]"),
        (AVA + "hands_over_to: [kia]\n", (6, 17), "there is no agent `kia`. Did you mean `kai`?"),
        (AVA + "hands_over_to: [ava]\n", (6, 17), "cannot hand over to itself"),
        (AVA + "aliases: [eva, KAI]\n", (6, 16), "`KAI` is already a name of kai"),
        (AVA.replace("name: Ava", "name: kai"), (1, 1), "is already a name of ava"),
        (AVA + "front_desk: true\n", (6, 1), "has the front desk already"),
        (AVA + "name: Eva\n", (6, 1), "`name` is there twice"),
        (AVA + "id: eva\n", (6, 1), "`id` is the file's name, ava, not 'eva'"),
        (AVA.replace("You are kind.", "prompts/nobody.md"), (4, 1), "there is no prompts/nobody.md"),
        (AVA.replace("You are kind.", "prompts/../../secret.md"), (4, 1), "is outside of prompts/"),
        (AVA.replace("You are kind.", "/etc/motd.md"), (4, 1), "is outside of prompts/"),
        (AVA.replace("role: front desk", "role: a: b"), (2, 8), "a `:` where none may be"),
        (AVA.replace("role: front desk", "role:\n\tfront"), (3, 1), "a tab; YAML is indented with spaces"),
        (AVA.replace("role: front desk", "role: *star"), (2, 7), "put the text in quotes"),
        (AVA.replace("role: front desk", "role: [a"), (3, 12), "a bracket is not closed"),
        (AVA.replace("role: front desk", "role: !!python/name:os.system x"), (2, 7), "is not allowed here"),
        (AVA + "? [a]\n: b\n", (6, 3), "a key must be a word"),
        ("", (1, 1), "the file is empty"),
        ("# nothing\n", (1, 1), "the file is empty"),
        ("- a\n", (1, 1), "must be `key: value` lines"),
        (AVA + f"# {'x' * 70_000}", (1, 1), "at most 65,536"),
        (AVA.encode() + b"# caf\xe9\n", (6, 1), "save it as UTF-8"),
        (AVA + "# \x07\n", (6, 1), "a character YAML forbids"),
        (AVA + "x: " + "[" * 3_000, (6, 1), "nested too deeply"),
        (AVA + "x: " + "[" * 60 + "]" * 60, (6, 36), "nested too deeply"),
        (AVA + BOMB, None, "nested too deeply"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_place_and_its_fix(
    tmp_path: Path, ava: str | bytes, at: tuple[int, int] | None, problem: str
) -> None:
    with pytest.raises(FileError) as wrong:
        loaded(tmp_path, ava=ava)
    error = wrong.value
    assert problem in error.problem
    if at:
        assert (error.line, error.column) == at
        assert str(error).startswith(f"{error.path}:{at[0]}:{at[1]}: ")


def test_words_that_yaml_1_1_takes_for_something_else_stay_words(tmp_path: Path) -> None:
    aliases = loaded(tmp_path, ava=AVA + "aliases: [no, on, 2026-11-22, 1:30, 0x1F, '7']\n")["ava"].aliases
    assert aliases == ("no", "on", "2026-11-22", "1:30", "0x1F", "7")


def test_files_that_would_be_overlooked_are_not(tmp_path: Path) -> None:
    (tmp_path / "kai.yml").write_text(KAI)
    with pytest.raises(FileError, match=r"rename it to kai\.yaml"):
        load([tmp_path], PROMPTS)
    (tmp_path / "kai.yml").rename(tmp_path / "My Kai.yaml")
    with pytest.raises(FileError, match="the file's name is the agent's id"):
        load([tmp_path], PROMPTS)


def test_somebody_must_answer(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="there are no agents"):
        load([tmp_path], PROMPTS)
    with pytest.raises(AgentError, match="write `front_desk: true`"):
        loaded(tmp_path, kai=KAI.replace("front_desk: true\n", ""))


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_file_takes_the_loader_down(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "junk"
    folder.mkdir(exist_ok=True)
    with pytest.raises(FileError):
        loaded(folder, ava=AVA.encode() + b"\nx: " + junk)
