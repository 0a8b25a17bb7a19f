"""Conditions on the history: WAS and CHANGED with their predicates, over the packed timelines of many work items."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from sojourn.core.timeline import BoolArray, Int64Array, Timelines
from sojourn.history import read
from sojourn.history.packing import EMPTY
from sojourn.jql import functions
from sojourn.jql.asking import Meaning, Scope
from sojourn.jql.ast import Changed, Condition, Function, Items, Predicate
from sojourn.jql.choices import Column
from sojourn.jql.held import Held
from sojourn.jql.idset import OneOf
from sojourn.jql.instants import day_ms, instant_ms

_KEPT = "assignee, due, fixVersion, issuetype, priority, project, reporter, resolution, sprint, status"


class _People(Column):
    """Who made changes."""

    def unknown(self, text: str) -> str:
        return f"there is nobody called {text!r:.60}"


PEOPLE = _People("BY", functions=functions.USERS, kind="user")


@dataclass(frozen=True)
class Entries:
    """The entries of a batch of timelines as int64 arrays of one length; what a query does not ask for is not made."""

    lines: Timelines
    as_of_ms: int
    lasting: bool = True

    @property
    def at(self) -> Int64Array:
        """When each was made."""
        return self.lines.at

    @property
    def value(self) -> Int64Array:
        """What the field was from then on."""
        return self.lines.value

    @property
    def author(self) -> Int64Array:
        """Who made it, where that was asked for."""
        return self.lines.value if self.lines.carried is None else self.lines.carried

    @cached_property
    def first(self) -> BoolArray:
        """Which of them begin a work item."""
        first = np.zeros(len(self.at), dtype=bool)
        first[self.lines.offsets[:-1]] = True
        return first

    @cached_property
    def until(self) -> Int64Array:
        """When it held last: at the moment asked of where it still does, at its own where it was left at once.

        Of changes, which do not last, it is their own.
        """
        if not self.lasting:
            return self.at
        until = np.empty_like(self.at)
        until[:-1] = self.at[1:] - 1
        until[self.lines.offsets[1:] - 1] = self.as_of_ms
        return np.maximum(np.minimum(until, self.as_of_ms), self.at)

    @cached_property
    def before(self) -> Int64Array:
        """The value before, without a meaning at a first."""
        before = np.empty_like(self.value)
        before[1:] = self.value[:-1]
        before[:1] = EMPTY
        return before


Test = Callable[[Entries], BoolArray]


def was(scope: Scope, meaning: Meaning, condition: Condition) -> Q:
    """Work items whose field held a value, at a time and by somebody's doing as the predicates say.

    The present value counts, too. WAS NOT and WAS NOT IN hold for all others.
    """
    key = history(scope, meaning, condition)
    held = table(set[int]().union(*Held(scope, meaning, key).members(condition.operand)))
    tests: list[Test] = [lambda entries: among(held, entries.value)]
    tests += [of_stay(scope, predicate) for predicate in condition.predicates]
    found = Q(OneOf(_where(scope, key, tests, with_authors=_asks_who(condition.predicates))))
    return ~found if "not" in condition.operator else found


def changed(scope: Scope, meaning: Meaning, node: Changed) -> Q:
    """Work items whose field was changed as all predicates say of one and the same change.

    FROM and TO say of a field with several values which of them was taken out, and which was put in; what one person
    takes out and puts in at one instant is one change.
    """
    key = history(scope, meaning, node)
    tests: list[Test] = [lambda entries: ~entries.first]
    sides = [predicate for predicate in node.predicates if predicate.name in ("from", "to")]
    held = Held(scope, meaning, key) if sides else None
    for predicate in node.predicates:
        if held and predicate in sides:
            tests.append(of_side(held, predicate))
        else:
            tests.append(of_stay(scope, predicate))
    with_authors = _asks_who(node.predicates) or (held is not None and held.has_sets)
    return Q(OneOf(_where(scope, key, tests, with_authors=with_authors, lasting=False)))


def updated_by(scope: Scope, function: Function) -> Q:
    """`updatedBy(user, from, to)`: who changed a tracked field, commented or created the work item in that time."""
    if not 1 <= len(function.arguments) <= 3:
        raise scope.wrong(function, "updatedBy() takes somebody, and perhaps from and to when", "updatedBy(ann, -7d)")
    who, *ends = function.arguments
    people = PEOPLE.chosen(scope, who).numbers
    begin_ms, end_ms = ([instant_ms(scope, end) for end in ends] + [None, None])[:2]
    known = table(people)

    def by_them(entries: Entries) -> BoolArray:
        found = among(known, entries.author)
        if begin_ms is not None:
            found &= entries.at >= begin_ms
        return found if end_ms is None else found & (entries.at <= end_ms)

    found = [_where(scope, key, [by_them], with_authors=True) for key in read.names_of_fields()]
    return Q(OneOf(np.unique(np.concatenate(found))))


def history(scope: Scope, meaning: Meaning, node: Condition | Changed) -> str:
    """The key of the timelines of a field; raises JqlError where its history is not kept."""
    if meaning.history is None:
        hint = f"kept are those of {_KEPT} and of the custom fields in the setting SOJOURN_CUSTOM_FIELDS"
        raise scope.wrong(node.field, f"the history of the field {meaning.name} is not kept", hint)
    return meaning.history


def tests_of_changes(scope: Scope, meaning: Meaning, node: Condition | Changed, key: str) -> list[Test]:
    """The tests that one entry passes from which on WAS or CHANGED holds, whatever comes later.

    Raises JqlError for predicates of which that cannot be said.
    """
    is_changed = isinstance(node, Changed)
    held = Held(scope, meaning, key)
    tests: list[Test] = [lambda entries: ~entries.first]
    if isinstance(node, Condition):
        wanted = table(set[int]().union(*held.members(node.operand)))
        tests = [lambda entries: among(wanted, entries.value)]
    for predicate in node.predicates:
        is_side = predicate.name in ("from", "to") and is_changed
        if predicate.name == "by" or (is_side and held.has_sets) or not (is_changed or predicate.name == "before"):
            message = f"{predicate.name.upper()} of {meaning.name} cannot be asked over time"
            raise scope.wrong(predicate, message, "leave it out")
        tests.append(of_side(held, predicate) if is_side else of_stay(scope, predicate))
    return tests


def _where(
    scope: Scope, key: str, tests: Sequence[Test], *, with_authors: bool, lasting: bool = True
) -> NDArray[np.int64]:
    """The numbers of the work items of which one entry passes all tests."""
    found = []
    issues, everything = scope.within.order_by("pk"), scope.everything
    for batch in read.timelines(issues, key, ["pk"], authors=with_authors, everything=everything):
        entries = Entries(batch.timelines, scope.asking.as_of_ms, lasting)
        passed = entries.at <= scope.asking.as_of_ms
        for test in tests:
            passed &= test(entries)
        some = np.logical_or.reduceat(passed, batch.timelines.offsets[:-1]) if len(passed) else passed
        found.append(np.array(batch.columns["pk"], dtype=np.int64)[some])
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _asks_who(predicates: Iterable[Predicate]) -> bool:
    return any(predicate.name == "by" for predicate in predicates)


def of_stay(scope: Scope, predicate: Predicate) -> Test:
    """A test of the instants at which a value held."""
    if predicate.name in ("from", "to"):
        raise scope.wrong(predicate, f"{predicate.name.upper()} goes with CHANGED, not with WAS")
    if predicate.name == "by":
        return _by(scope, predicate)
    if predicate.name == "before":
        end_ms = instant_ms(scope, predicate.operand)
        return lambda entries: entries.at < end_ms
    if predicate.name == "after":
        begin_ms = instant_ms(scope, predicate.operand)
        return lambda entries: entries.until > begin_ms
    first_ms, last_ms = _span(scope, predicate)
    return lambda entries: (entries.at <= last_ms) & (entries.until >= first_ms) & (first_ms <= last_ms)


def of_side(held: Held, predicate: Predicate) -> Test:
    """A test of what was taken out, FROM, or put in, TO: of a single value both are the value itself."""
    tables = [table(numbers) for numbers in held.members(predicate.operand)]

    def test(entries: Entries) -> BoolArray:
        before, after = _whole_changes(entries) if held.has_sets else (entries.before, entries.value)
        one, other = (before, after) if predicate.name == "from" else (after, before)
        found = np.zeros(len(entries.at), dtype=bool)
        for some in tables:
            found |= among(some, one) & ~among(some, other)
        return found

    return test


def _whole_changes(entries: Entries) -> tuple[Int64Array, Int64Array]:
    """The values before and after all that one person changed at one instant."""
    place = np.arange(len(entries.at))
    begins = np.append(True, (np.diff(entries.at) != 0) | (np.diff(entries.author) != 0))[: len(place)]
    begins |= entries.first
    begins[1:] |= entries.first[:-1]
    ends = np.append(begins[1:], True)[: len(place)]
    begin = np.maximum.accumulate(np.where(begins, place, 0))
    end = np.minimum.accumulate(np.where(ends, place, len(place))[::-1])[::-1]
    return entries.before[begin], entries.value[end]


def _by(scope: Scope, predicate: Predicate) -> Test:
    chosen = PEOPLE.chosen(scope, predicate.operand)
    known = table(chosen.numbers | ({EMPTY} if chosen.empty else set()))
    return lambda entries: among(known, entries.author)


def _span(scope: Scope, predicate: Predicate) -> tuple[int, int]:
    """First and last millisecond of ON, which is a whole day of the reader, or of DURING."""
    operand = predicate.operand
    if predicate.name == "on":
        return day_ms(scope, operand)
    if not isinstance(operand, Items) or len(operand.operands) != 2:
        raise scope.wrong(predicate, "DURING takes two dates in brackets", 'DURING ("2024-01-01", "2024-02-01")')
    first_ms, last_ms = (instant_ms(scope, part) for part in operand.operands)
    return first_ms, last_ms


def table(numbers: Iterable[int]) -> BoolArray:
    """Whether a number is one of these, by number; the last place is that of all that are larger."""
    wanted = np.fromiter(numbers, np.int64)
    known = np.zeros(int(wanted.max(initial=0)) + 2, dtype=bool)
    known[wanted] = True
    return known


def among(known: BoolArray, numbers: Int64Array) -> BoolArray:
    """Whether each number is one of those of a table."""
    found: BoolArray = known[np.minimum(numbers, len(known) - 1)]
    return found
