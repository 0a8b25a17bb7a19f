"""From the store to the columns that policies are replayed on: one read for all definitions of a run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import BooleanField, Case, Q, QuerySet, When
from django.db.models import Value as Constant

from sojourn.core.sla.batch import NO_GOAL, Batch, Coded
from sojourn.core.sla.clock import ByHand
from sojourn.core.sla.grid import Grid
from sojourn.core.timeline import NO_END, BoolArray, Int64Array, Timelines
from sojourn.history import read
from sojourn.history.models import Issue, Site
from sojourn.history.packing import EMPTY
from sojourn.jql.steps import Course, Rows
from sojourn.sla.fields import Fields
from sojourn.sla.resolve import COMMENT, PUBLIC, Resolved

_INTERNAL = "internal"
_KINDS = (*PUBLIC, _INTERNAL)
_COMMENTS: dict[str | None, int] = {kind: number for number, kind in enumerate(_KINDS)}


@dataclass(frozen=True)
class Slice:
    """Some work items of a site with all that the policies of a run ask for; `issues` are their store numbers."""

    issues: Int64Array
    created: Int64Array
    fields: Mapping[str, Coded]
    dates: Mapping[str, Timelines]
    comments: Coded | None
    lines: Mapping[str, Timelines]
    facts: Mapping[int, list[BoolArray]]

    def batch(
        self, key: int, resolved: Resolved, by_hand: Mapping[int, ByHand], streams: Mapping[str, Coded] | None = None
    ) -> Batch:
        """The columns of one policy of the run, known there as `key`.

        `by_hand` is by the work item's number; `streams` are the events of other SLAs, for these work items.
        """
        places = {issue: place for place, issue in enumerate(self.issues.tolist()) if issue in by_hand}
        events = {COMMENT: self.comments} if self.comments else {}
        facts, scope, goal = self.facts[key], None, None
        if resolved.scope is not None:
            own = len(resolved.scope.facts)
            scope = resolved.scope.over(self.created, self.lines, facts[:own])
            facts = facts[own:]
        if resolved.goals:
            goal = self._goal(resolved.goals, facts)
        return Batch(
            self.created,
            self.fields,
            self.dates,
            {**events, **(streams or {})},
            goal,
            scope,
            {place: by_hand[issue] for issue, place in places.items()},
        )

    def courses(self, key: int, resolved: Resolved) -> list[Timelines]:
        """From when until when each work item meets the scope, and then each goal, of a policy of the run."""
        found, begin = [], 0
        for one in resolved.courses:
            end = begin + len(one.facts)
            found.append(one.over(self.created, self.lines, self.facts[key][begin:end]))
            begin = end
        return found

    def _goal(self, goals: tuple[Course, ...], facts: list[BoolArray]) -> Timelines:
        """The place of the first goal that matches at each instant (docs/semantics.md 23)."""
        asked = dict.fromkeys(key for one in goals for key in one.fields)
        rows = Rows(self.created, {key: self.lines[key] for key in asked})
        found = np.full(len(rows.grid), NO_GOAL, dtype=np.int64)
        begin = 0
        for place, one in enumerate(goals):
            end = begin + len(one.facts)
            found[one.holds(rows.knowing(facts[begin:end])) & (found == NO_GOAL)] = place
            begin = end
        return rows.steps(found)


def gathered(issues: QuerySet[Issue], site: Site, policies: Mapping[int, Resolved], as_of_ms: int) -> Iterator[Slice]:
    """The work items of a site that were not gone at an instant, slice by slice. Each timeline is read once."""
    there = Q(deleted_ms=None) | Q(deleted_ms__gt=as_of_ms)
    yield from _Gathering(site, policies).slices(issues.filter(there, site=site))


class _Gathering:
    """What a run needs, and how it is read."""

    def __init__(self, site: Site, policies: Mapping[int, Resolved]) -> None:
        self.fields = Fields(site)
        self.asked = self._there(set().union(*(one.fields for one in policies.values())))
        self.dated = self._there(set().union(*(one.dates for one in policies.values())))
        self.comments = any(one.needs_comments for one in policies.values())
        self.courses = {key for one in policies.values() for part in one.courses for key in part.fields}
        self.facts = {
            f"fact {key} {place}": Case(When(fact, then=Constant(value=True)), default=False, output_field=_BOOLEAN)
            for key, one in policies.items()
            for place, fact in enumerate(fact for part in one.courses for fact in part.facts)
        }
        self.keys = list(policies)

    def _there(self, keys: set[str]) -> list[str]:
        return sorted(key for key in keys if self.fields.exists(key))

    def slices(self, issues: QuerySet[Issue]) -> Iterator[Slice]:
        kept = {key: self.fields.plain(key) for key in (*self.asked, *self.dated) if self.fields.is_kept(key)}
        now = {key for key in (*self.asked, *self.dated) if key not in kept}
        wanted = dict.fromkeys([*([COMMENT, "reporter"] if self.comments else ()), *kept.values(), *self.courses])
        first, *also = wanted or ["status"]
        expressions = {**self.facts, **{f"now {key}": self.fields.expression(key) for key in now}}
        reading = read.timelines(
            issues, first, ["pk", "created_ms"], expressions, also, authors=self.comments and first == COMMENT
        )
        for batch in reading:
            yield self._slice(batch, {first: batch.timelines, **batch.also}, kept)

    def _slice(self, batch: read.Batch, lines: Mapping[str, Timelines], kept: Mapping[str, str]) -> Slice:
        columns = batch.columns
        created = np.array(columns["created_ms"], dtype=np.int64)
        fields = {
            key: self.fields.coded(key, lines[kept[key]])
            if key in kept
            else self.fields.coded_now(key, created, columns[f"now {key}"])
            for key in self.asked
        }
        dates = {
            key: self.fields.dates(key, lines[kept[key]])
            if key in kept
            else self.fields.dates_now(created, columns[f"now {key}"])
            for key in self.dated
        }
        return Slice(
            np.array(columns["pk"], dtype=np.int64),
            created,
            fields,
            dates,
            self._comments(created, lines[COMMENT], lines["reporter"]) if self.comments else None,
            lines,
            {key: self._facts(key, columns) for key in self.keys},
        )

    def _facts(self, key: int, columns: Mapping[str, tuple[Any, ...]]) -> list[BoolArray]:
        names = [name for name in self.facts if name.startswith(f"fact {key} ")]
        return [np.array(columns[name], dtype=bool) for name in names]

    def _comments(self, created: Int64Array, lines: Timelines, reporter: Timelines) -> Coded:
        """The comments by who wrote them: of public ones whether the reporter of that time, somebody else or nobody."""
        author = lines.carried if lines.carried is not None else np.zeros_like(lines.value)
        grid = Grid(created, {"comment": lines, "reporter": reporter}, {}, NO_END)
        held = grid.held(grid.steps["reporter"], reporter.value, EMPTY)
        row = grid.steps["comment"].row
        then = held if row is None else held[row]
        is_public = np.isin(lines.value, list(self.fields.comment_kinds))
        by = np.where(author == EMPTY, _COMMENTS["unknown"], _COMMENTS["agent"])
        by = np.where((author == then) & (author != EMPTY), _COMMENTS["customer"], by)
        kind = np.where(is_public, by, _COMMENTS[_INTERNAL])
        there = lines.value != EMPTY  # a work item without comments has an entry that says so
        before = np.append(0, np.cumsum(there))
        return Coded(Timelines(lines.at[there], kind[there], before[lines.offsets]), _COMMENTS)


_BOOLEAN = BooleanField()
