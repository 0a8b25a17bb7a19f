"""Days, weeks and months of a calendar's zone in a part of time, and when they begin (docs/semantics.md 38)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from sojourn.core.calendar import Calendar
from sojourn.core.timeline import Int64Array

PeriodName = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods one after the other: period i is `[edges[i], edges[i + 1])` in ms, and is named by its first date."""

    dates: tuple[date, ...]
    edges: Int64Array

    def __len__(self) -> int:
        return len(self.dates)


def periods(calendar: Calendar, first_ms: int, end_ms: int, by: PeriodName) -> Periods:
    """The days, weeks (from Monday) or months in the calendar's zone that `[first_ms, end_ms)` touches.

    The first and the last are cut to that range, and still named by their first dates. A date that the zone skipped is
    no day. Errors: UserError for instants outside the years 1 to 9999.
    """
    if end_ms <= first_ms:
        return Periods((), np.array([first_ms], dtype=np.int64))
    starts = np.union1d([first_ms], calendar.day_starts(first_ms, end_ms)).astype(np.int64)
    zone = ZoneInfo(calendar.tz)
    first: dict[date, int] = {}
    for at_ms in starts.tolist():
        first.setdefault(_first_date(datetime.fromtimestamp(at_ms / 1000, zone).date(), by), at_ms)
    return Periods(tuple(first), np.array([*first.values(), end_ms], dtype=np.int64))


def _first_date(day: date, by: PeriodName) -> date:
    if by == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if by == "month" else day
