"""The calls in the data folder: listed, found, counted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import events
from orchestrator.config import Settings
from orchestrator.errors import JournalUnreadable, NoSuchCall
from orchestrator.events import CallEvent, Entry, HeardText, MoneySpent, TaskDone
from orchestrator.history import all_calls, entries_in, folder_of, spent_before
from orchestrator.journal import parsed


def spent(usd: str) -> CallEvent:
    return events.MoneySpent(turn=1, on="kai", model="m", usd=Decimal(usd))


def call(home: Path, name: str, *facts: CallEvent) -> Path:
    folder = home / "calls" / name
    folder.mkdir(parents=True)
    began = events.CallStarted(call="c1", line="acs", caller="+15550100", called="+15550199", began="2026-11-22T12:00:00+00:00")
    entries = [Entry(seq=seq, at_s=float(seq), event=fact) for seq, fact in enumerate((began, *facts))]
    (folder / "journal.jsonl").write_text("".join(f"{entry.line()}\n" for entry in entries))
    return folder / "journal.jsonl"


ENDED = events.CallEnded(why="goodbye", duration_s=61.25, cost_usd=Decimal("0.0015"))
TALK = (
    events.HeardText(turn=1, text="hello", from_s=1.0, to_s=2.0, engine="e"),
    events.Routed(turn=1, speakers=("kai",), by="floor"),
    events.Played(turn=1, agent="kai"),
    ENDED,
)


def test_calls_are_listed_newest_first(tmp_path: Path) -> None:
    call(tmp_path, "20261121-090000-aaaa", *TALK)
    call(tmp_path, "20261122-090000-bbbb", events.CallRefused(why="forbidden", reason="not on the list"))
    newest, talk = all_calls(Settings(home=tmp_path))
    assert (newest.name, newest.why, newest.turns, newest.p95_ms) == ("20261122-090000-bbbb", "unfinished", 0, None)
    assert talk.as_row() == (
        "20261121-090000-aaaa",
        "2026-11-22T12:00:00+00:00",
        "acs",
        "+15550100",
        "1",
        "61.2 s",
        "goodbye",
        "1000 ms",
        "0.00150",
    )
    assert talk.cost_usd == Decimal("0.0015")


def test_no_calls_yet(tmp_path: Path) -> None:
    assert all_calls(Settings(home=tmp_path / "none")) == []
    assert spent_before(Settings(home=tmp_path / "none"), date(2026, 11, 22)) == 0


def test_one_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    call(tmp_path, "20261121-090000-aaaa", *TALK)
    journal = call(tmp_path, "20261122-090000-bbbb", *TALK)
    journal.write_text("{nonsense\n" + journal.read_text())
    assert [past.why for past in all_calls(Settings(home=tmp_path))] == ["unreadable", "goodbye"]
    with pytest.raises(JournalUnreadable, match=r"journal\.jsonl:1: not a journal line"):
        entries_in(folder_of(Settings(home=tmp_path), "last"))
    assert spent_before(Settings(home=tmp_path), date(2026, 11, 22)) == 0  # of what can be read


def test_a_last_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    journal = call(tmp_path, "20261122-090000-bbbb", *TALK)
    journal.write_text(journal.read_text()[:-20])
    (past,) = all_calls(Settings(home=tmp_path))
    assert (past.why, past.turns, past.duration_s) == ("unfinished", 1, 3.0)


def test_an_empty_journal_is_a_call_that_broke_off(tmp_path: Path) -> None:
    call(tmp_path, "20261122-090000-bbbb").write_text("")
    assert [past.why for past in all_calls(Settings(home=tmp_path))] == ["unfinished"]


def test_a_call_is_found_by_how_its_name_begins(tmp_path: Path) -> None:
    call(tmp_path, "20261121-090000-aaaa", ENDED)
    call(tmp_path, "20261122-090000-bbbb", *TALK)
    settings = Settings(home=tmp_path)
    assert len(entries_in(folder_of(settings, "20261121"))) == 2
    assert len(entries_in(folder_of(settings, "last"))) == 5
    with pytest.raises(NoSuchCall, match="2 calls begin with '2026'"):
        entries_in(folder_of(settings, "2026"))
    with pytest.raises(NoSuchCall, match=r"there is no call '1999' in") as raised:
        entries_in(folder_of(settings, "1999"))
    assert "calls list" in raised.value.fix
    with pytest.raises(NoSuchCall, match=r"there is no journal\.jsonl in \.\./\.\."):
        entries_in(folder_of(settings, "../.."))


def test_what_a_day_cost(tmp_path: Path) -> None:
    call(tmp_path, "20261121-235959-aaaa", spent("5"))
    call(tmp_path, "20261122-000001-bbbb", spent("0.10"), spent("0.02"), ENDED)
    call(tmp_path, "20261122-090000-cccc", spent("0.003"))
    assert spent_before(Settings(home=tmp_path), date(2026, 11, 22)) == Decimal("0.123")
    done = TaskDone(task="t1", ok=True, usd=Decimal("0.5"))
    call(tmp_path, "20261122-100000-dddd", done)
    call(tmp_path, "20261122-110000-eeee", done)  # the call back tells its end again
    assert spent_before(Settings(home=tmp_path), date(2026, 11, 22)) == Decimal("0.623")


@pytest.mark.parametrize("sign", ["\u2028", "\x85", "\x1c", "\r", "\v", "\f"])
def test_a_line_ends_at_a_line_feed_alone(tmp_path: Path, sign: str) -> None:
    heard = HeardText(turn=1, text=f"Monday{sign}Friday", from_s=0, to_s=1, engine="x")
    call(tmp_path, "20261122-090000-bbbb", heard, MoneySpent(turn=1, on="kai", model="m", usd=Decimal("0.5")))
    _, entry, _ = entries_in(folder_of(Settings(home=tmp_path), "last"))
    assert entry.event == heard
    assert spent_before(Settings(home=tmp_path), date(2026, 11, 22)) == Decimal("0.5")


@given(st.data())
def test_torn_anywhere_a_journal_loses_its_last_line_and_nothing_else(data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.text(max_size=20), min_size=1, max_size=4))
    facts = [HeardText(turn=1, text=text, from_s=0, to_s=1, engine="x") for text in texts]
    entries = [Entry(seq=at, at_s=at, event=fact) for at, fact in enumerate(facts, 1)]
    content = b"".join(f"{entry.line()}\n".encode() for entry in entries)
    torn = content[: data.draw(st.integers(0, len(content)))]
    whole = torn.count(b"\n")
    assert list(parsed(content + b"\r\n\n", "x")) == list(parsed(content, "x"))  # lines that an editor adds
    assert list(parsed(torn, "x"))[:whole] == [Entry.parse(entry.line()) for entry in entries[:whole]]
