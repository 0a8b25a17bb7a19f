"""A table on a terminal, as wide as the terminal is."""

import io
import re
from contextlib import ExitStack
from pathlib import Path

import polars as pl
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from sojourn.core.duration import NEVER, TimeFormat
from sojourn.reports.notes import local
from sojourn.reports.table import Column, Kind, Table
from sojourn.writing import beside

_BETWEEN = 2
_WIDEST_TEXT = 24
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_IMPORTANCE: dict[Kind, int] = {
    "text": 1,
    "instant": 1,
    "date": 1,
    "duration": 2,
    "integer": 3,
    "boolean": 3,
    "number": 3,
}


def show(table: Table, path: Path | None = None) -> None:
    """Print the table with its notes, or write it to a file.

    Columns with nothing in them are left out; of the statuses those are shown that fit the width, the ones with the
    most time first to stay. What is left out is named. Raises UserError where the file cannot be written.
    """
    frame = table.collect()
    texts = _texts(table, frame)
    with ExitStack() as stack:
        file = stack.enter_context(beside(path)) if path else None
        lines = stack.enter_context(io.TextIOWrapper(file, "utf-8", newline="\n")) if file else None
        console = Console(file=lines, markup=False, emoji=False, highlight=False)
        shown, hidden = _fitting(frame, texts, console.width)
        console.print(_grid(shown, texts))
        console.print(f"{frame.height:,} rows.", *table.notes.lines)
        if hidden:
            names = ", ".join(_plain(name) for name in hidden)
            has_shapes = any(column.kind == "duration" for column in table.columns)
            wider = "a wider terminal, --shape long" if has_shapes else "a wider terminal"
            console.print(f"No room for: {names}. Use {wider} or --format csv.")


def _texts(table: Table, frame: pl.DataFrame) -> dict[Column, list[str]]:
    """The cells as they are shown, of the columns that have any; ids are for programs."""
    printed, notes = table.printed(frame), table.notes
    return {
        column: [_text(value, column, notes.zone, notes.time_format) for value in printed[column.name]]
        for column in table.columns
        if column.name != "issue_id" and not _is_empty(frame[column.name])
    }


def _grid(widths: dict[Column, int], texts: dict[Column, list[str]]) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column, width in widths.items():
        is_number = column.kind in ("duration", "integer", "number")
        grid.add_column(Text(_plain(column.name)), justify="right" if is_number else "left", width=width)
    for row in zip(*(texts[column] for column in widths), strict=True):
        grid.add_row(*map(Text, row))
    return grid


def _fitting(frame: pl.DataFrame, texts: dict[Column, list[str]], room: int) -> tuple[dict[Column, int], list[str]]:
    """The columns that are shown with their widths, and the names of those for which there is no room."""
    room += _BETWEEN
    fitting = {}
    for column in _by_importance(frame, list(texts)):
        width = _width(column, texts[column])
        if column.name == "issue_key" or width + _BETWEEN <= room:
            room -= width + _BETWEEN
            fitting[column] = width
    shown = {column: fitting[column] for column in texts if column in fitting}
    return shown, [column.name for column in texts if column not in fitting]


def _by_importance(frame: pl.DataFrame, columns: list[Column]) -> list[Column]:
    """The key, the duration with the most time, texts, the other durations, and the rest: first to have room."""
    time = {column: int(frame[column.name].sum() or 0) for column in columns if column.kind == "duration"}
    most = max(time, key=lambda column: time[column], default=None)

    def order(column: Column) -> tuple[int, int]:
        if column.name == "issue_key":
            return 0, 0
        return (0, 1) if column == most else (_IMPORTANCE[column.kind], -time.get(column, 0))

    return sorted(columns, key=order)


def _is_empty(values: pl.Series) -> bool:
    blank = values.null_count() + ((values == "").sum() if values.dtype == pl.String else 0)
    return blank == len(values) > 0


def _width(column: Column, texts: list[str]) -> int:
    """The room a column needs: its longest value, and the longest word of its name; long texts are wrapped."""
    longest = max(map(cell_len, texts), default=0)
    if column.kind == "text" and column.name != "issue_key":
        longest = min(longest, _WIDEST_TEXT)
    return max(longest, *(cell_len(word) for word in _plain(column.name).split()), 1)


def _plain(text: str) -> str:
    """Text that cannot steer the terminal."""
    return _CONTROLS.sub(" ", text)


def _text(value: object, column: Column, zone: str, time_format: TimeFormat) -> str:
    if value is None:
        return NEVER if column.kind == "duration" else ""
    if column.kind == "instant":
        return local(int(pl.Series([value]).dt.epoch("ms")[0]), zone)
    if isinstance(value, float):
        return f"{value:.3f}" if time_format is TimeFormat.SECONDS else f"{value:.2f}"
    return _plain(str(value))
