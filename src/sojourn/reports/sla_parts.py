"""The clocks of the work items of a request, a batch and an SLA at a time: what the reports on SLAs have in common."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from sojourn.core.calendar import Calendar
from sojourn.core.duration_parse import parse_duration
from sojourn.core.sla.batch import NONE
from sojourn.core.sla.clock import State, Verdict
from sojourn.core.sla.columns import Clocks
from sojourn.core.sla.policy import Policy
from sojourn.core.timeline import BoolArray, Int64Array
from sojourn.errors import Refused
from sojourn.history.models import Issue
from sojourn.jql.idset import OneOf
from sojourn.reports.columns import IssueColumn
from sojourn.reports.flow import nullable
from sojourn.reports.items import chosen
from sojourn.reports.options import range_of
from sojourn.reports.parts import IDENTITY, names_at, taken
from sojourn.reports.request import Range, Request
from sojourn.reports.table import TYPES, Column
from sojourn.sla.counting import Counted, count, count_cycles
from sojourn.sla.definitions import called
from sojourn.sla.models import Definition
from sojourn.sla.rules import in_force

SLA = (Column("sla_id", "text"), Column("sla", "text"))
GOAL = Column("goal", "text")
STATES = {
    State.NOT_STARTED: "not started",
    State.RUNNING: "running",
    State.PAUSED: "paused",
    State.FINISHED: "finished",
}
VERDICTS = {Verdict.STILL: "open", Verdict.SUCCESS: "met", Verdict.EXCEED: "breached"}


@dataclass(frozen=True)
class SlaPart:
    """The clocks of one SLA on some work items, and what the store says of these.

    `issues` are the numbers of the work items in the store, and `row` the place among them of the one of each clock.
    """

    counted: Counted
    clocks: Clocks
    row: Int64Array
    issues: Int64Array
    columns: dict[str, tuple[Any, ...]]
    extra: tuple[IssueColumn, ...]

    @classmethod
    def of(cls, counted: Counted, columns: dict[str, tuple[Any, ...]], extra: tuple[IssueColumn, ...]) -> "SlaPart":
        """All clocks of a count."""
        row = np.searchsorted(counted.slice_issues, counted.issues)[counted.clocks.item]
        return cls(counted, counted.clocks, row, counted.slice_issues, columns, extra)

    def rows_of_issues(self) -> Int64Array:
        """The place among `issues` of each work item that the SLA's version decides for."""
        return np.searchsorted(self.counted.slice_issues, self.counted.issues)

    @property
    def definition(self) -> Definition:
        """The SLA."""
        return self.counted.definition

    @property
    def calendars(self) -> list[Calendar]:
        """The calendars that the numbers of calendars mean."""
        return [self.counted.rule.calendars[name] for name in self.counted.rule.names]

    @property
    def goals(self) -> tuple[str, ...]:
        """What the goals are called."""
        return goals_of(self.counted.rule.policy)

    def where(self, keep: BoolArray) -> "SlaPart":
        """The same with some of the clocks."""
        kept = Clocks(*(getattr(self.clocks, one.name)[keep] for one in fields(Clocks)))
        return replace(self, clocks=kept, row=self.row[keep])

    def identity(self) -> list[pl.Series]:
        """Key and id of the work item of each clock."""
        return [taken(pl.Series(self.columns[one.name], dtype=pl.String), self.row) for one in IDENTITY]

    def shown(self) -> list[pl.Series]:
        """The columns of the work item that were asked for, of each clock."""
        return [taken(one.series(self.columns[one.column.name]), self.row) for one in self.extra]

    def sla(self) -> list[pl.Series]:
        """Number and name of the SLA, and the name of the goal, of each clock."""
        count = len(self.clocks)
        number = pl.Series([str(self.definition.pk)]).new_from_index(0, count)
        name = pl.Series([self.definition.name], dtype=pl.String).new_from_index(0, count)
        return [number, name, names_at(self.goals, self.clocks.goal)]


def goals_of(policy: Policy) -> tuple[str, ...]:
    """What the goals of an SLA are called: by number where they have no name."""
    return tuple(goal.name or f"Goal {number}" for number, goal in enumerate(policy.goals, 1))


def wanted(request: Request) -> list[Definition]:
    """The SLAs that a request names by number or name, all that are in force where it names none.

    Raises Refused where there is none of that number or name.
    """
    there = in_force()
    names = request.own.get("sla", ())
    found: dict[int, Definition] = {}
    for name in names:
        matching = called(name, there)
        if not matching:
            known = ", ".join(f"{one.pk} {one.name}" for one in there) or "none yet"
            raise Refused("sla", f"there is no SLA {name!r:.60} in force; there are: {known}")
        found |= {one.pk: one for one in matching}
    return list(found.values()) if names else there


def sla_parts(request: Request, extra: tuple[IssueColumn, ...] = (), *, each: bool = False) -> Iterator[SlaPart]:
    """The clocks of the SLAs of a request as of its moment, only those that its options leave.

    With `each` every cycle is a clock of its own, whatever the cycle rule.
    """
    within = range_of(request.one("deadline"), ZoneInfo(request.calendar.tz), "deadline")
    counted = count_cycles if each else count
    for some in counted(chosen(request), wanted(request), request.end_ms):
        columns = _columns(some[0].slice_issues, extra) if some else {}
        for one in some:
            part = SlaPart.of(one, columns, extra)
            yield part.where(_asked_for(request, part) & _due_within(within, one.clocks.deadline))


def _asked_for(request: Request, part: SlaPart) -> BoolArray:
    found = part.clocks
    keep = np.ones(len(found), dtype=bool)
    goals = {name.casefold() for name in request.own.get("goal", ())}
    if goals:
        keep &= np.isin(found.goal, [place for place, goal in enumerate(part.goals) if goal.casefold() in goals])
    if request.one("remaining"):
        most = np.array([_most_left(request.one("remaining"), one) for one in part.calendars], dtype=np.int64)
        keep &= (found.remaining != NONE) & (found.remaining <= most[found.calendar])
        keep &= found.verdict == Verdict.STILL
    for option, names, column in (("state", STATES, found.state), ("verdict", VERDICTS, found.verdict)):
        asked = request.own.get(option, ())
        if asked:
            keep &= np.isin(column, [int(number) for number, name in names.items() if name in asked])
    return keep


def _most_left(text: str, calendar: Calendar) -> int:
    """A duration in ms, of which a day is the calendar's business day."""
    return parse_duration(text, day_ms=calendar.business_day_ms, week_ms=calendar.business_week_ms, path="remaining")


def _due_within(wanted: Range, deadline: Int64Array) -> BoolArray:
    keep = np.ones(len(deadline), dtype=bool)
    if wanted.from_ms is not None:
        keep &= deadline >= wanted.from_ms
    if wanted.to_ms is not None:
        keep &= (deadline < wanted.to_ms) & (deadline != NONE)
    return keep


def _columns(issues: Int64Array, extra: Sequence[IssueColumn]) -> dict[str, tuple[Any, ...]]:
    """What the store says of these work items, which are in order of their numbers."""
    labels = [*(one.name for one in IDENTITY), *(one.column.name for one in extra)]
    there = Issue.objects.filter(OneOf(issues)).order_by("pk")
    rows = list(there.values_list("key", "jira_id", *(one.expression for one in extra)))
    return dict(zip(labels, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(labels, ())


def instants(at: Int64Array) -> pl.Series:
    """Instants as a column; null for what is not there."""
    return numbers(at).cast(TYPES["instant"])


def numbers(found: Int64Array) -> pl.Series:
    """Numbers as a column; null for what is not there."""
    return nullable(found, found != NONE)
