"""A speech server that streams is killed in mid-sentence, as a real process: the next engine is heard within 700 ms.

A process of gigabytes closes its sockets late; one that is stopped never does. `python -m tests.bench.killed` holds 2.4 GB.
"""

from __future__ import annotations

import signal
from itertools import product
from pathlib import Path

import pytest
from anyio import to_thread

from tests.kit.cuts import TEXTS, rendering, spoken, wrong
from tests.kit.killed import heard, words

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(("how", "pace"), list(product((signal.SIGKILL, signal.SIGSTOP), (1.0, 2.0))))
async def test_the_next_engine_is_heard_within_700_ms(tmp_path: Path, how: signal.Signals, pace: float) -> None:
    text = TEXTS[1]
    (whole,) = await to_thread.run_sync(lambda: spoken([(text, rendering("espeak", "kai"))]))
    found = await heard(text, whole, tmp_path, after_s=1.2, megabytes=20, pace=pace, how=how)
    assert 0 < found.char < len(text)
    assert found.gap_s <= 0.7
    assert found.marks == words(text)
    assert wrong(text, whole, len(found.sound) // 2, found.char) <= 1  # how often it is 0: tests/voices/test_alignment.py
