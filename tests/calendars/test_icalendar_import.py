"""Holidays from iCalendar texts: every kind of event, the zones, the years, and what is refused with its place."""

from pathlib import Path
from typing import Any

import pytest

from sojourn.calendars import icalendar_import
from sojourn.core.calendar import Calendar
from sojourn.errors import Refused
from sojourn.net import AddressRefused, CallFailed, Openings
from tests.calendars.ics import calendar, event
from tests.net.serving import http, listening

ZONE = """BEGIN:VTIMEZONE
TZID:Office
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0330
TZOFFSETTO:+0330
END:STANDARD
END:VTIMEZONE
"""


def read(*parts: str, tz: str = "Europe/Berlin", years: range = range(2024, 2026)) -> list[dict[str, Any]]:
    return icalendar_import.read(calendar(*parts), "x.ics", tz, years).holidays


def short(holidays: list[dict[str, Any]]) -> str:
    """The holidays in one line: dates, hours."""
    return " ".join(
        holiday["date"] + "".join(f"/{opens}-{closes}" for opens, closes in holiday.get("hours", []))
        for holiday in holidays
    )


YEARLY = "RRULE:FREQ=YEARLY"
ALL_DAY = [
    ("one day", ["DTSTART;VALUE=DATE:20240501"], "2024-05-01"),
    ("an end", ["DTSTART;VALUE=DATE:20240501", "DTEND;VALUE=DATE:20240502"], "2024-05-01"),
    ("an end that is the start", ["DTSTART;VALUE=DATE:20240501", "DTEND;VALUE=DATE:20240501"], "2024-05-01"),
    ("three days", ["DTSTART;VALUE=DATE:20240501", "DTEND;VALUE=DATE:20240504"], "2024-05-01 2024-05-02 2024-05-03"),
    ("a duration", ["DTSTART;VALUE=DATE:20240501", "DURATION:P2D"], "2024-05-01 2024-05-02"),
    (
        "over the first of the years",
        ["DTSTART;VALUE=DATE:20231230", "DTEND;VALUE=DATE:20240103"],
        "2024-01-01 2024-01-02",
    ),
    ("over the last of the years", ["DTSTART;VALUE=DATE:20251231", "DTEND;VALUE=DATE:20260103"], "2025-12-31"),
    ("from year to year", ["DTSTART;VALUE=DATE:20241231", "DTEND;VALUE=DATE:20250102"], "2024-12-31 2025-01-01"),
    ("before the years", ["DTSTART;VALUE=DATE:20231231"], ""),
    ("after the years", ["DTSTART;VALUE=DATE:20260101"], ""),
    ("every year", ["DTSTART;VALUE=DATE:19500501", YEARLY], "2024-05-01 2025-05-01"),
    ("every leap year", ["DTSTART;VALUE=DATE:20000229", YEARLY], "2024-02-29"),
    (
        "every fourth Thursday of November",
        ["DTSTART;VALUE=DATE:20201126", f"{YEARLY};BYMONTH=11;BYDAY=4TH"],
        "2024-11-28 2025-11-27",
    ),
    ("until a year", ["DTSTART;VALUE=DATE:20200501", f"{YEARLY};UNTIL=20241231"], "2024-05-01"),
    ("a number of times", ["DTSTART;VALUE=DATE:20230501", f"{YEARLY};COUNT=2"], "2024-05-01"),
    ("but for one", ["DTSTART;VALUE=DATE:20200501", YEARLY, "EXDATE;VALUE=DATE:20240501"], "2025-05-01"),
    ("and one more", ["DTSTART;VALUE=DATE:20240501", "RDATE;VALUE=DATE:20240503"], "2024-05-01 2024-05-03"),
    ("cancelled", ["DTSTART;VALUE=DATE:20240501", "STATUS:CANCELLED"], ""),
    ("tentative", ["DTSTART;VALUE=DATE:20240501", "STATUS:TENTATIVE"], "2024-05-01"),
    ("shown as free", ["DTSTART;VALUE=DATE:20240501", "TRANSP:TRANSPARENT"], "2024-05-01"),
]


@pytest.mark.parametrize(("lines", "dates"), [row[1:] for row in ALL_DAY], ids=[row[0] for row in ALL_DAY])
def test_an_all_day_event_is_a_holiday_on_each_of_its_dates(lines: list[str], dates: str) -> None:
    assert short(read(event(*lines))) == dates


TIMED = [
    ("without a zone", ["DTSTART:20241224T120000", "DTEND:20241224T180000"], "2024-12-24/12:00-18:00"),
    ("in UTC", ["DTSTART:20241224T120000Z", "DTEND:20241224T180000Z"], "2024-12-24/13:00-19:00"),
    ("in UTC, in summer", ["DTSTART:20240624T120000Z", "DURATION:PT90M"], "2024-06-24/14:00-15:30"),
    ("in another zone", ["DTSTART;TZID=America/New_York:20241224T120000", "DURATION:PT1H"], "2024-12-24/18:00-19:00"),
    (
        "as Windows calls it",
        ["DTSTART;TZID=W. Europe Standard Time:20241224T120000", "DURATION:PT1H"],
        "2024-12-24/12:00-13:00",
    ),
    ("in a zone of the file", ["DTSTART;TZID=Office:20241224T120000", "DURATION:PT1H"], "2024-12-24/09:30-10:30"),
    ("to midnight", ["DTSTART:20241224T120000", "DTEND:20241225T000000"], "2024-12-24/12:00-24:00"),
    (
        "over midnight",
        ["DTSTART:20241224T220000", "DTEND:20241225T060000"],
        "2024-12-24/22:00-24:00 2024-12-25/00:00-06:00",
    ),
    (
        "over midnight there",
        ["DTSTART:20241224T220000Z", "DURATION:PT2H"],
        "2024-12-24/23:00-24:00 2024-12-25/00:00-01:00",
    ),
    (
        "over two",
        ["DTSTART:20241224T120000", "DURATION:P2D"],
        "2024-12-24/12:00-24:00 2024-12-25/00:00-24:00 2024-12-26/00:00-12:00",
    ),
    ("with seconds", ["DTSTART:20241224T120030", "DTEND:20241224T130000"], "2024-12-24/12:00:30-13:00"),
    ("without a length", ["DTSTART:20241224T120000"], ""),
    ("into the years, there", ["DTSTART:20231231T230000Z", "DURATION:PT1H"], "2024-01-01/00:00-01:00"),
    ("out of the years, there", ["DTSTART:20251231T230000Z", "DURATION:PT1H"], ""),
    (
        "every year at noon",
        ["DTSTART;TZID=Europe/Berlin:20201224T120000", "DURATION:PT1H", YEARLY],
        "2024-12-24/12:00-13:00 2025-12-24/12:00-13:00",
    ),
    ("over the hour that spring skips", ["DTSTART:20240331T003000Z", "DURATION:PT1H"], "2024-03-31/01:30-03:30"),
    ("in the hour that autumn repeats", ["DTSTART:20241027T003000Z", "DURATION:PT15M"], "2024-10-27/02:30-02:45"),
    ("over its end", ["DTSTART:20241027T004500Z", "DURATION:PT30M"], "2024-10-27/02:15-02:45"),
    ("just as long as it", ["DTSTART:20241027T001500Z", "DURATION:PT1H"], "2024-10-27/02:15-02:15:01"),
]


@pytest.mark.parametrize(("lines", "hours"), [row[1:] for row in TIMED], ids=[row[0] for row in TIMED])
def test_a_timed_event_takes_its_hours_away_in_the_zone_of_the_calendar(lines: list[str], hours: str) -> None:
    found = read(ZONE, event(*lines))
    assert short(found) == hours
    week = {"sun": [["00:00", "24:00"]]}
    Calendar.from_json({"tz": "Europe/Berlin", "week": week, "holidays": found})  # a calendar takes them


def test_a_time_without_a_zone_is_in_the_zone_the_file_names_for_all() -> None:
    lines = event("DTSTART:20241224T120000", "DURATION:PT1H")
    assert short(read("X-WR-TIMEZONE:America/New_York\n", lines)) == "2024-12-24/18:00-19:00"


def test_one_of_a_series_can_be_moved_renamed_and_cancelled() -> None:
    series = event("UID:a", "DTSTART;VALUE=DATE:20200501", YEARLY)
    moved = event("UID:a", "RECURRENCE-ID;VALUE=DATE:20240501", "DTSTART;VALUE=DATE:20240503", name="Bridge")
    cancelled = event("UID:a", "RECURRENCE-ID;VALUE=DATE:20250501", "DTSTART;VALUE=DATE:20250501", "STATUS:CANCELLED")
    found = read(series, moved, cancelled, years=range(2023, 2027))
    assert [(one["date"], one["name"]) for one in found] == [
        ("2023-05-01", "Day"),
        ("2024-05-03", "Bridge"),
        ("2026-05-01", "Day"),
    ]


def test_holidays_are_sorted_each_once_with_names_in_one_line() -> None:
    found = read(
        event("DTSTART;VALUE=DATE:20240601", name=""),
        event("DTSTART;VALUE=DATE:20240501", name="Labour\\n  Day"),
        event("DTSTART;VALUE=DATE:20240501", name="Labour Day"),
        event("DTSTART:20240501T120000", "DURATION:PT1H", name="x" * 300),
        "BEGIN:VTODO\nDTSTART;VALUE=DATE:20240701\nSUMMARY:A task\nEND:VTODO\n",
    )
    assert found == [
        {"date": "2024-05-01", "name": "Labour Day"},
        {"date": "2024-05-01", "name": "x" * 255, "hours": [["12:00", "13:00"]]},
        {"date": "2024-06-01"},
    ]


def test_a_text_may_name_itself_have_a_mark_plain_line_ends_and_several_calendars() -> None:
    first = calendar("X-WR-CALNAME:Company days\n", event("DTSTART;VALUE=DATE:20240501"))
    text = b"\xef\xbb\xbf" + (first + calendar(event("DTSTART;VALUE=DATE:20240502"))).replace(b"\r\n", b"\n")
    found = icalendar_import.read(text, "x.ics", "UTC", range(2024, 2025))
    assert (found.name, short(found.holidays)) == ("Company days", "2024-05-01 2024-05-02")


def test_a_zone_is_what_its_own_file_says_whatever_others_said() -> None:
    noon = event("DTSTART;TZID=Office:20241224T120000", "DURATION:PT1H")
    assert short(read(ZONE, noon, tz="UTC")) == "2024-12-24/08:30-09:30"
    assert short(read(ZONE.replace("+0330", "+0500"), noon, tz="UTC")) == "2024-12-24/07:00-08:00"
    with pytest.raises(Refused, match="'Office' is no IANA name, and no VTIMEZONE describes it"):
        read(noon)


MAY = "DTSTART;VALUE=DATE:20240501"
WRONG = [
    ("no start", ["UID:1"], ": has no DTSTART"),
    ("a start that is none", ["DTSTART:soon"], ", DTSTART: cannot be read"),
    ("a date that is none", ["DTSTART;VALUE=DATE:20240230"], ", DTSTART: cannot be read"),
    ("a time of day alone", ["DTSTART;VALUE=TIME:120000"], ", DTSTART: is not a date or time"),
    ("a start long ago", ["DTSTART;VALUE=DATE:00010101"], ", DTSTART: is not a date or time from 1583"),
    ("a start at the end of time", ["DTSTART;VALUE=DATE:99991231"], ", DTSTART: is not a date"),
    ("two starts", [MAY, "DTSTART;VALUE=DATE:20240502"], ", DTSTART: stands there more than once"),
    ("an end before the start", [MAY, "DTEND;VALUE=DATE:20240401"], ", DTEND: 2024-04-01 lies before"),
    ("an end of another kind", [MAY, "DTEND:20240501T120000"], ", DTEND: must be a date where"),
    ("an end that is a time of day", [MAY, "DTEND:120000"], ", DTEND: must be a date where"),
    ("an end in no zone", ["DTSTART:20240501T120000Z", "DTEND:20240501T130000"], ", DTEND: must be"),
    ("an unknown zone", ["DTSTART;TZID=Nowhere:20240501T120000"], ", DTSTART: the zone 'Nowhere'"),
    ("an unknown zone of what is left out", [MAY, "EXDATE;TZID=Nowhere:20240501T120000"], ", EXDATE: the zone"),
    ("an unknown rule", [MAY, "RRULE:FREQ=SOMETIMES"], ", RRULE: cannot be read"),
    ("a rule without a frequency", [MAY, "RRULE:COUNT=2"], ", RRULE: FREQ is one of DAILY, WEEKLY"),
    ("every second", [MAY, "RRULE:FREQ=SECONDLY"], ", RRULE: FREQ is one of DAILY"),
    ("many times a day", [MAY, "RRULE:FREQ=DAILY;BYHOUR=1,2"], ", RRULE: repeats within a day"),
    ("in no steps", [MAY, "RRULE:FREQ=DAILY;INTERVAL=0"], ", RRULE: INTERVAL is at least 1"),
    ("never", [MAY, "RRULE:FREQ=DAILY;COUNT=0"], ", RRULE: COUNT is at least 1"),
    ("two rules", [MAY, "RRULE:FREQ=DAILY", "RRULE:FREQ=YEARLY"], ", RRULE: stands there more than"),
    ("a line that is none", [MAY, "garbage"], ": cannot be read: Content line"),
    ("the id of another", ["UID:first", MAY], ", UID: is that of event 1; each event has its own"),
]


@pytest.mark.parametrize(("lines", "reason"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_an_event_that_cannot_be_read_refuses_the_whole_with_its_place(lines: list[str], reason: str) -> None:
    with pytest.raises(Refused) as error:
        read(event("UID:first", "DTSTART;VALUE=DATE:20240401"), event(*lines))
    assert str(error.value).startswith(f"x.ics, event 2 (Day){reason}")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "x.ics: is not an iCalendar: it does not begin with BEGIN:VCALENDAR"),
        (b"<html>secret</html>", "x.ics: is not an iCalendar: it does not begin with BEGIN:VCALENDAR"),
        (calendar(event(MAY))[:-20], "x.ics: is cut off: it does not end with END:VCALENDAR"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n\xff", "x.ics, byte 32: is not UTF-8"),
        (calendar(event(MAY), "BEGIN:VEVENT\nSUMMARY:x\n"), "x.ics: cannot be read as iCalendar: a BEGIN has no END"),
        (calendar("BEGIN:VTIMEZONE\n"), "x.ics: cannot be read as iCalendar: a BEGIN has no END"),
        (calendar("garbage\n"), "x.ics: cannot be read as iCalendar: Content line"),
        (calendar(ZONE.replace("DTSTART:1", "DTSTART:x"), event(MAY)), "x.ics: cannot be read as iCalendar: Wrong"),
        (calendar(ZONE.replace("TO:+0330", "TO:late"), event(MAY)), "x.ics: cannot be read as iCalendar: Expected"),
        (calendar("CALSCALE:JULIAN\n", event(MAY)), "x.ics: cannot be repeated over the year 2024: Only Gregorian"),
        (calendar("X-WR-TIMEZONE:Mars\n", event(MAY)), "x.ics: cannot be repeated over the year 2024"),
        (calendar(event(MAY, "DURATION:P9999999D")), "x.ics: cannot be repeated over the year 2024"),
        (calendar(event(MAY) * 5_001), "x.ics: has 5,001 events; at most 5,000 are read"),
        (calendar(event(MAY, "RRULE:FREQ=DAILY") * 80), "x.ics: has more than 20,000 dates from 2024 to 2025"),
    ],
)
def test_a_text_that_is_no_calendar_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(Refused) as error:
        icalendar_import.read(content, "x.ics", "UTC", range(2024, 2026))
    assert str(error.value).startswith(reason)
    assert "secret" not in str(error.value)


def test_a_file_is_loaded_up_to_the_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.ics").write_bytes(b"x" * 10)
    monkeypatch.setattr(icalendar_import, "MOST_BYTES", 10)
    assert icalendar_import.load(str(tmp_path / "x.ics"), Openings()) == b"x" * 10
    monkeypatch.setattr(icalendar_import, "MOST_BYTES", 9)
    with pytest.raises(Refused, match=r"x\.ics: has more than 9 bytes"):
        icalendar_import.load(str(tmp_path / "x.ics"), Openings())
    with pytest.raises(Refused, match=r"no\.ics: cannot be read: No such file"):
        icalendar_import.load(str(tmp_path / "no.ics"), Openings())


def test_an_address_is_loaded_by_the_guarded_client(monkeypatch: pytest.MonkeyPatch) -> None:
    text = calendar(event(MAY))
    with listening(http(text, "200 OK", "Content-Type: text/calendar")) as listener:
        url = f"http://127.0.0.1:{listener.port}/private/x.ics"
        with pytest.raises(AddressRefused):
            icalendar_import.load(url, Openings())
        openings = Openings.of([("127.0.0.1", listener.port)])
        assert icalendar_import.load(url, openings) == text
        assert b"\r\nAccept: text/calendar\r\n" in listener.seen[0]
        monkeypatch.setattr(icalendar_import, "MOST_BYTES", 9)
        with pytest.raises(CallFailed, match="more than 9 bytes"):
            icalendar_import.load(url, openings)
        with pytest.raises(CallFailed, match=f"https://127.0.0.1:{listener.port}: cannot be reached"):
            icalendar_import.load(url.replace("http:", "WebCal:"), openings)


@pytest.mark.parametrize(
    ("source", "name"),
    [("days/x.ics", "days/x.ics"), ("https://a.example/secret.ics", "a.example"), ("https:///secret", "address")],
)
def test_messages_call_a_source_by_its_path_or_by_its_host(source: str, name: str) -> None:
    assert icalendar_import.label(source) == name
