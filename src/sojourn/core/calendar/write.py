"""Rules to the canonical JSON form: sorted, without what is empty or the default."""

from collections.abc import Iterable
from typing import Any

from sojourn.core.calendar.clock_text import format_time
from sojourn.core.calendar.rules import DAY, WEEKDAYS, Dated, Rules, Week, Windows


def _windows(windows: Windows) -> list[list[str]]:
    return [[format_time(opens), format_time(closes - DAY if closes > DAY else closes)] for opens, closes in windows]


def _week(week: Week) -> dict[str, list[list[str]]]:
    return {day: _windows(windows) for day, windows in zip(WEEKDAYS, week, strict=True) if windows}


def _dated(dated: Dated) -> dict[str, list[list[str]]]:
    return {day.isoformat(): _windows(windows) for day, windows in dated}


def _holidays(holidays: Iterable[tuple[str, str, Windows]]) -> list[Any]:
    """A date alone where that says it all."""
    return [
        {"date": day} | ({"name": name} if name else {}) | ({"hours": _windows(hours)} if hours else {})
        if name or hours
        else day
        for day, name, hours in holidays
    ]


def write_rules(rules: Rules) -> dict[str, Any]:
    """The JSON form that `read_rules` reads back to equal rules."""
    written = {
        "name": rules.name,
        "tz": rules.tz,
        "week": _week(rules.week),
        "breaks": _week(rules.week_breaks) | _dated(rules.date_breaks),
        "holidays": _holidays((h.day.isoformat(), h.name, h.hours) for h in rules.holidays),
        "recurring_holidays": _holidays((f"{h.month:02d}-{h.day:02d}", h.name, h.hours) for h in rules.yearly_holidays),
        "special_hours": _dated(rules.special_hours),
        "extra_hours": _dated(rules.extra_hours),
        "holidays_beat_exceptions": rules.holidays_beat_exceptions,
        "business_day": None if rules.business_day is None else format_time(rules.business_day),
    }
    return {key: value for key, value in written.items() if value or key == "week"}
