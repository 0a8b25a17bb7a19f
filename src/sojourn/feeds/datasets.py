"""The data sets beside the reports: rows of what the store holds about the work items of a request."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import orjson
import polars as pl
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet

from sojourn.calendars import store
from sojourn.calendars.models import CalendarVersion, HolidaySet
from sojourn.errors import Refused
from sojourn.history import seen
from sojourn.history.models import Issue, Value
from sojourn.reports import catalogue, columns, notes
from sojourn.reports.items import chosen, values_of
from sojourn.reports.pages import Run
from sojourn.reports.parts import IDENTITY
from sojourn.reports.request import Request
from sojourn.reports.sla_events import sla_events
from sojourn.reports.sla_parts import SLA
from sojourn.reports.table import TYPES, Column, Table
from sojourn.sla import definitions
from sojourn.sla.calendar_ids import calendar_numbers
from sojourn.sla.models import Change, Definition, Version
from sojourn.sla.shown import policy_as_json

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
            before = [pl.col(name).shift(1).over("issue_key", "issue_id").alias(new) for name, new in _BEFORE.items()]
            moved = frame.with_columns(before).filter(pl.col("is_entry") & pl.col("from_id").is_not_null())
            moved = moved if changed is None else moved.filter(pl.col("issue_id").is_in(changed))
            yield moved.rename(_AFTER).select(column.name for column in layout)

    return _table("transitions", request, layout, frames)


_BEFORE = {"value_id": "from_id", "value": "from"}
_AFTER = {"value_id": "to_id", "value": "to", "entered": "at"}


def _sla_cycles(request: Request, since: int | None) -> Table:
    """A row a cycle of an SLA on a work item."""
    has_updated = "updated" in request.columns
    shown = request.columns if has_updated or since is None else (*request.columns, "updated")
    table = catalogue.run("sla-cycles", replace(request, columns=shown, sort=(), limit=None, group_by=()))
    if since is None:
        return table
    changed = pl.col("issue_id").is_in(list(_touched(request, since).values_list("jira_id", flat=True)))
    keep = changed | (pl.col("ended") > pl.col("updated")).fill_null(value=True)
    layout = tuple(column for column in table.columns if has_updated or column.name != "updated")
    names = [column.name for column in layout]
    return replace(table, columns=layout, frames=lambda: (frame.filter(keep).select(names) for frame in table.frames()))


def _sla_events(request: Request, since: int | None) -> Table:
    """A row an event of an SLA on a work item."""
    changed = None if since is None else np.array(_touched(request, since).values_list("pk", flat=True), dtype=np.int64)
    return sla_events(replace(request, sort=(), limit=None, group_by=()), changed)


def _touched(request: Request, since: int) -> QuerySet[Issue]:
    """The work items that changed, and those whose clocks somebody changed by hand, whenever that was."""
    by_hand = Exists(Change.objects.filter(issue=OuterRef("pk")))
    return chosen(request).filter(Q(row_version__gte=since) | by_hand)


def _sla_definitions(request: Request, _: int | None) -> Table:
    """A row an SLA that is published, for the sites of which something is seen."""
    sites = seen.sites(request.sight)
    sites = sites.filter(name__in=request.sites) if request.sites else sites
    there = definitions.listed().exclude(published=None).filter(Q(site=None) | Q(site__in=sites))
    rows = [_defined(one, one.published) for one in there if one.published]
    names = (*SLA, Column("site", "text"), Column("enabled", "boolean"), Column("version", "integer"))
    published = (Column("published", "instant"), Column("applies_to", "text"), Column("policy", "text"))
    return _few("sla_definitions", request, (*names, *published), rows)


def _defined(one: Definition, version: Version) -> tuple[Any, ...]:
    policy = orjson.dumps(policy_as_json(version)).decode()
    site = one.site.name if one.site else None
    held = (version.number, version.published_ms, version.applies_to)
    return (str(one.pk), one.name, site, one.enabled, *held, policy)


def _statuses(request: Request, _: int | None) -> Table:
    """A row a status of the sites of which something is seen."""
    rows = [
        (one.site.name, one.key, one.name, one.category, one.deleted)
        for one in values_of(request, "status").order_by("pk")  # new ones come last, and shift no page
    ]
    names = ("site", "status_id", "status_name", "category")
    return _few("statuses", request, (*(Column(name, "text") for name in names), Column("deleted", "boolean")), rows)


def _users(request: Request, _: int | None) -> Table:
    """A row a person who is known at those sites."""
    found: QuerySet[Value] = values_of(request, "assignee").order_by("pk")
    rows = [(one.site.name, one.key, one.name) for one in found]
    return _few("users", request, [Column(name, "text") for name in ("site", "account_id", "name")], rows)


def _calendars(request: Request, _: int | None) -> Table:
    """A row a calendar."""
    rows = []
    for name, number in calendar_numbers().items():
        calendar = store.load(name)
        rows.append((number, name, calendar.tz, calendar.business_day_ms, calendar.business_week_ms))
    names = (Column("id", "integer"), Column("name", "text"), Column("time_zone", "text"))
    lengths = (Column("business_day_ms", "integer", "ms"), Column("business_week_ms", "integer", "ms"))
    return _few("calendars", request, (*names, *lengths), rows)


def _tombstones(request: Request, since: int | None) -> Table:
    """A row a work item that was deleted, or that its Jira does not show any more."""
    gone = Issue.objects.filter(request.sight, deleted_ms__isnull=False, deleted_ms__lte=request.as_of_ms)
    gone = gone.filter(site__name__in=request.sites) if request.sites else gone
    gone = gone.filter(project__key__in=request.projects) if request.projects else gone
    gone = gone.filter(pk__gt=request.page.after, pk__lte=request.page.upto) if request.page else gone
    found = _since(gone, since).order_by("pk")
    rows = list(found.values_list("key", "jira_id", "deleted_ms", "row_version"))
    return _few("tombstones", request, (*IDENTITY, Column("deleted", "instant"), _VERSION), rows)


DATASETS: dict[str, Rows] = {
    "issues": _issues,
    "status_intervals": _status_intervals,
    "status_durations": _status_durations,
    "transitions": _transitions,
    "sla_cycles": _sla_cycles,
    "sla_events": _sla_events,
    "sla_definitions": _sla_definitions,
    "statuses": _statuses,
    "users": _users,
    "calendars": _calendars,
    "tombstones": _tombstones,
}
"""The data sets, by name. What they are about is chosen by the options of a preset, whatever its report."""

_NOT_SINCE = {"sla_definitions", "statuses", "users", "calendars"}


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


def version_of(request: Request) -> int:
    """The version of rows from which on the next answer has to hold what this one does not.

    What was written already but happened after the moment of which is asked is not in this answer yet.
    """
    later = Q(updated_ms__gt=request.as_of_ms) | Q(deleted_ms__gt=request.as_of_ms)
    versions = chosen(request).aggregate(last=Max("row_version"), first_later=Min("row_version", filter=later))
    return versions["first_later"] or versions["last"] or 0


def rules() -> str:
    """What is another one when the rules of SLAs are: then rows may differ whose work items did not change."""
    last = Change.objects.filter(issue=None).aggregate(last=Max("pk"))["last"]
    calendars = CalendarVersion.objects.aggregate(last=Max("pk"))["last"]
    holidays = HolidaySet.objects.order_by("pk").values_list("name", "holidays")
    return hashlib.sha256(repr((last, calendars, list(holidays))).encode()).hexdigest()[:16]


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
