"""Dates, times and durations in a query."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from sojourn.jql.asking import Scope
from sojourn.jql.ast import Empty, Function, Items, Operand, Value
from sojourn.jql.errors import JqlError

_ABSOLUTE: Final = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?: (\d{1,2}):(\d{2}))?")
_EPOCH_MS: Final = re.compile(r"-?\d+")
_RELATIVE: Final = re.compile(r"([+-])?((?:\d+[wdhm]\s*)+)", re.IGNORECASE)
_PART: Final = re.compile(r"(\d+)([wdhm])", re.IGNORECASE)
_STEP: Final = re.compile(r"([+-]?\d+)([yMwdhm])?")
_MINUTES: Final = {"w": 7 * 24 * 60, "d": 24 * 60, "h": 60, "m": 1}
_EDGES: Final = re.compile(r"(start|end)of(day|week|month|year)", re.IGNORECASE)
_UNITS: Final = {"day": "d", "week": "w", "month": "M", "year": "y"}
HOW: Final = 'write "2024-01-31", "2024-01-31 13:00", a time from now such as -4w, or a function such as startOfWeek()'


def instant(scope: Scope, operand: Operand) -> datetime:
    """The instant that an operand means, in the reader's zone; raises JqlError where it means none."""
    if isinstance(operand, Function):
        found = _function(scope, operand)
    elif isinstance(operand, Value):
        found = _literal(scope, operand)
    else:
        kind = {Empty: "EMPTY", Items: "a list"}[type(operand)]
        raise scope.wrong(operand, f"{kind} is not a date", HOW)
    try:
        return found.astimezone(UTC).astimezone(scope.asking.zone)
    except OverflowError:
        raise _too_far(scope, operand) from None


def day_ms(scope: Scope, operand: Operand) -> tuple[int, int]:
    """The first and the last millisecond of the day, in the reader's zone, in which an instant lies."""
    day = instant(scope, operand).date()
    try:
        begin, end = (datetime.combine(one, time(), scope.asking.zone) for one in (day, day + timedelta(days=1)))
        return ms(begin), ms(end) - 1
    except OverflowError:
        raise _too_far(scope, operand) from None


def instant_ms(scope: Scope, operand: Operand) -> int:
    """The instant that an operand means, in ms."""
    return ms(instant(scope, operand))


def ms(at: datetime) -> int:
    """An instant in ms."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def instant_of_text(text: str) -> int:
    """The instant, in ms, that Jira writes as `2024-01-31T09:00:00.000+0100`; raises ValueError where it is none."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text!r:.60} has no zone")
    return ms(found)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _now(scope: Scope) -> datetime:
    return _EPOCH + timedelta(milliseconds=scope.asking.as_of_ms)


def _literal(scope: Scope, value: Value) -> datetime:
    text = value.text.strip()
    try:
        if found := _ABSOLUTE.fullmatch(text):
            year, _, month, day, hour, minute = found.groups(default="0")
            return datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=scope.asking.zone)
        if found := _RELATIVE.fullmatch(text):
            minutes = sum(int(number) * _MINUTES[unit.lower()] for number, unit in _PART.findall(found[2]))
            return _now(scope) + timedelta(minutes=-minutes if found[1] == "-" else minutes)
        if _EPOCH_MS.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(text))
    except (ValueError, OverflowError):
        raise _too_far(scope, value) from None
    raise scope.wrong(value, f"{text!r:.60} is not a date", HOW)


def _too_far(scope: Scope, operand: Operand) -> JqlError:
    shown = operand.text.strip() if isinstance(operand, Value) else str(operand)
    return scope.wrong(operand, f"{shown!r:.60} is a date that does not exist, or lies too far away", HOW)


def _function(scope: Scope, function: Function) -> datetime:
    name = function.name.casefold()
    if name == "now":
        return _now(scope)
    if name == "currentlogin":
        if scope.asking.login_ms is None:
            raise scope.wrong(function, "it is not known when who asks has signed in", HOW)
        return _EPOCH + timedelta(milliseconds=scope.asking.login_ms)
    if edge := _EDGES.fullmatch(name):
        return _edge(scope, function, edge[1], edge[2])
    raise scope.wrong(function, f"{function.name}() is not a function that gives a date", HOW)


def _edge(scope: Scope, function: Function, side: str, unit: str) -> datetime:
    """The beginning of a day, week, month or year, moved by the argument; its end is a millisecond before the next."""
    at = _now(scope).astimezone(scope.asking.zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit == "week":
        at -= timedelta(days=at.weekday())
    elif unit == "month":
        at = at.replace(day=1)
    elif unit == "year":
        at = at.replace(month=1, day=1)
    try:
        if function.arguments:
            at = _moved(scope, function.arguments[0], at, _UNITS[unit])
        if side == "end":
            at = _plus(at, 1, _UNITS[unit])
        return at.astimezone(UTC) - timedelta(milliseconds=side == "end")
    except (ValueError, OverflowError):
        raise _too_far(scope, function) from None


def _moved(scope: Scope, argument: Value, at: datetime, unit: str) -> datetime:
    found = _STEP.fullmatch(argument.text.strip())
    if found is None:
        raise scope.wrong(argument, f"{argument.text!r:.40} does not move a date", "write for example -1, +2d or -1M")
    return _plus(at, int(found[1]), found[2] or unit)


def _plus(at: datetime, count: int, unit: str) -> datetime:
    """Wall clock arithmetic: a day later is the same time of the next day, also over a clock change."""
    if unit in ("y", "M"):
        months = at.year * 12 + at.month - 1 + count * (12 if unit == "y" else 1)
        first = at.replace(year=months // 12, month=months % 12 + 1, day=1)
        following = _plus_month(first)
        return first.replace(day=min(at.day, (following - timedelta(days=1)).day))
    return at + timedelta(minutes=count * _MINUTES[unit])


def _plus_month(first: datetime) -> datetime:
    return (first + timedelta(days=32)).replace(day=1)
