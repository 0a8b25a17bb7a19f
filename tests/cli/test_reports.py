"""The command that answers: report time-in-status."""

import json
from pathlib import Path

import polars as pl
import pytest

from sojourn.history.models import Issue, Value
from sojourn.reports.menu import OPTIONS
from tests.builders import change, issue, store
from tests.cli.running import Sojourn

pytestmark = pytest.mark.django_db

COMMAND = ("report", "time-in-status", "--as-of", "2024-01-08T09:00Z")
MOVED = change("2024-01-01T12:00:00.000+0000", "status", "Open", "Done")


@pytest.fixture(autouse=True)
def some_items() -> None:
    """ABC-1 was open for 3 h; XYZ-1 is open."""
    other = {"id": "11", "key": "XYZ", "name": "Another"}
    store(issue("ABC-1", "Done", MOVED), issue("XYZ-1", project=other, created="2024-01-02T09:00:00.000+0000"))


def keys(text: str) -> list[str]:
    return [line.split(",")[0] for line in text.splitlines()[1:]]


def test_a_table_is_shown_unless_another_format_is_asked_for(sojourn: Sojourn) -> None:
    run = sojourn(*COMMAND)
    assert (run.code, run.err) == (0, "")
    assert "3h 0m" in run.out
    assert "2 rows." in run.out


def test_csv_is_printed(sojourn: Sojourn) -> None:
    run = sojourn(*COMMAND, "--format", "csv")
    assert (run.code, run.err) == (0, "")
    first = issue("ABC-1")["id"]
    assert run.out.splitlines()[:2] == [
        "issue_key,issue_id,current,flags,Open,Done",
        f'ABC-1,{first},Done,"",10800000,594000000',
    ]


def test_json_and_ndjson_are_printed(sojourn: Sojourn) -> None:
    found = json.loads(sojourn(*COMMAND, "--format", "json").out)
    assert (found["report"], found["rows"][0]["Open"]) == ("time-in-status", 10_800_000)
    assert [json.loads(line)["issue_key"] for line in sojourn(*COMMAND, "--format", "ndjson").out.splitlines()] == [
        "ABC-1",
        "XYZ-1",
    ]


@pytest.mark.parametrize(
    "name",
    ["out.parquet", "out.PARQUET", "out.arrow", "out.xlsx", "out.csv", "out.json", "out.ndjson", "out.table", "out"],
)
def test_the_name_of_a_file_says_its_format(sojourn: Sojourn, tmp_path: Path, name: str) -> None:
    run = sojourn(*COMMAND, "-o", tmp_path / name)
    assert (run.code, run.out, run.err) == (0, "", "")
    data = (tmp_path / name).read_bytes()
    begin = {
        "parquet": b"PAR1",
        "arrow": b"\xff" * 4,
        "xlsx": b"PK\3\4",
        "csv": b"issue_key,",
        "json": b'{"report"',
        "ndjson": b'{"issue_key"',
    }
    assert data.startswith(begin.get(name.lower().partition(".")[2], b"issue_key  "))


def test_a_format_that_is_asked_for_beats_the_name(sojourn: Sojourn, tmp_path: Path) -> None:
    assert sojourn(*COMMAND, "--format", "parquet", "-o", tmp_path / "out.bin").code == 0
    assert pl.read_parquet(tmp_path / "out.bin").height == 2


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--project", "ABC"], ["ABC-1"]),
        (["--project", "ABC", "--project", "XYZ"], ["ABC-1", "XYZ-1"]),
        (["--site", "Test"], ["ABC-1", "XYZ-1"]),
        (["--jql", "status WAS Open AND project = ABC"], ["ABC-1"]),
        (["--jql", "assignee WAS currentUser()", "--user", "ann"], []),
        (["--created", "2024-01-02.."], ["XYZ-1"]),
        (["--updated", "2024-01-02.."], []),
        (["--resolved", "2024-01-02.."], []),
        (["--due", "..2024-01-02"], []),
        (["--as-of", "2024-01-01T10:00Z"], ["ABC-1"]),
        (["--sort", "Open:desc"], ["XYZ-1", "ABC-1"]),
        (["--shape", "long"], ["ABC-1", "ABC-1", "XYZ-1"]),
        (["--shape", "long", "--current", "exclude"], ["ABC-1"]),
        (["--shape", "long", "--stop-on-done"], ["ABC-1", "XYZ-1"]),
        (["--trim", "..2024-01-02"], ["ABC-1"]),
        (["--visits", "max", "--calendar", "Mon-Fri 09-18", "--columns", "summary,due"], ["ABC-1", "XYZ-1"]),
        (["--calendar", ""], ["ABC-1", "XYZ-1"]),
    ],
)
def test_options_reach_the_report(sojourn: Sojourn, options: list[str], found: list[str]) -> None:
    run = sojourn(*COMMAND, "--format", "csv", *options)
    assert (run.code, run.err, keys(run.out)) == (0, "", found)


def test_every_option_of_a_report_can_be_given(sojourn: Sojourn) -> None:
    text = sojourn("report", "time-in-status", "--help").out
    for option in OPTIONS:
        assert f"--{option.name.replace('_', '-')}" in text


def test_durations_are_in_the_format_asked_for(sojourn: Sojourn) -> None:
    run = sojourn(*COMMAND, "--format", "csv", "--time-format", "Hours:Minutes", "--shape", "long")
    assert run.out.splitlines()[0] == "issue_key,issue_id,value_id,value,ms,elapsed_ms,visits,is_current,flags,time"
    assert run.out.splitlines()[1].endswith(',1,Open,10800000,10800000,1,false,"",3:00')


def test_a_calendar_may_be_a_file(sojourn: Sojourn, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"tz": "UTC", "week": {"mon": [["09:00", "10:00"]]}}')
    run = sojourn(*COMMAND, "--calendar", path, "--format", "json")
    assert json.loads(run.out)["rows"][0]["Open"] == 3_600_000
    assert json.loads(run.out)["calendar"] == str(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--jql", "assignee = currentUser()"], "line 1, column 12: it is not known who asks"),
        (["--project", "NO"], "project: there is no project 'NO'; there are: ABC, XYZ"),
        (["--calendar", "No"], "There is no calendar 'No'. There are: 7x24"),
        (["--as-of", "soon"], "as_of: 'soon' is not a time; write a date such as"),
        (["--created", "2024"], "created: '2024' is not a range"),
        (["--visits", "most"], "visits: 'most' is not one of sum, first"),
        (["--current", "maybe"], "current: 'maybe' is not one of include, exclude"),
        (["--shape", "tall"], "shape: 'tall' is not one of wide, long"),
        (["--time-format", "weeks"], "time_format: unknown time format 'weeks'"),
        (["--columns", "nope"], "columns: no work item has 'nope'; there are summary"),
        (["--sort", "nope"], "sort: there is no column 'nope'; there are: issue_key"),
        (["--format", "xml"], "format: 'xml' is not one of table, json, ndjson, csv, parquet, arrow, xlsx"),
        (["-o", "out.xls"], "format: 'xls' is not one of table, json, ndjson, csv, parquet, arrow, xlsx"),
        (["-o", "/nowhere/out.csv"], "/nowhere/out.csv: cannot be written: No such file"),
        (["-o", "/nowhere/out.table"], "/nowhere/out.table: cannot be written: No such file"),
    ],
)
def test_what_is_wrong_is_wrong_use_and_names_the_option(sojourn: Sojourn, options: list[str], message: str) -> None:
    run = sojourn(*COMMAND, *options)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"sojourn: {message}")
    assert run.err.count("\n") == (3 if "--jql" in options else 1)


def test_of_a_store_without_work_items_it_is_said_how_to_get_some(sojourn: Sojourn) -> None:
    Issue.objects.all().delete()
    Value.objects.all().delete()
    run = sojourn("report", "time-in-status", "--format", "csv")
    assert (run.code, run.out) == (0, "issue_key,issue_id,current,flags\r\n")
    assert run.err.startswith("The store has no work items yet: `sojourn import FILE…` reads some")


@pytest.mark.parametrize(
    ("jql", "shown", "marks"),
    [
        ("project = ABC AND prioriti = High", "project = ABC AND prioriti = High", f"{' ' * 18}{'^' * 8}"),
        ("project =", "project =", f"{' ' * 9}^"),
        ("project = ABC\nAND status = In progress", "AND status = In progress", f"{' ' * 13}^^"),
        ("key = 日本 AND nope = 1", "key = 日本 AND nope = 1", f"{' ' * 15}^^^^"),
        (f"key in ({'ABC-1, ' * 40}) x", f"{'ABC-1, ' * 10}) x", f"{' ' * 70}^"),
        (f"nope = {'x' * 200}", f"nope = {'x' * 93}", "^^^^"),
        ("a\x1b[2Jb = 1", "a [2Jb = 1", " ^"),
    ],
)
def test_what_is_wrong_in_a_query_is_marked(sojourn: Sojourn, jql: str, shown: str, marks: str) -> None:
    run = sojourn(*COMMAND, "--jql", jql)
    assert (run.code, run.out) == (2, "")
    assert run.err.splitlines()[1:] == [f"  {shown}", f"  {marks}"]
