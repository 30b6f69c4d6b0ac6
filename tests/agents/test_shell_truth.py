"""Of scripts made at random: whatever bash runs or writes is named in the question, or it says that it cannot be read out."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agents.permission import WorkWords
from tests.agents.stage import PROMPTS, ROSTER
from tests.kit.shell_scripts import BASH, SCRIPTS, unsaid

WORDS = WorkWords.read(PROMPTS)


@pytest.mark.slow  # 300 shells are started
@pytest.mark.timeout(180)  # 300 shells are started, and the machine may be busy
@pytest.mark.skipif(BASH is None, reason="there is no bash")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(SCRIPTS, st.sampled_from([0, 1]))
@example("echo evil >&1/../target1x", 0)
@example("echo evil >&2target2x", 0)
@example("rm | bash -c 'rm >targ\"et3x\"'", 0)
@example("rm | echo 'rm >targ\"et3x\"' | sh", 0)
@example("rm ; echo 'cp \\target1x' | sh", 0)
@example("cd target1x | rm target3x", 0)
@example("! cd target9x && rm target3x", 0)
@example("cd target1x && cd .. && rm target3x", 0)
def test_all_that_bash_does_is_said(script: str, ends: int) -> None:
    assert unsaid(WORDS, ROSTER["engineer"], script, ends=ends) == []
