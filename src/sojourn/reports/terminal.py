"""A table on a terminal, as wide as the terminal is."""

from contextlib import ExitStack
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table as Grid

from sojourn.core.duration import NEVER
from sojourn.reports.notes import local
from sojourn.reports.table import Column, Table


def show(table: Table, path: Path | None = None) -> None:
    """Print the table with its notes, or write it to a file.

    Columns with nothing in them are left out; of the statuses those are shown that fit the width, the ones with the
    most time first to stay. What is left out is named.
    """
    frame = table.collect()
    printed = table.printed(frame)
    with ExitStack() as stack:
        console = Console(file=stack.enter_context(path.open("w"))) if path else Console(soft_wrap=False)
        shown, hidden = _fitting(table, frame, printed, console.width)
        console.print(_grid(shown, printed, table.notes.zone))
        console.print(f"{frame.height:,} rows.", *table.notes.lines)
        if hidden:
            console.print(f"No room for: {', '.join(hidden)}. Use a wider terminal, --shape long or --format csv.")


def _grid(shown: list[Column], printed: pl.DataFrame, zone: str) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column in shown:
        is_number = column.kind in ("duration", "integer")
        grid.add_column(column.name, justify="right" if is_number else "left", no_wrap=column.name == "issue_key")
    for row in printed.select(column.name for column in shown).iter_rows():
        grid.add_row(*(_text(value, column, zone) for value, column in zip(row, shown, strict=True)))
    return grid


def _fitting(table: Table, frame: pl.DataFrame, printed: pl.DataFrame, width: int) -> tuple[list[Column], list[str]]:
    """The columns that are shown, and the names of the durations for which there is no room."""
    used = [column for column in table.columns if not _is_empty(frame[column.name]) and column.name != "issue_id"]
    room = width - sum(_width(printed[column.name]) for column in used if column.kind != "duration")
    durations = sorted(
        (column for column in used if column.kind == "duration"), key=lambda column: -(frame[column.name].sum() or 0)
    )
    hidden = []
    for column in durations:
        room -= _width(printed[column.name])
        if room < 0:
            hidden.append(column.name)
    return [column for column in used if column.name not in hidden], hidden


def _is_empty(values: pl.Series) -> bool:
    blank = values.null_count() + ((values == "").sum() if values.dtype == pl.String else 0)
    return blank == len(values) > 0


def _width(values: pl.Series) -> int:
    """The room a column needs: its longest value, and the longest word of its name."""
    longest = values.cast(pl.String).str.len_chars().max()
    words = max(len(word) for word in values.name.split())
    return 2 + max(longest if isinstance(longest, int) else 0, words)


def _text(value: object, column: Column, zone: str) -> str:
    if value is None:
        return NEVER if column.kind == "duration" else ""
    if column.kind == "instant":
        return local(int(pl.Series([value]).dt.epoch("ms")[0]), zone)
    return f"{value:.2f}" if isinstance(value, float) else str(value)
