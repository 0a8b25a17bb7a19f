"""From what the grammar finds to the nodes of a query: one method for each name in grammar.lark."""

from dataclasses import replace
from typing import Any, Literal, cast

from lark import Token

from sojourn.jql.ast import (
    And,
    Changed,
    Clause,
    Condition,
    Empty,
    Field,
    Function,
    Items,
    Node,
    Not,
    Operand,
    Operator,
    Or,
    Predicate,
    PredicateName,
    Property,
    Query,
    Sort,
    Span,
    Value,
)
from sojourn.jql.quoting import unquoted

Part = Token | Node


class Build:
    """Each method takes the parts of a rule, tokens among them, and gives its node."""

    def query(self, parts: list[Any]) -> Query:
        where = parts[0] if parts and not isinstance(parts[0], Token) else None
        order_by = tuple(part for part in parts if isinstance(part, Sort))
        return Query(where, order_by, span=_span(parts) if parts else Span())

    def either(self, parts: list[Any]) -> Or:
        """An Or in brackets in an Or is part of it; so it is with And."""
        clauses = [part.clauses if isinstance(part, Or) else (part,) for part in parts[::2]]
        return Or(tuple(clause for some in clauses for clause in some), span=_span(parts))

    def both(self, parts: list[Any]) -> And:
        clauses = [part.clauses if isinstance(part, And) else (part,) for part in parts[::2]]
        return And(tuple(clause for some in clauses for clause in some), span=_span(parts))

    def negation(self, parts: list[Any]) -> Not:
        return Not(parts[1], span=_span(parts))

    def group(self, parts: list[Any]) -> Clause:
        """Brackets leave no node; they belong to what they hold."""
        return cast(Clause, replace(parts[1], span=_span(parts)))

    def symbolic(self, parts: list[Any]) -> Condition:
        field, operator, operand = parts
        return Condition(field, operator.value, operand, span=Span(field.span.start, operand.span.end))

    def worded(self, parts: list[Any]) -> Condition:
        field, operator, operand, *predicates = parts
        return Condition(field, operator, operand, tuple(predicates), span=Span(field.span.start, _end(parts[-1])))

    def changed(self, parts: list[Any]) -> Changed:
        field, _, *predicates = parts
        return Changed(field, tuple(predicates), span=_span(parts))

    def operator(self, parts: list[Token]) -> Operator:
        return cast(Operator, " ".join(parts).lower())

    def value(self, parts: list[Token]) -> Value:
        token = parts[0]
        return Value(unquoted(token.value), span=Span(_start(token), _end(token)))

    def empty(self, parts: list[Any]) -> Empty:
        return Empty(span=_span(parts))

    def function(self, parts: list[Any]) -> Function:
        return Function(parts[0].text, tuple(parts[2:-1:2]), span=_span(parts))

    def items(self, parts: list[Any]) -> Items:
        return Items(tuple(cast(Operand, part) for part in parts[1:-1:2]), span=_span(parts))

    def predicate(self, parts: list[Any]) -> Predicate:
        return Predicate(cast(PredicateName, parts[0].lower()), parts[1], span=_span(parts))

    def field(self, parts: list[Any]) -> Field:
        return Field(unquoted(parts[0].value), tuple(parts[1:]), span=_span(parts))

    def custom_field(self, parts: list[Any]) -> Field:
        return Field(f"cf[{parts[2]}]", tuple(parts[4:]), span=_span(parts))

    def bracketed(self, parts: list[Any]) -> Property:
        """What follows the brackets is one path, however it was split: `.a.b`, `. a .b`."""
        steps = [part.text.removeprefix(".") for part in parts[3:]]
        return Property(parts[1], ".".join(filter(None, steps)), span=_span(parts))

    def sort(self, parts: list[Any]) -> Sort:
        direction = cast(Literal["ASC", "DESC"], parts[1].upper()) if len(parts) == 2 else None
        return Sort(parts[0], direction, span=_span(parts))


def _span(parts: list[Part]) -> Span:
    return Span(_start(parts[0]), _end(parts[-1]))


def _start(part: Part) -> int:
    return part.span.start if isinstance(part, Node) else cast(int, part.start_pos)


def _end(part: Part) -> int:
    return part.span.end if isinstance(part, Node) else cast(int, part.end_pos)
