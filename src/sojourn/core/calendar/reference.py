"""The slow truth: the same answers day by day, in plain Python, for the tests to hold the columns against.

It shares the rules with the fast way and nothing else: no NumPy, no table of a zone's changes.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sojourn.core.calendar.rules import DAY, Rules, Windows

Span = tuple[int, int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_STRIDE = 40


def instant(zone: ZoneInfo, local: datetime, fold: int) -> int:
    """When the wall clock shows `local` for the first (fold 0) or second time; in a gap, its end."""
    utc = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local:
        return (utc - _EPOCH) // _MS
    low = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    high = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    while high - low > _MS:
        middle = low + (high - low) // 2 // _MS * _MS
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            low = middle
        else:
            high = middle
    return (high - _EPOCH) // _MS


def join(spans: list[Span]) -> list[Span]:
    """The union, sorted and without spans that touch."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def subtract(spans: list[Span], taken: list[Span]) -> list[Span]:
    """What is in the first and not in the second."""
    for away, back in taken:
        parts = [part for start, end in spans for part in ((start, min(end, away)), (max(start, back), end))]
        spans = [(start, end) for start, end in parts if start < end]
    return spans


class Day:
    """One date under the rules."""

    def __init__(self, rules: Rules, day: date) -> None:
        """Works out which rules hold on the date."""
        self.rules, self.day, self.zone = rules, day, ZoneInfo(rules.tz)
        yearly = [holiday for holiday in rules.yearly_holidays if holiday.in_year(day.year) == day]
        holidays = [holiday for holiday in rules.holidays if holiday.day == day]
        self.holiday_hours = [holiday.hours for holiday in holidays] + [holiday.hours for holiday in yearly]
        self.is_off = () in self.holiday_hours
        self.exceptions_hold = not (self.is_off and rules.holidays_beat_exceptions)
        self.is_special = self.exceptions_hold and any(day == special for special, _ in rules.special_hours)

    def spans(self, windows: Windows) -> list[Span]:
        """The windows of the date in UTC."""
        midnight = datetime(self.day.year, self.day.month, self.day.day)  # noqa: DTZ001  (a wall clock)
        return [
            (instant(self.zone, midnight + opens * _MS, 0), instant(self.zone, midnight + closes * _MS, 1))
            for opens, closes in windows
        ]

    def regular(self) -> list[Span]:
        """The weekday's windows, where the date keeps them."""
        return [] if self.is_off or self.is_special else self.spans(self.rules.week[self.day.weekday()])

    def exceptional(self) -> list[Span]:
        """The date's special and extra hours."""
        dated = self.rules.special_hours + self.rules.extra_hours if self.exceptions_hold else ()
        return [span for day, windows in dated if day == self.day for span in self.spans(windows)]

    def off(self) -> list[Span]:
        """The hours of holidays that are not whole days."""
        return [span for hours in self.holiday_hours for span in self.spans(hours)]

    def breaks(self) -> list[Span]:
        """The breaks of the weekday and of the date."""
        weekly = () if self.is_special else self.rules.week_breaks[self.day.weekday()]
        dated = (windows for day, windows in self.rules.date_breaks if day == self.day)
        return [span for windows in (weekly, *dated) for span in self.spans(windows)]


def working_spans(rules: Rules, first: int, last: int) -> list[Span]:
    """The working time inside `[first, last)`."""
    start, end = ((_EPOCH + at * _MS).date() for at in (first, last))
    count = (end - start).days + 7
    days = [Day(rules, start + timedelta(days=number - 3)) for number in range(count)]
    regular = join([span for day in days for span in day.regular()])
    exceptional = join([span for day in days for span in day.exceptional()])
    off = join([span for day in days for span in day.off()])
    if rules.holidays_beat_exceptions:
        hours = subtract(join(regular + exceptional), off)
    else:
        hours = join(subtract(regular, off) + exceptional)
    working = subtract(hours, join([span for day in days for span in day.breaks()]))
    return join([(max(start, first), min(end, last)) for start, end in working])


def elapsed(rules: Rules, start: int, end: int) -> int:
    """The working milliseconds between two instants, negative where the second comes first."""
    if end < start:
        return -elapsed(rules, end, start)
    return sum(right - left for left, right in working_spans(rules, start, end))


def _strides(rules: Rules, at: int, direction: int) -> Iterator[list[Span]]:
    while True:
        then = at + direction * _STRIDE * DAY
        yield working_spans(rules, min(at, then), max(at, then))
        at = then


def deadline(rules: Rules, start: int, duration: int) -> int:
    """The earliest instant at which the duration is used up; of 0, the next instant at which work goes on."""
    for spans in _strides(rules, start, 1):
        for opens, closes in spans:
            if duration <= closes - opens:
                return opens + duration
            duration -= closes - opens
    raise AssertionError("strides never end")


def start_for(rules: Rules, end: int, duration: int) -> int:
    """The latest instant from which exactly the duration passes until the end; the mirror of `deadline`."""
    for spans in _strides(rules, end, -1):
        for opens, closes in reversed(spans):
            if duration <= closes - opens:
                return closes - duration
            duration -= closes - opens
    raise AssertionError("strides never end")
