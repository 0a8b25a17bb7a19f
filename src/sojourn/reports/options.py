"""The options of a request as text: one reading for the command line, for links and for forms."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sojourn.core.calendar import Calendar
from sojourn.core.calendar.horizon import check_reach
from sojourn.core.duration import TimeFormat
from sojourn.errors import Refused, UserError
from sojourn.reports.request import DATE_FIELDS, SHAPES, VISITS, DateField, Range, Request, Sort

_HOW = "write a date such as 2024-01-31, or an instant such as 2024-01-31T09:00 or 2024-01-31T09:00+01:00"
_EPOCH_MS = re.compile(r"-?[0-9]{9,}")


@dataclass(frozen=True, slots=True)
class Option:
    """One option of every report: its name, what it means, its default, and the values to choose from."""

    name: str
    meaning: str
    default: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False


OPTIONS = (
    Option("site", "Only work items of these sites.", many=True),
    Option("project", "Only work items of these projects, by key.", many=True),
    Option("calendar", "The calendar that says what counts as working time.", "7x24"),
    Option("as_of", "The moment of which is asked; the default is now."),
    Option("created", "Only work items created in this range: FROM..TO, TO not included, either may be left out."),
    Option("updated", "Only work items updated in this range."),
    Option("resolved", "Only work items resolved in this range."),
    Option("due", "Only work items due in this range of dates."),
    Option("trim", "Only count time in this range, as if the world began and ended there."),
    Option("current", "Whether the stay that is not over counts.", "include", ("include", "exclude")),
    Option("stop_on_done", "Count nothing after the last entry into a done status.", "false", ("false", "true")),
    Option("visits", "What counts of repeated visits.", "sum", VISITS),
    Option("shape", "A column a status, or a row a work item and status.", "wide", SHAPES),
    Option("columns", "Fields of the work item to show as well.", many=True),
    Option("time_format", "How durations are written.", "ms", tuple(TimeFormat)),
    Option("sort", "Columns to sort by; COLUMN:desc for the largest first.", many=True),
)
"""The options, in the order in which they are shown."""


def request(options: Mapping[str, Sequence[str]], calendar: Calendar, now: datetime) -> Request:
    """The request that options in text ask for; each option has the texts that were given for it.

    Dates and times without a zone are the calendar's. Raises Refused, naming the option and what would be right.
    """
    zone = ZoneInfo(calendar.tz)
    known = {option.name for option in OPTIONS}
    for name in options:
        if name not in known:
            raise Refused(name, f"is not an option; there are: {', '.join(sorted(known))}")
    as_of = _one(options, "as_of")
    chosen: dict[str, Any] = {name: _choice(options, name) for name in ("current", "visits", "shape")}
    return Request(
        as_of_ms=instant_ms(as_of, zone, "as_of") if as_of else _ms(now),
        calendar=calendar,
        calendar_name=_one(options, "calendar") or calendar.name or "7x24",
        sites=_many(options, "site"),
        projects=_many(options, "project"),
        filters=_filters(options, zone),
        trim=_range(_one(options, "trim"), zone, "trim"),
        stop_on_done=_choice(options, "stop_on_done") == "true",
        columns=_many(options, "columns"),
        time_format=TimeFormat.parse(_one(options, "time_format") or "ms"),
        sort=tuple(_sort(text) for text in _many(options, "sort")),
        **chosen,
    )


def instant_ms(text: str, zone: ZoneInfo, option: str) -> int:
    """An instant in ms; a date is its first moment in the zone. Raises Refused where the text is neither."""
    try:
        at_ms = int(text) if _EPOCH_MS.fullmatch(text) else _ms(_instant(text, zone))
        check_reach(at_ms)
    except ValueError:
        raise Refused(option, f"{text!r:.60} is not a time; {_HOW}") from None
    except (OverflowError, UserError):
        raise Refused(option, f"{text!r:.60} lies outside the years 1 to 9999; {_HOW}") from None
    return at_ms


def _instant(text: str, zone: ZoneInfo) -> datetime:
    if len(text) == len("2024-01-31"):
        found = datetime.combine(date.fromisoformat(text), time())
    else:
        found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _ms(instant: datetime) -> int:
    return round(instant.astimezone(UTC).timestamp() * 1000)


def _one(options: Mapping[str, Sequence[str]], name: str) -> str:
    texts = [text for text in options.get(name, ()) if text]
    if len(texts) > 1:
        raise Refused(name, "is given more than once; give it once")
    return texts[0].strip() if texts else ""


def _many(options: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for text in options.get(name, ()) for part in text.split(",") if part.strip())


def _choice(options: Mapping[str, Sequence[str]], name: str) -> str:
    option = next(option for option in OPTIONS if option.name == name)
    text = _one(options, name) or option.default
    if text not in option.choices:
        raise Refused(name, f"{text!r} is not one of {', '.join(option.choices)}")
    return text


def _filters(options: Mapping[str, Sequence[str]], zone: ZoneInfo) -> dict[DateField, Range]:
    given = {name: _range(_one(options, name), zone, name) for name in DATE_FIELDS}
    return {name: found for name, found in given.items() if found != Range()}


def _range(text: str, zone: ZoneInfo, option: str) -> Range:
    if not text:
        return Range()
    begin, dots, end = text.partition("..")
    if not dots:
        raise Refused(option, f"{text!r} is not a range; write FROM..TO, such as 2024-01-01..2024-02-01")
    found = Range(*(instant_ms(part.strip(), zone, option) if part.strip() else None for part in (begin, end)))
    if found.from_ms is not None and found.to_ms is not None and found.to_ms <= found.from_ms:
        raise Refused(option, f"{text!r} ends before it begins; TO is not included, so it must be later than FROM")
    return found


def _sort(text: str) -> Sort:
    column, colon, order = text.rpartition(":")
    if colon and order in ("asc", "desc"):
        return Sort(column, order == "desc")
    return Sort(text)
