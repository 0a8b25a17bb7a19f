"""Status history: every visit to a status, with who moved the work item there."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import polars as pl

from sojourn.reports import long
from sojourn.reports.axis import Axis
from sojourn.reports.by_value import IS_CURRENT
from sojourn.reports.items import values_of
from sojourn.reports.long import MS, VALUE, Rows
from sojourn.reports.parts import Part, axis_of, names_at, parts
from sojourn.reports.request import Request
from sojourn.reports.table import TYPES, Column, Table

_OWN = (
    *VALUE,
    *(Column("entered", "instant"), Column("left", "instant"), *MS),
    *(Column("is_entry", "boolean"), Column("moved_by", "text"), IS_CURRENT),
)


def status_history(request: Request) -> Table:
    """A row a stay, in order of time: when it was entered and left, its working and calendar time, ms, and by whom.

    `left` is null while the stay is open. A stay that was open when a trim begins was not entered there
    (docs/semantics.md 12): it begins with the trim, `is_entry` is false and nobody moved it. Visits of no length are
    rows, too (docs/semantics.md 2).
    """
    axis, people = axis_of(request, "status"), Axis.of(values_of(request, "user"))
    reading = partial(parts, request, "status", axis, authors=True)
    return long.table("status-history", request, axis, _OWN, reading, partial(_rows, people))


def _rows(people: Axis, part: Part) -> Iterator[Rows]:
    stays = part.stays
    left = pl.Series(stays.left).set(pl.Series(stays.current), None)
    movers = np.full(len(stays), -1, dtype=np.int64)
    if stays.carried is not None:
        movers[stays.entry] = people.places(stays.carried[stays.entry])
    yield (
        stays.item,
        (
            names_at(part.axis.keys, stays.value),
            names_at(part.axis.names, stays.value),
            pl.Series(stays.entered).cast(TYPES["instant"]),
            left.cast(TYPES["instant"]),
            pl.Series(part.worked),
            pl.Series(stays.elapsed()),
            pl.Series(stays.entry),
            names_at(people.names, movers),
            pl.Series(stays.current),
        ),
    )
