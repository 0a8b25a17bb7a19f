"""Conditions on the history: WAS and CHANGED with their predicates, over the packed timelines of many work items."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
import orjson
from django.db.models import Q
from numpy.typing import NDArray

from sojourn.core.timeline import BoolArray, Int64Array, Timelines
from sojourn.history import read
from sojourn.history.models import Value
from sojourn.history.packing import EMPTY
from sojourn.jql import functions
from sojourn.jql.asking import Meaning, Scope
from sojourn.jql.ast import Changed, Condition, Empty, Function, Items, Operand, Predicate
from sojourn.jql.ast import Value as Literal
from sojourn.jql.choices import Choice, Column, literals, projects, unanswered, values
from sojourn.jql.idset import OneOf
from sojourn.jql.instants import instant, instant_ms

PEOPLE = Column("BY", functions=functions.USERS, kind="user")


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of a batch of timelines: int64 arrays of one length, `first` says which begin a work item.

    `left` is when the value was left, the moment asked of where it still holds; `before` is the value before, without a
    meaning at a first.
    """

    at: Int64Array
    left: Int64Array
    value: Int64Array
    before: Int64Array
    author: Int64Array
    first: BoolArray


Test = Callable[[Entries], BoolArray]


def was(scope: Scope, meaning: Meaning, condition: Condition) -> Q:
    """Work items whose field held a value, at a time and by somebody's doing as the predicates say.

    The present value counts, too. WAS NOT and WAS NOT IN hold for all others.
    """
    key = _history(scope, meaning, condition)
    held = _table(_numbers(scope, meaning, key, condition.operand))
    tests: list[Test] = [lambda entries: _in(held, entries.value)]
    tests += [_of_stay(scope, predicate) for predicate in condition.predicates]
    found = Q(OneOf(_where(scope, key, tests, with_authors=_asks_who(condition.predicates))))
    return ~found if "not" in condition.operator else found


def changed(scope: Scope, meaning: Meaning, node: Changed) -> Q:
    """Work items whose field was changed as all predicates say of one and the same change."""
    key = _history(scope, meaning, node)
    tests: list[Test] = [lambda entries: ~entries.first]
    for predicate in node.predicates:
        if predicate.name in ("from", "to"):
            tests.append(_of_side(scope, meaning, key, predicate))
        else:
            tests.append(_of_change(scope, predicate))
    return Q(OneOf(_where(scope, key, tests, with_authors=_asks_who(node.predicates))))


def updated_by(scope: Scope, function: Function) -> Q:
    """`updatedBy(user, from, to)`: who changed a tracked field, commented or created the work item in that time."""
    if not 1 <= len(function.arguments) <= 3:
        raise scope.wrong(function, "updatedBy() takes somebody, and perhaps from and to when", "updatedBy(ann, -7d)")
    who, *ends = function.arguments
    people = PEOPLE.chosen(scope, who).numbers
    begin_ms, end_ms = ([instant_ms(scope, end) for end in ends] + [None, None])[:2]
    table = _table(people)

    def by_them(entries: Entries) -> BoolArray:
        found = _in(table, entries.author)
        if begin_ms is not None:
            found &= entries.at >= begin_ms
        return found if end_ms is None else found & (entries.at <= end_ms)

    found = [_where(scope, key, [by_them], with_authors=True) for key in read.names_of_fields()]
    return Q(OneOf(np.unique(np.concatenate(found))))


def _history(scope: Scope, meaning: Meaning, node: Condition | Changed) -> str:
    """The key of the timelines of a field; raises JqlError where its history is not kept."""
    if meaning.history is None:
        kept = ", ".join(read.names_of_fields())
        hint = f"kept are {kept}; custom fields are named in the setting SOJOURN_CUSTOM_FIELDS"
        raise scope.wrong(node.field, f"the history of the field {meaning.name} is not kept", hint)
    return meaning.history


def _where(scope: Scope, key: str, tests: Sequence[Test], *, with_authors: bool) -> NDArray[np.int64]:
    """The numbers of the work items of which one entry passes all tests."""
    found = []
    for batch in read.timelines(scope.within.order_by("pk"), key, ["pk"], authors=with_authors):
        entries = _entries(batch.timelines, scope.asking.as_of_ms)
        passed = entries.at <= scope.asking.as_of_ms
        for test in tests:
            passed &= test(entries)
        some = np.logical_or.reduceat(passed, batch.timelines.offsets[:-1]) if len(passed) else passed
        found.append(np.array(batch.columns["pk"], dtype=np.int64)[some])
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _entries(lines: Timelines, as_of_ms: int) -> Entries:
    first = np.zeros(len(lines.at), dtype=bool)
    first[lines.offsets[:-1]] = True
    left = np.empty_like(lines.at)
    left[:-1] = lines.at[1:]
    left[lines.offsets[1:] - 1] = as_of_ms
    before = np.empty_like(lines.value)
    before[1:] = lines.value[:-1]
    before[:1] = EMPTY
    author = lines.value if lines.carried is None else lines.carried
    return Entries(lines.at, np.minimum(left, as_of_ms), lines.value, before, author, first)


def _asks_who(predicates: Iterable[Predicate]) -> bool:
    return any(predicate.name == "by" for predicate in predicates)


def _of_stay(scope: Scope, predicate: Predicate) -> Test:
    """A test of the time in which a value held; a value that held for no time held at its instant."""
    if predicate.name in ("from", "to"):
        raise scope.wrong(predicate, f"{predicate.name.upper()} goes with CHANGED, not with WAS")
    if predicate.name == "by":
        return _by(scope, predicate)
    if predicate.name == "before":
        end_ms = instant_ms(scope, predicate.operand)
        return lambda entries: entries.at < end_ms
    if predicate.name == "after":
        begin_ms = instant_ms(scope, predicate.operand)
        return lambda entries: entries.left > begin_ms
    first_ms, last_ms = _span(scope, predicate)
    return lambda entries: (entries.at <= last_ms) & ((entries.left > first_ms) | (entries.at >= first_ms))


def _of_change(scope: Scope, predicate: Predicate) -> Test:
    if predicate.name == "by":
        return _by(scope, predicate)
    if predicate.name == "before":
        end_ms = instant_ms(scope, predicate.operand)
        return lambda entries: entries.at < end_ms
    if predicate.name == "after":
        begin_ms = instant_ms(scope, predicate.operand)
        return lambda entries: entries.at > begin_ms
    first_ms, last_ms = _span(scope, predicate)
    return lambda entries: (entries.at >= first_ms) & (entries.at <= last_ms)


def _of_side(scope: Scope, meaning: Meaning, key: str, predicate: Predicate) -> Test:
    table = _table(_numbers(scope, meaning, key, predicate.operand))
    if predicate.name == "from":
        return lambda entries: _in(table, entries.before)
    return lambda entries: _in(table, entries.value)


def _by(scope: Scope, predicate: Predicate) -> Test:
    chosen = PEOPLE.chosen(scope, predicate.operand)
    table = _table(chosen.numbers | ({EMPTY} if chosen.empty else set()))
    return lambda entries: _in(table, entries.author)


def _span(scope: Scope, predicate: Predicate) -> tuple[int, int]:
    """First and last millisecond of ON, which is a whole day of the reader, or of DURING."""
    operand = predicate.operand
    if predicate.name == "on":
        zone = scope.asking.zone
        day = instant(scope, operand).date()
        begin, end = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
        return round(begin.timestamp() * 1000), round(end.timestamp() * 1000) - 1
    if not isinstance(operand, Items) or len(operand.operands) != 2:
        raise scope.wrong(predicate, "DURING takes two dates in brackets", 'DURING ("2024-01-01", "2024-02-01")')
    first_ms, last_ms = (instant_ms(scope, part) for part in operand.operands)
    return first_ms, last_ms


def _table(numbers: Iterable[int]) -> BoolArray:
    """Whether a number is one of these, by number; the last place is that of all that are larger."""
    wanted = np.fromiter(numbers, np.int64)
    table = np.zeros(int(wanted.max(initial=0)) + 2, dtype=bool)
    table[wanted] = True
    return table


def _in(table: BoolArray, numbers: Int64Array) -> BoolArray:
    found: BoolArray = table[np.minimum(numbers, len(table) - 1)]
    return found


def _numbers(scope: Scope, meaning: Meaning, key: str, operand: Operand) -> set[int]:
    """The values of the timelines that an operand means: of fields with several values, the sets that hold one."""
    dictionary = list(values(scope, read.dictionary_of(key)))
    found: set[int] = set()
    for single in literals(operand):
        if isinstance(single, Empty):
            found |= {EMPTY, *(value.pk for value in dictionary if value.key == "[]")}
            continue
        keys, words = _wanted(scope, meaning, single)
        numbers = {value.pk for value in dictionary if _is_meant(value, keys, words)}
        if not numbers and isinstance(single, Literal):
            names = {name for value in dictionary for _, name in _members(value)}
            names |= {name for _, _, name in meaning.known(scope)} if isinstance(meaning, Choice) else set()
            if single.text.casefold() not in {name.casefold() for name in names}:
                scope.missing(single, f"the field {meaning.name} never was {single.text!r:.60}", single.text, names)
        found |= numbers
    return found


def _wanted(scope: Scope, meaning: Meaning, single: Literal | Function) -> tuple[set[str], set[str]]:
    """Ids, and names in small letters, of the values that one operand means."""
    if isinstance(single, Literal):
        word = single.text.casefold()
        known = meaning.known(scope) if isinstance(meaning, Choice) else ()
        return {key for _, key, name in known if name.casefold() == word}, {word}
    if not isinstance(meaning, Choice):
        raise unanswered(scope, single, meaning.name, ())
    numbers = meaning.chosen(scope, single).numbers
    if meaning.history == "project":
        return set(projects(scope).filter(pk__in=numbers).values_list("jira_id", flat=True)), set()
    return set(Value.objects.filter(pk__in=numbers).values_list("key", flat=True)), set()


def _is_meant(value: Value, keys: set[str], words: set[str]) -> bool:
    return any(key in keys or key.casefold() in words or name.casefold() in words for key, name in _members(value))


def _members(value: Value) -> list[tuple[str, str]]:
    """Ids and names of the members of a set, or of the one value."""
    if not value.key.startswith("["):
        return [(value.key, value.name)]
    try:
        keys = orjson.loads(value.key)
    except ValueError:  # a set whose key was too long for an index and cut, or a text that begins with a bracket
        return [(value.key, value.name), *((value.key, name) for name in value.name.split(", "))]
    names = value.name.split(", ")
    return list(zip(map(str, keys), names if len(names) == len(keys) else map(str, keys), strict=True))
