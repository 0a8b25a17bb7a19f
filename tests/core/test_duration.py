"""The rounding and the ten formats of docs/semantics.md 16."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.duration import (
    DAY_MS,
    HOUR_MS,
    MAX_MS,
    MINUTE_MS,
    NEVER,
    WEEK_MS,
    TimeFormat,
    convert_duration,
    format_duration,
    format_expr,
    parse_duration,
)
from sojourn.errors import Refused

EIGHT = 8 * HOUR_MS
FORTY = 40 * HOUR_MS


def shown(ms: int | None, name: str, day: int = EIGHT, week: int = FORTY) -> str:
    return format_duration(ms, TimeFormat.parse(name), business_day_ms=day, business_week_ms=week)


@pytest.mark.parametrize(
    ("minutes", "name", "text"),
    [
        (759, "Minutes", "759"),
        (759, "HoursMinutes", "12h 39m"),
        (759, "Hours:Minutes", "12:39"),
        (30 * 60 + 32, "DaysHoursMinutes", "1d 6h 32m"),
        (8 * 60, "Decimal Hours", "8.00"),
        (16 * 60, "Decimal Hours", "16.00"),
        (24 * 60, "Decimal Hours", "24.00"),
        (8 * 60, "Decimal Days", "0.33"),
        (16 * 60, "Decimal Days", "0.67"),  # the vendor truncates to 0.66
        (24 * 60, "Decimal Days", "1.00"),
        (24 * 60, "Decimal Weeks", "0.14"),
        (8 * 60, "Business Decimal Days", "1.00"),
        (16 * 60, "Business Decimal Days", "2.00"),
        (24 * 60, "Business Decimal Days", "3.00"),
        (60 * 60, "Business Decimal Weeks", "1.50"),
        (30 * 60 + 32, "Business DaysHoursMinutes", "3d 6h 32m"),
        (759, "ms", "45540000"),
        (759, "seconds", "45540.000"),
        (759, "iso8601", "PT12H39M"),
        (30 * 60 + 32, "iso8601", "PT30H32M"),
    ],
)
def test_documented_examples(minutes: int, name: str, text: str) -> None:
    assert shown(minutes * MINUTE_MS, name) == text


@pytest.mark.parametrize(
    ("name", "zero"),
    [
        ("Minutes", "0"),
        ("HoursMinutes", "0m"),
        ("Hours:Minutes", "0:00"),
        ("DaysHoursMinutes", "0m"),
        ("Decimal Hours", "0.00"),
        ("Business DaysHoursMinutes", "0m"),
        ("ms", "0"),
        ("seconds", "0.000"),
        ("iso8601", "PT0S"),
    ],
)
def test_never_is_not_zero(name: str, zero: str) -> None:
    assert shown(0, name) == zero
    assert shown(None, name) == NEVER == "–"


@pytest.mark.parametrize(
    ("ms", "name", "text"),
    [
        (29_999, "Minutes", "0"),
        (30_000, "Minutes", "1"),
        (-30_000, "Minutes", "-1"),
        (-29_999, "Minutes", "0"),
        (-29_999, "HoursMinutes", "0m"),
        (-759 * MINUTE_MS, "HoursMinutes", "-12h 39m"),
        (-39 * MINUTE_MS, "Hours:Minutes", "-0:39"),
        (HOUR_MS - 30_000, "HoursMinutes", "1h 0m"),
        (HOUR_MS - 30_001, "HoursMinutes", "59m"),
        (DAY_MS - 1, "DaysHoursMinutes", "1d 0h 0m"),
        (EIGHT - 1, "Business DaysHoursMinutes", "1d 0h 0m"),
        (17_999, "Decimal Hours", "0.00"),
        (18_000, "Decimal Hours", "0.01"),
        (-18_000, "Decimal Hours", "-0.01"),
        (-17_999, "Decimal Hours", "0.00"),
        (1, "seconds", "0.001"),
        (-1, "seconds", "-0.001"),
        (500, "iso8601", "PT0.5S"),
        (-61_020, "iso8601", "-PT1M1.02S"),
        (10_000, "iso8601", "PT10S"),
    ],
)
def test_rounds_once_and_half_away_from_zero(ms: int, name: str, text: str) -> None:
    assert shown(ms, name) == text


def test_a_business_day_that_is_no_whole_minute() -> None:
    day = EIGHT - 20_000
    assert shown(day, "Business DaysHoursMinutes", day) == "1d 0h 0m"
    assert shown(2 * day + MINUTE_MS, "Business DaysHoursMinutes", day) == "2d 0h 1m"
    assert shown(day - 5_000, "Business DaysHoursMinutes", day) == "1d 0h 0m"


@pytest.mark.parametrize("time_format", TimeFormat)
@given(
    values=st.lists(st.none() | st.integers(-(10**13), 10**13) | st.integers(-100_000, 100_000)),
    day=st.integers(1, DAY_MS),
    week=st.integers(1, WEEK_MS),
)
def test_columns_equal_the_scalar(time_format: TimeFormat, values: list[int | None], day: int, week: int) -> None:
    frame = pl.DataFrame({"spent": values}, schema={"spent": pl.Int64})
    column = frame.select(format_expr("spent", time_format, business_day_ms=day, business_week_ms=week))
    assert column.columns == ["spent"]
    assert column.to_series().dtype.is_numeric() == time_format.numeric
    assert column.to_series().to_list() == [
        convert_duration(one, time_format, business_day_ms=day, business_week_ms=week) for one in values
    ]


def test_column_types() -> None:
    types = {
        one: pl.DataFrame({"x": [1]})
        .select(format_expr("x", one, business_day_ms=EIGHT, business_week_ms=FORTY))
        .dtypes[0]
        for one in TimeFormat
    }
    assert {one for one, dtype in types.items() if dtype == pl.Int64} == {TimeFormat.MS, TimeFormat.MINUTES}
    assert sum(dtype == pl.String for dtype in types.values()) == 5
    assert sum(dtype == pl.Float64 for dtype in types.values()) == 6


@pytest.mark.parametrize("time_format", TimeFormat)
def test_format_names_are_read_leniently(time_format: TimeFormat) -> None:
    assert TimeFormat.parse(time_format.value) is time_format
    assert TimeFormat.parse(time_format.name.replace("_COLON_", ":")) is time_format
    assert TimeFormat.parse(time_format.value.upper().replace(" ", "-")) is time_format


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(Refused, match=r"^preset.format: .*did you mean 'Decimal Hours'\?.*Hours:Minutes"):
        TimeFormat.parse("decimal_huors", path="preset.format")
    with pytest.raises(Refused, match="Right are: Minutes, "):
        TimeFormat.parse("")


@pytest.mark.parametrize("business", [(0, FORTY), (EIGHT, -1)])
def test_an_empty_business_day_is_refused(business: tuple[int, int]) -> None:
    day, week = business
    with pytest.raises(Refused, match="business_day"):
        format_duration(None, TimeFormat.MINUTES, business_day_ms=day, business_week_ms=week)
    with pytest.raises(Refused, match="business_day"):
        format_expr("x", TimeFormat.MINUTES, business_day_ms=day, business_week_ms=week)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2d 5h", 53 * HOUR_MS),
        ("1w 2d 3h 30m 15s", 9 * DAY_MS + 3 * HOUR_MS + 30 * MINUTE_MS + 15_000),
        ("90m", 90 * MINUTE_MS),
        ("1.5h", 90 * MINUTE_MS),
        ("500ms", 500),
        ("2d5h", 53 * HOUR_MS),
        ("5 hours 2 Days", 53 * HOUR_MS),
        (" 0m ", 0),
        ("0.0005s", 1),
        ("08:30", 8 * HOUR_MS + 30 * MINUTE_MS),
        ("100:00:05", 100 * HOUR_MS + 5_000),
        ("PT8H", EIGHT),
        ("pt0.5s", 500),
        ("P1DT2H3M4.5S", DAY_MS + 2 * HOUR_MS + 3 * MINUTE_MS + 4_500),
        ("P2W", 2 * WEEK_MS),
    ],
)
def test_durations_are_read(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


def test_days_and_weeks_are_the_calendars() -> None:
    assert parse_duration("1w 1d", day_ms=EIGHT, week_ms=FORTY) == 48 * HOUR_MS
    assert parse_duration("P1D", day_ms=EIGHT, week_ms=FORTY) == EIGHT
    assert parse_duration("1.5d", day_ms=EIGHT, week_ms=FORTY) == 12 * HOUR_MS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty; write for example '2d 5h'"),
        ("90", "no unit; write for example '90m' or '90h'"),
        ("-5h", "has a sign"),
        ("+5h", "has a sign"),
        ("5h 3", "cannot read '3'"),
        ("1,5h", "cannot read '1,5h'"),
        ("5h soon", "cannot read 'soon'"),
        ("2 fortnights", "unknown unit 'fortnights'"),
        ("1y", "unknown unit 'y'"),
        ("5h 2h", "'h' is given twice"),
        ("08:60", "cannot read"),
        ("٣h", "cannot read"),
        ("PT", "not an ISO 8601 duration"),
        ("P1Y", "not an ISO 8601 duration"),
        ("PT1.2.3S", "more than one point"),
        ("9" * 99 + "h", "longer than 9007199254740991 ms"),
        ("9" * 101 + "h", "longer than 100 characters"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, problem: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_duration(text, path="goals[0].duration")
    assert str(refused.value).startswith("goals[0].duration: ")
    assert problem in refused.value.problem


@given(ms=st.integers(0, MAX_MS))
def test_exact_formats_are_read_back(ms: int) -> None:
    assert parse_duration(shown(ms, "iso8601")) == ms
    minutes = ms - ms % MINUTE_MS
    for name in ("HoursMinutes", "Hours:Minutes", "DaysHoursMinutes"):
        assert parse_duration(shown(minutes, name)) == minutes
    assert parse_duration(shown(minutes, "Business DaysHoursMinutes"), day_ms=EIGHT) == minutes
