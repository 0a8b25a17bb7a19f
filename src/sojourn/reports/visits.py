"""Visits: how often, and when first and last, each work item entered each status."""

import numpy as np
import polars as pl

from sojourn.reports import by_value
from sojourn.reports.by_value import VISITS, Cells, Told
from sojourn.reports.request import Request
from sojourn.reports.table import TYPES, Column, Table

_NEVER = np.iinfo(np.int64).min


def status_count(request: Request) -> Table:
    """How often each work item entered each status; 0 where it was there before a trim began (docs/semantics.md 12)."""
    return by_value.report("status-count", "status", _COUNT, request)


def status_entrance_dates(request: Request) -> Table:
    """When each work item first and last entered each status.

    Null where it never was there, or was there before a trim began and did not enter it since. Wide shows the one that
    the option `entry` names.
    """
    return by_value.report("status-entrance-dates", "status", _DATES, request)


def _count(cells: Cells) -> pl.Series:
    return pl.Series(cells.visits())


def _entered(cells: Cells, entry: str) -> pl.Series:
    """The instant of the first or the last entry into each cell."""
    stays, at = cells.part.stays, np.full(cells.size, _NEVER, dtype=np.int64)
    cell, entered = cells.cell[stays.entry], stays.entered[stays.entry]
    step = -1 if entry == "first" else 1
    at[cell[::step]] = entered[::step]  # of several entries the last one written stays
    return pl.Series(at).set(pl.Series(at == _NEVER), None).cast(TYPES["instant"])


_COUNT = Told("integer", _count, (VISITS,), lambda cells: [_count(cells)])
_DATES = Told(
    "instant",
    lambda cells: _entered(cells, cells.request.one("entry")),
    (Column("first_entered", "instant"), Column("last_entered", "instant"), VISITS),
    lambda cells: [_entered(cells, "first"), _entered(cells, "last"), _count(cells)],
)
