"""The JSON form of a policy; every refusal names the place and says what would be right (docs/sla.md)."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any as Anything
from typing import get_args

from sojourn.core.calendar.clock_text import parse_time
from sojourn.core.duration_parse import parse_duration
from sojourn.core.sla.conditions import (
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
    leaves,
)
from sojourn.core.sla.policy import (
    BUSINESS_END,
    CycleRule,
    Duration,
    DynamicDuration,
    Goal,
    NegotiationDate,
    NextBusinessDay,
    NoTarget,
    OnFinished,
    Policy,
    ResetKind,
    Target,
)
from sojourn.errors import Refused, within

Given = Mapping[str, Anything]

KEYS = (
    "scope",
    "start",
    "pause",
    "stop",
    "reset",
    "cancel",
    "cycles",
    "reset_kind",
    "reset_finished",
    "critical_percent",
    "goals",
)
_FIELD_FORMS = ("is", "is_not", "is_empty", "reached", "entered", "left", "changed")
_TARGETS = ("duration", "dynamic_duration", "negotiation_date", "next_business_day", "no_target")
_UNITS = ("w", "d", "h", "m", "s", "ms")


def read_policy(value: Anything) -> Policy:
    """The policy that the JSON form describes. Errors: Refused, at the path of what is wrong."""
    given = _object(value, "", KEYS, "an SLA's policy is an object")
    for key in ("start", "stop", "goals"):
        if key not in given:
            raise Refused(key, "missing")
    pause = _condition(given.get("pause", {"any": []}), "pause")
    for leaf in leaves(pause):
        if not isinstance(leaf, Is | Reached):
            raise Refused("pause", "holds a moment, which has no length; say what `is` the case while it pauses")
    return Policy(
        start=_condition(given["start"], "start"),
        stop=_condition(given["stop"], "stop"),
        pause=pause,
        reset=_condition(given.get("reset", {"any": []}), "reset"),
        cancel=_condition(given.get("cancel", {"any": []}), "cancel"),
        goals=_goals(given["goals"]),
        scope=_text(given.get("scope", ""), "scope"),
        cycles=_one_of(given.get("cycles", "all"), get_args(CycleRule), "cycles"),
        reset_kind=_one_of(given.get("reset_kind", "restart"), get_args(ResetKind), "reset_kind"),
        reset_finished=_one_of(given.get("reset_finished", "nothing"), get_args(OnFinished), "reset_finished"),
        critical_percent=_whole(given.get("critical_percent", 80), "critical_percent", 0, 100),
    )


def _object(value: Anything, path: str, known: tuple[str, ...], what: str) -> Given:
    if not isinstance(value, Mapping):
        raise Refused(path, f"{what}, not {value!r:.60}")
    for key in value:
        if key not in known:
            near = get_close_matches(str(key).lower(), known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise Refused(within(path, key), f"unknown key; {hint}")
    return value


def _only(given: Given, forms: tuple[str, ...], path: str) -> str:
    """The one of these keys that is given."""
    found = [form for form in forms if form in given]
    if len(found) != 1:
        said = f"not {' and '.join(found)}" if found else "and there is none"
        raise Refused(path, f"needs one of {', '.join(forms)}, {said}")
    return found[0]


def _text(value: Anything, path: str) -> str:
    if not isinstance(value, str):
        raise Refused(path, f"a text, not {value!r:.60}")
    return value


def _word(value: Anything, path: str) -> str:
    if not _text(value, path):
        raise Refused(path, "is empty")
    return str(value)


def _whole(value: Anything, path: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Refused(path, f"a whole number from {least} to {most}, not {value!r:.60}")
    return value


def _true(value: Anything, path: str) -> None:
    if value is not True:
        raise Refused(path, f"true, or nothing at all, not {value!r:.60}")


def _one_of(value: Anything, known: tuple[str, ...], path: str) -> Anything:
    if value not in known:
        raise Refused(path, f"one of {', '.join(known)}, not {value!r:.60}")
    return value


def _list(value: Anything, path: str, what: str) -> list[Anything]:
    if not isinstance(value, list | tuple):
        raise Refused(path, f"{what}, not {value!r:.60}")
    return list(value)


def _ids(value: Anything, path: str) -> Ids:
    """Ids are texts; null is the empty field."""
    given = _list(value, path, 'a list of ids such as ["10001", null]')
    if not given:
        raise Refused(path, "is empty; give at least one id")
    return frozenset(entry if entry is None else _text(entry, f"{path}[{place}]") for place, entry in enumerate(given))


def _condition(value: Anything, path: str) -> Condition:
    if not isinstance(value, Mapping):
        raise Refused(path, f"a condition is an object, not {value!r:.60}")
    form = _only(value, tuple(_FORMS), path)
    return _FORMS[form](value, path)


def _group(kind: type[All] | type[Any], key: str) -> Callable[[Given, str], Condition]:
    def read(value: Given, path: str) -> Condition:
        given = _object(value, path, (key,), "a group")
        parts = _list(given[key], f"{path}.{key}", "a list of conditions")
        if kind is All and not parts:
            raise Refused(f"{path}.{key}", "is empty; give at least one condition")
        return kind(tuple(_condition(part, f"{path}.{key}[{place}]") for place, part in enumerate(parts)))

    return read


def _of_field(value: Given, path: str) -> Condition:
    given = _object(value, path, ("field", *_FIELD_FORMS), "a condition on a field")
    field, form = _word(given["field"], f"{path}.field"), _only(given, _FIELD_FORMS, path)
    what, place = given[form], f"{path}.{form}"
    match form:
        case "is" | "is_not":
            return Is(field, _ids(what, place), form == "is_not")
        case "is_empty":
            if not isinstance(what, bool):
                raise Refused(place, f"true or false, not {what!r:.60}")
            return Is(field, frozenset({None}), not what)
        case "reached":
            _true(what, place)
            return Reached(field)
        case "entered":
            return Entered(field, _ids(what, place))
        case "left":
            return Left(field, _ids(what, place))
    change = _object(what, place, ("from", "to"), "from what to what, or {} for any change")
    before, after = (_ids(change[key], f"{place}.{key}") if key in change else None for key in ("from", "to"))
    return Changed(field, before, after)


def _created(value: Given, path: str) -> Condition:
    _true(_object(value, path, ("created",), "a condition")["created"], f"{path}.created")
    return Created()


def _event(value: Given, path: str) -> Condition:
    given = _object(value, path, ("event", "kinds"), "a condition on events")
    kinds = [kind or "" for kind in _ids(given.get("kinds", []), f"{path}.kinds")]
    return Happened(_word(given["event"], f"{path}.event"), frozenset(kinds))


_FORMS: dict[str, Callable[[Given, str], Condition]] = {
    "any": _group(Any, "any"),
    "all": _group(All, "all"),
    "field": _of_field,
    "created": _created,
    "event": _event,
}


def _goals(value: Anything) -> tuple[Goal, ...]:
    given = _list(value, "goals", "a list of goals")
    if not given:
        raise Refused("goals", "is empty; without a target, give one goal with no_target")
    return tuple(_goal(goal, f"goals[{place}]") for place, goal in enumerate(given))


def _goal(value: Anything, path: str) -> Goal:
    known = ("name", "jql", "calendar", "calendar_field", *_TARGETS)
    given = _object(value, path, known, "a goal is an object")
    if "calendar" not in given:
        raise Refused(f"{path}.calendar", "missing; give the name of a calendar such as 7x24")
    chosen = given.get("calendar_field")
    form = _only(given, _TARGETS, path)
    return Goal(
        target=_target(form, given[form], f"{path}.{form}"),
        calendar=_word(given["calendar"], f"{path}.calendar"),
        name=_text(given.get("name", ""), f"{path}.name"),
        jql=_text(given.get("jql", ""), f"{path}.jql"),
        calendar_field=None if chosen is None else _word(chosen, f"{path}.calendar_field"),
    )


def _target(form: str, value: Anything, path: str) -> Target:
    match form:
        case "duration":
            parse_duration(_text(value, path), path=path)
            return Duration(value)
        case "next_business_day":
            return NextBusinessDay(_whole(value, path, 0, 10_000))
        case "no_target":
            _true(value, path)
            return NoTarget()
    known = ("field", "unit") if form == "dynamic_duration" else ("field", "day_end")
    given = _object(value, path, known, "an object with a field")
    field = _word(given.get("field", ""), f"{path}.field")
    if form == "dynamic_duration":
        return DynamicDuration(field, _one_of(given.get("unit", "h"), _UNITS, f"{path}.unit"))
    return NegotiationDate(field, _day_end(given.get("day_end"), f"{path}.day_end"))


def _day_end(value: Anything, path: str) -> int | None:
    if value is None:
        return None
    if value == "business":
        return BUSINESS_END
    try:
        return parse_time(_text(value, path))
    except ValueError:
        raise Refused(path, f"business, or a time such as 17:00, not {value!r:.60}") from None
