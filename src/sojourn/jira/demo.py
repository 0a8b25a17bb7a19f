"""Demo data: the payloads that a made-up but believable Jira site would send.

Nothing is read and nothing is stored: the same arguments give the same items, byte for byte.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sojourn.jira.demo_item import Comment, History, Item
from sojourn.jira.demo_story import Story
from sojourn.jira.demo_time import arrivals
from sojourn.jira.demo_workflows import DEMO_STATUSES, PROJECTS

__all__ = ["DEMO_STATUSES", "demo_issues"]

_FIRST_ID = 10_001


def demo_issues(now_ms: int, seed: int = 7, count: int = 2000) -> Iterator[dict[str, Any]]:
    """Yield `count` issues of Jira Cloud's REST API with changelog and comments, in order of creation.

    They were created in the fourteen months before `now_ms` (milliseconds UTC), and nothing in them lies
    after it. Statuses that are missing in `DEMO_STATUSES` have been deleted since.
    """
    rng = random.Random(seed)  # noqa: S311 (the same seed has to give the same demo)
    story = Story(rng, now_ms)
    items = [
        story.tell(_FIRST_ID + place, at, project) for place, (at, project) in enumerate(arrivals(rng, now_ms, count))
    ]
    _deal_keys(items)
    _deal_ids([one for item in items for one in item.histories], 30_001)
    _deal_ids([one for item in items for one in item.comments], 50_001)
    for item in items:
        yield item.payload()


def _deal_keys(items: list[Item]) -> None:
    """Number the keys of each project in the order in which items were created in it or moved to it."""
    dealt: Counter[str] = Counter({project.key: 0 for project in PROJECTS})
    for key in sorted((key for item in items for key in item.keys), key=lambda key: key.at):
        dealt[key.project.key] += 1
        key.number = dealt[key.project.key]


def _deal_ids(records: Sequence[History | Comment], first: int) -> None:
    for place, record in enumerate(sorted(records, key=lambda one: one.at)):
        record.id = first + place
