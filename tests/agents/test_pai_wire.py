"""Both ways over the wire, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from agents.pai_wire import Broke, Job, NoMessage, Reply, Wants, for_worker, from_worker, pack
from agents.work import Add, Done, Says, Spent, Stop, Working

JOB = Job(
    "Do\nit.", "s", "/bin/claude", "/work", "You are", "Go on.", {"say": "Say."}, ("Bash",), (), Decimal("0.10"), 9, None, None
)


@pytest.mark.parametrize("message", [JOB, Reply("q", yes=True, text="Yes."), Add("A “picture”\n"), Stop()])
def test_to_the_worker(message: Any) -> None:
    line = pack(message)
    assert line.index(b"\n") == len(line) - 1
    assert for_worker(line) == message


@pytest.mark.parametrize(
    "message",
    [
        Working("Bash", "Count", 1, 2),
        Says("Hi."),
        Spent(Decimal("0.000001"), "m"),
        Done("r", "s"),
        Wants("q", "Bash", {"a": [1]}),
        Broke("c"),
    ],
)
def test_from_the_worker(message: Any) -> None:
    line = pack(message)
    assert line.index(b"\n") == len(line) - 1
    assert from_worker(line) == message


def test_half_a_sign_is_no_end_of_the_work() -> None:
    assert from_worker(
        pack(
            Done(
                "Cut in \ud83d",
                "",
            )
        )
    ) == Done("Cut in ?", "")


@pytest.mark.parametrize(
    "line", [b"", b"Traceback", b"[]", b"{}", b'{"Other":{}}', b'{"Says":{"text":1}}', b'{"Says":{},"Done":{}}', pack(Stop())]
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(NoMessage):
        from_worker(line)
