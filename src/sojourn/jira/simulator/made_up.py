"""Simulated Jiras that hold something: given payloads, or the demo's made-up ones."""

from collections.abc import Iterable
from typing import Any

from sojourn.jira.demo import DEMO_STATUSES, demo_issues
from sojourn.jira.simulator.site import Clock, Site


def site_of(clock: Clock, payloads: Iterable[dict[str, Any]], statuses: list[dict[str, Any]] | None = None) -> Site:
    """A site that holds work items as `GET /issue` gives them, and these statuses, else those the items are in."""
    site = Site(clock)
    for payload in payloads:
        site.add(payload)
    if statuses is not None:
        site.statuses = {str(status["id"]): status for status in statuses}
    return site


def made_up(clock: Clock, items: int, seed: int = 7) -> Site:
    """A site of so many work items, which were created in the fourteen months before the clock's instant."""
    return site_of(clock, demo_issues(clock.now_ms, seed=seed, count=items), DEMO_STATUSES)
