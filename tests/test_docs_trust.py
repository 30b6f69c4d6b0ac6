"""What the trust page says of the sandbox is so."""

from __future__ import annotations

import re
from typing import Final, get_args

from agents.pai import PaiSettings
from agents.reach import CREDENTIALS, RUNS_LATER
from agents.sandbox import SandboxMode
from tests.agents.escapes import REACHES, READS, RISKY, WRITES
from tests.kit.pages import PAGES, block, code

PAGE: Final = PAGES["orchestrator/TRUST.md"]


def test_the_modes_are_those_there_are() -> None:
    assert set(get_args(SandboxMode)) <= set(code(PAGE))
    shown = re.search(r'^sandbox = "(\w+)"(.*)$', block("orchestrator/README.md", "[pai]"), re.MULTILINE)
    assert shown
    assert shown[1] == PaiSettings().sandbox
    assert {shown[1], *re.findall(r'"(\w+)"', shown[2])} == set(get_args(SandboxMode))


def test_the_files_it_names_are_guarded() -> None:
    named = {name.removeprefix("~/") for name in code(PAGE) if name.startswith("~/")}
    assert named
    assert named <= {*CREDENTIALS, *RUNS_LATER}


def test_as_many_ways_out_are_tried_as_it_says() -> None:
    told = re.search(r"(\d+) ways out", PAGE)
    assert told
    assert len((*WRITES, *READS, *REACHES, *RISKY)) >= int(told[1])
