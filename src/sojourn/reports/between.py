"""Time between statuses: from one moment of a work item to another, without the pauses."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from sojourn.core.between import NONE, Between, Side, between, paused
from sojourn.core.calendar.days import instant_of
from sojourn.core.calendar.horizon import day_number
from sojourn.core.timeline import BoolArray, Int64Array
from sojourn.errors import Refused
from sojourn.reports import columns, long
from sojourn.reports.axis import Axis
from sojourn.reports.columns import IssueColumn
from sojourn.reports.flow import nullable
from sojourn.reports.long import MS, Rows
from sojourn.reports.parts import Part, axis_of, begins_ms, names_at, parts
from sojourn.reports.request import Request
from sojourn.reports.table import TYPES, Column, Table

STATES = ("not started", "running", "paused", "finished")
_DATES = {"start": ("created", "resolved", "due"), "stop": ("resolved", "due")}
_PAUSED = Column("paused_ms", "integer", "ms")
_OWN = (Column("state", "text"), Column("started", "instant"), Column("stopped", "instant"), MS[0], _PAUSED, MS[1])


def time_between_statuses(request: Request) -> Table:
    """The time of each work item from a start to a stop, without its stays in pause statuses; ms.

    `start` and `stop` are statuses or a date; the rules are those of `core.between.between`. A work item that has not
    stopped is measured to the end of what is looked at, and is paused where it is in a pause status then, else running;
    one that has not started has no times. `due` is the end of that day in the calendar's zone. Raises Refused where a
    status is not known, or a date stands beside others.
    """
    axis = axis_of(request, "status")
    rule = _Rule(request, axis, _end(request, axis, "start"), _end(request, axis, "stop"), _statuses(request, axis))

    def reading(extra: tuple[IssueColumn, ...]) -> Iterator[Part]:
        dates = tuple(columns.find(end) for end in (rule.start, rule.stop) if isinstance(end, str))
        for part in parts(request, "status", axis, (*extra, *dates)):
            yield replace(part, extra=extra)

    return long.table("time-between-statuses", request, axis, _OWN, reading, rule.rows, rule.said)


def _end(request: Request, axis: Axis, option: str) -> str | BoolArray:
    """The date that an option names, or of each status whether it does."""
    texts = request.own.get(option, ())
    dates = [text for text in texts if text in _DATES[option]]
    if dates and len(texts) > 1:
        raise Refused(option, f"{dates[0]!r} is a date; name it alone, or only statuses")
    return dates[0] if dates else _statuses(request, axis, option)


def _statuses(request: Request, axis: Axis, option: str = "pause") -> BoolArray:
    found = np.zeros(len(axis), dtype=bool)
    for member in request.own.get(option, ()) if len(axis) else ():
        found[axis.matching(member, option)] = True
    return found


@dataclass(frozen=True, slots=True)
class _Rule:
    """What is measured: the start and the stop, each a date or of each status whether it is one, and the pauses."""

    request: Request
    axis: Axis
    start: str | BoolArray
    stop: str | BoolArray
    pauses: BoolArray

    @property
    def said(self) -> list[str]:
        """The rule in words."""
        ends = []
        for option, end in (("start", self.start), ("stop", self.stop)):
            visit = self.request.one(f"{option}_visit")
            ends.append(end if isinstance(end, str) else f"the {visit} entry into {self._named(end)}")
        pauses = f"; time in {self._named(self.pauses)} is left out" if self.pauses.any() else ""
        return [f"From {ends[0]} to {ends[1]}{pauses}."]

    def _named(self, marked: BoolArray) -> str:
        return ", ".join(self.axis.titles[place] for place in np.flatnonzero(marked)) or "no status"

    def rows(self, part: Part) -> Iterator[Rows]:
        """State, start, stop, and the times, of the work items that exist inside the window."""
        begin, finish = self._side(part, "start", self.start), self._side(part, "stop", self.stop)
        found = between(part.stays, begin, finish, self.request.end_ms)
        started, stopped, start = found.started, found.stopped, np.where(found.started, found.start, found.end)
        working_time = part.measure.reaching(np.append(part.stays.entered, start))
        worked, elapsed = paused(part.stays, found, self.pauses[part.stays.value], working_time)
        amounts = (working_time.elapsed(start, found.end) - worked, worked, found.end - start - elapsed)
        series = [names_at(STATES, self._states(part, found)), _instants(found.start, started)]
        series += [_instants(found.stop, stopped), *(nullable(amount, started) for amount in amounts)]
        exists = np.flatnonzero(part.now >= 0)
        yield exists, [one.gather(exists) for one in series]

    def _states(self, part: Part, found: Between) -> Int64Array:
        is_paused = np.append(self.pauses, False)[part.now]
        return np.select([~found.started, found.stopped, is_paused], [0, 3, 2], 1)

    def _side(self, part: Part, option: str, end: str | BoolArray) -> Side:
        if isinstance(end, str):
            return Side(dates=self._dates(part, end))
        return Side(marked=end[part.stays.value], last=self.request.one(f"{option}_visit") == "last")

    def _dates(self, part: Part, name: str) -> Int64Array:
        """A date of each work item as an instant, not before it begins; NONE where it has none in the window."""
        series, request = columns.find(name).series(part.batch.columns[name]), self.request
        if name == "due":
            series = series.replace_strict(_day_ends(request, series), return_dtype=pl.Int64, default=None)
        begins = begins_ms(request, part.batch)
        at = np.where(series.is_null(), NONE, np.maximum(series.cast(pl.Int64).fill_null(NONE), begins))
        first_ms = NONE if request.trim.from_ms is None else request.trim.from_ms
        return np.where((at >= first_ms) & (at <= request.end_ms - (request.end_ms == request.trim.to_ms)), at, NONE)


def _day_ends(request: Request, dates: pl.Series) -> dict[object, int]:
    """When the next date begins in the calendar's zone, for the dates that are over by the end."""
    tz = request.calendar.tz
    today = datetime.fromtimestamp(request.end_ms / 1000, ZoneInfo(tz)).date()
    over = [day for day in dates.unique().drop_nulls().to_list() if day <= today]
    return {day: instant_of(tz, day_number(day) + 1, 0) for day in over}


def _instants(at: Int64Array, known: BoolArray) -> pl.Series:
    return nullable(at, known).cast(TYPES["instant"])
