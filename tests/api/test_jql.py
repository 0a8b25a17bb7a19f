"""Queries through REST: read, checked, gone on with."""

from typing import Any
from urllib.parse import urlencode

import pytest

from sojourn.jql import ast, parse
from tests.api.asking import Ask, problem

pytestmark = pytest.mark.usefixtures("work_items")


def test_a_query_is_a_tree_and_has_a_canonical_form(ask: Ask) -> None:
    jql = "status was 'In progress' by ann order by created desc"
    found = ask.post("/jql/parse", {"jql": jql})
    assert found["canonical"] == 'status WAS "In progress" BY ann ORDER BY created DESC'
    assert (found["jql"], found["errors"], found["warnings"]) == (jql, [], [])
    assert found["ast"] == {
        "type": "query",
        "start": 0,
        "end": 53,
        "where": {
            "type": "condition",
            "start": 0,
            "end": 31,
            "field": {"type": "field", "start": 0, "end": 6, "name": "status", "properties": []},
            "operator": "was",
            "operand": {"type": "value", "start": 11, "end": 24, "text": "In progress"},
            "predicates": [
                {
                    "type": "predicate",
                    "start": 25,
                    "end": 31,
                    "name": "by",
                    "operand": {"type": "value", "start": 28, "end": 31, "text": "ann"},
                }
            ],
        },
        "order_by": [
            {
                "type": "sort",
                "start": 41,
                "end": 53,
                "field": {"type": "field", "start": 41, "end": 48, "name": "created", "properties": []},
                "direction": "DESC",
            }
        ],
    }


def _node(found: Any) -> Any:
    """A node made from its JSON again."""
    if isinstance(found, list):
        return tuple(map(_node, found))
    if not isinstance(found, dict):
        return found
    kinds = {kind.__name__.lower(): kind for kind in vars(ast).values() if isinstance(kind, type)}
    parts = {name: _node(part) for name, part in found.items() if name not in ("type", "start", "end")}
    return kinds[found["type"]](**parts, span=ast.Span(found["start"], found["end"]))


@pytest.mark.parametrize(
    "jql",
    [
        "",
        "order by cf[1], key asc",
        "not (a = 1 or b in (EMPTY, f(x, 'y z'), (c))) and d[e].g changed from h during (i, j)",
    ],
)
def test_the_tree_is_all_there_is_of_a_query(ask: Ask, jql: str) -> None:
    assert _node(ask.post("/jql/parse", {"jql": jql})["ast"]) == parse(jql)


def test_what_cannot_be_read_is_an_error_with_a_place(ask: Ask) -> None:
    found = ask.post("/jql/parse", {"jql": "project = ABC AND\nstatus IN Open"})
    assert (found["canonical"], found["ast"]) == (None, None)
    assert found["errors"] == [
        {
            "message": "expected a list in brackets or a function, found Open",
            "hint": "write IN (Open)",
            "expected": ["a list in brackets or a function"],
            "line": 2,
            "column": 11,
            "start": 28,
            "end": 32,
        }
    ]


def test_the_meaning_is_looked_at_where_that_is_asked_for(ask: Ask) -> None:
    jql = "status = Opne AND key = NO-1"
    assert ask.post("/jql/parse", {"jql": jql})["errors"] == []
    strict = ask.post("/jql/parse", {"jql": jql, "validate": True})
    assert [one["message"] for one in strict["errors"]] == ["there is no 'Opne' in the field status"]
    assert strict["errors"][0]["hint"] == "did you mean 'Open'?"
    assert strict["canonical"] == jql
    lenient = ask.post("/jql/parse", {"jql": jql, "validate": True, "lenient": True})
    assert lenient["errors"] == []
    assert [one["start"] for one in lenient["warnings"]] == [9, 24]


def test_who_asks_is_known(ask: Ask) -> None:
    read = ask.post("/jql/parse", {"jql": "assignee = currentUser()", "validate": True})
    assert (read["errors"], [one["message"] for one in read["warnings"]]) == ([], ["'bob' is in no history"])


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "jql"),
        ({"jql": 1}, "jql"),
        ({"jql": "", "tz": "Nowhere"}, "tz"),
        ({"jql": "", "tz": "../../etc/passwd"}, "tz"),
        ({"jql": "", "as_of": "soon"}, "as_of"),
        ({"jql": "", "nonsense": 1}, "nonsense"),
    ],
)
def test_what_is_wrong_with_the_question_is_a_problem(ask: Ask, body: dict[str, Any], place: str) -> None:
    assert problem(ask("POST", "/jql/parse", body), 400)["errors"][0]["parameter"] == place


def test_how_a_query_may_go_on(ask: Ask) -> None:
    found = ask.get(f"/jql/suggest?{urlencode({'jql': 'project = ABC AND stat'})}")
    assert (found["start"], found["end"]) == (18, 22)
    assert found["suggestions"][0] == {"text": "status", "kind": "field", "label": "status", "detail": ""}
    found = ask.get(f"/jql/suggest?{urlencode({'jql': 'status = in AND x', 'cursor': 11})}")
    assert [one["text"] for one in found["suggestions"]] == ['"In progress"', "Waiting"]
    assert len(ask.get("/jql/suggest")["suggestions"]) > 10
    calendars = ask.get(f"/jql/suggest?{urlencode({'jql': 'timeIn[Open].calendar[off'})}")
    assert [one["text"] for one in calendars["suggestions"]] == ["Office]"]


def test_offsets_count_characters(ask: Ask) -> None:
    found = ask.get(f"/jql/suggest?{urlencode({'jql': 'labels = 😀 AND stat'})}")
    assert (found["start"], found["end"]) == (15, 19)


@pytest.mark.parametrize("query", ["cursor=x", "cursor=", "jql=a&cursor=1.5"])
def test_a_cursor_is_a_number(ask: Ask, query: str) -> None:
    assert problem(ask("GET", f"/jql/suggest?{query}"), 400)["errors"][0]["parameter"] == "cursor"


def test_a_query_that_is_too_long(ask: Ask) -> None:
    found = ask.post("/jql/parse", {"jql": "a" * 100_001})
    assert "at most 100,000 are read" in found["errors"][0]["message"]
    assert "at most 100,000" in problem(ask("GET", f"/jql/suggest?jql={'a' * 100_001}"), 400)["detail"]
