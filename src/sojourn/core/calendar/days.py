"""Rules and a range of instants to working spans in UTC, every date at once (docs/semantics.md 17, 18)."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sojourn.core.calendar.horizon import EPOCH, day_number
from sojourn.core.calendar.rules import DAY, Rules, Week, Windows
from sojourn.core.calendar.spans import Ints, Spans, join, spans, subtract
from sojourn.core.calendar.working_time import WorkingTime
from sojourn.core.calendar.zone import Zone


class Opened(NamedTuple):
    """Windows of single dates: the date's number since 1970-01-01, and the span it opens, in UTC."""

    day: Ints
    span: Spans


def _mask(days: Ints, chosen: Iterable[date]) -> NDArray[np.bool_]:
    return np.isin(days, np.array([day_number(day) for day in chosen], dtype=np.int64))


def _years(days: Ints) -> range:
    edges = days[[0, -1]].astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    return range(int(edges[0]) + EPOCH.year, int(edges[1]) + EPOCH.year + 1)


def _holidays(rules: Rules, days: Ints) -> list[tuple[date, Windows]]:
    """Every holiday of these dates with its hours, none meaning the whole day."""
    once = [(holiday.day, holiday.hours) for holiday in rules.holidays]
    yearly = [
        (day, holiday.hours)
        for holiday in rules.yearly_holidays
        for year in _years(days)
        if (day := holiday.in_year(year))
    ]
    return once + yearly


def _local_week(week: Week, days: Ints) -> list[Ints]:
    """Rows (date, opening, closing) in local time, of each weekday's windows on these dates."""
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    return [
        np.stack([chosen, chosen * DAY + opens, chosen * DAY + closes])
        for number, windows in enumerate(week)
        if windows
        for chosen in [days[weekday == number]]
        for opens, closes in windows
    ]


def _local_dated(dated: Iterable[tuple[date, Windows]], days: Ints) -> list[Ints]:
    """The same of windows given by date, where the date is among these."""
    rows = [
        (number, number * DAY + opens, number * DAY + closes)
        for day, windows in dated
        for number in [day_number(day)]
        for opens, closes in windows
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return [table[:, np.isin(table[0], days)]]


def _in_utc(zone: Zone, local: list[Ints]) -> Opened:
    day, opens, closes = np.concatenate([np.empty((3, 0), np.int64), *local], axis=1)
    return Opened(day, Spans(zone.first_instant(opens), zone.last_instant(closes)))


class Days:
    """The dates that can touch `[first, last)`: what they open, and what remains of it as working time."""

    def __init__(self, rules: Rules, first: int, last: int) -> None:
        """Prepares; nothing is read later but the zone's rules."""
        self._rules = rules
        # A window of up to 24 hours opened the day before, and the zone may be up to a day away from UTC.
        day = np.arange(first // DAY - 3, last // DAY + 4, dtype=np.int64)
        self._zone = Zone(rules.tz, first, last)
        self._holidays = _holidays(rules, day)
        whole = _mask(day, (date for date, hours in self._holidays if not hours))
        allowed = ~whole if rules.holidays_beat_exceptions else np.ones(len(day), bool)
        special = _mask(day, (date for date, _ in rules.special_hours)) & allowed
        self._day, self._week_day = day, day[~whole & ~special]
        self._break_day, self._exception_day = day[~special], day[allowed]

    def regular(self) -> Opened:
        """The weekday's windows of every date that keeps them."""
        return _in_utc(self._zone, _local_week(self._rules.week, self._week_day))

    def exceptional(self) -> Opened:
        """Special and extra hours."""
        dated = self._rules.special_hours + self._rules.extra_hours
        return _in_utc(self._zone, _local_dated(dated, self._exception_day))

    def working(self) -> Spans:
        """The working spans, at least of the range."""
        regular, exceptional = join(self.regular().span), join(self.exceptional().span)
        if self._rules.holidays_beat_exceptions:
            hours = subtract(join(regular, exceptional), self._holiday_hours())
        else:
            hours = join(subtract(regular, self._holiday_hours()), exceptional)
        return subtract(hours, self._breaks())

    def _holiday_hours(self) -> Spans:
        return join(_in_utc(self._zone, _local_dated(self._holidays, self._day)).span)

    def _breaks(self) -> Spans:
        weekly = _local_week(self._rules.week_breaks, self._break_day)
        dated = _local_dated(self._rules.date_breaks, self._day)
        return join(_in_utc(self._zone, weekly + dated).span)


def working_spans(rules: Rules, first: int, last: int) -> Spans:
    """The working spans inside `[first, last)`, UTC milliseconds, sorted and disjoint."""
    if rules.is_always_open:
        return spans([(first, last)]).clip(first, last)
    return Days(rules, first, last).working().clip(first, last)


def day_starts(tz: str, first: int, last: int) -> Ints:
    """When the dates of a zone begin, inside `[first, last)`; a date that never was begins nowhere."""
    day = np.arange(first // DAY - 2, last // DAY + 3, dtype=np.int64)
    starts = np.unique(Zone(tz, first, last).first_instant(day * DAY))
    return starts[(first <= starts) & (starts < last)]


def local_time(tz: str, at: int) -> int:
    """What the wall clock shows at an instant, in milliseconds since its own 1970-01-01T00:00."""
    return int(Zone(tz, at, at).local(np.array([at], dtype=np.int64))[0])


def instant_of(tz: str, day: int, time: int) -> int:
    """When the wall clock shows a time (milliseconds after midnight) on a date (days since 1970-01-01)."""
    local = np.array([day * DAY + time], dtype=np.int64)
    return int(Zone(tz, day * DAY, day * DAY).first_instant(local)[0])


def _opened(rules: Rules, first: int, last: int) -> Opened:
    around = Days(rules, first, last)
    regular, exceptional = around.regular(), around.exceptional()
    return Opened(
        np.append(regular.day, exceptional.day),
        Spans(
            np.append(regular.span.start, exceptional.span.start),
            np.append(regular.span.end, exceptional.span.end),
        ),
    )


def worked_dates(rules: Rules, reach: WorkingTime) -> Ints:
    """The dates (days since 1970-01-01) with a window, wholly inside the range, that has working time."""
    day, span = _opened(rules, reach.first, reach.last)
    inside = (reach.first <= span.start) & (span.start < span.end) & (span.end <= reach.last)
    day, start, end = day[inside], span.start[inside], span.end[inside]
    return np.unique(day[reach.elapsed(start, end) > 0])


def closings(rules: Rules, reach: WorkingTime) -> tuple[Ints, Ints]:
    """The `worked_dates`, and when the working time of each ends, of dates that the range holds whole."""
    dates = worked_dates(rules, reach)
    day, span = _opened(rules, reach.first, reach.last)
    ours = (reach.first <= span.start) & (span.start < span.end) & (span.end <= reach.last) & np.isin(day, dates)
    last = np.full(len(dates), reach.first, dtype=np.int64)
    np.maximum.at(last, np.searchsorted(dates, day[ours]), span.end[ours])
    return dates, reach.instant(reach.until(last))


def last_worked(rules: Rules, day: int, reach: WorkingTime) -> int:
    """The closing instant of a date: where the working time of its windows ends. The range holds it whole."""
    opened = _opened(rules, day * DAY, day * DAY)
    end = opened.span.end[(opened.day == day) & (opened.span.start < opened.span.end)]
    worked = reach.until(np.array([end.max()], dtype=np.int64))
    return int(reach.instant(worked)[0])
