"""The JSON form of a calendar to rules; every refusal names the place and says what would be right."""

from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sojourn.core.calendar.clock_text import parse_date, parse_month_day, parse_time
from sojourn.core.calendar.rules import (
    CLOSED_WEEK,
    DAY,
    WEEKDAYS,
    Dated,
    Holiday,
    Rules,
    Week,
    Window,
    Windows,
    YearlyHoliday,
)
from sojourn.errors import Refused, within

T = TypeVar("T")

KEYS = (
    "name",
    "tz",
    "week",
    "breaks",
    "holidays",
    "recurring_holidays",
    "special_hours",
    "extra_hours",
    "holidays_beat_exceptions",
    "business_day",
)


def read_rules(value: Any) -> Rules:
    """The rules that the JSON form describes. Errors: Refused."""
    given = _object(value, "", "a calendar")
    _known_keys(given, KEYS, "")
    week_breaks, date_breaks = _read_breaks(given.get("breaks", {}))
    return Rules(
        tz=_read_zone(given),
        name=_read_text(given.get("name", ""), "name"),
        week=_read_week(given.get("week", {})),
        week_breaks=week_breaks,
        date_breaks=date_breaks,
        holidays=tuple(sorted(_read_each(given, "holidays", _read_holiday))),
        yearly_holidays=tuple(sorted(_read_each(given, "recurring_holidays", _read_yearly))),
        special_hours=_read_dated(given.get("special_hours", {}), "special_hours"),
        extra_hours=_read_dated(given.get("extra_hours", {}), "extra_hours"),
        holidays_beat_exceptions=_read_bool(given, "holidays_beat_exceptions"),
        business_day=_read_business_day(given),
    )


def _object(value: Any, path: str, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Refused(path, f"{what} is an object, not {value!r:.60}")
    for key in value:
        if not isinstance(key, str):
            raise Refused(path, f"{key!r:.60} is no text")
    return value


def _list(value: Any, path: str, what: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise Refused(path, f"{what}, not {value!r:.60}")
    return list(value)


def _known_keys(given: Mapping[str, Any], known: tuple[str, ...], path: str, what: str = "key") -> None:
    for key in given:
        if key not in known:
            near = get_close_matches(key.lower(), known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise Refused(within(path, key), f"unknown {what}; {hint}")


def _read_text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise Refused(path, f"a text, not {value!r:.60}")
    return value


def _read_bool(given: Mapping[str, Any], key: str) -> bool:
    value = given.get(key, False)
    if not isinstance(value, bool):
        raise Refused(key, f"true or false, not {value!r:.60}")
    return value


_NO_PLACES = {"localtime", "posixrules", "Factory"}
"""Files beside the time zones that mean something else on each machine."""


def _read_zone(given: Mapping[str, Any]) -> str:
    if "tz" not in given:
        raise Refused("tz", "missing; give an IANA time zone such as Europe/Berlin")
    return known_zone(_read_text(given["tz"], "tz"))


def known_zone(key: str) -> str:
    """The name of an IANA time zone; raises Refused where there is none of that name."""
    try:
        if key in _NO_PLACES:
            raise ValueError(key)
        ZoneInfo(key)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise Refused("tz", f"unknown time zone {key!r:.60}; give an IANA zone such as Europe/Berlin") from None
    return key


def _read_time(value: Any, path: str) -> int:
    if not isinstance(value, str):
        raise Refused(path, f"a time such as 09:00, not {value!r:.60}")
    try:
        return parse_time(value)
    except ValueError:
        raise Refused(path, f"{value!r:.60} is no time of day; 00:00 to 24:00, with or without seconds") from None


def _read_date(text: Any, path: str) -> date:
    if not isinstance(text, str):
        raise Refused(path, f"a date such as 2024-12-24, not {text!r:.60}")
    try:
        return parse_date(text)
    except ValueError:
        raise Refused(path, f"{text!r:.60} is no date; write it like 2024-12-24") from None


def _read_window(value: Any, path: str, *, may_cross_midnight: bool) -> Window:
    pair = _list(value, path, 'a window is a pair such as ["09:00", "17:00"]')
    if len(pair) != 2:
        raise Refused(path, f'a window is a pair such as ["09:00", "17:00"], not {len(pair)} entries')
    opens, closes = (_read_time(time, f"{path}[{place}]") for place, time in enumerate(pair))
    if opens == DAY:
        raise Refused(f"{path}[0]", "24:00 is the end of a day; the next day opens at its own 00:00")
    if closes <= opens:
        if not may_cross_midnight:
            raise Refused(path, "closes before it opens" if closes < opens else "closes as it opens")
        closes += DAY
    return opens, closes


def _read_windows(value: Any, path: str, *, may_cross_midnight: bool = True) -> Windows:
    entries = _list(value, path, "a list of windows")
    read = [
        _read_window(entry, f"{path}[{place}]", may_cross_midnight=may_cross_midnight)
        for place, entry in enumerate(entries)
    ]
    return tuple(sorted(set(read)))


def _read_week(value: Any) -> Week:
    given = _object(value, "week", "windows by weekday")
    _known_keys(given, WEEKDAYS, "week", "weekday")
    return tuple(_read_windows(given.get(day, []), f"week.{day}") for day in WEEKDAYS)


def _read_dated(value: Any, path: str) -> Dated:
    given = _object(value, path, "windows by date")
    read = [(_read_date(key, f"{path}.{key}"), _read_windows(given[key], f"{path}.{key}")) for key in given]
    return tuple(sorted(read))


def _read_breaks(value: Any) -> tuple[Week, Dated]:
    given = _object(value, "breaks", "breaks by weekday or date")
    week, dated = list(CLOSED_WEEK), []
    for key in given:
        windows = _read_windows(given[key], f"breaks.{key}", may_cross_midnight=False)
        if key in WEEKDAYS:
            week[WEEKDAYS.index(key)] = windows
        elif key[:1].isdigit():
            dated.append((_read_date(key, f"breaks.{key}"), windows))
        else:
            _known_keys({key: windows}, WEEKDAYS, "breaks", "weekday or date")
    return tuple(week), tuple(sorted(dated))


def _read_each(given: Mapping[str, Any], key: str, read: Callable[[Any, str], T]) -> list[T]:
    entries = _list(given.get(key, []), key, "a list")
    return list({read(entry, f"{key}[{place}]"): None for place, entry in enumerate(entries)})


def _holiday_parts(value: Any, path: str, example: str) -> tuple[Any, str, Windows]:
    """Date, name and hours of a holiday, written as its date alone or as an object."""
    if isinstance(value, str):
        return value, "", ()
    if not isinstance(value, Mapping):
        raise Refused(path, f"a date such as {example}, or an object with one, not {value!r:.60}")
    given = _object(value, path, "a holiday")
    _known_keys(given, ("date", "name", "hours"), path)
    if "date" not in given:
        raise Refused(f"{path}.date", f"missing; write it like {example}")
    hours = _read_windows(given.get("hours", []), f"{path}.hours", may_cross_midnight=False)
    return given["date"], _read_text(given.get("name", ""), f"{path}.name"), hours


def _date_path(value: Any, path: str) -> str:
    return path if isinstance(value, str) else f"{path}.date"


def _read_holiday(value: Any, path: str) -> Holiday:
    day, name, hours = _holiday_parts(value, path, "2024-12-24")
    return Holiday(_read_date(day, _date_path(value, path)), name, hours)


def _read_yearly(value: Any, path: str) -> YearlyHoliday:
    text, name, hours = _holiday_parts(value, path, "12-25")
    try:
        month, day = parse_month_day(text)
    except (TypeError, ValueError):
        place = _date_path(value, path)
        raise Refused(place, f"{text!r:.60} is no date of every year; write it like 12-25") from None
    return YearlyHoliday(month, day, name, hours)


def _read_business_day(given: Mapping[str, Any]) -> int | None:
    if given.get("business_day") is None:
        return None
    length = _read_time(given["business_day"], "business_day")
    if not length:
        raise Refused("business_day", "must be longer than 00:00")
    return length
