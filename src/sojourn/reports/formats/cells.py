"""The values of a table as the cells of a spreadsheet."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from sojourn.core.time_format import TimeFormat
from sojourn.reports.table import Column, Table

Cell = str | bool | int | float | None
"""A text, a truth, a number, which may stand for a date, or nothing."""

LONGEST = 32_767
"""The most characters a cell of Excel holds, counted as it does: in UTF-16."""

_MARK = "…"
_DAY_MS = 86_400_000
_EPOCH = 25_569  # 1970-01-01, in Excel's days
_FIRST, _LAST = date(1900, 3, 1), date(9999, 12, 31)  # before, Excel's days are one off
_LOOKS = {"integer": "0", "instant": "yyyy-mm-dd hh:mm:ss.000", "date": "yyyy-mm-dd"}


def number_format(column: Column, time_format: TimeFormat) -> str:
    """How Excel is to show the numbers of a column."""
    if column.kind != "duration":
        return _LOOKS.get(column.kind, "General")
    whole = time_format in (TimeFormat.MS, TimeFormat.MINUTES)
    return "0" if whole else "0.000" if time_format is TimeFormat.SECONDS else "0.00"


def of(table: Table, frame: pl.DataFrame) -> tuple[list[list[Cell]], int]:
    """The cells of each column of a batch, durations in the time format, and how many texts were cut.

    Instants are days in UTC, as Excel counts them; those that Excel has no day for are ISO 8601 texts.
    """
    printed = table.printed(frame)
    columns, cut_texts = [], 0
    for series in printed.iter_columns():
        if series.dtype == pl.String:
            long = series.str.len_bytes() > LONGEST
            values = [cut(text) if is_long else text for text, is_long in zip(series, long, strict=True)]
            cut_texts += sum(short != text for short, text in zip(values, series, strict=True))
        else:
            values = _days(series) if series.dtype.is_temporal() else series.to_list()
        columns.append(values)
    return columns, cut_texts


def _days(series: pl.Series) -> list[Cell]:
    at = series.cast(pl.Datetime("ms"))
    known = at.dt.date().is_between(_FIRST, _LAST)
    text = at.dt.strftime("%Y-%m-%d" if series.dtype == pl.Date else "%Y-%m-%dT%H:%M:%S%.3fZ")
    days = at.dt.epoch("ms") / _DAY_MS + _EPOCH
    return [day if is_known else iso for day, iso, is_known in zip(days, text, known, strict=True)]


def cut(text: str) -> str:
    """The text, with … at its end where a cell cannot hold all of it."""
    if len(text.encode("utf-16-le")) <= 2 * LONGEST:
        return text
    kept = text.encode("utf-16-le")[: 2 * (LONGEST - len(_MARK))]
    return kept.decode("utf-16-le", errors="ignore") + _MARK


def cut_note(count: int) -> str:
    """What to say of texts that were cut."""
    texts = "1 text was" if count == 1 else f"{count:,} texts were"
    return f"{texts} longer than the {LONGEST:,} characters a cell holds, and cut: they end in {_MARK}"


def width(values: Sequence[Cell]) -> int:
    """The characters of the longest of the cells; a line break begins a new line."""
    return max(map(_width, values), default=0)


def _width(value: Cell) -> int:
    if isinstance(value, str):
        return max(map(len, value.split("\n"))) if "\n" in value else len(value)
    return 0 if value is None else len(str(value))
