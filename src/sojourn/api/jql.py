"""`/jql/parse` and `/jql/suggest`: a query as a tree, what is wrong with it, and how it may go on."""

from dataclasses import fields
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from sojourn.api.errors import of_jql
from sojourn.api.security import asker_of, need
from sojourn.calendars import store
from sojourn.history.models import Issue
from sojourn.jql import JqlError, parse
from sojourn.jql.ast import Node, Query
from sojourn.jql.compile import selection
from sojourn.jql.suggest import suggest
from sojourn.reports.search import Search

router = Router(tags=["jql"])
Zone = Annotated[str, Field(description="The zone of dates in the query, such as Europe/Berlin.")]
Moment = Annotated[
    str, Field(description="The moment of which is asked, such as 2024-01-31T18:00; the default is now.")
]
Lenient = Annotated[
    bool, Field(strict=True, description="Take a value that is not there for a warning, not for an error.")
]


class QueryIn(Schema):
    """A query, and whether its meaning is to be looked at as well."""

    model_config = ConfigDict(extra="forbid")

    jql: Annotated[str, Field(description="The query.")]
    validate_: Annotated[
        bool,
        Field(alias="validate", strict=True, description="Whether fields, values and functions are looked up, too."),
    ] = False
    lenient: Lenient = False
    tz: Zone = "UTC"
    as_of: Moment = ""


class Wrong(Schema):
    """What is wrong, and where: lines and columns count from 1, `start` and `end` are offsets from 0, in characters."""

    message: str
    hint: str
    expected: list[str]
    line: int
    column: int
    start: int
    end: int


class QueryOut(Schema):
    """A query as it was understood. `canonical` and `ast` are null where it cannot be read.

    Each node of the tree has a `type`, its parts, and `start` and `end`, where it stands in the query.
    """

    jql: str
    canonical: str | None
    ast: dict[str, Any] | None
    errors: list[Wrong]
    warnings: list[Wrong]


class SuggestionOut(Schema):
    """One way to go on: the text to insert, what kind of thing it is, how to show it, and a word about it."""

    text: str
    kind: Literal["field", "operator", "value", "function", "keyword", "symbol"]
    label: str
    detail: str


class SuggestionsOut(Schema):
    """Ways to go on, each of which takes the place of the query from `start` to `end`, offsets in characters."""

    start: int
    end: int
    suggestions: list[SuggestionOut]


@router.post("/jql/parse", auth=need("read"), response=QueryOut, operation_id="parse-jql", summary="Read a query")
def parsed(request: HttpRequest, body: QueryIn) -> dict[str, Any]:
    """A query in JQL as a tree and in canonical form, or what is wrong with it; with `validate` its meaning, too."""
    asker = asker_of(request)
    search = Search.of(body.jql, body.tz, body.as_of, timezone.now(), asker, is_lenient=body.lenient)
    query: Query | None = None
    errors: list[JqlError] = []
    warnings: tuple[JqlError, ...] = ()
    try:
        query = parse(body.jql)
        if body.validate_:
            warnings = selection(body.jql, search.asking, Issue.objects.none()).warnings
    except JqlError as error:
        errors = [error]
    return {
        "jql": body.jql,
        "canonical": None if query is None else str(query),
        "ast": None if query is None else tree(query),
        "errors": [of_jql(error) for error in errors],
        "warnings": [of_jql(warning) for warning in warnings],
    }


def tree(node: Node) -> dict[str, Any]:
    """A node as JSON: its type in small letters, where it stands, and its parts."""
    parts = {one.name: _part(getattr(node, one.name)) for one in fields(node) if one.name != "span"}
    return {"type": type(node).__name__.lower(), "start": node.span.start, "end": node.span.end, **parts}


def _part(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_part(one) for one in value]
    return tree(value) if isinstance(value, Node) else value


@router.get(
    "/jql/suggest",
    auth=need("read"),
    response=SuggestionsOut,
    operation_id="suggest-jql",
    url_name="suggest-jql",
    summary="How a query may go on",
)
def suggested(
    request: HttpRequest,
    jql: Annotated[str, Field(description="The query as far as it was typed.")] = "",
    cursor: Annotated[
        int | None, Field(description="Where it is typed, an offset in characters; the default is the end.")
    ] = None,
) -> dict[str, Any]:
    """Fields, operators, values, functions and keywords that may stand at the cursor, those that begin so first.

    A page of fields and of values is answered: who types more sees others. Text that must be quoted is.
    """
    search = Search.of(jql, "UTC", "", timezone.now(), asker_of(request))
    found = suggest(jql, len(jql) if cursor is None else cursor, search.asking, store.names())
    return {"start": found.start, "end": found.end, "suggestions": found.suggestions}
