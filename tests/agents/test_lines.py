"""The phone's own sentences: one for everything that can fail, and none that does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.errors import BrainError, FileError, WorkError
from agents.lines import Lines
from agents.spoken import Sentences
from tests.agents.stage import PROMPTS
from voices.recognition import RecognitionError
from voices.synthesis import SynthesisError

SHIPPED = (PROMPTS / "lines.yaml").read_text()
LINES = Lines.read(PROMPTS / "lines.yaml")


def tree(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(found for child in kind.__subclasses__() for found in tree(child))]


TREES = [*tree(BrainError), *tree(WorkError), *tree(RecognitionError), *tree(SynthesisError)]


@pytest.mark.parametrize("kind", TREES, ids=lambda kind: kind.__name__)
def test_every_error_has_a_spoken_line(kind: type[BrainError]) -> None:
    assert LINES.errors[kind.code] == LINES.for_error(kind.code)


def test_each_error_of_claude_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in tree(BrainError) if issubclass(kind, BrainError)]
    assert len(set(codes)) == len(codes)
    assert {code for code in LINES.errors if code.startswith("claude_")} == set(codes)


def test_an_unknown_error_has_a_line_too() -> None:
    assert LINES.for_error("model_dump") == LINES.for_error("never_seen") == LINES.errors["call_failed"]


def test_lines_are_spoken_as_they_are_written() -> None:
    flat = [line for part in (LINES.pin, LINES.limits) for line in part.model_dump().values()]
    flat += [*LINES.errors.values(), *LINES.fillers]
    for line in [*flat, LINES.slow, LINES.farewell, LINES.hand_over.format(name="Engineer"), LINES.greeting.format(name="Kai")]:
        sentences = Sentences(first_clause=False)
        assert " ".join(sentences.push(line) + sentences.finish()) == line


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("farewell:", "farwell:", "unknown key `farwell`. Did you mean `farewell`?"),
        ("  wrong:", "  wrongg: x.\n  wrong:", "unknown key `wrongg`. Did you mean `wrong`?"),
        ("The {name} knows", "The {nam} knows", "{nam} is not known here; known: {name}"),
        ("Let me see.", "Let me see, {name}.", "{name} is not known here; known: nothing"),
        ("The {name} knows", "The {name knows", "expected '}' before end of string"),
        ("fillers:\n  - Well,\n  - Let me see.\n  - Hm,", "fillers: []", "at least 1"),
        ("farewell: Talk to you soon. Goodbye.", "farewell:", "has no value"),
    ],
)
def test_a_wrong_line_stops_with_its_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in SHIPPED
    (tmp_path / "lines.yaml").write_text(SHIPPED.replace(old, new))
    with pytest.raises(FileError) as wrong:
        Lines.read(tmp_path / "lines.yaml")
    assert problem in wrong.value.problem
