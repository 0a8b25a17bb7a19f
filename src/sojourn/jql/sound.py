"""What is wrong with a query whatever the store holds: more than a database takes, and arguments that none are."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from sojourn.jql import manual
from sojourn.jql.asking import Scope
from sojourn.jql.ast import And, Changed, Clause, Condition, Function, Node, Not, Or, Query, Value

MOST_CONDITIONS: Final = 400
"""Conditions and functions: a database nests those of one AND or OR, and the more there are, the deeper."""

MOST_DEEP: Final = 16
"""How deep AND, OR and NOT stand in each other: SQLite's own reader of SQL has a small stack."""


def refuse_unsound(scope: Scope, query: Query) -> None:
    """Raises JqlError at the first thing that no store could answer."""
    conditions = 0
    for node in nodes(query):
        if isinstance(node, Value) and "\0" in node.text:
            raise scope.wrong(node, "no value has the character U+0000", "leave it out")
        if isinstance(node, Function):
            _check_arguments(scope, node)
        if isinstance(node, Condition | Changed | Function):
            conditions += 1
            if conditions > MOST_CONDITIONS:
                message = f"there are more than {MOST_CONDITIONS} conditions and functions"
                raise scope.wrong(node, message, "several values of one field fit one condition: IN (…)")
    if query.where is not None:
        _refuse_deep(scope, query.where, 0)


def nodes(node: Node) -> Iterator[Node]:
    """A node and all that are in it, in the order of the text."""
    yield node
    for field in fields(node):
        value = getattr(node, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Node):
                yield from nodes(part)


def _check_arguments(scope: Scope, function: Function) -> None:
    known = manual.ALL.get(function.name.casefold())
    if known is None:  # it is refused by the field it stands at
        return
    least, most, given = known.needs, len(known.takes), len(function.arguments)
    if given < least or (given > most and not known.repeats):
        takes = "no arguments" if not most else f"{least} to {most} arguments" if least else f"at most {most} argument"
        raise scope.wrong(function, f"{function.name}() takes {takes}, and here are {given}")


def without_double_not(clause: Clause) -> Clause:
    """The clause without pairs of NOT before it."""
    while isinstance(clause, Not) and isinstance(clause.clause, Not):
        clause = clause.clause.clause
    return clause


def _refuse_deep(scope: Scope, clause: Clause, depth: int) -> None:
    clause = without_double_not(clause)
    if not isinstance(clause, And | Or | Not):
        return
    if depth == MOST_DEEP:
        raise scope.wrong(
            clause, f"AND, OR and NOT stand in each other more than {MOST_DEEP} deep", "use fewer brackets"
        )
    for part in clause.clauses if isinstance(clause, And | Or) else (clause.clause,):
        _refuse_deep(scope, part, depth + 1)
