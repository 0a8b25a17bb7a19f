"""The command that searches: work items that a query in JQL finds."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sojourn.cli.app import AsJson, app, print_json, say, use_store

if TYPE_CHECKING:
    from sojourn.reports.search import Search

_FORMATS = ("table", "json", "ndjson", "csv")
_FIELDS = Annotated[
    list[str] | None,
    typer.Option("--fields", help="What to show of each, comma-separated: summary, status, … or fields of the import."),
]
_FORMAT = Annotated[str, typer.Option("--format", help=f"{', '.join(_FORMATS)}.")]
_LIMIT = Annotated[int | None, typer.Option("--limit", min=1, help="Only so many work items.")]
_TZ = Annotated[str, typer.Option("--tz", help="The zone of dates in the query, such as Europe/Berlin.")]
_AS_OF = Annotated[str, typer.Option("--as-of", help="The moment of which is asked, such as 2024-01-31T18:00.")]
_USER = Annotated[str, typer.Option("--user", help="Who asks: whom currentUser() means, by name or id.")]
_LENIENT = Annotated[bool, typer.Option("--lenient", help="Only warn of values that are not there.")]
_COUNT = Annotated[bool, typer.Option("--count", help="Only say how many there are.")]


@app.command()
def search(
    jql: Annotated[str, typer.Argument(help="The query, as in Jira; docs/jql.md says what it may hold.")],
    fields: _FIELDS = None,
    limit: _LIMIT = None,
    output_format: _FORMAT = "table",
    as_json: AsJson = False,
    tz: _TZ = "UTC",
    as_of: _AS_OF = "",
    user: _USER = "",
    lenient: _LENIENT = False,
    count: _COUNT = False,
) -> None:
    """Find work items with JQL, in the order the query names.

    Examples:

      sojourn search "project = SUP AND status = Open ORDER BY created DESC" --limit 20

      sojourn search 'status WAS "In progress" BEFORE -30d' --fields summary,assignee --format csv

      sojourn search 'timeIn["Waiting for customer"].calendar["Support"] > 2d' --count
    """
    from sojourn.errors import Refused

    chosen = "json" if as_json else output_format
    if chosen not in _FORMATS:
        raise Refused("format", f"{chosen!r} is not one of {', '.join(_FORMATS)}")
    use_store()
    from django.utils import timezone

    from sojourn.reports.query import Asker
    from sojourn.reports.search import Search

    asked = Search.of(jql, tz, as_of, timezone.now(), Asker(user or None), is_lenient=lenient)
    if count:
        _count(asked, as_json=as_json)
    else:
        _show(asked, [name for text in fields or () for name in text.split(",")], limit, chosen)


def _count(asked: "Search", *, as_json: bool) -> None:
    from sojourn.reports.query import said
    from sojourn.reports.search import find

    issues, meaning = find(asked)
    for sentence in said(meaning.warnings):
        say(sentence)
    if as_json:
        print_json({"count": issues.count()})
    else:
        typer.echo(issues.count())


def _show(asked: "Search", names: list[str], limit: int | None, chosen: str) -> None:
    from sojourn.reports import formats
    from sojourn.reports.search import FIELDS, table
    from sojourn.reports.terminal import show

    found = table(asked, [name.strip() for name in names if name.strip()] or FIELDS, limit)
    if chosen == "table":
        show(found)
        return
    formats.save(found, formats.parse_format(chosen), sys.stdout.buffer)
    sys.stdout.buffer.flush()
    for line in found.notes.lines[1:]:
        say(line)
