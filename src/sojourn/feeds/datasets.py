"""The data sets beside the reports: rows of what the store holds about the work items of a request."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import polars as pl
from django.db.models import QuerySet

from sojourn.calendars import store
from sojourn.errors import Refused
from sojourn.history.models import Issue, Value
from sojourn.reports import catalogue, columns, notes
from sojourn.reports.items import chosen, values_of
from sojourn.reports.pages import Run
from sojourn.reports.parts import IDENTITY
from sojourn.reports.request import Request
from sojourn.reports.table import TYPES, Column, Table

_BATCH = 4_096
_VERSION = Column("row_version", "integer")
Rows = Callable[[Request, int | None], Table]


def _issues(request: Request, since: int | None) -> Table:
    """A row a work item, as it is now."""
    shown = columns.find_all((*columns.NAMES, *request.columns), IDENTITY)
    layout = (*IDENTITY, *(one.column for one in shown), _VERSION)
    found = _since(chosen(request), since).order_by("pk")
    rows = found.values_list("key", "jira_id", *(one.expression for one in shown), "row_version")

    def frames() -> Iterator[pl.DataFrame]:
        every = rows.iterator(_BATCH)
        while batch := list(islice(every, _BATCH)):
            key, jira_id, *cells, version = zip(*batch, strict=True)
            texts = [pl.Series(values, dtype=pl.String) for values in (key, jira_id)]
            series = [one.series(values) for one, values in zip(shown, cells, strict=True)]
            every_one = (*texts, *series, pl.Series(version, dtype=pl.Int64))
            yield pl.DataFrame([one.alias(column.name) for column, one in zip(layout, every_one, strict=True)])

    return _table("issues", request, layout, frames)


def _status_intervals(request: Request, since: int | None) -> Table:
    """A row a stay in a status."""
    return _changed(catalogue.run("status-history", replace(request, sort=(), limit=None, group_by=())), request, since)


def _status_durations(request: Request, since: int | None) -> Table:
    """A row a work item and status it was in."""
    plain = replace(request, shape="long", sort=(), limit=None, group_by=())
    return _changed(catalogue.run("time-in-status", plain), request, since)


def _transitions(request: Request, since: int | None) -> Table:
    """A row a move from one status to another."""
    stays = catalogue.run("status-history", replace(request, columns=(), sort=(), limit=None, group_by=()))
    names = ("from_id", "from", "to_id", "to")
    layout = (*IDENTITY, *(Column(name, "text") for name in names), Column("at", "instant"), Column("moved_by", "text"))
    changed = None if since is None else _ids_since(request, since)

    def frames() -> Iterator[pl.DataFrame]:
        for frame in stays.frames():
            before = [pl.col(name).shift(1).over("issue_id").alias(new) for name, new in _BEFORE.items()]
            moved = frame.with_columns(before).filter(pl.col("is_entry") & pl.col("from_id").is_not_null())
            moved = moved if changed is None else moved.filter(pl.col("issue_id").is_in(changed))
            yield moved.rename(_AFTER).select(column.name for column in layout)

    return _table("transitions", request, layout, frames)


_BEFORE = {"value_id": "from_id", "value": "from"}
_AFTER = {"value_id": "to_id", "value": "to", "entered": "at"}


def _statuses(request: Request, _: int | None) -> Table:
    """A row a status of the sites of which something is seen."""
    rows = [
        (one.site.name, one.key, one.name, one.category, one.deleted)
        for one in values_of(request, "status").order_by("site__name", "key")
    ]
    names = ("site", "status_id", "status_name", "category")
    return _few("statuses", request, (*(Column(name, "text") for name in names), Column("deleted", "boolean")), rows)


def _users(request: Request, _: int | None) -> Table:
    """A row a person who is known at those sites."""
    found: QuerySet[Value] = values_of(request, "assignee").order_by("site__name", "key")
    rows = [(one.site.name, one.key, one.name) for one in found]
    return _few("users", request, [Column(name, "text") for name in ("site", "account_id", "name")], rows)


def _calendars(request: Request, _: int | None) -> Table:
    """A row a calendar."""
    rows = []
    for name in store.names():
        calendar = store.load(name)
        rows.append((name, calendar.tz, calendar.business_day_ms, calendar.business_week_ms))
    lengths = (Column("business_day_ms", "integer", "ms"), Column("business_week_ms", "integer", "ms"))
    return _few("calendars", request, (Column("name", "text"), Column("time_zone", "text"), *lengths), rows)


def _tombstones(request: Request, since: int | None) -> Table:
    """A row a work item that was deleted, or that its Jira does not show any more."""
    gone = Issue.objects.filter(request.sight, deleted_ms__isnull=False, deleted_ms__lte=request.as_of_ms)
    gone = gone.filter(site__name__in=request.sites) if request.sites else gone
    gone = gone.filter(project__key__in=request.projects) if request.projects else gone
    found = _since(gone, since).order_by("row_version", "pk")
    rows = list(found.values_list("key", "jira_id", "deleted_ms", "row_version"))
    return _few("tombstones", request, (*IDENTITY, Column("deleted", "instant"), _VERSION), rows)


DATASETS: dict[str, Rows] = {
    "issues": _issues,
    "status_intervals": _status_intervals,
    "status_durations": _status_durations,
    "transitions": _transitions,
    "statuses": _statuses,
    "users": _users,
    "calendars": _calendars,
    "tombstones": _tombstones,
}
"""The data sets, by name. What they are about is chosen by the options of a preset, whatever its report."""

_NOT_SINCE = {"statuses", "users", "calendars"}


def run(report: str, dataset: str, since: int | None) -> Run:
    """What answers a request: a data set, or else a report; `since` leaves what is of that version of rows or later.

    Rows with a stay that is measured to the moment asked of are always among them. Raises Refused where rows cannot be
    left out so.
    """
    if dataset in _NOT_SINCE and since is not None:
        raise Refused("updated_since", f"{dataset} is small and has no versions; leave it out")
    if dataset:
        return lambda request: DATASETS[dataset](request, since)
    return lambda request: _changed(catalogue.run(report, request), request, since)


def _changed(table: Table, request: Request, since: int | None) -> Table:
    """The rows of work items that changed, and of stays that go on."""
    if since is None:
        return table
    known = {column.name for column in table.columns}
    if not known >= {"issue_id", "is_current"}:
        raise Refused("updated_since", "the rows of this report change with the time; leave it out and read it whole")
    changed = _ids_since(request, since)
    keep = pl.col("issue_id").is_in(changed) | pl.col("is_current")
    return replace(table, frames=lambda: (frame.filter(keep) for frame in table.frames()))


def _ids_since(request: Request, since: int) -> list[str]:
    return list(_since(chosen(request), since).values_list("jira_id", flat=True))


def _since(found: QuerySet[Issue], since: int | None) -> QuerySet[Issue]:
    return found if since is None else found.filter(row_version__gte=since)


def _few(name: str, request: Request, layout: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> Table:
    kinds = {column.name: pl.Int64 if column.kind == "instant" else TYPES[column.kind] for column in layout}
    frame = pl.DataFrame(rows, schema=kinds, orient="row").cast({c.name: TYPES[c.kind] for c in layout})
    return _table(name, request, layout, lambda: iter([frame]))


def _table(
    name: str, request: Request, layout: Sequence[Column], frames: Callable[[], Iterator[pl.DataFrame]]
) -> Table:
    return Table(tuple(layout), notes.saying(name, request, ()), frames)
