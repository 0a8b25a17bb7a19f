"""Stays: how long a field of each of many work items kept each value, as columns.

A batch of timelines is four arrays: the instants `at` and values `value` of all work items one after the other, and
`offsets`, where item i owns the entries `offsets[i]:offsets[i + 1]`, at least one. A stay is one half-open interval
`[entered, left)`; the last of an item is open and is measured to `as_of` (docs/semantics.md 10).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sojourn.core.calendar import WorkingTime

Int64Array = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
VisitsRule = Literal["sum", "first", "last", "max", "min"]
_FITS = 1 << 62
_DENSE = 4
NO_END = np.iinfo(np.int64).max
"""Later than every instant."""


@dataclass(frozen=True, slots=True)
class Timelines:
    """One field of n work items: int64 `at[total]` (ms), `value[total]`, `offsets[n + 1]`.

    `carried[total]` is whatever else each entry brings along, such as who made it; None where nothing was asked for.
    """

    at: Int64Array
    value: Int64Array
    offsets: Int64Array
    carried: Int64Array | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def item(self) -> Int64Array:
        """The number of the work item each entry belongs to: int64[total]."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.offsets))


def concatenated(some: Sequence[Timelines]) -> Timelines:
    """The timelines of all items, one batch after the other; all batches, or none, carry something."""
    begins = np.cumsum([0, *(len(one.at) for one in some)])
    offsets = [one.offsets[:-1] + begin for one, begin in zip(some, begins, strict=False)]
    carried = [one.carried for one in some if one.carried is not None]
    return Timelines(
        np.concatenate([one.at for one in some]),
        np.concatenate([one.value for one in some]),
        np.concatenate([*offsets, begins[-1:]]),
        np.concatenate(carried) if carried else None,
    )


@dataclass(frozen=True, slots=True)
class Window:
    """The part of time that is looked at: `[from_ms, as_of_ms)`, as if the world began and ended there.

    With no `from_ms` the world begins before everything. What changes at `as_of_ms` itself has happened where that is
    the moment of asking, and has not where it `is_end` of a trim, which is half-open (docs/semantics.md 12).
    """

    as_of_ms: int
    from_ms: int | None = None
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Stays:
    """Stays of n items, in order of item and time: arrays of one length, and `items`, which is n.

    `item` and `value` say whose and what; `entered` and `left` are clipped to the window; `entry` is whether the stay
    began inside the window; `current` is whether it is the open one; `carried` is what its entry brought along.
    """

    items: int
    item: Int64Array
    value: Int64Array
    entered: Int64Array
    left: Int64Array
    entry: BoolArray
    current: BoolArray
    carried: Int64Array | None = None

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
            None if self.carried is None else self.carried[keep],
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
    item, carried = timelines.item(), timelines.carried
    found = Stays(len(timelines), item, timelines.value, timelines.at, left, entry, current, carried)
    until = _until(found, window.as_of_ms - window.is_end, window.as_of_ms)
    return until if window.from_ms is None else since(until, window.from_ms)


def _until(found: Stays, last_ms: int, as_of_ms: int) -> Stays:
    happened = found.entered <= last_ms
    if happened.all():
        return found
    kept = found.where(happened)
    last = np.append(kept.item[1:] != kept.item[:-1], True) if len(kept) else np.zeros(0, dtype=bool)
    return replace(kept, left=np.where(last, as_of_ms, kept.left), current=last)


def since(found: Stays, from_ms: int | Int64Array) -> Stays:
    """The stays as if the world began at an instant: one for all items, or one for each.

    A stay that was open then counts its time, not an entry (docs/semantics.md 12).
    """
    begin = np.broadcast_to(from_ms, found.items)[found.item]
    if not (found.entered < begin).any():
        return found
    wanted = (found.left > begin) | (found.entered >= begin) | found.current
    kept, begin = found.where(wanted), begin[wanted]
    entered = np.maximum(kept.entered, begin)
    left = np.maximum(kept.left, entered)
    return replace(kept, entered=entered, left=left, entry=kept.entry & (kept.entered >= begin))


def relabelled(timelines: Timelines, value: Int64Array) -> Timelines:
    """The timelines with other values; of neighbours that became the same the first stays (docs/semantics.md 3)."""
    first = np.zeros(len(value), dtype=bool)
    first[timelines.offsets[:-1]] = True
    kept = first | np.append(True, value[1:] != value[:-1])
    before = np.append(0, np.cumsum(kept))
    carried = None if timelines.carried is None else timelines.carried[kept]
    return Timelines(timelines.at[kept], value[kept], before[timelines.offsets], carried)


def intersection(one: Stays, other: Stays, others: int) -> Stays:
    """The stays in which two fields of the same items both kept their values (docs/semantics.md 9).

    The value of a stay is `one.value * others + other.value`, where `others` is more than any value of the other; it
    carries the place of its stay in `one`. An entry is where either was entered. What changes at one instant changes in
    `one` first; where both do, there is no stay between the two. Both must begin and end together, without gaps.
    """
    first = firsts(other.item)
    rest = np.flatnonzero(~first)  # the other's changes; a stable sort puts them behind those of one at one instant
    order = in_order(np.append(one.item, other.item[rest]), np.append(one.entered, other.entered[rest]), one.items)
    is_other = order >= len(one)
    mine = np.cumsum(~is_other) - 1
    item = one.item[mine]
    opened = np.cumsum(np.bincount(other.item[first], minlength=one.items))
    theirs = np.cumsum(is_other) + opened[item] - 1
    begun, other_begun = one.entered[mine], other.entered[theirs]
    entered = np.maximum(begun, other_begun)
    between = np.zeros(len(item), dtype=bool)
    np.logical_and(is_other[1:], entered[1:] == entered[:-1], out=between[:-1])
    between &= ~is_other & ~firsts(one.item)[mine]
    entry = one.entry[mine] & (begun == entered) | other.entry[theirs] & (other_begun == entered)
    left = np.minimum(one.left[mine], other.left[theirs])
    value = one.value[mine] * others + other.value[theirs]
    current = one.current[mine] & other.current[theirs]
    return Stays(one.items, item, value, entered, left, entry, current, mine).where(~between)


def in_order(item: Int64Array, at: Int64Array, items: int) -> Int64Array:
    """A stable order by item and instant. As one key, where it fits, sorted stretches are merged, not sorted again."""
    if not len(at):
        return np.zeros(0, dtype=np.int64)
    first, last = int(at.min()), int(at.max())
    if items * (last - first + 1) >= _FITS:
        return np.lexsort((at, item))
    return np.argsort(item * (last - first + 1) + (at - first), kind="stable")


def firsts(key: Int64Array) -> BoolArray:
    """Whether each key is the first of a run of the same: of sorted keys, the first of its kind."""
    return np.append(True, key[1:] != key[:-1])[: len(key)]


def distinct(key: Int64Array, size: int) -> tuple[Int64Array, Int64Array]:
    """The different keys, sorted, and the place of each key among them; keys are 0 or more and less than `size`.

    What `numpy.unique` does, several times as fast where keys are few or nearly sorted.
    """
    if size <= _DENSE * len(key):
        found = np.zeros(size, dtype=bool)
        found[key] = True
        return np.flatnonzero(found), (np.cumsum(found) - 1)[key]
    order = np.argsort(key, kind="stable")
    first = firsts(key[order])
    place = np.empty(len(key), dtype=np.int64)
    place[order] = np.cumsum(first) - 1
    return key[order[first]], place


def divided(number: Int64Array, by: int) -> tuple[Int64Array, Int64Array]:
    """The whole quotients and the rests: what `numpy.divmod` does, many times as fast."""
    whole = number // by
    return whole, number - whole * by


def last_entries(found: Stays, done: BoolArray) -> Int64Array:
    """The place of each item's last entry into a value for which `done` holds, or `len(found)`; `done` is per stay."""
    stop = np.full(found.items, len(found), dtype=np.int64)
    places = np.flatnonzero(done)
    stop[found.item[places]] = places  # of several places of an item the last one written stays
    return stop


def until_last_entry(found: Stays, done: BoolArray) -> Stays:
    """The stays before each item's last entry into a value for which `done` holds; `done` is per stay.

    An item that never entered one keeps all of its stays (docs/semantics.md 10, `stop_on_done`).
    """
    return found.where(np.arange(len(found)) < last_entries(found, done)[found.item])


def ended(found: Stays, end_ms: Int64Array) -> Stays:
    """The stays as if each item had ended at an instant of its own, at which nothing is entered any more.

    What is cut is not open any more. Of an item without an end, `NO_END`, everything stays.
    """
    kept = found.where(found.entered < end_ms[found.item])
    end = end_ms[kept.item]
    return replace(kept, left=np.minimum(kept.left, end), current=kept.current & (end == NO_END))


def cells(found: Stays, value_index: Int64Array) -> Int64Array:
    """The cell of each stay in a table of [values, items], flattened: int64."""
    return value_index * found.items + found.item


def add_up(cell: Int64Array, size: int, amount: Int64Array, rule: VisitsRule) -> Int64Array:
    """The measure of repeated visits by cell, int64[size]: their sum, the first, last, longest or shortest of them."""
    total = np.zeros(size, dtype=np.int64)
    if rule == "sum":
        np.add.at(total, cell, amount)
    elif rule == "last":
        total[cell] = amount
    elif rule == "first":
        total[cell[::-1]] = amount[::-1]
    elif rule == "max":
        np.maximum.at(total, cell, amount)
    else:
        total[cell] = amount
        np.minimum.at(total, cell, amount)
    return total
