"""The options of a request as text: one reading for the command line, for links and for forms."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sojourn.core.calendar import Calendar
from sojourn.core.calendar.horizon import check_reach
from sojourn.core.time_format import TimeFormat
from sojourn.errors import Refused, UserError
from sojourn.reports import columns
from sojourn.reports.menu import OPTIONS, Option
from sojourn.reports.query import OPERATOR, Asker, JqlQuery
from sojourn.reports.request import DATE_FIELDS, Range, Request, Sort, StatusGroup

_HOW = "write a date such as 2024-01-31, or an instant such as 2024-01-31T09:00 or 2024-01-31T09:00+01:00"
CATEGORY_TITLES = {"new": "To do", "indeterminate": "In progress", "done": "Done"}
"""Jira's three categories of statuses, by key."""

_EPOCH_MS = re.compile(r"-?[0-9]{9,}")


def request(
    options: Mapping[str, Sequence[str]],
    calendar: Calendar,
    now: datetime,
    known: Sequence[Option] = OPTIONS,
    asker: Asker = OPERATOR,
) -> Request:
    """The request that options in text ask for; each option has the texts that were given for it.

    `known` are the options of the report, `asker` is whom a query means by currentUser(), and what is to be seen. Dates
    and times without a zone are the calendar's. Raises Refused, naming the option and what would be right.
    """
    names = {option.name for option in known}
    for name in options:
        if name not in names:
            raise Refused(name, f"is not an option of this report; there are: {', '.join(sorted(names))}")
    zone = ZoneInfo(calendar.tz)
    texts = {option.name: _texts(option, options.get(option.name, ())) for option in known}
    one = {name: (*found, "")[0] for name, found in texts.items()}
    for option in ("columns", "group_by") if asker.sight else ():
        for name in texts.get(option, ()):
            columns.check(option, name, asker.sight)
    shared: dict[str, Any] = {name: one[name] for name in ("current", "visits", "shape", "statuses_by") if name in one}
    own = {name: found for name, found in texts.items() if name not in _SHARED}
    as_of = one.get("as_of")
    as_of_ms = instant_ms(as_of, zone, "as_of") if as_of else _ms(now)
    return Request(
        as_of_ms=as_of_ms,
        calendar=calendar,
        calendar_name=one["calendar"] if any(options.get("calendar", ())) else calendar.name or "7x24",
        sites=texts.get("site", ()),
        projects=texts.get("project", ()),
        jql=JqlQuery(one["jql"], asker) if one.get("jql") else None,
        filters={name: found for name in DATE_FIELDS if (found := range_of(one.get(name, ""), zone, name)) != Range()},
        trim=range_of(one.get("trim", ""), zone, "trim"),
        stop_on_done=one.get("stop_on_done") == "true",
        since_last_move=one.get("since_last_move") == "true",
        status_groups=_groups(texts.get("status_group", ())),
        columns=texts.get("columns", ()),
        time_format=TimeFormat.parse(one.get("time_format") or "ms"),
        is_past=as_of_ms < _ms(now),
        sort=tuple(_sort(text) for text in texts.get("sort", ())),
        limit=_limit(one.get("limit", "")),
        group_by=texts.get("group_by", ()),
        own=own,
        sight=asker.sight,
        **shared,
    )


_SHARED = {option.name for option in OPTIONS}


def _texts(option: Option, given: Sequence[str]) -> tuple[str, ...]:
    """The texts of an option, its default where there are none; raises Refused where they are not right for it."""
    parts = [part for text in given for part in (text.split(",") if option.commas else [text])]
    found = tuple(part.strip() for part in parts if part.strip()) or ((option.default,) if option.default else ())
    if len(found) > 1 and not option.many:
        raise Refused(option.name, "is given more than once; give it once")
    for text in found if option.name != "time_format" else ():
        if option.choices and text not in option.choices:
            raise Refused(option.name, f"{text!r} is not one of {', '.join(option.choices)}")
    return found


def _groups(texts: Sequence[str]) -> tuple[StatusGroup, ...]:
    groups = []
    for text in texts:
        name, equals, members = text.partition("=")
        found = tuple(member.strip() for member in members.split(",") if member.strip())
        if text == "category":
            groups += [StatusGroup(title, (f"category:{key}",)) for key, title in CATEGORY_TITLES.items()]
        elif not equals or not name.strip() or not found:
            raise Refused("status_group", f"{text!r} is not a group; write NAME=STATUS,STATUS or category")
        else:
            groups.append(StatusGroup(name.strip(), found))
    return tuple(groups)


def _limit(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise Refused("limit", f"{text!r} is not a number of rows; write 1 or more")
    return int(text)


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


def range_of(text: str, zone: ZoneInfo, option: str) -> Range:
    """The range `FROM..TO`; either end may be left out. Raises Refused where the text is none."""
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
