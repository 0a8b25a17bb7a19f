"""The periods of a request: days, weeks or months, and their dates as a column."""

from typing import cast

import polars as pl
from django.db.models import Min

from sojourn.core.periods import PeriodName, Periods, periods
from sojourn.reports.items import chosen
from sojourn.reports.request import Request


def periods_of(request: Request) -> Periods:
    """The periods of a request: of its trim, or from the first creation on; none where no work item existed.

    What happens at the moment asked of has happened, and so lies in the last period (docs/semantics.md 38).
    """
    end_ms = request.end_ms + (request.end_ms != request.trim.to_ms)
    first_ms = chosen(request).aggregate(first=Min("created_ms"))["first"]
    if first_ms is None or first_ms >= end_ms:
        first_ms = end_ms
    elif request.trim.from_ms is not None:
        first_ms = request.trim.from_ms
    return periods(request.calendar, first_ms, end_ms, cast("PeriodName", request.one("by")))


def dates_of(spans: Periods) -> pl.Series:
    """The first date of each period."""
    return pl.Series(spans.dates, dtype=pl.Date)
