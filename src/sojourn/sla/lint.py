"""What is doubtful about a policy before it is published: each warning names the place and what would be right."""

import re
from collections.abc import Iterator, Mapping

from sojourn.core.calendar import Calendar
from sojourn.core.calendar.rules import DAY
from sojourn.core.sla.conditions import All, Any, Condition, Entered, Is, Leaf, leaves
from sojourn.core.sla.mapped import PARTS
from sojourn.core.sla.policy import Duration, Policy
from sojourn.history.models import Site, Value
from sojourn.sla.resolve import Resolved
from sojourn.sla.wording import told

_DAYS = re.compile(r"\d\s*[wd]", re.IGNORECASE)
_YEAR = 366 * DAY


def warnings(
    policy: Policy, ready: Resolved, site: Site, calendars: Mapping[str, Calendar], as_of_ms: int
) -> list[str]:
    """All that is doubtful about a policy for the work items of a site, each once."""
    found = [
        *_start_and_stop(policy),
        *_pause(policy),
        *_statuses(policy, site),
        *_shadowed(policy),
        *_hours(policy, calendars, as_of_ms),
        *ready.warnings,
    ]
    return list(dict.fromkeys(found))


def _start_and_stop(policy: Policy) -> Iterator[str]:
    if policy.start == policy.stop:
        yield "start and stop are the same: every clock ends as it begins; let stop say something else"
        return
    for one in _parts(policy.start):
        if any(_within(one, other) for other in _parts(policy.stop)):
            yield f"start: {told(one)} also stops the clock, so no clock that begins so ever runs; take it out of stop"


def _parts(condition: Condition) -> list[Condition]:
    """The conditions each of which is enough."""
    return [part for one in condition.parts for part in _parts(one)] if isinstance(condition, Any) else [condition]


def _within(one: Condition, other: Condition) -> bool:
    """Whether what the one begins with is among what the other begins with."""
    if one == other:
        return True
    if isinstance(one, All):
        return any(_within(part, other) for part in one.parts)
    begun = [part for part in (one, other) if isinstance(part, Entered) or (isinstance(part, Is) and not part.negated)]
    return len(begun) == 2 and begun[0].field == begun[1].field and begun[0].values <= begun[1].values


def _pause(policy: Policy) -> Iterator[str]:
    """A pause in statuses that stop the clock never happens."""
    stops = [part for part in _parts(policy.stop) if isinstance(part, Entered)]
    for one in _parts(policy.pause):
        if not isinstance(one, Is) or one.negated:
            continue
        if any(one.field == stop.field and one.values <= stop.values for stop in stops):
            yield f"pause: {told(one)} can never pause the clock, since it stops it; take it out of pause or of stop"


def _statuses(policy: Policy, site: Site) -> Iterator[str]:
    known = dict(Value.objects.filter(site=site, kind="status").values_list("key", "deleted"))
    for part in PARTS:
        asked = {one for leaf in leaves(getattr(policy, part)) for one in _status_ids(leaf)}
        for one in sorted(asked):
            if known.get(one, True):
                yield f"{part}: there is no status {one} any more at {site.name}; choose one that exists"


def _status_ids(leaf: Leaf) -> list[str]:
    if getattr(leaf, "field", None) != "status":
        return []
    sides = [getattr(leaf, name, None) or () for name in ("values", "before", "after")]
    return [one for ids in sides for one in ids if one is not None]


def _shadowed(policy: Policy) -> Iterator[str]:
    seen: dict[str, int] = {}
    for place, goal in enumerate(policy.goals):
        text = " ".join(goal.jql.split())
        if "" in seen:
            yield f"goals[{place}]: never counts, since goals[{seen['']}] takes all; put it before that one"
        elif text in seen:
            yield f"goals[{place}]: never counts, since goals[{seen[text]}] has the same query; remove one of them"
        seen.setdefault(text, place)


def _hours(policy: Policy, calendars: Mapping[str, Calendar], as_of_ms: int) -> Iterator[str]:
    for place, goal in enumerate(policy.goals):
        calendar = calendars[goal.calendar]
        if not calendar.compile(as_of_ms, as_of_ms + _YEAR).total:
            yield f"goals[{place}]: the calendar {goal.calendar} has no working time in the coming year"
        lengths = {sum(close - opens for opens, close in windows) for windows in calendar.rules.week if windows}
        if isinstance(goal.target, Duration) and _DAYS.search(goal.target.text) and len(lengths) > 1:
            hours = calendar.business_day_ms / 3_600_000
            yield (
                f"goals[{place}]: the days of the calendar {goal.calendar} are not equally long; "
                f"a day in {goal.target.text!r} is {hours:g} hours. Write hours, if that is not meant"
            )
