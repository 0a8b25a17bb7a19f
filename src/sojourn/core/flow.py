"""Flow: when work items were created, started and finished, and what is counted and measured between these moments.

Here it is decided what cycle time means (docs/semantics.md 35–40). A batch of n work items is given by its stays, which
must reach from creation to the end of what is looked at; instants are milliseconds UTC.
"""

from dataclasses import dataclass

import numpy as np

from sojourn.core.calendar import WorkingTime
from sojourn.core.timeline import BoolArray, Int64Array, Stays

NEVER = np.iinfo(np.int64).max
"""Stands for the instant of what has not happened: later than everything."""


@dataclass(frozen=True, slots=True)
class Moments:
    """When each of n work items was created, started and finished: int64[n] ms, NEVER where it was not.

    Always created ≤ started ≤ finished.
    """

    created: Int64Array
    started: Int64Array
    finished: Int64Array

    @property
    def existed(self) -> BoolArray:
        """Whether it was created before the end of what is looked at."""
        return self.created < NEVER

    @property
    def is_finished(self) -> BoolArray:
        """Whether it was finished in the end."""
        return self.finished < NEVER

    @property
    def in_progress(self) -> BoolArray:
        """Whether it was started, and not finished in the end."""
        return (self.started < NEVER) & (self.finished >= NEVER)


def moments(found: Stays, starts: BoolArray, finishes: BoolArray) -> Moments:
    """The moments of work items; `starts` and `finishes` say of each stay whether its status is such a one.

    Started is the first entry into a started status. Finished is the last entry into the finished statuses of a work
    item that is in one of them in the end; a move from one of them to another is no entry. What was finished without
    having been started before was started then (docs/semantics.md 35, 36).
    """
    same = np.append(False, found.item[1:] == found.item[:-1])[: len(found)]
    again = same & np.append(False, finishes[:-1])[: len(found)]
    finished = np.full(found.items, NEVER, dtype=np.int64)
    entries = np.flatnonzero(finishes & ~again)
    finished[found.item[entries]] = found.entered[entries]  # of several of an item the last one written stays
    finished[found.item[found.current & ~finishes]] = NEVER
    created = _first(found, ~same)
    return Moments(created, np.minimum(_first(found, starts), finished), finished)


def _first(found: Stays, wanted: BoolArray) -> Int64Array:
    """When each work item first entered a stay that is wanted; NEVER where it has none."""
    first = np.full(found.items, NEVER, dtype=np.int64)
    places = np.flatnonzero(wanted)[::-1]
    first[found.item[places]] = found.entered[places]
    return first


def time_between(
    found: Stays, wanted: BoolArray, begin: Int64Array, end: Int64Array, working_time: WorkingTime
) -> tuple[Int64Array, Int64Array]:
    """Per work item the working time and the elapsed time, in ms, of its wanted stays inside its `[begin, end)`.

    `begin` and `end` are int64[n]; an item whose `begin` is not before its `end` has 0 (docs/semantics.md 40).
    """
    entered = np.maximum(found.entered, begin[found.item])
    left = np.minimum(found.left, end[found.item])
    inside = np.flatnonzero(wanted & (entered < left))
    item, entered, left = found.item[inside], entered[inside], left[inside]
    amounts = (working_time.elapsed(entered, left), left - entered)
    worked, elapsed = (np.bincount(item, amount, found.items).astype(np.int64) for amount in amounts)
    return worked, elapsed


def per_period(at: Int64Array, edges: Int64Array) -> Int64Array:
    """How many of the instants lie in each period `[edges[i], edges[i + 1])`: int64[len(edges) - 1]."""
    return np.diff(np.searchsorted(np.sort(at), edges, "left"))


def work_in_progress(found: Moments, instants: Int64Array) -> Int64Array:
    """How many work items had been started before each of the sorted instants, and not finished before it.

    What was finished, reopened and finished again was in progress all the while (docs/semantics.md 38).
    """
    started, finished = (np.searchsorted(np.sort(at), instants, "left") for at in (found.started, found.finished))
    return started - finished


def held(found: Stays, values: int, instants: Int64Array) -> Int64Array:
    """How many work items had each value right before each of the sorted instants: int64[values, instants].

    A change at the instant itself has not happened yet; the values are those of the stays, 0 to `values - 1`
    (docs/semantics.md 39).
    """
    row = found.value * (len(instants) + 1)
    from_place = np.searchsorted(instants, found.entered, "right")
    to_place = np.append(from_place[1:], 0)[
        : len(found)
    ]  # where one stay ends and another starts, it is looked up once
    apart = np.append(found.left[:-1] != found.entered[1:], True)[: len(found)]
    to_place[apart] = np.searchsorted(instants, found.left[apart], "right")
    to_place[found.current] = len(instants)
    size = values * (len(instants) + 1)
    change = np.bincount(row + from_place, minlength=size) - np.bincount(row + to_place, minlength=size)
    return np.cumsum(change.reshape(values, len(instants) + 1), axis=1)[:, :-1]
