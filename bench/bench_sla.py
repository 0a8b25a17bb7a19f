"""SLA clocks of many work items in memory, to finished cycles: columns beside the plain walk, checked for agreement.

Five definitions over the same histories: 1 status change at creation and 11 later ones each, from 2019 on. The plain
walk does a sample. The best of several runs counts.
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from measuring import table, wait_until_quiet
from sojourn.core.calendar import ALWAYS, Calendar
from sojourn.core.sla import columns, reference
from sojourn.core.sla.batch import Batch, Coded
from sojourn.core.sla.clock import Clock, Item
from sojourn.core.sla.conditions import NEVER, Any, Condition, Created, Entered, Is, Left
from sojourn.core.sla.policy import Duration, Goal, NextBusinessDay, NoTarget, Policy
from sojourn.core.timeline import Timelines

CHANGES = 12
SAMPLE = 500
HOUR = 3_600_000
FIRST = 1_546_300_800_000  # 2019-01-01T00:00Z
AS_OF = 1_735_689_600_000  # 2025-01-01T00:00Z
STATUSES = ("open", "busy", "review", "waiting", "done", "closed")


def office() -> Calendar:
    """Berlin, two windows a day, and holidays."""
    week = {day: [["08:30", "12:00"], ["13:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    yearly = ["01-01", "05-01", "10-03", "12-25", "12-26"]
    return Calendar.from_json({"tz": "Europe/Berlin", "week": week, "recurring_holidays": yearly})


CALENDARS = {"7x24": ALWAYS, "office": office()}


def entered(*statuses: str) -> Condition:
    return Entered("status", frozenset(statuses))


def within(*statuses: str) -> Condition:
    return Is("status", frozenset(statuses))


DONE, WAITING = entered("done", "closed"), within("waiting")
POLICIES = {
    "first response, 4 h, 7x24, first cycle": Policy(
        Created(), Left("status", frozenset({"open"})), (Goal(Duration("4h"), "7x24"),), cycles="first"
    ),
    "resolution, 10 d, office, paused, all cycles": Policy(
        entered("open"), DONE, (Goal(Duration("10d"), "office"),), WAITING
    ),
    "review, 2 d, office, each cycle": Policy(
        entered("review"), Left("status", frozenset({"review"})), (Goal(Duration("2d"), "office"),), cycles="each"
    ),
    "next business day, office, last cycle": Policy(
        Any((entered("open"), entered("busy"))), DONE, (Goal(NextBusinessDay(1), "office"),), WAITING, cycles="last"
    ),
    "stopwatch, office, paused, span": Policy(
        entered("busy"), DONE, (Goal(NoTarget(), "office"),), WAITING, NEVER, cycles="span"
    ),
}


def histories(items: int) -> Batch:
    """Statuses that never stay the same, hours to weeks apart."""
    random = np.random.default_rng(1)
    created = FIRST + (random.random(items) * 4 * 365 * 24).astype(np.int64) * HOUR
    gaps = np.exp(random.uniform(np.log(60_000), np.log(14 * 24 * HOUR), (items, CHANGES))).astype(np.int64)
    gaps[:, 0] = 0
    at = created[:, None] + np.cumsum(gaps, axis=1)
    moves = random.integers(1, len(STATUSES), (items, CHANGES))
    moves[:, 0] = 0
    value = np.cumsum(moves, axis=1) % len(STATUSES)
    status = Timelines(at.ravel(), value.ravel(), np.arange(items + 1, dtype=np.int64) * CHANGES)
    return Batch(created, {"status": Coded(status, {name: number for number, name in enumerate(STATUSES)})})


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The fastest of several runs."""
    best = float("inf")
    for _ in range(times):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def walk(policy: Policy, items: list[Item]) -> list[Clock]:
    """The plain way."""
    return [clock for item in items for clock in reference.replay(policy, item, CALENDARS, AS_OF).clocks]


def agrees(policy: Policy, batch: Batch) -> bool:
    """Whether the columns say of a sample what the plain walk says."""
    some = batch.part(0, SAMPLE)
    found, names = columns.replay(policy, some, CALENDARS, AS_OF), sorted(CALENDARS)
    ours = [found.clock(place, names) for place in range(len(found))]
    return ours == walk(policy, [some.item(place) for place in range(len(some))])


def report(items: int) -> None:
    """Print how long each definition takes, and all of them."""
    batch = histories(items)
    sample = [batch.item(place) for place in range(min(SAMPLE, items))]
    wait_until_quiet()
    rows, totals = [], np.zeros(3)
    for name, policy in POLICIES.items():
        clocks = len(columns.replay(policy, batch, CALENDARS, AS_OF, 2))
        took = [
            seconds(partial(columns.replay, policy, batch, CALENDARS, AS_OF, 1)),
            seconds(partial(columns.replay, policy, batch, CALENDARS, AS_OF, 2)),
            seconds(partial(walk, policy, sample), 1) * items / SAMPLE,
        ]
        totals += took
        rows.append((name, f"{clocks:,}", *(f"{one:,.2f}" for one in took), "yes" if agrees(policy, batch) else "NO"))
    rows.append(("all five", "", *(f"{one:,.2f}" for one in totals), ""))
    columns_ = ("definition", "clocks", "1 thread", "2 threads", "plain walk, projected", "agrees")
    table(f"SLA clocks of {items:,} work items × {CHANGES} status changes, in seconds", columns_, rows)
