"""A site is kept in step with its Jira, over real HTTP."""

from typing import Any

import orjson
import pytest

from sojourn.history.models import Issue, Value
from sojourn.jira import again
from sojourn.jira.simulator import changes
from sojourn.jira.source import JiraSource
from tests.jira.simulated import PROJECT
from tests.jira.syncing import Synced, synced

FACES = ("cloud", "datacenter")
pytestmark = pytest.mark.django_db


@pytest.fixture(params=FACES)
def played(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    with synced(monkeypatch, settings, request.param, 150) as scene:
        yield scene


def test_a_first_sync_reads_everything(played: Synced) -> None:
    job = played.sync()
    assert (job.state, job.problem) == ("finished", "")
    assert job.line == "In step; 150 work items read"
    assert played.there() == played.seen() == set(played.simulator.site.items)
    states = list(played.connection.projects.all())
    assert all(state.is_whole and state.done == state.items for state in states)
    assert {state.swept_to_ms for state in states} == {played.simulator.site.clock.now_ms}
    assert Issue.objects.exclude(flags=0).count() == 0
    assert played.connection.last_problem == ""
    assert played.connection.last_ok_at == played.now()


def test_what_is_changed_is_read_and_what_is_not_is_left_alone(played: Synced) -> None:
    played.sync()
    site = played.simulator.site
    versions = dict(Issue.objects.values_list("jira_id", "row_version"))
    played.pass_by(minutes=20)
    changes.transition(site, "10003", "10002")
    created = changes.create(site, {"fields": {**site.items["10004"].fields, "summary": "New"}}).id
    played.calls.clear()
    played.sync()
    after = dict(Issue.objects.values_list("jira_id", "row_version"))
    assert {key for key in after if after[key] != versions.get(key)} == {"10003", created}
    assert Issue.objects.get(jira_id="10003").status.key == "10002"
    assert len(played.calls) < 20


def test_a_sync_that_finds_nothing_new_makes_few_calls_whatever_the_site_holds(played: Synced) -> None:
    played.sync()
    played.pass_by(minutes=20)
    played.sync()
    played.calls.clear()
    played.pass_by(minutes=20)
    played.sync()
    assert len(played.calls) <= 10
    assert not [call for call in played.calls if "bulkfetch" in call.endpoint]


def test_a_renamed_status_and_a_deleted_one_are_noticed(played: Synced) -> None:
    played.sync()
    site = played.simulator.site
    used = [str(item.fields["status"]["id"]) for item in site.items.values()]
    first, second = sorted(set(used))[:2]
    played.pass_by(minutes=20)
    changes.rename_status(site, first, "Quite new")
    changes.delete_status(site, second, first)
    played.sync()
    statuses = Value.objects.filter(kind="status")
    assert (statuses.get(key=first).name, statuses.get(key=first).deleted) == ("Quite new", False)
    assert statuses.get(key=second).deleted
    assert not Issue.objects.filter(status__key=second).exists()


def test_a_renamed_project_and_person_are_noticed(played: Synced) -> None:
    played.sync()
    site = played.simulator.site
    site.projects[PROJECT] = {**site.projects[PROJECT], "name": "Another name"}
    someone = next(key for key in site.users)
    site.users[someone] = {**site.users[someone], "displayName": "Mx. Another"}
    played.pass_by(days=1, minutes=1)
    played.sync()
    assert Issue.objects.filter(project__jira_id=PROJECT).first().project.name == "Another name"
    assert Value.objects.filter(kind="user", name="Mx. Another").count() == 1


def test_a_moved_work_item_is_one_and_the_same(played: Synced) -> None:
    played.sync()
    played.pass_by(minutes=20)
    before = Issue.objects.get(jira_id="10005")
    other = next(key for key in played.simulator.site.projects if key != before.project.jira_id)
    changes.move(played.simulator.site, "10005", other)
    played.sync()
    after = Issue.objects.get(jira_id="10005")
    assert (after.pk, after.project.jira_id) == (before.pk, other)
    assert after.key != before.key
    assert played.there() == played.seen()


def test_what_was_deleted_or_hidden_is_gone_a_day_later_at_most_and_comes_back_when_it_is_shown_again(
    played: Synced,
) -> None:
    played.sync()
    site = played.simulator.site
    changes.delete(site, "10006")
    site.items["10007"].fields["security"] = {"id": "7", "name": "Secret"}  # not even `updated` tells of it
    site.items["10007"].cache.clear()
    site.index.put(site.items["10007"].entry())
    changes.allow(site, 0, None, [])
    played.pass_by(days=1)
    played.sync()
    assert set(site.items) - played.there() == {"10007"}
    assert "10006" not in played.there()
    changes.allow(site, 0, None, None)
    played.pass_by(days=1)
    played.sync()
    assert played.there() == played.seen() == set(site.items)


def test_a_project_that_the_account_sees_no_more_is_gone_at_once_and_comes_back_at_once(played: Synced) -> None:
    played.sync()
    site = played.simulator.site
    mine = {key for key, item in site.items.items() if str(item.fields["project"]["id"]) == PROJECT}
    changes.allow(site, 0, [key for key in site.projects if key != PROJECT])
    played.pass_by(minutes=5)
    played.sync()
    assert set(site.items) - played.there() == mine
    played.pass_by(minutes=5)
    assert played.sync().state == "finished"
    changes.allow(site, 0, None)
    played.pass_by(minutes=5)
    played.sync()
    assert played.there() == set(site.items)


def test_a_list_of_projects_that_is_not_whole_removes_nothing(played: Synced) -> None:
    played.sync()
    lost = played.simulator.site.projects.pop(PROJECT)
    played.pass_by(minutes=5)
    job = played.sync()
    assert played.there() == played.seen()
    assert any("gives its work items" in line.text for line in job.log.all())
    played.simulator.site.projects[PROJECT] = lost


def test_a_work_item_that_makes_no_sense_does_not_end_the_look_at_a_project_that_is_not_listed(played: Synced) -> None:
    played.sync()
    site = played.simulator.site
    first = Issue.objects.filter(project__jira_id=PROJECT).earliest("pk").jira_id
    site.items[first].comments = [["no", "object"]]
    site.items[first].cache.clear()
    lost = site.projects.pop(PROJECT)
    played.pass_by(minutes=5)
    assert played.sync().state == "finished"
    assert played.there() == played.seen()
    site.projects[PROJECT] = lost


def test_one_project_can_be_synced_by_itself(played: Synced) -> None:
    key = played.simulator.site.projects[PROJECT]["key"]
    job = played.sync(project=key)
    assert job.state == "finished"
    mine = {
        issue for issue, item in played.simulator.site.items.items() if str(item.fields["project"]["id"]) == PROJECT
    }
    assert played.there() == mine
    assert played.sync(project="NOWHERE").problem.startswith("project: the account sees no project 'NOWHERE'; it sees ")
    played.sync()
    assert played.there() == played.seen()


def test_a_full_sync_reads_everything_anew(played: Synced) -> None:
    played.sync()
    site = played.simulator.site
    site.items["10008"].fields["summary"] = "Changed behind Jira's back"
    site.items["10008"].cache.clear()
    played.pass_by(minutes=20)
    played.sync()
    assert Issue.objects.get(jira_id="10008").summary != "Changed behind Jira's back"
    played.sync(full=True)
    assert Issue.objects.get(jira_id="10008").summary == "Changed behind Jira's back"
    assert all(state.is_whole for state in played.connection.projects.all())


def test_hints_are_read_at_once_however_they_name_a_work_item(played: Synced) -> None:
    played.sync()
    site = played.simulator.site
    site.lag_s = 3_600  # the search knows nothing of it yet
    played.pass_by(minutes=20)
    changes.transition(site, "10003", "10002")
    changes.delete(site, "10004")
    changes.transition(site, "10005", "10002")
    key = site.items["10005"].key
    again.ask(played.connection, ["10003", "10004", key, "NEW-77"], "webhook", played.now())
    played.sync()
    assert Issue.objects.get(jira_id="10003").status.key == "10002"
    assert Issue.objects.get(jira_id="10005").status.key == "10002"
    assert "10004" not in played.there()
    assert not played.connection.again.exists()


def test_what_the_search_learns_late_is_read_all_the_same(played: Synced) -> None:
    """Up to ten minutes late, without any webhook."""
    played.sync()
    played.simulator.site.lag_s = 540
    for minute in range(1, 6):
        played.pass_by(minutes=5)
        changes.edit(played.simulator.site, f"1000{minute}", "summary", f"Late {minute}")
        played.sync()
    played.pass_by(minutes=10)
    played.sync()
    assert Issue.objects.filter(summary__startswith="Late ").count() == 5


def test_the_past_is_read_from_the_newest_on_in_all_projects_side_by_side(played: Synced) -> None:
    """So that the first work items that are there are the latest, whatever the project."""
    played.sync()
    read = [orjson.loads(call.body) for call in played.calls if call.body and b"updated <" in call.body]
    edges = [one["jql"].partition('updated < "')[2][:16] for one in read if one.get("fields") == ["id"]]
    swept = [edge for edge, after in zip(edges, [*edges[1:], ""], strict=True) if edge != after]
    assert len(swept) >= 3
    assert swept == sorted(swept, reverse=True)


def test_a_count_that_is_always_too_high_costs_little_and_is_no_drift(
    played: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cloud's is about right only."""
    count = JiraSource.count
    monkeypatch.setattr(JiraSource, "count", lambda self, window: count(self, window) + 2)
    played.sync()
    played.pass_by(minutes=20)
    changes.edit(played.simulator.site, "10003", "summary", "Changed")
    played.calls.clear()
    played.sync()
    assert played.there() == played.seen()
    assert Issue.objects.get(jira_id="10003").summary == "Changed"
    assert {state.drift for state in played.connection.projects.all()} == {0}
    assert len(played.calls) < 20
