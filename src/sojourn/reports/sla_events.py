"""SLA events: what happened to each clock, one row an event."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from sojourn.core.sla.batch import NONE
from sojourn.core.sla.clock import Event
from sojourn.core.sla.reference import retold
from sojourn.core.timeline import BoolArray, Int64Array
from sojourn.errors import Refused
from sojourn.reports import columns, notes
from sojourn.reports.options import instant_ms
from sojourn.reports.parts import IDENTITY, taken
from sojourn.reports.request import Request
from sojourn.reports.sla_parts import SLA, SlaPart, instants, sla_parts
from sojourn.reports.table import Column, Table

_OWN = (*SLA, Column("event", "text"), Column("at", "instant"))
_UPDATED = "updated"
_SAID = ("Events are those of the SLA as it is published, also of cycles that were reset or cancelled.",)


def sla_events(request: Request, changed: Int64Array | None = None) -> Table:
    """Start, pause, resume, reset, critical, breach, stop and cancel of each clock, in order of time per work item.

    With `since` only what happened from then on. Each work item is walked by itself, which takes about a millisecond;
    with `since` only those are to which something may have happened. Raises Refused where `since` is no instant.

    `changed` are the numbers in the store of the work items that were changed: only they are told of, and those to
    which time alone may have done something since their last change.
    """
    text = request.one("since")
    since_ms = instant_ms(text, ZoneInfo(request.calendar.tz), "since") if text else None
    if since_ms is not None and since_ms > request.end_ms:
        raise Refused("since", "lies after the moment of which is asked")
    extra = columns.find_all(request.columns, (*IDENTITY, *_OWN))
    layout = (*IDENTITY, *_OWN, *(one.column for one in extra))
    read = extra if since_ms is None and changed is None else (*extra, columns.find(_UPDATED))

    def frames() -> Iterator[pl.DataFrame]:
        for part in sla_parts(request, read):
            walked = _walked(part, since_ms, changed)
            found = [
                (row, event)
                for row in walked.tolist()
                for event in _events(part, row, request.end_ms)
                if since_ms is None or event.at_ms >= since_ms
            ]
            yield _frame(part, found, layout, len(extra))

    return Table(layout, notes.saying("sla-events", request, _SAID), frames)


def _walked(part: SlaPart, since_ms: int | None, changed: Int64Array | None) -> Int64Array:
    """The places of the work items, among those the SLA decides for, that are to be walked."""
    told = np.ones(len(part.counted.issues), dtype=bool)
    if since_ms is not None:
        told &= _recent(part, since_ms)
    if changed is not None:
        told &= _changed(part, changed)
    return np.flatnonzero(told)


def _recent(part: SlaPart, since_ms: int) -> BoolArray:
    """To which something may have happened since."""
    found = part.clocks
    alive = (found.end == NONE) | (found.end >= since_ms) | (found.deadline >= since_ms)
    recent = _updated_ms(part, since_ms)[part.rows_of_issues()] >= since_ms
    recent[found.item[alive]] = True
    return recent


def _changed(part: SlaPart, changed: Int64Array) -> BoolArray:
    """Which are among the changed ones, or have a clock that goes on, or that time alone ended."""
    found = part.clocks
    told = np.isin(part.counted.issues, changed)
    by_time = (found.end == NONE) | (found.end > _updated_ms(part, NONE)[part.row])
    told[found.item[by_time]] = True
    return told


def _updated_ms(part: SlaPart, unknown_ms: int) -> Int64Array:
    """When each work item of a part was changed last."""
    updated = part.extra[-1].series(part.columns[_UPDATED])
    return updated.dt.timestamp("ms").fill_null(unknown_ms).to_numpy()


def _events(part: SlaPart, place: int, as_of_ms: int) -> list[Event]:
    """What happened to the clocks of one work item, in order of time; an event of several clocks is one."""
    counted = part.counted
    item = counted.batch.item(int(part.rows_of_issues()[place]))
    cycles, clocks = retold(counted.ready.policy, item, counted.rule.calendars, as_of_ms)
    found = {(event.at_ms, event.kind): event for cycle in cycles for event in cycle.events}
    found |= {(event.at_ms, event.kind): event for one in clocks for event in one.clock.events}
    return sorted(found.values(), key=lambda event: event.at_ms)


def _frame(part: SlaPart, found: list[tuple[int, Event]], layout: tuple[Column, ...], extra: int) -> pl.DataFrame:
    rows = part.rows_of_issues()[np.array([place for place, _ in found], dtype=np.int64)]
    of_item = [taken(pl.Series(part.columns[one.name], dtype=pl.String), rows) for one in IDENTITY]
    number, name = (
        pl.Series([text]).new_from_index(0, len(found)) for text in (str(part.definition.pk), part.definition.name)
    )
    kinds = pl.Series([event.kind for _, event in found], dtype=pl.String)
    at = instants(np.array([event.at_ms for _, event in found], dtype=np.int64))
    shown = [taken(one.series(part.columns[one.column.name]), rows) for one in part.extra[:extra]]
    every = (*of_item, number, name, kinds, at, *shown)
    return pl.DataFrame([one.alias(column.name) for column, one in zip(layout, every, strict=True)])
