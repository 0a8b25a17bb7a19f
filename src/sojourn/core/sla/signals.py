"""Conditions on columns: in which rows of a grid each fires, holds and stands, as `firing` says it of one item."""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_

import numpy as np

from sojourn.core.sla.batch import NO_GOAL, NONE, Batch, Coded
from sojourn.core.sla.conditions import (
    All,
    Any,
    Changed,
    Condition,
    Created,
    Entered,
    Happened,
    Is,
    Leaf,
    Left,
    Reached,
)
from sojourn.core.sla.grid import Grid
from sojourn.core.sla.mapped import all_leaves
from sojourn.core.sla.policy import DynamicDuration, NegotiationDate, Policy
from sojourn.core.timeline import BoolArray, Int64Array, Timelines

_FEW = 6
GOAL, SCOPE = "goal", "scope"


def grid_of(policy: Policy, batch: Batch, as_of_ms: int) -> Grid:
    """The rows at which anything that the policy asks for may happen."""
    return Grid(batch.created, *grid_sources(policy, batch), as_of_ms)


def grid_sources(policy: Policy, batch: Batch) -> tuple[dict[str, Timelines], dict[str, Timelines]]:
    """What a policy asks for of a batch: timelines by what they are, and dates by their fields."""
    steps: dict[str, Timelines] = {}
    dates: dict[str, Timelines] = {}
    for leaf in all_leaves(policy):
        match leaf:
            case Reached(field):
                dates |= {field: batch.dates[field]} if field in batch.dates else {}
            case Happened(stream):
                steps |= _named("event", stream, batch.events)
            case Is(field) | Entered(field) | Left(field) | Changed(field):
                steps |= _named("field", field, batch.fields)
            case Created():
                pass
    for goal in policy.goals:
        if isinstance(goal.target, NegotiationDate) and goal.target.field in batch.dates:
            dates[goal.target.field] = batch.dates[goal.target.field]
        for named in (goal.calendar_field, goal.target.field if isinstance(goal.target, DynamicDuration) else None):
            steps |= _named("field", named, batch.fields) if named else {}
    for name, one in ((GOAL, batch.goal), (SCOPE, batch.scope)):
        steps |= {} if one is None else {name: one}
    return steps, dates


def _named(kind: str, name: str, given: Mapping[str, Coded]) -> dict[str, Timelines]:
    return {f"{kind} {name}": given[name].timelines} if name in given else {}


class Signals:
    """The conditions of one batch, on its grid. A field that the batch does not have is empty."""

    def __init__(self, batch: Batch, grid: Grid) -> None:
        self.batch, self.grid = batch, grid

    def holds(self, condition: Condition) -> BoolArray:
        """The rows at which a condition holds."""
        match condition:
            case All(parts):
                return self._each(and_, parts, self.holds)
            case Any(parts):
                return self._each(or_, parts, self.holds)
            case Is(field, values, negated):
                has = self._has(field, values)
                return ~has if negated else has
            case Reached(field):
                return self._reached(field)
        return self._moments(condition)

    def fires(self, condition: Condition) -> BoolArray:
        """The rows at which a condition fires."""
        match condition:
            case All(parts):
                return self.holds(condition) & self._each(or_, parts, self.fires)
            case Any(parts):
                return self._each(or_, parts, self.fires)
            case Is() | Reached():
                return self.grid.rises(self.holds(condition))
        return self._moments(condition)

    def stands(self, condition: Condition) -> BoolArray:
        """The rows at which a condition lets a reset restart."""
        match condition:
            case All(parts):
                return self._each(and_, parts, self.stands)
            case Any(parts):
                return self._each(or_, parts, self.stands)
            case Is() | Reached():
                return self.holds(condition)
        return self.grid.since(self._moments(condition))

    def inside(self) -> BoolArray | None:
        """The rows inside the scope and with a goal; None where that is all of them."""
        found: list[BoolArray] = [self._step(SCOPE, 0) == 1] if self.batch.scope is not None else []
        found += [self.goal() != NO_GOAL] if self.batch.goal is not None else []
        return reduce(and_, found) if found else None

    def goal(self) -> Int64Array:
        """The place of the goal at each row."""
        return self._step(GOAL, NO_GOAL)

    def codes(self, field: str) -> Int64Array | None:
        """What a field held at each row, as numbers, NONE where it had not begun; None if it is not there."""
        source = self.grid.steps.get(f"field {field}")
        return None if source is None else self.grid.held(source, source.timelines.value, NONE)

    def date(self, field: str) -> Int64Array | None:
        """The instant in a field at each row, or NONE; None for a field that is not there."""
        source = self.grid.dates.get(field)
        return None if source is None else self.grid.held(source, source.timelines.value, NONE)

    def _each(
        self,
        join: Callable[[BoolArray, BoolArray], BoolArray],
        parts: tuple[Condition, ...],
        ask: Callable[[Condition], BoolArray],
    ) -> BoolArray:
        if not parts:
            return np.full(len(self.grid), join is and_, dtype=bool)
        return reduce(join, (ask(part) for part in parts))

    def _step(self, name: str, before: int) -> Int64Array:
        source = self.grid.steps[name]
        return self.grid.held(source, source.timelines.value, before)

    def _has(self, field: str, values: frozenset[str | None]) -> BoolArray:
        source = self.grid.steps.get(f"field {field}")
        if source is None:
            return np.full(len(self.grid), None in values, dtype=bool)
        inside = _among(source.timelines.value, self.batch.fields[field], values)
        if source.row is None:
            return inside
        return np.equal(self.grid.held(source, inside.astype(np.int64), int(None in values)), 1)

    def _reached(self, field: str) -> BoolArray:
        date = self.date(field)
        if date is None:
            return np.zeros(len(self.grid), dtype=bool)
        return np.less_equal(date, self.grid.at) & np.not_equal(date, NONE)

    def _moments(self, leaf: Leaf) -> BoolArray:
        match leaf:
            case Created():
                return self.grid.first
            case Happened(stream, _):
                source, coded = self.grid.steps.get(f"event {stream}"), self.batch.events.get(stream)
            case _:
                source, coded = self.grid.steps.get(f"field {leaf.field}"), self.batch.fields.get(leaf.field)
        if source is None or coded is None:
            return np.zeros(len(self.grid), dtype=bool)
        return self.grid.moments(source, _happened(leaf, source.timelines, coded))


def _happened(leaf: Leaf, one: Timelines, coded: Coded) -> BoolArray:
    """Whether each entry is such a moment."""
    first = np.zeros(len(one.at), dtype=bool)
    first[one.offsets[:-1][np.diff(one.offsets) > 0]] = True
    match leaf:
        case Happened(_, kinds):
            return _among(one.value, coded, kinds)
        case Entered(_, values):
            inside = _among(one.value, coded, values)
            return inside & (first | ~_shifted(inside))
        case Left(_, values):
            inside = _among(one.value, coded, values)
            return ~inside & ~first & _shifted(inside)
        case Changed(_, before, after):
            found = ~first
            found[1:] &= one.value[1:] != one.value[:-1]
            found &= True if before is None else _shifted(_among(one.value, coded, before))
            found &= True if after is None else _among(one.value, coded, after)
            return found
    raise TypeError(f"{leaf} is no moment of an entry")


def _shifted(entries: BoolArray) -> BoolArray:
    """What was said of the entry before each."""
    return np.append(False, entries[:-1])[: len(entries)]


def _among(value: Int64Array, coded: Coded, ids: frozenset[str] | frozenset[str | None]) -> BoolArray:
    numbers = [coded.code[one] for one in ids if one in coded.code]
    if len(numbers) > _FEW:
        return np.isin(value, numbers)
    return reduce(or_, (value == number for number in numbers), np.zeros(len(value), dtype=bool))
