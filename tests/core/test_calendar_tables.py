"""Calendars by hand: what each rule of docs/semantics.md 17-21 means on real nights."""

from typing import Any

import numpy as np
import pytest

from sojourn.core.calendar import ALWAYS, DAY, Calendar, HorizonError
from sojourn.core.calendar.calendar import NO_DAY
from sojourn.errors import UserError
from tests.core.calendar_help import ALL_DAYS, HOUR, calendar, ms

BERLIN = "Europe/Berlin"


def hours(ours: Calendar, start: str, end: str) -> float:
    """Between two wall clock times of the calendar's zone."""
    return ours.elapsed(ms(start, ours.tz), ms(end, ours.tz)) / HOUR


@pytest.mark.parametrize(
    ("tz", "windows", "day", "worked"),
    [
        (BERLIN, "00:00-24:00", "2024-03-31", 23),
        (BERLIN, "00:00-24:00", "2024-10-27", 25),
        (BERLIN, "00:00-24:00", "2024-10-28", 24),
        (BERLIN, "01:00-04:00", "2024-03-31", 2),
        (BERLIN, "02:30-04:00", "2024-03-31", 1),  # an opening in the gap: 03:00, the first instant there is
        (BERLIN, "01:00-02:30", "2024-03-31", 1),  # a closing in the gap: the same
        (BERLIN, "02:10-02:50", "2024-03-31", 0),
        (BERLIN, "01:00-04:00", "2024-10-27", 4),
        (BERLIN, "02:30-04:00", "2024-10-27", 2.5),  # the first 02:30
        (BERLIN, "01:00-02:30", "2024-10-27", 2.5),  # the second 02:30
        (BERLIN, "01:00-02:00", "2024-10-27", 2),  # the second 02:00: it repeats too
        (BERLIN, "01:00-03:00", "2024-10-27", 3),  # 03:00 is shown once
        ("Australia/Lord_Howe", "00:00-24:00", "2024-10-06", 23.5),
        ("Australia/Lord_Howe", "00:00-24:00", "2024-04-07", 24.5),
        ("Australia/Lord_Howe", "01:00-01:45", "2024-04-07", 1.25),
        ("Asia/Kathmandu", "09:00-17:00", "2024-03-31", 8),
        ("Africa/Casablanca", "00:00-24:00", "2024-03-10", 25),  # Ramadan begins: an hour back, in March
        ("Africa/Casablanca", "00:00-24:00", "2024-04-14", 23),
        ("America/Sao_Paulo", "00:00-24:00", "2018-11-04", 23),  # the gap is at midnight
        ("America/Havana", "00:00-24:00", "2024-03-10", 23),
        ("Pacific/Apia", "09:00-17:00", "2011-12-29", 8),
        ("Pacific/Apia", "09:00-17:00", "2011-12-31", 8),
        ("Europe/Moscow", "00:00-24:00", "2014-10-26", 25),  # the last change: winter for good
        ("Europe/Istanbul", "00:00-24:00", "2016-10-30", 24),  # summer for good
        ("America/Caracas", "00:00-24:00", "2016-05-01", 23.5),
        ("America/Caracas", "00:00-24:00", "2007-12-09", 24.5),
        ("Asia/Pyongyang", "00:00-24:00", "2018-05-04", 23.5),
    ],
)
def test_one_day(tz: str, windows: str, day: str, worked: float) -> None:
    special = {day: [w.split("-") for w in windows.split()], "2030-01-01": [["09:00", "17:00"]]}
    ours = calendar(tz, days=(), special_hours=special)
    assert ours.elapsed(ms(f"{day}T00:00Z") - 2 * DAY, ms(f"{day}T00:00Z") + 3 * DAY) == worked * HOUR


def test_samoa_skipped_a_day() -> None:
    ours = calendar("Pacific/Apia", days=ALL_DAYS)
    assert hours(ours, "2011-12-29T00:00", "2012-01-01T00:00") == 16
    starts = ours.day_starts(ms("2011-12-29T00:00", ours.tz), ms("2012-01-01T00:00", ours.tz))
    assert list(starts) == [ms("2011-12-29T00:00", ours.tz), ms("2011-12-31T00:00", ours.tz)]


@pytest.mark.parametrize(("day", "worked"), [("2024-03-30", 7), ("2024-10-26", 9), ("2024-05-04", 8)])
def test_a_night_over_the_change(day: str, worked: float) -> None:
    ours = calendar(BERLIN, "22:00-06:00", ["sat"])
    assert ours.elapsed(ms(f"{day}T12:00Z"), ms(f"{day}T12:00Z") + DAY) == worked * HOUR


@pytest.mark.parametrize(
    ("start", "end", "worked"),
    [
        ("2024-05-03T16:00", "2024-05-06T10:00", 2),  # Friday to Monday
        ("2024-05-03T16:00", "2024-05-03T16:00", 0),
        ("2024-05-06T10:00", "2024-05-03T16:00", -2),
        ("2024-05-04T16:00", "2024-05-05T16:00", 0),
        ("2024-05-06T00:00", "2024-05-13T00:00", 40),
    ],
)
def test_office_hours(start: str, end: str, worked: float) -> None:
    assert hours(calendar(BERLIN), start, end) == worked


@pytest.mark.parametrize(
    ("start", "goal", "end"),
    [
        ("2024-05-03T16:00", 2, "2024-05-06T10:00"),
        ("2024-05-03T16:00", 1, "2024-05-03T17:00"),  # closing time, not the next opening
        ("2024-05-03T17:00", 0, "2024-05-06T09:00"),
        ("2024-05-03T16:59", 0, "2024-05-03T16:59"),
        ("2024-05-04T12:00", 8, "2024-05-06T17:00"),
    ],
)
def test_deadlines(start: str, goal: float, end: str) -> None:
    ours = calendar(BERLIN)
    begin, duration = ms(start, BERLIN), int(goal * HOUR)
    assert ours.deadline(begin, duration) == ms(end, BERLIN)
    compiled = ours.compile(ms("2024-01-01T00:00"), ms("2025-01-01T00:00"))
    assert list(compiled.deadline(np.array([begin]), np.array([duration]))) == [ms(end, BERLIN)]


@pytest.mark.parametrize(
    ("end", "worked", "start"),
    [
        ("2024-05-06T10:00", 2, "2024-05-03T16:00"),
        ("2024-05-06T10:00", 1, "2024-05-06T09:00"),  # the opening, not the closing before
        ("2024-05-06T09:00", 0, "2024-05-03T17:00"),
        ("2024-05-06T09:01", 0, "2024-05-06T09:01"),
    ],
)
def test_starts(end: str, worked: float, start: str) -> None:
    assert calendar(BERLIN).start_for(ms(end, BERLIN), int(worked * HOUR)) == ms(start, BERLIN)


def test_open_is_half_open() -> None:
    ours = calendar()
    opening, closing = ms("2024-05-06T09:00"), ms("2024-05-06T17:00")
    assert [ours.is_open(at) for at in (opening - 1, opening, closing - 1, closing)] == [False, True, True, False]
    assert ours.next_open(closing - 1) == closing - 1
    assert ours.previous_close(closing) == closing
    assert ours.previous_close(opening) == ms("2024-05-03T17:00")
    assert ours.previous_close(opening + 1) == opening + 1


TUESDAY = "2024-05-07"
NOON = [["12:00", "13:00"]]


@pytest.mark.parametrize(
    ("more", "worked"),
    [
        ({}, 8),
        ({"breaks": {"tue": NOON}}, 7),
        ({"breaks": {TUESDAY: NOON, "tue": [["12:30", "14:00"]]}}, 6),
        ({"holidays": [TUESDAY]}, 0),
        ({"recurring_holidays": ["05-07"]}, 0),
        ({"recurring_holidays": [{"date": "05-07", "hours": NOON}]}, 7),
        ({"holidays": [{"date": TUESDAY, "hours": [["12:00", "24:00"]]}]}, 3),
        ({"special_hours": {TUESDAY: [["06:00", "22:00"]]}}, 16),
        ({"special_hours": {TUESDAY: []}}, 0),
        ({"special_hours": {TUESDAY: [["06:00", "22:00"]]}, "breaks": {"tue": NOON}}, 16),
        ({"special_hours": {TUESDAY: [["06:00", "22:00"]]}, "breaks": {TUESDAY: NOON}}, 15),
        ({"extra_hours": {TUESDAY: [["16:00", "20:00"]]}}, 11),
        ({"extra_hours": {TUESDAY: [["16:00", "20:00"]]}, "breaks": {"tue": [["16:30", "17:30"]]}}, 10),
        ({"special_hours": {TUESDAY: [["09:00", "10:00"]]}, "holidays": [TUESDAY]}, 1),
        ({"extra_hours": {TUESDAY: [["09:00", "10:00"]]}, "holidays": [TUESDAY]}, 1),
        (
            {
                "special_hours": {TUESDAY: [["09:00", "10:00"]]},
                "holidays": [TUESDAY],
                "holidays_beat_exceptions": True,
            },
            0,
        ),
        ({"extra_hours": {TUESDAY: NOON}, "holidays": [{"date": TUESDAY, "hours": [["09:00", "17:00"]]}]}, 1),
        (
            {
                "extra_hours": {TUESDAY: [["16:00", "20:00"]]},
                "holidays": [{"date": TUESDAY, "hours": [["12:00", "19:00"]]}],
                "holidays_beat_exceptions": True,
            },
            4,
        ),
    ],
)
def test_what_beats_what(more: dict[str, Any], worked: float) -> None:
    for tz in ("UTC", BERLIN):
        assert hours(calendar(tz, **more), f"{TUESDAY}T00:00", "2024-05-08T00:00") == worked


def test_a_holiday_takes_the_night_that_opens_on_it() -> None:
    ours = calendar(BERLIN, "22:00-06:00", ALL_DAYS, holidays=[TUESDAY])
    assert hours(ours, f"{TUESDAY}T00:00", "2024-05-08T12:00") == 6  # Monday's night stays whole


def test_29_february_comes_in_leap_years() -> None:
    ours = calendar(BERLIN, days=ALL_DAYS, recurring_holidays=["02-29"])
    assert hours(ours, "2024-02-28T00:00", "2024-03-02T00:00") == 16
    assert hours(ours, "2023-02-28T00:00", "2023-03-02T00:00") == 16


@pytest.mark.parametrize(("window", "worked"), [("09:00-09:00", 24), ("00:00-00:00", 24), ("22:00-06:00", 8)])
def test_a_window_that_closes_at_or_before_it_opens_runs_past_midnight(window: str, worked: float) -> None:
    assert hours(calendar(BERLIN, window, ["mon"]), "2024-05-06T00:00", "2024-05-08T00:00") == worked


@pytest.mark.parametrize(
    ("more", "day", "week"),
    [
        ({}, 8, 40),
        ({"hours": "00:00-24:00", "days": ALL_DAYS}, 24, 168),
        ({"days": ["tue", "thu"]}, 8, 16),
        ({"breaks": {"mon": NOON}}, 7, 39),
        ({"hours": "09:00-13:00 12:00-17:00"}, 8, 40),
        ({"hours": "22:00-06:00"}, 8, 40),
        ({"hours": "22:00-06:00", "breaks": {"tue": [["02:00", "03:00"]]}}, 7, 39),
        ({"hours": "22:00-06:00", "days": ["sun"], "breaks": {"mon": [["02:00", "03:00"]]}}, 7, 7),
        ({"business_day": "07:30"}, 7.5, 40),
        ({"days": (), "special_hours": {TUESDAY: [["09:00", "12:00"]]}}, 3, 15),
    ],
)
def test_business_day_and_week(more: dict[str, Any], day: float, week: float) -> None:
    ours = calendar(BERLIN, **more)
    assert (ours.business_day_ms, ours.business_week_ms) == (day * HOUR, week * HOUR)


def test_mean_where_monday_has_none() -> None:
    week = {"tue": [["09:00", "17:00"]], "wed": [["09:00", "13:00"]]}
    assert Calendar.from_json({"tz": "UTC", "week": week}).business_day_ms == 6 * HOUR


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2024-05-03T10:00", 1, "2024-05-06T10:00"),
        ("2024-05-03T20:00", 1, "2024-05-06T20:00"),
        ("2024-05-04T10:00", 1, "2024-05-08T10:00"),  # Saturday counts from Monday; Tuesday is a holiday
        ("2024-05-04T10:00", -1, "2024-05-02T10:00"),
        ("2024-05-08T10:00", -1, "2024-05-06T10:00"),
        ("2024-05-04T10:00", 0, "2024-05-04T10:00"),
        ("2024-03-29T02:30", 1, "2024-04-01T02:30"),
    ],
)
def test_business_days(start: str, count: int, end: str) -> None:
    ours = calendar(BERLIN, holidays=[TUESDAY])
    assert ours.add_business_days(ms(start, BERLIN), count) == ms(end, BERLIN)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2024-05-03T23:00", 0, "2024-05-03T17:00"),
        ("2024-05-04T10:00", 0, "2024-05-06T17:00"),
        ("2024-05-04T10:00", 1, "2024-05-06T17:00"),
        ("2024-05-06T10:00", 1, "2024-05-08T17:00"),
        ("2024-05-06T10:00", 2, "2024-05-09T16:00"),
    ],
)
def test_ends_of_business(start: str, count: int, end: str) -> None:
    ours = calendar(BERLIN, holidays=[TUESDAY], breaks={"2024-05-09": [["16:00", "18:00"]]})
    assert ours.business_day_end(ms(start, BERLIN), count) == ms(end, BERLIN)
    date = np.array([ms(start[:10]) // DAY])
    assert ours.business_day_ends(date, count).tolist() == [ms(end, BERLIN)]


def test_always() -> None:
    moments = np.array([ms("2024-03-30T00:00"), ms("2024-04-02T00:00")])
    compiled = ALWAYS.compile(int(moments[0]), int(moments[1]))
    assert list(compiled.until(moments)) == [0, 3 * DAY]
    assert list(compiled.instant(np.array([0, 5]))) == [moments[0], moments[0] + 5]
    assert ALWAYS.elapsed(10, 3) == -7
    assert ALWAYS.deadline(5, 10) == 15
    assert (ALWAYS.business_day_ms, ALWAYS.business_week_ms) == (DAY, 7 * DAY)
    assert hours(calendar(BERLIN, "00:00-24:00", ALL_DAYS), "2024-03-31T00:00", "2024-04-01T00:00") == 23
    assert Calendar.from_json(ALWAYS.to_json()) == ALWAYS


@pytest.mark.parametrize("year", ["0001-06-01", "1583-05-05", "1899-12-31", "1969-12-31", "2101-01-05", "9999-06-01"])
def test_far_years(year: str) -> None:
    ours = calendar(days=ALL_DAYS)
    assert ours.deadline(ms(f"{year}T00:00"), 16 * HOUR) == ms(f"{year}T17:00") + DAY


def test_outside_the_horizon_nothing_is_silent() -> None:
    first, last = ms("2024-01-01T00:00"), ms("2024-12-31T00:00")
    for ours in (calendar(), ALWAYS):
        compiled = ours.compile(first, last)
        for wrong in (first - 1, last + 1, -(1 << 63), (1 << 63) - 1):
            with pytest.raises(HorizonError):
                compiled.until(np.array([first, wrong]))
            with pytest.raises(HorizonError):
                compiled.elapsed(np.array([first]), np.array([wrong]))
        for wrong in (-1, compiled.total + 1):
            with pytest.raises(HorizonError):
                compiled.instant(np.array([0, wrong]))
        with pytest.raises(HorizonError):
            compiled.next_open(np.array([last]))
    idle = calendar().compile(ms("2024-05-04T00:00"), ms("2024-05-05T00:00"))
    assert list(idle.until(np.array([idle.first, idle.last]))) == [0, 0]
    with pytest.raises(HorizonError):
        idle.instant(np.array([0]))


def test_a_calendar_that_ends() -> None:
    ours = calendar(days=(), special_hours={TUESDAY: [["09:00", "12:00"]]})
    start = ms("2020-01-01T00:00")
    assert ours.deadline(start, 3 * HOUR) == ms(f"{TUESDAY}T12:00")
    assert ours.start_for(ms("2030-01-01T00:00"), 3 * HOUR) == ms(f"{TUESDAY}T09:00")
    for ask in (
        lambda: ours.deadline(start, 4 * HOUR),
        lambda: ours.start_for(ms("2030-01-01T00:00"), 4 * HOUR),
        lambda: ours.next_open(ms(f"{TUESDAY}T12:00")),
        lambda: ours.previous_close(ms(f"{TUESDAY}T09:00")),
        lambda: ours.add_business_days(start, 2),
        lambda: ours.business_day_end(start, 2),
        lambda: ours.elapsed(0, 10**18),
    ):
        with pytest.raises(UserError):
            ask()
    dates = np.array([start // DAY, ms(TUESDAY) // DAY])
    assert ours.business_day_ends(dates, 1).tolist() == [ms(f"{TUESDAY}T12:00"), NO_DAY]


@pytest.mark.parametrize("method", ["deadline", "start_for"])
def test_negative_durations_are_a_mistake(method: str) -> None:
    with pytest.raises(ValueError, match="negative"):
        getattr(calendar(), method)(0, -1)


def test_day_starts() -> None:
    ours = calendar(BERLIN)
    first, last = ms("2024-03-30T12:00", BERLIN), ms("2024-04-02T00:00", BERLIN)
    expected = [ms(f"{day}T00:00", BERLIN) for day in ("2024-03-31", "2024-04-01")]
    assert list(ours.day_starts(first, last)) == expected
    assert list(ours.day_starts(expected[0], expected[0] + 1)) == expected[:1]


def test_the_last_days_of_time() -> None:
    special = {"0001-01-01": [["09:00", "17:00"]], "9999-12-31": [["09:00", "17:00"]]}
    with pytest.raises(UserError, match="no working time"):
        calendar(days=(), special_hours=special)
    assert calendar(special_hours=special).business_day_ms == 8 * HOUR
