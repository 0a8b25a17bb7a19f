"""Conditions on one work item, instant by instant (docs/semantics.md 22, 24)."""

from collections.abc import Iterator
from itertools import pairwise

from sojourn.core.sla.clock import Item, Steps, T
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
    leaves,
)


def value_at(steps: Steps[T], at_ms: int, before: T) -> T:
    """What a step function holds at an instant; `before` where it has not begun."""
    for since, value in reversed(steps):
        if since <= at_ms:
            return value
    return before


def instants(item: Item, as_of_ms: int) -> list[int]:
    """Every instant up to `as_of` at which anything about the item may change, in order."""
    steps = (*item.fields.values(), *item.dates.values(), *item.events.values(), item.goal or (), item.scope or ())
    found = {item.created_ms, *(at for some in steps for at, _ in some)}
    found |= {max(at, day) for dates in item.dates.values() for at, day in dates if day is not None}
    found |= {reset.at_ms for reset in item.by_hand.resets} | {one.made_ms for one in item.by_hand.extensions}
    return sorted(at for at in found if item.created_ms <= at <= as_of_ms)


def holds(condition: Condition, item: Item, at_ms: int) -> bool:
    """Whether a condition holds at an instant; a moment holds only at its own."""
    if at_ms < item.created_ms:
        return False
    match condition:
        case All(parts):
            return all(holds(part, item, at_ms) for part in parts)
        case Any(parts):
            return any(holds(part, item, at_ms) for part in parts)
        case Is(field, values, negated):
            return (value_at(item.fields.get(field, ()), at_ms, None) in values) != negated
        case Reached(field):
            day = value_at(item.dates.get(field, ()), at_ms, None)
            return day is not None and day <= at_ms
    return at_ms in moments(condition, item)


def fires(condition: Condition, item: Item, at_ms: int) -> bool:
    """Whether a condition fires at an instant."""
    match condition:
        case All(parts):
            return holds(condition, item, at_ms) and any(fires(part, item, at_ms) for part in parts)
        case Any(parts):
            return any(fires(part, item, at_ms) for part in parts)
        case Is() | Reached():
            return holds(condition, item, at_ms) and not holds(condition, item, at_ms - 1)
    return holds(condition, item, at_ms)


def stands(condition: Condition, item: Item, at_ms: int) -> bool:
    """Whether a condition lets a reset restart: it lasts, or its moment has been (docs/semantics.md 27)."""
    match condition:
        case All(parts):
            return all(stands(part, item, at_ms) for part in parts)
        case Any(parts):
            return any(stands(part, item, at_ms) for part in parts)
        case Is() | Reached():
            return holds(condition, item, at_ms)
    return any(at <= at_ms for at in moments(condition, item))


def causes(condition: Condition, item: Item, at_ms: int) -> tuple[Leaf, ...]:
    """The single conditions of a tree that fire at an instant."""
    return tuple(leaf for leaf in leaves(condition) if fires(leaf, item, at_ms))


def moments(leaf: Leaf, item: Item) -> Iterator[int]:
    """The instants of a moment, in order."""
    match leaf:
        case Created():
            yield item.created_ms
        case Happened(stream, kinds):
            yield from (at for at, kind in item.events.get(stream, ()) if kind in kinds)
        case Entered(field, values):
            steps = item.fields.get(field, ())
            if steps and steps[0][1] in values:
                yield steps[0][0]
            yield from (at for (_, old), (at, new) in pairwise(steps) if new in values and old not in values)
        case Left(field, values):
            steps = item.fields.get(field, ())
            yield from (at for (_, old), (at, new) in pairwise(steps) if old in values and new not in values)
        case Changed(field, before, after):
            for (_, old), (at, new) in pairwise(item.fields.get(field, ())):
                if old != new and (before is None or old in before) and (after is None or new in after):
                    yield at
