"""The tables beside the tests, and queries made by Hypothesis."""

import json
import random
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from hypothesis import strategies as st

from sojourn.jql import ast

HERE = Path(__file__).parent


def lines(name: str) -> list[str]:
    return [line for line in (HERE / name).read_text(encoding="utf-8").splitlines() if not line.startswith("# ")]


def verdicts() -> list[dict]:
    """Queries with the verdict of Atlassian's parser; `source` says from where. A choice of those in ../shared."""
    return [json.loads(line) for line in lines("verdicts.jsonl")]


def nodes(node: ast.Node) -> Iterator[ast.Node]:
    """A node and all that are in it."""
    yield node
    for field in fields(node):
        value = getattr(node, field.name)
        for part in value if isinstance(value, tuple) else [value]:
            if isinstance(part, ast.Node):
                yield from nodes(part)


def _some(strategy, least: int = 0):
    return st.lists(strategy, min_size=least, max_size=3).map(tuple)


WORDS = [
    "and",
    "Order",
    "limit",
    "cf",
    "NULL",
    "12",
    "-3",
    "-4w 2d",
    "it's",
    '"',
    "\\",
    "In Progress",
    "\n",
    "a.b",
    "cf[7]",
]
TEXTS = st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.builds(ast.Value, TEXTS)


@st.composite
def operands(
    draw, kinds: tuple[type, ...] = (ast.Value, ast.Function, ast.Empty, ast.Items), depth: int = 2
) -> ast.Operand:
    kind = draw(st.sampled_from([kind for kind in kinds if depth or kind is not ast.Items]))
    if kind is ast.Items:
        return ast.Items(draw(_some(operands(depth=depth - 1), 1)))
    if kind is ast.Function:
        return ast.Function(draw(TEXTS), draw(_some(VALUES)))
    return draw(VALUES) if kind is ast.Value else ast.Empty()


@st.composite
def names(draw) -> ast.Field:
    properties = _some(st.builds(ast.Property, VALUES, TEXTS))
    return ast.Field(draw(TEXTS), draw(st.just(()) | properties))


_WAS = ("by", "before", "after", "on", "during")
_OPERANDS = {
    **dict.fromkeys(["=", "!=", "~", "!~", "was", "was not"], (ast.Value, ast.Function, ast.Empty)),
    **dict.fromkeys([">", ">=", "<", "<="], (ast.Value, ast.Function)),
    **dict.fromkeys(["in", "not in", "was in", "was not in"], (ast.Items, ast.Function)),
    **dict.fromkeys(["is", "is not"], (ast.Empty,)),
}


@st.composite
def leaves(draw) -> ast.Condition | ast.Changed:
    field, operator = draw(names()), draw(st.sampled_from(["changed", *_OPERANDS]))
    allowed = ("from", "to", *_WAS) if operator == "changed" else _WAS if "was" in operator else ()
    predicates = draw(_some(st.builds(ast.Predicate, st.sampled_from(allowed), operands()))) if allowed else ()
    if operator == "changed":
        return ast.Changed(field, predicates)
    return ast.Condition(field, operator, draw(operands(_OPERANDS[operator])), predicates)


@st.composite
def clauses(draw, depth: int = 3, *, but: type = ast.Node) -> ast.Clause:
    kind = draw(st.sampled_from([ast.Condition, ast.Not, ast.And, ast.Or]))
    if kind in (ast.Condition, but) or not depth:
        return draw(leaves())
    if kind is ast.Not:
        return ast.Not(draw(clauses(depth - 1)))
    return kind(draw(_some(clauses(depth - 1, but=kind), 2)))


@st.composite
def queries(draw) -> ast.Query:
    """Normal trees: no And stands right in an And, no Or in an Or, and an operand fits its operator."""
    sorts = st.builds(ast.Sort, names(), st.sampled_from([None, "ASC", "DESC"]))
    return ast.Query(draw(st.none() | clauses()), draw(_some(sorts)))


PIECES = [
    *("(", ")", "[", "]", ",", "=", "!=", "~", "!~", "<", ">=", "!", "not", "in", "is", "was", "changed", "and", "or"),
    *("&", "||", "order", "by", "asc", "empty", "from", "during", "cf", "cf[1]", "12", "-3", "a", '"b c"', "'d'", ".x"),
    *(
        r"\u0041",
        r"\q",
        "if",
        "\t",
        "\x0b",
        " ",
        '"',
        "'",
        "\\",
        "%",
        "@",
        "é",
        "\ufdd0",
        "f(",
        "f()",
        "(a, b)",
        "a[b].c",
    ),
]


@st.composite
def mutated(draw) -> str:
    """A real query with some of its characters replaced by pieces of others."""
    text = draw(st.sampled_from([row["jql"] for row in verdicts()]))
    dice = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(dice.randint(1, 3)):
        at = dice.randint(0, len(text))
        text = text[:at] + dice.choice(["", " "]) + dice.choice(PIECES) + " " + text[at + dice.randint(0, 4) :]
    return text
