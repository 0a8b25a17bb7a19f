"""Commands about calendars and working time."""

import io
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from sojourn.calendars import store
from sojourn.calendars.models import HolidaySet
from tests.builders import issue
from tests.builders import store as history
from tests.cli.running import Sojourn

pytestmark = pytest.mark.django_db

MONDAYS = {"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mondays.json"
    path.write_text(json.dumps(MONDAYS))
    return path


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_calendar_lives_from_add_to_remove(sojourn: Sojourn, file: Path) -> None:
    run = sojourn("calendar", "add", file)
    assert (run.code, run.out, run.err) == (0, "", "Stored mondays, version 1.\n")
    assert sojourn("calendar", "add", file, "--name", "Other").err == "Stored Other, version 1.\n"
    run = sojourn("calendar", "add", file)
    assert (run.code, run.out) == (2, "")
    assert (
        run.err == "sojourn: There is a calendar 'mondays' already; replace it with --replace or choose another name.\n"
    )
    assert sojourn("calendar", "add", file, "--replace").err == "Stored mondays, version 2.\n"
    assert sojourn("calendar", "list").out.splitlines() == [
        "7x24\tUTC\tbuilt in",
        "Mon–Fri 09–18\tUTC\tbuilt in",
        "Other\tUTC",
        "mondays\tUTC",
    ]
    assert json.loads(sojourn("calendar", "list", "--json").out)[0] == {"name": "7x24", "tz": "UTC", "built_in": True}
    assert json.loads(sojourn("calendar", "show", "mondays").out) == {"name": "mondays", **MONDAYS}
    assert sojourn("calendar", "remove", "mondays", "--yes").err == "Deleted mondays.\n"
    run = sojourn("calendar", "show", "mondays")
    assert (run.code, run.out) == (2, "")
    assert run.err == "sojourn: There is no calendar 'mondays'. There are: 7x24, Mon–Fri 09–18, Other.\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", "missing.json"], "missing.json: cannot be read as JSON"),
        (["show", "No"], "There is no calendar 'No'. There are: 7x24"),
        (["remove", "No"], "There is no calendar 'No'"),
        (["remove", "7x24", "--yes"], "name: '7x24' is built in and cannot be removed"),
        (["import-holidays", "7x24", "--country", "DE"], "'7x24' is built in and cannot be changed"),
        (["import-holidays", "No", "--country", "DE"], "There is no calendar 'No'"),
    ],
)
def test_what_cannot_be_done_is_wrong_use(sojourn: Sojourn, words: list[str], message: str) -> None:
    run = sojourn("calendar", *words)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"sojourn: {message}")


def test_a_calendar_without_working_time_is_refused_with_the_reason(sojourn: Sojourn, file: Path) -> None:
    file.write_text('{"tz": "UTC", "week": {"mon": []}}')
    run = sojourn("calendar", "add", file)
    assert (run.code, run.err) == (2, "sojourn: week: the calendar has no working time: no day has a window\n")
    assert store.names() == list(store.BUILT_IN)


def test_removing_asks_first(sojourn: Sojourn, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sojourn("calendar", "add", file)
    answer(monkeypatch, "n\n")
    run = sojourn("calendar", "remove", "mondays")
    assert (run.code, run.out) == (1, "")
    assert "Delete the calendar mondays and all its versions?" in run.err
    assert "mondays" in store.names()
    answer(monkeypatch, "y\n")
    assert sojourn("calendar", "remove", "mondays").code == 0
    assert "mondays" not in store.names()


def test_public_holidays_are_shown_before_they_are_imported(
    sojourn: Sojourn, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sojourn("calendar", "add", file)
    words = ["calendar", "import-holidays", "mondays", "--country", "de", "--subdivision", "be", "--years", "2024-2025"]
    for refusal in ("n\n", ""):
        answer(monkeypatch, refusal)
        run = sojourn(*words)
        assert (run.code, run.out) == (1, "")
        assert "2024-03-08  Frauentag" in run.err
        assert "holidays to mondays as the set DE-BE?" in run.err
        assert not HolidaySet.objects.exists()
    answer(monkeypatch, "y\n")
    assert sojourn(*words).code == 0
    assert store.show("mondays")["holiday_sets"] == ["DE-BE"]
    easter_monday = 1_711_929_600_000  # 2024-04-01
    assert store.load("mondays").elapsed(easter_monday, easter_monday + 86_400_000) == 0


def test_importing_other_years_adds_them_to_the_set(sojourn: Sojourn, file: Path) -> None:
    sojourn("calendar", "add", file)
    for years in ("2024-2025", "2025-2026"):
        run = sojourn("calendar", "import-holidays", "mondays", "--country", "US", "--years", years, "--yes")
        assert run.code == 0
    assert list(store.reach_of_holidays()) == [("US", "2024-01-01", "2026-12-25")]
    dates = [holiday["date"] for holiday in HolidaySet.objects.get().holidays]
    assert dates == sorted(dates)
    assert dates.count("2025-12-25") == 1


def test_holidays_are_imported_back_to_the_oldest_work_item(sojourn: Sojourn, file: Path) -> None:
    sojourn("calendar", "add", file)
    history(issue("ABC-1", created="2019-05-01T09:00:00.000+0000"))
    sojourn("calendar", "import-holidays", "mondays", "--country", "US", "--yes")
    [(_, first, _)] = store.reach_of_holidays()
    assert first == "2019-01-01"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--years", "soon"], "--years: 'soon' is not FROM-TO; write it as 2024-2030"),
        (["--years", "2025-2024"], "--years: '2025-2024' ends before it begins"),
        (["--years", "1-99999"], "--years: '1-99999' lies outside 1900-2100"),
        (["--country", "XX"], "Country 'XX' is not known. Known: AD"),
        (["--subdivision", "XX"], "DE has no part 'XX'. It has: BB, BE"),
    ],
)
def test_wrong_countries_and_years_are_refused(sojourn: Sojourn, file: Path, option: list[str], message: str) -> None:
    sojourn("calendar", "add", file)
    run = sojourn("calendar", "import-holidays", "mondays", "--country", "DE", "--yes", *option)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"sojourn: {message}")
    assert not HolidaySet.objects.exists()


def test_measure_adds_working_time(sojourn: Sojourn, file: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,start,end\na,2024-01-01T10:00,2024-01-09\nb,,2024-01-09\n")
    run = sojourn("measure", tmp_path / "in.csv", "--calendar", file)
    want = "id,start,end,working_ms\na,2024-01-01T10:00,2024-01-09,54000000\nb,,2024-01-09,\n"
    assert (run.code, run.out, run.err) == (0, want, "")
    sojourn("calendar", "add", file)
    run = sojourn("measure", tmp_path / "in.csv", "--calendar", "mondays", "-o", tmp_path / "out.parquet")
    assert (run.code, run.out) == (0, "")
    assert pl.read_parquet(tmp_path / "out.parquet")["working_ms"].to_list() == [54_000_000, None]


@pytest.mark.parametrize(
    ("goal", "deadline"),
    [("8h", "2024-01-01T17:00:00.000Z"), ("1d", "2024-01-01T17:00:00.000Z"), ("1w 1h", "2024-01-08T10:00:00.000Z")],
)
def test_measure_adds_deadlines(sojourn: Sojourn, file: Path, tmp_path: Path, goal: str, deadline: str) -> None:
    (tmp_path / "in.csv").write_text("start\n2024-01-01\n")
    run = sojourn("measure", tmp_path / "in.csv", "--calendar", file, "--goal", goal)
    assert (run.code, run.out) == (0, f"start,deadline\n2024-01-01,{deadline}\n")


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("start,end\n1,soon\n", [], "row 1, end: 'soon' is not an instant"),
        ("begin,end\n1,2\n", [], "start: there is no such column; there are: begin, end"),
        ("start,end\n1,2\n", ["--goal", "8"], "--goal: '8' has no unit"),
        ("start,end\n1,2\n", ["-o", "out.txt"], "out.txt: name a .csv or .parquet file"),
        ("start,end\n1,2\n", ["--calendar", "No"], "There is no calendar 'No'"),
    ],
)
def test_measure_refuses_what_is_wrong(
    sojourn: Sojourn, tmp_path: Path, text: str, words: list[str], message: str
) -> None:
    (tmp_path / "in.csv").write_text(text)
    run = sojourn("measure", tmp_path / "in.csv", "--calendar", "7x24", *words)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"sojourn: {message}")
