"""What is said of a query that cannot be read; and that nothing worse than being told ever happens."""

import subprocess
import sys
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.errors import UserError
from sojourn.jql import JqlError, ast, parse
from sojourn.jql.expecting import expected_at
from sojourn.jql.parser import MAX_CHARACTERS, MAX_DEPTH
from tests.jql.tables import lines, mutated

TOLD = lines("errors.txt")


@pytest.mark.parametrize(("jql", "told"), list(zip(TOLD[::2], TOLD[1::2], strict=True)))
def test_an_error_names_the_place_and_what_would_be_right(jql: str, told: str):
    with pytest.raises(JqlError) as error:
        parse(jql)
    assert str(error.value) == told.strip()


def test_an_error_can_be_shown_by_every_face():
    with pytest.raises(UserError) as error:
        parse("project = A\n  AND status =\nORDER BY limit")
    told = error.value
    assert isinstance(told, JqlError)
    assert (told.line, told.column, told.start, told.end) == (3, 1, 27, 32)
    assert told.expected == ("a value", "EMPTY")
    assert told.message == "expected a value or EMPTY, found ORDER"
    assert told.hint == 'a reserved word needs quotes: "ORDER"'


@pytest.mark.parametrize(
    ("feed", "code"), [("\f", "U+000C"), ("\x00", "U+0000"), ("\ufdd0", "U+FDD0"), ("\ud800", "U+D800")]
)
def test_what_cannot_be_seen_is_named_by_its_number(feed: str, code: str):
    with pytest.raises(JqlError, match=f"found the character {code}".replace("+", r"\+")):
        parse(f"a = b {feed}")


DEEP = [
    ("(" * MAX_DEPTH, ")" * MAX_DEPTH),
    ("NOT " * MAX_DEPTH, ""),
    ("NOT (" * (MAX_DEPTH // 2), ")" * (MAX_DEPTH // 2)),
    ("a = 1 AND (b = 1 OR " * MAX_DEPTH, ")" * MAX_DEPTH),
    ("a IN (" + "(b), " * 1_000 + "(" * (MAX_DEPTH - 1), ")" * MAX_DEPTH + " AND c = 1"),
]


@pytest.mark.parametrize(("before", "after"), DEEP)
def test_a_query_nested_as_deep_as_may_be_is_read_printed_and_compared(before: str, after: str):
    query = parse(f"{before}c = 1{after}" if "IN" not in before else f"{before}1{after}")
    assert parse(str(query)) == query == deepcopy(query)
    assert hash(query) == hash(deepcopy(query))


@pytest.mark.parametrize(("before", "after"), DEEP)
def test_a_query_nested_deeper_is_refused(before: str, after: str):
    with pytest.raises(JqlError, match=f"nested deeper than {MAX_DEPTH}"):
        parse(f"! ({before}c = 1{after})")


def test_brackets_side_by_side_are_not_nested():
    query = parse(" AND ".join(["NOT (a = 1 OR b IN (2))"] * 2_000))
    assert isinstance(query.where, ast.And)
    assert len(query.where.clauses) == 2_000


@pytest.mark.parametrize(
    "piece", ["(", "!", "not ", "a in (", "f(", "a[b", '"', "\\", "a ", "a = 1 or ", "a,", "[", "order by ", "-"]
)
def test_a_long_text_of_nonsense_is_refused_and_nothing_else(piece: str):
    text = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    with pytest.raises(JqlError):
        parse(f"{text}"[:-1] + ")")


def test_a_text_longer_than_may_be_is_refused():
    assert parse("a = 1".ljust(MAX_CHARACTERS)) == parse("a = 1")
    with pytest.raises(JqlError, match="100,001 characters; at most 100,000"):
        parse("a = 1".ljust(MAX_CHARACTERS + 1))
    with pytest.raises(JqlError, match="at most 100,000"):
        expected_at("a = 1".ljust(MAX_CHARACTERS + 1), 3)


def refusal(text: str) -> JqlError | None:
    try:
        parse(text)
    except JqlError as error:
        return error
    return None


@given(mutated() | st.text())
def test_whatever_is_written_it_is_a_query_or_there_is_an_error_in_the_text(text: str):
    told = refusal(text)
    if told is None:
        assert parse(str(parse(text))) == parse(text)
    else:
        assert 0 <= told.start <= told.end <= len(text)
        assert text.split("\n")[told.line - 1][: told.column - 1] == text[: told.start].split("\n")[-1]
        assert told.message in str(told)


def test_reading_jql_loads_no_django():
    program = "import sys, sojourn.jql.expecting; sojourn.jql.parse('a = 1'); sys.exit('django' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
