"""The record never takes the call down: a disk that fills up, a folder that cannot be written, a log that nobody reads."""

from __future__ import annotations

import errno
import os
import sys
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from agents.script import ToolUse
from orchestrator.app import House
from orchestrator.backlog import MOST_SOUND, Backlog, Unstored
from orchestrator.config import LogSettings
from orchestrator.events import CallEnded
from orchestrator.history import CALLS
from orchestrator.journal import JOURNAL, RECORDING, Folder, Memory, Shelf, readable
from orchestrator.log import set_up
from orchestrator.notes import NoteFile, NotKept
from orchestrator.testing.virtual_time import run
from telephony.rehearsal import RehearsalLine
from tests.kit.disks import disk
from tests.kit.disks import own_mounts as own_mounts
from tests.orchestrator.stage import LOUD, answer, equipped
from tests.orchestrator.test_house import CALLER, facts, house
from voices.audio import RATE
from voices.engines.tones import tone

WIDE = 64  # bytes of sound in a step


def full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Moody(Memory):
    """Takes what it is given when it is in the mood: nothing, while the next of `moods` says so."""

    def __init__(self, moods: Iterator[bool]) -> None:
        super().__init__()
        self.moods = moods

    def _mood(self) -> None:
        if not next(self.moods, True):
            raise full()

    async def open(self) -> None:
        self._mood()

    async def store(self, lines: list[str], sound: bytes) -> None:
        self._mood()
        await super().store(lines, sound)

    async def hush(self, first: int, last: int) -> None:
        self._mood()
        await super().hush(first, last)


@given(moods=st.lists(st.booleans(), max_size=30), spans=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=4))
def test_what_is_stored_late_is_what_would_have_been_stored(moods: list[bool], spans: list[tuple[int, int]]) -> None:
    async def kept(shelf: Memory) -> Memory:
        backlog = Backlog(shelf)
        for step in range(12):
            backlog.add([f"line {step}"], bytes([step + 1]) * WIDE)
            now = (step + 1) * WIDE // 4
            backlog.hush([(first, first + length) for first, length in spans if now - WIDE // 4 < first + length <= now])
            await backlog.store()
        while not await backlog.store():
            pass
        return shelf

    results = list[Memory]()

    async def both() -> None:
        results.extend([await kept(Memory()), await kept(Moody(iter(moods)))])

    anyio.run(both)
    healthy, moody = results
    assert (moody.lines, moody.sound) == (healthy.lines, healthy.sound)


def test_memory_is_bounded_and_the_axis_stays() -> None:
    async def kept() -> None:
        shelf = Moody(iter([True, *[False] * 5]))
        backlog, piece = Backlog(shelf), MOST_SOUND // 4
        for step in range(6):
            backlog.add([], bytes([step + 1]) * piece)
            await backlog.store()
        assert await backlog.store()
        assert len(shelf.sound) == 6 * piece
        assert set(shelf.sound[: 2 * piece]) == {0}
        assert shelf.sound[2 * piece] == 3

    anyio.run(kept)


def test_much_is_stored_in_pieces() -> None:
    class Pieces(Memory):
        async def store(self, lines: list[str], sound: bytes) -> None:
            sizes.append((len(lines), len(sound)))
            await super().store(lines, sound)

    async def kept() -> None:
        shelf, sound = Pieces(), bytes(range(256)) * 2**14
        backlog = Backlog(shelf)
        backlog.add([str(number) for number in range(2_500)], sound)
        assert await backlog.store()
        assert (shelf.lines, shelf.sound) == ([str(number) for number in range(2_500)], sound)

    sizes = list[tuple[int, int]]()
    anyio.run(kept)
    assert max(lines for lines, _ in sizes) <= 1_000
    assert max(sound for _, sound in sizes) <= 2**20


@given(fails=st.sets(st.integers(0, 40), max_size=20), part=st.integers(0, 3))
def test_a_disk_that_is_full_at_any_write_leaves_nothing_half(
    tmp_path_factory: pytest.TempPathFactory, fails: set[int], part: int
) -> None:
    path, real, count = tmp_path_factory.mktemp("calls") / "call", os.pwrite, iter(range(10_000))

    def pwrite(file: int, content: bytes, at: int) -> int:
        if next(count) in fails:
            real(file, content[: part * len(content) // 4], at)
            raise full()
        return real(file, content, at)

    async def kept() -> None:
        backlog = Backlog(Folder(path))
        for step in range(12):
            backlog.add([f'{{"line": {step}}}'], bytes([step + 1]) * WIDE)
            await backlog.store()
            if (path / JOURNAL).exists():
                assert (path / JOURNAL).read_text()[-1:] in ("", "\n")
        while not await backlog.store():
            pass
        await backlog.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "pwrite", pwrite)
        anyio.run(kept)
    assert (path / JOURNAL).read_text().splitlines() == [f'{{"line": {step}}}' for step in range(12)]
    with wave.open(str(path / RECORDING)) as recording:
        sound = recording.readframes(recording.getnframes())
    assert sound == b"".join(bytes([step + 1]) * WIDE for step in range(12))


async def talked(home: House, during: Callable[[], object] = lambda: None) -> None:
    """A call of one question, which the caller ends with a goodbye."""
    line = RehearsalLine()

    async def caller() -> None:
        await line.answered.wait()
        await line.quiet(1.0)
        line.say(tone(200, 1.2, LOUD))
        await line.quiet(1.0, after_s=anyio.current_time() + 1.2)
        during()
        line.say(tone(200, 1.2, LOUD))
        await line.over.wait()

    async with anyio.create_task_group() as group:
        group.start_soon(caller)
        await home.take(line)


HEARS = ["what time is it kai", "goodbye"]


@pytest.mark.parametrize("comes_back", [True, False])
async def test_a_disk_that_fills_up_does_not_end_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, comes_back: bool
) -> None:
    real, state = os.pwrite, {"full": False}

    def pwrite(file: int, content: bytes, at: int) -> int:
        if state["full"]:
            raise full()
        return real(file, content, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    async with equipped(HEARS, answer("kai", "It is noon.")) as (parts, _):
        home = house(parts, tmp_path)
        with capture_logs() as logs:
            state["full"] = True
            await talked(home, lambda: state.update(full=not comes_back))
            if not comes_back:
                assert (await _anything(home)) is False
                state["full"] = False
                await home.unstored.retry()
    assert [fact.why for fact in await anyio.to_thread.run_sync(facts, tmp_path) if isinstance(fact, CallEnded)] == ["goodbye"]
    told = [log["event"] for log in logs if log["event"].startswith("call_")]
    assert told == ["call_not_recorded", "call_recorded_again"]


async def _anything(home: House) -> bool:
    """Something of the call is on disk."""
    (journal,) = (home.settings.home / CALLS).glob(f"*/{JOURNAL}")
    return bool(await anyio.Path(journal).read_bytes())


async def test_a_folder_that_cannot_be_written_does_not_end_the_call(tmp_path: Path) -> None:
    place = tmp_path / "home"
    place.write_text("a file stands in its place")
    async with equipped(HEARS, answer("kai", "It is noon.")) as (parts, _):
        home = house(parts, place)
        with capture_logs() as logs:
            await talked(home)
        assert [log["event"] for log in logs if log["event"].startswith("call_")] == ["call_not_recorded"]
        await anyio.Path(place).unlink()
        await home.unstored.retry()
    assert [fact.why for fact in await anyio.to_thread.run_sync(facts, place) if isinstance(fact, CallEnded)] == ["goodbye"]


@pytest.mark.timeout(120)  # who is not root runs it in a pytest of its own
async def test_a_disk_that_is_really_full(own_mounts: None, tmp_path: Path) -> None:
    with disk(tmp_path, "256k") as small:  # four seconds of a call
        await _talked_on(small.path)


async def _talked_on(small_disk: Path) -> None:
    async with equipped(HEARS, answer("kai", "It is noon.")) as (parts, _):
        home = house(parts, small_disk)
        with capture_logs() as logs:
            await talked(home)
        assert [log["event"] for log in logs if log["event"].startswith("call_")] == ["call_not_recorded"]
    (journal,) = (small_disk / CALLS).glob(f"*/{JOURNAL}")
    entries, problem = readable(await anyio.Path(journal).read_bytes())
    assert entries
    assert not problem


def test_only_so_many_calls_are_kept_for_later() -> None:
    async def kept() -> None:
        unstored, shelves = Unstored(most=2), [Moody(iter([False] * 4)) for _ in range(4)]
        for number, shelf in enumerate(shelves):
            backlog = Backlog(shelf)
            backlog.add([str(number)], b"")
            await unstored.take(backlog)
        for _ in range(5):
            await unstored.retry()
        assert [shelf.lines for shelf in shelves[2:]] == [["2"], ["3"]]

    anyio.run(kept)


@pytest.mark.parametrize(("full_again", "told"), [(False, []), (True, [("20261130", 1, 2.0)])])
def test_a_server_that_stops_tries_once_more_and_says_what_is_lost(full_again: bool, told: list[tuple[str, int, float]]) -> None:
    shelf = Moody(iter([False, not full_again]))
    shelf.name = "20261130"

    async def stops() -> None:
        unstored, backlog = Unstored(), Backlog(shelf)
        backlog.add(["the last line"], bytes(2 * 4 * RATE))
        await unstored.take(backlog)
        with anyio.CancelScope() as stopping:
            stopping.cancel()
            await unstored.give_up()

    with capture_logs() as logs:
        anyio.run(stops)
    assert shelf.lines == ([] if full_again else ["the last line"])
    lost = [(log["call"], log["lines"], log["sound_s"]) for log in logs if log["event"] == "call_record_lost"]
    assert lost == told


class Gone(StringIO):
    """A pipe whose reader has gone."""

    def write(self, _: str, /) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def closed() -> StringIO:
    stream = StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [Gone, closed, lambda: None])
def test_a_log_that_nobody_reads_is_no_trouble(monkeypatch: pytest.MonkeyPatch, stream: Callable[[], Any]) -> None:
    set_up(LogSettings())
    try:
        monkeypatch.setattr(sys, "stderr", stream())
        structlog.get_logger().warning("anything", reason="x")
    finally:
        monkeypatch.undo()
        structlog.reset_defaults()


@given(fails=st.integers(0, 2), before=st.sampled_from(["", "- one\n", "- no end"]))
def test_no_half_of_a_note_is_kept(tmp_path_factory: pytest.TempPathFactory, fails: int, before: str) -> None:
    path = tmp_path_factory.mktemp("notes") / "n.md"
    path.write_text(before)

    def fsync(_: int) -> None:
        raise full()

    async def kept() -> None:
        with pytest.raises(NotKept):
            await NoteFile(path).keep("The dentist.", date(2026, 11, 22))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        anyio.run(kept)
    assert path.read_text() == before


class Full:
    async def keep(self, note: str, on: date, *, proven: bool = True) -> None:
        raise NotKept(full())

    async def read(self) -> tuple[str, ...]:
        return ()


def _full(_: str) -> Full:
    return Full()


def test_the_caller_hears_that_a_note_was_not_kept() -> None:
    """Whatever the agent says about it."""

    async def play() -> None:
        uses = answer("kai", "I will keep that. Goodbye.", "dentist", calls=(ToolUse(tool="end_call"), REMEMBERS))
        after = answer("kai", "Well then.").model_copy(
            update={"when": uses.when.model_copy(update={"after": "*", "heard": None})}
        )
        async with equipped(["kai remember the dentist", "goodbye"], uses, after) as (parts, _):
            home = house(replace(parts, minds=replace(parts.minds, notes=_full)), Path("/nowhere"))
            shelf = Memory()
            await talked(replace(home, shelf=_on(shelf)))
            said = " ".join(getattr(entry.event, "text", "") for entry in shelf.entries if entry.event.kind == "said")
            assert LINE in said
            assert said.index(LINE) < said.index("Talk to you soon")

    run(play)


def _on(shelf: Memory) -> Callable[[Path], Shelf]:
    def there(_: Path) -> Shelf:
        return shelf

    return there


REMEMBERS = ToolUse(tool="remember", input={"note": "The dentist."})
LINE = "I could not write that down, so it is not kept."
assert CALLER
