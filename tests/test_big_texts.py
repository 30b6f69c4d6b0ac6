"""No text is too large for an entrance: what is let in is bounded, refusals are our own. `make bench-trust` has the times."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.kit.big_texts import KINDS, Entrance, big, entrances, size


@pytest.mark.parametrize("entrance", [pytest.param(each, id=each.name) for each in entrances()])
def test_a_text_without_end_is_cut_or_refused_in_our_own_words(entrance: Entrance, tmp_path: Path) -> None:
    for kind, chars in product(KINDS, (300_000, 3_000)):
        try:
            out = [size(result) for result in entrance.steps(big(kind, chars), tmp_path)]
        except entrance.ours:
            continue
        assert max(out, default=0) <= entrance.most, (kind, chars)
