"""Dates of a query, for the slow evaluator: wall clocks by the zone, one step after the other."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sojourn.jql import ast

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTES = {"w": 7 * 24 * 60, "d": 24 * 60, "h": 60, "m": 1}


def local(at_ms: int, tz: str) -> datetime:
    """The wall clock in a zone."""
    return (EPOCH + timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(tz))


def from_wall(at: datetime, tz: str) -> int:
    """When a wall clock first shows that; where it never does, as if it had not been changed."""
    zoned = at.replace(tzinfo=ZoneInfo(tz), fold=0).astimezone(UTC)
    return (zoned - EPOCH) // timedelta(milliseconds=1)


def day_begins(day: date, tz: str) -> int:
    return from_wall(datetime.combine(day, time()), tz)


def next_day(day: date) -> date:
    return day + timedelta(days=1)


def instant_ms(operand: ast.Operand, as_of_ms: int, tz: str) -> int:
    """The instant that a date, a time from now or a function means."""
    if isinstance(operand, ast.Function):
        return _called(operand, as_of_ms, tz)
    text = operand.text.strip()
    if text.lstrip("-").isdecimal():
        return int(text)
    if text[-1] in MINUTES:
        parts = text.lstrip("+-").split()
        minutes = sum(int(part[:-1]) * MINUTES[part[-1]] for part in parts)
        return as_of_ms + (-minutes if text[0] == "-" else minutes) * 60_000
    day, _, clock = text.replace("/", "-").partition(" ")
    year, month, of_month = map(int, day.split("-"))
    hour, minute = map(int, clock.split(":")) if clock else (0, 0)
    return from_wall(datetime(year, month, of_month, hour, minute), tz)


def _called(function: ast.Function, as_of_ms: int, tz: str) -> int:
    name = function.name.casefold()
    if name == "now":
        return as_of_ms
    unit = name.removeprefix("startof").removeprefix("endof")
    day = local(as_of_ms, tz).date()
    begin = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }[unit]
    at = datetime.combine(begin, time())
    own = {"day": "d", "week": "w", "month": "M", "year": "y"}[unit]
    if function.arguments:
        step = function.arguments[0].text
        at = _moved(at, int(step.rstrip("yMwdhm")), step[-1] if step[-1] in "yMwdhm" else own)
    if name.startswith("start"):
        return from_wall(at, tz)
    return from_wall(_moved(at, 1, own), tz) - 1


def _moved(at: datetime, count: int, unit: str) -> datetime:
    if unit in MINUTES:
        return at + timedelta(minutes=count * MINUTES[unit])
    for _ in range(abs(count) * (12 if unit == "y" else 1)):
        year, month = (at.year, at.month + 1) if count > 0 else (at.year, at.month - 1)
        year, month = (year + 1, 1) if month == 13 else (year - 1, 12) if month == 0 else (year, month)
        at = at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))
    return at
