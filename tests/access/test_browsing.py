"""What people may see as Jira says, asked over real HTTP (docs/semantics.md 33); the oracle is the simulated Jira."""

import json
import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client

from sojourn import worker
from sojourn.access import browsing, granting, tokens
from sojourn.access.granting import Place
from sojourn.access.models import Browsing
from sojourn.access.visible import fingerprint, visible
from sojourn.feeds import feeds, presets
from sojourn.history.models import Issue
from sojourn.jira import permissions, webhook
from sojourn.jira.simulator import Fault, changes
from sojourn.jira.simulator.datacenter import user_key
from sojourn.jira.simulator.site import Account, Clock, Site
from sojourn.jira.webhook import Sent
from sojourn.sealed import Secret
from tests.builders import issue
from tests.jira.described import description
from tests.jira.hooked import SECRET, event, signature
from tests.jira.syncing import NOW_MS, Synced, synced
from tests.jobs.working import turn

pytestmark = pytest.mark.django_db(transaction=True)
PROJECTS = {"PUB": "11", "OPS": "12", "HR": "13", "LAB": "14"}
LEVELS = ("", "21", "22")
PEOPLE = ("ann", "bob", "cid")
FIELD = "customfield_10050"


def person(name: str) -> dict[str, Any]:
    return {"accountId": name, "displayName": name.title()}


def filled() -> Site:
    """Four projects with work items of each level, reporter and assignee; a field names somebody in some of them."""
    site = Site(Clock(NOW_MS))
    for number, (key, level, reporter, assignee) in enumerate(product(PROJECTS, LEVELS, PEOPLE, PEOPLE)):
        payload = issue(
            f"{key}-{number + 1}",
            project={"id": PROJECTS[key], "key": key, "name": key},
            reporter=person(reporter),
            assignee=person(assignee),
            updated="2026-01-02T09:00:00.000+0000",
            security={"id": level, "name": f"Level {level}"} if level else None,
        )
        if number % 5 == 0:
            payload["fields"][FIELD] = [person("cid")]
        site.add({**payload, "id": str(1000 + number)})
    for name in PEOPLE:
        site.accounts.append(Account(name, name, f"{name}@example.com", f"secret-{name}", permissions=set()))
        site.accounts[-1].projects, site.accounts[-1].levels = set(), set()
    return site


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Synced]:
    with _played(monkeypatch, settings, "cloud") as found:
        yield found


def _played(monkeypatch: pytest.MonkeyPatch, settings: Any, face: str) -> Any:
    return synced(monkeypatch, settings, face, site=filled())


def begin(played: Synced) -> None:
    assert played.sync().state == "finished"
    for name in PEOPLE:
        get_user_model().objects.create_user(name)
        key = name if played.simulator.face == "cloud" else user_key(name)
        granting.link(name, played.connection.site.name, key)
    played.calls.clear()


def user(name: str) -> Any:
    return get_user_model().objects.get(username=name)


def seen(name: str, played: Synced) -> set[str]:
    """The work items that somebody may see, having come in as people do."""
    browsing.ensure(user(name), played.now())
    return kept(name, played)


def kept(name: str, played: Synced) -> set[str]:
    return set(Issue.objects.filter(visible(user(name), played.now())).values_list("jira_id", flat=True))


def account(played: Synced, name: str) -> Account:
    return next(one for one in played.simulator.site.accounts if one.key == name)


def allowed(played: Synced, name: str) -> set[str]:
    site = played.simulator.site
    return {one.id for one in site.items.values() if site.lets(account(played, name), one)}


def without_fields(site: Site) -> Site:
    """The same Jira in which no field gives anybody anything."""
    site.browse_holders = {key: found - {FIELD} for key, found in site.browse_holders.items()}
    site.level_holders = {key: found - {FIELD} for key, found in site.level_holders.items()}
    return site


@pytest.mark.parametrize("seed", range(8))
def test_everybody_sees_what_jira_says_by_role_reporter_and_assignee_and_nothing_else(
    played: Synced, seed: int
) -> None:
    chance = random.Random(seed)
    begin(played)
    site = played.simulator.site
    for who in PEOPLE:
        projects, levels = (
            sorted(one for one in every if chance.random() < 0.5) for every in (PROJECTS.values(), LEVELS)
        )
        changes.allow(site, PEOPLE.index(who) + 1, projects, levels)
    own = ("reporter", "assignee", FIELD)
    for project in PROJECTS.values():
        changes.hold(site, [one for one in own if chance.random() < 0.3], project=project)
    for level in LEVELS[1:]:
        changes.hold(site, [one for one in own if chance.random() < 0.3], level=level)
    told = {who: (seen(who, played), allowed(played, who)) for who in PEOPLE}
    without_fields(site)
    for who, (found, every) in told.items():
        assert found <= every
        mixed = {  # seen by the reporter's right to the project and the assignee's to the level: hidden (access.md)
            one.id
            for one in site.items.values()
            if who == one.fields["reporter"]["accountId"] == one.fields["assignee"]["accountId"]
        }
        assert allowed(played, who) - mixed <= found, who
    assert any(found for found, _ in told.values())


def test_reporters_see_their_own_and_not_the_project(played: Synced) -> None:
    """Jira says of such a project, asked about it as a whole, that everybody may browse it."""
    begin(played)
    changes.hold(played.simulator.site, ["reporter"], project="13")
    own = {one.id for one in played.simulator.site.items.values() if one.fields["reporter"]["accountId"] == "ann"}
    assert seen("ann", played) == {one for one in own if one in allowed(played, "ann")}
    assert len(seen("ann", played)) == 3


def test_a_field_that_names_people_opens_nothing_and_hides_nothing(played: Synced) -> None:
    begin(played)
    changes.hold(played.simulator.site, [FIELD], project="14")
    assert allowed(played, "cid")
    assert seen("cid", played) == set()
    changes.allow(played.simulator.site, 1, ["14"])
    assert seen("ann", played) == allowed(played, "ann") != set()


def test_a_holder_that_is_not_known_hides_the_project(played: Synced) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11", "12"])
    changes.hold(played.simulator.site, ["some app's own"], project="12")
    items = played.simulator.site.items.values()
    assert seen("ann", played) == {one.id for one in items if one.fields["project"]["id"] == "11"}


def test_of_what_customers_hold_agents_see_their_projects(played: Synced) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"])
    changes.allow(played.simulator.site, 2, ["11"])
    changes.hold(played.simulator.site, ["sd.customer.portal.only"], project="11")
    account(played, "bob").permissions.add("SERVICEDESK_AGENT")
    assert seen("ann", played) == set()
    assert seen("bob", played) == allowed(played, "bob") != set()


def test_jira_is_asked_once_in_four_minutes_and_in_few_calls(played: Synced) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"], [])
    for _ in range(3):
        assert len(seen("ann", played)) == 9
    assert len(played.calls) == 4 + 1 + 2  # the schemes of four projects, the levels; who asks, and ann
    played.pass_by(minutes=3)
    seen("ann", played)
    assert len(played.calls) == 7
    assert json.loads(played.calls[-1].body)["accountId"] == "ann"
    seen("bob", played)
    assert len(played.calls) == 9  # the schemes are known still
    played.pass_by(minutes=2)
    changes.allow(played.simulator.site, 1, [])
    assert seen("ann", played) == set()


def test_every_call_is_one_that_jira_cloud_describes(played: Synced, shared: Path) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"], [])
    changes.hold(played.simulator.site, ["reporter", FIELD], project="12")
    assert len(seen("ann", played)) > 9
    described = description(shared / "jira" / "cloud-platform-v3.openapi.json")
    assert [problem for call in played.calls for problem in described.problems(call)] == []
    assert len(played.calls) == 7


def test_what_jira_said_holds_for_ten_minutes_and_then_nothing_does(played: Synced) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"], [])
    assert len(seen("ann", played)) == 9
    played.simulator.faults.add(Fault("status", "", times=1_000, status=503))
    played.pass_by(minutes=9.9)
    assert len(seen("ann", played)) == 9
    assert browsing.unknown(user("ann"), played.now()) == []
    played.pass_by(minutes=0.1)
    assert seen("ann", played) == set()
    [why] = browsing.unknown(user("ann"), played.now(), lasting=False)
    assert why.startswith("What acme lets you see is not known, so nothing that only it could show is shown: ")
    calls = len(played.calls)
    seen("ann", played)
    assert len(played.calls) == calls  # it is left alone for half a minute
    granting.grant("ann", Place("acme", "LAB"), played.now(), "test")
    assert len(seen("ann", played)) == 9  # what was granted by hand needs no Jira
    played.simulator.faults.clear()
    played.pass_by(seconds=31)
    assert len(seen("ann", played)) == 18


def test_nothing_is_asked_within_a_transaction(played: Synced) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"])
    with transaction.atomic():
        assert seen("ann", played) == set()
    assert played.calls == []


@pytest.mark.parametrize(
    ("kind", "is_dropped"),
    [
        ("project_updated", True),
        ("user_updated", True),
        ("permission_scheme_updated", True),
        ("project_role_actor_changed", True),
        ("group_membership_changed", True),
        ("jira:issue_updated", False),
        ("comment_created", False),
    ],
)
def test_a_webhook_about_permissions_ends_what_was_known(played: Synced, kind: str, is_dropped: bool) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"], [])
    assert len(seen("ann", played)) == 9
    changes.allow(played.simulator.site, 1, [])
    played.connection.webhook_secret = Secret(SECRET)
    played.connection.save()
    body = event(kind)
    assert webhook.accept("acme", Sent(body, signature(body)), played.now())
    assert len(kept("ann", played)) == (0 if is_dropped else 9)
    assert len(seen("ann", played)) == (0 if is_dropped else 9)


def test_what_is_forgotten_while_it_is_asked_is_not_kept(played: Synced, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"], [])
    tell = permissions.tell

    def slow(*asked: Any) -> Any:
        found = tell(*asked)
        browsing.forget(played.connection.site_id)
        return found

    monkeypatch.setattr("sojourn.history.permitted._tellers", [slow])
    assert seen("ann", played) == set()
    monkeypatch.setattr("sojourn.history.permitted._tellers", [tell])
    assert len(seen("ann", played)) == 9


def test_without_administer_jira_nothing_is_known_and_grants_hold(played: Synced) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"], [])
    played.simulator.site.accounts[0].permissions.discard("ADMINISTER")
    assert seen("ann", played) == set()
    [why] = browsing.unknown(user("ann"), played.now())
    assert "needs the permission Administer Jira" in why
    assert browsing.unknown(user("ann"), played.now(), lasting=False) == []


def test_who_is_linked_to_another_account_sees_what_that_one_does(played: Synced) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"], [])
    changes.allow(played.simulator.site, 2, ["12"], [])
    before = seen("ann", played), fingerprint(user("ann"), played.now())
    granting.link("ann", "acme", "bob")
    after = seen("ann", played), fingerprint(user("ann"), played.now())
    assert before[0].isdisjoint(after[0])
    assert before[1] != after[1]


def test_of_a_site_that_is_connected_no_more_nothing_holds(played: Synced) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"], [])
    assert seen("ann", played)
    played.connection.delete()
    assert seen("ann", played) == set()


def test_the_worker_asks_again_for_those_who_came_lately(played: Synced) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"], [])
    seen("ann", played)
    played.pass_by(minutes=9)
    loop = next(one for one in worker.LOOPS if one.name == "permissions")
    assert not loop.step(turn(played.now))
    played.pass_by(minutes=5)
    assert len(kept("ann", played)) == 9
    played.pass_by(minutes=40)
    calls = len(played.calls)
    loop.step(turn(played.now))
    assert len(played.calls) == calls
    played.pass_by(days=2)
    loop.step(turn(played.now))
    assert not Browsing.objects.exists()


def test_pages_and_programs_come_in_by_asking(played: Synced, monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    begin(played)
    changes.allow(played.simulator.site, 1, ["11"], [])
    monkeypatch.setattr("django.utils.timezone.now", played.now)
    secret = tokens.create("ann", ["read"], played.now(), None)
    headers = {"Authorization": f"Bearer {secret}"}
    ann = user("ann")
    feed = feeds.generate(ann, presets.save(ann, "All", "time-in-status", {}, played.now()), played.now())
    feeds.switch(on=True)
    of_feed = {"Authorization": f"Bearer {feeds.renew_secret(feed, played.now())}"}
    answer = client.get("/api/v1/projects", headers=headers)
    assert [one["key"] for one in answer.json()["projects"]] == ["PUB"]
    client.force_login(user("bob"))
    changes.allow(played.simulator.site, 2, ["12"], [])
    assert b"OPS-" in client.get("/reports/time-in-status").content

    browsing.forget(played.connection.site_id)
    played.simulator.faults.add(Fault("status", "", times=1_000, status=503))
    for address in ("/api/v1/projects", "/api/v1/reports/time-in-status?as_of=2026-01-01"):
        answer = client.get(address, headers=headers)
        assert answer.status_code == 503
        assert answer["Retry-After"] == "30"
        assert "What acme lets you see is not known" in answer.json()["detail"]
    for address in (feeds.link(feed, ""), feeds.odata_root(feed, "") + "rows"):
        assert client.get(address, headers=of_feed).status_code == 503
    page = client.get("/reports/time-in-status").content
    assert b"What acme lets you see is not known" in page
    assert b"OPS-" not in page


def test_data_center_is_asked_by_work_item_and_its_levels_are_hidden(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    with _played(monkeypatch, settings, "datacenter") as played:
        begin(played)
        site = played.simulator.site
        changes.allow(site, 1, ["11"])
        changes.hold(site, ["reporter", "sd.customer.portal.only"], project="12")
        of_projects = {one.id: one.fields for one in site.items.values() if not one.fields.get("security")}
        wanted = {
            key
            for key, fields in of_projects.items()
            if fields["project"]["id"] == "11"
            or (fields["project"]["id"] == "12" and fields["reporter"]["accountId"] == "ann")
        }
        assert seen("ann", played) == wanted
        assert wanted <= allowed(played, "ann")
        assert len(wanted) == 12
