"""A policy made ready for one site: its JQL read, its ids those of whole values, its fields known.

What a policy says in the words of people is said here in those of the store. A condition on a field with several
values, such as fix versions, holds where one of them is among them; `public` comments are those by anybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson

from sojourn.core.sla.conditions import Changed, Entered, Happened, Is, Leaf, Left, Reached
from sojourn.core.sla.mapped import all_leaves, mapped
from sojourn.core.sla.policy import BUSINESS_END, DynamicDuration, Goal, NegotiationDate, Policy
from sojourn.errors import Refused
from sojourn.history.models import Issue, Site
from sojourn.jql import JqlError
from sojourn.jql.asking import Asking
from sojourn.jql.steps import Course, course
from sojourn.sla.fields import Fields, named

COMMENT = "comment"
OTHER_SLA = "sla:"
PUBLIC = ("customer", "agent", "unknown")
"""Who wrote a public comment: the reporter of that time, somebody else, or nobody known."""


@dataclass(frozen=True)
class Resolved:
    """A policy as the core takes it, the courses of its scope and goals, and what is doubtful about it.

    `goals` is empty where the first goal matches all.
    """

    policy: Policy
    scope: Course | None
    goals: tuple[Course, ...]
    fields: frozenset[str]
    dates: frozenset[str]
    warnings: tuple[str, ...]

    @property
    def courses(self) -> list[Course]:
        """Those of the scope and the goals."""
        return [*([self.scope] if self.scope else []), *self.goals]

    @property
    def needs_comments(self) -> bool:
        """Whether some condition asks for comments."""
        return any(isinstance(leaf, Happened) and leaf.stream == COMMENT for leaf in all_leaves(self.policy))

    @property
    def others(self) -> set[int]:
        """The ids of the SLAs whose events it listens to."""
        return other_slas(self.policy)


def other_slas(policy: Policy) -> set[int]:
    """The ids of the SLAs whose events a policy listens to; raises Refused for a stream that is none."""
    found = set()
    for leaf in all_leaves(policy):
        if isinstance(leaf, Happened) and leaf.stream != COMMENT:
            number = leaf.stream.removeprefix(OTHER_SLA)
            if number == leaf.stream or not number.isdecimal():
                raise Refused("event", f"comment, or sla: with the id of an SLA, not {leaf.stream!r:.60}")
            found.add(int(number))
    return found


def resolved(policy: Policy, site: Site, as_of_ms: int, tz: str = "UTC") -> Resolved:
    """The policy as it is for the work items of a site; raises JqlError or Refused where it means nothing there."""
    asking = Asking(as_of_ms, tz, sites=(site.name,), is_lenient=True)
    issues = Issue.objects.filter(site=site, deleted_ms=None)

    def read(text: str, place: str) -> Course:
        try:
            return course(text, asking, issues)
        except JqlError as error:
            error.path = place
            raise

    scope = read(policy.scope, "scope") if policy.scope.strip() else None
    goals: tuple[Course, ...] = ()
    if policy.goals[0].jql.strip():
        goals = tuple(read(goal.jql, f"goals[{place}].jql") for place, goal in enumerate(policy.goals))
    fields = Fields(site)
    asked = set(_fields(policy)) | _dates(policy)
    told = [warning.message for one in ([scope] if scope else []) + list(goals) for warning in one.warnings]
    warnings = [*told, *(problem for key in sorted(asked) if (problem := fields.doubt(key)))]
    ready = mapped(policy, lambda leaf: _in_words_of_the_store(leaf, fields))
    ready = replace(ready, goals=tuple(_goal(goal, fields) for goal in policy.goals))
    return Resolved(
        ready,
        scope,
        goals,
        frozenset(_fields(ready)),
        frozenset(_dates(ready)),
        tuple(dict.fromkeys(warnings)),
    )


def _fields(policy: Policy) -> Iterable[str]:
    """The fields whose values a policy asks for."""
    for leaf in all_leaves(policy):
        if isinstance(leaf, Is | Entered | Left | Changed):
            yield leaf.field
    for goal in policy.goals:
        if goal.calendar_field:
            yield goal.calendar_field
        if isinstance(goal.target, DynamicDuration):
            yield goal.target.field


def _dates(policy: Policy) -> set[str]:
    """The fields whose dates a policy asks for."""
    goals = {goal.target.field for goal in policy.goals if isinstance(goal.target, NegotiationDate)}
    return goals | {leaf.field for leaf in all_leaves(policy) if isinstance(leaf, Reached)}


def _in_words_of_the_store(leaf: Leaf, fields: Fields) -> Leaf:
    match leaf:
        case Is(field, values) | Entered(field, values) | Left(field, values):
            return replace(leaf, values=_whole(fields, field, values))
        case Changed(field, before, after):
            sides = [None if ids is None else _whole(fields, field, ids) for ids in (before, after)]
            return Changed(field, *sides)
        case Happened("comment", kinds) if "public" in kinds:
            return replace(leaf, kinds=kinds - {"public"} | set(PUBLIC))
    return leaf


def _whole(fields: Fields, field: str, ids: frozenset[str | None]) -> frozenset[str | None]:
    """The ids of the values of a field that hold one of these: of a set, the sets that have it as a member."""
    sets = fields.sets(field)
    wanted = {orjson.dumps(one).decode() for one in ids if one is not None}
    return ids | {key for key in sets if wanted & {orjson.dumps(str(part)).decode() for part in orjson.loads(key)}}


def _goal(goal: Goal, fields: Fields) -> Goal:
    """Calendars and durations are named in fields, not numbered; a field of dates without times means ends of days."""
    target = goal.target
    if isinstance(target, DynamicDuration):
        target = replace(target, field=named(target.field))
    elif isinstance(target, NegotiationDate) and target.day_end is None and fields.has_days(target.field):
        target = replace(target, day_end=BUSINESS_END)
    return replace(goal, target=target, calendar_field=named(goal.calendar_field) if goal.calendar_field else None)
