"""Numbers of charts: units of axes, texts of durations, percentiles."""

from collections.abc import Callable

import polars as pl

from sojourn.core.duration import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, WEEK_MS, TimeFormat, format_duration
from sojourn.reports.table import Notes

_UNITS = {
    TimeFormat.MS: ("ms", 1),
    TimeFormat.SECONDS: ("seconds", SECOND_MS),
    TimeFormat.MINUTES: ("minutes", MINUTE_MS),
    TimeFormat.DECIMAL_DAYS: ("days of 24 hours", DAY_MS),
    TimeFormat.DECIMAL_WEEKS: ("weeks of 7 × 24 hours", WEEK_MS),
}
PERCENTS = (50, 85, 95)
"""The percentiles that charts show."""


def printer(notes: Notes) -> Callable[[int | None], str]:
    """What writes durations in the time format of a table (docs/semantics.md 14, 16)."""
    day, week = notes.business_day_ms, notes.business_week_ms
    return lambda ms: format_duration(ms, notes.time_format, business_day_ms=day, business_week_ms=week)


def unit(notes: Notes, largest: int) -> tuple[str, int]:
    """The unit of the axis and its ms: that of the time format, where it is one, else hours or days."""
    chosen = notes.time_format
    if chosen is TimeFormat.BUSINESS_DECIMAL_WEEKS:
        return "business weeks", notes.business_week_ms
    is_business = chosen in (TimeFormat.BUSINESS_DECIMAL_DAYS, TimeFormat.BUSINESS_DAYS_HOURS_MINUTES)
    if is_business and (chosen.numeric or largest >= 2 * notes.business_day_ms):
        return "business days", notes.business_day_ms
    if chosen is TimeFormat.DAYS_HOURS_MINUTES and largest >= 2 * DAY_MS:
        return _UNITS[TimeFormat.DECIMAL_DAYS]
    return _UNITS.get(chosen, ("hours", HOUR_MS))


def percentile(ordered: pl.Series, percent: int) -> int:
    """The percentile of ordered ms by nearest rank (docs/semantics.md 15)."""
    return int(ordered[-(-percent * len(ordered) // 100) - 1])
