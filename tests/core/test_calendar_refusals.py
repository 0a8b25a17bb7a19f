"""What is wrong with a calendar is said with its place, and with what would be right."""

import pickle
from typing import Any

import pytest

from sojourn.core.calendar import Calendar
from sojourn.errors import Refused
from tests.core.calendar_help import calendar

OFFICE: dict[str, Any] = {"tz": "Europe/Berlin", "week": {"mon": [["09:00", "17:00"]]}}


KEYS = (
    "name, tz, week, breaks, holidays, recurring_holidays, special_hours, extra_hours, holidays_beat_exceptions, "
    "business_day"
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"": []}, f'"": unknown key; there are {KEYS}'),
        ({"hollidays": []}, "hollidays: unknown key; did you mean holidays?"),
        ({"tz": "Europe/Belrin"}, "tz: unknown time zone 'Europe/Belrin'; give an IANA zone such as Europe/Berlin"),
        (
            {"tz": "../../etc/passwd"},
            "tz: unknown time zone '../../etc/passwd'; give an IANA zone such as Europe/Berlin",
        ),
        ({"tz": ""}, "tz: unknown time zone ''; give an IANA zone such as Europe/Berlin"),
        ({"tz": 1}, "tz: a text, not 1"),
        ({"name": None}, "name: a text, not None"),
        ({"week": []}, "week: windows by weekday is an object, not []"),
        ({"week": {"monday": []}}, "week.monday: unknown weekday; did you mean mon?"),
        ({"week": {"x": []}}, "week.x: unknown weekday; there are mon, tue, wed, thu, fri, sat, sun"),
        ({"week": {1: []}}, "week: 1 is no text"),
        ({"week": {"mon": "09:00-17:00"}}, "week.mon: a list of windows, not '09:00-17:00'"),
        ({"week": {"mon": ["09:00"]}}, """week.mon[0]: a window is a pair such as ["09:00", "17:00"], not '09:00'"""),
        (
            {"week": {"mon": [["09:00", "12:00"], ["13:00"]]}},
            'week.mon[1]: a window is a pair such as ["09:00", "17:00"], not 1 entries',
        ),
        (
            {"week": {"mon": [["25:00", "26:00"]]}},
            "week.mon[0][0]: '25:00' is no time of day; 00:00 to 24:00, with or without seconds",
        ),
        (
            {"week": {"mon": [["09:00", "24:00:01"]]}},
            "week.mon[0][1]: '24:00:01' is no time of day; 00:00 to 24:00, with or without seconds",
        ),
        ({"week": {"mon": [[9, 17]]}}, "week.mon[0][0]: a time such as 09:00, not 9"),
        (
            {"week": {"mon": [["24:00", "24:00"]]}},
            "week.mon[0][0]: 24:00 is the end of a day; the next day opens at its own 00:00",
        ),
        ({"week": {}}, "week: the calendar has no working time: no day has a window"),
        (
            {"breaks": {"mon": [["00:00", "24:00"]]}},
            "week: the calendar has no working time: breaks and holidays cover every window",
        ),
        ({"breaks": {"mon": [["13:00", "12:00"]]}}, "breaks.mon[0]: closes before it opens"),
        ({"breaks": {"2024-05-06": [["12:00", "12:00"]]}}, "breaks.2024-05-06[0]: closes as it opens"),
        ({"breaks": {"2024-02-30": []}}, "breaks.2024-02-30: '2024-02-30' is no date; write it like 2024-12-24"),
        ({"breaks": {"mno": []}}, "breaks.mno: unknown weekday or date; did you mean mon?"),
        ({"holidays": "2024-05-06"}, "holidays: a list, not '2024-05-06'"),
        ({"holidays": [20240506]}, "holidays[0]: a date such as 2024-12-24, or an object with one, not 20240506"),
        ({"holidays": ["2024-05-06", "6.5.2024"]}, "holidays[1]: '6.5.2024' is no date; write it like 2024-12-24"),
        ({"holidays": [{"name": "x"}]}, "holidays[0].date: missing; write it like 2024-12-24"),
        ({"holidays": [{"date": 5}]}, "holidays[0].date: a date such as 2024-12-24, not 5"),
        ({"holidays": [{"date": "2024-05-06", "hour": []}]}, "holidays[0].hour: unknown key; did you mean hours?"),
        (
            {"holidays": [{"date": "2024-05-06", "hours": [["22:00", "06:00"]]}]},
            "holidays[0].hours[0]: closes before it opens",
        ),
        (
            {"recurring_holidays": ["02-30"]},
            "recurring_holidays[0]: '02-30' is no date of every year; write it like 12-25",
        ),
        (
            {"recurring_holidays": [{"date": 1225}]},
            "recurring_holidays[0].date: 1225 is no date of every year; write it like 12-25",
        ),
        ({"special_hours": {"mon": []}}, "special_hours.mon: 'mon' is no date; write it like 2024-12-24"),
        ({"extra_hours": {"2024-05-06": None}}, "extra_hours.2024-05-06: a list of windows, not None"),
        ({"holidays_beat_exceptions": 1}, "holidays_beat_exceptions: true or false, not 1"),
        ({"business_day": "00:00"}, "business_day: must be longer than 00:00"),
        (
            {"business_day": "-08:00"},
            "business_day: '-08:00' is no time of day; 00:00 to 24:00, with or without seconds",
        ),
        ({"business_day": 8}, "business_day: a time such as 09:00, not 8"),
    ],
)
def test_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused) as refused:
        Calendar.from_json(OFFICE | change)
    assert str(refused.value) == message


def test_refused_whole() -> None:
    with pytest.raises(Refused, match=r"^tz: missing; give an IANA"):
        Calendar.from_json({"week": {}})
    with pytest.raises(Refused, match=r"^a calendar is an object, not \[\]"):
        Calendar.from_json([])  # type: ignore[arg-type]


def test_canonical_form() -> None:
    given = OFFICE | {
        "name": "Office",
        "week": {"tue": [], "mon": [["13:00:00", "17:00:30"], ["9:00", "12:00"], ["22:00", "00:00"]]},
        "holidays": ["2024-12-25", {"date": "2024-01-01", "name": "New Year"}, "2024-12-25"],
        "business_day": None,
        "holidays_beat_exceptions": False,
    }
    assert Calendar.from_json(given).to_json() == {
        "name": "Office",
        "tz": "Europe/Berlin",
        "week": {"mon": [["09:00", "12:00"], ["13:00", "17:00:30"], ["22:00", "24:00"]]},
        "holidays": [{"date": "2024-01-01", "name": "New Year"}, "2024-12-25"],
    }


def test_travels_without_what_it_compiled() -> None:
    ours = calendar("Europe/Berlin")
    fresh = len(pickle.dumps(ours))
    ours.elapsed(0, 10**12)
    assert len(pickle.dumps(ours)) == fresh
    assert pickle.loads(pickle.dumps(ours)) == ours
