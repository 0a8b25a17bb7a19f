"""$filter: what conditions mean, by hand and against a plain walk over rows; and what is refused."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.errors import Refused
from sojourn.feeds.odata.errors import Unsupported
from sojourn.feeds.odata.filters import DEEPEST, LONGEST, condition
from sojourn.feeds.odata.properties import Property

KINDS = {
    "key": "Edm.String",
    "ms": "Edm.Int64",
    "share": "Edm.Double",
    "current": "Edm.Boolean",
    "at": "Edm.DateTimeOffset",
    "due": "Edm.Date",
    "allocated": "Edm.String",
    "order": "Edm.Int64",
}
PROPERTIES = tuple(Property(name, f"column {name}", kind) for name, kind in KINDS.items())
SCHEMA: dict[str, Any] = {
    "key": pl.String,
    "ms": pl.Int64,
    "share": pl.Float64,
    "current": pl.Boolean,
    "at": pl.Datetime("ms", "UTC"),
    "due": pl.Date,
    "allocated": pl.String,
    "order": pl.Int64,
}
ROWS: list[dict[str, Any]] = [
    {"key": "A-1", "ms": 1, "share": 0.5, "current": True, "at": datetime(2024, 1, 1, tzinfo=UTC), "order": 1}
    | {"due": date(2024, 1, 1), "allocated": "x"},
    {"key": "a-2", "ms": None, "share": 2.0, "current": False, "at": None, "due": None, "allocated": None, "order": 2},
    {"key": None, "ms": 3, "share": None, "current": None, "at": datetime(2024, 1, 3, 10, 30, 5, tzinfo=UTC)}
    | {"due": None, "allocated": None, "order": 3},
    {"key": "it's ü", "ms": -4, "share": 1e3, "current": True, "at": datetime(2025, 2, 1, tzinfo=UTC), "order": 4}
    | {"due": date(2024, 5, 1), "allocated": "and"},
]


def found(text: str, rows: list[dict[str, Any]] = ROWS) -> list[int]:
    """The numbers, from 1, of the rows for which a condition holds."""
    frame = pl.DataFrame(rows, schema=SCHEMA).rename({name: f"column {name}" for name in SCHEMA})
    kept = frame.with_row_index("number", 1).filter(condition(text, PROPERTIES))
    return kept["number"].to_list()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("ms gt 1", [3]),
        ("ms ge 1", [1, 3]),
        ("ms lt 1", [4]),
        ("ms le 1", [1, 4]),
        ("1 lt ms", [3]),
        ("ms eq null", [2]),
        ("null eq ms", [2]),
        ("ms ne null", [1, 3, 4]),
        ("ms ne 3", [1, 2, 4]),
        ("not (ms gt 1)", [1, 2, 4]),
        ("not ms gt 1", [1, 2, 4]),
        ("ms gt null", []),
        ("ms eq -4", [4]),
        ("ms lt 1.5", [1, 4]),
        ("share eq 1e3", [4]),
        ("share ge 2", [2, 4]),
        ("current", [1, 4]),
        ("not current", [2, 3]),
        ("current eq false", [2]),
        ("current ne true", [2, 3]),
        ("true", [1, 2, 3, 4]),
        ("null", []),
        ("1 eq 1", [1, 2, 3, 4]),
        ("key eq 'it''s ü'", [4]),
        ("key gt 'A'", [1, 2, 4]),
        ("key in ('A-1')", [1]),
        ("key in ('A-1','it''s ü', null)", [1, 3, 4]),
        ("ms in (1,3)", [1, 3]),
        ("contains(key,'-')", [1, 2]),
        ("contains(key,'.')", []),
        ("startswith(tolower(key),'a')", [1, 2]),
        ("endswith(key,'2') or endswith(key,'ü')", [2, 4]),
        ("length(key) eq 6", [4]),
        ("toupper(trim(key)) eq 'A-2'", [2]),
        ("at ge 2024-01-03T10:30:05Z", [3, 4]),
        ("at eq 2024-01-03T11:30:05.000+01:00", [3]),
        ("at lt 2024-01-02", [1]),
        ("due eq 2024-05-01", [4]),
        ("due lt 2024-05-01T00:00:00Z", [1]),
        ("date(at) eq 2024-01-03", [3]),
        ("year(at) eq 2024 and month(at) eq 1 and day(at) eq 3", [3]),
        ("hour(at) eq 10 and minute(at) eq 30 and second(at) eq 5", [3]),
        ("year(due) eq 2024", [1, 4]),
        ("ms eq 1 or ms eq 3 and current eq true", [1]),
        ("(ms eq 1 or ms eq 3) and current eq true", [1]),
        ("ms eq 1 or ms eq 3 or ms eq -4", [1, 3, 4]),
        ("allocated eq 'and'", [4]),
        ("order eq 3", [3]),
        ("  ms   eq 3 ", [3]),
    ],
)
def test_a_condition_means(text: str, numbers: list[int]) -> None:
    assert found(text) == numbers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ends too early"),
        ("ms eq", "cannot be read|ends too early"),
        ("ms", "a number is no condition"),
        ("'a'", "a text is no condition"),
        ('key eq "x"', "cannot be read at '\"x\"'"),
        ("ms eq 1 and", "cannot be read|ends too early"),
        ("((ms eq 1)", "cannot be read|ends too early"),
        ("nope eq 1", "there is no 'nope'; there are key, ms"),
        ("key/name eq 1", "there is no 'key/name'"),
        ("ms eq 'a'", "compares number with text"),
        ("key in (1)", "compares text with number"),
        ("key in ()", "cannot be read"),
        ("current lt true", "have no order"),
        ("contains(key)", "contains takes 2, not 1"),
        ("contains(ms,'a')", "contains takes text, not number"),
        ("year(key) eq 1", "year takes instant or date, not text"),
        ("ms eq 99999999999999999999", "64 bits"),
        ("at eq 2024-13-01T00:00:00Z", "is no time"),
        ("at eq 0000-01-01T00:00:00Z", "is no time"),
        ("due eq 2024-02-30", "is no date"),
        (f"{'not ' * (DEEPEST + 1)}current", "nested more than 50 deep"),
        (f"{'not ' * 4_000}current", "nested more than 50 deep"),
        (" " * (LONGEST + 1), "over 20,000 characters"),
    ],
)
def test_what_is_no_condition_is_refused_and_said_how(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        condition(text, PROPERTIES)
    assert refused.value.path == "$filter"
    assert not isinstance(refused.value, Unsupported)


@pytest.mark.parametrize("text", ["ms add 1 eq 2", "ms mod 2 eq 0", "ms has 1", "round(share) eq 1", "now() gt at"])
def test_what_is_odata_and_not_built_is_told_apart(text: str) -> None:
    with pytest.raises(Unsupported):
        condition(text, PROPERTIES)


def test_brackets_and_long_lists_are_no_depth() -> None:
    assert found(f"{'(' * 500}current{')' * 500}") == [1, 4]
    assert found(" or ".join(f"ms eq {number}" for number in range(2, 1_000))) == [3]


Condition = tuple[str, Any]
"""A text, and whether it holds of a row, by a plain walk."""


def _ordered(name: str, operator: str, value: int) -> Condition:
    compare = {
        "eq": lambda left: left == value,
        "ne": lambda left: left != value,
        "gt": lambda left: left is not None and left > value,
        "ge": lambda left: left is not None and left >= value,
        "lt": lambda left: left is not None and left < value,
        "le": lambda left: left is not None and left <= value,
    }
    return f"{name} {operator} {value}", lambda row: compare[operator](row[name])


def _joined(word: str, some: list[Condition]) -> Condition:
    text = f" {word} ".join(f"({one})" for one, _ in some)
    return text, lambda row: (any if word == "or" else all)(holds(row) for _, holds in some)


def _negated(one: Condition) -> Condition:
    text, holds = one
    return f"not ({text})", lambda row: not holds(row)


LEAVES = st.builds(
    _ordered,
    st.sampled_from(["ms", "order"]),
    st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"]),
    st.integers(-5, 5),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(_negated, inner)
        | st.builds(_joined, st.sampled_from(["or", "and"]), st.lists(inner, min_size=2, max_size=3))
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_conditions_hold_as_a_plain_walk_says(one: Condition) -> None:
    text, holds = one
    assert found(text) == [number for number, row in enumerate(ROWS, 1) if holds(row)]
