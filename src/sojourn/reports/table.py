"""What a report answers: columns with types and units, rows in batches, and what to know about them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from sojourn.core.duration import TimeFormat, format_expr

Kind = Literal["text", "integer", "instant", "date", "duration", "boolean", "number"]
TYPES: dict[Kind, Any] = {
    "text": pl.String,
    "integer": pl.Int64,
    "instant": pl.Datetime("ms", "UTC"),
    "date": pl.Date,
    "duration": pl.Int64,
    "boolean": pl.Boolean,
    "number": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, which is unique in the table, what kind of thing it holds, and the unit of its numbers.

    A `duration` holds milliseconds until it is printed in the time format of the request; an `integer` of unit `ms`
    stays milliseconds. `group` is the category of a status, for showing.
    """

    name: str
    kind: Kind
    unit: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Notes:
    """What to know about the numbers of a table."""

    report: str
    as_of: str
    calendar: str
    zone: str
    business_day_ms: int
    business_week_ms: int
    time_format: TimeFormat
    lines: tuple[str, ...] = ()
    data_as_of: str | None = None
    """The instant up to which the data is whole, of the oldest of the sites; None where nobody knows."""
    data_doubts: tuple[str, ...] = ()
    """What of the data is not here yet, and why no more comes."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, notes, and the rows, which are computed as they are read.

    `frames` starts afresh each time it is called; each frame has the columns in order, of the types of `schema`.
    """

    columns: tuple[Column, ...]
    notes: Notes
    frames: Callable[[], Iterator[pl.DataFrame]]

    @property
    def schema(self) -> pl.Schema:
        """The types of the frames."""
        return pl.Schema({column.name: TYPES[column.kind] for column in self.columns})

    def printed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with durations in the time format: the one place where they are rounded (docs/semantics.md 16)."""
        notes = self.notes
        if notes.time_format is TimeFormat.MS:
            return frame
        return frame.with_columns(
            format_expr(
                column.name,
                notes.time_format,
                business_day_ms=notes.business_day_ms,
                business_week_ms=notes.business_week_ms,
            ).alias(column.name)
            for column in self.columns
            if column.kind == "duration"
        )

    def collect(self) -> pl.DataFrame:
        """All rows at once, durations in milliseconds."""
        return pl.concat([pl.DataFrame(schema=self.schema), *self.frames()])
