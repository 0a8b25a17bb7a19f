"""A page of a table as the templates show it: headers to sort by, cells as texts, and what was left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl

from sojourn.core.duration import TimeFormat
from sojourn.reports.charts import CATEGORIES, Figure, is_long, printer
from sojourn.reports.notes import local
from sojourn.reports.table import Column, Table
from sojourn.web.query import Query
from sojourn.web.words import COLUMN, DOUBTS

_FIRST = ("issue_key", "value", "time", "ms", "elapsed_ms", "visits", "is_current")
_UNSEEN = {"issue_id", "value_id"}
Write = Callable[[int | None], str]


@dataclass(frozen=True, slots=True)
class Header:
    """One column: what it is called, the id that tells its status apart, how it is sorted, where a click leads."""

    label: str
    told_apart: str
    kind: str
    sorted: str
    address: str
    hint: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One value as text; whether it is that of the status the work item is in; its doubts, if it shows those."""

    text: str
    kind: str
    is_current: bool = False
    doubts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A page of a table."""

    headers: list[Header]
    groups: list[tuple[str, str, int]]
    rows: list[list[Cell]]
    feet: list[tuple[str, list[str]]]
    hidden: list[str]
    doubts: list[tuple[str, str]]


def build(table: Table, frame: pl.DataFrame, page: pl.DataFrame, figures: Sequence[Figure], query: Query) -> Grid:
    """The page of a table whose whole answer is `frame`."""
    seen = {figure.name for figure in figures}
    is_wide = not is_long(table)
    shown = [column for column in table.columns if _is_shown(column, table, frame, seen if is_wide else None)]
    if not is_wide:
        shown.sort(key=lambda column: _FIRST.index(column.name) if column.name in _FIRST else len(_FIRST))
    hidden = [column.name for column in table.columns if column.kind == "duration" and column not in shown]
    write = printer(table.notes)
    now = page["current"].to_list() if is_wide else []
    return Grid(
        headers=[_header(column, query, is_wide and column.kind == "duration") for column in shown],
        groups=_groups(shown) if is_wide else [],
        rows=[list(row) for row in zip(*(_cells(column, page, table, now) for column in shown), strict=True)],
        feet=_feet(shown, figures, write) if is_wide else [],
        hidden=hidden,
        doubts=[words for flag, words in DOUBTS.items() if frame["flags"].str.contains(flag).any()],
    )


def _is_shown(column: Column, table: Table, frame: pl.DataFrame, visited: set[str] | None) -> bool:
    """Statuses nobody was in, ids, doubts that nobody has and times that are there in the time format are left out."""
    if column.name == "flags":
        return bool((frame["flags"] != "").any())
    if column.name == "ms":
        return table.notes.time_format is TimeFormat.MS
    if visited is not None and column.kind == "duration":
        return column.name in visited
    return column.name not in _UNSEEN


def _header(column: Column, query: Query, is_status: bool) -> Header:
    label, _, told_apart = column.name.partition(" [") if is_status else (column.name, "", "")
    largest_first = column.kind in ("duration", "integer", "number")
    ways = ["descending", "ascending"] if largest_first else ["ascending", "descending"]
    by, _, order = query.one("sort").rpartition(":")
    now = "none"
    if column.name in (by, query.one("sort")):
        now = "descending" if order == "desc" and by == column.name else "ascending"
    after = dict(zip(["none", *ways], [*ways, "none"], strict=True))[now]
    wanted = {"none": (), "ascending": (f"{column.name}:asc",), "descending": (f"{column.name}:desc",)}[after]
    return Header(
        label=label if is_status else COLUMN.get(column.name, label),
        told_apart=told_apart.replace("]", ""),
        kind="number" if largest_first else "key" if column.name == "issue_key" else column.kind,
        sorted=now,
        address=query.put("sort", *wanted).address,
        hint={"none": "Sort no longer by this", "ascending": "Sort ascending", "descending": "Sort descending"}[after],
    )


def _groups(shown: Sequence[Column]) -> list[tuple[str, str, int]]:
    """The categories over the statuses: class, name, number of columns; nameless over the columns that are none."""
    parts = groupby(shown, key=lambda column: (column.kind == "duration", column.group))
    return [
        (group or "other", CATEGORIES[group], len(list(part))) if is_status else ("", "", len(list(part)))
        for (is_status, group), part in parts
    ]


def _cells(column: Column, page: pl.DataFrame, table: Table, now: Sequence[str]) -> list[Cell]:
    values, write = page[column.name], printer(table.notes)
    if now and column.kind == "duration":
        kind = "number done" if column.group == "done" else "number"
        return [Cell(write(ms), kind, at == column.name) for ms, at in zip(values, now, strict=True)]
    if column.kind == "duration" or column.unit == "ms":
        here = page["is_current"].to_list() if column.name in ("time", "ms") else [False] * len(values)
        return [Cell(write(ms), "number", is_now) for ms, is_now in zip(values, here, strict=True)]
    if column.name == "flags":
        return [Cell("", "flags", doubts=tuple(DOUBTS[flag] for flag in text.split())) for text in values]
    return [_plain(value, column, table.notes.zone) for value in values]


def _plain(value: Any, column: Column, zone: str) -> Cell:
    if value is None:
        return Cell("", column.kind)
    if column.kind == "boolean":
        return Cell("Yes" if value else "", "text")
    if column.kind == "instant":
        return Cell(local(round(value.timestamp() * 1000), zone), "instant")
    kind = "number" if column.kind == "integer" else "key" if column.name == "issue_key" else column.kind
    return Cell(str(value), kind)


def _feet(shown: Sequence[Column], figures: Sequence[Figure], write: Write) -> list[tuple[str, list[str]]]:
    """The rows under the table: of those that visited each status the mean, the median and how many they are."""
    found = {figure.name: figure for figure in figures}
    named = [found.get(column.name) if column.kind == "duration" else None for column in shown[1:]]
    return [
        ("Average", [write(one.mean_ms) if one else "" for one in named]),
        ("Median", [write(one.median_ms) if one else "" for one in named]),
        ("Work items", [f"{one.count:,}" if one else "" for one in named]),
    ]
