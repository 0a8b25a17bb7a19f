"""Holidays from iCalendar texts (RFC 5545), as files and calendar servers give them.

An all-day event is a holiday on each of its dates. A timed event takes its hours away, in the zone of the calendar
that shall observe it, split at midnight. Cancelled events are left out.
"""

import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component
from icalendar.timezone import tzp

from sojourn import net
from sojourn.calendars.icalendar_rules import at, check, one_line
from sojourn.errors import Refused

MOST_BYTES = 2 * 1024 * 1024
MOST_EVENTS = 5_000
MOST_OCCURRENCES = 20_000
"""Bounds of what is read; a country's holidays of ten years are some 100 kB and 200 events."""

_PARSING = threading.Lock()
"""The library keeps the zones that a text describes for the whole process."""

_BEGIN, _END = "BEGIN:VCALENDAR", "END:VCALENDAR"
_DAY = timedelta(days=1)
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Found:
    """What a text gives: the name it has for itself, or none, and its holidays in the form of a calendar's."""

    name: str
    holidays: list[dict[str, Any]]


def is_url(source: str) -> bool:
    """Whether a source is an address rather than a file."""
    return "://" in source


def load(source: str, openings: net.Openings) -> bytes:
    """The content of a file or of an http(s) address; `webcal://` is `https://`.

    Raises Refused where a file cannot be read or is too long, and net's errors where an address cannot.
    """
    if is_url(source):
        url = "https" + source[6:] if source.lower().startswith("webcal://") else source
        limits = net.Limits(max_bytes=MOST_BYTES, seconds=30)
        return net.get(url, openings=openings, limits=limits, headers={"Accept": "text/calendar"}).body
    try:
        with Path(source).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Refused(source, f"cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise Refused(source, f"has more than {MOST_BYTES:,} bytes")
    return content


def label(source: str) -> str:
    """What messages call a source: a file by its path, an address by its host, since its path may be a secret."""
    return urlsplit(source).hostname or "address" if is_url(source) else source


def read(content: bytes, where: str, tz: str, years: range) -> Found:
    """The holidays of the text in those years, sorted by date; `where` stands before each place in an error.

    Raises Refused, naming the event, where one cannot be read: a list with a hole would be wrong.
    """
    calendars = _parse(_text(content, where), where)
    holidays = {each for calendar in calendars for each in _holidays(calendar, where, ZoneInfo(tz), years)}
    found = [_json(*holiday) for holiday in sorted(holidays)]
    return Found(one_line(calendars[0], "X-WR-CALNAME"), found)


def _text(content: bytes, where: str) -> str:
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise Refused(f"{where}, byte {error.start}", "is not UTF-8") from None
    if not text[: len(_BEGIN)].upper() == _BEGIN:
        raise Refused(where, f"is not an iCalendar: it does not begin with {_BEGIN}")
    if not text[-len(_END) :].upper() == _END:
        raise Refused(where, f"is cut off: it does not end with {_END}")
    return text


def _parse(text: str, where: str) -> Sequence[Component]:
    try:
        with _PARSING, warnings.catch_warnings(action="ignore"):
            tzp.use_zoneinfo()  # forget the zones that other texts described under the same name
            calendars: Sequence[Component] = Calendar.from_ical(text, multiple=True)
    except Exception as error:  # of a text that others wrote, the libraries fall in every way there is
        raise Refused(where, f"cannot be read as iCalendar: {error!s:.200}") from error
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if not calendars or len(events) != text.upper().count("\nBEGIN:VEVENT"):  # the library drops what is not ended
        raise Refused(where, "cannot be read as iCalendar: a BEGIN has no END, or another's")
    if len(events) > MOST_EVENTS:
        raise Refused(where, f"has {len(events):,} events; at most {MOST_EVENTS:,} are read")
    check(events, where)
    return calendars


_Holiday = tuple[date, tuple[int, int], str]
"""A date, the seconds of it from which and to which it is a holiday, and a name. A whole day is (0, 0)."""


def _holidays(calendar: Component, where: str, zone: ZoneInfo, years: range) -> Iterator[_Holiday]:
    seen = 0
    for year in years:
        for event in _occurrences(calendar, where, year):
            seen += 1
            if seen > MOST_OCCURRENCES:
                raise Refused(where, f"has more than {MOST_OCCURRENCES:,} dates from {years[0]} to {years[-1]}")
            if str(event.get("STATUS", "")).upper() != "CANCELLED":
                yield from _dates(event, zone, year)


def _occurrences(calendar: Component, where: str, year: int) -> list[Component]:
    """The events that happen in a year and, since zones differ, on a day before and after it."""
    try:
        query = recurring_ical_events.of(calendar)
        found: list[Component] = query.between(date(year, 1, 1) - _DAY, date(year + 1, 1, 1) + _DAY)
    except Exception as error:  # as above
        raise Refused(where, f"cannot be repeated over the year {year}: {error!s:.200}") from error
    return found


def _dates(event: Component, zone: ZoneInfo, year: int) -> Iterator[_Holiday]:
    start, end, name = at(event, "DTSTART"), at(event, "DTEND"), one_line(event, "SUMMARY")
    if isinstance(start, datetime):
        spans = _hours(_wall_clock(start, zone), _wall_clock(end, zone), year)
        yield from ((day, span, name) for day, span in spans if end > start)
    else:  # an end that is the start is written by some for one day
        yield from ((day, (0, 0), name) for day in _days(start, max(end - _DAY, start), year))


def _days(first: date, last: date, year: int) -> Iterator[date]:
    day = max(first, date(year, 1, 1))
    while day <= min(last, date(year, 12, 31)):
        yield day
        day += _DAY


def _wall_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clock shows there; a time without a zone is the same on every clock."""
    return instant.astimezone(zone).replace(tzinfo=None) if instant.tzinfo else instant


def _hours(start: datetime, end: datetime, year: int) -> Iterator[tuple[date, tuple[int, int]]]:
    """The seconds of each date between two wall clocks."""
    if start.date() == end.date() and end <= start:  # it lies over the hour that autumn repeats
        start, end = end, max(start, end + timedelta(seconds=1))
    for day in _days(start.date(), end.date(), year):
        opens = _second(start) if day == start.date() else 0
        closes = _second(end) if day == end.date() else _DAY_SECONDS
        if closes > opens:
            yield day, (opens, closes)


def _second(wall: datetime) -> int:
    return wall.hour * 3600 + wall.minute * 60 + wall.second


def _json(day: date, hours: tuple[int, int], name: str) -> dict[str, Any]:
    holiday: dict[str, Any] = {"date": day.isoformat()}
    if name:
        holiday["name"] = name
    if hours != (0, 0):
        holiday["hours"] = [[_clock(second) for second in hours]]
    return holiday


def _clock(second: int) -> str:
    text = f"{second // 3600:02}:{second // 60 % 60:02}"
    return f"{text}:{second % 60:02}" if second % 60 else text
