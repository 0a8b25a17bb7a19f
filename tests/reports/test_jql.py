"""Reports on the work items that a query in JQL finds."""

from dataclasses import replace
from typing import Any

import pytest

from sojourn.errors import Refused
from sojourn.history import read
from sojourn.jql import JqlError
from sojourn.reports import catalogue, options
from sojourn.reports.chart_menu import CHART_MENU
from sojourn.reports.charts import catalogue as charts
from sojourn.reports.menu import MENU
from sojourn.reports.query import Asker, JqlQuery
from sojourn.reports.request import Page
from tests.builders import change, issue, store
from tests.reports.asking import NOW, ask, request, rows, wide

pytestmark = pytest.mark.django_db
ANN = {"accountId": "ann", "displayName": "Ann Archer"}
NEEDED = {
    "sprint-report": {"sprint": "21", "sprint_start": "2024-01-02T00:00Z", "rows": "items"},
    "time-in-field": {"field": "sprint"},
}


@pytest.fixture(autouse=True)
def some_items() -> None:
    """One is done and Ann's, two is open, three came back; all were created on 2024-01-01."""
    done = change("2024-01-02T09:00:00.000+0000", "status", "Open", "Done")
    again = change("2024-01-03T09:00:00.000+0000", "status", "Done", "Open")
    sprint = change("2024-01-01T10:00:00.000+0000", "Sprint", None, "21", toString="Sprint 21", fieldtype="custom")
    other = {"id": "11", "key": "XYZ", "name": "Another"}
    store(
        issue("ABC-1", "Done", done, sprint, assignee=ANN),
        issue("ABC-2", "Open", sprint),
        issue("XYZ-3", "Open", done, again, project=other),
    )


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({"jql": "project = ABC"}, ["ABC-1", "ABC-2"]),
        ({"jql": "status WAS Done"}, ["ABC-1", "XYZ-3"]),
        ({"jql": "status WAS Done", "project": "ABC"}, ["ABC-1"]),
        ({"jql": "status CHANGED AFTER 2024-01-03"}, ["XYZ-3"]),
        ({"jql": 'timeIn["Open"] > 6d'}, ["ABC-2"]),
        ({"jql": 'timeIn["Open"].calendar["Mon-Fri 09-18"] >= 5d'}, ["ABC-2"]),
        ({"jql": "status = Open ORDER BY key DESC"}, ["ABC-2", "XYZ-3"]),
        ({"jql": "ORDER BY key"}, ["ABC-1", "ABC-2", "XYZ-3"]),
        ({"jql": "status WAS Done", "as_of": "2024-01-02"}, []),
        ({"jql": "created < -6d"}, ["ABC-1", "ABC-2", "XYZ-3"]),
        ({"jql": "created < -6d", "as_of": "2024-01-05"}, []),
        ({"jql": "assignee is EMPTY", "created": "2024-01-01..", "sort": "issue_key:desc"}, ["XYZ-3", "ABC-2"]),
    ],
)
def test_only_the_work_items_it_finds(given: dict[str, str], keys: list[str]) -> None:
    assert [row["issue_key"] for row in rows(**given)] == keys


def test_dates_in_it_are_of_the_calendars_zone() -> None:
    tokyo = {"tz": "Asia/Tokyo", "week": {"mon": [["09:00", "17:00"]]}}
    assert list(wide(jql="status CHANGED ON 2024-01-02")) == ["ABC-1", "XYZ-3"]
    assert list(wide(jql="created < '2024-01-01 17:59'")) == ["ABC-1", "ABC-2", "XYZ-3"]
    assert list(wide(tokyo, jql="created < '2024-01-01 18:00'")) == []
    assert list(wide(tokyo, jql="created = '2024-01-01 18:00'")) == ["ABC-1", "ABC-2", "XYZ-3"]


def test_sites_that_are_asked_for_are_those_it_knows() -> None:
    store(issue("NEW-1", "Waiting", project={"id": "99", "key": "NEW", "name": "New"}), site="Other")
    assert list(wide(jql="project = NEW")) == ["NEW-1"]
    with pytest.raises(JqlError, match="there is no 'NEW' in the field project"):
        ask(jql="project = NEW", site="Test")


def test_who_asks_is_whom_it_means_by_current_user() -> None:
    asked = request(jql="assignee = currentUser()")
    with pytest.raises(JqlError, match="it is not known who asks"):
        catalogue.run("time-in-status", asked)
    known = replace(asked, jql=JqlQuery("assignee = currentUser()", Asker("Ann Archer")))
    assert catalogue.run("time-in-status", known).collect()["issue_key"].to_list() == ["ABC-1"]


@pytest.mark.parametrize(
    ("jql", "column", "problem"),
    [
        ("project = ABC AND prioriti = High", 19, "the field 'prioriti' does not exist; did you mean 'priority'?"),
        ("status = Opne", 10, "there is no 'Opne' in the field status; did you mean 'Open'?"),
        ("status = In progress", 10, "expected a value or EMPTY, found In"),
        ("status = Open ORDER BY nothing", 24, "the field 'nothing' does not exist"),
        ("timeIn[Open].calendar[Nowhere] > 1d", 23, "There is no calendar 'Nowhere'"),
    ],
)
def test_what_is_wrong_is_refused_at_the_place_before_anything_is_read(jql: str, column: int, problem: str) -> None:
    with pytest.raises(Refused) as caught:
        ask(jql=jql)
    error = caught.value
    assert isinstance(error, JqlError)
    assert error.path == "jql"
    assert (error.line, error.column) == (1, column)
    assert problem in error.problem


def test_the_notes_say_what_it_was_and_what_of_it_was_not_used() -> None:
    lines = ask(jql="project=ABC and key in (ABC-1, ABC-9) order by key").notes.lines
    assert lines[1:4] == (
        "Only work items that JQL finds: project = ABC AND key IN (ABC-1, ABC-9).",
        "ORDER BY in the query is not used: a report is sorted by its own columns.",
        "JQL, line 1, column 32: there is no work item 'ABC-9'.",
    )
    assert not any("JQL" in line for line in ask(jql=" ").notes.lines)


def test_it_is_of_today_at_a_past_moment() -> None:
    today = "Fields of the work item, and choices and groups by them, are those of today, not of that moment."
    assert today in ask(jql="status = Open", as_of="2024-01-05").notes.lines
    assert today not in ask(jql="status = Open").notes.lines


def test_histories_are_read_for_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    real = read.timelines

    def counted(issues: Any, field: str, columns: Any = (), *given: Any, **more: Any) -> Any:
        calls.extend(["jql"] if list(columns) == ["pk"] else [])
        return real(issues, field, columns, *given, **more)

    monkeypatch.setattr(read, "timelines", counted)
    asked = replace(request(jql="status WAS Done", shape="long"), page=Page(0, 1 << 40, 1 << 40))
    assert catalogue.run("assignee-time", asked).collect().height == 2
    assert calls == ["jql"]


@pytest.mark.parametrize("entry", MENU, ids=lambda entry: entry.name)
def test_every_report_takes_it(entry: Any) -> None:
    def answer(**given: str) -> Any:
        texts = {name: [text] for name, text in (NEEDED.get(entry.name, {}) | given).items()}
        return catalogue.run(entry.name, options.request(texts, request().calendar, NOW, entry.options))

    found = answer(jql="status WAS Open AND project = ABC")
    assert "Only work items that JQL finds: status WAS Open AND project = ABC." in found.notes.lines
    assert found.collect().equals(answer(project="ABC").collect())


@pytest.mark.parametrize("chart", CHART_MENU, ids=lambda chart: chart.name)
def test_every_chart_takes_it(chart: Any) -> None:
    given = {name: [value] for name, value in chart.fixed.items()}
    given |= {"jql": ["status WAS Nothing"]}
    asked = options.request(given, request().calendar, NOW, chart.options + chart.entry.options)
    with pytest.raises(JqlError, match="never was 'Nothing'"):
        charts.chart(chart, asked)
