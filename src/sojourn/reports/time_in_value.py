"""Time in status, assignee time, time in any field: how long each work item had each value."""

import polars as pl

from sojourn.core.timeline import add_up
from sojourn.errors import Refused
from sojourn.history import seen
from sojourn.history.item import EVENTS
from sojourn.history.read import names_of_fields
from sojourn.reports import by_value
from sojourn.reports.by_value import VISITS, Cells, Told
from sojourn.reports.long import MS
from sojourn.reports.request import Request
from sojourn.reports.table import Table


def time_in_status(request: Request) -> Table:
    """How long each work item of a request was in each status."""
    return by_value.report("time-in-status", "status", _TIME, request)


def assignee_time(request: Request) -> Table:
    """How long each assignee had each work item; nobody is *Unassigned*, last (docs/semantics.md 8)."""
    return by_value.report("assignee-time", "assignee", _TIME, request)


def time_in_field(request: Request) -> Table:
    """How long each work item had each value of a tracked field; raises Refused where it is not tracked."""
    known = {key: name for key, name in names_of_fields(seen.fields(request.sight)).items() if key not in EVENTS}
    if request.one("field") not in known:
        there = ", ".join(f"{key} ({name})" for key, name in known.items())
        raise Refused("field", f"{request.one('field')!r} is no tracked field whose values last; there are: {there}")
    return by_value.report("time-in-field", request.one("field"), _TIME, request)


def _wide(cells: Cells) -> pl.Series:
    """The measure under the calendar."""
    return pl.Series(add_up(cells.cell, cells.size, cells.part.worked, cells.request.visits))


def _long(cells: Cells) -> list[pl.Series]:
    """Working time, calendar time, visits."""
    elapsed = add_up(cells.cell, cells.size, cells.part.stays.elapsed(), cells.request.visits)
    return [_wide(cells), pl.Series(elapsed), pl.Series(cells.visits())]


_TIME = Told("duration", _wide, (*MS, VISITS), _long, unit="ms")
