"""A report in pages: what a cursor holds, and which part of a report a page is.

Where a report is by work item, in the store's order, a page is the work items after the last one of the page before:
a keyset, so that each page costs the same. Where it is sorted, limited, or not by work item, a page is a range of rows.
In both, the moment and the last work item of the first page hold for all: what is imported meanwhile is not seen, and
pages never overlap.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl
from django.core import signing
from django.db.models import Max

from sojourn.core.calendar import Calendar
from sojourn.errors import Refused
from sojourn.history.models import Issue
from sojourn.reports.items import chosen
from sojourn.reports.request import Page, Request
from sojourn.reports.table import Table

_SALT = "sojourn.api.cursor"
Run = Callable[[Request], Table]
_BY_ITEM = {"issue_key", "issue_id"}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: the report, the options as they were given, and what all pages share.

    `last` is the last work item of all pages, `calendar` the digest of what the calendar said, `position` the last work
    item of the page before, or the number of rows before.
    """

    report: str
    options: Mapping[str, list[str]]
    per_page: int
    as_of_ms: int
    last: int
    calendar: str
    position: int = 0

    @property
    def text(self) -> str:
        """The cursor as clients see it; signed, so that it comes back as it was sent."""
        return signing.dumps(asdict(self), salt=_SALT, compress=True)


def first(report: str, options: Mapping[str, list[str]], per_page: int, wanted: Request) -> Cursor:
    """The cursor of the first page."""
    last = Issue.objects.filter(wanted.sight).aggregate(last=Max("pk"))["last"] or 0
    return Cursor(report, options, per_page, wanted.as_of_ms, last, digest(wanted.calendar))


def read(text: str, report: str) -> Cursor:
    """The cursor of a text; raises Refused where it is not one of this report."""
    try:
        found = Cursor(**signing.loads(text, salt=_SALT))
    except (signing.BadSignature, TypeError):
        raise Refused("cursor", "is not one that was given out; send next_cursor as it came") from None
    if found.report != report:
        raise Refused("cursor", f"is of the report {found.report}; ask that one, or begin without a cursor")
    return found


def resized(cursor: Cursor, per_page: int) -> Cursor:
    """The cursor with another size of pages, where one is given."""
    return replace(cursor, per_page=per_page or cursor.per_page)


def digest(calendar: Calendar) -> str:
    """What tells whether a calendar still says the same."""
    return hashlib.sha256(json.dumps(calendar.to_json(), sort_keys=True).encode()).hexdigest()[:16]


def page(wanted: Request, cursor: Cursor, run: Run) -> tuple[Table, Cursor | None]:
    """The page that begins at a cursor, and the cursor of the next one; None where there is none.

    `run` answers the request, or a part of it.

    Raises Refused where the calendar says something else than on the first page, and what reports raise.
    """
    if digest(wanted.calendar) != cursor.calendar:
        problem = f"the calendar {wanted.calendar_name} was changed since the first page; ask for that again"
        raise Refused("cursor", problem)
    everything = replace(wanted, page=Page(0, cursor.last, cursor.last))
    table = run(everything)
    is_by_item = {column.name for column in table.columns} >= _BY_ITEM
    if wanted.sort or wanted.limit is not None or not is_by_item:
        return _rows(table, cursor)
    return _items(everything, cursor, run)


def _items(everything: Request, cursor: Cursor, run: Run) -> tuple[Table, Cursor | None]:
    """The rows of the next work items."""
    after = chosen(everything).filter(pk__gt=cursor.position).order_by("pk").values_list("pk", flat=True)
    numbers = list(after[: cursor.per_page + 1])
    is_last = len(numbers) <= cursor.per_page
    upto = cursor.last if is_last else numbers[cursor.per_page - 1]
    table = run(replace(everything, page=Page(cursor.position, upto, cursor.last)))
    return table, None if is_last else replace(cursor, position=upto)


def _rows(table: Table, cursor: Cursor) -> tuple[Table, Cursor | None]:
    """The next rows."""
    end = cursor.position + cursor.per_page
    found = pl.concat([pl.DataFrame(schema=table.schema), *_between(table.frames(), cursor.position, end + 1)])
    following = replace(cursor, position=end) if found.height > cursor.per_page else None
    return replace(table, frames=lambda: iter([found.head(cursor.per_page)])), following


def _between(frames: Iterator[pl.DataFrame], begin: int, end: int) -> Iterator[pl.DataFrame]:
    """The rows from one number up to another; what comes after them is not computed."""
    seen = 0
    for frame in frames:
        yield frame.slice(max(begin - seen, 0), max(end - max(begin, seen), 0))
        seen += frame.height
        if seen >= end:
            return


def body(given: dict[str, Any], following: Cursor | None, address: str) -> dict[str, Any]:
    """The JSON of a page: what `format=json` gives, and where the next page is."""
    return {
        **given,
        "next": f"{address}?cursor={following.text}" if following else None,
        "next_cursor": following.text if following else None,
    }
