"""Conditions in words."""

from collections.abc import Callable, Mapping

from sojourn.core.sla.conditions import (
    All,
    Any,
    Changed,
    Condition,
    Entered,
    Happened,
    Ids,
    Is,
    Leaf,
    Left,
    Reached,
)

Names = Mapping[tuple[str, str], str]
"""The names of values by field and id."""

_Listed = Callable[[Ids], str]


def told(condition: Condition) -> str:
    """A condition in words, with ids for values."""
    if isinstance(condition, All | Any):
        word = " and " if isinstance(condition, All) else " or "
        return word.join(told(part) for part in condition.parts) or "nothing"
    return leaf_told(condition, {})


def leaf_told(leaf: Leaf, names: Names) -> str:
    """A single condition in words."""
    field = getattr(leaf, "field", "")

    def listed(ids: Ids) -> str:
        return " or ".join(sorted("nothing" if one is None else names.get((field, one), one) for one in ids))

    match leaf:
        case Is(_, values, negated):
            return f"{field} is {'not ' if negated else ''}{listed(values)}"
        case Entered(_, values):
            return f"{field} entered {listed(values)}"
    return _moment_told(leaf, field, listed)


def _moment_told(leaf: Leaf, field: str, listed: _Listed) -> str:
    match leaf:
        case Left(_, values):
            return f"{field} left {listed(values)}"
        case Changed(_, before, after):
            sides = [f" from {listed(before)}" if before else "", f" to {listed(after)}" if after else ""]
            return f"{field} changed{''.join(sides)}"
        case Reached():
            return f"{field} is reached"
        case Happened(stream, kinds):
            return f"{stream} {' or '.join(sorted(kinds))}"
    return "created"
