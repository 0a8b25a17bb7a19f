"""Which parts of a scope's and of goals' queries one work item met, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sojourn.core.sla.policy import Policy
from sojourn.core.timeline import Timelines
from sojourn.history.models import Issue
from sojourn.jql import parse
from sojourn.jql.asking import Asking
from sojourn.jql.ast import And
from sojourn.jql.steps import course
from sojourn.sla.gather import gathered
from sojourn.sla.resolve import resolved

Met = list[tuple[str, bool]]
"""The parts of a query, each of which has to hold, and whether it did."""


@dataclass(frozen=True)
class Matching:
    """The parts of the queries of a policy, and from when until when the work item met each."""

    parts: Sequence[Sequence[tuple[str, Timelines]]]

    def scope(self, at_ms: int) -> Met:
        """Of the scope, at an instant."""
        return self._met(0, at_ms)

    def goal(self, place: int, at_ms: int) -> Met:
        """Of a goal, at an instant."""
        return self._met(place + 1, at_ms)

    def _met(self, place: int, at_ms: int) -> Met:
        return [(text, _holds(steps, at_ms)) for text, steps in self.parts[place]]


def _holds(steps: Timelines, at_ms: int) -> bool:
    held = steps.value[steps.at <= at_ms]
    return bool(len(held)) and bool(held[-1])


def matching(issue: Issue, policy: Policy, as_of_ms: int) -> Matching:
    """When a work item met which parts. Errors: JqlError where a query means nothing."""
    asking = Asking(as_of_ms, sites=(issue.site.name,), is_lenient=True)
    texts = [_parts(text) for text in (policy.scope, *(goal.jql for goal in policy.goals))]
    courses = tuple(course(part, asking) for parts in texts for part in parts)
    bare = replace(policy, scope="", goals=tuple(replace(goal, jql="") for goal in policy.goals))
    asked = replace(resolved(bare, issue.site, as_of_ms), goals=courses)
    found = [
        steps
        for some in gathered(Issue.objects.filter(pk=issue.pk), issue.site, {0: asked}, as_of_ms)
        for steps in some.courses(0, asked)
    ]
    steps = iter(found)
    return Matching([[(part, next(steps)) for part in parts] for parts in texts])


def _parts(text: str) -> list[str]:
    where = parse(text).where
    if where is None:
        return []
    return [str(part) for part in (where.clauses if isinstance(where, And) else (where,))]
