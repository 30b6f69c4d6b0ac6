"""What is asked of the caller, in which words, and what is risky."""

from __future__ import annotations

import json
import re
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agents.aloud import seconds
from agents.errors import FileError
from agents.exact import LONGEST_EXACT
from agents.permission import WorkWords
from agents.places import Places
from agents.question import LONGEST_READING_S, LONGEST_S
from agents.work import Answer, Asks
from agents.yaml_file import YamlFile
from tests.agents.stage import PROMPTS, ROOT, ROSTER
from tests.agents.workplace import order

WORDS = WorkWords.read(PROMPTS)
ENGINEER = ROSTER["engineer"]


def bash(command: str, description: str = "") -> dict[str, Any]:
    return {"command": command, "description": description}


QUESTIONS: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests" / "data" / "permission_questions.yaml").read_text("utf-8"))
APP = Places("/srv/app", "/home/me")


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: str(row.get("command", row.get("input")))[:60])
def test_the_question_is_the_whole_truth(row: dict[str, Any], tmp_path: Path) -> None:
    engineer = order(tmp_path, risky_tools=["Bash(git push *)", "Bash(rm *)"]).agent
    given_ = row["input"] if "input" in row else bash(row["command"], "Count the lines of the readme")
    asks = WORDS.asks("q", row.get("tool", "Bash"), given_, engineer, APP)
    assert asks.question == row["asks"]
    assert (asks.risky, asks.whole) == (row.get("pin", False), row.get("whole", ""))
    assert seconds(asks.question) <= LONGEST_S


def test_the_front_desk_is_called_by_its_name() -> None:
    assert WORDS.asks("q", "WebSearch", {}, ROSTER["kai"]).question.startswith("Kai wants")


@pytest.mark.parametrize(
    ("given_", "question"),
    [
        ({"question": "In which colour?"}, "In which colour?"),
        ({"question": "Blue or green. Which one"}, "Blue or green. Which one?"),
        ({"question": "x = {}"}, "x equals brace brace?"),
        ({"question": "Shall I delete prod/config.yaml?"}, "Shall I delete prod slash config dot yaml?"),
        ({"question": "Shall I use the token ghp_16C7e42F292c6912E7710c838347Ae178B4a?"}, "Shall I use the token a secret?"),
        ({"question": "?!"}, "may I go on?"),
        ({}, "may I go on?"),
    ],
)
def test_a_question_of_its_own(given_: dict[str, Any], question: str) -> None:
    asks = WORDS.asks("q", "", given_, ENGINEER)
    assert (asks.question, asks.tool, asks.risky) == (question, "", False)


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["Bash", "Write", "Edit", "WebFetch", "Read", "Other", ""]))
def test_whatever_it_wants_can_be_asked(what: str, description: str, tool: str) -> None:
    given_ = {"command": what, "description": description, "file_path": what, "url": what, "question": what}
    asks = WORDS.asks("q", tool, given_, ENGINEER)
    assert asks.question.endswith("?")
    assert not set(asks.question) & set("/\\{}<>|$=`\n")
    assert seconds(asks.question) <= LONGEST_S
    assert asks.exact.replace("\n", "").isprintable()


@pytest.mark.parametrize("tool", ["Bash", "Write", "WebFetch", "mcp__mail__send", "Strange", ""])
def test_what_takes_too_long_says_so(tool: str) -> None:
    long = {
        "command": "run " + "something " * 60,
        "file_path": "x/" * 60,
        "url": "https://x.y/" + "z/" * 60,
        "text": "word " * 80,
    }
    asks = WORDS.asks("q", tool, {"question": "word " * 500} if not tool else long, ENGINEER)
    assert seconds(asks.question) <= LONGEST_S
    assert "and more" in asks.question
    assert bool(asks.whole) == asks.risky == bool(tool)
    assert seconds(asks.whole) <= LONGEST_READING_S


def test_what_takes_too_long_to_be_read_cannot_be_read_out() -> None:
    asks = WORDS.asks("q", "Bash", bash("run " + "something " * 700), ENGINEER)
    assert "cannot read out" in asks.question
    assert (asks.risky, asks.whole) == (True, "")


SECRETS = ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "aB3dE6gH9jK2mN5pQ8sT1vW4", "sk-live_aB3dE6gH9jK2")
NAMED = [
    *(
        form.form.replace("|", " ").translate(str.maketrans("", "", "[]"))
        for form in WORDS.commands.forms
        if {"{path}", "{paths}", "{from}", "{to}", "{name}", "{names}", "{branch}", "{rest}", "{remote}"} & set(form.form.split())
    ),
    "ln -sfn a {path}", "git mv a {path}", "git rm {path}", "git checkout {path}", "curl -o {path} https://a.example",
    "curl --output={path} https://a.example", "wget -O {path} https://a.example", "scp a host:{path}", "rsync a {path}",
    "dd if=a of={path}", "tar -xf a -C {path}", "sed -i s/a/b/ {path}", "install a {path}", "truncate -s 0 {path}",
    "patch {path}", "find {path} -delete", "xargs rm {path}", "ssh host rm {path}", "cd {path} && rm x", "{path}",
    "./{path}", "python {path}", "bash -c 'cp a {path}'", "echo a > {path}", "echo a >> b/{path}/c", "echo a | tee {path}",
    "cat <<E > {path}\nE\n",
    "rm password={path}", "rm token:{path}", "echo a > secret={path}", "make 2> {path}", "tool {path}", "tool --out={path}",
    "nohup cp a {path}", "sudo cp a {path}", "(mv a {path})", "x=$(touch {path})", "if rm {path}; then ls; fi",
]  # fmt: skip


@given(st.sampled_from(NAMED), st.sampled_from(SECRETS))
def test_the_pin_is_asked_where_a_name_is_not_said(command: str, secret: str) -> None:
    text = re.sub(r"\{\w+\}", secret, command)
    asks = WORDS.asks("q", "Bash", bash(text), ENGINEER)
    assert asks.risky, asks.question
    assert secret not in asks.question


@pytest.mark.parametrize("tool", ["Write", "Edit", "MultiEdit"])
def test_so_it_is_for_files(tool: str) -> None:
    assert WORDS.asks("q", tool, {"file_path": f"a/{SECRETS[0]}"}, ENGINEER).risky
    assert not WORDS.asks("q", tool, {"file_path": "a/notes.md"}, ENGINEER).risky


@pytest.mark.parametrize(
    ("given_", "hides"),
    [
        ({"id": SECRETS[0]}, True),
        ({"to": {"ids": ["a", SECRETS[1]]}}, True),
        ({"api_key": "delete all of production"}, True),
        ({"tokens": ["delete all", "of it"]}, True),
        ({"password": {"delete": "/"}}, True),
        ({"password": "hunter2", "to": "bob"}, False),
        ({"login": {"user": "bob", "password": "hunter2"}}, False),
        ({"text": f"My token is {SECRETS[0]}, so there."}, False),
        ({"id": "3f786850e387550fdab836ed7e6dc881de23001b"}, False),
    ],
)
def test_the_pin_is_asked_where_a_tool_of_others_is_given_what_is_not_said(given_: dict[str, Any], hides: bool) -> None:
    assert WORDS.asks("q", "mcp__desk__change", given_, ENGINEER).risky is hides


def test_a_network_without_bounds_needs_the_pin() -> None:
    assert WORDS.asks("q", "SandboxNetworkAccess", {"host": "*.example"}, ENGINEER).risky
    assert not WORDS.asks("q", "SandboxNetworkAccess", {"host": "a.example"}, ENGINEER).risky


@pytest.mark.parametrize(
    "command",
    [
        "curl -H 'Authorization: Bearer {}' https://a.example/x", "curl -u me:{} https://a.example", "mysql -p{} db",
        "TOKEN={} make", "curl 'https://a.example/?token={}'", "tool --token {}", "tool --api-key={}",
        "git checkout 3f786850e387550fdab836ed7e6dc881de23001b", "git commit -m 'The token is {} now'",
        "git merge feature/add-long-branch-name-2024-for-x", "npm install @scope/very-long-package-name-2",
    ],
)  # fmt: skip
def test_a_secret_that_is_told_as_one_needs_no_pin(command: str) -> None:
    asks = WORDS.asks("q", "Bash", bash(command.format(SECRETS[0])), ENGINEER)
    assert not asks.risky, asks.question


@pytest.mark.parametrize("command", ["set", "env", "export", "printenv", "declare -p", "set -e -u; set", "set -o"])
def test_what_shows_the_keys_of_a_run_is_asked(command: str) -> None:
    """They are in its environment, and what it reads goes on to Claude."""
    assert not WORDS.unasked("Bash", bash(command), ENGINEER, Places())
    assert WORDS.unasked("Bash", bash("set -euo pipefail"), ENGINEER, Places())


def test_what_is_asked_is_kept_in_full(tmp_path: Path) -> None:
    engineer = order(tmp_path, risky_tools=["Bash(git push *)"]).agent
    asks = WORDS.asks("q", "Bash", bash("git push \\\n  origin \x1bmain"), engineer)
    assert (asks.risky, asks.exact) == (True, "git push \\\n  origin \\x1bmain")
    assert not WORDS.asks("q", "Bash", bash("ls"), engineer).risky
    assert not WORDS.asks("q", "Bash", bash("rm x"), engineer).risky
    assert len(WORDS.asks("q", "Bash", bash("x" * 99_999), engineer).exact) == LONGEST_EXACT
    assert WORDS.asks("q", "Bash", bash("x --password hunter2"), engineer).exact == "x --password a secret"
    assert WORDS.asks("q", "mcp__mail__send", {"to": "bob", "n": 1}, engineer).exact == "to: bob\nn: 1"


@pytest.mark.parametrize(
    ("answer", "tool", "told"),
    [
        (Answer("q", yes=True), "Bash", "The caller says yes."),
        (Answer("q", yes=False, words="not today"), "Bash", "The caller says no. not today"),
        (Answer("q", yes=True, words="blue {x}"), "", "The caller answers: blue {x}"),
        (Answer("q", yes=True), "", "The caller says yes."),
        (Answer("q", yes=False), "", "The caller says no."),
        (Answer("q", yes=False, why="pin"), "Bash", f"{WORDS.unanswered.pin} {WORDS.unanswered.tool}"),
        (Answer("q", yes=False, why="silence"), "", f"{WORDS.unanswered.silence} {WORDS.unanswered.own}"),
    ],
)
def test_the_run_is_told_the_answer(answer: Answer, tool: str, told: str) -> None:
    assert WORDS.told(answer, Asks("q", "Well?", tool)) == told


def test_the_run_knows_who_it_is() -> None:
    text = WORDS.system(ENGINEER)
    assert text.startswith("You are Engineer (agent engineer), ")
    assert "`🗣️ Engineer:`" in text


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("yes", "Yes. {wrods}", "{wrods} is not known here; known: {words}"),
        ("asking", {"one": "No question."}, "one"),
        ("asking", {"one": "It wants {wat}?"}, "{wat} is not known here"),
        ("asking", {"files": {"Write": "write {file}"}}, "{file} is not known here; known: {path}"),
    ],
)
def test_words_that_could_not_be_said_are_refused(tmp_path: Path, key: str, value: Any, complaint: str) -> None:
    (tmp_path / "work.md").write_text("Work.")
    copy(PROMPTS / "commands.yaml", tmp_path)
    data = YamlFile(PROMPTS / "work.yaml").data
    data[key] = {**data[key], **value} if isinstance(value, dict) else value
    (tmp_path / "work.yaml").write_text(json.dumps(data))
    with pytest.raises(FileError) as refused:
        WorkWords.read(tmp_path)
    assert complaint in str(refused.value)
