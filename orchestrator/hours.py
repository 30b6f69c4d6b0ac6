"""The hours of the day at which something may be done: in somebody's own time, across midnight and changes of the clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final, Self

_FORM: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})", re.ASCII)
_DAYS: Final = 3  # a clock that is put forward may skip today's opening, never the next two


@dataclass(frozen=True, slots=True)
class Hours:
    """From `opens` until `closes`, which may be on the next day; always, if they are the same."""

    opens: time
    closes: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of "08:00-22:00". Raises ValueError."""
        if (match := _FORM.fullmatch(text.strip())) is None:
            raise ValueError(f"`{text}` is no span of hours; write it like 08:00-22:00")
        opens_h, opens_m, closes_h, closes_m = map(int, match.groups())
        try:
            return cls(time(opens_h, opens_m), time(0 if (closes_h, closes_m) == (24, 0) else closes_h, closes_m))
        except ValueError:
            raise ValueError(f"`{text}` is no span of hours; the day goes from 00:00 to 24:00") from None

    def hold(self, at: datetime, zone: tzinfo | None) -> bool:
        """Whether it is within them, in that zone (None: this machine's)."""
        now = at.astimezone(zone).time()
        if self.opens < self.closes:
            return self.opens <= now < self.closes
        return self.opens == self.closes or now >= self.opens or now < self.closes

    def next(self, at: datetime, zone: tzinfo | None) -> datetime:
        """The first moment from `at` on that is within them; in UTC, unless it is `at` itself."""
        if self.hold(at, zone):
            return at
        today = at.astimezone(zone).date()
        openings = (
            _moment(datetime.combine(today + timedelta(days), self.opens).replace(fold=fold), zone)
            for days in range(_DAYS)
            for fold in (0, 1)  # a clock that is put back opens twice
        )
        return min(opening for opening in openings if opening >= at and self.hold(opening, zone))


def _moment(wall: datetime, zone: tzinfo | None) -> datetime:
    return (wall if zone is None else wall.replace(tzinfo=zone)).astimezone(UTC)
