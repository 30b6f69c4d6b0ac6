"""What lint says: one clear message for each broken file, and advice where nothing is broken."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.config import Settings
from orchestrator.confusable import alike, distance, phones
from orchestrator.lint import Complaint, contrast, lint
from telephony.admission import AdmissionPolicy

RUTH = """name: Ruth
role: cooks
description: Use for food.
prompt: You cook.
voice: alto
"""


def linted(folder: Path, text: str | bytes = RUTH, name: str = "ruth.yaml", **others: str) -> list[Complaint]:
    """Of one file, over the shipped agents and these others."""
    folder = folder / "agents"
    folder.mkdir(exist_ok=True)
    for other, its in others.items():
        (folder / f"{other}.yaml").write_text(its)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return lint(Settings(agents=(folder,)), [folder / name])


def test_there_is_nothing_to_complain_of_in_the_shipped_agents() -> None:
    assert lint(Settings(agents=())) == []


BROKEN = {
    "typo": (RUTH + "tols: [end_call]\n", (6, 1), "unknown key `tols`. Did you mean `tools`?"),
    "wrong type": (RUTH + "tools: end_call\n", (6, 1), "`tools` must be a list; write tools: [end_call]"),
    "unknown voice": (RUTH.replace("alto", "allto"), (5, 1), "there is no voice `allto`. Did you mean `alto`?"),
    "duplicate name": (RUTH.replace("name: Ruth", "name: Marcus"), (1, 1), "`Marcus` is already a name of engineer"),
    "tab": (RUTH + "tools:\n\t- end_call\n", (7, 1), "a tab; YAML is indented with spaces"),
    "empty": ("", (1, 1), "the file is empty; it must hold `key: value` lines"),
    "1 MB": (RUTH + "# " + "x" * 1_000_000, (1, 1), "bytes; at most 65,536 make sense here, so shorten it"),
    "cyclic hand-over": (RUTH + "hands_over_to: [zoe]\n", (6, 17), "hand-overs go in a circle: ruth → zoe → ruth; delete one"),
    "missing prompt": (RUTH.replace("You cook.", "prompts/ruth.md"), (4, 1), "there is no prompts/ruth.md; write it"),
    "bad colour": (RUTH + "color: yelow\n", (6, 1), "`color` cannot be 'yelow'. Did you mean `yellow`?"),
    "unknown server": (
        RUTH + "tools: ['mcp:moon/*']\n",
        (6, 9),
        "there is no server `moon`; add [tools.moon] to pai-voice.toml.",
    ),
    "unknown function": (RUTH + "tools: ['python:dise']\n", (6, 9), "has an entry point `dise` in the group pai_voice.tools"),
    "risky and not there": (
        RUTH + "tools: [end_call, recall]\nrisky_tools: [recal]\n",
        (7, 15),
        "`recal` is none of its `tools`; write it as it stands there. Did you mean `recall`?",
    ),
    "half a tool": (RUTH + "tools: [end_call, 'mcp:moon']\n", (6, 19), "`mcp:moon` names no tool; write mcp:moon/*"),
}
ZOE = RUTH.replace("Ruth", "Zoe").replace("alto", "tenor") + "hands_over_to: [ruth, kai]\n"


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_gets_one_clear_message(tmp_path: Path, text: str) -> None:
    written, at, problem = BROKEN[text]
    others = {"zoe": ZOE} if "cyclic" in text else {}
    (complaint,) = linted(tmp_path, written, **others)
    assert (complaint.state, complaint.line, complaint.column) == ("error", *at)
    assert problem in complaint.text
    assert complaint.as_text().startswith(f"{tmp_path / 'agents' / 'ruth.yaml'}:{at[0]}:{at[1]}: error: ")
    assert "\n" not in complaint.text
    assert complaint.line == at[0]


def test_the_front_desk_may_be_handed_back_to_and_nobody_else(tmp_path: Path) -> None:
    kai = (Path(__file__).parents[2] / "agents" / "kai.yaml").read_text() + "hands_over_to: [ruth]\n"
    assert linted(tmp_path, RUTH + "hands_over_to: [kai]\n", kai=kai) == []


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    linted(tmp_path, RUTH + "tools: [end_cal]\n")
    linted(tmp_path, "", "zoe.yaml")
    linted(tmp_path, "x", "my zoe.yaml")
    texts = [complaint.as_text() for complaint in lint(Settings(agents=(tmp_path / "agents",)))]
    assert [text.split(": ")[0].rpartition("/")[2] for text in texts] == ["my zoe.yaml:1:1", "zoe.yaml:1:1", "ruth.yaml:6:9"]


def test_a_file_that_is_no_agent_is_not_passed_over_when_it_is_named(tmp_path: Path) -> None:
    (complaint,) = linted(tmp_path, "# Cooks\n", "cooks.md")
    assert "is no agent; begin it with `---`" in complaint.text
    (complaint,) = lint(Settings(agents=()), [tmp_path / "nobody.yaml"])
    assert "is not there" in complaint.text


@pytest.mark.parametrize(
    ("text", "at", "advice"),
    [
        (RUTH.replace("alto", "kai"), (5, 1), "`kai` is kai's voice too, so who speaks is hard to tell; take another, or leave"),
        (RUTH + "color: cyan\n", (6, 1), "`cyan` is kai's color too"),
        (RUTH + "color: '#101010'\n", (6, 1), "has a contrast of only 1.1 on a black or a white screen; take one with 3 on both"),
        (RUTH.replace("name: Ruth", "name: Kay"), (1, 1), "`Kay` sounds like kai's `Kai`; choose a name that differs more"),
        (RUTH + "aliases: [Rooth, Eva]\n", (6, 18), "`Eva` sounds like researcher's `Ava`"),
        (RUTH.replace("name: Ruth", "name: Okay"), (1, 1), "`Okay` is something callers say for other reasons"),
        (RUTH.replace("name: Ruth", "name: '77'"), (1, 1), "`77` has no letters that could be said"),
        (RUTH.replace("You cook.", "You cook. " * 700), (4, 1), "the prompt has 6,999 characters"),
        (
            RUTH + "tools: [recall]\nrisky_tools: [recall]\n",
            (7, 1),
            "need a PIN, and none is set, so they are refused; set `pin`",
        ),
        (RUTH + "model: {id: claude-never-9}\n", (6, 9), "no price is known for `claude-never-9`"),
    ],
)
def test_what_will_not_work_well_is_advice(tmp_path: Path, text: str, at: tuple[int, int], advice: str) -> None:
    (complaint,) = linted(tmp_path, text)
    assert (complaint.state, complaint.line, complaint.column) == ("warning", *at)
    assert advice in complaint.text


def test_an_agent_who_cannot_be_paid_for_is_told(tmp_path: Path) -> None:
    (tmp_path / "ruth.yaml").write_text(RUTH + "model: {id: claude-fable-5-1}\n")
    settings = Settings(agents=(tmp_path,), admission=AdmissionPolicy(max_usd_per_call=Decimal("0.50")))
    (complaint,) = lint(settings)
    assert (complaint.state, complaint.line) == ("warning", 6)
    assert "of them the call's 0.50 USD are spent; take a cheaper model, or raise max_usd_per_call" in complaint.text


@pytest.mark.parametrize(
    ("one", "other", "so"),
    [
        ("Ben", "Ken", True),
        ("Ava", "Eva", True),
        ("Tim", "Jim", True),
        ("Ann", "Anna", True),
        ("Marcus", "Markus", True),
        ("Kai", "Kay", True),
        ("Injuneer", "Engineer", True),
        ("Kai", "Sky", False),
        ("Kai", "Ruth", False),
        ("Engineer", "Architect", False),
        ("Researcher", "Architect", False),
        ("Marcus", "Max", False),
    ],
)
def test_names_that_a_line_does_not_keep_apart(one: str, other: str, so: bool) -> None:
    assert alike(one, other) is alike(other, one) is so
    assert distance(phones(one), phones(other)) == distance(phones(other), phones(one))
    assert distance(phones(one), phones(one)) == 0


def test_contrast_is_as_wcag_counts_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("rights", "advice"),
    [
        ("allowed_tools: ['Write(//**)']", "outside of its folder"),
        ("allowed_tools: [Bash]", "run anything"),
        ("allowed_tools: ['Bash(git log*)']", "asked where"),
        ("allowed_tools: [WebFetch]", "once for each site"),
        ("folder: '~'", "holds more than work"),
        ("allowed_tools: [Read, Write, 'Bash(npm test)']", ""),
        ("folder: ~/code", ""),
    ],
)
def test_rights_that_are_too_wide_are_told(tmp_path: Path, rights: str, advice: str) -> None:
    complaints = linted(tmp_path, RUTH + f"tools: [start_task]\ntask:\n  {rights}\n")
    assert [advice in complaint.text for complaint in complaints] == ([True] if advice else [])
