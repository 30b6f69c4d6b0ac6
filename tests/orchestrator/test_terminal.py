"""What commands print arrives."""

from __future__ import annotations

import io
import json
import sys

import pytest

from orchestrator.terminal import set_up_streams, show_json


class Short(io.RawIOBase):
    """A pipe whose writes the system cuts short, as it may when a signal comes."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = b""

    def writable(self) -> bool:
        return True

    def write(self, content: object, /) -> int:
        part = bytes(memoryview(content)[:1_000])  # type: ignore[arg-type]
        self.taken += part
        return len(part)


@pytest.mark.parametrize("unbuffered", [True, False])
def test_what_is_written_arrives_whole_however_short_each_write_is(unbuffered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Short()
    under = pipe if unbuffered else io.BufferedWriter(pipe)
    before = io.TextIOWrapper(under, "utf-8", write_through=unbuffered)  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "stdout", before)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    set_up_streams()
    value = {"said": ["good morning, früh"] * 9_000}
    show_json(value)
    sys.stdout.flush()
    assert json.loads(pipe.taken) == value
    print("one line")
    assert pipe.taken.endswith(b"one line\n") is unbuffered
