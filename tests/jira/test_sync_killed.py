"""A sync that is killed by SIGKILL, at any statement and any call, ends in the store of one that was not."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from sojourn.history.dump import lines
from sojourn.jira.demo import DEMO_STATUSES, demo_issues
from sojourn.jira.simulator.made_up import site_of
from sojourn.jira.simulator.site import Clock, Site
from tests.jira.syncing import NOW_MS, Synced, synced
from tests.jobs.conftest import shared_store
from tests.jobs.stores import Store

ITEMS, KILLS = 20_000, 50
PROGRAM = str(Path(__file__).with_name("killing.py"))
AHEAD = 1_000
"""How many work items are read ahead of the store at most: a fifth of a page of ids."""

pytestmark = pytest.mark.django_db
__all__ = ["shared_store"]


def many(items: int) -> Site:
    """A site of many work items with few changes each, over some years."""
    known = list(demo_issues(NOW_MS, count=400))

    def payloads() -> Iterator[dict[str, Any]]:
        for number in range(items):
            like = known[number % len(known)]
            changelog = {"histories": like["changelog"]["histories"][:3]}
            key = f"{like['fields']['project']['key']}-{number + 1}"
            yield {**like, "id": str(10_000 + number), "key": key, "changelog": changelog}

    return site_of(Clock(NOW_MS), payloads(), DEMO_STATUSES)


def body(call: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(call.body)
    return found


def test_a_sync_killed_50_times_ends_as_one_that_was_not_and_reads_little_twice(
    monkeypatch: pytest.MonkeyPatch, settings: Any, shared_store: Store
) -> None:
    monkeypatch.setattr("sojourn.jira.sync.past.LONG", 10**9)
    with synced(monkeypatch, settings, site=many(ITEMS)) as played:
        assert played.sync().state == "finished"
        undisturbed = list(lines())
        pages, items = read(played)
        assert set(pages.values()) == {1}
        assert set(items.values()) == {1}
        played.calls.clear()
        told, dump = killed(shared_store, played)
    assert (told["killed"], told["state"]) == (KILLS, "finished")
    assert told["reached"] > ITEMS / 3
    assert dump == undisturbed
    pages, items = read(played)
    assert sum(pages.values()) - len(pages) <= 2 * KILLS
    assert sum(items.values()) - ITEMS <= AHEAD * KILLS


def read(played: Synced) -> tuple[Counter[str], Counter[str]]:
    """How often each page of ids was asked for, and each work item; a call that was cut by a kill asked for nothing."""
    calls = [call for call in played.calls if call.status == 200]
    pages = Counter(call.body.decode() for call in calls if call.endpoint.endswith("search/jql"))
    items = Counter(
        issue for call in calls if call.endpoint.endswith("issue/bulkfetch") for issue in body(call)["issueIdsOrKeys"]
    )
    return pages, items


def killed(store: Store, played: Synced) -> tuple[dict[str, Any], list[str]]:
    port = played.connection.url.rpartition(":")[2]
    environment = {**store.environment, "SOJOURN_ALLOW_PRIVATE": f"127.0.0.1:{port}"}
    command = [sys.executable, PROGRAM, "sync", played.connection.url, str(KILLS), "7"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=400)
    first, *dump = done.stdout.splitlines()
    return json.loads(first), dump
