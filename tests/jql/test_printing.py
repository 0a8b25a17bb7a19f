"""The canonical form of a query says the same, and is its own canonical form."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.jql import ast, parse
from sojourn.jql.quoting import quoted, unquoted
from tests.jql.tables import TEXTS, lines, queries, verdicts


@pytest.mark.parametrize("jql", lines("identity.txt"))
def test_what_is_canonical_stays_as_it_is(jql: str):
    assert str(parse(jql)) == jql


@pytest.mark.parametrize("row", lines("pairs.txt"))
def test_other_spellings_are_printed_canonically(row: str):
    jql, canonical = row.split(" ⇒ ")
    assert str(parse(jql)) == canonical


@given(queries())
def test_a_printed_tree_is_read_as_itself(query: ast.Query):
    assert parse(str(query)) == query


@pytest.mark.parametrize("jql", [row["jql"] for row in verdicts() if row["accept"]])
def test_printing_keeps_the_tree_and_is_stable(jql: str):
    query = parse(jql)
    assert parse(str(query)) == query
    assert str(parse(str(query))) == str(query)


@given(TEXTS)
def test_quotes_lose_nothing(text: str):
    assert unquoted(quoted(text)) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r'"a\"b\'c\\d"', "a\"b'c\\d"),
        (r"'\n\r\t\ '", "\n\r\t "),
        (r"\u00e9\u0041", "éA"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud83d!"', "\ufffd!"),
        ('""', ""),
    ],
)
def test_escapes_mean_what_they_do_in_jira(source: str, text: str):
    assert parse(f"a = {source}").where == ast.Condition(ast.Field("a"), "=", ast.Value(text))


BOOLEAN = st.recursive(
    st.sampled_from("abc"),
    lambda part: st.one_of(
        part.map(lambda text: f"({text})"),
        part.map(lambda text: f"not {text}"),
        st.tuples(part, st.sampled_from(["and", "or"]), part).map(" ".join),
    ),
    max_leaves=12,
)


@given(BOOLEAN)
def test_reading_and_printing_keep_what_is_true(expression: str):
    """Python has the same precedence, so its own answer is the right one."""
    jql = " ".join(f"{word[:-1]}{word[-1]} = 1" if word in "abc" else word for word in _words(expression))
    again = parse(str(parse(jql))).where
    for values in product([False, True], repeat=3):
        world = dict(zip("abc", values, strict=True))
        assert _holds(again, world) is eval(expression, {}, world)


def _words(expression: str) -> list[str]:
    return expression.replace("(", "( ").replace(")", " )").split()


def _holds(clause: ast.Clause | None, world: dict[str, bool]) -> bool:
    match clause:
        case ast.Not(inner):
            return not _holds(inner, world)
        case ast.And(clauses):
            return all(_holds(part, world) for part in clauses)
        case ast.Or(clauses):
            return any(_holds(part, world) for part in clauses)
        case ast.Condition(field):
            return world[field.name]
    raise AssertionError(clause)
