"""What the fields of a work item hold now, as the store knows it."""

from typing import Any

import pytest

from sojourn.history.models import Field, Issue, IssueValue, Link, Project, Value
from tests.builders import issue, store

pytestmark = pytest.mark.django_db

ANN = {"accountId": "a1", "displayName": "Ann"}
SPRINT = {"id": 7, "name": "Sprint 7", "state": "active", "boardId": 1}
GREENHOPPER = "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=8,rapidViewId=2,state=CLOSED,name=Sprint 8,goal=]"


@pytest.mark.parametrize(
    ("value", "kind", "members"),
    [
        (3, "number", []),
        ("2024-01-31", "date", []),
        ("2024-01-31T09:00:00.000+0100", "instant", []),
        ("2024-01-31 or so", "text", []),
        ({"id": "10", "value": "Gold"}, "option", [("customfield_1", "10", "Gold", "")]),
        ([{"value": "Tin"}], "option", [("customfield_1", "Tin", "Tin", "")]),
        (ANN, "user", [("user", "a1", "Ann", "")]),
        ([ANN], "user", [("user", "a1", "Ann", "")]),
        ([{"id": "5", "name": "1.0", "released": True}], "version", [("version", "5", "1.0", "released")]),
        ([SPRINT], "sprint_member", [("sprint_member", "7", "Sprint 7", "active")]),
        ([GREENHOPPER], "sprint_member", [("sprint_member", "8", "Sprint 8", "closed")]),
        (["red", "blue"], "label", [("label", "red", "red", ""), ("label", "blue", "blue", "")]),
        ({"nothing": {"known": 1}}, "other", []),
    ],
)  # fmt: skip
def test_the_type_of_a_field_is_told_from_its_values(value: Any, kind: str, members: list[tuple[str, ...]]) -> None:
    store(issue("ABC-1", customfield_1=value))
    assert Field.objects.get(key="customfield_1").type == kind
    rows = IssueValue.objects.filter(field__key="customfield_1").values_list(
        "value__kind", "value__key", "value__name", "value__category"
    )
    assert sorted(rows) == sorted(members)


def test_a_field_of_several_types_has_the_widest() -> None:
    values = ["2024-01-31", "soon", 5]
    store(*(issue(f"ABC-{number}", customfield_1=value) for number, value in enumerate(values, 1)))
    assert Field.objects.get(key="customfield_1").type == "text"


def test_values_are_replaced_with_their_work_item() -> None:
    store(issue("ABC-1", labels=["red", "blue"], updated="2024-01-02T00:00:00.000+0000"))
    store(issue("ABC-1", labels=["green"], updated="2024-01-03T00:00:00.000+0000"))
    assert [row.value.name for row in IssueValue.objects.all()] == ["green"]


def test_links_are_told_from_either_side() -> None:
    kind = {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
    links = [{"type": kind, "outwardIssue": {"key": "ABC-2"}}, {"type": kind, "inwardIssue": {"key": "ABC-3"}}]
    store(issue("ABC-1", issuelinks=links, parent={"id": "9", "key": "ABC-9"}))
    assert sorted(Link.objects.values_list("type", "description", "reverse", "other_key")) == [
        ("Blocks", "blocks", "is blocked by", "ABC-2"),
        ("Blocks", "is blocked by", "blocks", "ABC-3"),
        ("parent", "parent", "child", "ABC-9"),
    ]


def test_issue_types_and_projects_tell_what_they_are() -> None:
    project = {"id": "1", "key": "ABC", "name": "Abc", "projectCategory": {"name": "Internal"}, "lead": ANN}
    store(issue("ABC-12", issuetype={"id": "3", "name": "Sub-task", "subtask": True}, project=project))
    assert Value.objects.get(kind="issuetype").category == "subtask"
    assert Project.objects.values_list("category", "lead").get() == ("Internal", "a1")
    assert Issue.objects.get().key_number == 12


@pytest.mark.parametrize(
    ("key", "number"), [("ABC-7", 7), ("Case 12", 0), ("A-B-3", 3), ("ABC-" + "9" * 30, 0), ("7", 7)]
)
def test_keys_have_numbers(key: str, number: int) -> None:
    store(issue(key))
    assert Issue.objects.get().key_number == number


def test_a_list_of_fields_names_them() -> None:
    field = {
        "id": "customfield_1",
        "key": "customfield_1",
        "name": "Story points",
        "navigable": True,
        "searchable": True,
    }
    store(issue("ABC-1", customfield_1=5), field)
    assert Field.objects.values_list("name", "type").get(key="customfield_1") == ("Story points", "number")
    store(issue("ABC-2", customfield_1=5))
    assert Field.objects.get(key="customfield_1").name == "Story points"
