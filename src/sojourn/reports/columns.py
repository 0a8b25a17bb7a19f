"""Columns of the work item itself that a report can show beside its numbers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
import polars as pl
from django.db.models import CharField, Expression, F, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from sojourn.errors import Refused
from sojourn.history import seen
from sojourn.history.models import Issue
from sojourn.history.seen import EVERYTHING
from sojourn.reports.table import TYPES, Column, Kind

_KNOWN: dict[str, tuple[str, Kind]] = {
    "summary": ("summary", "text"),
    "site": ("site__name", "text"),
    "project": ("project__key", "text"),
    "project_name": ("project__name", "text"),
    "issuetype": ("issuetype__name", "text"),
    "status": ("status__name", "text"),
    "status_category": ("status__category", "text"),
    "assignee": ("assignee__name", "text"),
    "reporter": ("reporter__name", "text"),
    "priority": ("priority__name", "text"),
    "resolution": ("resolution__name", "text"),
    "created": ("created_ms", "instant"),
    "updated": ("updated_ms", "instant"),
    "resolved": ("resolved_ms", "instant"),
    "due": ("due", "date"),
}
NAMES = tuple(_KNOWN)
"""The columns that every work item has."""


@dataclass(frozen=True, slots=True)
class IssueColumn:
    """A column of the work item: how it is shown, and where the store has it."""

    column: Column
    source: str
    custom: bool = False

    @property
    def expression(self) -> Expression | F:
        """What to select."""
        return Cast(KeyTextTransform(self.source, "fields"), CharField()) if self.custom else F(self.source)

    def series(self, values: tuple[Any, ...]) -> pl.Series:
        """The values as a column of a frame."""
        if self.column.kind == "instant":
            return pl.Series(self.column.name, values, dtype=pl.Int64).cast(TYPES["instant"])
        if self.column.kind == "date":  # SQLite keeps dates as text
            values = tuple(date.fromisoformat(value) if isinstance(value, str) else value for value in values)
        elif self.custom:
            values = tuple(_readable(value) if value and value[0] in "[{" else value for value in values)
        return pl.Series(self.column.name, values, dtype=TYPES[self.column.kind])


def _readable(text: str) -> str:
    """A list as people read it, its members with commas between them; an object in one form on every database."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return text
    parts = found if isinstance(found, list) else [found]
    return ", ".join(
        part if isinstance(part, str) else orjson.dumps(part, option=orjson.OPT_SORT_KEYS).decode() for part in parts
    )


def find_all(names: Sequence[str], taken: Collection[Column]) -> tuple[IssueColumn, ...]:
    """The columns of those names, each once; raises Refused where the report has a column of that name itself."""
    fixed = {column.name for column in taken}
    for name in names:
        if name in fixed:
            raise Refused("columns", f"{name!r} is a column of this report already; leave it out")
    return tuple(find(name) for name in dict.fromkeys(names))


def find(name: str) -> IssueColumn:
    """The column of that name; raises Refused, naming those there are, where no work item has it."""
    if name in _KNOWN:
        source, kind = _KNOWN[name]
        return IssueColumn(Column(name, kind), source)
    if key := key_of(name):
        return IssueColumn(Column(name, "text"), key, custom=True)
    if Issue.objects.filter(fields__has_key=name).exists():
        return IssueColumn(Column(name, "text"), name, custom=True)
    raise unknown("columns", name)


def check(option: str, name: str, sight: Q) -> None:
    """Raises Refused where a column is of no site of which a work item is seen, or tells of other work items."""
    if name in seen.OF_OTHERS:
        raise Refused(option, f"{name!r} tells of other work items, and you may not see all; leave it out")
    if name not in _KNOWN and not key_of(name, sight):
        raise unknown(option, name)


def unknown(option: str, name: str) -> Refused:
    """The error for a column that no work item has."""
    return Refused(option, f"no work item has {name!r}; there are {', '.join(NAMES)}, and the fields of the import")


def key_of(name: str, sight: Q = EVERYTHING) -> str:
    """The key under which work items have a field of that key, or of that name in whatever case; empty for none.

    Of a sight only the fields of its sites are told.
    """
    word = name.casefold()
    fields = list(seen.fields(sight).exclude(type="").order_by("key").values_list("key", "name"))
    found = [key for key, _ in fields if key == name] or [key for key, title in fields if title.casefold() == word]
    return found[0] if found else ""
