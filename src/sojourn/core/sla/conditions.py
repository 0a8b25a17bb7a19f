"""What drives a clock: conditions on the fields and events of a work item, as a small tree.

A condition is *lasting*, such as being in a status, or a *moment*, such as entering one. A lasting one fires when it
begins to hold; `Any` fires when a part fires; `All` fires when a part fires while all parts hold at that instant, where
a moment holds only then (docs/semantics.md 22).
"""

from collections.abc import Iterator
from dataclasses import dataclass

Ids = frozenset[str | None]
"""Jira ids; None stands for an empty field."""


@dataclass(frozen=True, slots=True)
class Is:
    """Lasting: the field has one of the values, or, `negated`, none of them."""

    field: str
    values: Ids
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """Lasting: the date in the field is not empty and not in the future."""

    field: str


@dataclass(frozen=True, slots=True)
class Entered:
    """A moment: the field came to one of the values from outside of them; to be created with one is an entry."""

    field: str
    values: Ids


@dataclass(frozen=True, slots=True)
class Left:
    """A moment: the field went from one of the values to another value than these."""

    field: str
    values: Ids


@dataclass(frozen=True, slots=True)
class Changed:
    """A moment: the field changed, from and to one of the values where they are given."""

    field: str
    before: Ids | None = None
    after: Ids | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """A moment: the work item was created."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A moment: one of these kinds of events happened in a stream, such as comments, or what another SLA did."""

    stream: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class All:
    """All of the parts, at one instant."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of the parts."""

    parts: tuple["Condition", ...]


Leaf = Is | Reached | Entered | Left | Changed | Created | Happened
Condition = Leaf | All | Any

NEVER = Any(())
"""Neither fires nor holds."""


def leaves(condition: Condition) -> Iterator[Leaf]:
    """The single conditions in a tree, from left to right."""
    if isinstance(condition, All | Any):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition
