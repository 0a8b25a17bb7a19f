"""Long tables of work items: key and id first, what a report tells, doubts, and what else was asked for."""

from collections.abc import Callable, Iterator, Sequence

import polars as pl

from sojourn.core.time_format import TimeFormat
from sojourn.core.timeline import Int64Array
from sojourn.reports import columns, notes
from sojourn.reports.axis import Axis
from sojourn.reports.columns import IssueColumn
from sojourn.reports.parts import IDENTITY, Part, taken
from sojourn.reports.request import Request
from sojourn.reports.table import Column, Table

MS = (Column("ms", "integer", "ms"), Column("elapsed_ms", "integer", "ms"))
"""Working time and calendar time."""
VALUE = (Column("value_id", "text"), Column("value", "text"))
"""The value of a field, such as a status."""
FLAGS = Column("flags", "text")
_TIME = Column("time", "duration", "ms")

Rows = tuple[Int64Array, Sequence[pl.Series]]
"""For each row the number of its work item in the batch, and the columns that are the report's own."""


def timed(request: Request, own: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns; where they have `ms` and another format is asked for, `time` is the working time in it."""
    is_timed = request.time_format is not TimeFormat.MS and MS[0] in own
    return (*own, _TIME) if is_timed else own


def table(
    name: str,
    request: Request,
    axis: Axis,
    own: tuple[Column, ...],
    parts: Callable[[tuple[IssueColumn, ...]], Iterator[Part]],
    rows: Callable[[Part], Iterator[Rows]],
    said: Sequence[str] = (),
) -> Table:
    """A table with a report's own columns after the identity of the work item.

    `parts` reads batches with columns of the work item; `rows` makes the rows of one. `said` are further notes.
    """
    fixed = timed(request, (*IDENTITY, *own, FLAGS))
    extra = columns.find_all(request.columns, fixed)
    layout = (*fixed, *(one.column for one in extra))

    def frames() -> Iterator[pl.DataFrame]:
        for part in parts(extra):
            for item, series in rows(part):
                yield _frame(part, item, dict(zip(own, series, strict=True)), layout)

    return Table(layout, notes.of(name, request, axis.unsorted, said), frames)


def _frame(part: Part, item: Int64Array, own: dict[Column, pl.Series], layout: Sequence[Column]) -> pl.DataFrame:
    of_items = [*zip(IDENTITY, part.identity(), strict=True), (FLAGS, part.flags())]
    of_items += [(one.column, series) for one, series in zip(part.extra, part.shown(), strict=True)]
    found = {column: taken(series, item) for column, series in of_items} | own
    if _TIME in layout:
        found[_TIME] = own[MS[0]]
    return pl.DataFrame([found[column].alias(column.name) for column in layout])
