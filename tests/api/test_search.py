"""Searching through REST."""

from typing import Any

import pytest

from sojourn.history.models import Issue
from sojourn.jql import system
from tests.api.asking import Ask, problem
from tests.builders import change, issue, store

pytestmark = pytest.mark.usefixtures("work_items")
ORDERS = ["", "ORDER BY key DESC", "ORDER BY assignee, created", "ORDER BY priority DESC, status", "ORDER BY due DESC"]
ORDERS += ["ORDER BY resolution, updated ASC, key"]


def pages(ask: Ask, body: dict[str, Any]) -> list[dict[str, Any]]:
    """All pages of a search."""
    found = [ask.post("/search", body)]
    while found[-1]["next_cursor"]:
        found.append(ask.post("/search", {"cursor": found[-1]["next_cursor"], "per_page": body.get("per_page", 50)}))
    return found


def keys(found: dict[str, Any]) -> list[str]:
    return [one["key"] for one in found["issues"]]


def test_work_items_with_the_fields_that_are_asked_for(ask: Ask) -> None:
    found = ask.post("/search", {"jql": "key = ABC-99", "fields": ["status", "assignee", "due", "created"]})
    (one,) = found["issues"]
    assert list(one) == ["key", "id", "site", "status", "assignee", "due", "created"]
    whole = ask.get("/issues/ABC-99")
    assert one == {name: whole[name] for name in one}
    assert (found["total"], found["next_cursor"], found["warnings"]) == (None, None, [])
    assert found["jql"] == "key = ABC-99"


def test_fields_of_the_import_by_key_and_by_name(ask: Ask) -> None:
    named = {"id": "customfield_1", "name": "Some field", "navigable": True, "searchable": True}
    store([named], issue("NEW-1", "Open", customfield_1=[{"value": "a"}], labels=["x", "y"]))
    asked = {"jql": "key = NEW-1", "fields": ["summary", "some field", "customfield_1", "labels"]}
    (one,) = ask.post("/search", asked)["issues"]
    stored = Issue.objects.get(key="NEW-1").fields["customfield_1"]
    assert one["summary"] == "About NEW-1"
    assert one["fields"] == {"some field": stored, "customfield_1": stored, "labels": ["x", "y"]}


def test_what_is_answered_unless_other_fields_are_asked_for(ask: Ask) -> None:
    (one,) = ask.post("/search", {"jql": "key = ABC-1"})["issues"]
    assert list(one) == ["key", "id", "site", "summary", "status", "assignee", "updated"]


def test_all_are_found_by_a_blank_query_and_counted(ask: Ask) -> None:
    found = ask.post("/search", {"jql": "", "count": True, "per_page": 3})
    assert (found["total"], len(found["issues"])) == (62, 3)
    assert ask.post("/search", {"jql": "status WAS Waiting", "count": True})["total"] == 0


@pytest.mark.parametrize("order", ORDERS)
def test_pages_are_the_whole_in_its_order(ask: Ask, order: str) -> None:
    low, ann = {"id": "3", "name": "Low"}, {"accountId": "ann", "displayName": "Ann"}
    day, fixed = "2024-01-31", {"id": "1", "name": "Fixed"}
    store(issue("NEW-1", "Open", priority=low, duedate=day, assignee=ann), issue("NEW-2", priority=low, duedate=day))
    store(issue("NEW-3", "Open", resolution=fixed, updated="2024-01-02T10:00:00.000+0000"), issue("NEW-4"))
    whole = keys(ask.post("/search", {"jql": order, "per_page": 1000}))
    assert len(set(whole)) == len(whole) == 66
    for per_page in (1, 7):
        assert [key for page in pages(ask, {"jql": order, "per_page": per_page}) for key in keys(page)] == whole


def test_pages_speak_of_one_moment(ask: Ask) -> None:
    first = ask.post("/search", {"jql": "ORDER BY created DESC", "per_page": 40, "count": True})
    store(issue("NEW-1", "Open", created="2024-01-30T09:00:00.000+0000"))
    second = ask.post("/search", {"cursor": first["next_cursor"], "per_page": 40, "count": True})
    assert (second["total"], second["as_of"], second["jql"]) == (62, first["as_of"], first["jql"])
    assert sorted(keys(first) + keys(second)) == sorted(key for key in _all() if key != "NEW-1")


def test_a_work_item_that_is_changed_meanwhile_disturbs_no_other(ask: Ask) -> None:
    first = ask.post("/search", {"jql": "ORDER BY created DESC, key", "per_page": 30})
    moved = keys(first)[0]
    Issue.objects.filter(key=moved).update(created_ms=1)
    rest = pages(ask, {"cursor": first["next_cursor"]})
    found = keys(first) + [key for page in rest for key in keys(page)]
    assert sorted(found) == sorted([*_all(), moved])


def _all() -> list[str]:
    return list(Issue.objects.values_list("key", flat=True))


def test_dates_are_of_the_zone_and_the_moment(ask: Ask) -> None:
    store(issue("NEW-1", "Open", created="2024-01-09T20:00:00.000+0000"))
    asked = {"jql": "created >= 2024-01-10", "as_of": "2024-01-12"}
    assert keys(ask.post("/search", asked)) == []
    assert keys(ask.post("/search", asked | {"tz": "Asia/Tokyo"})) == ["NEW-1"]
    assert keys(ask.post("/search", {"jql": "key = NEW-1", "as_of": "2024-01-09"})) == []
    assert keys(ask.post("/search", {"jql": "created > -1d", "as_of": "2024-01-10T12:00"})) == ["NEW-1"]


def test_history_is_as_of_the_moment(ask: Ask) -> None:
    jql = {"jql": "project = XYZ AND status CHANGED TO 'In progress'"}
    assert keys(ask.post("/search", jql)) == ["XYZ-1"]
    assert keys(ask.post("/search", jql | {"as_of": "2024-01-03T09:00Z"})) == []


def test_deleted_work_items_are_not_found(ask: Ask) -> None:
    Issue.objects.filter(key="XYZ-1").update(deleted_ms=1_706_000_000_000)
    assert keys(ask.post("/search", {"jql": "project = XYZ"})) == []
    assert keys(ask.post("/search", {"jql": "project = XYZ", "as_of": "2024-01-10"})) == ["XYZ-1"]


def test_who_asks(ask: Ask) -> None:
    store(issue("NEW-1", "Open", assignee={"accountId": "x", "displayName": "Bob"}))
    assert keys(ask.post("/search", {"jql": "assignee = currentUser()"})) == ["NEW-1"]


def test_what_is_wrong_points_at_the_place_and_lenience_makes_warnings(ask: Ask) -> None:
    asked = {"jql": "status in (Open, Nowhere) AND key != ABC-99"}
    found = problem(ask("POST", "/search", asked), 400)
    assert (found["errors"][0]["parameter"], found["column"]) == ("jql", 18)
    found = ask.post("/search", asked | {"lenient": True})
    assert [one["message"] for one in found["warnings"]] == ["there is no 'Nowhere' in the field status"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"jql": "", "fields": ["nonsense"]}, "fields"),
        ({"jql": "", "per_page": 0}, "per_page"),
        ({"jql": "", "per_page": 1001}, "per_page"),
        ({"jql": "", "tz": "Mars"}, "tz"),
        ({"jql": "", "as_of": "soon"}, "as_of"),
        ({"jql": "ORDER BY parent"}, "jql"),
        ({"jql": "", "cursor": "x"}, "cursor"),
        ({"jql": None}, "jql"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_what_is_refused(ask: Ask, body: dict[str, Any], place: str) -> None:
    assert problem(ask("POST", "/search", body), 400)["errors"][0]["parameter"] == place


def test_a_cursor_goes_with_what_the_first_page_was_asked(ask: Ask) -> None:
    body = {"jql": "project = ABC", "fields": ["summary"], "per_page": 5, "as_of": "2024-01-20"}
    cursor = ask.post("/search", body)["next_cursor"]
    again = {"jql": "project = ABC", "fields": ["summary"], "cursor": cursor}
    assert ask.post("/search", again)["as_of"] == "2024-01-20T00:00:00.000Z"
    for other in ({"jql": "project = XYZ"}, {"fields": ["due"]}, {"tz": "Asia/Tokyo"}, {"lenient": True}):
        assert problem(ask("POST", "/search", {"cursor": cursor, **other}), 400)["errors"][0]["parameter"] == "cursor"
    assert problem(ask("POST", "/search", body | {"cursor": cursor}), 400)["errors"][0]["parameter"] == "as_of"


def test_histories_of_other_fields_are_searched(ask: Ask) -> None:
    store(issue("NEW-1", "Open", change("2024-01-02T10:00:00.000+0000", "priority", "3", "1", toString="High")))
    assert keys(ask.post("/search", {"jql": "priority CHANGED AFTER 2024-01-02 ORDER BY key"})) == ["NEW-1", "ABC-99"]


UNSORTED = {"parent", "issueLinkType", "description", "environment", "comment", "text"}
"""Fields that have no order."""


@pytest.mark.parametrize("name", sorted(set(system.NAMES) - UNSORTED))
def test_pages_are_the_whole_by_whatever_field_it_is_sorted(ask: Ask, name: str) -> None:
    body = {"jql": f"project = ABC AND key <= ABC-9 ORDER BY {name}, key DESC", "per_page": 1000}
    whole = keys(ask.post("/search", body))
    assert len(whole) == 9
    assert [key for page in pages(ask, body | {"per_page": 4}) for key in keys(page)] == whole
