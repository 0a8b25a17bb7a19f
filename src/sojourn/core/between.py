"""Time between two moments of each work item: where it starts and stops, and the pauses in between."""

from dataclasses import dataclass

import numpy as np

from sojourn.core.calendar import WorkingTime
from sojourn.core.timeline import BoolArray, Int64Array, Stays

NONE = np.iinfo(np.int64).min
"""Stands for no date."""


@dataclass(frozen=True, slots=True)
class Side:
    """What starts or stops: entries into statuses, of which the first or the last counts, or a date.

    `marked` is per stay whether its status is one of them; `dates` is the instant of each item, or NONE. One is given.
    """

    marked: BoolArray | None = None
    dates: Int64Array | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """Of each item whether it started and whether it stopped, and when: `start` and `stop` hold where they are so.

    `end` is the stop, or the end of what is looked at.
    """

    started: BoolArray
    stopped: BoolArray
    start: Int64Array
    stop: Int64Array
    end: Int64Array


def between(found: Stays, start: Side, stop: Side, end_ms: int) -> Between:
    """When each item started, and when it stopped after that.

    A start by statuses is an entry; a stop by statuses is a later entry, or where the start is a date, one at it or
    later. A start does not count where the stop has been: a stop date before it, or, where the start is a date, a stop
    status that the item is in then and entered before. Dates are those inside the window.
    """
    before, at = _start(found, start)
    started = at != NONE
    after = np.arange(len(found)) > before[found.item]
    if start.dates is not None and stop.marked is not None:
        stopped = stop.marked & (found.entered < at[found.item]) & ((found.left > at[found.item]) | found.current)
        started[found.item[stopped]] = False
        after = found.entered >= at[found.item]
    if stop.marked is not None:
        stop_at = _instant(found, _entry(found, stop.marked & after, last=stop.last))
    else:
        stop_at = np.full(found.items, NONE) if stop.dates is None else stop.dates
        started &= (stop_at == NONE) | (stop_at >= at)
    is_stopped = started & (stop_at != NONE)
    return Between(started, is_stopped, at, stop_at, np.where(is_stopped, stop_at, end_ms))


def _start(found: Stays, start: Side) -> tuple[Int64Array, Int64Array]:
    """The place of the stay that each item starts with, and the instant."""
    if start.marked is None:
        dates = np.full(found.items, NONE) if start.dates is None else start.dates
        return np.full(found.items, -1, dtype=np.int64), dates
    place = _entry(found, start.marked, last=start.last)
    return place, _instant(found, place)


def _entry(found: Stays, marked: BoolArray, *, last: bool) -> Int64Array:
    """The place of the first or the last entry of each item into a stay that is marked; -1 where there is none."""
    places = np.flatnonzero(marked & found.entry)
    places = places if last else places[::-1]
    entry = np.full(found.items, -1, dtype=np.int64)
    entry[found.item[places]] = places  # of several places of an item the last one written stays
    return entry


def _instant(found: Stays, place: Int64Array) -> Int64Array:
    at = np.full(len(place), NONE, dtype=np.int64)
    at[place >= 0] = found.entered[place[place >= 0]]
    return at


def paused(
    found: Stays, measured: Between, pauses: BoolArray, working_time: WorkingTime
) -> tuple[Int64Array, Int64Array]:
    """Working time and time on the clock, ms, that each item spent between start and end in stays that are pauses."""
    inside = found.where(pauses & measured.started[found.item])
    begin = np.maximum(inside.entered, measured.start[inside.item])
    end = np.minimum(inside.left, measured.end[inside.item])
    real = end > begin
    begin, end, item = begin[real], end[real], inside.item[real]
    sums = (np.bincount(item, amount, found.items) for amount in (working_time.elapsed(begin, end), end - begin))
    worked, elapsed = (amount.astype(np.int64) for amount in sums)
    return worked, elapsed
