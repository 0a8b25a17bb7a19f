"""What the clocks of many items show under one calendar (docs/semantics.md 25, 29), as `reading` says it of one."""

from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

import numpy as np

from sojourn.core.calendar import Calendar, HorizonError, WorkingTime
from sojourn.core.calendar.horizon import LATEST, check_reach
from sojourn.core.sla.batch import NONE
from sojourn.core.sla.beyond import BEYOND
from sojourn.core.timeline import BoolArray, Int64Array
from sojourn.errors import UserError

_YEAR = 366 * 86_400_000


class Reach:
    """The working time of a calendar from one instant on, compiled as far as it turns out to be needed."""

    def __init__(self, calendar: Calendar, first_ms: int, last_ms: int) -> None:
        check_reach(first_ms)
        check_reach(last_ms)
        self.calendar = calendar
        self._curve = calendar.compile(first_ms, min(last_ms + _YEAR, LATEST))
        self._growing = Lock()

    def until(self, at: Int64Array) -> Int64Array:
        """The working time from the begin until each instant. Errors: UserError beyond the year 9999."""
        return self._asked(lambda curve: curve.until(at))

    def instant(self, worked: Int64Array) -> Int64Array:
        """The earliest instant with so much working time; BEYOND where working time ends before."""

        def ask(curve: WorkingTime) -> Int64Array:
            if curve.last < LATEST:
                return curve.instant(worked)
            if not curve.total:
                return np.full_like(worked, BEYOND)
            return np.where(worked > curve.total, BEYOND, curve.instant(np.minimum(worked, curve.total)))

        return self._asked(ask)

    def next_open(self, at: Int64Array) -> Int64Array:
        """Each instant, or the opening after it; BEYOND where there is none."""

        def ask(curve: WorkingTime) -> Int64Array:
            if curve.last < LATEST:
                return curve.next_open(at)
            if not curve.total:
                return np.full_like(at, BEYOND)
            closed = at >= curve.spans.end[-1]
            return np.where(closed, BEYOND, curve.next_open(np.where(closed, curve.spans.start[0], at)))

        return self._asked(ask)

    def _asked(self, ask: Callable[[WorkingTime], Int64Array]) -> Int64Array:
        while True:
            curve = self._curve
            try:
                return ask(curve)
            except HorizonError as error:
                if curve.last >= LATEST:
                    raise UserError(f"calendar {self.calendar.name or 'without a name'}: {error}") from None
                with self._growing:
                    if curve is self._curve:
                        last_ms = min(curve.last + 8 * (curve.last - curve.first), LATEST)
                        self._curve = self.calendar.compile(curve.first, last_ms)


class Spans(NamedTuple):
    """Clocks on rows: from the row `begin`, at the instant `start`, until `end`.

    `last` is the row of the end or, where `is_open`, the row behind the item's last.
    """

    begin: Int64Array
    last: Int64Array
    start: Int64Array
    end: Int64Array
    is_open: BoolArray

    def where(self, some: BoolArray | Int64Array) -> "Spans":
        """Some of the clocks."""
        return Spans(self.begin[some], self.last[some], self.start[some], self.end[some], self.is_open[some])


class Rows(NamedTuple):
    """The rows at which what time counts as may change: each lasts until the next, an item's last until `as_of`."""

    at: Int64Array
    first: BoolArray
    paused: BoolArray
    gap: BoolArray


class Sums(NamedTuple):
    """Of a measure of time: what it shows at each row, and what was running, paused, gap before each row."""

    shown: Int64Array
    running: Int64Array
    paused: Int64Array
    gap: Int64Array


class Amounts(NamedTuple):
    """Milliseconds per clock; `remaining` NONE without a deadline."""

    elapsed: Int64Array
    paused: Int64Array
    remaining: Int64Array
    overdue: Int64Array


def sums(rows: Rows, shown: Int64Array, as_of: int) -> Sums:
    """The sums of a measure that shows so much at each row, and at `as_of`."""
    length = np.empty_like(shown)
    length[:-1] = np.where(rows.first[1:], as_of, shown[1:])
    length[-1:] = as_of
    length -= shown
    running, nothing = _before(length), np.zeros(len(length) + 1, dtype=np.int64)
    waiting = between = nothing
    if rows.gap.any():
        between = _before(length * rows.gap)
        running -= between
    if rows.paused.any():
        waiting = _before(length * (rows.paused & ~rows.gap))
        running -= waiting
    return Sums(shown, running, waiting, between)


def _before(length: Int64Array) -> Int64Array:
    """The sum before each row, and behind the last."""
    found = np.zeros(len(length) + 1, dtype=np.int64)
    np.cumsum(length, out=found[1:])
    return found


def used_up(spans: Spans, goal: Int64Array, measure: Sums) -> Int64Array:
    """What a measure shows when running time uses up each goal, above 0, running on behind the end."""
    begin = spans.begin
    row = np.searchsorted(measure.running, measure.running[begin] + goal)
    row = np.minimum(row, spans.last)
    waited = measure.paused[row] - measure.paused[begin] + measure.gap[row] - measure.gap[begin]
    return measure.shown[begin] + goal + waited


def row_of(rows: Rows, spans: Spans, at: Int64Array) -> Int64Array:
    """The row of each clock in which an instant lies, which is not before the clock's begin."""
    low, high = spans.begin.copy(), np.maximum(spans.last - 1, spans.begin)
    while (low < high).any():
        middle = (low + high + 1) >> 1
        earlier = rows.at[middle] <= at
        low, high = np.where(earlier, middle, low), np.where(earlier, high, middle - 1)
    return low


class Shown(NamedTuple):
    """What a measure shows at the end, the deadline, and the instant from which a clock is late."""

    end: Int64Array
    deadline: Int64Array
    cut: Int64Array


def amounts(
    rows: Rows, spans: Spans, measure: Sums, shown: Shown, late: BoolArray, cut_row: Int64Array, dated: BoolArray
) -> Amounts:
    """Elapsed, paused, remaining and overdue; `cut_row` and what is `shown` at the cut count where it is late.

    `dated` is whether there is a deadline at all.
    """
    begin, last = spans.begin, spans.last
    partial = shown.cut - measure.shown[cut_row]
    is_gap = rows.gap[cut_row]
    is_paused = rows.paused[cut_row] & ~is_gap

    def until_cut(before: Int64Array, counts: BoolArray) -> Int64Array:
        return np.where(late, before[cut_row] + np.where(counts, partial, 0), before[last])

    gaps: Int64Array | int = measure.gap[last] - until_cut(measure.gap, is_gap) if measure.gap[-1] else 0
    elapsed = until_cut(measure.running, ~is_gap & ~is_paused) - measure.running[begin]
    elapsed += np.where(late, shown.end - shown.cut - gaps, 0)
    return Amounts(
        elapsed,
        until_cut(measure.paused, is_paused) - measure.paused[begin],
        np.where(dated, np.where(late, 0, shown.deadline - shown.end), NONE),
        np.where(late, shown.end - shown.deadline - gaps, 0),
    )
