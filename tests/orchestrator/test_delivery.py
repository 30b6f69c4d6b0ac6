"""When the owner is called again, after what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from orchestrator.delivery import CallbackSettings, Verdict, next_call

VIENNA = ZoneInfo("Europe/Vienna")
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=VIENNA)
NIGHT = datetime(2026, 11, 22, 22, 30, tzinfo=VIENNA)
B, N, R, M, U, F, D = (
    Verdict.BUSY,
    Verdict.NO_ANSWER,
    Verdict.REJECTED,
    Verdict.MACHINE,
    Verdict.UNHEARD,
    Verdict.FAILED,
    Verdict.DELIVERED,
)


@pytest.mark.parametrize(
    ("tried", "minutes"),
    [
        ([], 0),
        ([B], 1),
        ([N, R], 5),
        ([U, F, B], 15),
        ([B, B, B, B], 60),
        ([B, B, B, B, B], None),
        ([M], 60),
        ([B, B, M], 60),
        ([M, M], None),
        ([B, M, N], None),
        ([B, B, B, B, M], 60),
        ([D], None),
        ([B, D], None),
    ],
)
def test_how_long_until_the_next_call(tried: Sequence[Verdict], minutes: float | None) -> None:
    due = next_call(CallbackSettings(), tried, NOON, VIENNA)
    assert due == (None if minutes is None else NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("tried", "at", "day", "hour"),
    [
        ([], NIGHT, 23, 8),
        ([B], NIGHT, 23, 8),
        ([M], NIGHT - timedelta(hours=1), 23, 8),
        ([M], NIGHT - timedelta(hours=2), 22, 21),
    ],
)
def test_at_night_nobody_is_called(tried: Sequence[Verdict], at: datetime, day: int, hour: int) -> None:
    due = next_call(CallbackSettings(), tried, at, VIENNA)
    assert due is not None
    assert (due.astimezone(VIENNA).day, due.astimezone(VIENNA).hour) == (day, hour)


def test_without_retries_there_is_one_call() -> None:
    settings = CallbackSettings(retries=())
    assert next_call(settings, [], NOON, VIENNA) == NOON
    assert next_call(settings, [B], NOON, VIENNA) is None
    assert next_call(settings, [M], NOON, VIENNA) is None


@pytest.mark.parametrize("wrong", [{"hours": "8 to 10"}, {"retries": (-1,)}, {"retry": (1,)}])
def test_settings_that_cannot_be_kept(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CallbackSettings.model_validate(wrong)
