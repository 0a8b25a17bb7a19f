"""Time in status: how long each work item was in each status, in working time and on the clock."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from sojourn.core import timeline
from sojourn.core.duration import TimeFormat
from sojourn.core.flags import FLAG_NAMES
from sojourn.core.timeline import Int64Array, Stays, Window, add_up
from sojourn.history import read
from sojourn.history.read import Batch
from sojourn.reports import columns, notes
from sojourn.reports.columns import IssueColumn
from sojourn.reports.items import Axis, Measure, chosen
from sojourn.reports.request import Request
from sojourn.reports.table import Column, Table

NAME = "time-in-status"
_IDENTITY = (Column("issue_key", "text"), Column("issue_id", "text"))
_STATE = (Column("current", "text"), Column("flags", "text"))
_CELL = (
    *(Column("value_id", "text"), Column("value", "text"), Column("ms", "integer", "ms")),
    *(Column("elapsed_ms", "integer", "ms"), Column("visits", "integer"), Column("is_current", "boolean")),
    Column("flags", "text"),
)
_TIME = Column("time", "duration", "ms")
_FLAG_NAMES = pl.Series([FLAG_NAMES[value] for value in range(len(FLAG_NAMES))])


def report(request: Request) -> Table:
    """The time in status of the work items of a request.

    Wide is a row a work item and a column a status: the measure under the calendar, null where it never was. Long is a
    row a work item and status it was in: working time, calendar time, visits, and whether it is there now; with
    another time format than `ms`, `time` is the working time in that format.
    """
    axis = Axis.of(read.values_of("status", request.sites))
    cell = _CELL if request.time_format is TimeFormat.MS else (*_CELL, _TIME)
    extra = columns.find_all(request.columns, (*_IDENTITY, *(_STATE if request.shape == "wide" else cell)))
    shown = tuple(one.column for one in extra)
    if request.shape == "wide":
        make, head = _wide, (*_IDENTITY, *shown, *_STATE)
        axis = axis.beside(column.name for column in head)
        statuses = zip(axis.titles, axis.groups, strict=True)
        layout = (*head, *(Column(title, "duration", "ms", group) for title, group in statuses))
    else:
        make, layout = _long, (*_IDENTITY, *cell, *shown)

    def frames() -> Iterator[pl.DataFrame]:
        for part in _parts(request, axis, extra):
            yield pl.DataFrame([series.alias(column.name) for column, series in zip(layout, make(part), strict=True)])

    unsorted = [title for title, group in zip(axis.titles, axis.groups, strict=True) if not group]
    return Table(layout, notes.of(NAME, request, unsorted), frames)


@dataclass(frozen=True, slots=True)
class _Part:
    """A batch with its stays, and of each its place on the axis and its working time."""

    request: Request
    axis: Axis
    extra: tuple[IssueColumn, ...]
    batch: Batch
    stays: Stays
    place: Int64Array
    worked: Int64Array
    now: Int64Array
    """The place of each work item's current status; -1 where it did not exist inside the window."""


def _parts(request: Request, axis: Axis, extra: tuple[IssueColumn, ...]) -> Iterator[_Part]:
    measure = Measure(request.calendar, request.end_ms)
    window = Window(request.end_ms, request.trim.from_ms)
    selected = {one.column.name: one.expression for one in extra}
    for batch in read.timelines(chosen(request), "status", ("key", "jira_id"), selected):
        stays = timeline.stays(batch.timelines, window)
        if request.end_ms == request.trim.to_ms:
            stays = _begun_before(stays, request.end_ms)
        now = np.full(stays.items, -1, dtype=np.int64)
        now[stays.item[stays.current]] = axis.places(stays.value[stays.current])
        if request.stop_on_done:
            stays = timeline.until_last_entry(stays, axis.done[axis.places(stays.value)])
        if request.current == "exclude":
            stays = stays.where(~stays.current)
        worked = stays.worked(measure.reaching(stays.entered))
        yield _Part(request, axis, extra, batch, stays, axis.places(stays.value), worked, now)


def _begun_before(stays: Stays, end_ms: int) -> Stays:
    """The stays of a world that ends right before an instant: what begins at it is not in it (docs/semantics.md 12)."""
    found = stays.where(stays.entered < end_ms)
    if len(found) == len(stays):
        return found
    is_last = np.append(found.item[1:] != found.item[:-1], [True] * (len(found) > 0))
    return replace(found, current=is_last.astype(bool))


def _wide(part: _Part) -> Iterator[pl.Series]:
    """Issue key, issue id, the columns asked for, the column of the current status, flags, the measure per status."""
    stays, statuses = part.stays, len(part.axis)
    cell = part.place * stays.items + stays.item
    shape = (statuses, stays.items)
    never = (np.bincount(cell, minlength=statuses * stays.items) == 0).reshape(shape)
    amount = add_up(cell, statuses * stays.items, part.worked, part.request.visits).reshape(shape)
    existed = part.now >= 0
    for series in (*_identity(part), *_extra(part), _names(part.axis.titles, part.now), _flags(part)):
        yield series if existed.all() else series.filter(pl.Series(existed))
    for status in range(statuses):
        yield pl.Series(amount[status]).set(pl.Series(never[status]), None).filter(pl.Series(existed))


def _long(part: _Part) -> Iterator[pl.Series]:
    """Issue key and id, status id and name, times, visits, whether it is there now, flags, the columns asked for."""
    stays, statuses = part.stays, len(part.axis)
    cell, size = stays.item * statuses + part.place, statuses * stays.items
    rows = np.flatnonzero(np.bincount(cell, minlength=size))
    item, place = rows // max(statuses, 1), rows % max(statuses, 1)
    visits = np.bincount(cell, weights=stays.entry, minlength=size).astype(np.int64)
    worked = add_up(cell, size, part.worked, part.request.visits)[rows]
    of_item = pl.Series(item)
    yield from (series.gather(of_item) for series in _identity(part))
    yield _names(part.axis.keys, place)
    yield _names(part.axis.names, place)
    yield pl.Series(worked)
    yield pl.Series(add_up(cell, size, stays.elapsed(), part.request.visits)[rows])
    yield pl.Series(visits[rows])
    yield pl.Series(part.now[item] == place)
    yield _flags(part).gather(of_item)
    if part.request.time_format is not TimeFormat.MS:
        yield pl.Series(worked)
    yield from (series.gather(of_item) for series in _extra(part))


def _identity(part: _Part) -> list[pl.Series]:
    return [pl.Series(part.batch.columns[name], dtype=pl.String) for name in ("key", "jira_id")]


def _extra(part: _Part) -> list[pl.Series]:
    return [one.series(part.batch.columns[one.column.name]) for one in part.extra]


def _flags(part: _Part) -> pl.Series:
    return _FLAG_NAMES.gather(pl.Series(part.batch.flags))


def _names(names: tuple[str, ...], places: Int64Array) -> pl.Series:
    """The name at each place; null at -1."""
    found = pl.Series(places)
    return pl.Series(names, dtype=pl.String).gather(found.set(found < 0, None))
