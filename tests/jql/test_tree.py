"""The tree that a text is read as, and where its nodes stood."""

import pytest
from hypothesis import given

from sojourn.jql import ast, parse
from sojourn.jql.ast import Condition, Empty, Field, Function, Items, Predicate, Property, Sort, Value
from sojourn.jql.quoting import unquoted
from tests.jql.tables import nodes, queries, verdicts

A, B, C = (Condition(Field(name), "=", Value("1")) for name in "abc")


@pytest.mark.parametrize(
    ("jql", "where"),
    [
        ("a = 1", A),
        ("a = 1 and b = 1 or c = 1", ast.Or((ast.And((A, B)), C))),
        ("a = 1 and (b = 1 or c = 1)", ast.And((A, ast.Or((B, C))))),
        ("(a = 1 and b = 1) and c = 1", ast.And((A, B, C))),
        ("not a = 1 and b = 1", ast.And((ast.Not(A), B))),
        ("not (a = 1 or b = 1)", ast.Not(ast.Or((A, B)))),
        ("! ! a = 1", ast.Not(ast.Not(A))),
        ("x NOT  IN (1, EMPTY, f(), (2))", Condition(
            Field("x"), "not in", Items((Value("1"), Empty(), Function("f"), Items((Value("2"),))))
        )),
        ("x is not null", Condition(Field("x"), "is not", Empty())),
        ("x >= startOfWeek(-1, 'a b')", Condition(
            Field("x"), ">=", Function("startOfWeek", (Value("-1"), Value("a b")))
        )),
        ("x was not in (a) by b on -4w", Condition(
            Field("x"), "was not in", Items((Value("a"),)), (Predicate("by", Value("b")), Predicate("on", Value("-4w")))
        )),
        ("x changed from a to (b, EMPTY)", ast.Changed(
            Field("x"), (Predicate("from", Value("a")), Predicate("to", Items((Value("b"), Empty()))))
        )),
        ("cf[10010] is empty", Condition(Field("cf[10010]"), "is", Empty())),
        ('timeIn["Waiting for customer"].calendar["Support"] > 3d', Condition(
            Field("timeIn", (Property(Value("Waiting for customer"), "calendar"), Property(Value("Support")))),
            ">",
            Value("3d"),
        )),
        ("issue.property[a.b].c.d ~ x", Condition(
            Field("issue.property", (Property(Value("a.b"), "c.d"),)), "~", Value("x")
        )),
    ],
)  # fmt: skip
def test_a_condition_is_read_as_this_tree(jql: str, where: ast.Clause):
    assert parse(jql) == ast.Query(where)


def test_an_order_is_kept_as_it_was_written():
    query = parse("order by created desc, cf[1] Asc, rank")
    assert query == ast.Query(None, (Sort(Field("created"), "DESC"), Sort(Field("cf[1]"), "ASC"), Sort(Field("rank"))))


def test_a_blank_text_finds_all():
    assert parse(" \n\t") == ast.Query()


@pytest.mark.parametrize("jql", [row["jql"] for row in verdicts() if row["accept"]])
def test_every_node_stands_where_its_span_says_in_real_queries(jql: str):
    _check_spans(jql)


@given(queries())
def test_every_node_stands_where_its_span_says(query: ast.Query):
    _check_spans(str(query))


def _check_spans(jql: str) -> None:
    """What stands in the span of a node, read alone, is the node. Brackets belong to what they hold."""
    for node in nodes(parse(jql)):
        part = jql[node.span.start : node.span.end]
        match node:
            case ast.Query():
                again = parse(part)
            case ast.Value(text):
                assert unquoted(part) == text
                continue
            case ast.Empty() | ast.Function() | ast.Items():
                again = parse(f"x was in ({part})").where.operand.operands[0]
            case ast.Field():
                again = parse(f"{part} = 1").where.field
            case ast.Property():
                again = parse(f"x{part} = 1").where.field.properties[0]
            case ast.Predicate():
                again = parse(f"x changed {part}").where.predicates[0]
            case ast.Sort():
                again = parse(f"order by {part}").order_by[0]
            case _:
                again = parse(part).where
        assert again == node
