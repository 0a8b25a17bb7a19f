"""Why a clock shows what it shows: what fired when and by which rule, what changed nothing, and the arithmetic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sojourn.core.calendar import Calendar
from sojourn.core.instants import utc_text
from sojourn.core.sla.clock import Clock, Cycle, Event, Extension, Item, Reset
from sojourn.core.sla.conditions import Leaf
from sojourn.core.sla.due import next_of_clock
from sojourn.core.sla.firing import fires, instants, value_at
from sojourn.core.sla.mapped import all_leaves
from sojourn.core.sla.reading import Stretch
from sojourn.core.sla.reference import Told, retold
from sojourn.core.sla.target import Chosen
from sojourn.errors import UserError
from sojourn.history.models import Issue
from sojourn.sla.counting import Counted, count
from sojourn.sla.fields import names_of
from sojourn.sla.matching import Matching, matching
from sojourn.sla.models import Definition
from sojourn.sla.wording import Names, leaf_told, told


@dataclass(frozen=True)
class Explanation:
    """All about one work item and one SLA as of an instant, as JSON; the rest is what a picture shows."""

    json: dict[str, Any]
    clocks: Sequence[Clock]
    spans: Sequence[Sequence[Stretch]]
    calendars: Mapping[str, Calendar]


def explain(issue: Issue, definition: Definition, as_of_ms: int) -> Explanation:
    """Why an SLA shows of a work item what it shows. Errors: UserError where it does not count; as of `count`."""
    counted = _counted(issue, definition, as_of_ms)
    item, policy, calendars = counted.batch.item(0), counted.ready.policy, counted.rule.calendars
    cycles, clocks = retold(policy, item, calendars, as_of_ms)
    reader = _Reader(issue, counted, item, as_of_ms, matching(issue, counted.rule.policy, as_of_ms))
    version = counted.rule.version
    spans = [_split(one) for one in clocks]
    found = {
        "issue": issue.key,
        "sla": {"id": definition.pk, "name": definition.name, "version": version.number},
        "as_of_ms": as_of_ms,
        "state": clocks[-1].clock.state.name if clocks else "NOT_STARTED",
        "why_not_started": [] if clocks else list(reader.why_not_started(cycles)),
        "clocks": [reader.clock(one, parts) for one, parts in zip(clocks, spans, strict=True)],
        "cycles": [
            {
                "start_ms": one.start_ms,
                "end_ms": one.end_ms,
                "void": one.void,
                "events": [reader.event(event) for event in one.events],
            }
            for one in cycles
        ],
        "changed_nothing": list(reader.changed_nothing(cycles)),
        "by_hand": [reader.cause(done) for done in (*item.by_hand.resets, *item.by_hand.extensions)],
        "warnings": list(counted.ready.warnings),
    }
    return Explanation(found, [one.clock for one in clocks], spans, calendars)


def _counted(issue: Issue, definition: Definition, as_of_ms: int) -> Counted:
    parts = [one for some in count(Issue.objects.filter(pk=issue.pk), [definition], as_of_ms) for one in some]
    if not parts:
        raise UserError(f"SLA {definition.pk} counts nothing of {issue.key}: it is not published, or for another site.")
    return next((one for one in parts if len(one.issues)), parts[0])


def _split(one: Told) -> list[Stretch]:
    """The stretches, joined where they count alike, cut at the deadline: from there on all time counts."""
    clock = one.clock
    found: list[Stretch] = []
    for part in one.stretches:
        if found and found[-1].mode == part.mode:
            found[-1] = found[-1]._replace(end_ms=part.end_ms)
        else:
            found.append(part)
    cut_ms = clock.deadline_ms
    if cut_ms is None:
        return found
    return [
        piece
        for part in found
        for piece in (
            part._replace(end_ms=min(part.end_ms, cut_ms)),
            part._replace(begin_ms=max(part.begin_ms, cut_ms)),
        )
        if piece.begin_ms < piece.end_ms
    ]


class _Reader:
    """Puts what happened to one work item into words."""

    def __init__(self, issue: Issue, counted: Counted, item: Item, as_of_ms: int, matches: Matching) -> None:
        self._counted, self._item, self._as_of_ms, self._matches = counted, item, as_of_ms, matches
        said = zip(all_leaves(counted.ready.policy), all_leaves(counted.rule.policy), strict=True)
        self._said: dict[Leaf, Leaf] = dict(said)
        self._names: Names = names_of(issue.site, counted.rule.policy, item)

    def clock(self, one: Told, spans: Sequence[Stretch]) -> dict[str, Any]:
        """What a clock shows, its goal, and how its times add up."""
        clock, policy = one.clock, self._counted.ready.policy
        return {
            "start_ms": clock.start_ms,
            "end_ms": clock.end_ms,
            "state": clock.state.name,
            "verdict": clock.verdict.name,
            "critical": clock.critical,
            "percent": clock.percent,
            "goal_ms": clock.goal_ms,
            "deadline_ms": clock.deadline_ms,
            "calendar": clock.calendar,
            "tz": self._counted.rule.calendars[clock.calendar].tz,
            "working_ms": _times(clock.working),
            "calendar_ms": _times(clock.wall),
            "next_ms": next_of_clock(clock, policy, self._counted.rule.calendars, self._as_of_ms),
            "goals": self._goals(one),
            "intervals": list(self._intervals(clock, spans)),
            "events": [self.event(event) for event in clock.events],
        }

    def _goals(self, one: Told) -> list[dict[str, Any]]:
        """The goal rows in order: the one that was taken, and what those above it failed."""
        at_ms, taken = one.decisions[-1].at_ms, one.clock.goal
        rows = []
        for place, goal in enumerate(self._counted.rule.policy.goals):
            failed = [part for part, holds in self._matches.goal(place, at_ms) if not holds] if place < taken else []
            row = {"goal": place, "name": goal.name, "jql": goal.jql, "taken": place == taken, "failed": failed}
            rows.append({**row, "as_of_ms": at_ms})
        return rows

    def _intervals(self, clock: Clock, spans: Sequence[Stretch]) -> Iterator[dict[str, Any]]:
        """Each with its working time as a difference of the calendar's count from the clock's start on."""
        calendar, total = self._counted.rule.calendars[clock.calendar], 0
        for part in spans:
            before, after = (calendar.elapsed(clock.start_ms, at_ms) for at_ms in (part.begin_ms, part.end_ms))
            late = clock.deadline_ms is not None and part.begin_ms >= clock.deadline_ms and part.mode != "gap"
            counts_as = "overdue" if late else part.mode
            total += after - before if counts_as in ("running", "overdue") else 0
            yield {
                "begin_ms": part.begin_ms,
                "end_ms": part.end_ms,
                "counts_as": counts_as,
                "calendar": clock.calendar,
                "worked_at_begin_ms": before,
                "worked_at_end_ms": after,
                "working_ms": after - before,
                "calendar_ms": part.end_ms - part.begin_ms,
                "elapsed_so_far_ms": total,
            }

    def event(self, event: Event) -> dict[str, Any]:
        """What happened, and which rules or whom it was by, with what the fields held then."""
        return {
            "at_ms": event.at_ms,
            "kind": event.kind,
            "by": [self.cause(one, event.at_ms) for one in event.causes if not isinstance(one, Chosen)],
        }

    def cause(self, one: object, at_ms: int = 0) -> dict[str, Any]:
        """A rule that fired, or what a person did."""
        if isinstance(one, Reset | Extension):
            what = "reset" if isinstance(one, Reset) else "extension"
            return {"rule": what, "who": one.who, "why": one.why, "made_ms": one.made_ms, "undone_ms": one.undone_ms}
        leaf = self._said.get(one, one)  # type: ignore[call-overload]
        found: dict[str, Any] = {"rule": leaf_told(leaf, self._names)}
        field = getattr(leaf, "field", None)
        if field is not None:
            found["value"] = self._shown(field, at_ms)
        return found

    def _shown(self, field: str, at_ms: int) -> str | None:
        day = value_at(self._item.dates.get(field, ()), at_ms, None)
        if day is not None:
            return utc_text(day)
        held = value_at(self._item.fields.get(field, ()), at_ms, None)
        return None if held is None else self._names.get((field, held), held)

    def changed_nothing(self, cycles: Sequence[Cycle]) -> Iterator[dict[str, Any]]:
        """What changed about the work item, and nothing about the clock."""
        told_of = {event.at_ms for one in cycles for event in one.events}
        found = []
        for field, steps in self._item.fields.items():
            for (_, old), (at_ms, new) in pairwise(steps):
                if at_ms <= self._as_of_ms and at_ms not in told_of:
                    sides = [None if one is None else self._names.get((field, one), one) for one in (old, new)]
                    found.append({"at_ms": at_ms, "field": field, "from": sides[0], "to": sides[1]})
        for stream, events in self._item.events.items():
            found += [
                {"at_ms": at_ms, "field": stream, "from": None, "to": kind}
                for at_ms, kind in events
                if at_ms <= self._as_of_ms and at_ms not in told_of
            ]
        yield from sorted(found, key=lambda one: (one["at_ms"], one["field"]))

    def why_not_started(self, cycles: Sequence[Cycle]) -> Iterator[str]:
        """In sentences, for each instant at which it would have started."""
        policy = self._counted.ready.policy
        for one in cycles:
            ended = one.events[-1]
            yield f"it began at {utc_text(one.start_ms)} and was void by a {ended.kind} at {utc_text(ended.at_ms)}"
        begun = {one.start_ms for one in cycles}
        fired = [at_ms for at_ms in instants(self._item, self._as_of_ms) if fires(policy.start, self._item, at_ms)]
        for at_ms in fired:
            if at_ms in begun:
                continue
            failed = [part for part, holds in self._matches.scope(at_ms) if not holds]
            when = f"it would have started at {utc_text(at_ms)}, but"
            if failed:
                yield f"{when} the scope did not hold: {' and '.join(failed)}"
            elif value_at(self._item.goal or [(at_ms, 0)], at_ms, None) is None:
                yield f"{when} no goal matched"
            else:
                yield f"{when} it was stopped, reset or cancelled at that instant, or not published for that cycle"
        if not fired:
            yield f"nothing started it: {told(self._counted.rule.policy.start)}"


def _times(times: Any) -> dict[str, int | None]:
    return {name: getattr(times, name) for name in ("elapsed", "paused", "remaining", "overdue")}
