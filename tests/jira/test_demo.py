"""The demo's payloads agree with themselves, and hold every case worth showing."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from sojourn.jira.demo import DEMO_STATUSES, demo_issues

NOW = 1_790_000_000_000  # 2026-09-21, a Monday afternoon
HOUR = 3_600_000
Issue = dict[str, Any]
KNOWN = {one["id"]: one["name"] for one in DEMO_STATUSES}


@pytest.fixture(scope="module")
def issues() -> list[Issue]:
    return list(demo_issues(NOW))


def ms(stamp: str) -> int:
    return round(datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 1000)


def changes(issue: Issue, *names: str) -> Iterator[dict[str, Any]]:
    for history in issue["changelog"]["histories"]:
        for item in history["items"]:
            if not names or item["field"] in names:
                yield item | {"at": ms(history["created"])}


def with_change(issues: list[Issue], holds: Callable[[dict[str, Any]], bool]) -> list[Issue]:
    return [issue for issue in issues if any(holds(one) for one in changes(issue))]


def ids(values: list[dict[str, Any]] | None) -> str:
    return ", ".join(str(one["id"]) for one in values or [])


PRESENT: dict[str, tuple[str, Callable[[Issue], Any]]] = {
    "status": ("", lambda i: i["fields"]["status"]["id"]),
    "assignee": ("", lambda i: (i["fields"]["assignee"] or {}).get("accountId")),
    "priority": ("", lambda i: i["fields"]["priority"]["id"]),
    "issuetype": ("", lambda i: i["fields"]["issuetype"]["id"]),
    "resolution": ("", lambda i: (i["fields"]["resolution"] or {}).get("id")),
    "project": ("", lambda i: i["fields"]["project"]["id"]),
    "duedate": ("", lambda i: i["fields"]["duedate"]),
    "Sprint": ("", lambda i: ids(i["fields"]["customfield_10020"])),
    "Flagged": ("", lambda i: "[10019]" if i["fields"]["customfield_10021"] else ""),
    "Key": ("String", lambda i: i["key"]),
    "labels": ("String", lambda i: " ".join(i["fields"]["labels"])),
    "Story Points": (
        "String",
        lambda i: None if i["fields"]["customfield_10016"] is None else f"{i['fields']['customfield_10016']:g}",
    ),
}


@pytest.mark.parametrize(("now", "seed", "count"), [(NOW, 7, 2000), (NOW - 191 * 24 * HOUR, 3, 300), (NOW, 1, 3)])
def test_every_history_leads_to_the_present(now: int, seed: int, count: int) -> None:
    for issue in demo_issues(now, seed, count):
        for name, (side, present) in PRESENT.items():
            steps = list(changes(issue, name))
            for one, following in pairwise(steps):
                assert one[f"to{side}"] == following[f"from{side}"], (issue["key"], name)
            if steps:
                assert steps[-1][f"to{side}"] == present(issue), (issue["key"], name)
        for name, field in (("Fix Version", "fixVersions"), ("Component", "components")):
            held: set[str | None] = {one["id"] for one in issue["fields"][field]}
            for item in reversed(list(changes(issue, name))):
                assert item["to"] is None or item["to"] in held
                held = (held - {item["to"]}) | ({item["from"]} - {None})


@pytest.mark.parametrize(("now", "seed", "count"), [(NOW, 7, 2000), (NOW - 191 * 24 * HOUR, 3, 300)])
def test_time_goes_forward_and_ends_now(now: int, seed: int, count: int) -> None:
    for issue in demo_issues(now, seed, count):
        fields = issue["fields"]
        changed = [ms(one["created"]) for one in issue["changelog"]["histories"]]
        said = [ms(one["created"]) for one in fields["comment"]["comments"]]
        for instants in (changed, said):
            assert instants == sorted(instants)
            assert all(ms(fields["created"]) <= at <= now for at in instants)
        assert ms(fields["updated"]) == max([ms(fields["created"]), *changed, *said])


def test_a_resolution_goes_with_a_done_status(issues: list[Issue]) -> None:
    for issue in issues:
        fields = issue["fields"]
        done = fields["status"]["statusCategory"]["key"] == "done"
        assert done == (fields["resolution"] is not None) == (fields["resolutiondate"] is not None)
        if done:
            resolved = [one["at"] for one in changes(issue, "resolution") if one["to"]]
            assert ms(fields["resolutiondate"]) == resolved[-1]


def test_ids_and_keys_are_unique(issues: list[Issue]) -> None:
    histories = [one["id"] for issue in issues for one in issue["changelog"]["histories"]]
    comments = [one["id"] for issue in issues for one in issue["fields"]["comment"]["comments"]]
    borne = [one["fromString"] for issue in issues for one in changes(issue, "Key")]
    for unique in (
        [one["id"] for one in issues],
        [one["key"] for one in issues] + borne,
        histories,
        comments,
    ):
        assert len(set(unique)) == len(unique)
    assert all(one["changelog"]["total"] == len(one["changelog"]["histories"]) for one in issues)


def test_three_projects_over_fourteen_months(issues: list[Issue]) -> None:
    assert len(issues) == 2000
    assert {one["fields"]["project"]["key"] for one in issues} == {"SUP", "APP", "OPS"}
    assert all(one["key"].startswith(one["fields"]["project"]["key"] + "-") for one in issues)
    created = [ms(one["fields"]["created"]) for one in issues]
    assert created == sorted(created)
    assert NOW - 426 * 24 * HOUR < created[0] < NOW - 400 * 24 * HOUR
    assert sum(at > NOW - 24 * HOUR for at in created) >= 5
    offsets = {one["fields"]["created"][-5:] for one in issues}
    assert offsets == {"+0100", "+0200"}


def test_items_are_open_stale_and_due(issues: list[Issue]) -> None:
    unresolved = [one for one in issues if one["fields"]["resolution"] is None]
    assert 40 < len(unresolved) < 300
    assert any(ms(one["fields"]["created"]) < NOW - 120 * 24 * HOUR for one in unresolved)
    today = datetime.fromtimestamp(NOW / 1000, UTC).date()
    soon = [one["fields"]["duedate"] for one in unresolved if one["fields"]["duedate"]]
    assert sum(today <= date.fromisoformat(due) <= today + timedelta(days=3) for due in soon) >= 5


def test_reopened_and_moved(issues: list[Issue]) -> None:
    reopened = with_change(issues, lambda one: one["field"] == "resolution" and one["to"] is None)
    moved = with_change(issues, lambda one: one["field"] == "Key")
    assert len(reopened) > 50
    assert len(moved) > 20
    for issue in moved:
        together = [{item["field"] for item in history["items"]} for history in issue["changelog"]["histories"]]
        assert any({"Key", "project", "status", "issuetype"} <= one for one in together)


def test_a_deleted_and_a_renamed_status(issues: list[Issue]) -> None:
    unknown: dict[str, set[str]] = {}
    names: dict[str, dict[str, list[int]]] = {}
    for issue in issues:
        assert issue["fields"]["status"]["id"] in KNOWN
        for one in changes(issue, "status"):
            names.setdefault(one["to"], {}).setdefault(one["toString"], []).append(one["at"])
            if one["to"] not in KNOWN:
                unknown.setdefault(one["to"], set()).add(one["toString"])
    assert unknown == {"10099": {"Awaiting change board"}}
    (renamed,) = (called for called in names.values() if len(called) > 1)
    assert max(renamed["Code review"]) < min(renamed["In review"])
    assert all(KNOWN[key] in called for key, called in names.items() if key in KNOWN)


def test_bounces_and_unassigned_spells(issues: list[Issue]) -> None:
    bounces = [
        history
        for issue in issues
        for history in issue["changelog"]["histories"]
        if sum(item["field"] == "status" for item in history["items"]) == 2
    ]
    assert len(bounces) > 20
    assert len(with_change(issues, lambda one: one["field"] == "assignee" and one["to"] is None)) > 50
    assert any(one["fields"]["assignee"] is None for one in issues)


@pytest.mark.parametrize(
    "name",
    ["priority", "issuetype", "labels", "duedate", "Sprint", "Story Points", "Flagged", "Fix Version"],
)
def test_other_fields_change_too(issues: list[Issue], name: str) -> None:
    assert len(with_change(issues, lambda one: one["field"] == name)) > 5


def test_agents_and_customers_comment(issues: list[Issue]) -> None:
    comments = [one for issue in issues for one in issue["fields"]["comment"]["comments"]]
    assert {one["jsdPublic"] for one in comments} == {True, False}
    by_reporter = [
        one
        for issue in issues
        for one in issue["fields"]["comment"]["comments"]
        if one["author"] == issue["fields"]["reporter"]
    ]
    assert len(by_reporter) > 200


def test_the_same_arguments_give_the_same_items(issues: list[Issue]) -> None:
    again = list(demo_issues(NOW))
    assert json.dumps(again) == json.dumps(issues)
    assert [one["key"] for one in demo_issues(NOW, seed=8, count=50)] != [one["key"] for one in issues[:50]]
    assert list(demo_issues(NOW, count=0)) == []


def test_it_is_quick() -> None:
    began = time.process_time()
    for _ in demo_issues(NOW):
        pass
    assert time.process_time() - began < 4  # 0.8 s on an idle core
