"""The rows of a feed in pages, as OData asks for them.

Where rows are by work item and in the store's order, a page is those of the next work items, until they are enough: a
keyset, as of `reports.pages`, so that no page shifts while others write. Where they are ordered, or not by work item, a
page is a range of rows, and those before it are computed for it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl
from django.core import signing

from sojourn.errors import Refused
from sojourn.feeds.odata.properties import NUMBER
from sojourn.feeds.odata.query import Query
from sojourn.reports import pages
from sojourn.reports.items import chosen
from sojourn.reports.pages import Cursor
from sojourn.reports.request import Page, Request
from sojourn.reports.table import Table

ITEMS = 2_000
"""The work items that are computed at once."""

ROWS = 10_000
"""After so many rows a page has enough; it has all rows of a work item, and may have more."""

_SALT = "sojourn.odata.skiptoken"
_KEPT = " kept"
_BY_ITEM = {"issueKey", "issueId"}
Answer = Callable[[Request], Table]


@dataclass(frozen=True, slots=True)
class Token:
    """Where a page begins: `begun` pins what all pages share, `before` counts the rows before it.

    `skip` and `top` are the rows that are still to be left out, and to be given; `total` is how many there are, where
    that was asked for.
    """

    begun: Cursor
    before: int = 0
    skip: int = 0
    top: int | None = None
    total: int | None = None

    @property
    def text(self) -> str:
        """The token as clients see it; signed, so that it comes back as it was sent."""
        return signing.dumps(asdict(self), salt=_SALT, compress=True)


def first(feed: str, options: Mapping[str, list[str]], wanted: Request, query: Query) -> Token:
    """The token of the first page."""
    return Token(pages.first(feed, options, ROWS, wanted), skip=query.skip, top=query.top)


def read(text: str, feed: str, options: Mapping[str, list[str]]) -> Token:
    """The token of a text; raises Refused where it was not given out for this question to this feed."""
    try:
        found = signing.loads(text, salt=_SALT)
        token = Token(**{**found, "begun": Cursor(**found["begun"])})
    except (signing.BadSignature, TypeError):
        raise Refused("$skiptoken", "is not one that was given out; follow @odata.nextLink as it came") from None
    if token.begun.report != feed or dict(token.begun.options) != options:
        raise Refused("$skiptoken", "was made for another question, or the preset was changed; begin without it")
    return token


def page(wanted: Request, token: Token, answer: Answer, query: Query) -> tuple[pl.DataFrame, Token | None, int | None]:
    """The rows of a page, as they are printed and under the names of columns; the next token; and how many there are.

    Raises Refused where the calendar says something else than on the first page, and what reports raise.
    """
    if pages.digest(wanted.calendar) != token.begun.calendar:
        problem = f"the calendar {wanted.calendar_name} was changed since the first page; begin without a token"
        raise Refused("$skiptoken", problem)
    last = token.begun.last
    everything = replace(wanted, page=Page(0, last, last))
    table = answer(everything)
    total = token.total if token.total is not None or not query.count else _total(table, query)
    token = replace(token, total=total)
    if token.top == 0:
        return pl.DataFrame(schema=_printed_schema(table)), None, total
    is_by_item = {column.name for column in table.columns} >= _BY_ITEM
    if query.order or wanted.sort or wanted.limit is not None or not is_by_item:
        rows, following = _range(table, token, query)
    else:
        rows, following = _items(everything, table, token, answer, query)
    return rows, following, total


def _items(
    everything: Request, table: Table, token: Token, answer: Answer, query: Query
) -> tuple[pl.DataFrame, Token | None]:
    """The rows of the next work items."""
    found = [pl.DataFrame(schema=_printed_schema(table))]
    height, position, last = 0, token.begun.position, token.begun.last
    while height < ROWS and token.top != 0:
        after = chosen(everything).filter(pk__gt=position).order_by("pk").values_list("pk", flat=True)
        numbers = list(after[: ITEMS + 1])
        is_last = len(numbers) <= ITEMS
        upto = last if is_last else numbers[ITEMS - 1]
        part = answer(replace(everything, page=Page(position, upto, last)))
        for frame in _frames(part, token.before):
            rows = _kept(part, frame, query)
            taken = rows.slice(token.skip, token.top)
            skipped = min(token.skip, rows.height)
            top = None if token.top is None else token.top - taken.height
            token = replace(token, before=token.before + frame.height, skip=token.skip - skipped, top=top)
            found.append(taken)
            height += taken.height
        position = upto
        if is_last:
            return pl.concat(found), None
    following = None if token.top == 0 else replace(token, begun=replace(token.begun, position=position))
    return pl.concat(found), following


def _range(table: Table, token: Token, query: Query) -> tuple[pl.DataFrame, Token | None]:
    """The next rows."""
    begin = token.begun.position + token.skip
    size = ROWS if token.top is None else min(ROWS, token.top)
    kept: Iterator[pl.DataFrame] = (_kept(table, frame, query) for frame in _frames(table, 0))
    if query.order:
        kept = iter([_ordered(table, query)])
    found, seen = [pl.DataFrame(schema=_printed_schema(table))], 0
    for frame in kept:
        found.append(frame.slice(max(begin - seen, 0), max(begin + size + 1 - max(begin, seen), 0)))
        seen += frame.height
        if seen > begin + size:
            break
    rows = pl.concat(found)
    top = None if token.top is None else token.top - min(rows.height, size)
    position = token.begun.position + size
    following = replace(token, begun=replace(token.begun, position=position), top=top)
    return rows.head(size), following if rows.height > size and top != 0 else None


def _ordered(table: Table, query: Query) -> pl.DataFrame:
    """All rows in order: durations by their length, however they are printed; null is before everything."""
    by = [column for column, _ in query.order]
    falling = [is_falling for _, is_falling in query.order]
    raw = [frame.filter(_mask(table, frame, query)) for frame in _frames(table, 0)]
    rows = pl.concat([pl.DataFrame(schema=_numbered(table)), *raw])
    return table.printed(rows.sort(by, descending=falling, nulls_last=falling, maintain_order=True))


def _total(table: Table, query: Query) -> int:
    if query.where is None:
        return sum(frame.height for frame in table.frames())
    return sum(_kept(table, frame, query).height for frame in _frames(table, 0))


def _frames(table: Table, before: int) -> Iterator[pl.DataFrame]:
    """The frames with the number of each row in front."""
    for frame in table.frames():
        yield frame.with_row_index(NUMBER, before).with_columns(pl.col(NUMBER).cast(pl.Int64))
        before += frame.height


def _kept(table: Table, frame: pl.DataFrame, query: Query) -> pl.DataFrame:
    """The rows that fulfil the condition, as they are printed: it is about what is shown."""
    printed = table.printed(frame)
    return printed if query.where is None else printed.filter(query.where)


def _mask(table: Table, frame: pl.DataFrame, query: Query) -> pl.Series:
    where = pl.lit(value=True) if query.where is None else query.where
    return table.printed(frame).with_columns(where.alias(_KEPT))[_KEPT]


def _numbered(table: Table) -> dict[str, Any]:
    return {NUMBER: pl.Int64, **table.schema}


def _printed_schema(table: Table) -> pl.Schema:
    return table.printed(pl.DataFrame(schema=_numbered(table))).schema
