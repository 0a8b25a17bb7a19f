"""The reports there are, by name."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import polars as pl

from sojourn.errors import Refused, UserError
from sojourn.reports import (
    average,
    between,
    crossed,
    cycle_time,
    flow_counts,
    per_date,
    sla_breakdown,
    sla_detail,
    sla_events,
    sla_summary,
    sprint,
    status_history,
    time_in_value,
    transitions,
    visits,
)
from sojourn.reports.grouped import grouped
from sojourn.reports.items import chosen
from sojourn.reports.request import Request
from sojourn.reports.table import Table

REPORTS: dict[str, Callable[[Request], Table]] = {
    "time-in-status": time_in_value.time_in_status,
    "assignee-time": time_in_value.assignee_time,
    "time-in-field": time_in_value.time_in_field,
    "status-history": status_history.status_history,
    "status-count": visits.status_count,
    "status-entrance-dates": visits.status_entrance_dates,
    "transition-count": transitions.transition_count,
    "average-time": average.average_time,
    "status-by-assignee": crossed.status_by_assignee,
    "assignee-by-status": crossed.assignee_by_status,
    "time-between-statuses": between.time_between_statuses,
    "time-in-status-per-date": per_date.time_in_status_per_date,
    "cycle-time": cycle_time.cycle_time,
    "lead-time": cycle_time.lead_time,
    "work-item-age": cycle_time.work_item_age,
    "resolution-time": cycle_time.resolution_time,
    "flow-efficiency": cycle_time.flow_efficiency,
    "throughput": flow_counts.throughput,
    "wip": flow_counts.work_in_progress_by_period,
    "cumulative-flow": flow_counts.cumulative_flow,
    "sprint-report": sprint.sprint_report,
    "sla-summary": sla_summary.sla_summary,
    "sla-detail": sla_detail.sla_detail,
    "sla-cycles": sla_detail.sla_cycles,
    "sla-events": sla_events.sla_events,
    "sla-at-risk": sla_detail.sla_at_risk,
    "sla-trend": sla_summary.sla_trend,
    "sla-durations": sla_summary.sla_durations,
    "sla-breakdown": sla_breakdown.sla_breakdown,
}
"""What computes each report of `menu.MENU`."""


def run(name: str, request: Request) -> Table:
    """The answer of a report, grouped and sorted as the request says; the rows are computed as they are read.

    Raises UserError where there is no such report, Refused where an option is wrong.
    """
    if name not in REPORTS:
        raise UserError(f"There is no report {name!r}. There are: {', '.join(REPORTS)}.")
    chosen(request)  # what cannot be chosen is refused before the first byte of an answer
    build = REPORTS[name]
    table = grouped(name, build, request) if request.group_by and build is not average.average_time else build(request)
    table = _sorted(table, request) if request.sort else table
    return table if request.limit is None else _limited(table, request.limit)


def _sorted(table: Table, request: Request) -> Table:
    known = [column.name for column in table.columns]
    for sort in request.sort:
        if sort.column not in known:
            raise Refused("sort", f"there is no column {sort.column!r}; there are: {', '.join(known)}")

    by = [(expression, sort.descending) for sort in request.sort for expression in _order(sort.column)]

    def frames() -> Iterator[pl.DataFrame]:
        yield table.collect().sort(
            [expression for expression, _ in by],
            descending=[descending for _, descending in by],
            nulls_last=True,
            maintain_order=True,
        )

    return replace(table, frames=frames)


def _order(column: str) -> list[pl.Expr]:
    """What to sort a column by: keys of work items by project, then by number."""
    if column != "issue_key":
        return [pl.col(column)]
    parts = pl.col(column).str.extract_groups(r"^(.*?)(\d{0,15})$").struct
    return [parts.field("1"), parts.field("2").cast(pl.Int64, strict=False)]


def _limited(table: Table, limit: int) -> Table:
    """The first rows; batches after them are not computed."""

    def frames() -> Iterator[pl.DataFrame]:
        left = limit
        for frame in table.frames():
            yield frame.head(left)
            left -= frame.height
            if left <= 0:
                return

    lines = (*table.notes.lines, f"Only the first {limit:,} rows are shown.")
    return replace(table, frames=frames, notes=replace(table.notes, lines=lines))
