"""Working time and deadlines of a file of intervals, by hand."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.calendars.measure import add_deadlines, add_working_time, read_file, write_file
from sojourn.core.calendar import Calendar
from sojourn.errors import Refused, UserError

HOUR = 3_600_000
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
UTC_OFFICE = Calendar.from_json({"name": "Office", "tz": "UTC", "week": WEEK})
BERLIN = Calendar.from_json({"name": "Berlin", "tz": "Europe/Berlin", "week": WEEK})
MONDAY_9 = 1_704_099_600_000  # 2024-01-01T09:00Z, a Monday


def worked(start: Any, end: Any, calendar: Calendar = UTC_OFFICE) -> list[int | None]:
    return add_working_time(pl.DataFrame({"start": start, "end": end}), calendar)["working_ms"].to_list()


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2024-01-01T09:00Z", "2024-01-01T17:00Z", 8),
        ("2024-01-01T00:00Z", "2024-01-02T00:00Z", 8),
        ("2024-01-05T16:00Z", "2024-01-08T10:00Z", 2),
        ("2024-01-06T00:00Z", "2024-01-07T23:59Z", 0),
        ("2024-01-01T10:00Z", "2024-01-01T10:00Z", 0),
        ("2024-01-08T10:00Z", "2024-01-05T16:00Z", -2),
        ("2024-01-01", "2024-01-02", 8),
        ("2024-01-01 10:30", "2024-01-01 12:00", 1.5),
        ("2024-01-01T12:00+02:00", "2024-01-01T11:00Z", 1),
        (str(MONDAY_9), str(MONDAY_9 + HOUR), 1),
        (str(MONDAY_9), "2024-01-01T11:00Z", 2),
        (" 2024-01-01T09:00Z ", f" {MONDAY_9 + HOUR}", 1),
        ("2024-01-01T09:00:00.001Z", "2024-01-01T09:00:00.002Z", 1 / HOUR),
    ],
)
def test_working_time_by_hand(start: str, end: str, hours: float) -> None:
    assert worked([start], [end]) == [round(hours * HOUR)]


def test_instants_without_a_zone_are_the_calendars() -> None:
    assert worked(["2024-01-01T09:00"], ["2024-01-01T10:00"], BERLIN) == [HOUR]
    assert worked(["2024-01-01T08:00Z"], ["2024-01-01T09:00Z"], BERLIN) == [HOUR]
    assert worked(["2024-07-01T07:00Z"], ["2024-07-01T08:00Z"], BERLIN) == [HOUR]


def test_a_row_without_start_or_end_gets_none() -> None:
    start, end = (
        ["2024-01-01T09:00Z", None, "", "2024-01-01T09:00Z"],
        [None, "2024-01-01T09:00Z", "  ", "2024-01-01T10:00Z"],
    )
    assert worked(start, end) == [None, None, None, HOUR]
    assert worked([None], [None]) == [None]
    assert worked([], []) == []


@pytest.mark.parametrize("dtype", [pl.Int64, pl.UInt64])
def test_integers_are_epoch_milliseconds(dtype: Any) -> None:
    start = pl.Series([MONDAY_9, None], dtype=dtype)
    assert worked(start, start + HOUR) == [HOUR, None]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_instants_of_parquet_are_read_in_every_unit(unit: Any) -> None:
    start = pl.Series([datetime(2024, 1, 1, 9), None], dtype=pl.Datetime(unit))
    end = pl.Series([datetime(2024, 1, 1, 10), None], dtype=pl.Datetime(unit))
    assert worked(start, end, BERLIN) == [HOUR, None]
    assert worked(start.dt.replace_time_zone("UTC"), end.dt.replace_time_zone("UTC")) == [HOUR, None]
    tokyo = start.dt.replace_time_zone("Asia/Tokyo")  # 00:00Z
    assert worked(tokyo, end.dt.replace_time_zone("UTC")) == [HOUR, None]


def test_clocks_that_are_never_shown_or_twice_are_read_as_in_text() -> None:
    night = Calendar.from_json({"tz": "Europe/Berlin", "week": {"sun": [["00:00", "24:00"]]}})
    moments = [datetime(2024, 3, 31, 2, 30), datetime(2024, 10, 27, 2, 30)]
    midnights = [datetime(2024, 3, 31), datetime(2024, 10, 27)]
    typed = worked(pl.Series(midnights), pl.Series(moments), night)
    assert typed == worked([str(one) for one in midnights], [str(one) for one in moments], night)
    assert typed == [round(2.5 * HOUR), round(2.5 * HOUR)]


def test_dates_are_their_first_moment() -> None:
    assert worked(pl.Series([date(2024, 1, 1)]), pl.Series([date(2024, 1, 3)]), BERLIN) == [16 * HOUR]


@pytest.mark.parametrize(
    ("start", "path"),
    [
        ("soon", "row 2, start"),
        ("2024-02-30", "row 2, start"),
        ("--5", "row 2, start"),
        ("²", "row 2, start"),
        ("99999999999999999999", "row 2, start"),
        ("0001-01-01T00:00+14:00", "row 2, start"),
        ("9999-12-31T23:00Z", "row 2, start"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(start: str, path: str) -> None:
    with pytest.raises(Refused) as error:
        worked(["2024-01-01", start], ["2024-01-02", "2024-01-02"])
    assert error.value.path == path


def test_a_number_out_of_reach_is_named() -> None:
    with pytest.raises(
        Refused, match="row 2, end: the instant 9000000000000000000 ms lies outside the years 1 to 9999"
    ):
        worked([0, 0], [0, 9_000_000_000_000_000_000])


def test_a_column_that_is_missing_or_of_another_kind_is_refused() -> None:
    with pytest.raises(Refused, match=r"^start: there is no such column; there are: begin, end"):
        add_working_time(pl.DataFrame({"begin": ["2024-01-01"], "end": ["2024-01-01"]}), UTC_OFFICE)
    with pytest.raises(Refused, match=r"^end: holds Float64; write ISO 8601 or epoch milliseconds"):
        worked([0], [0.5])
    with pytest.raises(Refused, match=r"^start: there is no such column"):
        add_deadlines(pl.DataFrame({"end": [0]}), UTC_OFFICE, HOUR)


def test_other_columns_stay_as_they_are() -> None:
    frame = pl.DataFrame({"id": ["a"], "start": ["2024-01-01T09:00Z"], "end": ["2024-01-01T10:00Z"], "note": ["x"]})
    found = add_working_time(frame, UTC_OFFICE)
    assert found.columns == ["id", "start", "end", "note", "working_ms"]
    assert found.drop("working_ms").equals(frame)


@pytest.mark.parametrize(
    ("start", "hours", "deadline"),
    [
        ("2024-01-01T09:00Z", 8, "2024-01-01T17:00:00.000Z"),  # exactly closing time is closing time
        ("2024-01-01T09:00Z", 9, "2024-01-02T10:00:00.000Z"),
        ("2024-01-05T16:00Z", 2, "2024-01-08T10:00:00.000Z"),
        ("2024-01-06T12:00Z", 1, "2024-01-08T10:00:00.000Z"),
        ("2024-01-06T12:00Z", 0, "2024-01-08T09:00:00.000Z"),  # no goal: the next opening
        ("2024-01-01T12:00Z", 0, "2024-01-01T12:00:00.000Z"),
        ("2024-01-01T17:00Z", 0, "2024-01-02T09:00:00.000Z"),
        ("2024-01-01T09:00Z", 80, "2024-01-12T17:00:00.000Z"),
    ],
)
def test_deadlines_by_hand(start: str, hours: int, deadline: str) -> None:
    found = add_deadlines(pl.DataFrame({"start": [start, None]}), UTC_OFFICE, hours * HOUR)
    assert found["deadline"].to_list() == [deadline, None]


def test_deadlines_of_many_starts_do_not_touch_each_other() -> None:
    starts = ["2024-01-06T12:00Z", "2030-01-05T00:00Z", "2019-01-01T12:00Z"]
    found = add_deadlines(pl.DataFrame({"start": starts}), UTC_OFFICE, 0)
    assert [text[:13] for text in found["deadline"]] == ["2024-01-08T09", "2030-01-07T09", "2019-01-01T12"]


def test_deadlines_are_written_as_starts_are() -> None:
    numbers = pl.Series([MONDAY_9, None], dtype=pl.Int64)
    assert add_deadlines(pl.DataFrame({"start": numbers}), UTC_OFFICE, HOUR)["deadline"].to_list() == [
        MONDAY_9 + HOUR,
        None,
    ]
    texts = pl.DataFrame({"start": [str(MONDAY_9)]})
    assert add_deadlines(texts, UTC_OFFICE, HOUR)["deadline"].to_list() == [MONDAY_9 + HOUR]
    typed = add_deadlines(pl.DataFrame({"start": [datetime(2024, 1, 1, 9, tzinfo=UTC)]}), UTC_OFFICE, HOUR)
    assert typed["deadline"].to_list() == [datetime(2024, 1, 1, 10, tzinfo=UTC)]
    assert add_deadlines(pl.DataFrame({"start": [None]}), UTC_OFFICE, HOUR)["deadline"].to_list() == [None]


def test_a_calendar_whose_working_time_ends_is_told() -> None:
    once = Calendar.from_json({"name": "Once", "tz": "UTC", "special_hours": {"2024-01-01": [["09:00", "10:00"]]}})
    with pytest.raises(UserError, match="calendar Once: after 2024-01-01T09:00:00"):
        add_deadlines(pl.DataFrame({"start": [MONDAY_9]}), once, 2 * HOUR)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "A.CSV", "A.Parquet"])
def test_files_are_read_and_written(name: str, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"id": ["0012", 'say "hi", you\nthere'], "start": ["2024-01-01", None], "end": ["2024-01-02", "1"]}
    )
    write_file(frame, tmp_path / name)
    assert read_file(tmp_path / name).equals(frame)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_types_of_parquet_stay(tmp_path: Path) -> None:
    start = pl.Series([MONDAY_9]).cast(pl.Datetime("ms", "UTC"))
    frame = add_working_time(pl.DataFrame({"n": [1], "start": start, "end": start}), UTC_OFFICE)
    write_file(frame, tmp_path / "a.parquet")
    assert read_file(tmp_path / "a.parquet").schema == frame.schema
    assert frame.schema["working_ms"] == pl.Int64


def test_a_csv_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfstart,end\r\n2024-01-01,2024-01-02\r\n")
    assert add_working_time(read_file(tmp_path / "a.csv"), UTC_OFFICE)["working_ms"].to_list() == [8 * HOUR]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"start,end\n", r"is not a \.csv or \.parquet file"),
        ("a.csv", b"", "cannot be read"),
        ("a.csv", b"start,end\n1,2,3\n", "cannot be read"),
        ("a.parquet", b"PAR1 not really", "cannot be read"),
        ("missing.csv", None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(name: str, data: bytes | None, reason: str, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=rf"{name}: {reason}"):
        read_file(tmp_path / name)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    frame = pl.DataFrame({"start": [1]})
    for name in ("nowhere/a.csv", "nowhere/a.parquet"):
        with pytest.raises(UserError, match=rf"{name}: cannot be written"):
            write_file(frame, tmp_path / name)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UserError, match=r"folder\.csv: cannot be written"):
        write_file(frame, tmp_path / "folder.csv")
    with pytest.raises(UserError, match=r"a\.txt: name a \.csv or \.parquet file"):
        write_file(frame, tmp_path / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


@settings(deadline=None)
@given(
    st.one_of(
        st.text(max_size=30),
        st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(str),
        st.integers().map(str),
        st.sampled_from(["24:00", "2024-W01-1"]),
    )
)
def test_any_text_is_an_instant_or_refused_at_its_row(text: str) -> None:
    refused: list[str] = []
    try:
        worked(["2024-01-01", text], ["2024-01-01", "2024-01-02"])
    except Refused as error:
        refused.append(error.path)
    assert refused in ([], ["row 2, start"])
