"""PAI's and Claude Code's agents, as they are in the wild."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import FileError
from agents.front_matter import agent_id, read, spoken_name
from agents.roster import Roster, load
from agents.survey import survey
from agents.voice_choice import VoiceChoice
from tests.agents.stage import PROMPTS, ROOT

VOICES = ("alto", "architect", "engineer", "kai", "researcher", "tenor")
PAI = """---
name: Engineer
description: Principal engineer. Use for implementation, debugging and code that must not break.
model: opus
color: orange
voiceId: iLVmqjzCGGvqtMCk6vVQ
voice:
  stability: 0.62
  similarity_boost: 0.80
persona:
  name: Marcus Webb
  title: "The Battle-Scarred Leader"
permissions:
  allow:
    - "Bash"
---

# Character

You plan first.

```bash
curl -X POST http://localhost:8888/notify -d '{"message":"Engineer here"}'
```
<!-- nobody says this -->
Then you build.
"""
REVIEWER = """---
name: code-reviewer
description: Use this agent when: a change is ready. Examples: <example>user: "Done!" you: "Let me see."</example> Be proactive.
tools: Read, Grep
model: inherit
color: purple
---
You review code.
"""


def loaded(folder: Path, **files: str) -> Roster:
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text)
    return load([ROOT / "agents", folder], PROMPTS, voices=VoiceChoice.of(VOICES))


def test_one_of_pais_replaces_ours_and_keeps_what_it_cannot_say(tmp_path: Path) -> None:
    ours, theirs = loaded(tmp_path)["engineer"], loaded(tmp_path, Engineer=PAI)["engineer"]
    assert (theirs.name, theirs.voice, theirs.role) == ("Engineer", ours.voice, "The Battle-Scarred Leader")
    assert theirs.tools == ours.tools
    assert set(theirs.aliases) == set(ours.aliases)
    assert (theirs.model.id, theirs.color) == ("claude-opus-5-5", "yellow")
    assert theirs.description == "Principal engineer. Use for implementation, debugging and code that must not break."


def test_the_prompt_is_the_body_without_what_only_a_keyboard_can_do(tmp_path: Path) -> None:
    prompt = loaded(tmp_path, Engineer=PAI)["engineer"].prompt
    character, _, afterword = prompt.partition("Then you build.")
    assert character == "# Character\n\nYou plan first.\n\n"
    assert afterword.strip() == (PROMPTS / "written_for_work.md").read_text().strip()


def test_one_of_claude_codes_gets_a_free_voice_and_the_phones_tools(tmp_path: Path) -> None:
    roster = loaded(tmp_path, **{"code-reviewer": REVIEWER})
    reviewer = roster["code-reviewer"]
    assert (reviewer.name, reviewer.voice, reviewer.color) == ("Code Reviewer", "alto", "magenta")
    assert reviewer.tools == ("bring_in", "current_time", "end_call")
    assert reviewer.description == "Use this agent when: a change is ready. Be proactive."
    assert reviewer.model.id == roster["kai"].model.id
    assert reviewer.task is None, "what it may do at a keyboard it may not do for whoever calls"


def test_voices_run_out_evenly(tmp_path: Path) -> None:
    files = {name: REVIEWER.replace("code-reviewer", name) for name in ("ann", "bob", "cleo", "tenor")}
    roster = loaded(tmp_path, **files)
    assert [roster[name].voice for name in ("ann", "bob", "cleo", "tenor")] == ["alto", "tenor", "alto", "tenor"]
    assert loaded(tmp_path, ann=REVIEWER.replace("model: inherit", "voice: kai"))["ann"].voice == "kai"


def test_nobody_takes_a_persons_name_that_somebody_has(tmp_path: Path) -> None:
    roster = loaded(tmp_path, Builder=PAI.replace("name: Engineer", "name: Builder"))
    assert roster["builder"].aliases == ()
    assert "Marcus" in roster["engineer"].aliases


def test_in_one_folder_yaml_goes_before_markdown_and_a_readme_is_no_agent(tmp_path: Path) -> None:
    ours = (ROOT / "agents" / "engineer.yaml").read_text()
    (tmp_path / "engineer.yaml").write_text(ours.replace("name: Engineer", "name: Gus"))
    roster = loaded(tmp_path, Engineer=PAI, README="# Agents\n", notes="---\ntitle: Notes\n---\ntext\n")
    assert roster["engineer"].name == "Gus"
    assert len(roster) == 4
    assert roster.files["engineer"] == tmp_path / "engineer.yaml"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("---\nname: Ann\n---\nYou are Ann.\n", 2, "`description` is missing; add it"),
        ("---\ndescription: Use for all.\n---\nYou are Ann.\n", 2, "`name` is missing; add it"),
        ("---\nname: Ann\ndescription: 7\n---\nYou are Ann.\n", 3, "`description` must be text; put 7 in quotes"),
        ("---\nname: Ann\ndescription: Use for all.\n---\n```\ncode\n```\n", 2, "no prompt below the front matter"),
        ("---\nname: Ann\ndescription: Use for all.\n\trole: x\n---\nYou are Ann.\n", 4, "a tab"),
        ("---\nname: Kai\ndescription: Use for all.\n---\nYou are Ann.\n", 2, "`Kai` is already a name of kai"),
    ],
)
def test_a_mistake_names_its_line_and_its_fix(tmp_path: Path, text: str, line: int, problem: str) -> None:
    with pytest.raises(FileError) as wrong:
        loaded(tmp_path, ann=text)
    assert (wrong.value.path, wrong.value.line) == (tmp_path / "ann.md", line)
    assert problem in wrong.value.problem


@pytest.mark.parametrize(
    ("file", "one", "name"),
    [
        ("Engineer", "engineer", "Engineer"),
        ("ClaudeResearcher", "claude-researcher", "Claude Researcher"),
        ("QATester", "qa-tester", "QA Tester"),
        ("code_reviewer", "code-reviewer", "Code Reviewer"),
    ],
)
def test_files_names_become_ids_and_spoken_names(file: str, one: str, name: str) -> None:
    assert (agent_id(Path(f"{file}.md")), spoken_name(file)) == (one, name)


def test_a_file_that_can_have_no_id_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="gives no agent's id"):
        agent_id(Path("7.md"))


def test_an_endless_body_is_cut_and_a_huge_file_refused(tmp_path: Path) -> None:
    assert len(loaded(tmp_path, Engineer=PAI + "word " * 6_000)["engineer"].prompt) <= 20_000
    (tmp_path / "Engineer.md").write_text(PAI + "x" * 70_000)
    with pytest.raises(FileError, match="at most 65,536"):
        read(tmp_path / "Engineer.md")


_TEXTS = st.text(max_size=60)
_FRONTS = st.fixed_dictionaries(
    {"name": _TEXTS, "description": _TEXTS},
    optional={
        "model": _TEXTS,
        "color": _TEXTS,
        "voice": _TEXTS,
        "persona": st.fixed_dictionaries({"name": _TEXTS, "title": _TEXTS}),
    },
)


@given(_FRONTS.map(json.dumps) | st.text(max_size=200), st.text(max_size=100))
def test_whatever_is_written_there_is_an_agent_or_one_complaint(
    tmp_path_factory: pytest.TempPathFactory, front: str, body: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    (folder / "ann.md").write_bytes(f"---\n{front}\n---\n{body}".encode("utf-8", "replace"))
    found = survey([ROOT / "agents", folder], PROMPTS, voices=VoiceChoice.of(VOICES))
    assert {"kai", "engineer"} <= set(found.agents)
    assert len({error.path for error in found.errors if isinstance(error, FileError)}) == bool(found.errors)
