"""Average time: how long work items are in each status, by fields of theirs and by period."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import polars as pl

from sojourn.core.periods import PeriodName, periods
from sojourn.core.summary import PERCENTS, Summaries, summaries
from sojourn.core.timeline import Int64Array, add_up, distinct, divided
from sojourn.errors import Refused
from sojourn.reports import columns, notes
from sojourn.reports.axis import Axis
from sojourn.reports.by_value import columns_of
from sojourn.reports.columns import IssueColumn
from sojourn.reports.flow import nullable
from sojourn.reports.grouped import ITEMS, LEVEL, groups_of
from sojourn.reports.long import VALUE
from sojourn.reports.parts import Part, axis_of, names_at, parts
from sojourn.reports.request import Request
from sojourn.reports.table import TYPES, Column, Table

_PERIOD, _N = Column("period", "date"), Column("n", "integer")
_FIGURES = tuple(
    Column(name, "duration", "ms")
    for name in ("total", "mean", "median", *(f"p{percent}" for percent in PERCENTS), "std", "min", "max")
)
_SAID = {
    "visited": "n is how many work items were in the status.",
    "all": "n is how many work items there are; one that never was in the status counts with 0.",
    "visits": "n is how many visits there were; each counts by itself.",
}


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What is averaged: the work items with their groups and period, and of each amount whose it is and where."""

    items: pl.DataFrame
    item: Int64Array
    place: Int64Array
    amount: Int64Array


@dataclass(frozen=True, slots=True)
class _Level:
    """Groups and periods, a row each, and the figures of cells: the row each is in, and its status."""

    heads: pl.DataFrame
    head: Int64Array
    place: Int64Array
    figures: pl.DataFrame


def average_time(request: Request) -> Table:
    """Mean, median, percentiles, spread and extremes of the working time per status, ms (docs/semantics.md 15).

    With `group_by` there is a row a group, with subtotals: `level` is how many of the group columns hold, the others
    are null and stand for all. With `period` there is a row a period of a date of the work items; those without the
    date have none. Long is a row a group, period and status that was visited; wide is a row a group and period, with
    how many work items it has, and the figure that the option `figure` names in a column a status. Raises Refused
    where more than three columns are named, or one that there is not.
    """
    if request.one("denominator") == "visits" and request.visits != "sum":
        raise Refused("visits", "does not go with denominator visits, which counts each visit by itself; leave it out")
    taken = (LEVEL, _PERIOD, ITEMS, *VALUE, _N, *_FIGURES)
    axis, groups = axis_of(request, "status"), groups_of(request, taken)
    by_group = (LEVEL, *(one.column for one in groups)) if groups else ()
    by_period = (_PERIOD,) if request.one("period") != "none" else ()
    layout = (*by_group, *by_period, *VALUE, _N, *_FIGURES)
    lay_out = partial(_long, axis)
    if request.shape == "wide":
        head = (*by_group, *by_period, ITEMS)
        values = columns_of(axis.beside(column.name for column in head), "duration", "ms")
        layout = (*head, *values)
        lay_out = partial(_wide, [column.name for column in values], request.one("figure"))

    def frames() -> Iterator[pl.DataFrame]:
        found = _gathered(request, axis, groups)
        for level in range(len(groups) + 1 if len(found.items) else 0):
            yield lay_out(_level(request, axis, groups, found, level)).select(column.name for column in layout)

    said = notes.of("average-time", request, axis.unsorted, [_SAID[request.one("denominator")]])
    return Table(layout, said, frames)


def _gathered(request: Request, axis: Axis, groups: Sequence[IssueColumn]) -> _Gathered:
    """The amounts of all batches; of a work item that did not exist inside the window there are none."""
    dated = columns.find(request.one("period_field"))
    schema = {one.column.name: TYPES[one.column.kind] for one in groups} | {_PERIOD.name: TYPES[_PERIOD.kind]}
    frames, cells, before = [pl.DataFrame(schema=schema)], [np.zeros((3, 0), dtype=np.int64)], 0
    for part in parts(request, "status", axis, (*groups, dated)):
        shown = part.shown()
        series = [*shown[:-1], _period(request, shown[-1])]
        existed = pl.Series(part.now >= 0)
        frames.append(pl.DataFrame([one.alias(name) for name, one in zip(schema, series, strict=True)]).filter(existed))
        item, place, amount = _amounts(request, part)
        cells.append(np.stack([before + (np.cumsum(part.now >= 0) - 1)[item], place, amount]))
        before += frames[-1].height
    return _Gathered(pl.concat(frames), *np.concatenate(cells, axis=1))


def _amounts(request: Request, part: Part) -> tuple[Int64Array, Int64Array, Int64Array]:
    """What is averaged: of each work item and status, or of each stay, whose, where and how long."""
    stays, worked, values = part.stays, part.worked, len(part.axis)
    if request.one("denominator") == "visits":
        return stays.item, stays.value, worked
    rows, cell = distinct(stays.item * values + stays.value, stays.items * values)
    item, place = divided(rows, max(values, 1))
    return item, place, add_up(cell, len(rows), worked, request.visits)


def _period(request: Request, at: pl.Series) -> pl.Series:
    """The first date of the period of each instant; null where there is no instant, or no period is asked for."""
    known = at.drop_nulls().cast(pl.Int64).to_numpy()
    if request.one("period") == "none" or not len(known):
        return pl.Series([None], dtype=pl.Date).new_from_index(0, len(at))
    by = cast("PeriodName", request.one("period"))
    spans = periods(request.calendar, int(known.min()), int(known.max()) + 1, by)
    place = np.searchsorted(spans.edges, at.cast(pl.Int64).fill_null(int(known[0])).to_numpy(), "right") - 1
    return pl.Series(spans.dates, dtype=pl.Date).gather(place).set(at.is_null(), None)


def _level(request: Request, axis: Axis, groups: Sequence[IssueColumn], found: _Gathered, level: int) -> _Level:
    """What there is where the first so many of the group columns hold: a row each of those and of the periods."""
    keys = [*(one.column.name for one in groups[:level]), _PERIOD.name]
    heads = found.items.group_by(keys).len(ITEMS.name).sort(keys, nulls_last=True).with_row_index("code")
    joined = found.items.select(keys).join(heads, on=keys, how="left", nulls_equal=True, maintain_order="left")
    code = joined["code"].cast(pl.Int64).to_numpy()
    group, number = distinct(code[found.item] * len(axis) + found.place, heads.height * len(axis))
    head, place = np.divmod(group, max(len(axis), 1))
    count = heads[ITEMS.name].cast(pl.Int64).to_numpy()[head] if request.one("denominator") == "all" else None
    rows = heads.drop("code").with_columns(
        pl.col(ITEMS.name).cast(pl.Int64),
        pl.lit(level, dtype=pl.Int64).alias(LEVEL.name),
        *(pl.lit(None, dtype=TYPES[one.column.kind]).alias(one.column.name) for one in groups[level:]),
    )
    return _Level(rows, head, place, pl.DataFrame(list(_figures(summaries(number, found.amount, count)))))


def _long(axis: Axis, found: _Level) -> pl.DataFrame:
    """A row a group, period and status."""
    value = [names_at(axis.keys, found.place), names_at(axis.names, found.place)]
    named = [one.alias(column.name) for column, one in zip(VALUE, value, strict=True)]
    return found.heads[found.head].with_columns(*named, *found.figures)


def _wide(titles: Sequence[str], figure: str, found: _Level) -> pl.DataFrame:
    """A row a group and period, with one figure in a column a status; null where it never was."""
    shown = found.figures[figure]
    amount = np.zeros((len(titles), found.heads.height), dtype=np.int64)
    known = np.zeros(amount.shape, dtype=bool)
    amount[found.place, found.head] = shown.fill_null(0).to_numpy()
    known[found.place, found.head] = shown.is_not_null().to_numpy()
    cells = (nullable(numbers, there) for numbers, there in zip(amount, known, strict=True))
    return found.heads.with_columns(one.alias(title) for title, one in zip(titles, cells, strict=True))


def _figures(found: Summaries) -> Iterator[pl.Series]:
    amounts = (found.count, found.total, found.mean, found.median, *found.percentiles)
    series = (*map(pl.Series, amounts), nullable(found.deviation, found.has_deviation))
    ends = (pl.Series(found.least), pl.Series(found.most))
    return (one.alias(column.name) for column, one in zip((_N, *_FIGURES), (*series, *ends), strict=True))
