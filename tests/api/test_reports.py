"""Reports through REST: what the catalogue answers, in every format and in pages."""

import io
import json
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import polars as pl
import pytest
from django.test import Client
from django.utils import timezone

from sojourn.calendars import store as calendars
from sojourn.reports import catalogue, formats, options
from sojourn.reports.menu import MENU, Entry
from sojourn.reports.table import Table
from tests.api.asking import ROOT, Ask, content, problem
from tests.builders import change, issue, store

AS_OF = "2024-01-20T00:00Z"
GIVEN = {"as_of": AS_OF, "calendar": "Office"}
NEEDED = {"sprint-report": {"sprint": "21", "sprint_start": "2024-01-02T00:00Z", "rows": "items"}}
pytestmark = pytest.mark.usefixtures("work_items")


def given(entry: Entry) -> dict[str, str]:
    """What every report is asked, and what this one cannot do without."""
    return GIVEN | NEEDED.get(entry.name, {})


def table(entry: Entry) -> Table:
    texts = {name: [text] for name, text in given(entry).items()}
    return catalogue.run(entry.name, options.request(texts, calendars.load("Office"), timezone.now(), entry.options))


@pytest.mark.parametrize("entry", MENU, ids=lambda entry: entry.name)
def test_every_report_is_what_the_catalogue_answers(ask: Ask, entry: Entry) -> None:
    for name in ("json", "ndjson", "csv"):
        check(ask, entry, name)


def check(ask: Ask, entry: Entry, name: str) -> None:
    wanted = b"".join(formats.chunks(table(entry), name))
    response = ask("GET", f"/reports/{entry.name}?{urlencode(given(entry) | {'format': name})}")
    assert content(response) == wanted
    assert response["Content-Type"] == formats.CONTENT_TYPES[name]
    posted = ask("POST", f"/reports/{entry.name}", given(entry) | {"format": name})
    assert content(posted) == wanted
    assert "no-store" in posted["Cache-Control"]
    assert ("Content-Disposition" in posted) == (name != "json")


@pytest.mark.parametrize("name", formats.FORMATS)
def test_every_format_is_sent(ask: Ask, name: str) -> None:
    response = ask("GET", f"/reports/time-in-status?format={name}")
    assert response.streaming
    assert len(content(response)) > 1000
    assert response["Content-Type"] == formats.CONTENT_TYPES[name]


def test_parquet_holds_the_table(ask: Ask) -> None:
    response = ask("POST", "/reports/time-in-status", GIVEN | {"format": "parquet"})
    assert pl.read_parquet(io.BytesIO(content(response))).equals(table(MENU[0]).collect())


def test_options_of_a_body_are_those_of_an_address(ask: Ask) -> None:
    body = {"project": ["ABC", "XYZ"], "stop_on_done": True, "limit": 3, "as_of": AS_OF, "site": None}
    address = f"?project=ABC&project=XYZ&stop_on_done=true&limit=3&as_of={AS_OF}"
    assert ask.post("/reports/time-in-status", body) == ask.get(f"/reports/time-in-status{address}")


def test_the_list_has_the_schema_of_every_option(ask: Ask) -> None:
    found = ask.get("/reports")["reports"]
    assert [one["name"] for one in found] == [entry.name for entry in MENU]
    for one, entry in zip(found, MENU, strict=True):
        assert one["href"] == f"{ROOT}/reports/{entry.name}"
        names = [option.name for option in entry.options]
        assert list(one["options"]["properties"]) == [*names, "format", "per_page", "cursor"]
        assert one["options"]["additionalProperties"] is False
    first = found[0]["options"]["properties"]
    assert first["stop_on_done"] == {
        "type": ["boolean", "null"],
        "default": False,
        "description": first["stop_on_done"]["description"],
    }
    assert first["visits"]["enum"] == ["sum", "first", "last", "max", "min", None]
    assert first["project"]["type"] == ["array", "string", "null"]
    assert "file" not in first["calendar"]["description"]


def pages(ask: Ask, address: str) -> list[dict[str, Any]]:
    """All pages, by the links; between two of them somebody imports more and corrects what there is."""
    found = [ask.get(address)]
    while following := found[-1]["next"]:
        number = len(found)
        moved = change("2024-01-02T10:00:00.000+0000", "status", "Open", "Done")
        store(issue(f"NEW-{number}", "Done", moved, assignee={"accountId": f"new-{number}", "displayName": "New"}))
        path = following.removeprefix("http://testserver")
        response = ask("GET", path)
        found.append(json.loads(content(response)))
        has_more = found[-1]["next"] is not None
        assert (f'<{found[-1]["next"]}>; rel="next"' == response.get("Link")) == has_more
        assert (found[-1]["next_cursor"] is not None) == has_more
    return found


@pytest.mark.parametrize("entry", MENU, ids=lambda entry: entry.name)
def test_pages_together_are_the_whole_while_rows_are_added(ask: Ask, entry: Entry) -> None:
    whole = orjson.loads(b"".join(formats.chunks(table(entry), "json")))
    found = pages(ask, f"/reports/{entry.name}?{urlencode(given(entry) | {'per_page': 7})}")
    assert [row for page in found for row in page["rows"]] == whole["rows"]
    assert {json.dumps(page["columns"]) for page in found} == {json.dumps(whole["columns"])}
    assert {page["as_of"] for page in found} == {whole["as_of"]}


@pytest.mark.parametrize(
    "more",
    [
        {"sort": "Done:desc"},
        {"sort": ["Open", "issue_key"]},
        {"limit": 20},
        {"limit": 7},
        {"shape": "long"},
        {"shape": "long", "sort": "ms"},
        {"project": "XYZ"},
        {"created": "2030-01-01.."},
    ],
)
def test_pages_of_any_options_are_the_whole(ask: Ask, more: dict[str, Any]) -> None:
    whole = ask.post("/reports/time-in-status", GIVEN | more)
    found = pages(ask, f"/reports/time-in-status?{urlencode(GIVEN | more | {'per_page': 7}, doseq=True)}")
    assert [row for page in found for row in page["rows"]] == whole["rows"]


def test_the_moment_is_that_of_the_first_page(ask: Ask) -> None:
    found = pages(ask, "/reports/time-in-status?per_page=20")
    assert len(found) == 4
    assert len({page["as_of"] for page in found}) == 1


def test_a_cursor_holds_the_options_which_may_be_repeated(ask: Ask) -> None:
    first = ask.get("/reports/time-in-status?project=ABC&per_page=50")
    cursor = first["next_cursor"]
    alone = ask.get(f"/reports/time-in-status?cursor={cursor}")
    assert ask.get(f"/reports/time-in-status?project=ABC&cursor={cursor}") == alone
    assert ask.post("/reports/time-in-status", {"project": ["ABC"], "cursor": cursor, "per_page": 50}) == alone
    assert len(alone["rows"]) == 11
    assert len(ask.get(f"/reports/time-in-status?per_page=3&cursor={cursor}")["rows"]) == 3


def test_a_cursor_for_something_else_is_refused(ask: Ask) -> None:
    cursor = ask.get("/reports/time-in-status?calendar=Office&per_page=5")["next_cursor"]
    for path, words in (
        (f"time-in-status?project=ABC&cursor={cursor}", "other options"),
        (f"assignee-time?cursor={cursor}", "is of the report time-in-status"),
        (f"time-in-status?cursor={cursor[:-1]}", "as it came"),
        (f"time-in-status?cursor={quote('é')}", "as it came"),
    ):
        (error,) = problem(ask("GET", f"/reports/{path}"), 400)["errors"]
        assert error["parameter"] == "cursor"
        assert words in error["detail"]
    calendars.save(
        {"name": "Office", "tz": "UTC", "week": {"mon": [["09:00", "10:00"]]}}, now=timezone.now(), replace=True
    )
    assert "was changed" in problem(ask("GET", f"/reports/time-in-status?cursor={cursor}"), 400)["detail"]


def test_an_empty_store_has_one_page(ask: Ask, db: None) -> None:
    from sojourn.history.models import Issue

    Issue.objects.all().delete()
    found = ask.get("/reports/time-in-status?per_page=5")
    assert (found["rows"], found["next"], found["next_cursor"]) == ([], None, None)


def test_answers_are_packed_for_tokens_only(ask: Ask, signed_in: Client) -> None:
    path = "/reports/time-in-status?format=csv"
    packed = ask("GET", path, **{"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    import gzip

    assert gzip.decompress(content(packed)).startswith(b"issue_key,")
    assert "Content-Encoding" not in ask("GET", path.replace("csv", "parquet"), **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in signed_in.get(ROOT + path, headers={"Accept-Encoding": "gzip"})


def test_a_query_in_jql_chooses_the_work_items(ask: Ask) -> None:
    jql = "status WAS Waiting OR assignee = currentUser() OR key IN (ABC-1)"
    store(issue("NEW-1", "Open", assignee={"accountId": "x1", "displayName": "Bob"}))
    found = ask.get(f"/reports/time-in-status?{urlencode(GIVEN | {'jql': jql})}")
    assert [row["issue_key"] for row in found["rows"]] == ["ABC-1", "NEW-1"]
    assert f"Only work items that JQL finds: {jql}." in found["lines"]
    assert ask.post("/reports/time-in-status", GIVEN | {"jql": jql})["rows"] == found["rows"]


def test_pages_hold_the_query(ask: Ask) -> None:
    page = ask.get(f"/reports/time-in-status?{urlencode(GIVEN | {'jql': 'status WAS Done', 'per_page': 40})}")
    following = ask.get(page["next"].partition("testserver")[2])
    assert (len(page["rows"]), len(following["rows"]), following["next"]) == (40, 22, None)
    assert following["lines"] == page["lines"]


def test_what_is_wrong_in_a_query_is_a_problem_with_a_place(ask: Ask) -> None:
    asked = urlencode({"jql": "project = ABC AND\nprioriti = High"})
    response = ask("GET", f"/reports/time-in-status?{asked}")
    found = problem(response, 400)
    assert found["errors"] == [{"parameter": "jql", "detail": found["detail"]}]
    assert found["detail"] == "line 2, column 1: the field 'prioriti' does not exist; did you mean 'priority'?"
    assert (found["message"], found["hint"]) == ("the field 'prioriti' does not exist", "did you mean 'priority'?")
    assert (found["line"], found["column"], found["start"], found["end"]) == (2, 1, 18, 26)
    found = problem(ask("POST", "/reports/wip", {"jql": "project = ABC ORDER"}), 400)
    assert (found["expected"], found["line"], found["column"]) == (["BY"], 1, 20)
