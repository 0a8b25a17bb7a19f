"""The answer of a feed: its columns under names that stay, and the JSON document around its rows."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import polars as pl

from sojourn.core.instants import utc_text
from sojourn.core.time_format import TimeFormat
from sojourn.errors import UserError
from sojourn.reports.axis import Axis
from sojourn.reports.formats import chunks
from sojourn.reports.items import values_of
from sojourn.reports.parts import axis_of
from sojourn.reports.request import Request
from sojourn.reports.table import Column, Table
from sojourn.sla.calendar_ids import calendar_numbers

SCHEMA = "sojourn.feed/1"
_LONG = {"value_id": "statusId", "value": "statusName", "elapsed_ms": "calendarMs", "is_current": "current"}
_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": ["string", "null"]},
    "integer": {"type": ["integer", "null"]},
    "instant": {"type": ["string", "null"], "format": "date-time"},
    "date": {"type": ["string", "null"], "format": "date"},
    "duration": {"type": ["number", "string", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "number": {"type": ["number", "null"]},
}


class TooLarge(UserError):
    """A document that is sent whole would be too large, or take too long; the text says how to go on."""


def named(table: Table, report: str, request: Request) -> Table:
    """The table with the names that feeds give its columns: ids stay in them, whatever is renamed in Jira."""
    wide = _by_id(axis_of(request, "status")) if report == "time-in-status" and request.shape == "wide" else {}
    is_long = report in ("time-in-status", "status_durations") and not wide
    own = _LONG if is_long or report in ("status-history", "status_intervals") else {}
    new = {
        column.name: wide.get(column.name) or own.get(column.name) or _camel(column.name) for column in table.columns
    }
    if not is_long:
        layout = tuple(replace(column, name=new[column.name]) for column in table.columns)

        def renamed(frame: pl.DataFrame) -> pl.DataFrame:
            return frame.rename(new)

        # map, and no generator, which would hold a frame while the next one is computed
        return replace(table, columns=layout, frames=lambda: map(renamed, table.frames()))
    return _with_value(table, new)


def _with_value(table: Table, new: dict[str, str]) -> Table:
    """The long table with `value`, the working time in the time format, beside `ms`."""
    value = Column("value", "duration", "ms")
    kept = [column for column in table.columns if column.name != "time"]
    layout = (*(replace(column, name=new[column.name]) for column in kept), value)

    def shown(frame: pl.DataFrame) -> pl.DataFrame:
        names = {column.name: new[column.name] for column in kept}
        return frame.select(list(names)).rename(names).with_columns(pl.col("ms").alias("value"))

    return replace(table, columns=layout, frames=lambda: map(shown, table.frames()))


def _by_id(axis: Axis) -> dict[str, str]:
    """What the columns of statuses are called, by what they are titled: of one id at several sites the first stays."""
    names: dict[str, str] = {}
    for title, key in zip(axis.titles, axis.keys, strict=True):
        name, number = f"status_{key}", 2
        while name in names.values():
            name, number = f"status_{key}_{number}", number + 1
        names[title] = name
    return names


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return "".join([first, *(word.capitalize() for word in rest)]) if name.replace("_", "").isalnum() else name


def head(table: Table, request: Request, about: dict[str, Any]) -> dict[str, Any]:
    """The document without its rows: what the numbers were computed by, and what else is said of them."""
    calendar = request.calendar
    statuses = values_of(request, "status").order_by("site__name", "key")
    return {
        "schema": SCHEMA,
        **about,
        "asOf": utc_text(request.as_of_ms),
        "dataAsOf": table.notes.data_as_of,
        "calendar": {
            "id": calendar_numbers().get(calendar.name or request.calendar_name),
            "name": request.calendar_name,
            "timeZone": calendar.tz,
            "businessDayMs": calendar.business_day_ms,
        },
        "timeFormat": request.time_format.value,
        "statuses": [
            {"id": one.key, "name": one.name, "category": one.category, "deleted": one.deleted} for one in statuses
        ],
        "columns": [{"name": one.name, "kind": one.kind, "unit": one.unit} for one in table.columns],
        "warnings": list(table.notes.data_doubts),
    }


def rows(table: Table, most_bytes: int, most_s: float) -> tuple[bytes, int]:
    """The rows as a JSON list, and how many they are; raises TooLarge where that would be too much or take too long."""
    begun, size, count = time.monotonic(), 0, 0
    lines: list[bytes] = []
    for frame in table.frames():
        one = replace(table, frames=partial(iter, [frame]))
        found = b"".join(chunks(one, "ndjson")).splitlines()
        lines += found
        size += sum(map(len, found)) + len(found)
        count += len(found)
        if size > most_bytes:
            raise TooLarge(f"The document would have more than {most_bytes:,} bytes. {_HOW}")
        if time.monotonic() - begun > most_s:
            raise TooLarge(f"The document would take more than {most_s:g} seconds. {_HOW}")
    return b"[" + b",".join(lines) + b"]", count


_HOW = (
    "Ask for pages (limit=1000) or for a stream (format=ndjson or csv), which have no such limit; or narrow the preset "
    "to fewer projects, a shorter range of dates, or by more filters."
)


def whole(start: dict[str, Any], body: bytes) -> bytes:
    """A document from what stands before its rows, and them."""
    return orjson.dumps(start)[:-1] + b',"rows":' + body + b"}"


def older(start: dict[str, Any], body: bytes) -> bytes:
    """The document in the shape of the retired feed: by key and status id the time in the time format."""
    found: dict[str, dict[str, Any]] = {}
    for row in orjson.loads(body):
        found.setdefault(row["issueKey"], {})[row["statusId"]] = row["value"]
    return orjson.dumps({"result": found, "statuses": start["statuses"]})


def schema(columns: Sequence[Column], time_format: TimeFormat) -> dict[str, Any]:
    """The JSON Schema of the document, with what its rows hold."""
    members = {one.name: _of(one, time_format) for one in columns}
    row = {"type": "object", "required": list(members), "properties": members}
    texts = {
        name: {"type": "string"} for name in ("datafeedID", "report", "generatedAt", "asOf", "account", "timeFormat")
    }
    lists = {name: {"type": "array"} for name in ("statuses", "columns", "warnings")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        "type": "object",
        "required": ["schema", "datafeedID", "report", "asOf", "calendar", "total", "rows", "next", "nextCursor"],
        "properties": {
            "schema": {"const": SCHEMA},
            **texts,
            **lists,
            "calendar": {
                "type": "object",
                "required": ["id", "name", "timeZone", "businessDayMs"],
                "properties": {
                    "id": {"type": "integer"},
                    "name": {"type": "string"},
                    "timeZone": {"type": "string"},
                    "businessDayMs": {"type": "integer"},
                },
            },
            "total": {"type": "integer"},
            "rowVersion": {"type": "integer"},
            "rules": {"type": "string"},
            "next": {"type": ["string", "null"]},
            "nextCursor": {"type": ["string", "null"]},
            "rows": {"type": "array", "items": row},
        },
    }


def _of(column: Column, time_format: TimeFormat) -> dict[str, Any]:
    kind = _TYPES[column.kind]
    unit = time_format.value if column.kind == "duration" else column.unit
    return {**kind, "description": unit} if unit else kind
