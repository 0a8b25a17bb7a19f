"""A simulated Jira with a client, over real HTTP, whose waits take no time: sleeping moves the simulator's clock."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import orjson

from sojourn.errors import UserError
from sojourn.jira.demo import DEMO_STATUSES, demo_issues
from sojourn.jira.manners import Manners
from sojourn.jira.simulator import Exchange, Simulator, serving
from sojourn.jira.simulator.made_up import site_of
from sojourn.jira.simulator.site import Clock, Site
from sojourn.jira.source import Jira, JiraSource, Kind
from sojourn.jira.window import Window
from sojourn.net import Openings, Route

NOW_MS = 1_770_000_000_000  # 2026-02-02T02:40:00Z
PROJECT = "10001"


@cache
def _payloads(items: int) -> bytes:
    return orjson.dumps(list(demo_issues(NOW_MS, count=items)))


def made_up(items: int) -> Site:
    """The demo's site; every call gives one of its own."""
    return site_of(Clock(NOW_MS), orjson.loads(_payloads(items)), DEMO_STATUSES)


class Read(NamedTuple):
    """What became of work items that were read: payloads, and why there is none, and what is gone."""

    issues: list[dict[str, Any]]
    unread: dict[str, str]
    gone: list[str]


@dataclass
class Scene:
    """What a test plays with; `calls` are all calls that arrived, `waits` all seconds that were slept."""

    simulator: Simulator
    source: JiraSource
    url: str
    calls: list[Exchange] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def sweep(self, window: Window | None = None) -> list[str]:
        return [key for page in self.source.ids(window or Window()) for key in page.ids]

    def read(self, ids: list[str]) -> Read:
        found = Read([], {}, [])
        for batch in self.source.batches(ids):
            found.unread.update(batch.unread)
            found.gone.extend(batch.gone)
            for key, told in batch.told.items():
                try:
                    found.issues.append(self.source.payloads(told))
                except UserError as error:
                    found.unread[key] = str(error)
        return found

    def statuses(self, part: str = "") -> list[int]:
        """The statuses of the calls to an endpoint, in the order in which they arrived."""
        return [call.status for call in self.calls if part in call.endpoint]


@contextmanager
def scene(
    face: Kind = "cloud", items: int = 60, *, parallel: int = 1, texts: bool = False, **more: Any
) -> Iterator[Scene]:
    site = made_up(items)
    simulator = Simulator(site, face)
    calls: list[Exchange] = []
    waits: list[float] = []
    simulator._watch = calls.append

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        site.clock.advance(math.ceil(seconds * 1000) / 1000)

    manners = Manners("jira", clock=lambda: site.clock.now_ms / 1000, sleep=sleep, chance=lambda: 0.5)
    with serving(simulator) as url:
        connection = Jira(face, url, site.accounts[0].credentials(face), texts)
        route = Route(Openings.of([("127.0.0.1", int(url.rpartition(":")[2]))]))
        with JiraSource.open(connection, route, manners, parallel=parallel, **more) as source:
            yield Scene(simulator, source, url, calls, waits)
