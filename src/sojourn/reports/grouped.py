"""Any report by groups of work items, up to three columns deep, with subtotals.

Where a row tells of one work item, rows are added up, and what cannot be, such as flags and dates, is left out. What
counts in other rows, such as the cumulative flow, is asked once for each group.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from sojourn.errors import Refused
from sojourn.reports import columns
from sojourn.reports.columns import IssueColumn
from sojourn.reports.cycle_time import SHARE, share_of
from sojourn.reports.items import chosen
from sojourn.reports.parts import IDENTITY
from sojourn.reports.request import Request
from sojourn.reports.table import TYPES, Column, Table

LEVEL = Column("level", "integer")
ITEMS = Column("work_items", "integer")
_MOST_COLUMNS = 3
MOST_GROUPS = 1000
"""Groups of a report that is asked once for each."""

_OF_ONE_ITEM = {*(column.name for column in IDENTITY), "flags", "current", "moved_by"}
_DISTINCT = pl.struct("site", "issue_id").n_unique().cast(pl.Int64).alias(ITEMS.name)
Build = Callable[[Request], Table]


def groups_of(request: Request, taken: Sequence[Column]) -> tuple[IssueColumn, ...]:
    """The columns to group by; raises Refused where they are more than three, or one is not there or is taken."""
    try:
        found = columns.find_all(request.group_by, taken)
    except Refused as refused:
        raise Refused("group_by", refused.problem) from None
    if len(found) > _MOST_COLUMNS:
        raise Refused("group_by", f"names {len(found)} columns; name three at most")
    return found


def grouped(name: str, build: Build, request: Request) -> Table:
    """The report by groups: `level` is how many of the group columns hold; those after them are null, and mean all.

    Raises Refused where the groups do not go with the report, and what the report raises.
    """
    if request.columns:
        raise Refused("columns", "are those of single work items; leave them out, or group by them")
    plain = build(request)
    groups = groups_of(request, (LEVEL, ITEMS, *plain.columns))
    is_by_item = {column.name for column in IDENTITY} <= set(plain.schema)
    found = _added_up(name, build, request, groups) if is_by_item else _asked_each(build, request, plain, groups)
    line = f"Grouped by {', '.join(request.group_by)}; level is how many of these hold, the others are empty."
    return replace(found, notes=replace(found.notes, lines=(*found.notes.lines, line)))


def _added_up(name: str, build: Build, request: Request, groups: Sequence[IssueColumn]) -> Table:
    """The sums of rows that tell of one work item each, by groups and by what else tells these rows apart."""
    heads = tuple(one.column for one in groups)
    asked = dict.fromkeys((*(head.name for head in heads), "site"))  # ids are unique within a site
    inner = build(replace(request, columns=tuple(asked)))
    own = [column for column in inner.columns if column.name not in {*asked, *_OF_ONE_ITEM}]
    if taken := {LEVEL.name, ITEMS.name} & {column.name for column in own}:
        raise Refused("shape", f"a value is called {taken.pop()!r}, as a column of groups is; ask for shape long")
    kept = tuple(column for column in own if column.kind in ("text", "date"))
    amounts = {column: how for column in own if (how := _amount(name, request, column)) is not None}
    sums = tuple(replace(column, kind="integer") if column.kind == "boolean" else column for column in amounts)
    shares = (SHARE,) if SHARE in own else ()
    layout = (LEVEL, *heads, *kept, ITEMS, *sums, *shares)
    keys = [column.name for column in (*heads, *kept)]

    def frames() -> Iterator[pl.DataFrame]:
        parts = [frame.group_by(keys).agg(_DISTINCT, *amounts.values()) for frame in inner.frames()]
        for level in range(len(heads) + 1 if parts else 0):
            known = pl.concat(parts).with_columns(_level(level), *_empty(heads[level:]))
            summed = known.group_by(LEVEL.name, *keys).agg(pl.col(ITEMS.name).sum(), *amounts.values())
            found = summed.with_columns(share_of("active_ms", "cycle_ms").alias(one.name) for one in shares)
            yield found.sort(keys, nulls_last=True).select(column.name for column in layout)

    return Table(layout, inner.notes, frames)


def _amount(name: str, request: Request, column: Column) -> pl.Expr | None:
    """What becomes of a column in a group, null where no row has it: sums, how many are true, the first or last entry.

    None for what cannot be added up. It may be applied to what it gave.
    """
    cell = pl.col(column.name)
    if column.unit == "%" or column.kind in ("text", "date"):
        return None
    if column.kind == "instant":
        if name != "status-entrance-dates":
            return None
        is_last = column.name == "last_entered" or (request.shape == "wide" and request.one("entry") == "last")
        return cell.max() if is_last else cell.min()
    numbers = cell.cast(pl.Int64) if column.kind == "boolean" else cell
    return pl.when(cell.is_not_null().any()).then(numbers.sum()).alias(column.name)


def _asked_each(build: Build, request: Request, plain: Table, groups: Sequence[IssueColumn]) -> Table:
    """The report of each group, one after the other, subtotals first."""
    heads = tuple(one.column for one in groups)
    layout = (LEVEL, *heads, *plain.columns)
    there = _values(request, groups)

    def frames() -> Iterator[pl.DataFrame]:
        for level in range(len(groups) + 1):
            for values in dict.fromkeys(row[:level] for row in there):
                held = list(zip(groups, values, strict=False))
                asked = replace(request, within=tuple((one.expression, value) for one, value in held))
                for frame in build(asked).frames():
                    known = (one.series((value,)).new_from_index(0, frame.height) for one, value in held)
                    full = frame.with_columns(_level(level), *known, *_empty(heads[level:]))
                    yield full.select(column.name for column in layout)

    return Table(layout, plain.notes, frames)


def _values(request: Request, groups: Sequence[IssueColumn]) -> list[tuple[Any, ...]]:
    """The values that the columns have together, sorted; raises Refused where they are too many to ask for each."""
    named = {f"group{place}": one.expression for place, one in enumerate(groups)}
    found = set(chosen(request).annotate(**named).order_by().values_list(*named).distinct()[: MOST_GROUPS + 1])
    if len(found) > MOST_GROUPS:
        problem = f"makes more than {MOST_GROUPS:,} groups, each of which is counted by itself; group by fewer columns"
        raise Refused("group_by", problem)
    return sorted(found, key=lambda row: [(value is None, value) if value is not None else (True,) for value in row])


def _level(level: int) -> pl.Expr:
    return pl.lit(level, dtype=pl.Int64).alias(LEVEL.name)


def _empty(heads: Sequence[Column]) -> Iterator[pl.Expr]:
    return (pl.lit(None, dtype=TYPES[head.kind]).alias(head.name) for head in heads)
