"""A small file is the old one or the new one, never half of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.whole_file import replace_file


def test_it_is_replaced_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "book.json"
    for content in (b"old", b"new"):
        replace_file(file, content)
        assert file.read_bytes() == content
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o077) == (0o600, 0)
    assert [*file.parent.iterdir()] == [file]


@pytest.mark.parametrize("fails", ["fsync", "open"])
def test_a_disk_that_does_not_take_it_leaves_the_old_one(tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "book.json"
    replace_file(file, b"old")

    def full(*_: object) -> int:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="no space"):
        replace_file(file, b"new")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == {file: b"old"}
