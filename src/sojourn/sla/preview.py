"""A draft of an SLA over real work items, before it is saved: what it shows, what it changes, what is doubtful."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet

from sojourn.core.sla.batch import NONE
from sojourn.core.sla.clock import State, Verdict
from sojourn.core.sla.parse import read_policy
from sojourn.core.sla.policy import Policy
from sojourn.errors import Refused
from sojourn.history.models import Issue, Site
from sojourn.history.seen import EVERYTHING
from sojourn.sla.counting import Counted, count, counted_by
from sojourn.sla.differences import Difference, compared, told
from sojourn.sla.lint import warnings
from sojourn.sla.models import Definition, Version
from sojourn.sla.resolve import other_slas, resolved
from sojourn.sla.rules import Rule, Ruled, calendars_of, in_force, in_order

MOST = 10_000
"""So many work items, the last ones stored, are looked at unless others are asked for."""

MOST_NAMED = 100
"""So many work items whose verdict changes are named."""

_BUCKETS = 11
"""Tenths of the goal, and more than all of it."""


@dataclass
class Preview:
    """What a draft shows of work items as of an instant.

    `goals` counts clocks by goal, state and verdict; `histogram` by tenths of the goal that are used up, the last entry
    by more than all of it, of clocks with a goal; `changes` are work items, by key, whose verdict is another than under
    the published version, at most MOST_NAMED of them.
    """

    as_of_ms: int
    looked_at: int = 0
    without_clock: int = 0
    goals: list[dict[str, Any]] = field(default_factory=list)
    histogram: list[int] = field(default_factory=lambda: [0] * _BUCKETS)
    difference: Difference | None = None
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "as_of_ms": self.as_of_ms,
            "looked_at": self.looked_at,
            "without_clock": self.without_clock,
            "goals": self.goals,
            "histogram": self.histogram,
            "difference": self.difference and self._changes(self.difference),
            "warnings": self.warnings,
        }

    def _changes(self, difference: Difference) -> dict[str, Any]:
        moves = [
            {"from": one, "to": other, "count": many} for (one, other), many in sorted(difference.verdicts.items())
        ]
        issues = [{"key": key, "from": one, "to": other} for key, one, other in self.changes]
        return {"summary": str(difference), "changed": difference.changed, "verdicts": moves, "issues": issues}


def preview(
    draft: Mapping[str, Any],
    as_of_ms: int,
    issues: QuerySet[Issue] | None = None,
    definition: Definition | None = None,
    sight: Q = EVERYTHING,
) -> Preview:
    """What a draft, a policy as JSON, shows of work items: the last MOST of those in sight where none are given.

    `definition` is the one it shall change: what people did to its clocks counts, and it is compared with its published
    version. Nothing is written. Errors: Refused and JqlError, at the place, where the draft is wrong.
    """
    policy = read_policy(draft)
    own = definition or Definition(pk=0)
    rule = Rule(Version(pk=0, definition=own, policy=dict(draft)), policy, calendars_of(policy))
    order = [*_others(policy, own), Ruled(own, [rule])]
    some = _chosen(issues, own, sight)
    found = Preview(as_of_ms)
    for place, goal in enumerate(policy.goals):
        found.goals.append({"goal": place, "name": goal.name, "jql": goal.jql, "clocks": []})
    counts: dict[tuple[int, int, int], int] = {}
    counted: list[Counted] = []
    for parts in counted_by(some, order, {own.pk}, as_of_ms, threads=2):
        for one in parts:
            counted.append(one)
            _add(one, found, counts)
    for (place, state, verdict), many in sorted(counts.items()):
        row = {"state": State(state).name, "verdict": Verdict(verdict).name, "count": many}
        found.goals[place]["clocks"].append(row)
    _compare(found, some, definition, counted, as_of_ms)
    for site in _sites(own, some):
        found.warnings += warnings(policy, resolved(policy, site, as_of_ms), site, rule.calendars, as_of_ms)
    found.warnings = list(dict.fromkeys(found.warnings))
    return found


def _others(policy: Policy, own: Definition) -> list[Ruled]:
    """The SLAs that the draft listens to, with those they listen to."""
    others = other_slas(policy)
    found = in_order(in_force(Definition.objects.filter(pk__in=others))) if others else []
    if own.pk in {one.definition.pk for one in found}:
        raise Refused("event", f"sla:{own.pk} would listen to itself")
    return found


def _chosen(issues: QuerySet[Issue] | None, own: Definition, sight: Q) -> QuerySet[Issue]:
    """The work items that are looked at: the last ones stored begin somewhere."""
    there = (Issue.objects.filter(deleted_ms=None) if issues is None else issues).filter(sight)
    there = there.filter(site=own.site_id) if own.site_id else there
    if issues is not None:
        return there
    first = there.order_by("-pk").values_list("pk", flat=True)[MOST - 1 : MOST].first()
    return there if first is None else there.filter(pk__gte=first)


def _sites(own: Definition, issues: QuerySet[Issue]) -> QuerySet[Site]:
    if own.site_id:
        return Site.objects.filter(pk=own.site_id)
    return Site.objects.filter(pk__in=issues.order_by().values("site").distinct()).order_by("pk")


def _add(one: Counted, into: Preview, counts: dict[tuple[int, int, int], int]) -> None:
    clocks = one.clocks
    into.looked_at += len(one.slice_issues)
    into.without_clock += len(one.slice_issues) - len(np.unique(clocks.item))
    kinds, many = np.unique(np.stack([clocks.goal, clocks.state, clocks.verdict]), axis=1, return_counts=True)
    for kind, number in zip(kinds.T.tolist(), many.tolist(), strict=True):
        key = (kind[0], kind[1], kind[2])
        counts[key] = counts.get(key, 0) + number
    percent = clocks.percent[clocks.percent != NONE]
    tenth = np.where(percent > 100, _BUCKETS - 1, np.minimum(percent // 10, _BUCKETS - 2))
    for place, number in enumerate(np.bincount(tenth, minlength=_BUCKETS).tolist()):
        into.histogram[place] += number


def _compare(
    found: Preview,
    issues: QuerySet[Issue],
    definition: Definition | None,
    counted: list[Counted],
    as_of_ms: int,
) -> None:
    if definition is None or definition.published is None:
        return
    found.difference = Difference()
    before = [one for parts in count(issues, [definition], as_of_ms, 2) for one in parts]
    compared(told(before), told(counted), found.difference, MOST_NAMED)
    found.difference.looked_at = found.looked_at
    keys = dict(Issue.objects.filter(pk__in=[one for one, *_ in found.difference.issues]).values_list("pk", "key"))
    found.changes = [(keys[issue], old, new) for issue, old, new in found.difference.issues]
