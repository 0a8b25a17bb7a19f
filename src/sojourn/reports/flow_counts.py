"""Throughput, work in progress, cumulative flow: counted by day, week or month (docs/semantics.md 38, 39)."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from sojourn.core.flow import held, per_period, work_in_progress
from sojourn.reports import notes
from sojourn.reports.flow import Rules, flow_parts, unbegun
from sojourn.reports.long import VALUE
from sojourn.reports.parts import axis_of, names_at, parts
from sojourn.reports.request import Request
from sojourn.reports.spans import dates_of, periods_of
from sojourn.reports.table import Column, Table

_PERIOD = Column("period", "date")
_COUNTS = tuple(Column(name, "integer") for name in ("arrived", "started", "finished"))
_LAST = "Periods are named by their first dates; the last ends at the end of what is looked at."


def throughput(request: Request) -> Table:
    """How many work items were created, started and finished in each period."""
    rules = Rules.of(request)
    layout = (_PERIOD, *_COUNTS)

    def frames() -> Iterator[pl.DataFrame]:
        spans = periods_of(request)
        counts = np.zeros((len(_COUNTS), len(spans)), dtype=np.int64)
        for found in flow_parts(request, rules):
            at = found.moments
            counts += [per_period(one, spans.edges) for one in (at.created, at.started, at.finished)]
        yield pl.DataFrame([dates_of(spans), *map(pl.Series, counts)], schema=[column.name for column in layout])

    return Table(layout, notes.saying("throughput", request, [*rules.notes(), _LAST]), frames)


def work_in_progress_by_period(request: Request) -> Table:
    """How many work items were started and not finished at the end of each period."""
    rules = Rules.of(request)
    layout = (_PERIOD, Column("wip", "integer"))

    def frames() -> Iterator[pl.DataFrame]:
        spans = periods_of(request)
        counts = np.zeros(len(spans), dtype=np.int64)
        for found in flow_parts(request, rules):
            counts += work_in_progress(found.moments, spans.edges[1:])
        yield pl.DataFrame([dates_of(spans), pl.Series(counts)], schema=[column.name for column in layout])

    return Table(layout, notes.saying("wip", request, [*rules.notes(), _LAST]), frames)


def cumulative_flow(request: Request) -> Table:
    """How many work items had each status, or group of statuses, at the end of each period.

    A status that no work item had at any of these ends has no rows; the others have one for each period.
    """
    axis = axis_of(request, "status")
    layout = (Column("date", "date"), *VALUE, Column("work_items", "integer"), Column("category", "text"))

    def frames() -> Iterator[pl.DataFrame]:
        spans = periods_of(request)
        counts = np.zeros((len(axis), len(spans)), dtype=np.int64)
        for part in parts(unbegun(request), "status", axis):
            counts += held(part.stays, len(axis), spans.edges[1:])
        used = np.flatnonzero(counts.any(axis=1))
        date = dates_of(spans).gather(np.repeat(np.arange(len(spans)), len(used)))
        place = np.tile(used, len(spans))
        value = (names_at(names, place) for names in (axis.keys, axis.names))
        series = [date, *value, pl.Series(counts[used].T.ravel()), names_at(axis.groups, place)]
        yield pl.DataFrame(series, schema=[column.name for column in layout])

    return Table(layout, notes.saying("cumulative-flow", request, [_LAST]), frames)
