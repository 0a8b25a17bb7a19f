"""The reports there are, by name."""

from collections.abc import Callable, Iterator

import polars as pl

from sojourn.errors import Refused, UserError
from sojourn.reports import time_in_status
from sojourn.reports.request import Request
from sojourn.reports.table import Table

REPORTS: dict[str, Callable[[Request], Table]] = {time_in_status.NAME: time_in_status.report}


def run(name: str, request: Request) -> Table:
    """The answer of a report, sorted as the request says; the rows are computed as they are read.

    Raises UserError where there is no such report, Refused where an option is wrong.
    """
    if name not in REPORTS:
        raise UserError(f"There is no report {name!r}. There are: {', '.join(REPORTS)}.")
    table = REPORTS[name](request)
    return _sorted(table, request) if request.sort else table


def _sorted(table: Table, request: Request) -> Table:
    known = [column.name for column in table.columns]
    for sort in request.sort:
        if sort.column not in known:
            raise Refused("sort", f"there is no column {sort.column!r}; there are: {', '.join(known)}")

    def frames() -> Iterator[pl.DataFrame]:
        yield table.collect().sort(
            [sort.column for sort in request.sort],
            descending=[sort.descending for sort in request.sort],
            nulls_last=True,
            maintain_order=True,
        )

    return Table(table.columns, table.notes, frames)
