"""What an event of an iCalendar must be like to be read as a holiday (RFC 5545); all else is refused with its place.

The libraries that read and repeat events are lenient: they pass over lines they cannot read, turn round an end before
its start, take an unknown zone for none, and repeat without end where a rule says so. A holiday that is silently
missing or at a wrong time is worse than a refusal.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from icalendar import Component

from sojourn.errors import Refused

_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "SUMMARY", "STATUS", "UID")
_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_YEARS = range(1583, 9990)
"""From the first whole year of the Gregorian calendar to where adding days leads out of Python's dates."""


def one_line(component: Component, name: str) -> str:
    """A text of an event or a calendar in one line, at most 255 characters; empty where it has none or several."""
    text = component.get(name, "")
    return "" if isinstance(text, list) else " ".join(str(text).replace("\0", "").split())[:255]


def at(event: Component, name: str) -> Any:
    """The date or time in a property of an event, or None where it has none."""
    value: Any = event.get(name)
    return None if value is None else value.dt


def check(events: Sequence[Component], where: str) -> None:
    """Raise Refused, naming the event, where one cannot be read as it is meant."""
    seen: dict[str, tuple[int, Any]] = {}
    for number, event in enumerate(events, 1):
        name = one_line(event, "SUMMARY")
        place = f"{where}, event {number}{f' ({name})' if name else ''}"
        _check(event, place)
        if "UID" in event and "RECURRENCE-ID" not in event:
            first, start = seen.setdefault(str(event["UID"]), (number, at(event, "DTSTART")))
            if start != at(event, "DTSTART"):  # only one of the two would be read
                raise Refused(f"{place}, UID", f"is that of event {first}; each event has its own")


def _check(event: Component, place: str) -> None:
    for name, reason in event.errors:
        raise Refused(f"{place}, {name}" if name else place, f"cannot be read: {reason:.200}")
    for name in _ONCE:
        if isinstance(event.get(name), list):
            raise Refused(f"{place}, {name}", "stands there more than once")
    if "DTSTART" not in event:
        raise Refused(place, "has no DTSTART, so nobody knows when it is")
    for name in _TIMES:
        for value in _listed(event.get(name)):
            _check_zone(value, f"{place}, {name}")
    _check_end(event, place)
    if "RRULE" in event:
        _check_rule(event["RRULE"], f"{place}, RRULE")


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _check_zone(value: Any, place: str) -> None:
    """Refuse a zone that the library did not find: it would take the time for one in any zone."""
    zone = value.params.get("TZID")
    for one in value.dts if hasattr(value, "dts") else [value]:
        if zone and isinstance(one.dt, datetime) and one.dt.tzinfo is None:
            raise Refused(place, f"the zone {zone!r:.60} is no IANA name, and no VTIMEZONE describes it")


def _check_end(event: Component, place: str) -> None:
    start, end = at(event, "DTSTART"), at(event, "DTEND")
    if not isinstance(start, date) or start.year not in _YEARS:
        raise Refused(f"{place}, DTSTART", f"is not a date or time from {_YEARS[0]} to {_YEARS[-1]}")
    if end is None:
        return
    if _shape(start) != _shape(end):
        raise Refused(f"{place}, DTEND", "must be a date where DTSTART is one, and have a zone where DTSTART has one")
    if end < start:
        raise Refused(f"{place}, DTEND", f"{end} lies before DTSTART {start}")


def _shape(value: Any) -> tuple[bool, bool, bool]:
    """Whether it is a date, has a time of day, and has a zone."""
    return isinstance(value, date), isinstance(value, datetime), getattr(value, "tzinfo", None) is not None


def _check_rule(rule: Any, place: str) -> None:
    """Refuse what repeats within a day, or in no steps at all: no holiday does, and expanding it would not end."""
    frequency = rule.get("FREQ", [None])[0]
    if frequency not in _FREQUENCIES:
        raise Refused(place, f"FREQ is one of {', '.join(_FREQUENCIES)}, not {frequency or 'missing'}")
    for part in ("INTERVAL", "COUNT"):
        if any(number < 1 for number in rule.get(part, [])):
            raise Refused(place, f"{part} is at least 1")
    if any(len(rule.get(part, [])) > 1 for part in _WITHIN_A_DAY):
        raise Refused(place, "repeats within a day; a holiday is once a day at most")
