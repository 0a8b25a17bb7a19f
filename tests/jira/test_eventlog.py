"""Event logs as CSV: columns guessed and named, order, zones, and cases that are left out as a whole."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from sojourn.errors import Refused, UserError
from sojourn.jira import eventlog, files
from sojourn.jira.eventlog import Columns, LogOptions
from sojourn.jira.files import Broken, Parsed
from sojourn.jira.payload import Reader
from tests.core.calendar_help import ms

NINE = ms("2024-01-01T09:00")


def read(path: Path, text: str, **options: Any) -> list[Parsed | Broken]:
    path.write_text(text)
    [source] = files.find([path], "csv")
    return list(eventlog.read(source, LogOptions(**options)))


def statuses(part: Parsed | Broken, field: str = "status") -> list[tuple[int, str | None]]:
    assert isinstance(part, Parsed), part
    line = Reader().read(part.value).timelines[field]
    return [(at, ref and ref[1]) for at, ref in zip(line.at_ms, line.value, strict=True)]


@pytest.mark.parametrize(
    "header",
    [
        "Case ID,Activity,Complete Timestamp",
        "case:concept:name,concept:name,time:timestamp",
        "ticket,state,time",
        "Issue key,Status,Changed",
        " KEY , to status ,Date",
    ],
)
def test_columns_are_guessed(tmp_path: Path, header: str) -> None:
    [case] = read(tmp_path / "log.csv", f"{header}\n7,New,2024-01-01T09:00:00\n7,Done,2024-01-01 10:00:00\n")
    assert statuses(case) == [(NINE, "New"), (NINE + 3_600_000, "Done")]


def test_columns_are_named(tmp_path: Path) -> None:
    text = "a,b,c,d,e\n2024/01/01 09:00:00.000,7,New,ann,\n2024/01/01 10:00:00.000,7,Done,bob,carl\n"
    columns = Columns(case="b", activity="c", timestamp="a", resource="d", assignee="e")
    [case] = read(tmp_path / "log.csv", text, columns=columns, project="HELP")
    assert isinstance(case, Parsed)
    record = Reader().read(case.value)
    assert statuses(case) == [(NINE, "New"), (NINE + 3_600_000, "Done")]
    assert statuses(case, "assignee") == [(NINE, None), (NINE + 3_600_000, "carl")]
    assert record.timelines["status"].author == ["ann", "bob"]
    assert (record.key, record.summary, record.project.key) == ("7", "7", "HELP")
    assert (record.created_ms, record.updated_ms) == (NINE, NINE + 3_600_000)
    assert record.flags == 0


def test_other_columns_are_fields_as_they_were_in_the_end(tmp_path: Path) -> None:
    text = "case,status,time,level,duedate,comment\n7,A,2024-01-01T09:00,low,soon,x\n7,B,2024-01-01T10:00,high,now,y\n"
    [case] = read(tmp_path / "log.csv", text)
    assert isinstance(case, Parsed)
    fields = Reader().read(case.value).fields
    assert (fields["level"], fields["duedate (log)"], fields["comment (log)"]) == ("high", "now", "y")


def test_events_are_in_order_of_time_and_at_one_instant_in_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "case,status,time\n7,C,2024-01-01T10:00\n8,X,2024-01-01T09:00\n7,A,2024-01-01T09:00\n"
        "7,B,2024-01-01T09:00\n7,D,2024-01-01T10:00\n"
    )
    first, second = read(tmp_path / "log.csv", text)
    ten = NINE + 3_600_000
    assert statuses(first) == [(NINE, "A"), (NINE, "B"), (ten, "C"), (ten, "D")]
    assert isinstance(second, Parsed)
    assert second.value["key"] == "8"


@pytest.mark.parametrize(
    ("text", "options", "at"),
    [
        ("2024-01-01T09:00:00", {}, NINE),
        ("2024-01-01T09:00:00", {"zone": "Europe/Berlin"}, ms("2024-01-01T08:00")),
        ("2024-07-01T09:00:00", {"zone": "Europe/Berlin"}, ms("2024-07-01T07:00")),
        ("2024-01-01T09:00:00+05:30", {"zone": "Europe/Berlin"}, ms("2024-01-01T03:30")),
        ("2024-01-01T09:00:00Z", {"zone": "Europe/Berlin"}, NINE),
        ("2024/01/01 09:00:00.250", {}, NINE + 250),
        ("2024-01-01", {}, ms("2024-01-01T00:00")),
        ("01.02.2024 09:00", {"timestamp_format": "%d.%m.%Y %H:%M"}, ms("2024-02-01T09:00")),
        ("01.02.2024 09:00 +0200", {"timestamp_format": "%d.%m.%Y %H:%M %z"}, ms("2024-02-01T07:00")),
        ("2024-01-01T09:00:00.123999", {}, NINE + 123),
    ],
)
def test_times_are_read_in_their_zone_and_form(tmp_path: Path, text: str, options: Any, at: int) -> None:
    [case] = read(tmp_path / "log.csv", f"case,status,time\n7,A,{text}\n", **options)
    assert isinstance(case, Parsed)
    assert Reader().read(case.value).created_ms == at


# What is wrong · the row · what is said. The case 7 begins in line 2 and has the row as line 4.
WRONG = [
    ("not a time", "7,B,soon", "case 7: time 'soon' at line 4 is not a time"),
    ("a day first", "7,B,31/12/2024 09:00", "case 7: time '31/12/2024 09:00' at line 4 is not a time"),
    ("no time", "7,B,", "case 7: time None at line 4 is not a time"),
    ("no status", "7,,2024-01-01T10:00", "case 7: line 4 has no status"),
]


@pytest.mark.parametrize(("row", "reason"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_case_with_a_row_that_cannot_be_read_is_left_out_as_a_whole(tmp_path: Path, row: str, reason: str) -> None:
    text = f"case,status,time\n7,A,2024-01-01T09:00\n8,A,2024-01-01T09:00\n{row}\n8,B,2024-01-01T10:00\n"
    broken, case = sorted(read(tmp_path / "log.csv", text), key=lambda part: isinstance(part, Parsed))
    assert isinstance(broken, Broken)
    assert broken.reason.startswith(reason)
    assert statuses(case) == [(NINE, "A"), (NINE + 3_600_000, "B")]


def test_rows_without_a_case_are_counted_and_left_out(tmp_path: Path) -> None:
    text = "case,status,time\n,A,2024-01-01T09:00\n8,A,2024-01-01T09:00\n,B,2024-01-01T10:00\n"
    broken, case = read(tmp_path / "log.csv", text)
    assert isinstance(broken, Broken)
    assert (broken.place, broken.reason) == ("line 2", "2 rows have no case")
    assert isinstance(case, Parsed)


def test_columns_of_one_name_are_both_kept(tmp_path: Path) -> None:
    [case] = read(tmp_path / "log.csv", "case,status,time,x,x\n7,A,2024-01-01T09:00,1,2\n")
    assert isinstance(case, Parsed)
    assert {"1", "2"} <= set(Reader().read(case.value).fields.values())


def test_a_log_with_a_byte_order_mark_and_compressed(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress("\ufeffcase,status,time\n7,Ä,2024-01-01T09:00\n".encode()))
    [source] = files.find([path], "auto")
    assert eventlog.header(source) == ["case", "status", "time"]
    [case] = eventlog.read(source, LogOptions())
    assert isinstance(case, Parsed)
    assert case.value["fields"]["status"] == {"name": "Ä"}


def test_a_log_without_events_has_no_cases(tmp_path: Path) -> None:
    assert read(tmp_path / "log.csv", "case,status,time\n") == []


def test_a_column_that_is_not_there_is_refused_and_those_there_are_are_named() -> None:
    with pytest.raises(UserError, match=r"--case 'x': there is no such column; there are: a, b"):
        eventlog.settle(Columns(case="x"), ["a", "b"])
    with pytest.raises(UserError, match=r"cannot guess the activity column; name it with --activity, one of: case, b"):
        eventlog.settle(Columns(), ["case", "b"])


def test_what_was_taken_for_what_can_be_shown() -> None:
    settled = eventlog.settle(Columns(assignee="who"), ["who", "Key", "State", "time"])
    assert str(settled) == "case = 'Key', activity = 'State', timestamp = 'time', assignee = 'who'"


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2,3\n", b"a,b\n1,\xff\xfe\n"], ids=["empty", "ragged", "not UTF-8"])
def test_what_is_not_csv_is_reported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log.csv").write_bytes(content)
    [source] = files.find([tmp_path], "auto")
    [broken] = eventlog.read(source, LogOptions(Columns("a", "b", "a")))
    assert isinstance(broken, Broken)
    assert broken.reason.startswith("is not CSV: ")


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    for content in (b"not gzip", gzip.compress(b"a,b\n1,2\n" * 99)[:-9], b""):
        path.write_bytes(content)
        [source] = files.find([path], "auto")
        with pytest.raises(Refused, match=r"log\.csv\.gz: is not CSV"):
            eventlog.header(source)
        assert [part.place for part in eventlog.read(source, LogOptions())] == ["file"]
