"""What the goals ask of many clocks: `target`, as columns (docs/semantics.md 23)."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from sojourn.core.calendar import Calendar
from sojourn.core.calendar.calendar import NO_DAY
from sojourn.core.calendar.rules import DAY, Rules
from sojourn.core.calendar.zone import Zone
from sojourn.core.sla.amounts import Reach
from sojourn.core.sla.batch import NO_GOAL, NONE, Batch
from sojourn.core.sla.beyond import BEYOND
from sojourn.core.sla.policy import (
    Duration,
    DynamicDuration,
    Goal,
    NegotiationDate,
    NextBusinessDay,
    Policy,
    day_end_ms,
    duration_ms,
    fixed_ms,
)
from sojourn.core.sla.signals import Signals
from sojourn.core.timeline import Int64Array

_AROUND = 3 * DAY
"""More than a date and its end are apart."""


class Wanted(NamedTuple):
    """Per clock: the places of its goal and calendar, and a duration or a deadline, the other being NONE."""

    goal: Int64Array
    calendar: Int64Array
    duration: Int64Array
    deadline: Int64Array


class Targets:
    """The goals of a policy, and the calendars they are measured by."""

    def __init__(self, policy: Policy, calendars: Mapping[str, Calendar], batch: Batch, as_of_ms: int) -> None:
        self.policy, self.calendars, self.names = policy, calendars, sorted(calendars)
        instants = [batch.created]
        for goal in policy.goals:
            if isinstance(goal.target, NegotiationDate) and goal.target.field in batch.dates:
                dates = batch.dates[goal.target.field].value
                instants.append(dates[dates != NONE])
        self._first_ms = min(int(one.min(initial=as_of_ms)) for one in instants) - _AROUND
        self._last_ms = as_of_ms
        self._reaches: dict[int, Reach] = {}
        self._zones: dict[str, Zone] = {}
        self._ends: dict[tuple[Rules, int], Int64Array] = {}

    def reach(self, calendar: int) -> Reach:
        """The working time of a calendar, by its place."""
        if calendar not in self._reaches:
            self._reaches[calendar] = Reach(self.calendars[self.names[calendar]], self._first_ms, self._last_ms)
        return self._reaches[calendar]

    def of(self, signals: Signals, last_row: Int64Array, start: Int64Array) -> Wanted:
        """What is asked of clocks that end in these rows. Errors: KeyError for a calendar that is not there."""
        goal = np.zeros(len(last_row), dtype=np.int64)
        if signals.batch.goal is not None:
            held = signals.goal()
            goal = held[last_row]
            goal = np.where(goal == NO_GOAL, held[last_row - 1], goal)
        found = Wanted(goal, np.zeros_like(goal), np.full_like(goal, NONE), np.full_like(goal, NONE))
        for place, one in enumerate(self.policy.goals):
            clocks = np.flatnonzero(goal == place)
            if not len(clocks):
                continue
            found.calendar[clocks] = calendar = self._calendar(one, signals, last_row[clocks])
            for number in few_values(calendar):
                some = clocks[calendar == number]
                self._ask(one, self.calendars[self.names[number]], signals, last_row[some], start[some], some, found)
        return found

    def _calendar(self, goal: Goal, signals: Signals, row: Int64Array) -> Int64Array:
        codes = signals.codes(goal.calendar_field) if goal.calendar_field else None
        if codes is None or goal.calendar_field is None:
            return np.full(len(row), self._place(goal.calendar))
        ids = {number: key for key, number in signals.batch.fields[goal.calendar_field].code.items()}
        return _by_value(codes[row], lambda code: self._place(goal.calendar_name(ids.get(code), self.calendars)))

    def _place(self, name: str) -> int:
        if name not in self.calendars:
            raise KeyError(name)
        return self.names.index(name)

    def _ask(
        self,
        goal: Goal,
        calendar: Calendar,
        signals: Signals,
        row: Int64Array,
        start: Int64Array,
        some: Int64Array,
        found: Wanted,
    ) -> None:
        match goal.target:
            case Duration() as fixed:
                found.duration[some] = fixed_ms(fixed, calendar)
            case DynamicDuration(field, unit):
                codes = signals.codes(field)
                if codes is not None:
                    ids = {number: key for key, number in signals.batch.fields[field].code.items()}
                    found.duration[some] = _by_value(
                        codes[row], lambda code: _or_none(duration_ms(ids.get(code), unit, calendar))
                    )
            case NegotiationDate(field, day_end):
                dates = signals.date(field)
                if dates is not None and day_end is None:
                    found.deadline[some] = dates[row]
                elif dates is not None and day_end is not None:
                    end = day_end
                    found.deadline[some] = _by_value(
                        dates[row], lambda date: NONE if date == NONE else day_end_ms(date, end, calendar)
                    )
            case NextBusinessDay(days):
                found.deadline[some] = self._business_day_ends(calendar, days, start)

    def _business_day_ends(self, calendar: Calendar, count: int, start: Int64Array) -> Int64Array:
        """Asked once for all dates from the first creation until `as_of`."""
        if self._zones.get(calendar.tz) is None:
            self._zones[calendar.tz] = Zone(calendar.tz, self._first_ms, self._last_ms)
        zone = self._zones[calendar.tz]
        first, last = (zone.local(np.array([edge])) // DAY for edge in (self._first_ms, self._last_ms))
        key = (calendar.rules, count)
        if self._ends.get(key) is None:
            self._ends[key] = calendar.business_day_ends(np.arange(first[0], last[0] + 1), count)
        ends: Int64Array = self._ends[key][zone.local(start) // DAY - first[0]]
        return np.where(ends == NO_DAY, BEYOND, ends)


def few_values(values: Int64Array) -> list[int]:
    """The different values, sorted, fast where all are one."""
    if len(values) and int(values.min()) == int(values.max()):
        return [int(values[0])]
    found: list[int] = np.unique(values).tolist()
    return found


def _or_none(value: int | None) -> int:
    return NONE if value is None else value


def _by_value(values: Int64Array, ask: Callable[[int], int]) -> Int64Array:
    """An answer per value, asked once for each that there is."""
    different, place = np.unique(values, return_inverse=True)
    return np.array([ask(value) for value in different.tolist()], dtype=np.int64)[place]
