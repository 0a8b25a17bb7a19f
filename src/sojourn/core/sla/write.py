"""A policy as its JSON form, the inverse of `parse`: what has its default is left out, ids are in order."""

from typing import Any as Anything

from sojourn.core.calendar.clock_text import format_time
from sojourn.core.sla.conditions import (
    NEVER,
    All,
    Any,
    Changed,
    Condition,
    Created,
    Entered,
    Happened,
    Ids,
    Is,
    Left,
    Reached,
)
from sojourn.core.sla.policy import (
    BUSINESS_END,
    Duration,
    DynamicDuration,
    Goal,
    NegotiationDate,
    NextBusinessDay,
    NoTarget,
    Policy,
    Target,
)

_EMPTY: Ids = frozenset({None})
_SET_ALONE = ("cycles", "reset_kind", "reset_finished", "critical_percent")


def write_policy(policy: Policy) -> dict[str, Anything]:
    """The JSON form of a policy: `read_policy` makes the same policy of it, and equal policies have equal forms."""
    given: dict[str, Anything] = {"scope": policy.scope} if policy.scope else {}
    given["start"] = write_condition(policy.start)
    if policy.pause != NEVER:
        given["pause"] = write_condition(policy.pause)
    given["stop"] = write_condition(policy.stop)
    given |= {key: write_condition(part) for key in ("reset", "cancel") if (part := getattr(policy, key)) != NEVER}
    plain = Policy(policy.start, policy.stop, policy.goals)
    given |= {key: held for key in _SET_ALONE if (held := getattr(policy, key)) != getattr(plain, key)}
    return given | {"goals": [_goal(goal) for goal in policy.goals]}


def write_condition(condition: Condition) -> dict[str, Anything]:
    """The JSON form of a condition."""
    match condition:
        case Any(parts):
            return {"any": [write_condition(part) for part in parts]}
        case All(parts):
            return {"all": [write_condition(part) for part in parts]}
        case Created():
            return {"created": True}
        case Happened(stream, kinds):
            return {"event": stream, "kinds": sorted(kinds)}
        case Is(field, values, negated) if values == _EMPTY:
            return {"field": field, "is_empty": not negated}
        case Is(field, values, negated):
            return {"field": field, "is_not" if negated else "is": _ids(values)}
        case Reached(field):
            return {"field": field, "reached": True}
        case Entered(field, values):
            return {"field": field, "entered": _ids(values)}
        case Left(field, values):
            return {"field": field, "left": _ids(values)}
        case Changed(field, before, after):
            sides = {"from": before, "to": after}
            return {"field": field, "changed": {key: _ids(ids) for key, ids in sides.items() if ids is not None}}


def _ids(ids: Ids) -> list[str | None]:
    """In order of length and text, which is that of numbers; the empty field last."""
    known = sorted((one for one in ids if one is not None), key=lambda one: (len(one), one))
    return [*known, None] if None in ids else list(known)


def _goal(goal: Goal) -> dict[str, Anything]:
    given = {"name": goal.name, "jql": goal.jql, "calendar": goal.calendar, "calendar_field": goal.calendar_field}
    return {key: held for key, held in given.items() if held} | _target(goal.target)


def _target(target: Target) -> dict[str, Anything]:
    match target:
        case Duration(text):
            return {"duration": text}
        case DynamicDuration(field, unit):
            return {"dynamic_duration": {"field": field, "unit": unit}}
        case NegotiationDate(field, day_end):
            return {"negotiation_date": {"field": field} | ({} if day_end is None else {"day_end": _day_end(day_end)})}
        case NextBusinessDay(days):
            return {"next_business_day": days}
        case NoTarget():
            return {"no_target": True}


def _day_end(day_end: int) -> str:
    return "business" if day_end == BUSINESS_END else format_time(day_end)
