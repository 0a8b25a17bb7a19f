"""A query asked over time: from when until when each work item meets it, as its fields changed (docs/semantics.md 22).

Fields whose histories are kept count with what they held at each instant; the others with what they hold now, which is
told as a warning unless they never change. Dates from now on mean the moment asked of.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

import numpy as np
from django.db.models import Q, QuerySet

from sojourn.core.sla.grid import Grid
from sojourn.core.timeline import NO_END, BoolArray, Int64Array, Timelines, relabelled
from sojourn.history.models import Issue
from sojourn.history.packing import EMPTY
from sojourn.jql import catalogue, past, times
from sojourn.jql.asking import Asking, Scope
from sojourn.jql.ast import And, Changed, Clause, Condition, Function, Not, Or
from sojourn.jql.choices import CategoryField
from sojourn.jql.compile import condition_of, reads_histories
from sojourn.jql.errors import JqlError
from sojourn.jql.holding import numbers_held
from sojourn.jql.parser import parse
from sojourn.jql.sound import nodes, refuse_unsound

_NEVER_CHANGE = ("created", "creator", "issue")
_WHO_ASKS = ("currentuser", "currentlogin")


class Rows:
    """The instants at which what some fields of some work items held may have changed.

    `lines` are the timelines of the fields by key, each beginning with its work item; `facts` tell of each work item
    what holds of it now.
    """

    def __init__(self, created: Int64Array, lines: Mapping[str, Timelines], facts: Sequence[BoolArray] = ()) -> None:
        self.grid = Grid(created, lines, {}, NO_END)
        self._lines, self._facts = lines, facts
        self._held: dict[str, Int64Array] = {}

    def knowing(self, facts: Sequence[BoolArray]) -> "Rows":
        """The same rows with the facts of another query."""
        other = copy(self)
        other._facts = facts
        return other

    def held(self, key: str) -> Int64Array:
        """The numbers of what a field held at each row."""
        if key not in self._held:
            source = self.grid.steps[key]
            self._held[key] = self.grid.held(source, source.timelines.value, EMPTY)
        return self._held[key]

    def fact(self, place: int) -> BoolArray:
        """What holds now, at each row."""
        found: BoolArray = self._facts[place][self.grid.item]
        return found

    def since(self, key: str, tests: Sequence[past.Test]) -> BoolArray:
        """The rows from which on one entry of a field has passed all tests."""
        source = self.grid.steps[key]
        entries = past.Entries(self._lines[key], NO_END, lasting=False)
        passed = reduce(and_, (test(entries) for test in tests))
        return self.grid.since(self.grid.moments(source, passed))

    def steps(self, value: Int64Array) -> Timelines:
        """What was told of each row, as timelines."""
        offsets = np.searchsorted(self.grid.item, np.arange(self.grid.items + 1))
        return relabelled(Timelines(self.grid.at, value, offsets), value)


Test = Callable[[Rows], BoolArray]


@dataclass(frozen=True)
class Course:
    """A query made ready: the keys of the timelines it asks for, what it asks of now, and what is doubtful."""

    fields: tuple[str, ...]
    facts: tuple[Q, ...]
    warnings: tuple[JqlError, ...]
    holds: Callable[[Rows], BoolArray] = field(repr=False)

    def over(self, created: Int64Array, lines: Mapping[str, Timelines], facts: Sequence[BoolArray] = ()) -> Timelines:
        """1 from each instant at which a work item meets the query, 0 from each at which it does not.

        `created` are the creations of the work items, in ms, `lines` their timelines of at least `fields`, and `facts`
        whether each meets each of the conditions on now.
        """
        rows = Rows(created, {key: lines[key] for key in self.fields}, facts)
        return rows.steps(self.holds(rows).astype(np.int64))


def course(text: str, asking: Asking, issues: QuerySet[Issue] | None = None) -> Course:
    """What a query means over time; raises JqlError where it means nothing, or cannot be asked of the past.

    `issues` are the work items it will be asked about, all of the sites asked for where none are given.
    """
    query = parse(text)
    within = Issue.objects.all() if issues is None else issues
    if asking.sites:
        within = within.filter(site__name__in=asking.sites)
    scope = Scope(text, asking, within)
    refuse_unsound(scope, query)
    for node in nodes(query):
        if isinstance(node, Function) and node.name.casefold() in _WHO_ASKS:
            raise scope.wrong(node, f"{node.name}() means nobody over time", "write the name or the account id instead")
    reading = _Reading(scope)
    holds = reading.clause(query.where) if query.where else _always
    return Course(tuple(reading.fields), tuple(reading.facts), tuple(scope.warnings), holds)


def _always(rows: Rows) -> BoolArray:
    return np.ones(len(rows.grid), dtype=bool)


class _Reading:
    """One query while it is read."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.fields: dict[str, None] = {}
        self.facts: list[Q] = []

    def clause(self, clause: Clause) -> Test:
        if isinstance(clause, Not):
            inner = self.clause(clause.clause)
            return lambda rows: ~inner(rows)
        if isinstance(clause, And | Or):
            parts = [self.clause(part) for part in clause.clauses]
            join = and_ if isinstance(clause, And) else or_
            return lambda rows: reduce(join, (part(rows) for part in parts))
        if times.is_time(clause.field):
            raise self.scope.wrong(clause, f"{clause.field.name} is measured to a moment and cannot be asked over time")
        if isinstance(clause, Changed) or clause.operator.startswith("was"):
            return self._past(clause)
        return self._present(clause)

    def _past(self, clause: Changed | Condition) -> Test:
        """WAS and CHANGED: from when on it has been so."""
        meaning = catalogue.find(self.scope, clause.field)
        key = past.history(self.scope, meaning, clause)
        tests = past.tests_of_changes(self.scope, meaning, clause, key)
        self.fields[key] = None
        is_not = isinstance(clause, Condition) and "not" in clause.operator
        return lambda rows: rows.since(key, tests) != is_not

    def _present(self, condition: Condition) -> Test:
        """What held at each instant, or, of a field without a history, what holds now."""
        meaning = catalogue.find(self.scope, condition.field)
        key = "status" if isinstance(meaning, CategoryField) else meaning.history
        if key is None or condition.operator in ("~", "!~"):
            return self._fact(condition, "" if meaning.name in _NEVER_CHANGE else meaning.name)
        if condition.operator not in meaning.operators:
            condition_of(self.scope, condition)  # says what is wrong
        known = past.table(numbers_held(self.scope, meaning, key, condition))
        self.fields[key] = None
        if key != "project":
            return lambda rows: past.among(known, rows.held(key))
        now = self._fact(condition)  # a history that does not tell the project is one of a single project
        return lambda rows: past.among(known, rows.held(key)) | (rows.held(key) == EMPTY) & now(rows)

    def _fact(self, condition: Condition, changing: str = "") -> Test:
        """What holds now; a warning where the field is one that changes."""
        if reads_histories(self.scope, condition):
            raise self.scope.wrong(condition, "updatedBy() cannot be asked over time")
        place = len(self.facts)
        self.facts.append(condition_of(self.scope, condition))
        if changing:
            told = f"the history of the field {changing} is not kept: what it holds now counts for all times"
            self.scope.warn(condition.field, told)
        return lambda rows: rows.fact(place)
