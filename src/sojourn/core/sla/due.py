"""When something happens next to a clock by itself: a warning, a breach, a date that comes (docs/semantics.md 32).

What a clock shows between is told by `advance`. The columns say what the plain functions say of one clock or item.
"""

from collections.abc import Mapping

import numpy as np

from sojourn.core.calendar import Calendar
from sojourn.core.sla.advance import waits
from sojourn.core.sla.amounts import Reach
from sojourn.core.sla.batch import NONE, Batch
from sojourn.core.sla.beyond import BEYOND, deadline
from sojourn.core.sla.clock import Clock, Item, State, Verdict
from sojourn.core.sla.columns import Clocks
from sojourn.core.sla.conditions import Reached
from sojourn.core.sla.firing import value_at
from sojourn.core.sla.mapped import all_leaves
from sojourn.core.sla.policy import LASTING, Policy
from sojourn.core.sla.signals import grid_sources
from sojourn.core.timeline import NO_END, Int64Array, Timelines

NEVER_DUE = NO_END


def next_of_clock(clock: Clock, policy: Policy, calendars: Mapping[str, Calendar], as_of_ms: int) -> int | None:
    """The first instant after `as_of` at which a clock, told as of then, is critical or late; None where none is.

    Late is what lies after the deadline: a breach is due a millisecond behind it.
    """
    if clock.state == State.FINISHED or waits(clock, policy):
        return None
    found = []
    is_late = clock.verdict == Verdict.EXCEED
    if clock.deadline_ms not in (None, BEYOND) and not is_late:
        found.append(clock.deadline_ms + 1)
    if clock.goal_ms is not None and not clock.critical and (is_late or clock.state == State.RUNNING):
        share_ms = -(-clock.goal_ms * policy.critical_percent // 100)
        at_ms = deadline(calendars[clock.calendar], as_of_ms, share_ms - clock.working.elapsed)
        found += [at_ms] if at_ms != BEYOND else []
    return min(found, default=None)


def next_of_item(policy: Policy, item: Item, as_of_ms: int) -> int | None:
    """The first instant after `as_of` at which a date that the policy waits for comes; None where none does.

    What is handed in of later instants, such as a reset made for one, is due at them.
    """
    found = [
        day
        for key in _awaited(policy)
        if (day := value_at(item.dates.get(key, ()), as_of_ms, None)) is not None and day > as_of_ms
    ]
    known = (*item.fields.values(), *item.dates.values(), *item.events.values(), item.goal or (), item.scope or ())
    found += [at for steps in known for at, _ in steps if at > as_of_ms]
    done = [(one.made_ms, one.undone_ms, one.at_ms) for one in item.by_hand.resets]
    done += [(one.made_ms, one.undone_ms, one.made_ms) for one in item.by_hand.extensions]
    found += [at for one in done for at in one if at is not None and at > as_of_ms]
    return min(found, default=None)


def _awaited(policy: Policy) -> set[str]:
    return {leaf.field for leaf in all_leaves(policy) if isinstance(leaf, Reached)}


def due_of_clocks(policy: Policy, clocks: Clocks, calendars: Mapping[str, Calendar], as_of_ms: int) -> Int64Array:
    """`next_of_clock` of many, NEVER_DUE where there is none."""
    due = np.full(len(clocks), NEVER_DUE, dtype=np.int64)
    lasting = np.array([isinstance(goal.target, LASTING) for goal in policy.goals], dtype=bool)
    is_late, is_paused = clocks.verdict == Verdict.EXCEED, clocks.state == State.PAUSED
    waiting = is_paused & ~is_late & lasting[clocks.goal] & (clocks.remaining != NONE) & (clocks.remaining != 0)
    alive = (clocks.state != State.FINISHED) & ~waiting
    breach = alive & ~is_late & (clocks.deadline != NONE) & (clocks.deadline != BEYOND)
    due[breach] = clocks.deadline[breach] + 1
    warned = alive & (clocks.goal_ms != NONE) & (clocks.critical == 0) & (is_late | ~is_paused)
    names = sorted(calendars)
    for number in np.unique(clocks.calendar[warned]).tolist():
        some = np.flatnonzero(warned & (clocks.calendar == number))
        reach = Reach(calendars[names[number]], as_of_ms, as_of_ms)
        share = -(-clocks.goal_ms[some] * policy.critical_percent // 100)
        at = reach.instant(share - clocks.elapsed[some])
        due[some] = np.minimum(due[some], np.where(at == BEYOND, NEVER_DUE, at))
    return due


def due_of_items(policy: Policy, batch: Batch, as_of_ms: int) -> Int64Array:
    """`next_of_item` of many, NEVER_DUE where there is none; what the policy does not ask for does not count."""
    due = np.full(len(batch), NEVER_DUE, dtype=np.int64)
    steps, dates = grid_sources(policy, batch)
    for timelines in (*steps.values(), *dates.values()):
        later = np.flatnonzero(timelines.at > as_of_ms)
        if len(later):
            np.minimum.at(due, timelines.item()[later], timelines.at[later])
    for key in _awaited(policy) & dates.keys():
        day = _held(dates[key], as_of_ms)
        coming = (day > as_of_ms) & (day != NONE)
        due[coming] = np.minimum(due[coming], day[coming])
    for place, done in batch.by_hand.items():
        found = next_of_item(policy, Item(int(batch.created[place]), by_hand=done), as_of_ms)
        due[place] = min(due[place], NEVER_DUE if found is None else found)
    return due


def _held(dates: Timelines, as_of_ms: int) -> Int64Array:
    """The date of each item as of an instant, or NONE."""
    found = np.full(len(dates), NONE, dtype=np.int64)
    known = dates.at <= as_of_ms
    found[dates.item()[known]] = dates.value[known]  # of several of an item the last one stays
    return found
