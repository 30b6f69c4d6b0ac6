"""The demonstration, where it does not go as planned."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.demo.plan import Happened, talk
from orchestrator.errors import DemoBroke
from orchestrator.events import Entry, Routed, TaskDone


@pytest.mark.parametrize(
    ("why", "said", "fix"),
    [
        ("", "the result was told before the caller hung up", "less busy"),
        ("work_crashed", "the work failed: work_crashed", "PAI_VOICE_HOME=out/home pai-voice tasks show last"),
    ],
)
def test_work_that_is_over_too_soon_is_told_with_a_way_on(why: str, said: str, fix: str) -> None:
    happened = Happened()
    happened.left_for_the_call_back(Path("out/home"))
    happened.count(Entry(seq=1, at_s=1.0, event=TaskDone(task="t", ok=not why, why=why, usd=Decimal(0))))
    with pytest.raises(DemoBroke) as broke:
        happened.left_for_the_call_back(Path("out/home"))
    assert str(broke.value) == said
    assert fix in broke.value.fix


def test_no_line_is_said_before_the_one_before_it_has_its_answer() -> None:
    happened = Happened()
    lines = talk((), happened)
    for answered in range(len(lines)):
        assert [line.once() for line in lines] == [number <= answered for number in range(len(lines))]
        happened.count(Entry(seq=answered + 1, at_s=1.0, event=Routed(turn=answered, by="name", speakers=("kai",))))
