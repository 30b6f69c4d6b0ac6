"""10,000 scripts made at random: what bash does of each, against what is said. `python -m tests.bench.trust_shell [COUNT]`"""

from __future__ import annotations

import sys
from collections import Counter

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agents.permission import WorkWords
from tests.agents.stage import PROMPTS, ROSTER
from tests.kit.shell_scripts import SCRIPTS, unsaid


def main(count: int) -> None:
    words, engineer, said = WorkWords.read(PROMPTS), ROSTER["engineer"], Counter[str]()

    checks, phases = [HealthCheck.too_slow, HealthCheck.filter_too_much], (Phase.generate, Phase.shrink)

    @settings(max_examples=count, deadline=None, suppress_health_check=checks, phases=phases, database=None)
    @given(SCRIPTS, st.sampled_from([0, 1]))
    def all_is_said(script: str, ends: int) -> None:
        opaque = "cannot read out" in words.asks("q", "Bash", {"command": script}, engineer).question
        said["opaque" if opaque else "named"] += 1
        missing = unsaid(words, engineer, script, ends=ends)
        assert not missing, f"{script!r}: {missing}"

    all_is_said()
    print(f"{said.total():,} scripts: {said['named']:,} named in full, {said['opaque']:,} not to be read out, nothing unsaid")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
