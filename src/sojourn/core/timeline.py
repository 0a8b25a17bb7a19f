"""Stays: how long a field of each of many work items kept each value, as columns.

A batch of timelines is four arrays: the instants `at` and values `value` of all work items one after the other, and
`offsets`, where item i owns the entries `offsets[i]:offsets[i + 1]`, at least one. A stay is one half-open interval
`[entered, left)`; the last of an item is open and is measured to `as_of` (docs/semantics.md 10).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sojourn.core.calendar import WorkingTime

Int64Array = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
VisitsRule = Literal["sum", "first", "last", "max", "min"]


@dataclass(frozen=True, slots=True)
class Timelines:
    """One field of n work items: int64 `at[total]` (ms), `value[total]`, `offsets[n + 1]`."""

    at: Int64Array
    value: Int64Array
    offsets: Int64Array

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def item(self) -> Int64Array:
        """The number of the work item each entry belongs to: int64[total]."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.offsets))


@dataclass(frozen=True, slots=True)
class Window:
    """The part of time that is looked at: `[from_ms, as_of_ms)`, as if the world began and ended there.

    With no `from_ms` the world begins before everything (docs/semantics.md 12).
    """

    as_of_ms: int
    from_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Stays:
    """Stays of n items, in order of item and time: arrays of one length, and `items`, which is n.

    `item` and `value` say whose and what; `entered` and `left` are clipped to the window; `entry` is whether the stay
    began inside the window; `current` is whether it is the open one.
    """

    items: int
    item: Int64Array
    value: Int64Array
    entered: Int64Array
    left: Int64Array
    entry: BoolArray
    current: BoolArray

    def __len__(self) -> int:
        return len(self.item)

    def where(self, keep: BoolArray) -> "Stays":
        """Only the stays for which `keep` holds."""
        if keep.all():
            return self
        return Stays(
            self.items,
            self.item[keep],
            self.value[keep],
            self.entered[keep],
            self.left[keep],
            self.entry[keep],
            self.current[keep],
        )

    def elapsed(self) -> Int64Array:
        """The milliseconds on the clock on the wall: int64."""
        return self.left - self.entered

    def worked(self, working_time: WorkingTime) -> Int64Array:
        """The milliseconds of working time: int64. Where one stay ends and another starts, it is looked up once."""
        if len(self) == 0:
            return np.zeros(0, dtype=np.int64)
        begun = working_time.until(self.entered)
        ended = np.empty_like(begun)
        ended[:-1] = begun[1:]
        apart = np.empty(len(self), dtype=bool)
        np.not_equal(self.left[:-1], self.entered[1:], out=apart[:-1])
        apart[-1] = True
        ended[apart] = working_time.until(self.left[apart])
        return ended - begun


def stays(timelines: Timelines, window: Window) -> Stays:
    """The stays of a batch inside a window.

    Entries later than the end of the window have not happened yet; an item created after it has no stay. A stay that
    was open when the window began counts its time, not an entry (docs/semantics.md 10, 12).
    """
    last = timelines.offsets[1:] - 1
    left = np.empty_like(timelines.at)
    left[:-1] = timelines.at[1:]
    left[last] = window.as_of_ms
    current = np.zeros(len(left), dtype=bool)
    current[last] = True
    entry = np.ones(len(left), dtype=bool)
    found = Stays(len(timelines), timelines.item(), timelines.value, timelines.at, left, entry, current)
    return _from(_until(found, window.as_of_ms), window.from_ms)


def _until(found: Stays, as_of_ms: int) -> Stays:
    happened = found.entered <= as_of_ms
    if happened.all():
        return found
    kept = found.where(happened)
    last = np.append(kept.item[1:] != kept.item[:-1], True) if len(kept) else np.zeros(0, dtype=bool)
    left = np.where(last, as_of_ms, kept.left)
    return Stays(kept.items, kept.item, kept.value, kept.entered, left, kept.entry, last)


def _from(found: Stays, from_ms: int | None) -> Stays:
    if from_ms is None or not (found.entered < from_ms).any():
        return found
    kept = found.where((found.left > from_ms) | (found.entered >= from_ms) | found.current)
    entered = np.maximum(kept.entered, from_ms)
    left = np.maximum(kept.left, entered)
    return Stays(kept.items, kept.item, kept.value, entered, left, kept.entered >= from_ms, kept.current)


def until_last_entry(found: Stays, done: BoolArray) -> Stays:
    """The stays before each item's last entry into a value for which `done` holds; `done` is per stay.

    An item that never entered one keeps all of its stays (docs/semantics.md 10, `stop_on_done`).
    """
    stop = np.full(found.items, len(found), dtype=np.int64)
    places = np.flatnonzero(done)
    stop[found.item[places]] = places  # of several places of an item the last one written stays
    return found.where(np.arange(len(found)) < stop[found.item])


def cells(found: Stays, value_index: Int64Array) -> Int64Array:
    """The cell of each stay in a table of [values, items], flattened: int64."""
    return value_index * found.items + found.item


def add_up(cell: Int64Array, size: int, amount: Int64Array, rule: VisitsRule) -> Int64Array:
    """The measure of repeated visits by cell, int64[size]: their sum, the first, the last, the longest or the shortest.

    Sums are exact up to 2^53 ms, 285,000 years.
    """
    if rule == "sum":
        return np.bincount(cell, weights=amount, minlength=size).astype(np.int64)
    total = np.zeros(size, dtype=np.int64)
    if rule == "last":
        total[cell] = amount
    elif rule == "first":
        total[cell[::-1]] = amount[::-1]
    elif rule == "max":
        np.maximum.at(total, cell, amount)
    else:
        total[cell] = amount
        np.minimum.at(total, cell, amount)
    return total
