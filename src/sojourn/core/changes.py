"""From the changes of one field of one work item to its step function of time (docs/semantics.md 1–6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, Generic, NamedTuple, TypeVar

from sojourn.core.flags import Flag

T = TypeVar("T")


class Unknown:
    """The value of a field while nothing says what it was."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


class Change(NamedTuple, Generic[T]):
    """One change of one field: at an instant, by someone, from one value to another.

    `order` breaks ties of instants: history id, then place in the history. Values are ids, None where empty, UNKNOWN
    where the source does not say.
    """

    at_ms: int
    order: tuple[int, int]
    author: str | None
    before: T | Unknown | None
    after: T | Unknown | None


@dataclass(slots=True)
class Steps(Generic[T]):
    """A field as a step function: `value[i]` holds from `at_ms[i]`, put there by `author[i]`, until `at_ms[i + 1]`."""

    at_ms: list[int] = field(default_factory=list)
    value: list[T | Unknown | None] = field(default_factory=list)
    author: list[str | None] = field(default_factory=list)
    flags: Flag = Flag(0)

    def append(self, at_ms: int, value: T | Unknown | None, author: str | None) -> None:
        """Add a step; a value that already holds adds nothing (docs/semantics.md 3)."""
        if self.value and self.value[-1] == value:
            return
        self.at_ms.append(at_ms)
        self.value.append(value)
        self.author.append(author)


_PLACE = attrgetter("at_ms", "order")


def in_order(changes: Iterable[Change[T]]) -> list[Change[T]]:
    """The changes by instant, then history id, then item order (docs/semantics.md 2)."""
    return sorted(changes, key=_PLACE)


def step_function(
    created_ms: int, present: T | Unknown | None, changes: Sequence[Change[T]], creator: str | None = None
) -> Steps[T]:
    """The values of a field since the creation of its work item, from all its changes in any order.

    `present` is the value now, or UNKNOWN where the source does not carry the field; then the last change is believed.

    >>> steps = step_function(0, "3", [Change(5, (1, 0), "ann", "1", "3")])
    >>> steps.at_ms, steps.value
    ([0, 5], ['1', '3'])
    """
    steps: Steps[T] = Steps()
    ordered = in_order(changes)
    first = ordered[0].before if ordered else present
    steps.append(created_ms, first, creator)
    if ordered and first is UNKNOWN:
        steps.flags |= Flag.UNKNOWN_START
    holding = first
    for number, change in enumerate(ordered):
        if change.at_ms < created_ms:
            steps.flags |= Flag.BEFORE_CREATION
        if change.before is not UNKNOWN and change.before != holding:
            steps.flags |= Flag.HISTORY_GAP
        holding = change.after
        if number == len(ordered) - 1 and present is not UNKNOWN and present != holding:
            steps.flags |= Flag.HISTORY_MISMATCH
            holding = present
        steps.append(max(change.at_ms, created_ms), holding, change.author)
    return steps


class Membership(NamedTuple):
    """One change of a set field that says only what was added to the set or removed from it."""

    at_ms: int
    order: tuple[int, int]
    author: str | None
    removed: frozenset[str]
    added: frozenset[str]


def set_steps(
    created_ms: int,
    present: frozenset[str] | Unknown,
    changes: Sequence[Membership],
    creator: str | None = None,
) -> Steps[frozenset[str]]:
    """The sets a field held since creation, rebuilt backwards from the present set (docs/semantics.md 6).

    An addition that is not in the set after it, or a removal that still is, is a HISTORY_MISMATCH where it is about the
    present set and a HISTORY_GAP before.
    """
    backwards = sorted(changes, key=_PLACE, reverse=True)
    holding = _end_of(backwards) if isinstance(present, Unknown) else present
    flags = Flag(0)
    sets = [holding]
    for number, change in enumerate(backwards):
        if not change.added <= holding or change.removed & holding:
            flags |= Flag.HISTORY_GAP if number else Flag.HISTORY_MISMATCH
        holding = (holding - change.added) | change.removed
        sets.append(holding)
    steps: Steps[frozenset[str]] = Steps(flags=flags)
    steps.append(created_ms, sets[-1] or None, creator)
    for change, after in zip(reversed(backwards), reversed(sets[:-1]), strict=True):
        if change.at_ms < created_ms:
            steps.flags |= Flag.BEFORE_CREATION
        steps.append(max(change.at_ms, created_ms), after or None, change.author)
    return steps


def _end_of(backwards: Sequence[Membership]) -> frozenset[str]:
    """The set after the last change, as far as the changes tell."""
    members: frozenset[str] = frozenset()
    for change in reversed(backwards):
        members = (members - change.removed) | change.added
    return members
