"""SLA breakdown: in which statuses and with whom the time of each clock was spent."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from sojourn.core.calendar import Calendar
from sojourn.core.measure import Measure
from sojourn.core.sla.batch import NONE
from sojourn.core.timeline import Int64Array, Stays, add_up, distinct, divided, intersection
from sojourn.history import read
from sojourn.history.models import Issue
from sojourn.jql.idset import OneOf
from sojourn.reports import columns, notes
from sojourn.reports.axis import Axis
from sojourn.reports.long import MS, timed
from sojourn.reports.parts import IDENTITY, axis_of, names_at, placed, stays_of
from sojourn.reports.request import Request
from sojourn.reports.sla_parts import SLA, SlaPart, instants, sla_parts
from sojourn.reports.table import Column, Table

_STATUS = (Column("status_id", "text"), Column("status", "text"))
_ASSIGNEE = (Column("assignee_id", "text"), Column("assignee", "text"))
_SAID = ("From the start of each clock to its end, or to now, pauses and the gaps between its cycles among it.",)


class _Spent(NamedTuple):
    """What a clock spent in a pair of status and assignee, all in one row."""

    clock: Int64Array
    status: Int64Array
    person: Int64Array
    worked: Int64Array
    elapsed: Int64Array


def sla_breakdown(request: Request) -> Table:
    """How long each clock's work item was in each status with each assignee, from its start to its end, ms.

    The rows of a clock sum exactly to the working time between the two under the calendar of its goal.
    """
    statuses, people = axis_of(request, "status"), axis_of(request, "assignee", only_used=False)
    own = (*SLA, Column("started", "instant"), *_STATUS, *_ASSIGNEE, *MS)
    cells = timed(request, (*IDENTITY, *own))
    extra = columns.find_all(request.columns, cells)
    layout = (*cells, *(one.column for one in extra))

    def frames() -> Iterator[pl.DataFrame]:
        for part in sla_parts(request, extra):
            spent = _spent(request, part, statuses, people)
            told = [one.gather(spent.clock) for one in (*part.identity(), *part.sla()[:2], instants(part.clocks.start))]
            told += [names_at(names, spent.status) for names in (statuses.keys, statuses.names)]
            told += [names_at(names, spent.person) for names in (people.keys, people.names)]
            told += [pl.Series(spent.worked), pl.Series(spent.elapsed)]
            told += [pl.Series(spent.worked)] if len(cells) > len((*IDENTITY, *own)) else []
            told += [one.gather(spent.clock) for one in part.shown()]
            yield pl.DataFrame([one.alias(column.name) for column, one in zip(layout, told, strict=True)])

    return Table(layout, notes.saying("sla-breakdown", request, _SAID), frames)


def _spent(request: Request, part: SlaPart, statuses: Axis, people: Axis) -> _Spent:
    pairs = _pairs(request, part.issues, statuses, people)
    found = part.clocks
    counts = np.bincount(pairs.item, minlength=len(part.issues))
    first = np.append(0, np.cumsum(counts))
    of_clock = counts[part.row]
    clock = np.repeat(np.arange(len(found)), of_clock)
    begin = np.repeat(np.append(0, np.cumsum(of_clock))[:-1], of_clock)
    stay = first[part.row][clock] + np.arange(len(clock)) - begin
    end = np.where(found.end == NONE, request.end_ms, found.end)
    entered = np.maximum(pairs.entered[stay], found.start[clock])
    left = np.minimum(pairs.left[stay], end[clock])
    inside = entered < left
    clock, stay, entered, left = (one[inside] for one in (clock, stay, entered, left))
    worked = _worked(part.calendars, found.calendar[clock], entered, left, request.end_ms)
    width = max(len(people), 1)
    size = max(len(statuses), 1) * width
    row, cell = distinct(clock * size + pairs.value[stay], len(found) * size)
    clock_of, pair = divided(row, size)
    status, person = divided(pair, width)
    amounts = (add_up(cell, len(row), one, "sum") for one in (worked, left - entered))
    return _Spent(clock_of, status, person, *amounts)


def _pairs(request: Request, issues: Int64Array, statuses: Axis, people: Axis) -> Stays:
    """The stays of these work items in pairs of status and assignee; their items are places in `issues`."""
    inside = Issue.objects.filter(OneOf(issues)).order_by("pk")
    whole = [
        intersection(
            stays_of(request, placed(statuses, batch.timelines), batch),
            stays_of(request, placed(people, batch.also["assignee"]), batch),
            len(people),
        )
        for batch in read.timelines(inside, "status", also=("assignee",))
    ]
    return whole[0]


def _worked(
    calendars: Sequence[Calendar], calendar: Int64Array, entered: Int64Array, left: Int64Array, end_ms: int
) -> Int64Array:
    """The working time of each stretch under its calendar."""
    worked = np.zeros(len(entered), dtype=np.int64)
    for number in np.unique(calendar).tolist():
        some = calendar == number
        working_time = Measure(calendars[number], end_ms).reaching(entered[some])
        worked[some] = working_time.elapsed(entered[some], left[some])
    return worked
