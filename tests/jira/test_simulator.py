"""The simulated Jira: what a team does to it is what Jira would tell of it."""

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from sojourn.errors import Refused
from sojourn.jira.payload import Reader
from sojourn.jira.simulator import Account, changes
from sojourn.jira.simulator.index import BadJql, read
from sojourn.jira.window import Window
from tests.jira.simulated import NOW_MS, PROJECT, Scene, scene

YEAR_MS = 1_767_225_600_000  # 2026-01-01T00:00Z
DONE = {"id": "10000", "name": "Done"}
FACES = ("cloud", "datacenter")


def record(played: Scene, issue: str) -> Any:
    [found] = played.read([issue]).issues
    return Reader().read(found)


def status_keys(told: Any) -> list[str]:
    return [ref[1] for ref in told.timelines["status"].value]


@pytest.mark.parametrize("face", FACES)
def test_a_life_of_a_work_item(face: Any) -> None:
    with scene(face, 20) as played:
        site = played.simulator.site
        status = site.statuses["10001"]
        project = site.projects["10000"]
        item = changes.create(site, {"fields": {"project": project, "status": status, "summary": "New"}})
        for seconds, to in ((60, "10002"), (120, "10003"), (30, "10005")):
            site.clock.advance(seconds)
            changes.transition(site, item.id, to, DONE if to == "10005" else None)
        told = record(played, item.id)
        assert status_keys(told) == ["10001", "10002", "10003", "10005"]
        at_ms = told.timelines["status"].at_ms
        assert [at - at_ms[0] for at in at_ms] == [0, 60_000, 180_000, 210_000]
        assert (told.resolved_ms, told.updated_ms, told.flags) == (NOW_MS + 210_000, NOW_MS + 210_000, 0)
        site.clock.advance(10)
        changes.move(site, item.id, PROJECT, "10020")
        changes.comment(site, item.id, "Moved")
        told = record(played, item.id)
        assert told.key.startswith("APP-")
        assert status_keys(told)[-1] == "10020"
        assert len(told.timelines["comment"].at_ms) == 1
        changes.delete(site, item.id)
        assert played.read([item.id]).gone == [item.id]
        with pytest.raises(Refused, match="does not exist"):
            changes.delete(site, item.id)


@pytest.mark.parametrize("face", FACES)
def test_a_renamed_status_leaves_no_trace_in_changelogs_and_is_no_update(face: Any) -> None:
    with scene(face, 60) as played:
        site = played.simulator.site
        before = {issue["id"]: issue for issue in played.read(played.sweep()).issues}
        site.clock.advance(60)
        changes.rename_status(site, "10006", "Archived")
        after = {issue["id"]: issue for issue in played.read(played.sweep()).issues}
        renamed = [key for key, issue in after.items() if issue["fields"]["status"]["id"] == "10006"]
        assert renamed
        for key in renamed:
            assert after[key]["fields"]["status"]["name"] == "Archived"
            assert after[key]["changelog"] == before[key]["changelog"]
            assert after[key]["fields"]["updated"] == before[key]["fields"]["updated"]
        assert "Archived" in [status["name"] for status in played.source.statuses()]


@pytest.mark.parametrize("face", FACES)
def test_a_deleted_status_moves_its_work_items_on(face: Any) -> None:
    with scene(face, 60) as played:
        site = played.simulator.site
        held = [item.id for item in site.items.values() if item.fields["status"]["id"] == "10006"]
        changes.delete_status(site, "10006", "10005")
        assert held
        assert "10006" not in [status["id"] for status in played.source.statuses()]
        assert {status_keys(record(played, key))[-1] for key in held} == {"10005"}


@pytest.mark.parametrize("face", FACES)
def test_each_account_sees_what_it_may(face: Any) -> None:
    with scene(face, 80) as played:
        site = played.simulator.site
        everything = played.sweep()
        mine = played.sweep(Window(PROJECT))
        changes.allow(site, 0, [PROJECT])
        assert sorted(played.sweep()) == sorted(mine)
        assert played.source.count(Window()) == len(mine)
        assert [project["id"] for project in played.source.projects()] == [PROJECT]
        assert set(played.read(everything).gone) == set(everything) - set(mine)
        changes.protect(site, mine[0], "5")
        changes.allow(site, 0, None, ["4"])
        assert set(played.sweep()) == set(everything) - {mine[0]}
        changes.allow(site, 0, None, ["5"])
        assert set(played.sweep()) == set(everything)


def test_accounts_are_told_apart_by_their_credentials() -> None:
    with scene() as played:
        ann = Account(key="712020:2", name="Ann", email="ann@b.example", secret="a")
        changes.add_account(played.simulator.site, ann)
        ask = httpx.Client(base_url=played.url)
        address = "/rest/api/3/myself"
        assert ask.get(address, auth=("ann@b.example", "a")).json()["displayName"] == "Ann"
        assert ask.get(address, auth=("sojourn@example.com", "made-up-token")).json()["displayName"] == "Sojourn"
        for wrong in (("ann@b.example", "b"), ("sojourn@example.com", "a")):
            assert ask.get(address, auth=wrong).status_code == 401
        assert ask.get(address).status_code == 401
        ask.close()


JQL = [
    ('project = "10000"', lambda entry: entry.project == "10000"),
    ("project = SUP", lambda entry: entry.project_key == "SUP"),
    ('project in ("10000", APP)', lambda entry: entry.project_key in ("SUP", "APP")),
    ("id in (10001, 10005)", lambda entry: entry.id in (10001, 10005)),
    ("issuekey in (SUP-1, APP-2)", lambda entry: (entry.project_key, entry.number) in (("SUP", 1), ("APP", 2))),
    ('updated >= "2026-01-01 00:00"', lambda entry: entry.updated_ms >= YEAR_MS),
    (
        'updated < "2026/01/01 00:00" AND project = SUP',
        lambda e: e.updated_ms < YEAR_MS and e.project == "10000",
    ),
    ('updated <= "2026-01-01 00:00"', lambda entry: entry.updated_ms <= YEAR_MS),
    ('updated > "2026-01-01 00:00" AND updated > "2025-06-01 00:00"', lambda entry: entry.updated_ms > YEAR_MS),
    (
        'project = APP AND updated >= "2026-01-01 00:00" AND updated < "2026-01-31 00:00"',
        lambda e: e.project_key == "APP" and YEAR_MS <= e.updated_ms < YEAR_MS + 30 * 86_400_000,
    ),
    ('created > "2026-01-01 00:00" ORDER BY created DESC', lambda entry: entry.created_ms > YEAR_MS),
    ("project is not EMPTY", lambda entry: True),
]


@pytest.mark.parametrize(("jql", "is_found"), JQL)
def test_jql_that_the_client_sends_finds_what_it_says(jql: str, is_found: Any) -> None:
    with scene(items=150) as played:
        index = played.simulator.site.index
        entries = [item.entry() for item in played.simulator.site.items.values()]
        found = index.search(read(jql, UTC), lambda _: True)
        assert {entry.id for entry in found} == {entry.id for entry in entries if is_found(entry)}
        assert found
        assert index.count(read(jql, UTC), lambda _: True) == len(found)


@pytest.mark.parametrize(
    "order", ["updated DESC, key DESC", "updated ASC, key ASC", "updated DESC, key ASC", "key", ""]
)
def test_a_search_goes_on_behind_any_place_in_its_order(order: str) -> None:
    with scene(items=150) as played:
        index = played.simulator.site.index
        query = read(f'project = "10000"{order and " ORDER BY "}{order}', UTC)
        whole = index.search(query, lambda _: True)
        assert whole == sorted(whole, key=query.place)
        for place, entry in enumerate(whole):
            assert index.search(query, lambda _: True, query.place(entry)) == whole[place + 1 :]


@pytest.mark.parametrize("jql", ['project = ""', 'project = "10000" AND project = "10001"'])
def test_a_project_that_there_is_not_has_no_work_items(jql: str) -> None:
    with scene(items=150) as played:
        assert played.simulator.site.index.search(read(jql, UTC), lambda _: True) == []


@pytest.mark.parametrize(
    "jql", ["colour = red", "project = SUP OR project = APP", 'updated >= "yesterday"', "project = SUP ORDER BY colour"]
)
def test_other_jql_is_refused(jql: str) -> None:
    with pytest.raises(BadJql):
        read(jql, ZoneInfo("Europe/Berlin"))


def test_it_refuses_what_jira_refuses() -> None:
    with scene() as played, httpx.Client(base_url=played.url, auth=("sojourn@example.com", "made-up-token")) as ask:
        wrong = [
            ("/rest/api/3/search/jql", {"jql": "ORDER BY updated"}),  # unbounded
            ("/rest/api/3/search/jql", {"jql": "project = SUP", "nextPageToken": "x"}),
            ("/rest/api/3/issue/bulkfetch", {"issueIdsOrKeys": [str(n) for n in range(101)]}),
            ("/rest/api/3/issue/bulkfetch", {"issueIdsOrKeys": []}),
            ("/rest/api/3/changelog/bulkfetch", {"issueIdsOrKeys": ["1"], "fieldIds": [str(n) for n in range(11)]}),
            ("/rest/api/3/changelog/bulkfetch", {"issueIdsOrKeys": ["1"], "maxResults": "many"}),
        ]
        for address, body in wrong:
            answer = ask.post(address, json=body)
            assert (answer.status_code, list(answer.json())) == (400, ["errorMessages", "errors"])
        assert ask.post("/rest/api/3/search/jql", content=b"[").status_code == 400
        assert ask.get("/rest/api/3/search").status_code == 404


def test_it_is_controlled_from_another_process() -> None:
    with scene(items=20) as played, httpx.Client(base_url=played.url) as ask:
        [first, *_] = played.sweep()
        for told in (
            {"do": "clock", "advance_s": 60},
            {"do": "edit", "issue": first, "field": "summary", "value": "Told"},
            {"do": "lag", "seconds": 5},
            {"do": "fault", "kind": "html", "endpoint": "bulkfetch"},
            {"do": "limits", "burst": 100},
        ):
            assert ask.post("/control", json=told).status_code == 200
        [issue] = played.read([first]).issues
        assert issue["fields"]["summary"] == "Told"
        assert len(played.waits) == 1
        assert played.simulator.site.lag_s == 5
        assert ask.post("/control", json={"do": "limits", "size": 1, "fill": 1, "interval_s": 1}).status_code == 200
        assert ask.post("/control", json={"do": "limits"}).status_code == 200
        for wrong in ({"do": "nothing"}, {"do": "delete", "issue": "none"}, {"do": "edit"}, [], {}):
            assert ask.post("/control", json=wrong).status_code == 400
