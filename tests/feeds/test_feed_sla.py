"""The data sets on SLAs: what their rows say, and what of them comes again when it is asked for what changed."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from sojourn.access import granting
from sojourn.feeds import feeds
from sojourn.history.models import Issue
from sojourn.sla import by_hand, definitions
from sojourn.sla.definitions import By, Draft
from sojourn.sla.models import AppliesTo, Definition
from tests.builders import STATUS_IDS, change, issue, status, store
from tests.feeds.feeding import Reader, problem
from tests.sla.defining import define, policy

pytestmark = pytest.mark.django_db
HOUR = 3_600_000
NOW_MS = 1_705_708_800_000  # 2024-01-20, the moment of all feeds here


@pytest.fixture
def resolution() -> Definition:
    """Eight hours from creation to Done: one is met, one is breached and open, one was never changed again."""
    store(
        [status(name) for name in STATUS_IDS],
        issue("SUP-1", "Done", change("2024-01-01T13:00:00.000+0000", "status", "Open", "Done")),
        issue("SUP-2", "Open"),
        issue("SUP-3", "Done", change("2024-01-01T18:00:00.000+0000", "status", "Open", "Done")),
    )
    Issue.objects.filter(key__in=["SUP-1", "SUP-3"]).update(updated_ms=1_704_200_000_000)
    get_user_model().objects.create_user("ann")
    granting.grant("ann", granting.Place("Test", every_level=True), timezone.now(), "test")
    feeds.switch(on=True)
    return define(policy())


def test_a_cycle_is_a_row_with_its_clock(resolution: Definition) -> None:
    rows = Reader.of("ann", dataset="sla_cycles").rows()
    names = ("issueKey", "slaId", "sla", "state", "verdict", "elapsedMs", "overdueMs")
    number = str(resolution.pk)
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("SUP-1", number, "Resolution", "finished", "met", 4 * HOUR, 0),
        ("SUP-2", number, "Resolution", "running", "breached", (18 * 24 + 15) * HOUR, (18 * 24 + 7) * HOUR),
        ("SUP-3", number, "Resolution", "finished", "breached", 9 * HOUR, HOUR),
    ]


def test_an_event_is_a_row_in_order_of_time(resolution: Definition) -> None:
    rows = Reader.of("ann", dataset="sla_events").rows()
    assert [(row["issueKey"], row["event"], row["at"]) for row in rows if row["issueKey"] == "SUP-3"] == [
        ("SUP-3", "start", "2024-01-01T09:00:00.000Z"),
        ("SUP-3", "critical", "2024-01-01T15:24:00.000Z"),
        ("SUP-3", "breach", "2024-01-01T17:00:00.000Z"),
        ("SUP-3", "stop", "2024-01-01T18:00:00.000Z"),
    ]


@pytest.mark.parametrize("dataset", ["sla_cycles", "sla_events"])
def test_since_a_version_there_is_what_changed_and_what_time_alone_may_change(
    resolution: Definition, dataset: str
) -> None:
    feed = Reader.of("ann", dataset=dataset)
    after = feed.json()["rowVersion"] + 1
    assert {row["issueKey"] for row in feed.rows(updated_since=str(after))} == {"SUP-2"}
    whole = feed.rows()
    Issue.objects.filter(key="SUP-1").update(row_version=after)
    again = feed.rows(updated_since=str(after))
    assert again == [row for row in whole if row["issueKey"] in ("SUP-1", "SUP-2")]
    Issue.objects.filter(key="SUP-3").update(updated_ms=1_704_100_000_000)  # it ended later, by time alone
    assert feed.rows(updated_since=str(after)) == feed.rows()
    assert list(again[0]) == list(whole[0])


@pytest.mark.parametrize("dataset", ["sla_cycles", "sla_events"])
def test_clocks_that_somebody_changed_by_hand_always_come_again(resolution: Definition, dataset: str) -> None:
    feed = Reader.of("ann", dataset=dataset)
    after = str(feed.json()["rowVersion"] + 1)
    item = Issue.objects.get(key="SUP-3")
    by_hand.reset(item, resolution, now_ms=NOW_MS - HOUR, who="ann", why="test", at_ms=NOW_MS - 9 * 24 * HOUR)
    assert {row["issueKey"] for row in feed.rows(updated_since=after)} == {"SUP-2", "SUP-3"}


def test_a_new_version_of_an_sla_is_told_by_the_rules_of_the_answer(resolution: Definition) -> None:
    feed = Reader.of("ann", dataset="sla_cycles")
    before = feed.json()["rules"]
    item = Issue.objects.get(key="SUP-1")
    by_hand.reset(item, resolution, now_ms=NOW_MS, who="ann", why="test")
    assert feed.json()["rules"] == before
    by = By("ann", NOW_MS)
    version = definitions.save(resolution.pk, Draft("Resolution", policy("2h")), by)
    definitions.publish(resolution.pk, version.number, AppliesTo.ALL, by)
    assert feed.json()["rules"] != before
    assert "rules" not in Reader.of("ann", dataset="issues").json()


def test_a_definition_is_a_row_with_its_version_and_policy(resolution: Definition) -> None:
    store(issue("ELSE-1"), site="Other")
    define(policy(), name="Of another site")
    Definition.objects.filter(name="Of another site").update(site=Issue.objects.get(key="ELSE-1").site)
    definitions.create(Draft("A draft", policy()), By("ann", NOW_MS))
    feed = Reader.of("ann", dataset="sla_definitions")
    (row,) = feed.rows()
    assert json.loads(row.pop("policy"))["goals"] == [{"calendar": "7x24", "duration": "8h"}]
    assert row == {
        "slaId": str(resolution.pk),
        "sla": "Resolution",
        "site": None,
        "enabled": True,
        "version": 1,
        "published": "1970-01-01T00:00:00.000Z",
        "appliesTo": "all",
    }
    assert problem(feed(updated_since="1"), 400)["errors"][0]["parameter"] == "updated_since"


def test_what_was_written_already_but_happened_later_is_asked_for_again(resolution: Definition) -> None:
    """A feed is of the last whole minute: what happened behind it is in the store, and not in the answer."""
    feed = Reader.of("ann", dataset="status_intervals")
    item = Issue.objects.get(key="SUP-1")
    item.updated_ms = NOW_MS + 1
    item.save()
    assert feed.json()["rowVersion"] == item.row_version
    assert {row["issueKey"] for row in feed.rows(updated_since=str(item.row_version))} >= {"SUP-1"}
