"""Reports by work item and value of a field: wide, a column a value, or long, a row a work item and value."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from sojourn.core.timeline import Int64Array, distinct, divided
from sojourn.errors import Refused
from sojourn.reports import columns, long, notes
from sojourn.reports.axis import Axis
from sojourn.reports.long import VALUE, Rows
from sojourn.reports.parts import IDENTITY, Part, axis_of, names_at, parts, stop_axis
from sojourn.reports.request import Request
from sojourn.reports.table import TYPES, Column, Kind, Table

VISITS = Column("visits", "integer")
IS_CURRENT = Column("is_current", "boolean")
_STATE = (Column("current", "text"), Column("flags", "text"))
MOST_COLUMNS = 1000
"""Values for which there is a column each."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A batch whose stays fall into cells, numbered from 0 to `size`; `cell` is that of each stay."""

    part: Part
    request: Request
    cell: Int64Array
    size: int

    def visits(self) -> Int64Array:
        """How often each was entered (docs/semantics.md 11, 12)."""
        return np.bincount(self.cell, weights=self.part.stays.entry, minlength=self.size).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Told:
    """What a report tells of a work item and value: `wide` in one cell of that kind, `long` in those columns.

    Each makes columns with a row a cell; of cells without stays the value does not matter.
    """

    kind: Kind
    wide: Callable[[Cells], pl.Series]
    columns: tuple[Column, ...]
    long: Callable[[Cells], Sequence[pl.Series]]
    unit: str = ""


def report(name: str, field_key: str, told: Told, request: Request) -> Table:
    """What is told of each work item and value of a field.

    Wide is a row a work item and a column a value, null where it never was. Long is a row a work item and value it had.
    """
    axis = axis_of(request, field_key, only_used=request.shape == "wide")
    statuses = stop_axis(request, field_key, axis)
    if request.shape == "wide":
        return _wide(name, field_key, told, request, axis, statuses.unsorted)
    reading = partial(parts, request, field_key, axis)
    own = (*VALUE, *told.columns, IS_CURRENT)
    return long.table(name, request, statuses, own, reading, partial(_rows, told, request))


def columns_of(axis: Axis, kind: Kind, unit: str = "") -> tuple[Column, ...]:
    """A column a value; raises Refused where there are too many for that."""
    if len(axis) > MOST_COLUMNS:
        raise Refused("shape", f"there are {len(axis):,} values, too many for a column each; ask for shape long")
    return tuple(Column(title, kind, unit, group) for title, group in zip(axis.titles, axis.groups, strict=True))


def _rows(told: Told, request: Request, part: Part) -> Iterator[Rows]:
    """Value id and name, what is told, whether it has it now."""
    stays, values = part.stays, len(part.axis)
    rows, cell = distinct(stays.item * values + stays.value, stays.items * values)
    item, place = divided(rows, max(values, 1))
    value = names_at(part.axis.keys, place), names_at(part.axis.names, place)
    is_current = pl.Series(part.now[item] == place)
    yield item, (*value, *told.long(Cells(part, request, cell, len(rows))), is_current)


def _wide(name: str, field_key: str, told: Told, request: Request, axis: Axis, unsorted: Sequence[str]) -> Table:
    extra = columns.find_all(request.columns, (*IDENTITY, *_STATE))
    head = (*IDENTITY, *(one.column for one in extra), *_STATE)
    axis = axis.beside(column.name for column in head)
    layout = (*head, *columns_of(axis, told.kind, told.unit))

    def frames() -> Iterator[pl.DataFrame]:
        for part in parts(request, field_key, axis, extra):
            series = _series(part, told, request)
            yield pl.DataFrame([one.alias(column.name) for column, one in zip(layout, series, strict=True)])

    return Table(layout, notes.of(name, request, unsorted), frames)


def _series(part: Part, told: Told, request: Request) -> Iterator[pl.Series]:
    """Issue key, issue id, the columns asked for, the column of the current value, flags, what is told per value."""
    items, values = part.stays.items, len(part.axis)
    cell = part.stays.value * items + part.stays.item
    never = np.ones(values * items, dtype=bool)
    never[cell] = False
    amount = told.wide(Cells(part, request, cell, values * items)).cast(TYPES[told.kind])
    amount = amount.set(pl.Series(never), None)
    existed = pl.Series(part.now >= 0)
    all_existed = existed.all()
    every = (amount[value * items : (value + 1) * items] for value in range(values))
    for series in (*part.identity(), *part.shown(), names_at(part.axis.titles, part.now), part.flags(), *every):
        yield series if all_existed else series.filter(existed)
