"""`Calendar`: what counts as working time, asked one instant at a time or compiled for whole columns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from sojourn.core.calendar import days, nominal
from sojourn.core.calendar.horizon import EARLIEST, LATEST, check_reach, day_number, show
from sojourn.core.calendar.parse import read_rules
from sojourn.core.calendar.rules import DAY, Rules
from sojourn.core.calendar.spans import Ints
from sojourn.core.calendar.working_time import WorkingTime
from sojourn.core.calendar.write import write_rules
from sojourn.errors import Refused, UserError

_BLOCK = 1 << 37  # 4.4 years: single questions compile, and remember, whole blocks
_REMEMBERED = 8
NO_DAY = np.iinfo(np.int64).max
"""Where a calendar has no such day."""
_YEAR_2000 = day_number(date(2000, 1, 1)) * DAY
# Long enough for every weekday to meet every date, 29 February included.
_WEEKDAY_CYCLE = 28 * 366 * DAY


def _one(ms: int) -> Ints:
    return np.array([ms], dtype=np.int64)


@dataclass(frozen=True)
class Calendar:
    """Working time under one set of rules. Instants are milliseconds UTC, durations are milliseconds.

    Single questions reach from year 1 to year 9999; what lies beyond raises UserError. `compile` answers for
    whole columns. Two calendars are equal where their rules are.
    """

    rules: Rules
    _compiled: dict[tuple[int, int], WorkingTime] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __reduce__(self) -> tuple[type["Calendar"], tuple[Rules]]:
        return type(self), (self.rules,)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Calendar":
        """The calendar that the JSON form (docs/calendars.md) describes.

        Errors: Refused, naming the place, for what is wrong; also for a calendar that never has any working
        time (docs/semantics.md 21).
        """
        calendar = cls(read_rules(value))
        if not calendar._ever_works():
            has_hours = any(calendar.rules.week) or calendar.rules.exception_dates
            reason = "breaks and holidays cover every window" if has_hours else "no day has a window"
            raise Refused("week", f"the calendar has no working time: {reason}")
        return calendar

    def to_json(self) -> dict[str, Any]:
        """The canonical JSON form: the same for equal calendars, and `from_json` gives the calendar back."""
        return write_rules(self.rules)

    @property
    def name(self) -> str:
        """The name, empty if none was given."""
        return self.rules.name

    @property
    def tz(self) -> str:
        """The IANA key of the time zone."""
        return self.rules.tz

    @cached_property
    def business_day_ms(self) -> int:
        """How long `1d` is (docs/semantics.md 19)."""
        return nominal.business_day(self.rules)

    @cached_property
    def business_week_ms(self) -> int:
        """How long `1w` is: the working time of one plain week."""
        return nominal.business_week(self.rules)

    def compile(self, first_ms: int, last_ms: int) -> WorkingTime:
        """The curve W over `[first_ms, last_ms]`. Errors: ValueError if it runs backwards; UserError."""
        if last_ms < first_ms:
            raise ValueError("a range that ends before it starts")
        check_reach(first_ms)
        check_reach(last_ms)
        return WorkingTime(days.working_spans(self.rules, first_ms, last_ms), first_ms, last_ms)

    def elapsed(self, start_ms: int, end_ms: int) -> int:
        """The working time between two instants; negative where the second comes first."""
        working_time = self._around(min(start_ms, end_ms), max(start_ms, end_ms))
        return int(working_time.elapsed(_one(start_ms), _one(end_ms))[0])

    def deadline(self, start_ms: int, duration_ms: int) -> int:
        """The earliest instant at which so much working time has passed since the start.

        Landing exactly on closing time is closing time. 0 gives the start itself if open, else the next
        opening (docs/semantics.md 20).
        Errors: ValueError for a negative duration; UserError where working time ends too early.
        """
        if duration_ms < 0:
            raise ValueError("a negative duration; see start_for")
        if duration_ms == 0:
            return self.next_open(start_ms)
        for working_time in self._after(start_ms):
            target = int(working_time.until(_one(start_ms))[0]) + duration_ms
            if target <= working_time.total:
                return int(working_time.instant(_one(target))[0])
        raise self._ends(f"after {show(start_ms)} less than {duration_ms} ms of working time are left")

    def start_for(self, end_ms: int, duration_ms: int) -> int:
        """The latest instant from which exactly so much working time passes until the end.

        The mirror of `deadline`, errors included: landing exactly on an opening is the opening; 0 gives
        `previous_close`.
        """
        if duration_ms < 0:
            raise ValueError("a negative duration; see deadline")
        if duration_ms == 0:
            return self.previous_close(end_ms)
        for working_time in self._before(end_ms):
            target = int(working_time.until(_one(end_ms))[0]) - duration_ms
            if target >= 0:
                # The latest instant with W = target; the inverse would give the earliest.
                return int(working_time.instant(_one(target + 1))[0]) - 1
        raise self._ends(f"before {show(end_ms)} there were less than {duration_ms} ms of working time")

    def next_open(self, at_ms: int) -> int:
        """The instant itself where work goes on at it, else the next opening. Errors: UserError for none."""
        for working_time in self._after(at_ms):
            start, end = working_time.spans
            found = int(np.searchsorted(end, at_ms, "right"))
            if found < len(start):
                return max(at_ms, int(start[found]))
        raise self._ends(f"there is no opening after {show(at_ms)}")

    def previous_close(self, at_ms: int) -> int:
        """The instant itself where work went on right before it, else the last closing. Errors: UserError."""
        for working_time in self._before(at_ms):
            start, end = working_time.spans
            found = int(np.searchsorted(start, at_ms, "left"))
            if found:
                return min(at_ms, int(end[found - 1]))
        raise self._ends(f"there is no closing before {show(at_ms)}")

    def is_open(self, at_ms: int) -> bool:
        """True from an opening on, false from the closing on."""
        start, end = self._around(at_ms, at_ms).spans
        found = int(np.searchsorted(end, at_ms, "right"))
        return found < len(start) and int(start[found]) <= at_ms

    def add_business_days(self, at_ms: int, count: int) -> int:
        """The same time of day, `count` working days later (or earlier, where negative).

        A working day is a date on which a window opens that has working time left in it. From a date that is
        none, counting begins at the next one (the one before, for a negative count); 0 stays where it is. The
        time of day is kept even outside working hours: `next_open` of the answer moves it inside.
        Errors: UserError.
        """
        if not count:
            return at_ms
        check_reach(at_ms)
        today, time = divmod(days.local_time(self.tz, at_ms), DAY)
        for worked in self._worked_dates(at_ms, forward=count > 0):
            left = worked[worked >= today] if count > 0 else worked[worked <= today][::-1]
            if abs(count) < len(left):
                return days.instant_of(self.tz, int(left[abs(count)]), time)
        raise self._ends(f"there are no {abs(count)} working days from {show(at_ms)}")

    def business_day_end(self, at_ms: int, count: int) -> int:
        """The end of business of the `count`-th working day after the instant's date (docs/semantics.md 23).

        0 means that date itself, or the next working day where it is none.
        Errors: ValueError for a negative count; UserError where there are not so many.
        """
        if count < 0:
            raise ValueError("a negative count of days")
        check_reach(at_ms)
        today = days.local_time(self.tz, at_ms) // DAY
        for worked in self._worked_dates(at_ms, forward=True):
            later = worked[worked > today] if count else worked[worked >= today]
            if len(later) >= max(count, 1):
                return self._end_of(int(later[max(count, 1) - 1]))
        raise self._ends(f"there are no {count} working days after {show(at_ms)}")

    def business_day_ends(self, dates: Ints, count: int) -> Ints:
        """`business_day_end` of whole columns of dates of the calendar's zone, as days since 1970-01-01.

        Where there are not so many working days any more, NO_DAY. Errors: UserError for dates out of reach.
        """
        if not len(dates):
            return dates
        first, last = int(dates.min()) * DAY - 3 * DAY, int(dates.max()) * DAY + 3 * DAY
        check_reach(first)
        check_reach(last)
        ahead, most = (count + 60) * DAY, min(max(self._exceptions_reach()[1], last) + 10 * DAY, LATEST)
        while True:
            end = min(last + ahead, most)
            worked, closing = days.closings(self.rules, self.compile(first, end))
            closing = np.append(
                closing[worked < end // DAY - 3], NO_DAY
            )  # what the range may not hold whole is left out
            worked = worked[: len(closing) - 1]
            place = np.searchsorted(worked, dates, "right" if count else "left") + max(count, 1) - 1
            if end == most or int(place.max()) < len(worked):
                return np.take(closing, place, mode="clip")
            ahead *= 8

    def day_starts(self, first_ms: int, last_ms: int) -> Ints:
        """When the dates of the calendar's zone begin, inside `[first_ms, last_ms)`, sorted.

        A date that the zone skipped does not begin. Errors: UserError for instants out of reach.
        """
        check_reach(first_ms)
        check_reach(last_ms)
        return days.day_starts(self.tz, first_ms, last_ms)

    def _worked_dates(self, at_ms: int, *, forward: bool) -> Iterator[Ints]:
        # The windows of the instant's own date must lie inside the first range.
        early, late = max(at_ms - 3 * DAY, EARLIEST), min(at_ms + 3 * DAY, LATEST)
        for reach in self._after(early) if forward else self._before(late):
            yield days.worked_dates(self.rules, reach)

    def _end_of(self, day: int) -> int:
        around = self._around((day - 3) * DAY, (day + 4) * DAY)
        return days.last_worked(self.rules, day, around)

    def _blocks(self, low: int, high: int) -> WorkingTime:
        """The curve over the blocks from `low` up to and with `high`, remembered."""
        found = self._compiled.get((low, high))
        if found is None:
            while len(self._compiled) >= _REMEMBERED:
                self._compiled.pop(next(iter(self._compiled)), None)
            found = self.compile(max(low * _BLOCK, EARLIEST), min((high + 1) * _BLOCK, LATEST))
            self._compiled[low, high] = found
        return found

    def _around(self, first: int, last: int) -> WorkingTime:
        check_reach(first)
        check_reach(last)
        return self._blocks(first // _BLOCK, last // _BLOCK)

    def _after(self, at_ms: int) -> Iterator[WorkingTime]:
        """Curves from the instant's block on, each twice as long, until no more work can follow."""
        check_reach(at_ms)
        low, size = at_ms // _BLOCK, 1
        end = self._exceptions_reach()[1]
        while True:
            yield self._blocks(low, min(low + size - 1, LATEST // _BLOCK))
            if (low + size) * _BLOCK > end:
                return
            size *= 2

    def _before(self, at_ms: int) -> Iterator[WorkingTime]:
        """The same backwards."""
        check_reach(at_ms)
        high, size = at_ms // _BLOCK, 1
        start = self._exceptions_reach()[0]
        while True:
            yield self._blocks(max(high - size + 1, EARLIEST // _BLOCK), high)
            if (high - size + 1) * _BLOCK < start:
                return
            size *= 2

    def _exceptions_reach(self) -> tuple[int, int]:
        """Outside of these instants there is no working time: everywhere, or around the exceptions only."""
        if any(self.rules.week):
            return EARLIEST, LATEST
        dates = self.rules.exception_dates or (date(2000, 1, 1),)
        return (day_number(dates[0]) - 3) * DAY, (day_number(dates[-1]) + 4) * DAY

    def _ever_works(self) -> bool:
        if any(self.rules.week):
            lengths = (366 * DAY, _WEEKDAY_CYCLE)  # a year is enough but for the oddest calendars
            if any(self.compile(_YEAR_2000, _YEAR_2000 + length).total for length in lengths):
                return True
        starts = (min(max(day_number(day) * DAY, EARLIEST), LATEST) for day in self.rules.exception_dates)
        return any(self.compile(max(start - 2 * DAY, EARLIEST), min(start + 3 * DAY, LATEST)).total for start in starts)

    def _ends(self, problem: str) -> UserError:
        return UserError(f"calendar {self.name or 'without a name'}: {problem}")
