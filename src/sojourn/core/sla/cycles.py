"""From fired conditions to the cycles of many items, without walking (docs/semantics.md 24, 26, 27)."""

from typing import NamedTuple

import numpy as np

from sojourn.core.sla.grid import Grid
from sojourn.core.sla.policy import Policy
from sojourn.core.sla.signals import Signals
from sojourn.core.timeline import BoolArray, Int64Array, firsts

OPEN = -1
"""The row of an end that is not there yet."""


class Fired(NamedTuple):
    """Per row, what fires; `again` where a reset begins a new cycle, `paused` where a pause holds."""

    start: BoolArray
    stop: BoolArray
    reset: BoolArray
    again: BoolArray
    cancel: BoolArray
    paused: BoolArray


class Cycles(NamedTuple):
    """Cycles in order of item and time: their rows, `end` OPEN while there is none, and of how many each is made."""

    begin: Int64Array
    end: Int64Array
    made_of: Int64Array


def fired(policy: Policy, signals: Signals) -> Fired:
    """What the policy's conditions do at each row."""
    inside = signals.inside()
    start, cancel, reset = (signals.fires(one) for one in (policy.start, policy.cancel, policy.reset))
    again = np.zeros(len(reset), dtype=bool)
    if policy.reset_kind == "restart" and reset.any():
        again = reset & signals.stands(policy.start)
    if inside is not None:
        start = inside & (start | signals.holds(policy.start) & signals.grid.rises(inside))
        again &= inside
        cancel = cancel | ~inside
    return Fired(start, signals.fires(policy.stop), reset, again, cancel, signals.holds(policy.pause))


class Edges(NamedTuple):
    """Where cycles begin and end, void ones too, in order; `stops` is whether a row stops one.

    Keys are four times the row and the place within its instant: start, stop or reset, start anew, cancel.
    """

    begins: Int64Array
    ends: Int64Array
    stops: BoolArray


def cycles(given: Fired, grid: Grid) -> Cycles:
    """The cycles that are not void."""
    return _paired(*edges(given, grid), grid)


def edges(given: Fired, grid: Grid) -> Edges:
    """Where cycles begin and end.

    In a row something fires in, what is open after it does not depend on what was open before, but for a reset that
    begins anew: so what is open is the last such row's word.
    """
    if not given.reset.any() and not given.cancel.any():
        return _plain_edges(given, grid)
    row = np.flatnonzero(given.start | given.stop | given.reset | given.cancel)
    start, stop, reset, again, cancel = (one[row] for one in given[:5])
    item = grid.item[row]
    says = start | stop | cancel | ~again
    opened = start & ~stop
    opened = np.where(reset, opened & again, opened) & ~cancel
    before = _last_word(opened, says, firsts(item))
    running = before | start
    stopped = running & stop
    running &= ~stop
    ended = running & reset
    begun = ended & again
    running = running & ~reset | begun
    begins = _merged(row[start & ~before] * 4, row[begun] * 4 + 2)
    ends = _merged(row[stopped | ended] * 4 + 1, row[running & cancel] * 4 + 3)
    valid = np.zeros(len(grid) + 1, dtype=bool)
    valid[row[stopped]] = True
    return Edges(begins, ends, valid)


def _plain_edges(given: Fired, grid: Grid) -> Edges:
    """The same where only starts and stops fire: whatever fires has the word."""
    row = np.flatnonzero(given.start | given.stop)
    start, stop = given.start[row], given.stop[row]
    running = np.zeros(len(row), dtype=bool)
    np.greater(start[:-1], stop[:-1], out=running[1:])
    running &= ~firsts(grid.item[row])
    begins = row[start > running] << 2
    stopped = row[(running | start) & stop]
    valid = np.zeros(len(grid) + 1, dtype=bool)
    valid[stopped] = True
    return Edges(begins, (stopped << 2) + 1, valid)


def _merged(many: Int64Array, few: Int64Array) -> Int64Array:
    """Both, sorted; each of them is sorted."""
    return np.sort(np.concatenate([many, few])) if len(few) else many


def _last_word(opened: BoolArray, says: BoolArray, first: BoolArray) -> BoolArray:
    """What was open before each row: the word of the last one before it of the same item that has one."""
    place = np.where(says, np.arange(1, len(says) + 1), 0)
    np.maximum.accumulate(place, out=place)
    begin = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
    last = np.append(0, place[:-1])[: len(place)]
    known = last > begin
    found = np.zeros(len(opened), dtype=bool)
    found[known] = opened[last[known] - 1]
    return found


def _paired(begins: Int64Array, ends: Int64Array, stops: BoolArray, grid: Grid) -> Cycles:
    """Each begin with the end that follows it in its item; what ended other than by a stop is left out."""
    place = np.searchsorted(ends, begins)
    key = np.append(ends, 4 * len(grid))[place]
    end, begin = key >> 2, begins >> 2
    same = np.append(grid.item, -1)[end] == grid.item[begin]
    kept = ~same | (key & 3 == 1) & stops[end]
    found = np.where(same, end, OPEN)[kept]
    return Cycles(begin[kept], found, np.ones(len(found), dtype=np.int64))


def counted(policy: Policy, found: Cycles, grid: Grid) -> Cycles:
    """The cycles that make a clock: one per item, but for the rule *each*."""
    if policy.cycles == "each" or not len(found.begin):
        return found
    first = firsts(grid.item[found.begin])
    last = np.append(first[1:], True)
    count = np.diff(np.append(np.flatnonzero(first), len(first)))
    match policy.cycles:
        case "first":
            return Cycles(found.begin[first], found.end[first], np.ones_like(count))
        case "last":
            return Cycles(found.begin[last], found.end[last], np.ones_like(count))
    return Cycles(found.begin[first], found.end[last], count)
