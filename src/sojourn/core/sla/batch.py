"""Many work items as columns: what `Item` says of one, said of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sojourn.core.sla.clock import ByHand, Item
from sojourn.core.timeline import Int64Array, Timelines

NONE: Final = int(np.iinfo(np.int64).min)
"""No date, no deadline, no target, no percentage."""
NO_GOAL: Final = -1


@dataclass(frozen=True, slots=True)
class Coded:
    """A field, or a stream of events, of all items: numbers for ids. An id without a number was never held.

    An item may have no entry; its field is empty then.
    """

    timelines: Timelines
    code: Mapping[str | None, int]


@dataclass(frozen=True)
class Batch:
    """n work items. `dates` hold instants, or NONE; `goal` places of goals, or NO_GOAL; `scope` 0 or 1.

    As in `Item`, nothing of an item lies before its creation, and `goal` or `scope` None is the first goal, always
    inside. `by_hand` is by the item's place.
    """

    created: Int64Array
    fields: Mapping[str, Coded] = field(default_factory=dict)
    dates: Mapping[str, Timelines] = field(default_factory=dict)
    events: Mapping[str, Coded] = field(default_factory=dict)
    goal: Timelines | None = None
    scope: Timelines | None = None
    by_hand: Mapping[int, ByHand] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.created)

    def part(self, begin: int, end: int) -> "Batch":
        """The items from `begin` up to `end`; the columns are not copied."""

        def cut(coded: Mapping[str, Coded]) -> dict[str, Coded]:
            return {name: Coded(_part(one.timelines, begin, end), one.code) for name, one in coded.items()}

        return Batch(
            self.created[begin:end],
            cut(self.fields),
            {name: _part(one, begin, end) for name, one in self.dates.items()},
            cut(self.events),
            None if self.goal is None else _part(self.goal, begin, end),
            None if self.scope is None else _part(self.scope, begin, end),
            {place - begin: done for place, done in self.by_hand.items() if begin <= place < end},
        )

    def item(self, place: int) -> Item:
        """One of the items, by itself."""
        return Item(
            int(self.created[place]),
            {name: _decoded(one, place) for name, one in self.fields.items()},
            {name: [(at, _given(day)) for at, day in _steps(one, place)] for name, one in self.dates.items()},
            {name: [(at, kind or "") for at, kind in _decoded(one, place)] for name, one in self.events.items()},
            None
            if self.goal is None
            else [(at, None if goal == NO_GOAL else goal) for at, goal in _steps(self.goal, place)],
            None if self.scope is None else [(at, bool(inside)) for at, inside in _steps(self.scope, place)],
            self.by_hand.get(place, ByHand()),
        )


def _given(day: int) -> int | None:
    return None if day == NONE else day


def _part(timelines: Timelines, begin: int, end: int) -> Timelines:
    offsets = timelines.offsets[begin : end + 1]
    own = slice(int(offsets[0]), int(offsets[-1]))
    return Timelines(timelines.at[own], timelines.value[own], offsets - offsets[0])


def _steps(timelines: Timelines, place: int) -> list[tuple[int, int]]:
    own = slice(int(timelines.offsets[place]), int(timelines.offsets[place + 1]))
    return list(zip(timelines.at[own].tolist(), timelines.value[own].tolist(), strict=True))


def _decoded(coded: Coded, place: int) -> list[tuple[int, str | None]]:
    ids = {number: key for key, number in coded.code.items()}
    return [(at, ids[number]) for at, number in _steps(coded.timelines, place)]
