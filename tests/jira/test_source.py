"""Reading a Jira over real HTTP: what is asked, what comes of it, and that both are as Atlassian describes them."""

import itertools
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from sojourn.jira.answers import PERMISSIONS
from sojourn.jira.failures import NotAllowed
from sojourn.jira.payload import Reader
from sojourn.jira.simulator import Fault, changes
from sojourn.jira.window import Window
from tests.jira.described import description
from tests.jira.simulated import NOW_MS, PROJECT, Scene, made_up, scene

FACES = ("cloud", "datacenter")


def given(items: int) -> dict[str, dict[str, Any]]:
    """What the simulator was fed with, by id."""
    return {item.id: item for item in made_up(items).items.values()}


def read_all(played: Scene) -> dict[str, dict[str, Any]]:
    batch = played.read(played.sweep())
    assert (batch.unread, batch.gone) == ({}, [])
    return {issue["id"]: issue for issue in batch.issues}


def test_every_call_and_every_answer_of_cloud_is_as_described(shared: Path) -> None:
    """Even of a work item with more comments than come with it and more histories than a page."""
    with scene(items=150, parallel=3) as played:
        site, source = played.simulator.site, played.source
        for number in range(30):
            changes.comment(site, "10001", f"Comment {number}")
        for number in range(2_500):
            changes.edit(site, "10002", "summary", f"Summary {number}")
        found = read_all(played)
        assert len(found) == 150
        assert len(found["10001"]["fields"]["comment"]["comments"]) > 30
        assert len(found["10002"]["changelog"]["histories"]) > 2_500
        for ask in (source.statuses, source.priorities, source.projects, source.users, source.fields, source.now_ms):
            ask()
        source.missing_permissions()
        source.missing_permissions(PROJECT)
        source.browse_holders([PROJECT])
        source.level_holders()
        source.permitted("ann", ["10001", "10002"])
        source.count(Window(PROJECT, since_ms=NOW_MS - 10**9, until_ms=NOW_MS))
        list(source.ids(Window(PROJECT, newest_first=True), reconcile=["10001", "10002"]))
        reading = {endpoint for endpoint, _, _ in played.simulator._routes if "webhook" not in endpoint}
        assert {call.endpoint for call in played.calls} == reading
        described = description(shared / "jira" / "cloud-platform-v3.openapi.json")
        assert [problem for call in played.calls for problem in described.problems(call)] == []


def test_the_description_is_looked_at_closely(shared: Path) -> None:
    """Else the test above could not fail."""
    described = description(shared / "jira" / "cloud-platform-v3.openapi.json")
    with scene(items=3) as played:
        read_all(played)
        played.source.users()
        search = next(call for call in played.calls if "search/jql" in call.endpoint)
        users = next(call for call in played.calls if "users" in call.endpoint)

    def changed(call: Any, **changes: Any) -> list[str]:
        return described.problems(type(call)(**{name: getattr(call, name) for name in call.__slots__} | changes))

    assert changed(search) == []
    assert changed(search, body=b'{"jql": 1}')
    assert changed(search, body=b'{"jql": "", "wrong": 1}')
    assert changed(search, answer=b'{"issues": 1}')
    assert changed(search, answer=b'{"issues": [{"name": "x"}]}')
    assert changed(search, path="/rest/api/3/nowhere")
    assert changed(users, query={"startAt": "0", "from": "1"})


@pytest.mark.parametrize("face", FACES)
def test_what_is_read_is_what_the_site_holds(face: Any) -> None:
    held = given(250)
    with scene(face, 250, parallel=3) as played:
        found = read_all(played)
        assert set(found) == set(held)
        reader = Reader()
        for key, issue in found.items():
            item = held[key]
            histories = issue["changelog"]["histories"]
            assert [one["id"] for one in histories] == [one["id"] for one in sorted(item.histories, key=_number)]
            assert issue["changelog"]["total"] == len(histories)
            assert len(issue["fields"]["comment"]["comments"]) == len(item.comments)
            assert reader.read(issue).flags == 0


def _number(history: dict[str, Any]) -> int:
    return int(history["id"])


def test_cloud_and_data_center_tell_the_same_histories() -> None:
    told = []
    for face in FACES:
        with scene(face, 120) as played:
            records = [Reader().read(issue) for issue in read_all(played).values()]
            told.append(
                {
                    (one.jira_id, field): (steps.at_ms, steps.value)
                    for one in records
                    for field, steps in one.timelines.items()
                    if field not in ("assignee", "reporter")  # told by other keys
                }
            )
    assert told[0] == told[1]
    assert {"status", "sprint", "priority", "comment", "flagged"} <= {field for _, field in told[0]}


def test_an_import_of_what_was_read_and_of_what_was_fed_are_the_same_records() -> None:
    """Cloud tells what it was fed with, so the timelines are those of an import of the demo."""
    with scene("cloud", 80) as played:
        found = read_all(played)
        reader = Reader()
        for key, item in given(80).items():
            fields = {**item.fields, "comment": {"comments": item.comments, "total": len(item.comments)}}
            changelog = {"histories": item.histories, "total": len(item.histories)}
            fed = reader.read({"id": key, "key": item.key, "fields": fields, "changelog": changelog})
            read = reader.read(found[key])
            assert (read.timelines, read.present, read.labels) == (fed.timelines, fed.present, fed.labels)


@pytest.mark.parametrize("face", FACES)
def test_what_was_read_does_not_hang_on_how_it_was_asked(face: Any) -> None:
    with scene(face, 130, parallel=3) as played:
        ids = played.sweep()
        one_by_one = [issue for key in ids[:40] for issue in played.read([key]).issues]
        assert orjson.dumps(one_by_one) == orjson.dumps(played.read(ids[:40]).issues)


@pytest.mark.parametrize("face", FACES)
def test_a_window_finds_what_was_updated_in_it_and_windows_that_meet_leave_nothing_out(face: Any) -> None:
    edges = [None, NOW_MS - 300 * 86_400_000 + 12_345, NOW_MS - 100 * 86_400_000, NOW_MS - 86_400_123, None]
    with scene(face, 400) as played:
        whole = played.sweep(Window(PROJECT))
        parts = [Window(PROJECT, since, until) for since, until in itertools.pairwise(edges)]
        swept = [played.sweep(part) for part in parts]
        assert sorted(key for part in swept for key in part) == sorted(whole)
        assert len(whole) == len(set(whole)) > 100
        assert [played.source.count(part) for part in parts] == [len(part) for part in swept]
        assert all(swept)
        newest_first = played.sweep(Window(PROJECT, newest_first=True))
        assert newest_first == whole[::-1]


@pytest.mark.parametrize("face", FACES)
def test_who_asks_and_when(face: Any) -> None:
    with scene(face) as played:
        me = played.source.myself()
        assert (me.name, str(me.zone)) == ("Sojourn", "Europe/Berlin")
        assert played.source.now_ms() == NOW_MS


@pytest.mark.parametrize("face", FACES)
def test_missing_permissions_are_named(face: Any) -> None:
    with scene(face) as played:
        account = played.simulator.site.accounts[0]
        assert played.source.missing_permissions() == []
        account.permissions = {"BROWSE_PROJECTS"}
        assert [one.key for one in played.source.missing_permissions()] == ["USER_PICKER", "ADMINISTER"]
        account.projects = {"10000"}
        assert PERMISSIONS[0] in played.source.missing_permissions(PROJECT)
        assert PERMISSIONS[0] not in played.source.missing_permissions("10000")
        with pytest.raises(NotAllowed, match="the account may not do this; give it the permission in Jira"):
            played.source.users()
        assert len(played.source.statuses()) > 10  # what is not allowed ends nothing else


@pytest.mark.parametrize("face", FACES)
def test_what_is_gone_or_hidden_is_told(face: Any) -> None:
    with scene(face) as played:
        site = played.simulator.site
        ids = played.sweep()
        changes.delete(site, ids[0])
        changes.protect(site, ids[1], "7")
        changes.allow(site, 0, None, [])
        batch = played.read(ids)
        assert batch.gone == ids[:2]
        assert {issue["id"] for issue in batch.issues} == set(ids[2:])


@pytest.mark.parametrize("face", FACES)
def test_a_moved_work_item_keeps_its_id(face: Any) -> None:
    with scene(face) as played:
        [first, *_] = played.sweep(Window(PROJECT))
        old_key = played.read([first]).issues[0]["key"]
        changes.move(played.simulator.site, first, "10002", "10040")
        [issue] = played.read([first]).issues
        assert issue["key"].startswith("OPS-")
        assert [
            item["fromString"] for item in issue["changelog"]["histories"][-1]["items"] if item["field"] == "Key"
        ] == [old_key]
        assert first not in played.sweep(Window(PROJECT))
        assert Reader().read(issue).flags == 0


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("texts", [False, True])
def test_long_texts_are_asked_for_only_where_they_are_kept(face: Any, texts: bool) -> None:
    with scene(face, texts=texts) as played:
        [item, *_] = played.simulator.site.items.values()
        item.fields["description"] = "long"
        assert ("description" in played.read([item.id]).issues[0]["fields"]) is texts


@pytest.mark.parametrize("face", FACES)
def test_a_work_item_that_makes_no_sense_is_told_and_the_others_are_read(face: Any) -> None:
    with scene(face) as played:
        site = played.simulator.site
        ids = played.sweep()
        site.items[ids[4]].comments = [["no", "object"]]
        batch = played.read(ids)
        assert list(batch.unread) == [ids[4]]
        assert len(batch.issues) == len(ids) - 1


@pytest.mark.parametrize("face", FACES)
def test_paging_goes_on_while_the_site_changes(face: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Updated, deleted and moved amid a sweep: whatever stays in the window is found."""
    monkeypatch.setattr("sojourn.jira.cloud.MOST_IDS", 50)
    monkeypatch.setattr("sojourn.jira.datacenter.MOST_IDS", 50)
    with scene(face, 400) as played:
        site = played.simulator.site
        ids = played.sweep()

        def happen() -> None:
            for key in ids[10:14]:
                changes.delete(site, key)
            for key in ids[20:24]:
                changes.edit(site, key, "summary", "touched")
            changes.protect(site, ids[30], "")

        search = "search/jql" if face == "cloud" else "POST /rest/api/2/search"
        played.simulator.faults.add(Fault("then", search, after=1, then=happen))
        swept = played.sweep()
        assert set(swept) >= set(ids) - set(ids[10:14])


def test_data_center_goes_back_where_pages_no_longer_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sojourn.jira.datacenter.MOST_IDS", 50)
    with scene("datacenter", 300) as played:
        site = played.simulator.site
        ids = played.sweep()

        def happen() -> None:
            for key in ids[:45]:
                changes.delete(site, key)

        played.simulator.faults.add(Fault("then", "/search", after=1, then=happen))
        assert set(played.sweep()) >= set(ids[45:])


def test_data_center_reads_a_long_changelog_whole_on_servers_old_and_new() -> None:
    with scene("datacenter", 20) as played:
        site = played.simulator.site
        [item, *_] = site.items.values()
        for number in range(250):
            changes.edit(site, item.id, "summary", f"Summary {number}")
        [issue] = played.read([item.id]).issues
        assert len(issue["changelog"]["histories"]) == len(item.histories) > 250
        assert 404 in played.statuses("/changelog")  # and then the whole work item was asked for


def test_reading_resumes_from_a_cursor() -> None:
    with scene("cloud", 30) as played:
        pages = list(played.source.ids(Window()))
        assert [page.cursor for page in pages] == [None]
    for face in FACES:
        with pytest.MonkeyPatch.context() as patch, scene(face, 130) as played:
            patch.setattr(f"sojourn.jira.{face}.MOST_IDS", 40)
            pages = list(played.source.ids(Window()))
            rest = list(played.source.ids(Window(), cursor=pages[0].cursor))
            assert [page.ids for page in rest] == [page.ids for page in pages[1:]]


def test_no_secret_is_in_what_is_printed() -> None:
    with scene() as played:
        secret = played.simulator.site.accounts[0].secret
        account = played.simulator.site.accounts[0]
        for face in FACES:
            assert secret not in repr(account.credentials(face))
        assert json.dumps([call.path for call in played.calls]).find(secret) == -1
