"""Files as a newcomer's editor, disk or haste leaves them: what is told of them, in our words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agents.definition import Agent
from agents.errors import FileError
from agents.survey import survey
from agents.yaml_file import YamlFile
from orchestrator.rosters import PROMPTS
from voices.voice import read_voices

RUTH = "name: Ruth\nrole: cooking\ndescription: Use for cooking.\nvoice: alto\nprompt: You cook.\n"


def surveyed(folder: Path) -> tuple[set[str], list[str]]:
    """Who can be had, and what is told, without the folder."""
    found = survey([folder], PROMPTS)
    return set(found.agents), [str(error).removeprefix(f"{folder}/") for error in found.errors if isinstance(error, FileError)]


LIBRARYS = ("expected", "found", "could not", "while ", "token", "node", "<")


@given(st.text(alphabet="ab :-[]{}\"'\\\n\t@`*&!|>%#?,~é\u2028\x85", max_size=40))
def test_what_is_said_of_a_file_that_is_not_yaml_is_ours(text: str) -> None:
    try:
        YamlFile(Path("f.yaml"), text)
    except FileError as error:
        theirs = error.__cause__
        if isinstance(theirs, yaml.MarkedYAMLError) and theirs.problem:
            assert theirs.problem not in error.problem
            assert not any(part in error.problem for part in LIBRARYS)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("role: @home", "1:7: no text begins with this sign in YAML; put the text in quotes"),
        ("role: *all*", "`*` begins an alias in YAML; put the text in quotes"),
        ('role: "files', "a quote is not closed"),
        ("tools: [a", "a bracket is not closed, or a comma is missing"),
        ("role: a\n---\nrole: b", "2:1: a file holds one part only"),
        ("role: a\nhello", "a line without `key:`"),
        ('role: "C:\\U"', "a `\\` in double quotes; write two, or take single quotes"),
        ("role: !important", "the tag !important is not allowed here"),
        ("a: 1\na: 2\nb: 1\nb: 2", "2:1: `a` is there twice; delete one"),
    ],
)
def test_what_is_said_of_common_slips(line: str, told: str) -> None:
    with pytest.raises(FileError) as raised:
        YamlFile(Path("f.yaml"), line)
    assert told in str(raised.value)
    assert len(raised.value.others) == (1 if "twice" in told else 0)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("tools:", "`tools` has no value; write one"),
        ("color: #ffaa00", "`color` has no value; write one, in quotes if it begins with a sign such as `#`"),
        ("color: true", "`color` must be text; put true in quotes"),
        ("tools: {end_call: true}", "`tools` must be a list; write tools: […]"),
        ("greeting: [a]", "`greeting` must be text; put it in quotes"),
        ("model: [a]", "write model: {id: …}"),
        ("hands_over_to: [Kai]", "`hands_over_to` cannot be 'Kai'. Did you mean `kai`?"),
    ],
)
def test_a_remedy_is_what_one_may_write(line: str, told: str) -> None:
    with pytest.raises(FileError) as raised:
        YamlFile(Path("ruth.yaml"), f"{RUTH}{line}\n").validate(Agent, id="ruth")
    assert told in str(raised.value)
    assert "None" not in str(raised.value)
    assert "True" not in str(raised.value)


@pytest.mark.parametrize(
    ("written", "read"),
    [('"\\ud83d\\ude00"', "\U0001f600"), ('"\\ud800a"', "?a"), ("Zoe\u0308", "Zoë"), ("a\u2028b", "a b"), ("a\x85b", "a b")],
)
def test_text_is_repaired_where_it_is_read(written: str, read: str) -> None:
    assert YamlFile(Path("f.yaml"), f"a: {written}\nb: 1\n").data == {"a": read, "b": 1}


MARKDOWN = "---\nname: a\ndescription: b\n---\nYou.\n"


@pytest.mark.parametrize(
    ("kind", "name", "content", "told"),
    [
        ("folder", "x.yaml", "", "x.yaml:1:1: is no file; move it away"),
        ("pipe", "x.yaml", "", "x.yaml:1:1: is no file; move it away"),
        ("pipe", "x.md", "", "x.md:1:1: is no file; move it away"),
        ("link", "x.yaml", "/dev/zero", "x.yaml:1:1: is no file; move it away"),
        ("link", "x.yaml", "x.yaml", "x.yaml:1:1: is a link that leads back to itself"),
        ("link", "x.yaml", "nowhere", "x.yaml:1:1: is not there"),
        ("link", ".#ruth.yaml", "nowhere", ""),
        ("file", "._ruth.yaml", "\0", ""),
        ("file", "x.YAML", RUTH, "x.YAML:1:1: agents are .yaml files; rename it to x.yaml"),
        ("file", "x.md", "---\nname: x\nYou are.\n", "x.md:1:1: what begins here has no end"),
        ("file", "A-b.md", MARKDOWN, "a-b.md:1:1: A-b.md gives the same agent's id, a-b; rename one of the two"),
    ],
)
def test_a_file_that_is_none_costs_nobody_else(tmp_path: Path, kind: str, name: str, content: str, told: str) -> None:
    path = tmp_path / name
    (tmp_path / "ruth.yaml").write_text(RUTH)
    (tmp_path / "a-b.md").write_text(MARKDOWN)
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to(content)
        case _:
            path.write_text(content)
    agents, errors = surveyed(tmp_path)
    assert {"ruth", "a-b"} <= agents
    assert [error for error in errors if told in error] == errors
    assert bool(errors) == bool(told)


def test_a_voice_that_is_no_file_costs_no_other(tmp_path: Path) -> None:
    (tmp_path / "hers.yaml").write_text("description: Hers.\nengines:\n  embedded: {pitch: 1.05}\n")
    os.mkfifo(tmp_path / "x.yaml")
    (tmp_path / "._hers.yaml").write_bytes(b"\x00\x05")
    found = read_voices(tmp_path)
    assert "hers" in found.voices
    assert [error.problem for error in found.errors] == ["is no file; move it away"]


def test_a_file_where_a_folder_should_be_is_told(tmp_path: Path) -> None:
    file = tmp_path / "ruth.yaml"
    file.write_text(RUTH)
    told = f"{file}:1"
    assert [str(error).startswith(told) for error in survey([file], PROMPTS).errors] == [True]
    assert [str(error).startswith(told) for error in read_voices(file).errors] == [True]
