"""Status by assignee, and assignee by status: how long each work item was in each status with each assignee."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from sojourn.core.measure import Measure
from sojourn.core.timeline import Stays, add_up, distinct, divided, intersection, last_entries
from sojourn.history.read import Batch
from sojourn.reports import long
from sojourn.reports.axis import Axis
from sojourn.reports.by_value import IS_CURRENT, VISITS
from sojourn.reports.columns import IssueColumn
from sojourn.reports.long import MS, Rows
from sojourn.reports.parts import Part, axis_of, batches, names_at, now_of, placed, stays_of
from sojourn.reports.request import Request
from sojourn.reports.table import Column, Table

_STATUS = (Column("status_id", "text"), Column("status", "text"))
_ASSIGNEE = (Column("assignee_id", "text"), Column("assignee", "text"))
_REST = (*MS, VISITS, IS_CURRENT)


def status_by_assignee(request: Request) -> Table:
    """How long each work item was in each status, and of that with each assignee, ms (docs/semantics.md 9).

    A row a work item, status and assignee it had there. The rows sum exactly to the time in status and to the time per
    assignee. With `current` left out, that is the stay with the present status and the present assignee.
    """
    return _report("status-by-assignee", _Crossing.of(request), (*_STATUS, *_ASSIGNEE, *_REST))


def assignee_by_status(request: Request) -> Table:
    """How long each assignee had each work item, and of that in each status, ms: the same rows, assignees first."""
    return _report("assignee-by-status", _Crossing.of(request), (*_ASSIGNEE, *_STATUS, *_REST))


@dataclass(frozen=True, slots=True)
class _Crossing:
    """The two fields that are crossed; a pair is `status * len(people) + assignee`."""

    request: Request
    statuses: Axis
    people: Axis

    @classmethod
    def of(cls, request: Request) -> "_Crossing":
        return cls(request, axis_of(request, "status"), axis_of(request, "assignee", only_used=False))

    def parts(self, extra: tuple[IssueColumn, ...]) -> Iterator[Part]:
        """The batches with the stays in pairs that count."""
        measure = Measure(self.request.calendar, self.request.end_ms)
        for batch in batches(self.request, "status", extra, ("assignee",)):
            mine, found = self._stays(batch)
            yield Part(self.statuses, batch, extra, measure, self._counted(mine, found), now_of(found))

    def _stays(self, batch: Batch) -> tuple[Stays, Stays]:
        """The stays in statuses, and in pairs."""
        mine = stays_of(self.request, placed(self.statuses, batch.timelines), batch)
        theirs = stays_of(self.request, placed(self.people, batch.also["assignee"]), batch)
        return mine, intersection(mine, theirs, len(self.people))

    def _counted(self, mine: Stays, found: Stays) -> Stays:
        """The stays in pairs that count: before the last entry into done, and that are over, as the request says."""
        keep = np.ones(len(found), dtype=bool)
        if self.request.stop_on_done and found.carried is not None:
            keep &= found.carried < last_entries(mine, self.statuses.done[mine.value])[found.item]
        return found.where(keep & ~found.current if self.request.current == "exclude" else keep)


def _report(name: str, crossing: _Crossing, own: tuple[Column, ...]) -> Table:
    people, statuses = max(len(crossing.people), 1), max(len(crossing.statuses), 1)
    by_status = own[0] in _STATUS

    def rows(part: Part) -> Iterator[Rows]:
        stays, pairs = part.stays, people * statuses
        status, person = divided(stays.value, people)
        rank = stays.value if by_status else person * statuses + status
        row, cell = distinct(stays.item * pairs + rank, stays.items * pairs)
        item, rank = divided(row, pairs)
        status, person = divided(rank, people) if by_status else divided(rank, statuses)[::-1]
        is_current = part.now[item] == status * people + person
        visits = np.bincount(cell, weights=stays.entry, minlength=len(row)).astype(np.int64)
        times = (add_up(cell, len(row), amount, crossing.request.visits) for amount in (part.worked, stays.elapsed()))
        numbers = [pl.Series(series) for series in (*times, visits, is_current)]
        texts = [names_at(names, status) for names in (crossing.statuses.keys, crossing.statuses.names)]
        others = [names_at(names, person) for names in (crossing.people.keys, crossing.people.names)]
        yield item, (*texts, *others, *numbers) if by_status else (*others, *texts, *numbers)

    return long.table(name, crossing.request, crossing.statuses, own, crossing.parts, rows)
