"""Wrong PINs are counted over calls, restarts and servers; who forges a number learns little, and keeps nobody out."""

from __future__ import annotations

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path

import anyio
import msgspec
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from agents.errors import ToolError
from orchestrator.notes import NoteFile
from orchestrator.pin import PinGuard, Trust
from orchestrator.tries_kept import FILE, TriesFile, TriesTable
from telephony.admission import Admission, AdmissionPolicy
from telephony.pin_tries import LONGEST_KNOWN_REST_S, LONGEST_REST_S, MOST_A_DAY, OVER_ALL, Book, Kept, Rules, judge

OWNER, FRIEND = "+15550100", "+15550101"
POLICY = AdmissionPolicy(allow=(OWNER, FRIEND), pin=SecretStr("2580"))
RULES = Rules("2580", 3, 900)


@pytest.fixture(params=["file", "table"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Kept]:
    """The same book, as another server opens it."""
    if request.param == "file":
        return lambda: TriesFile(tmp_path / "home" / FILE)
    return lambda: TriesTable(sa.create_engine(f"sqlite:///{tmp_path / 'tries.sqlite'}", poolclass=sa.NullPool))


def guard(kept: Kept, caller: str = OWNER, at_s: float = 0.0, *, called: bool = False) -> PinGuard:
    return PinGuard(Admission(POLICY, kept, lambda: at_s), caller, called=called)


async def rested(kept: Kept, wrong: tuple[str, ...] = ("1111", "2222", "3333")) -> None:
    assert [await guard(kept).judge(keys) for keys in wrong][-1] == "locked"


async def test_a_restart_forgets_nothing(opened: Callable[[], Kept]) -> None:
    assert await guard(opened()).judge("1111") == "wrong"
    assert await guard(opened()).judge("2222") == "wrong"
    assert await guard(opened()).judge("3333") == "locked"
    later = guard(opened(), at_s=60)
    await later.arrive()
    assert later.rests
    assert await later.judge("2580") == "locked"
    assert await guard(opened(), FRIEND, 60).judge("2580") == "passed"
    assert await guard(opened(), at_s=901).judge("2580") == "passed"


async def test_the_number_that_we_call_is_not_forged(opened: Callable[[], Kept]) -> None:
    await rested(opened())
    assert await guard(opened(), called=True).judge("2580") == "passed"


async def test_the_owner_hears_of_it(opened: Callable[[], Kept]) -> None:
    await rested(opened())
    owner = guard(opened(), at_s=1_000)
    assert await owner.judge("2 5 8 1") == "wrong"
    assert await owner.judge("2580") == "passed"
    assert owner.untold == 3, "their own slip is not among them"
    again = guard(opened(), at_s=1_100)
    assert (await again.judge("2580"), again.untold) == ("passed", 0)


async def test_servers_count_together(tmp_path: Path) -> None:
    def wrong(number: int) -> None:
        anyio.run(guard(TriesFile(tmp_path / FILE), at_s=0).judge, str(number))

    with ThreadPoolExecutor(4) as servers:
        list(servers.map(wrong, range(1_000, 1_003)))
    after = guard(TriesFile(tmp_path / FILE), at_s=1)
    await after.arrive()
    assert after.rests


async def test_the_file_is_nobody_elses_and_holds_no_pin(tmp_path: Path) -> None:
    kept = TriesFile(tmp_path / FILE)
    for keys in ("2581", "2580", "2589"):
        await guard(kept).judge(keys)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert "258" not in (tmp_path / FILE).read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"numbers": 5}', "\0"])
async def test_a_file_that_cannot_be_read_is_begun_anew(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    assert await guard(TriesFile(tmp_path / FILE)).judge("2580") == "passed"


async def test_a_disk_that_fails_does_not_keep_the_owner_out(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    owner = guard(TriesFile(tmp_path / "home" / FILE))
    assert [await owner.judge(keys) for keys in ("1111", "2580")] == ["wrong", "passed"]


@pytest.mark.parametrize(("known", "longest_s"), [(False, LONGEST_REST_S), (True, LONGEST_KNOWN_REST_S)])
def test_each_rest_is_longer_up_to_a_bound(known: bool, longest_s: float) -> None:
    book, now_s, rests = Book(), 0.0, list[float]()
    if known:
        assert judge(book, RULES, OWNER, "2580", now_s) == "passed"
    for number in range(1_000, 1_060):
        if judge(book, RULES, OWNER, str(number), now_s) == "locked":
            rests.append(book.of(OWNER).until - now_s)
            now_s = max(book.of(OWNER).until, book.over_all.until)
    assert rests[:3] == [900, 1_800, 3_600]
    assert max(rests) == longest_s


@pytest.mark.parametrize("callers", [(FRIEND,), tuple(f"+155501{number}" for number in range(10))])
def test_few_guesses_are_judged_in_a_month_from_numbers_that_never_gave_it(callers: tuple[str, ...]) -> None:
    assert judged_in(30, callers, Book()) < 3 * OVER_ALL * 40


@pytest.mark.parametrize("owner_calls_each_h", [0.5, 4, 24, 10_000])
def test_the_owners_number_lets_few_be_judged_a_day_however_often_they_call(owner_calls_each_h: float) -> None:
    """Half of 10,000 PINs in 200 days; with the owner, who gives the right one as soon as it is taken."""
    assert judged_in(30, (OWNER,), Book(), owner_calls_each_h) <= 30 * MOST_A_DAY


def judged_in(days: int, callers: tuple[str, ...], book: Book, owner_calls_each_h: float = 10_000) -> int:
    """How many different wrong PINs were judged, from somebody who tries as soon as they can."""
    rules, judged, number = Rules("2580", 3, 900, frozenset({OWNER})), 0, 0
    owner_at_s = 0.0
    for at_s in range(0, days * 86_400, 300):
        if at_s >= owner_at_s and judge(book, rules, OWNER, "2580", at_s) == "passed":
            owner_at_s = at_s + owner_calls_each_h * 3_600
        for caller in callers:
            for _ in range(3):
                number += 1
                before = book.untold
                judge(book, rules, caller, f"{number % 10_000:04}".replace("2580", "2581"), at_s)
                judged += book.untold - before
    return judged


def test_what_other_numbers_do_keeps_nobody_out_who_is_known() -> None:
    rules, book = Rules("2580", 3, 900, frozenset({OWNER})), Book()
    assert judge(book, rules, FRIEND, "2580", 0.0) == "passed"
    for number in range(1_000, 1_200):
        judge(book, rules, f"+155501{number}", str(number), 10.0)
    assert book.over_all.rests_at(11.0)
    assert [judge(book, rules, caller, "2580", 11.0) for caller in (OWNER, FRIEND, "+15550199")] == ["passed", "passed", "locked"]


def test_the_same_wrong_one_counts_once() -> None:
    book = Book()
    assert [judge(book, RULES, OWNER, "1111", 0.0) for _ in range(50)] == ["wrong"] * 50
    assert judge(book, RULES, OWNER, "2580", 0.0) == "passed"


@pytest.mark.parametrize("keys", ["258", "25800", "25", "2580258", "25802", "1"])
def test_a_lost_or_doubled_digit_is_no_try(keys: str) -> None:
    assert [judge(Book(), RULES, OWNER, keys, 0.0) for _ in range(10)] == ["unclear"] * 10


def test_what_is_too_short_says_nothing_of_the_pin() -> None:
    """Whatever the digits are, of as many the answer is the same."""
    for length in (1, 2, 3, 5, 7):
        digits = (f"{number:0{length}}" for number in range(0, 10**length, max(1, 10**length // 50)))
        assert {judge(Book(), RULES, OWNER, keys, 0.0) for keys in digits} == {"unclear"}


def test_the_same_twice_is_it_once() -> None:
    assert judge(Book(), RULES, OWNER, "25802580", 0.0) == "passed"


def test_a_book_is_as_it_was_written() -> None:
    book = Book()
    for number in range(1_000, 1_007):
        judge(book, RULES, OWNER, str(number), number * 1_000.0)
    book.glance(5, 10.0)
    assert msgspec.json.decode(msgspec.json.encode(book), type=Book) == book


async def test_a_resting_number_is_answered_without_trust() -> None:
    admission = Admission(POLICY)
    for keys in ("1111", "2222", "3333"):
        admission.judge(OWNER, keys, now_s=0.0)
    admission.clock = lambda: 1.0
    trust = Trust.of(admission, OWNER)
    await trust.arrive()
    assert (trust.risk, trust.first, trust.withholds) == ("rests", False, True)


async def test_without_the_pin_a_note_is_kept_apart(tmp_path: Path) -> None:
    notes = NoteFile(tmp_path / "notes" / f"{OWNER}.md")
    day = date(2026, 11, 23)
    await notes.keep("Send the money to Bob.", day, proven=False)
    await notes.keep("Likes tea.", day)
    assert await notes.read() == ("2026-11-23: Likes tea.",)
    assert "Bob" in (tmp_path / "notes" / f"{OWNER}.unproven.md").read_text(encoding="utf-8")
    for _ in range(200):
        with suppress(ToolError):
            await notes.keep("More and more. " * 100, day, proven=False)
    with pytest.raises(ToolError, match="enough"):
        await notes.keep("One more.", day, proven=False)
