"""One shape for everything that goes wrong."""

from typing import Any

import pytest
from django.test import Client

from sojourn.api.errors import LONGEST_BODY
from tests.api.asking import OPERATIONS, ROOT, Ask, problem

pytestmark = pytest.mark.django_db
NESTED = b"[" * 200_000
BODIES = [
    b"",
    b"nonsense",
    b"[]",
    b"1",
    b"null",
    b'"x"',
    b"{",
    b"\xff",
    NESTED,
    b'{"name": "\\u0000"}',
    b'{"nonsense": {}}',
]


BODILESS = ("/cancel", "/retry", "/duplicate", "/secret", "/clone", "/enable", "/disable")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_address_answers_wrong_input_in_one_shape(edit: Ask, method: str, path: str) -> None:
    assert problem(edit(method, f"{path}?nonsense=1"), 400)
    assert problem(edit(method, f"{path}?q=%00"), 400)
    assert problem(edit(method, f"{path}%00"), 400)
    assert problem(edit("PATCH", path), 405)
    beyond = edit(method, f"{path}/nowhere/at/all")
    assert beyond.status_code in (400, 404, 405)  # names of calendars may hold slashes
    assert problem(beyond, beyond.status_code)
    for body in BODIES if method in ("POST", "PUT") else ():
        response = edit(method, path, body)
        if path.endswith(BODILESS) and body in (b"", b"{}"):  # they take no body, and what they change is not there
            problem(response, 404)
        elif response.status_code >= 400:
            problem(response, 400)
        else:  # a report of which nothing is asked in particular
            assert body in (b"", b"{}")
            assert "/reports/" in path


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_address_refuses_what_is_too_large(edit: Ask, method: str, path: str) -> None:
    assert "1,048,576" in problem(edit(method, path, b"x" * (LONGEST_BODY + 1)), 413)["detail"]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_failure_tells_nothing(
    edit: Ask, method: str, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("sojourn.access.tokens._note_use", fail)
    edit.client.raise_request_exception = False
    found = problem(edit(method, path), 500)
    assert "secret" not in str(found)
    assert "a secret" in caplog.text


@pytest.mark.parametrize("path", ["/nowhere", "/reports/nonsense", "/reports/", "/", "//"])
def test_an_unknown_address_says_where_to_look(ask: Ask, path: str) -> None:
    assert "/api/v1/openapi.json" in problem(ask("GET", path), 404)["detail"]


def test_a_host_that_is_not_served(client: Client) -> None:
    problem(client.get(f"{ROOT}/projects", HTTP_HOST="elsewhere.example"), 400)


def test_a_form_of_parts(signed_in: Client) -> None:
    problem(signed_in.post(f"{ROOT}/reports/time-in-status", {"project": "ABC"}), 415)


def test_a_length_that_is_no_number(client: Client) -> None:
    problem(client.get(f"{ROOT}/projects", CONTENT_LENGTH="-1"), 413)


REFUSED: list[tuple[str, str, Any, str, str]] = [
    ("GET", "/reports/time-in-status?colour=red", None, "colour", "is not an option"),
    ("GET", "/reports/time-in-status?project=NOPE", None, "project", "there are: ABC, XYZ"),
    ("GET", "/reports/time-in-status?calendar=Nope", None, "calendar", "There are: 7x24"),
    ("GET", "/reports/time-in-status?calendar=/etc/passwd", None, "calendar", "There is no calendar"),
    ("GET", "/reports/time-in-status?as_of=yesterday", None, "as_of", "write a date"),
    ("GET", "/reports/time-in-status?sort=Nope", None, "sort", "there is no column"),
    ("GET", "/reports/time-in-status?format=xls", None, "format", "is not one of json"),
    ("GET", "/reports/time-in-status?format=json&format=csv", None, "format", "more than once"),
    ("GET", "/reports/time-in-status?format=csv&per_page=5", None, "format", "ask for json"),
    ("GET", "/reports/time-in-status?per_page=0", None, "per_page", "from 1 to 10000"),
    ("GET", "/reports/time-in-status?per_page=10001", None, "per_page", "from 1 to 10000"),
    ("GET", "/reports/time-in-status?per_page=١", None, "per_page", "from 1 to 10000"),
    ("GET", "/reports/time-in-status?cursor=x", None, "cursor", "as it came"),
    ("POST", "/reports/time-in-status", {"project": {"key": "ABC"}}, "project", "is neither text"),
    ("POST", "/reports/time-in-status", {"limit": 1.5}, "limit", "is neither a whole number"),
    ("POST", "/reports/time-in-status?project=ABC", {}, "project", "in the body"),
    ("POST", "/reports/time-in-status", [], "body", "not a JSON object"),
    ("GET", "/values", None, "field", "required"),
    ("GET", "/values?field=nope", None, "field", "there are: "),
    ("GET", "/issues/ABC-1?as_of=2024-01-01", None, "as_of", "openapi.json"),
    ("GET", "/issues/ABC-1/timeline?calendar=Nope", None, "calendar", "There are: 7x24"),
    ("GET", "/issues/ABC-1/timeline?as_of=x", None, "as_of", "write a date"),
    ("GET", "/issues/ABC-1/timeline?field=nope", None, "field", "there are: "),
    ("POST", "/calendars", {"tz": "UTC", "week": {}}, "name", "is missing"),
    ("POST", "/calendars", {"name": "7x24"}, "name", "PUT replaces"),
    ("POST", "/calendars", {"name": "A", "tz": "Mars"}, "tz", "Mars"),
    ("PUT", "/calendars/7x24", {"tz": "UTC"}, "name", "is built in"),
    ("PUT", "/calendars/A", {"name": "B"}, "name", "the name in the address"),
    ("GET", "/calendars/Office?version=7", None, "version", "the last one is 1"),
    ("GET", "/calendars/7x24?version=1", None, "version", "is built in"),
    ("GET", "/calendars/7x24?version=x", None, "version", "valid integer"),
    ("POST", "/calendar-preview", {"tz": "UTC", "week": {"mon": [["9", "17:00"]]}}, "week.mon[0]", ""),
    ("POST", "/calendar-preview?count=0", {"tz": "UTC"}, "count", "greater than or equal to 1"),
    ("POST", "/calendar-preview?at=x", {"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}, "at", "write a date"),
    ("POST", "/calendars/7x24/measure", {"intervals": [{"start": "x", "end": 1}]}, "intervals[0].start", "instant"),
    ("POST", "/calendars/7x24/measure", {"intervals": [{"start": 1}]}, "intervals[0].end", "required"),
    ("POST", "/calendars/7x24/measure", {"intervals": [{"start": 1, "end": 10**18}]}, "intervals[0].end", "9999"),
    ("POST", "/calendars/7x24/measure", {"intervals": [{"start": True, "end": 1}]}, "intervals[0].start", ""),
    ("POST", "/calendars/7x24/deadline", {"start": "x", "goal": 1}, "start", "write a date"),
    ("POST", "/calendars/7x24/deadline", {"start": "2024-01-01", "goal": "5"}, "goal", "no unit"),
    ("POST", "/calendars/7x24/deadline", {"start": "2024-01-01", "goal": -1}, "goal", ""),
]


@pytest.mark.usefixtures("work_items")
@pytest.mark.parametrize(("method", "path", "body", "parameter", "words"), REFUSED)
def test_the_parameter_is_named_and_what_would_be_right(
    edit: Ask, method: str, path: str, body: Any, parameter: str, words: str
) -> None:
    response = edit(method, path, body)
    found = problem(response, 409 if "PUT replaces" in words else 400)
    places = [one["parameter"] for one in found["errors"]]
    assert any(place.startswith(parameter) for place in places), found
    assert words in found["detail"]


@pytest.mark.usefixtures("work_items")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[(method, "/calendars/Nope") for method in ("GET", "DELETE")],
        ("GET", "/calendars/Nope/versions"),
        ("GET", "/issues/NOPE-1"),
        ("GET", "/slas/99"),
        ("DELETE", "/slas/99"),
        ("GET", "/slas/99/versions"),
        ("GET", "/slas/99/versions/1/differences"),
        ("GET", "/slas/99/changes"),
        ("GET", "/issues/NOPE-1/timeline"),
        ("GET", "/issues/ABC-1?site=Nope"),
    ],
)
def test_what_does_not_exist_is_404(edit: Ask, method: str, path: str) -> None:
    assert "There is no" in problem(edit(method, path), 404)["detail"]


def test_measuring_under_no_calendar_is_404(ask: Ask) -> None:
    problem(ask("POST", "/calendars/Nope/measure", {"intervals": []}), 404)
    problem(ask("POST", "/calendars/Nope/deadline", {"start": 1, "goal": 1}), 404)
