"""The instants at which anything may happen to each item of a batch, as rows, and what was held at each."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sojourn.core.sla.batch import NONE
from sojourn.core.timeline import BoolArray, Int64Array, Timelines, firsts, in_order


def until(timelines: Timelines, as_of_ms: int) -> Timelines:
    """The entries up to an instant."""
    if not len(timelines.at) or int(timelines.at.max()) <= as_of_ms:
        return timelines
    kept = timelines.at <= as_of_ms
    before = np.append(0, np.cumsum(kept))
    return Timelines(timelines.at[kept], timelines.value[kept], before[timelines.offsets])


@dataclass(frozen=True, slots=True)
class Source:
    """The entries of a timeline, and the row of each: None where entry i is row i."""

    timelines: Timelines
    row: Int64Array | None


class Grid:
    """Rows of one item and one instant each, in order, until `as_of`; a created item has a row at its creation."""

    def __init__(
        self, created: Int64Array, steps: Mapping[str, Timelines], dates: Mapping[str, Timelines], as_of_ms: int
    ) -> None:
        """`dates` hold instants, which are rows, too, where they come true."""
        cut = {name: until(one, as_of_ms) for name, one in steps.items()}
        cut_dates = {name: until(one, as_of_ms) for name, one in dates.items()}
        sources = [*cut.values(), *cut_dates.values()]
        self.items = len(created)
        if len(sources) == 1 and not cut_dates and _begins_each(sources[0], created, as_of_ms):
            item, at = sources[0].item(), sources[0].at
            new = _changes(item, at)
            row = np.cumsum(new) - 1
        else:
            item, at = _all_rows(created, sources, list(cut_dates.values()), as_of_ms)
            order = in_order(item, at, self.items)
            item, at = item[order], at[order]
            new = _changes(item, at)
            row = np.empty(len(order), dtype=np.int64)
            row[order] = np.cumsum(new) - 1
        every = len(sources) == 1 and len(row) == len(sources[0].at) and bool(new.all())
        self.item, self.at = (item, at) if every else (item[new], at[new])
        self.first = firsts(self.item)
        ends = np.cumsum([0, *(len(one.at) for one in sources)]).tolist()
        placed = [
            Source(one, None if every else row[begin:end])
            for one, begin, end in zip(sources, ends[:-1], ends[1:], strict=True)
        ]
        self.steps = dict(zip(cut, placed, strict=False))
        self.dates = dict(zip(cut_dates, placed[len(cut) :], strict=True))

    def __len__(self) -> int:
        return len(self.at)

    def held(self, source: Source, value: Int64Array, before: int) -> Int64Array:
        """What was held at each row, of one value per entry; `before` where nothing was yet."""
        if source.row is None:
            return value
        entry = np.zeros(len(self), dtype=np.int64)
        entry[source.row] = np.arange(1, len(source.row) + 1)  # of several entries in a row the last one stays
        np.maximum.accumulate(entry, out=entry)
        begun = entry > source.timelines.offsets[self.item]
        found = np.full(len(self), before, dtype=np.int64)
        found[begun] = value[entry[begun] - 1]
        return found

    def moments(self, source: Source, happened: BoolArray) -> BoolArray:
        """The rows in which something happened, which is told per entry."""
        if source.row is None:
            return happened
        found = np.zeros(len(self), dtype=bool)
        found[source.row[happened]] = True
        return found

    def since(self, happened: BoolArray) -> BoolArray:
        """The rows in which something happened, and all later ones of the item."""
        count = np.cumsum(happened)
        before = np.where(self.first, np.append(0, count[:-1])[: len(count)], 0)
        return np.asarray(count > np.maximum.accumulate(before))

    def rises(self, holding: BoolArray) -> BoolArray:
        """The rows in which something begins to hold."""
        found = holding.copy()
        found[1:] &= ~holding[:-1] | self.first[1:]
        return found


def _begins_each(timelines: Timelines, created: Int64Array, as_of_ms: int) -> bool:
    """Whether every item that is there has an entry at its creation, so that no other rows are needed."""
    there = created <= as_of_ms
    if not np.array_equal(np.diff(timelines.offsets) > 0, there):
        return False
    return np.array_equal(timelines.at[timelines.offsets[:-1][there]], created[there])


def _changes(item: Int64Array, at: Int64Array) -> BoolArray:
    new = firsts(item)
    new[1:] |= at[1:] != at[:-1]
    return new


def _all_rows(
    created: Int64Array, sources: list[Timelines], dates: list[Timelines], as_of_ms: int
) -> tuple[Int64Array, Int64Array]:
    """Item and instant of every entry, source after source, then of the creations and of dates that come true."""
    parts = [(one.item(), one.at) for one in sources]
    born = np.flatnonzero(created <= as_of_ms)
    parts.append((born, created[born]))
    for one in dates:
        true = (one.value != NONE) & (one.value <= as_of_ms)
        parts.append((one.item()[true], np.maximum(one.at, one.value)[true]))
    item, at = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    return item, at
