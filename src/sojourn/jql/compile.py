"""From a query to the work items that meet it: one condition for the database, histories read on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Q, QuerySet

from sojourn.history.models import Issue
from sojourn.jql import catalogue, order, past, times
from sojourn.jql.asking import Asking, Scope
from sojourn.jql.ast import And, Changed, Clause, Condition, Function, Items, Not, Operand, Or, Query
from sojourn.jql.errors import JqlError
from sojourn.jql.parser import parse
from sojourn.jql.quoting import unquoted
from sojourn.jql.tokens import tokens_of

MOST_CLAUSES = 500
"""Conditions side by side in one AND or OR: databases do not nest expressions much deeper."""

_NUL = r"\u0000"
_EVERYONE = Q(pk__isnull=False)


@dataclass(frozen=True, slots=True)
class Selection:
    """The meaning of a query: a condition and an order for the work items of the store, and what is doubtful."""

    query: Query
    condition: Q
    order: Sequence[Any]
    warnings: tuple[JqlError, ...]


def selection(text: str, asking: Asking, issues: QuerySet[Issue] | None = None) -> Selection:
    """What a query means to who asks; raises JqlError, pointing at the place, where it means nothing.

    `issues` are the work items it will be asked about, all where none are given: no other history is read.
    """
    query = parse(text)
    _refuse_nul(text)
    within = Issue.objects.all() if issues is None else issues
    if asking.sites:
        within = within.filter(site__name__in=asking.sites)
    scope = Scope(text, asking, within)
    condition = _EVERYONE if query.where is None else _clause(scope, query.where)
    return Selection(query, condition, order.by(scope, query.order_by), tuple(scope.warnings))


def _refuse_nul(text: str) -> None:
    """No text of the store holds the character U+0000, and PostgreSQL takes none: raises JqlError at its word."""
    for token in tokens_of(text) if _NUL in text else ():
        if _NUL in token and "\0" in unquoted(token.value):
            message = "no text holds the character U+0000"
            raise JqlError(message, text, cast(int, token.start_pos), cast(int, token.end_pos), hint="leave it out")


def _clause(scope: Scope, clause: Clause) -> Q:
    if isinstance(clause, Not):
        return ~_clause(scope, clause.clause)
    if isinstance(clause, And | Or):
        if len(clause.clauses) > MOST_CLAUSES:
            first = clause.clauses[MOST_CLAUSES]
            raise scope.wrong(first, f"there are more than {MOST_CLAUSES} conditions side by side", "use IN (…)")
        return _all_of(scope, clause) if isinstance(clause, And) else _one_of(scope, clause)
    if isinstance(clause, Changed):
        return past.changed(scope, catalogue.find(scope, clause.field), clause)
    return _condition(scope, clause)


def _one_of(scope: Scope, clause: Or) -> Q:
    found = Q()
    for part in clause.clauses:
        found |= _clause(scope, part)
    return found


def _all_of(scope: Scope, clause: And) -> Q:
    """What is plain comes first: only the histories of what meets it are read."""
    found = Q()
    around = scope.within
    for part in sorted(clause.clauses, key=reads_histories):
        scope.within = around.filter(found)
        found &= _clause(scope, part)
    scope.within = around
    return found


def _condition(scope: Scope, condition: Condition) -> Q:
    if times.is_time(condition.field):
        return times.condition(scope, condition)
    clock = scope.asking.clocks.get(condition.field.name.casefold())
    if clock:
        return clock(scope, condition)
    meaning = catalogue.find(scope, condition.field)
    if condition.operator.startswith("was"):
        return past.was(scope, meaning, condition)
    if condition.operator not in meaning.operators:
        known = ", ".join(operator.upper() for operator in meaning.operators)
        message = f"the field {meaning.name} does not go with {condition.operator.upper()}"
        raise scope.wrong(condition, message, f"it goes with {known}")
    return meaning.condition(scope, condition)


def reads_histories(clause: Clause) -> bool:
    """Whether some part of a clause is answered from timelines."""
    if isinstance(clause, Not):
        return reads_histories(clause.clause)
    if isinstance(clause, And | Or):
        return any(map(reads_histories, clause.clauses))
    if isinstance(clause, Changed) or clause.operator.startswith("was") or times.is_time(clause.field):
        return True
    return _calls_updated_by(clause.operand)


def _calls_updated_by(operand: Operand) -> bool:
    if isinstance(operand, Items):
        return any(map(_calls_updated_by, operand.operands))
    return isinstance(operand, Function) and operand.name.casefold() == "updatedby"
