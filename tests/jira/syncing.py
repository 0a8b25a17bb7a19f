"""A connection to a simulated Jira, synced over real HTTP by the job itself; waits take no time."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sojourn.history.dump import lines
from sojourn.history.models import Issue
from sojourn.history.models import Site as StoredSite
from sojourn.jira.manners import Manners
from sojourn.jira.models import Connection, ProjectState
from sojourn.jira.simulator import Exchange, Simulator, serving
from sojourn.jira.simulator.site import Site
from sojourn.jira.source import JiraSource
from sojourn.jira.sync import past, task
from sojourn.jobs.models import Job
from sojourn.sealed import Secret
from tests.jira.simulated import NOW_MS, made_up
from tests.jobs.working import turn, work_off  # type: ignore[attr-defined]

METHODS = {"cloud": "api-token", "datacenter": "personal-token"}


@dataclass
class Synced:
    """What a test plays with: `calls` are all calls that arrived, `waits` all seconds that were slept."""

    simulator: Simulator
    connection: Connection
    calls: list[Exchange] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.simulator.site.clock.now_ms / 1000, UTC)

    def sync(self, **given: Any) -> Job:
        """Ask for a sync and run it, as often as it puts itself back; the answer is the job as it ended."""
        job = task.ask(self.connection.name, self.now(), **given)
        while True:
            while work_off(turn(self.now)):  # type: ignore[arg-type]
                pass
            job.refresh_from_db()
            if job.state != "queued":
                self.connection.refresh_from_db()
                return job
            job.task.refresh_from_db()
            self.pass_by(seconds=max(1.0, (job.task.run_after - self.now()).total_seconds()))

    def pass_by(self, **given: float) -> None:
        self.simulator.site.clock.advance(timedelta(**given).total_seconds())

    def there(self) -> set[str]:
        """The ids of the work items that readers see."""
        found = Issue.objects.filter(site=self.connection.site, deleted_ms=None)
        return set(found.values_list("jira_id", flat=True))

    def seen(self) -> set[str]:
        """The ids of the work items that the account sees in Jira."""
        site = self.simulator.site
        return {item.id for item in site.items.values() if site.accounts[0].sees(item.entry())}

    def state(self, key: str) -> ProjectState:
        return self.connection.projects.get(key=key)

    def dump(self, connection: Connection | None = None) -> list[str]:
        """What the store holds of what the Jira tells now, without the name of the site."""
        name = (connection or self.connection).site.name
        found: list[str] = []
        is_mine = False
        for line in lines(with_gone=False):
            told = json.loads(line)
            if "site" in told:
                is_mine = told["site"] == name
            elif is_mine:
                found.append(line)
        return found

    def fresh(self) -> list[str]:
        """The dump of a site that is synced now for the first time."""
        fresh = connect(f"fresh{Connection.objects.count()}", self.connection.url, self.simulator.face)
        mine, self.connection = self.connection, fresh
        assert self.sync().state == "finished"
        self.connection = mine
        return self.dump(fresh)

    def statuses(self, part: str = "") -> list[int]:
        return [call.status for call in self.calls if part in call.endpoint]


@contextmanager
def synced(
    monkeypatch: pytest.MonkeyPatch, settings: Any, face: str = "cloud", items: int = 60, site: Site | None = None
) -> Iterator[Synced]:
    site = site or made_up(items)
    simulator = Simulator(site, face)  # type: ignore[arg-type]
    with serving(simulator) as url:
        settings.SOJOURN_ALLOW_PRIVATE = (("127.0.0.1", int(url.rpartition(":")[2])),)
        connection = connect("acme", url, face)
        played = Synced(simulator, connection)
        simulator._watch = played.calls.append

        def sleep(seconds: float) -> None:
            if seconds > 60:
                task.Pauses(lambda: None).sleep(seconds)
            played.waits.append(seconds)
            site.clock.advance(math.ceil(seconds * 1000) / 1000)

        def open_source(row: Connection, pauses: Any) -> JiraSource:
            manners = Manners(row.name, clock=lambda: site.clock.now_ms / 1000, sleep=sleep, chance=lambda: 0.5)
            return JiraSource.open(task.access.jira(row), task.access.route(), manners)

        monkeypatch.setattr(task, "open_source", open_source)
        if site.items and len(site.items) < 1_000:  # that the past has several windows
            monkeypatch.setattr(past, "_FEW", 20)
            monkeypatch.setattr(past, "_ENOUGH", 15)
        yield played


def connect(name: str, url: str, face: str) -> Connection:
    """A connection as the first account of the simulator."""
    account = made_up(1).accounts[0]
    told = {"method": METHODS[face], "account": account.email, "secret": Secret(account.secret)}
    site = StoredSite.objects.create(name=name)
    return Connection.objects.create(name=name, site=site, kind=face, url=url, **told)


__all__ = ["NOW_MS", "Synced", "connect", "synced"]
