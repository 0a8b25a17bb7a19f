"""`sojourn search`: work items on a terminal and for programs, and where a query is wrong."""

import json

import pytest

from sojourn.history.models import Issue
from tests.builders import change, issue, store
from tests.cli.running import Sojourn

pytestmark = pytest.mark.django_db
ANN = {"accountId": "ann", "displayName": "Ann Archer"}
LATER = "2024-02-01T09:00:00.000+0000"


@pytest.fixture(autouse=True)
def some_items() -> None:
    """One is done and Ann's; two is open; ten came last."""
    done = change("2024-01-02T09:00:00.000+0000", "status", "Open", "Done")
    named = {"id": "customfield_1", "name": "Story points", "navigable": True, "searchable": True}
    store(
        [named],
        issue("ABC-1", "Done", done, assignee=ANN, customfield_1=8, labels=["a", "b"], duedate="2024-01-31"),
        issue("ABC-2"),
        issue("ABC-10", created=LATER, summary="=1+1"),
    )


def keys(text: str) -> list[str]:
    return [line.split(",")[0] for line in text.splitlines()[1:]]


def test_a_table_is_shown(sojourn: Sojourn) -> None:
    run = sojourn("search", "status = Open ORDER BY created DESC")
    assert (run.code, run.err) == (0, "")
    assert [line.split()[0] for line in run.out.splitlines()] == ["issue_key", "ABC-10", "ABC-2", "2"]
    assert "2 rows. JQL: status = Open ORDER BY created DESC" in run.out


def test_what_has_no_room_is_named(sojourn: Sojourn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    run = sojourn("search", "ORDER BY key")
    assert "No room for: assignee. Use a wider terminal or --format csv." in " ".join(run.out.split())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([""], ["ABC-1", "ABC-2", "ABC-10"]),
        (["ORDER BY key DESC"], ["ABC-10", "ABC-2", "ABC-1"]),
        (["ORDER BY key DESC", "--limit", "2"], ["ABC-10", "ABC-2"]),
        (["status WAS Open"], ["ABC-1", "ABC-2", "ABC-10"]),
        (["status CHANGED"], ["ABC-1"]),
        (["status CHANGED", "--as-of", "2024-01-02"], []),
        (["", "--as-of", "2024-01-15"], ["ABC-1", "ABC-2"]),
        (["assignee = currentUser()", "--user", "ann"], ["ABC-1"]),
        (["assignee = currentUser()", "--user", "Ann archer"], ["ABC-1"]),
        (["created >= '2024-01-01 18:00'", "--tz", "Asia/Tokyo"], ["ABC-1", "ABC-2", "ABC-10"]),
        (["created >= '2024-01-01 18:00'"], ["ABC-10"]),
        (["created >= -1d", "--as-of", "2024-02-02"], ["ABC-10"]),
        (['timeIn[Open].calendar["Mon-Fri 09-18"] > 1h', "--as-of", "2024-01-02T20:00"], ["ABC-1", "ABC-2"]),
        (["project = NOPE", "--lenient"], []),
        (["\"Story points\" > 3"], ["ABC-1"]),
    ],
)  # fmt: skip
def test_a_query_and_its_options(sojourn: Sojourn, words: list[str], found: list[str]) -> None:
    run = sojourn("search", *words, "--format", "csv")
    assert (run.code, keys(run.out)) == (0, found)
    assert sojourn("search", *words, "--count").out == f"{3 if '--limit' in words else len(found)}\n"


def test_fields_that_are_asked_for(sojourn: Sojourn) -> None:
    run = sojourn("search", "key = ABC-1", "--fields", "due, story points", "--fields", "labels", "--format", "csv")
    number = Issue.objects.get(key="ABC-1").jira_id
    assert run.out.splitlines() == [
        "issue_key,issue_id,due,story points,labels",
        f'ABC-1,{number},2024-01-31,8,"a, b"',
    ]
    text = sojourn("search", "key = ABC-10", "--fields", "summary", "--format", "csv").out
    assert text.splitlines()[1].endswith(",'=1+1")


def test_programs_get_json(sojourn: Sojourn) -> None:
    for words in (["--json"], ["--format", "json"]):
        found = json.loads(sojourn("search", "key = ABC-1", *words, "--as-of", "2024-01-20").out)
        assert (found["report"], found["as_of"], found["zone"]) == ("search", "2024-01-20T00:00:00.000Z", "UTC")
        assert found["rows"][0]["summary"] == "About ABC-1"
    lines = sojourn("search", "ORDER BY key", "--format", "ndjson").out.splitlines()
    assert [json.loads(line)["issue_key"] for line in lines] == ["ABC-1", "ABC-2", "ABC-10"]
    assert json.loads(sojourn("search", "", "--count", "--json").out) == {"count": 3}
    assert json.loads(sojourn("search", "key = NO-1", "--json").out)["rows"] == []


def test_what_is_doubtful_is_said_on_stderr(sojourn: Sojourn) -> None:
    for words in (["--format", "csv"], ["--count"]):
        run = sojourn("search", "status in (Open, Nope)", "--lenient", *words)
        assert run.err == "line 1, column 18: there is no 'Nope' in the field status; did you mean 'Open'?\n"
    assert "there is no 'Nope'" in sojourn("search", "status = Nope", "--lenient").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["", "--fields", "nope"], "fields: no work item has 'nope'; there are summary"),
        (["", "--format", "xml"], "format: 'xml' is not one of table, json, ndjson, csv"),
        (["", "--tz", "Mars"], "tz: unknown time zone 'Mars'"),
        (["", "--as-of", "soon"], "as_of: 'soon' is not a time"),
        (["", "--fields", "issue_key"], "fields: 'issue_key' is a column of this report already"),
    ],
)
def test_what_is_wrong_use(sojourn: Sojourn, words: list[str], message: str) -> None:
    run = sojourn("search", *words)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"sojourn: {message}")


def test_a_wrong_query_is_shown_with_the_place(sojourn: Sojourn) -> None:
    run = sojourn("search", "project = ABC AND prioriti = High")
    assert (run.code, run.out) == (2, "")
    assert run.err.splitlines() == [
        "sojourn: line 1, column 19: the field 'prioriti' does not exist; did you mean 'priority'?",
        "  project = ABC AND prioriti = High",
        f"  {' ' * 18}{'^' * 8}",
    ]
