"""Transition count: how often work items went from one status to another."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from sojourn.core.timeline import Int64Array, Stays, Timelines, last_entries
from sojourn.reports import notes
from sojourn.reports.axis import Axis
from sojourn.reports.by_value import columns_of
from sojourn.reports.parts import axis_of, batches, names_at, placed, stays_of
from sojourn.reports.request import Request
from sojourn.reports.table import Column, Table

_FROM = (Column("from_id", "text"), Column("from", "text"))
_LONG = (
    *_FROM,
    *(Column("to_id", "text"), Column("to", "text")),
    *(Column("transitions", "integer"), Column("work_items", "integer")),
)


def transition_count(request: Request) -> Table:
    """How often work items went from each status to each other, and how many different ones did.

    A transition counts where its instant lies inside the window, the entry into done that ends counting included; so
    the transitions of two windows that meet add up to those of both. Creation is none. Long is a row a pair that
    occurred; wide is a row a status that was left and a column a status, null where no work item went.
    """
    axis = axis_of(request, "status")
    said = notes.of("transition-count", request, axis.unsorted)
    if request.shape == "long":
        return Table(_LONG, said, lambda: iter([_long(axis, _counted(request, axis))]))
    layout = (*_FROM, *columns_of(axis.beside(column.name for column in _FROM), "integer"))
    return Table(layout, said, lambda: iter([_wide(layout, axis, _counted(request, axis))]))


def _counted(request: Request, axis: Axis) -> pl.DataFrame:
    """The pairs of places, as `from * len(axis) + to`, with transitions and work items; sorted."""
    found = [pl.DataFrame(schema={"pair": pl.Int64, "transitions": pl.Int64, "work_items": pl.Int64})]
    for moved in _moved(request, axis):
        pair = _before(moved) * len(axis) + moved.value
        each = pl.DataFrame({"pair": pair, "item": moved.item}).group_by("pair")
        counts = each.agg(pl.len().alias("transitions"), pl.col("item").n_unique().alias("work_items"))
        found.append(counts.cast(pl.Int64))
    return pl.concat(found).group_by("pair").sum().sort("pair")


def _moved(request: Request, axis: Axis) -> Iterator[Stays]:
    """The stays that a transition began, carrying the place of the status before, batch by batch."""
    for batch in batches(request, "status"):
        found = stays_of(request, _with_before(placed(axis, batch.timelines)), batch)
        if request.stop_on_done:
            found = found.where(np.arange(len(found)) <= last_entries(found, axis.done[found.value])[found.item])
        yield found.where(found.entry & (_before(found) >= 0))


def _with_before(timelines: Timelines) -> Timelines:
    """The timelines whose entries carry the value before; -1 at the first."""
    before = np.empty_like(timelines.value)
    before[1:] = timelines.value[:-1]
    before[timelines.offsets[:-1]] = -1
    return replace(timelines, carried=before)


def _before(found: Stays) -> Int64Array:
    """The place of the status before each stay."""
    return np.zeros(0, dtype=np.int64) if found.carried is None else found.carried


def _long(axis: Axis, counted: pl.DataFrame) -> pl.DataFrame:
    before, after = np.divmod(counted["pair"].to_numpy(), max(len(axis), 1))
    texts = [names_at(texts, place) for place in (before, after) for texts in (axis.keys, axis.names)]
    series = (*texts, counted["transitions"], counted["work_items"])
    return pl.DataFrame([one.alias(column.name) for column, one in zip(_LONG, series, strict=True)])


def _wide(layout: tuple[Column, ...], axis: Axis, counted: pl.DataFrame) -> pl.DataFrame:
    before, after = np.divmod(counted["pair"].to_numpy(), max(len(axis), 1))
    left, row = np.unique(before, return_inverse=True)
    matrix = np.zeros((len(axis), len(left)), dtype=np.int64)
    matrix[after, row] = counted["transitions"].to_numpy()
    series = [names_at(axis.keys, left), names_at(axis.names, left)]
    series += [pl.Series(column).set(pl.Series(column == 0), None) for column in matrix]
    return pl.DataFrame([one.alias(column.name) for column, one in zip(layout, series, strict=True)])
