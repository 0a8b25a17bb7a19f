"""Batches of work items with their stays, ready to be measured and laid out: what reports on time have in common."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sojourn.core import timeline
from sojourn.core.flags import FLAG_NAMES
from sojourn.core.measure import Measure
from sojourn.core.timeline import Int64Array, Stays, Timelines, Window
from sojourn.history import read
from sojourn.history.models import Value
from sojourn.history.packing import EMPTY
from sojourn.history.read import Batch
from sojourn.reports.axis import Axis
from sojourn.reports.columns import IssueColumn
from sojourn.reports.items import chosen, values_of
from sojourn.reports.request import Request
from sojourn.reports.table import Column

IDENTITY = (Column("issue_key", "text"), Column("issue_id", "text"))
_FLAG_NAMES = pl.Series([FLAG_NAMES[value] for value in range(len(FLAG_NAMES))])
_EMPTY_NAMES = {"assignee": "Unassigned", "resolution": "Unresolved"}


@dataclass(frozen=True, slots=True)
class Part:
    """A batch with the stays of a field, and of each stay its place on the axis and its working time."""

    axis: Axis
    batch: Batch
    extra: tuple[IssueColumn, ...]
    measure: Measure
    stays: Stays
    """Their values are places on the axis."""
    now: Int64Array
    """The place of each work item's current value; -1 where it did not exist inside the window."""

    @property
    def worked(self) -> Int64Array:
        """The working time of each stay, ms."""
        return self.stays.worked(self.measure.reaching(self.stays.entered))

    def identity(self) -> list[pl.Series]:
        """Key and id of each work item."""
        return [pl.Series(self.batch.columns[name], dtype=pl.String) for name in ("key", "jira_id")]

    def shown(self) -> list[pl.Series]:
        """The columns of the work item that were asked for."""
        return [one.series(self.batch.columns[one.column.name]) for one in self.extra]

    def flags(self) -> pl.Series:
        """The doubts about each work item, in words."""
        return taken(_FLAG_NAMES, self.batch.flags)


def axis_of(request: Request, field_key: str, *, only_used: bool = True) -> Axis:
    """The values of a field among the work items of a request, in the order in which they are shown.

    Statuses are all that the sites have, so that the columns of a table do not depend on its rows; of other fields,
    such as assignees, those that occur. Where they are no columns it takes less not to look (`only_used`).
    """
    if field_key == "status":
        axis = Axis.of(values_of(request, "status"))
        axis = axis.by_name() if request.statuses_by == "name" else axis
        return axis.grouped(request.status_groups) if request.status_groups else axis
    empty = _EMPTY_NAMES.get(field_key, "None")
    if not only_used:
        return Axis.of(values_of(request, field_key), empty)
    whole = request.of_all_pages
    found = read.values_used(chosen(whole), field_key, whole.everything)
    values = Value.objects.select_related("site").filter(pk__in=found - {EMPTY})
    return Axis.of(values, empty if EMPTY in found else None)


def parts(
    request: Request,
    field_key: str,
    axis: Axis,
    extra: tuple[IssueColumn, ...] = (),
    also: Sequence[str] = (),
    *,
    authors: bool = False,
) -> Iterator[Part]:
    """The work items of a request in batches, with the stays of a field that its options leave to be counted.

    `also` names other fields whose timelines come with the batch; with `authors` the stays carry who made the entry.
    """
    measure = Measure(request.calendar, request.end_ms)
    by_status = stop_axis(request, field_key, axis)
    also = also if by_status is axis else (*also, "status")
    for batch in batches(request, field_key, extra, also, authors=authors):
        found = stays_of(request, placed(axis, batch.timelines), batch)
        now = now_of(found)
        if by_status is not axis:
            found = timeline.ended(found, _done_ms(request, by_status, batch))
        yield Part(axis, batch, extra, measure, counted(request, axis, found), now)


def stop_axis(request: Request, field_key: str, axis: Axis) -> Axis:
    """The statuses that `stop_on_done` looks at, where the report is on another field; else the axis itself."""
    return axis_of(request, "status") if request.stop_on_done and field_key != "status" else axis


def _done_ms(request: Request, statuses: Axis, batch: Batch) -> Int64Array:
    """When each work item entered a done status last; `NO_END` where it never did."""
    found = stays_of(request, placed(statuses, batch.also["status"]), batch)
    return np.append(found.entered, timeline.NO_END)[timeline.last_entries(found, statuses.done[found.value])]


def batches(
    request: Request,
    field_key: str,
    extra: Sequence[IssueColumn] = (),
    also: Sequence[str] = (),
    *,
    authors: bool = False,
) -> Iterator[Batch]:
    """The work items of a request in batches, as `parts` reads them."""
    selected = {one.column.name: one.expression for one in extra}
    wanted = (*also, *(("project",) if request.since_last_move else ()))
    asked = ("key", "jira_id"), selected, wanted
    return read.timelines(chosen(request), field_key, *asked, authors=authors, everything=request.everything)


def placed(axis: Axis, timelines: Timelines) -> Timelines:
    """The timelines with places on the axis for values."""
    places = axis.places(timelines.value)
    return timeline.relabelled(timelines, places) if axis.is_merged else replace(timelines, value=places)


def now_of(found: Stays) -> Int64Array:
    """The value of each item's current stay; -1 where it has none."""
    now = np.full(found.items, -1, dtype=np.int64)
    now[found.item[found.current]] = found.value[found.current]
    return now


def stays_of(request: Request, timelines: Timelines, batch: Batch) -> Stays:
    """The stays of a field inside the window of a request."""
    window = Window(request.end_ms, request.trim.from_ms, is_end=request.end_ms == request.trim.to_ms)
    found = timeline.stays(timelines, window)
    return timeline.since(found, begins_ms(request, batch)) if request.since_last_move else found


def begins_ms(request: Request, batch: Batch) -> Int64Array:
    """When each work item begins: at its creation, or with `since_last_move` when it last came to another project.

    Moves after the end of what is looked at have not happened.
    """
    created = batch.timelines.at[batch.timelines.offsets[:-1]]
    if not request.since_last_move:
        return created
    projects, last_ms = batch.also["project"], request.end_ms - (request.end_ms == request.trim.to_ms)
    happened = np.add.reduceat((projects.at <= last_ms).astype(np.int64), projects.offsets[:-1])
    place = projects.offsets[:-1] + np.maximum(happened, 1) - 1
    return np.where(happened > 1, projects.at[place], created)


def counted(request: Request, axis: Axis, found: Stays) -> Stays:
    """The stays that count: not after the last entry into done, not the current one, as the request says."""
    if request.stop_on_done:
        found = timeline.until_last_entry(found, axis.done[found.value])
    return found.where(~found.current) if request.current == "exclude" else found


def names_at(names: Sequence[str | None], places: Int64Array) -> pl.Series:
    """The name at each place; null at -1."""
    if len(places) and places.min() < 0:
        names, places = (*names, None), np.where(places < 0, len(names), places)
    return taken(pl.Series(names, dtype=pl.String), places)


def taken(series: pl.Series, places: NDArray[np.integer[Any]]) -> pl.Series:
    """The value at each place, 0 or more: what `gather` does, several times as fast."""
    return series[pl.Series(places.astype(np.uint32))]
