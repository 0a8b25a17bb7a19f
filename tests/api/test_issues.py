"""Work items and names through REST."""

import pytest

from sojourn.history.models import Issue
from sojourn.history.write import Writer
from tests.api.asking import Ask, problem
from tests.builders import change, issue, store

HOUR = 3_600_000
pytestmark = pytest.mark.usefixtures("work_items")


def test_a_work_item_as_it_is_now(ask: Ask) -> None:
    found = ask.get("/issues/ABC-99")
    assert (found["key"], found["site"], found["summary"]) == ("ABC-99", "Test", "About ABC-99")
    assert found["status"] == {"id": "5", "name": "Done", "category": "done"}
    assert found["project"] == {"id": "10", "key": "ABC", "name": "A project"}
    assert found["assignee"] == {"id": "cid", "name": "Cid"}
    assert found["resolution"] is None
    assert (found["created"], found["deleted"]) == ("2024-01-01T09:00:00.000Z", None)


def test_every_tracked_field_as_steps_and_stays(ask: Ask) -> None:
    found = ask.get("/issues/ABC-99/timeline?calendar=Office&as_of=2024-01-05T09:00Z")
    fields = {one["field"]: one for one in found["fields"]}
    assert (found["calendar"], found["as_of"]) == ("Office", "2024-01-05T09:00:00.000Z")
    assert {"status", "assignee", "priority", "reporter", "comment"} <= set(fields)
    opened, done = {"id": "1", "name": "Open"}, {"id": "5", "name": "Done"}
    assert fields["status"]["steps"] == [
        {"at": "2024-01-01T09:00:00.000Z", "value": opened, "author": None},
        {"at": "2024-01-04T10:00:00.000Z", "value": done, "author": {"id": "ann", "name": "Ann"}},
    ]
    # The office is open from 08:00 to 16:00 UTC: 7 + 8 + 8 + 2 hours, and 6 + 1 hours.
    assert fields["status"]["stays"] == [
        {
            "value": opened,
            "entered": "2024-01-01T09:00:00.000Z",
            "left": "2024-01-04T10:00:00.000Z",
            "working_ms": 25 * HOUR,
            "elapsed_ms": 73 * HOUR,
        },
        {
            "value": done,
            "entered": "2024-01-04T10:00:00.000Z",
            "left": None,
            "working_ms": 7 * HOUR,
            "elapsed_ms": 23 * HOUR,
        },
    ]
    assert [one["value"] for one in fields["assignee"]["steps"]] == [None, {"id": "cid", "name": "Cid"}]
    assert [one["value"]["id"] for one in fields["comment"]["steps"]] == ["public"]
    assert fields["comment"]["stays"] == []


def test_stays_add_up_to_the_age(ask: Ask) -> None:
    found = ask.get("/issues/ABC-99/timeline?as_of=2024-01-05T09:00Z")
    for one in found["fields"]:
        if one["stays"]:
            assert sum(stay["elapsed_ms"] for stay in one["stays"]) == 96 * HOUR, one["field"]
            assert sum(stay["working_ms"] for stay in one["stays"]) == 96 * HOUR


def test_what_came_later_has_not_happened(ask: Ask) -> None:
    found = ask.get("/issues/ABC-99/timeline?as_of=2024-01-02T00:00Z&field=status&field=comment")
    status = {one["field"]: one for one in found["fields"]}
    assert set(status) == {"status", "comment"}
    assert len(status["status"]["steps"]) == 1
    assert status["status"]["stays"][0]["left"] is None
    assert status["comment"]["steps"] == []
    before = ask.get("/issues/ABC-99/timeline?as_of=2023-01-01&field=status")
    assert before["fields"][0]["steps"] == before["fields"][0]["stays"] == []


def test_a_key_at_several_sites_needs_the_site(ask: Ask) -> None:
    store(issue("ABC-99", "Open", summary="Elsewhere"), site="Other")
    (error,) = problem(ask("GET", "/issues/ABC-99"), 400)["errors"]
    assert error == {"parameter": "site", "detail": "several sites have ABC-99; name one of Other, Test"}
    assert ask.get("/issues/ABC-99?site=Other")["summary"] == "Elsewhere"
    assert ask.get("/issues/ABC-99/timeline?site=Other&field=status")["site"] == "Other"


def test_of_two_work_items_of_one_key_the_one_that_is_there(ask: Ask) -> None:
    Issue.objects.filter(key="ABC-99").update(deleted_ms=1705708800000)
    assert ask.get("/issues/ABC-99")["deleted"] == "2024-01-20T00:00:00.000Z"
    moved = issue("NEW-1", "Open", change("2024-01-02T10:00:00.000+0000", "Key", "NEW-1", "ABC-99"))
    store({**moved, "key": "ABC-99"})
    assert ask.get("/issues/ABC-99")["deleted"] is None


def test_names(ask: Ask) -> None:
    assert [one["key"] for one in ask.get("/projects")["projects"]] == ["ABC", "XYZ"]
    assert ask.get("/projects")["projects"][0] == {"id": "10", "key": "ABC", "name": "A project", "site": "Test"}
    statuses = ask.get("/statuses")["statuses"]
    assert [one["name"] for one in statuses] == ["Done", "In progress", "Open", "Waiting"]
    assert statuses[0] == {"id": "5", "name": "Done", "category": "done", "deleted": False, "site": "Test"}
    assert ask.get("/values?field=status")["values"] == statuses
    assert {one["name"] for one in ask.get("/values?field=priority")["values"]} == {"High", "Low"}
    assert {one["id"] for one in ask.get("/values?field=assignee")["values"]} >= {"cid"}
    assert ask.get("/values?field=status&site=Nope")["values"] == []


@pytest.mark.parametrize("path", ["/issues/ABC-99", "/issues/ABC-99/timeline"])
def test_what_is_gone_from_its_jira_is_not_told_of(ask: Ask, path: str) -> None:
    Writer("Test").remove([Issue.objects.get(key="ABC-99").jira_id])
    problem(ask("GET", path), 404)
