"""Whatever is asked, there is an answer or a JqlError: never another error, on no database, and never a hang."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sojourn.history.models import Issue
from sojourn.jql import JqlError, ast, manual, parse
from sojourn.jql.asking import Asking
from sojourn.jql.compile import selection
from tests.builders import issue, store
from tests.conftest import SHARED
from tests.core.calendar_help import ms
from tests.jql.tables import mutated, nodes, queries, verdicts
from tests.jql.worlds import CUSTOM, FIELDS, ZONES, calendar, question, world

pytestmark = pytest.mark.django_db
AS_OF = ms("2024-03-10T12:00")
FOUND = SHARED / "data/jql/real_queries.jsonl"
ROWS = [*verdicts(), *(map(json.loads, FOUND.read_text().splitlines()) if FOUND.exists() else [])]
REAL = [parse(row["jql"]) for row in ROWS if row["accept"]]
"""Queries that people wrote."""

NAMES = sorted({node.name for query in REAL for node in nodes(query) if isinstance(node, ast.Field)})
WORDS = [
    *("", " ", "0", "-0", "-1", "1e400", "NaN", "1.5", "9" * 19, "9" * 30, "9" * 5_000, "-" + "9" * 400, "١٢", "0x1"),
    *("0001-01-01", "9999-12-31", "9999-12-31 23:59", "2024-02-30", "2024/03/10", "24:00", "-62135596800001"),
    *("253402300800000", "-99999999999w", "+1d", "-1M", "4w 2d 1h 5m", "1d" * 3_000, "now", "EMPTY", "null"),
    *("'", '"', "\\", "\\\\", "%", "%s", "%(x)s", "{0}", "__", "[x]", "[", "$.a", "a;b", "--", "/*", "?", ":x", "$1"),
    *("ß", "SS", "İ", "ı", "Σας", "é", "e\u0301", "😀", "\u0000", "a\u0000b", "\ufffd", "\u202e", "\u2028", "x" * 999),
    *("ABC-1", "abc-2", "ABC-" + "9" * 19, "-1-1", "A-B-3", "ABC-", "-", "ann", "Bob", "Open", "done", "3", "Office"),
]  # fmt: skip
VALUES: list[Any] = [5, -0.5, 2**63, "2024-03-10", "2024-03-10T10:00:00.000+0000", "a text", {"id": "1", "value": "x"}]
VALUES += [["red"], {"accountId": "ann", "displayName": "Ann"}, None, {"no": "id"}, [1, 2], [[]], True]


@pytest.fixture(scope="module")
def items(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A world in which all fields are known that people ask for, with values of some type or other."""
    own = {f"customfield_{number}": name for number, name in enumerate(NAMES, 1_000)}
    some = issue("ABC-999", **{key: VALUES[place % len(VALUES)] for place, key in enumerate(own)})
    known = [{"id": key, "name": name, "navigable": True, "searchable": True} for key, name in own.items()]
    with django_db_blocker.unblock(), transaction.atomic():
        store(*world(Random(7)).items, some, *FIELDS, *known)
        yield
        transaction.set_rollback(True)


def ask(text: str, dice: Random) -> bool:
    """Whether there was an answer; a JqlError must point into the text."""
    asking = Asking(
        AS_OF,
        dice.choice(ZONES),
        dice.choice([None, "ann"]),
        calendars=calendar,
        is_lenient=dice.random() < 0.8,
    )
    try:
        with transaction.atomic():
            asked = selection(text, asking)
            found = Issue.objects.filter(asked.condition).order_by(*asked.order).values_list("key", flat=True)
            return len(found[:5]) <= Issue.objects.filter(asked.condition).count()
    except JqlError as told:
        wrong = told
    assert 0 <= wrong.start <= wrong.end <= len(text)
    return False


def changed(node: Any, dice: Random) -> Any:
    """A tree with some of its words, fields and functions replaced by others."""
    if isinstance(node, tuple):
        return tuple(changed(part, dice) for part in node)
    if not isinstance(node, ast.Node):
        return node
    if isinstance(node, ast.Value) and dice.random() < 0.4:
        return ast.Value(dice.choice(WORDS))
    others = {field.name: changed(getattr(node, field.name), dice) for field in fields(node) if field.name != "span"}
    if isinstance(node, ast.Field) and not node.properties and dice.random() < 0.3:
        others["name"] = dice.choice([*NAMES, *CUSTOM, "cf[1]", "labels", "due", "created", "key", "sprint", "votes"])
    if isinstance(node, ast.Function) and dice.random() < 0.3:
        others["name"] = dice.choice([*(one.name for one in manual.ALL.values()), "membersOf", "nothing"])
    return replace(node, **others)


@given(seed=st.integers(0, 2**64))
@settings(max_examples=100, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_a_query_with_strange_words_is_answered_or_refused(items: None, seed: int) -> None:
    dice = Random(seed)
    for query in [*dice.sample(REAL, 5), *(question(dice) for _ in range(5))]:
        ask(str(changed(query, dice)), dice)


@given(query=queries(), seed=st.integers(0, 2**64))
@settings(max_examples=60, deadline=None)
def test_any_tree_is_answered_or_refused(items: None, query: ast.Query, seed: int) -> None:
    ask(str(query), Random(seed))


@given(text=mutated(), seed=st.integers(0, 2**64))
@settings(max_examples=60, deadline=None)
def test_a_query_with_slips_is_answered_or_refused(items: None, text: str, seed: int) -> None:
    ask(text, Random(seed))


def test_queries_that_people_wrote_are_mostly_answered(items: None) -> None:
    """Where the fields are known, and what is not there is only warned of."""
    dice = Random(1)
    answered = [ask(str(query), dice) for query in REAL]
    assert sum(answered) > len(REAL) / 3
