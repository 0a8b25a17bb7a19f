"""What may stand where somebody types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.jql import ast
from sojourn.jql.expecting import Expecting, expected_at
from tests.jql.tables import mutated

STATUS, A = ast.Field("status"), ast.Field("a")
OPERATORS = (
    *("=", "!=", "~", "!~", ">", ">=", "<", "<=", "in", "not in", "is", "is not"),
    *("was", "was not", "was in", "was not in", "changed"),
)
FIELD = {"kinds": {"field"}, "keywords": ("NOT",), "symbols": ("(",)}
FIRST = {**FIELD, "keywords": ("NOT", "ORDER BY")}
VALUE = {"kinds": {"value", "function"}, "keywords": ("EMPTY",)}
ITEM = {**VALUE, "symbols": ("(",)}
OPERATOR = {"operators": OPERATORS, "symbols": ("[",), "field": STATUS}
AFTER = {"keywords": ("AND", "OR", "ORDER BY")}
HISTORY = ("BY", "BEFORE", "AFTER", "ON", "DURING")

TABLE = [
    ("|", FIRST),
    ("sta|", {**FIRST, "typed": "sta"}),
    ("sta|tus = x", {**FIRST, "typed": "sta"}),
    ("status = x AND |", FIELD),
    ("NOT |", FIELD),
    ("(|", FIELD),
    ("status |", OPERATOR),
    ("status i|", {**OPERATOR, "typed": "i"}),
    ("status in|", {**OPERATOR, "typed": "in"}),
    ("status !|", {**OPERATOR, "typed": "!"}),
    ("status not |", {"keywords": ("IN",), "field": STATUS}),
    ("a[b].c |", {**OPERATOR, "field": ast.Field("a", (ast.Property(ast.Value("b"), "c"),))}),
    ("cf[10010] |", {**OPERATOR, "field": ast.Field("cf[10010]")}),
    ("a[|", {"kinds": {"key"}}),
    ("cf[|", {"kinds": {"number"}}),
    ("status = |", {**VALUE, "field": STATUS, "operator": "="}),
    ("a = 1 and status != |", {**VALUE, "field": STATUS, "operator": "!="}),
    ("status ~ o|", {**VALUE, "field": STATUS, "operator": "~", "typed": "o"}),
    ("status < |", {"kinds": {"value", "function"}, "field": STATUS, "operator": "<"}),
    ("status >= -4|", {"kinds": {"value", "function"}, "field": STATUS, "operator": ">=", "typed": "-4"}),
    ("status in |", {"kinds": {"function"}, "symbols": ("(",), "field": STATUS, "operator": "in"}),
    ("status not in (|", {**ITEM, "field": STATUS, "operator": "not in"}),
    ("status in (a, |", {**ITEM, "field": STATUS, "operator": "in"}),
    ("status in (a|, b)", {**ITEM, "field": STATUS, "operator": "in", "typed": "a"}),
    ("status in (a |", {"symbols": (")", ",")}),
    ("status is |", {"keywords": ("NOT", "EMPTY"), "field": STATUS, "operator": "is"}),
    ("status is not |", {"keywords": ("EMPTY",), "field": STATUS, "operator": "is not"}),
    ("status was |", {**VALUE, "keywords": ("NOT", "IN", "EMPTY"), "field": STATUS, "operator": "was"}),
    ("status was not |", {**VALUE, "keywords": ("IN", "EMPTY"), "field": STATUS, "operator": "was not"}),
    ("status was not in (|", {**ITEM, "field": STATUS, "operator": "was not in"}),
    ("status was open |", {"keywords": ("AND", "OR", *HISTORY, "ORDER BY")}),
    ("status was open by |", {**ITEM, "field": STATUS, "operator": "was", "predicate": "by"}),
    ("status changed |", {"keywords": ("AND", "OR", "FROM", "TO", *HISTORY, "ORDER BY")}),
    ("status changed from a to (|", {**ITEM, "field": STATUS, "operator": "changed", "predicate": "to"}),
    ("status changed from |", {**ITEM, "field": STATUS, "operator": "changed", "predicate": "from"}),
    ("a = f(|", {"kinds": {"argument"}, "symbols": (")",), "field": A, "operator": "=", "function": "f"}),
    ("a in ('g h'(x, y|", {
        "kinds": {"argument"}, "field": A, "operator": "in", "function": "g h", "argument": 1, "typed": "y"
    }),
    ("a = f |", {**AFTER}),
    ("a in f |", {"symbols": ("(",)}),
    ("a = b |", AFTER),
    ("a = b o|", {**AFTER, "typed": "o"}),
    ("(a = b |", {"keywords": ("AND", "OR"), "symbols": (")",)}),
    ("a = b order |", {"keywords": ("BY",)}),
    ("order by |", {"kinds": {"field"}}),
    ("order by a |", {"keywords": ("ASC", "DESC"), "symbols": (",", "[")}),
    ("order by a desc |", {"symbols": (",",)}),
    ("order by a desc, |", {"kinds": {"field"}}),
    ('a = "In P|', {**VALUE, "field": A, "operator": "=", "typed": "In P", "quote": '"'}),
    (r"a = 'it\'s|", {**VALUE, "field": A, "operator": "=", "typed": "it's", "quote": "'"}),
    ('a = "Done"|', AFTER),
    ("a = b c d |", {}),
    ("status === |", {}),
    ("a ! |", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), TABLE, ids=[text for text, _ in TABLE])
def test_what_may_stand_at_the_cursor(text: str, wanted: dict):
    before, after = text.split("|")
    told = expected_at(before + after, len(before))
    shown = {name: getattr(told, name) for name in Expecting.__slots__ if name not in ("start", "end")}
    assert {name: value for name, value in shown.items() if value} == wanted


@pytest.mark.parametrize("text", [text for text, _ in TABLE], ids=[text for text, _ in TABLE])
def test_an_error_after_the_word_changes_nothing(text: str):
    before = text.split("|")[0]
    alone, followed = expected_at(before, len(before)), expected_at(f"{before} ) = 'x' =", len(before))
    assert followed == alone


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("sta|tus = x", "status"),
        ("a = |", ""),
        ("a = b |c", ""),
        ("a in (fi|rst, b)", "first"),
        ('a = "In |Progress" and b = "c"', '"In Progress"'),
        ('a = "In P| and b = "c"', '"In P'),
        ("a = 'In P|", "'In P"),
        ("a = curr|entUser()", "currentUser"),
        (r"a = b\ |c d", r"b\ c"),
        ("a !|", "!"),
        ("a = 12|3", "123"),
    ],
)
def test_the_word_under_the_cursor_reaches_as_far_as_it_goes(text: str, word: str):
    before, after = text.split("|")
    told = expected_at(before + after, len(before))
    assert (before + after)[told.start : told.end] == word


@given(mutated(), st.integers(-5, 500))
def test_wherever_the_cursor_stands_there_is_an_answer(text: str, cursor: int):
    told = expected_at(text, cursor)
    assert 0 <= told.start <= min(max(cursor, 0), len(text)) <= told.end <= len(text)
