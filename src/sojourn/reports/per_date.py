"""Time in status per date: how long work items were in each status on each day, in each week or month."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import polars as pl

from sojourn.core.periods import Periods
from sojourn.core.split import pieces, present, reach, spread
from sojourn.core.timeline import BoolArray, add_up, distinct, divided
from sojourn.errors import Refused
from sojourn.reports import long, notes
from sojourn.reports.axis import Axis
from sojourn.reports.long import MS, VALUE, Rows, timed
from sojourn.reports.parts import Part, axis_of, names_at, parts, taken
from sojourn.reports.request import Request
from sojourn.reports.spans import dates_of, periods_of
from sojourn.reports.table import Column, Table

_DATE = Column("date", "date")
_ALL = (_DATE, *VALUE, *MS, Column("work_items", "integer"))
_SAID = ("Stays are split at local midnight; periods are named by their first dates.",)
_CHUNK = 1 << 18
"""Parts of stays that are worked on at once."""


def time_in_status_per_date(request: Request) -> Table:
    """How long work items were in each status in each period, ms; the periods sum to the whole (docs/semantics.md 13).

    A row a period and status in which there was a work item, and how many were, each once; with `per_item` a row a work
    item, period and status it was in.
    """
    axis = axis_of(request, "status")
    name = "time-in-status-per-date"
    if request.one("per_item") == "true":
        reading, rows = partial(parts, request, "status", axis), partial(_rows, periods_of(request))
        return long.table(name, request, axis, (_DATE, *VALUE, *MS), reading, rows, _SAID)
    if request.columns:
        raise Refused("columns", "are those of single work items; ask for per_item as well")
    layout = timed(request, _ALL)
    said = notes.of(name, request, axis.unsorted, _SAID)
    return Table(layout, said, lambda: iter([_totals(request, axis, layout)]))


def _totals(request: Request, axis: Axis, layout: tuple[Column, ...]) -> pl.DataFrame:
    spans = periods_of(request)
    worked, elapsed, items = (np.zeros((len(axis), len(spans)), dtype=np.int64) for _ in range(3))
    for part in parts(request, "status", axis):
        found, reached = part.stays, reach(part.stays, spans.edges)
        edges = np.minimum(spans.edges, request.end_ms)
        working_time = part.measure.reaching(np.append(found.entered, edges[:1]))
        clock = (working_time.until(at) for at in (found.entered, found.left, edges))
        worked += spread(found, reached, len(axis), *clock)
        elapsed += spread(found, reached, len(axis), found.entered, found.left, edges)
        items += present(found, reached, len(axis))
    period, place = np.nonzero(items.T)
    numbers = {MS[0]: worked, MS[1]: elapsed, _ALL[-1]: items}
    series = {_DATE: dates_of(spans).gather(period)}
    series |= dict(zip(VALUE, (names_at(axis.keys, place), names_at(axis.names, place)), strict=True))
    series |= {column: pl.Series(amount[place, period]) for column, amount in numbers.items()}
    return pl.DataFrame([series.get(column, series[MS[0]]).alias(column.name) for column in layout])


def _rows(spans: Periods, part: Part) -> Iterator[Rows]:
    """The rows of each work item, so many work items at once that their parts fit."""
    counts = 1 + (reached := reach(part.stays, spans.edges)).last - reached.first
    before = np.zeros(part.stays.items + 1, dtype=np.int64)
    np.cumsum(np.bincount(part.stays.item, weights=counts, minlength=part.stays.items), out=before[1:])
    chunk = before[part.stays.item] // _CHUNK
    for number in np.unique(chunk).tolist():
        yield _some_rows(spans, part, chunk == number)


def _some_rows(spans: Periods, part: Part, chosen: BoolArray) -> Rows:
    found, values = part.stays.where(chosen), len(part.axis)
    parts_of = pieces(found, reach(found, spans.edges), spans.edges)
    key = (found.item[parts_of.stay] * len(spans) + parts_of.period) * values + found.value[parts_of.stay]
    rows, cell = distinct(key, found.items * len(spans) * values)
    item_period, place = divided(rows, values)
    item, period = divided(item_period, len(spans))
    working_time = part.measure.reaching(found.entered)
    worked, elapsed = working_time.elapsed(parts_of.begin, parts_of.end), parts_of.end - parts_of.begin
    sums = (pl.Series(add_up(cell, len(rows), amount, "sum")) for amount in (worked, elapsed))
    return item, (
        taken(dates_of(spans), period),
        names_at(part.axis.keys, place),
        names_at(part.axis.names, place),
        *sums,
    )
