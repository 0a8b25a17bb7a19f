"""From a query to the work items that meet it: one condition for the database, histories read on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Func, Q, QuerySet

from sojourn.history.models import Issue
from sojourn.jql import catalogue, order, past, system, times
from sojourn.jql.asking import Asking, Clock, Scope
from sojourn.jql.ast import And, Changed, Clause, Condition, Field, Function, Items, Not, Operand, Or, Query
from sojourn.jql.errors import JqlError
from sojourn.jql.parser import parse
from sojourn.jql.sound import refuse_unsound, without_double_not

_EVERYONE = Q(pk__isnull=False)
_MOST_JOINED = 8


@dataclass(frozen=True, slots=True)
class Selection:
    """The meaning of a query: a condition and an order for the work items of the store, and what is doubtful."""

    query: Query
    condition: Q
    order: Sequence[Any]
    warnings: tuple[JqlError, ...]


def selection(
    text: str, asking: Asking, issues: QuerySet[Issue] | None = None, *, is_everything: bool = False
) -> Selection:
    """What a query means to who asks; raises JqlError, pointing at the place, where it means nothing.

    `issues` are the work items it will be asked about, all where none are given: no other history is read.
    `is_everything` says that they leave out none that is there of the sites asked for.
    """
    query = parse(text)
    within = (Issue.objects.all() if issues is None else issues).filter(asking.sight)
    if asking.sites:
        within = within.filter(site__name__in=asking.sites)
    scope = Scope(text, asking, within, asking.sites if is_everything else None)
    refuse_unsound(scope, query)
    condition = _EVERYONE if query.where is None else condition_of(scope, query.where)
    return Selection(query, condition, order.by(scope, query.order_by), tuple(scope.warnings))


def condition_of(scope: Scope, clause: Clause) -> Q:
    """The work items that meet a clause; raises JqlError where it means nothing."""
    clause = without_double_not(clause)
    if isinstance(clause, Not):
        return ~condition_of(scope, clause.clause)
    if isinstance(clause, And | Or):
        return _all_of(scope, clause) if isinstance(clause, And) else _one_of(scope, clause)
    if isinstance(clause, Changed):
        if times.is_time(clause.field):
            raise times.unfit(scope, clause, "CHANGED")
        return past.changed(scope, catalogue.find(scope, clause.field), clause)
    return _condition(scope, clause)


def _one_of(scope: Scope, clause: Or) -> Q:
    found = Q()
    for part in clause.clauses:
        found |= condition_of(scope, part)
    return found


def _all_of(scope: Scope, clause: And) -> Q:
    """What is plain comes first: only the histories of what meets it are read."""
    found = Q()
    around, everything = scope.within, scope.everything
    parts = sorted(clause.clauses, key=lambda part: reads_histories(scope, part))
    for before, part in zip((None, *parts), parts, strict=False):
        if before and reads_histories(scope, part) and not reads_histories(scope, before):
            scope.within, scope.everything = around.filter(found), None
        asked = condition_of(scope, part)
        found &= asked if len(found) < _MOST_JOINED else _fenced(asked)
    scope.within, scope.everything = around, everything
    return found


def _fenced(condition: Q) -> Q:
    """The condition so that PostgreSQL makes no joins of it: hundreds of them take minutes to be put in an order."""
    whole = ExpressionWrapper(condition, output_field=BooleanField())
    return Q(Func(whole, template="(%(expressions)s) IS TRUE", output_field=BooleanField()))


def _condition(scope: Scope, condition: Condition) -> Q:
    if times.is_time(condition.field):
        return times.condition(scope, condition)
    clock = clock_of(scope, condition.field)
    if clock:
        return clock.condition(scope, condition)
    meaning = catalogue.find(scope, condition.field)
    if condition.operator.startswith("was"):
        return past.was(scope, meaning, condition)
    if condition.operator not in meaning.operators:
        known = ", ".join(operator.upper() for operator in meaning.operators)
        message = f"the field {meaning.name} does not go with {condition.operator.upper()}"
        raise scope.wrong(condition, message, f"it goes with {known}")
    return meaning.condition(scope, condition)


def clock_of(scope: Scope, field: Field) -> Clock | None:
    """The field of another room that a name means; Jira's own fields come first."""
    word = field.name.casefold()
    return None if word in system.BY_NAME else scope.clocks.get(word)


def reads_histories(scope: Scope, clause: Clause) -> bool:
    """Whether some part of a clause is answered from timelines."""
    if isinstance(clause, Not):
        return reads_histories(scope, clause.clause)
    if isinstance(clause, And | Or):
        return any(reads_histories(scope, part) for part in clause.clauses)
    if isinstance(clause, Changed) or clause.operator.startswith("was") or times.is_time(clause.field):
        return True
    return _calls_updated_by(clause.operand) or clock_of(scope, clause.field) is not None


def _calls_updated_by(operand: Operand) -> bool:
    if isinstance(operand, Items):
        return any(map(_calls_updated_by, operand.operands))
    return isinstance(operand, Function) and operand.name.casefold() == "updatedby"
