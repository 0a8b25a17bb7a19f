"""Time in status, assignee time, time in any field: how long each work item had each value."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from sojourn.core.time_format import TimeFormat
from sojourn.core.timeline import add_up
from sojourn.errors import Refused
from sojourn.reports import columns, notes
from sojourn.reports.parts import IDENTITY, Part, axis_of, names_at, names_of_fields, parts
from sojourn.reports.request import Request
from sojourn.reports.table import Column, Table

_STATE = (Column("current", "text"), Column("flags", "text"))
_CELL = (
    *(Column("value_id", "text"), Column("value", "text"), Column("ms", "integer", "ms")),
    *(Column("elapsed_ms", "integer", "ms"), Column("visits", "integer"), Column("is_current", "boolean")),
    Column("flags", "text"),
)
_TIME = Column("time", "duration", "ms")
_MOST_COLUMNS = 1000


def time_in_status(request: Request) -> Table:
    """How long each work item of a request was in each status."""
    return _report("time-in-status", "status", request)


def assignee_time(request: Request) -> Table:
    """How long each assignee had each work item; nobody is *Unassigned*, last (docs/semantics.md 8)."""
    return _report("assignee-time", "assignee", request)


def time_in_field(request: Request) -> Table:
    """How long each work item had each value of a tracked field; raises Refused where no work item has the field."""
    known = names_of_fields()
    if known and request.one("field") not in known:
        there = ", ".join(f"{key} ({name})" for key, name in known.items())
        raise Refused("field", f"{request.one('field')!r} is not tracked; there are: {there}")
    return _report("time-in-field", request.one("field"), request)


def _report(name: str, field_key: str, request: Request) -> Table:
    """The time in each value of a field.

    Wide is a row a work item and a column a value: the measure under the calendar, null where it never was. Long is a
    row a work item and value it had: working time, calendar time, visits, and whether it has it now; with another time
    format than `ms`, `time` is the working time in that format.
    """
    axis = axis_of(request, field_key)
    cell = _CELL if request.time_format is TimeFormat.MS else (*_CELL, _TIME)
    extra = columns.find_all(request.columns, (*IDENTITY, *(_STATE if request.shape == "wide" else cell)))
    shown = tuple(one.column for one in extra)
    if request.shape == "wide" and len(axis) > _MOST_COLUMNS:
        raise Refused("shape", f"there are {len(axis):,} values, too many for a column each; ask for shape long")
    if request.shape == "wide":
        make, head = _wide, (*IDENTITY, *shown, *_STATE)
        axis = axis.beside(column.name for column in head)
        values = zip(axis.titles, axis.groups, strict=True)
        layout = (*head, *(Column(title, "duration", "ms", group) for title, group in values))
    else:
        make, layout = _long, (*IDENTITY, *cell, *shown)

    def frames() -> Iterator[pl.DataFrame]:
        for part in parts(request, field_key, axis, extra):
            series = make(part, request)
            yield pl.DataFrame([one.alias(column.name) for column, one in zip(layout, series, strict=True)])

    unsorted = [title for title, group in zip(axis.titles, axis.groups, strict=True) if not group]
    return Table(layout, notes.of(name, request, unsorted), frames)


def _wide(part: Part, request: Request) -> Iterator[pl.Series]:
    """Issue key, issue id, the columns asked for, the column of the current value, flags, the measure per value."""
    stays, values = part.stays, len(part.axis)
    cell = stays.value * stays.items + stays.item
    shape = (values, stays.items)
    never = (np.bincount(cell, minlength=values * stays.items) == 0).reshape(shape)
    amount = add_up(cell, values * stays.items, part.worked, request.visits).reshape(shape)
    existed = part.now >= 0
    for series in (*part.identity(), *part.shown(), names_at(part.axis.titles, part.now), part.flags()):
        yield series if existed.all() else series.filter(pl.Series(existed))
    for value in range(values):
        yield pl.Series(amount[value]).set(pl.Series(never[value]), None).filter(pl.Series(existed))


def _long(part: Part, request: Request) -> Iterator[pl.Series]:
    """Issue key and id, value id and name, times, visits, whether it has it now, flags, the columns asked for."""
    stays, values = part.stays, len(part.axis)
    rows, cell = np.unique(stays.item * values + stays.value, return_inverse=True)
    item, place = np.divmod(rows, max(values, 1))
    visits = np.bincount(cell, weights=stays.entry, minlength=len(rows)).astype(np.int64)
    worked = add_up(cell, len(rows), part.worked, request.visits)
    of_item = pl.Series(item)
    yield from (series.gather(of_item) for series in part.identity())
    yield names_at(part.axis.keys, place)
    yield names_at(part.axis.names, place)
    yield pl.Series(worked)
    yield pl.Series(add_up(cell, len(rows), stays.elapsed(), request.visits))
    yield pl.Series(visits)
    yield pl.Series(part.now[item] == place)
    yield part.flags().gather(of_item)
    if request.time_format is not TimeFormat.MS:
        yield pl.Series(worked)
    yield from (series.gather(of_item) for series in part.shown())
