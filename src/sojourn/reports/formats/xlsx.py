"""XLSX: a sheet of typed cells, none of them a formula, and a sheet of notes; in constant memory."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import polars as pl
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.worksheet import Worksheet

from sojourn.errors import Refused
from sojourn.reports.formats import cells
from sojourn.reports.formats.meaning import about, meaning
from sojourn.reports.table import Table

MOST_ROWS = 1_048_575
"""What fits below the header of a sheet of Excel."""

MOST_COLUMNS = 16_384
_WIDEST = 60
_FILTER_ARROW = 3


class _Sheet(Worksheet):  # type: ignore[misc]
    """A sheet that takes no text for markup: xlsxwriter takes one that begins with `<r>` for rich text."""

    def _xml_rich_inline_string(self, string: str, attributes: Any = ()) -> None:
        self._xml_inline_string(string, True, attributes)


def write(table: Table, frames: Iterator[pl.DataFrame], file: IO[bytes]) -> None:
    """Write the table, whose batches come one by one.

    Raises Refused, with nothing written, where it has more rows or columns than a sheet holds; OSError where the file
    cannot be written.
    """
    if len(table.columns) > MOST_COLUMNS:
        raise Refused(
            "format", f"a sheet holds {MOST_COLUMNS:,} columns, this table has {len(table.columns):,}; use csv"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.xlsx")
        book = Workbook(str(path), {"constant_memory": True, "tmpdir": folder})
        try:
            _fill(book, table, frames)
            book.close()
        except XlsxWriterException as error:
            raise OSError(str(error)) from error
        finally:
            _let_go(book)
        with path.open("rb") as made:
            shutil.copyfileobj(made, file, 1 << 20)


def _let_go(book: Any) -> None:
    """Close the rows that are not in the file yet, where something went wrong before they were."""
    for sheet in book.worksheets():
        sheet.row_data_fh.close()


def _fill(book: Any, table: Table, frames: Iterator[pl.DataFrame]) -> None:
    book.use_zip64()
    book.set_properties({"title": table.notes.report, "created": datetime.fromisoformat(table.notes.as_of)})
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet = book.add_worksheet("Table", worksheet_class=_Sheet)
    lines = _rows(book, sheet, bold, table, frames)
    sheet = book.add_worksheet("Notes", worksheet_class=_Sheet)
    _notes(sheet, bold, table, lines)


def _rows(book: Any, sheet: Any, bold: Any, table: Table, frames: Iterator[pl.DataFrame]) -> Sequence[str]:
    """Write the header and the rows; what there is to note about them."""
    _texts(sheet, 0, [column.name for column in table.columns], bold)
    numbers = [cells.number_format(column, table.notes.time_format) for column in table.columns]
    looks = [book.add_format({"num_format": number}) for number in numbers]
    widths = [min(len(column.name) + _FILTER_ARROW, _WIDEST) for column in table.columns]
    rows = cut = 0
    for frame in frames:
        if rows + frame.height <= MOST_ROWS:
            shown, cut_here = cells.of(table, frame)
            cut += cut_here
            for row, values in enumerate(zip(*shown, strict=True), rows + 1):
                _cells(sheet, row, values, looks)
            widths = [max(width, min(cells.width(one), _WIDEST)) for width, one in zip(widths, shown, strict=True)]
        rows += frame.height
    if rows > MOST_ROWS:
        raise Refused("format", f"an Excel sheet holds {MOST_ROWS:,} rows, this table has {rows:,}; use csv or parquet")
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width + 1)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, rows, max(len(widths) - 1, 0))
    return [cells.cut_note(cut)] if cut else []


def _cells(sheet: Any, row: int, values: Sequence[cells.Cell], looks: Sequence[Any]) -> None:
    for place, value in enumerate(values):
        if value is None or value == "":
            continue
        if isinstance(value, str):
            sheet.write_string(row, place, value)
        elif isinstance(value, bool):
            sheet.write_boolean(row, place, value)
        else:
            sheet.write_number(row, place, value, looks[place])


def _texts(sheet: Any, row: int, texts: Sequence[str], look: Any = None) -> None:
    for place, text in enumerate(texts):
        if text:
            sheet.write_string(row, place, cells.cut(text), look)


def _notes(sheet: Any, bold: Any, table: Table, lines: Sequence[str]) -> None:
    """What to know about the numbers, and what each column means."""
    time_format = table.notes.time_format
    rows = [*about(table.notes), *(("", line) for line in (*table.notes.lines, *lines)), ("", "")]
    for row, texts in enumerate(rows):
        _texts(sheet, row, texts)
    _texts(sheet, len(rows), ("Column", "Meaning"), bold)
    for row, column in enumerate(table.columns, len(rows) + 1):
        _texts(sheet, row, (column.name, meaning(column, time_format)))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
