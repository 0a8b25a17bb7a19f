"""Webhooks that come twice, late, in any order or never, over real HTTP: the state is that of polling alone (R3)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from sojourn.api import hooks
from sojourn.history.models import Issue
from sojourn.jira import again
from sojourn.jira.models import Connection, Delivery
from sojourn.jira.simulator import Fault, Mess, Webhook, changes
from sojourn.jira.sync import due, recent
from sojourn.jira.sync.hand import Hand
from sojourn.sealed import Secret
from tests.jira.hooked import SECRET
from tests.jira.syncing import Synced, connect, synced
from tests.jira.test_sync_years import Years
from tests.jobs.working import turn, work_off  # type: ignore[attr-defined]

pytestmark = pytest.mark.django_db(transaction=True)
FACES = ("cloud", "datacenter")
MESSES = {
    "ten times": Mess(times=10),
    "shuffled": Mess(times=2, is_shuffled=True),
    "half an hour late": Mess(delay_s=1_800),
    "one in five lost": Mess(lost=0.2),
    "all at once": Mess(times=10, delay_s=1_800, is_shuffled=True, lost=0.2),
    "never": Mess(lost=1.0),
}


@contextmanager
def hooked(face: str, monkeypatch: pytest.MonkeyPatch, settings: Any, live_server: Any) -> Iterator[Synced]:
    with synced(monkeypatch, settings, face, 40) as played:
        monkeypatch.setattr(hooks, "timezone", SimpleNamespace(now=played.now))
        Connection.objects.update(webhook_secret=Secret(SECRET))
        played.simulator.site.webhooks.append(Webhook(f"{live_server.url}/hooks/jira/acme", SECRET))
        yield played


def work(played: Synced) -> None:
    """What a worker does: ask for what is due, and do it."""
    due.ask_for_due(played.now())
    while work_off(turn(played.now)):  # type: ignore[arg-type]
        pass
    assert not Connection.objects.exclude(last_problem="").exists()


def there_now(played: Synced, lines: list[str]) -> list[str]:
    """The lines of the work items that Jira has now: polling finds what was deleted a day later only."""
    told = [(json.loads(line), line) for line in lines]
    return [line for one, line in told if one.get("jira_id") in played.seen()]


@pytest.mark.parametrize(("face", "mess"), [*(("cloud", mess) for mess in MESSES), ("datacenter", "all at once")])
def test_the_state_is_that_of_polling_alone(
    face: str, mess: str, monkeypatch: pytest.MonkeyPatch, settings: Any, live_server: Any
) -> None:
    with hooked(face, monkeypatch, settings, live_server) as played:
        polled = connect("polled", played.connection.url, face)
        work(played)
        years = Years(played.simulator.site, seed=3)
        post = played.simulator.post
        post.mess = MESSES[mess]
        statuses = []
        for _ in range(12):
            for _ in range(years.chance.randrange(3)):
                years.chance.choice([years.transition, years.edit, years.comment, years.create, years.move])()
            if years.chance.random() < 0.1:
                years.delete()
            statuses += post.send()
            work(played)
            played.pass_by(minutes=1)
        played.pass_by(minutes=30)
        statuses += post.send()
        work(played)
        assert set(statuses) <= {200}
        assert bool(statuses) == (mess != "never")
        played.pass_by(minutes=5)  # one interval
        work(played)
        mine, theirs = played.dump(), played.dump(polled)
        assert there_now(played, mine) == there_now(played, theirs) == there_now(played, played.fresh())
        played.pass_by(days=1)
        work(played)
        assert played.dump() == played.dump(polled) == played.fresh()
        assert played.there() == played.seen()
        assert not played.connection.again.exists()
        assert Delivery.objects.count() * post.mess.times == len(statuses)


@pytest.mark.parametrize("face", FACES)
def test_what_a_webhook_names_is_here_at_once_whatever_the_search_knows(
    face: str, monkeypatch: pytest.MonkeyPatch, settings: Any, live_server: Any
) -> None:
    with hooked(face, monkeypatch, settings, live_server) as played:
        work(played)
        site = played.simulator.site
        site.lag_s = 3_600 if face == "cloud" else 0  # Data Center finds all work items by its search, at once
        played.pass_by(seconds=30)
        changes.transition(site, "10003", "10002")
        changes.edit(site, "10004", "summary", "Said anew")
        changes.delete(site, "10005")
        created = changes.create(site, {"fields": {**site.items["10006"].fields, "summary": "Quite new"}}).id
        assert played.simulator.post.send() == [200, 200, 200, 200]
        played.calls.clear()
        work(played)
        assert Issue.objects.get(jira_id="10003").status.key == "10002"
        assert Issue.objects.get(jira_id="10004").summary == "Said anew"
        assert Issue.objects.get(jira_id=created).summary == "Quite new"
        assert played.there() == set(site.items)
        assert len(played.calls) < 10
        work(played)
        played.calls.clear()
        work(played)
        assert played.calls == []


def test_a_webhook_that_comes_while_its_work_item_is_read_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, settings: Any, live_server: Any
) -> None:
    with hooked("cloud", monkeypatch, settings, live_server) as played:
        work(played)
        site = played.simulator.site
        changes.edit(site, "10003", "summary", "First")
        played.simulator.post.send()

        def again() -> None:
            changes.edit(site, "10003", "summary", "Second")

        played.simulator.faults.add(Fault("then", "changelog/bulkfetch", then=again))
        work(played)
        played.simulator.post.send()
        work(played)
        assert Issue.objects.get(jira_id="10003").summary == "Second"


@pytest.mark.parametrize("face", FACES)
def test_what_is_named_while_the_past_is_read_does_not_wait_for_its_end(
    face: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    told: list[bool] = []
    with synced(monkeypatch, settings, face, 60) as played:
        keep, work_off_now = Hand.keep, recent.work_off

        def keeping(hand: Hand, chunk: Any, note: Any) -> None:
            keep(hand, chunk, note)
            if not told and hand.items > 20:
                told.append(False)
                again.ask(hand.connection, {"10001"}, "webhook", played.now())
                played.simulator.site.clock.advance(31)

        def working(hand: Hand) -> None:
            if told and hand.connection.again.exists():
                told.append(hand.connection.projects.filter(is_whole=False).exists())
            work_off_now(hand)

        monkeypatch.setattr(Hand, "keep", keeping)
        monkeypatch.setattr(recent, "work_off", working)
        assert played.sync().state == "finished"
        assert told == [False, True]
        assert not played.connection.again.exists()
        assert played.there() == played.seen()
