"""A query as a tree of frozen dataclasses; `str` of any node is its canonical JQL.

Spans tell where a node stood in the text it was read from; they do not count when nodes are compared, so a tree made by
hand equals one that was read. Keywords are in lower case, names and values as they were written, without their quotes.
"""

from dataclasses import dataclass, field
from typing import Literal

from sojourn.jql.quoting import quoted, quoted_field

Operator = (
    Literal["=", "!=", "~", "!~", ">", ">=", "<", "<="]
    | Literal["in", "not in", "is", "is not", "was", "was not", "was in", "was not in"]
)
PredicateName = Literal["from", "to", "by", "before", "after", "on", "during"]


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets in the text: of a node's first character, and of the one after its last."""

    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every part of a query has."""

    span: Span = field(default=Span(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Value(Node):
    """A word, a number, a date or a text."""

    text: str

    def __str__(self) -> str:
        return quoted(self.text)


@dataclass(frozen=True, slots=True)
class Empty(Node):
    """`EMPTY`, or its other name `NULL`."""

    def __str__(self) -> str:
        return "EMPTY"


@dataclass(frozen=True, slots=True)
class Function(Node):
    """A function with its arguments, which are texts."""

    name: str
    arguments: tuple[Value, ...] = ()

    def __str__(self) -> str:
        return f"{quoted(self.name)}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A list in brackets. A list may stand in a list."""

    operands: tuple["Operand", ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.operands))})"


Operand = Value | Empty | Function | Items


@dataclass(frozen=True, slots=True)
class Property(Node):
    """What may follow a field: in `development[commits].all` the argument is `commits` and the path `all`."""

    argument: Value
    path: str = ""

    def __str__(self) -> str:
        return f"[{self.argument}]{quoted(f'.{self.path}') if self.path else ''}"


@dataclass(frozen=True, slots=True)
class Field(Node):
    """The name of a field, and what follows it in square brackets: `status`, `cf[10010]`, `timeIn["In Progress"]`."""

    name: str
    properties: tuple[Property, ...] = ()

    def __str__(self) -> str:
        return quoted_field(self.name, followed=bool(self.properties)) + "".join(map(str, self.properties))


@dataclass(frozen=True, slots=True)
class Predicate(Node):
    """What narrows a condition on the history: `BY jane`, `AFTER startOfWeek()`, `DURING ("2024-01-01", now())`."""

    name: PredicateName
    operand: Operand

    def __str__(self) -> str:
        return f"{self.name.upper()} {self.operand}"


@dataclass(frozen=True, slots=True)
class Condition(Node):
    """A field, an operator and an operand; of `WAS` and its kin also predicates."""

    field: Field
    operator: Operator
    operand: Operand
    predicates: tuple[Predicate, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, (self.field, self.operator.upper(), self.operand, *self.predicates)))


@dataclass(frozen=True, slots=True)
class Changed(Node):
    """`status CHANGED FROM Open TO Done BY jane AFTER -4w`."""

    field: Field
    predicates: tuple[Predicate, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, (self.field, "CHANGED", *self.predicates)))


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The clause does not hold."""

    clause: "Clause"

    def __str__(self) -> str:
        return f"NOT {_bracketed(self.clause, And, Or)}"


@dataclass(frozen=True, slots=True)
class And(Node):
    """All clauses hold. There are two or more."""

    clauses: tuple["Clause", ...]

    def __str__(self) -> str:
        return " AND ".join(_bracketed(clause, And, Or) for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class Or(Node):
    """One of the clauses holds. There are two or more."""

    clauses: tuple["Clause", ...]

    def __str__(self) -> str:
        return " OR ".join(_bracketed(clause, Or) for clause in self.clauses)


Clause = Condition | Changed | Not | And | Or


def _bracketed(clause: Clause, *kinds: type) -> str:
    return f"({clause})" if isinstance(clause, kinds) else str(clause)


@dataclass(frozen=True, slots=True)
class Sort(Node):
    """A field to sort by. Without a direction the field's own holds."""

    field: Field
    direction: Literal["ASC", "DESC"] | None = None

    def __str__(self) -> str:
        return f"{self.field} {self.direction}" if self.direction else str(self.field)


@dataclass(frozen=True, slots=True)
class Query(Node):
    """What to find, all where there is no clause, and in which order."""

    where: Clause | None = None
    order_by: tuple[Sort, ...] = ()

    def __str__(self) -> str:
        order = f"ORDER BY {', '.join(map(str, self.order_by))}" if self.order_by else ""
        return " ".join(filter(None, (str(self.where or ""), order)))
