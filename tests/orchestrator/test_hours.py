"""When the phone may ring, at night, across midnight, and when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.hours import Hours

VIENNA = ZoneInfo("Europe/Vienna")  # clocks: +1 h on 2026-03-29 at 02:00, -1 h on 2026-10-25 at 03:00
SUMMER, WINTER = timedelta(hours=2), timedelta(hours=1)


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIENNA, fold=fold)


@pytest.mark.parametrize(
    ("hours", "at", "first"),
    [
        ("08:00-22:00", "2026-11-22 12:00", "2026-11-22 12:00"),
        ("08:00-22:00", "2026-11-22 08:00", "2026-11-22 08:00"),
        ("08:00-22:00", "2026-11-22 22:00", "2026-11-23 08:00"),
        ("08:00-22:00", "2026-11-22 21:59:59", "2026-11-22 21:59:59"),
        ("08:00-22:00", "2026-11-22 03:00", "2026-11-22 08:00"),
        ("08:00-22:00", "2026-12-31 23:30", "2027-01-01 08:00"),
        ("20:00-02:00", "2026-11-22 23:30", "2026-11-22 23:30"),
        ("20:00-02:00", "2026-11-22 01:59", "2026-11-22 01:59"),
        ("20:00-02:00", "2026-11-22 02:00", "2026-11-22 20:00"),
        ("08:00-24:00", "2026-11-22 23:59", "2026-11-22 23:59"),
        ("08:00-24:00", "2026-11-23 00:00", "2026-11-23 08:00"),
        ("00:00-00:00", "2026-11-22 03:00", "2026-11-22 03:00"),
        ("00:00-24:00", "2026-11-22 03:00", "2026-11-22 03:00"),
        # The night that is an hour short: 02:30 does not exist, 03:30 is within the hours.
        ("02:30-22:00", "2026-03-29 01:00", "2026-03-29 03:30"),
        # Hours that do not exist on that day are those of the next.
        ("02:15-02:45", "2026-03-29 01:00", "2026-03-30 02:15"),
        ("08:00-22:00", "2026-03-28 23:00", "2026-03-29 08:00"),
        ("08:00-22:00", "2026-10-24 23:00", "2026-10-25 08:00"),
    ],
)
def test_the_first_moment_within(hours: str, at: str, first: str) -> None:
    assert Hours.parse(hours).next(local(at), VIENNA) == local(first)


def test_a_clock_that_is_put_back_opens_twice() -> None:
    hours = Hours.parse("02:30-02:45")
    between = local("2026-10-25 02:50", fold=0)
    assert hours.next(between, VIENNA).astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert hours.next(between, VIENNA).astimezone(VIENNA).utcoffset() == WINTER


def test_another_zone_than_the_times() -> None:
    at = datetime(2026, 7, 1, 21, 0, tzinfo=UTC)  # 23:00 in Vienna
    opens = Hours.parse("08:00-22:00").next(at, VIENNA)
    assert opens == datetime(2026, 7, 2, 6, 0, tzinfo=UTC)
    assert opens.astimezone(VIENNA).utcoffset() == SUMMER


def test_this_machines_zone_is_the_usual_one() -> None:
    noon = datetime(2026, 11, 22, 12, 0).astimezone()
    assert Hours.parse("08:00-10:00").next(noon, None) == datetime(2026, 11, 23, 8, 0).astimezone()


@pytest.mark.parametrize("text", ["", "8-22", "08:00", "25:00-26:00", "08:60-09:00", "08:00-48:00", "08:00-24:30", "whenever"])
def test_what_is_no_span_of_hours(text: str) -> None:
    with pytest.raises(ValueError, match="no span of hours"):
        Hours.parse(text)
