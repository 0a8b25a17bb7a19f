"""Tables as bytes: JSON, NDJSON, CSV, Parquet, Arrow and XLSX, written batch by batch."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal, get_args

import polars as pl

from sojourn.errors import Refused
from sojourn.reports.formats import arrow, parquet, texts, xlsx
from sojourn.reports.formats.pieces import Pieces
from sojourn.reports.formats.threads import handing_over
from sojourn.reports.table import Table
from sojourn.writing import beside

Format = Literal["json", "ndjson", "csv", "parquet", "arrow", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)
CONTENT_TYPES: dict[Format, str] = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
BINARY: tuple[Format, ...] = ("parquet", "arrow", "xlsx")
"""The formats that are not for a terminal."""

__all__ = [
    "BINARY",
    "CONTENT_TYPES",
    "DATA_AS_OF",
    "FORMATS",
    "Format",
    "chunks",
    "headers",
    "parse_format",
    "raw_csv",
    "save",
    "save_as",
]

DATA_AS_OF = "Sojourn-Data-As-Of"
"""The header that tells as of when the data of a table is."""

_PIECES: dict[Format, Pieces] = {
    "json": texts.JSON,
    "ndjson": texts.NDJSON,
    "csv": texts.CSV,
    "arrow": arrow.ARROW,
}
"""The formats of which a batch gives its bytes at once."""

_WHOLE: dict[Format, Callable[[Table, Iterator[pl.DataFrame], IO[bytes]], None]] = {
    "parquet": parquet.write,
    "xlsx": xlsx.write,
}
"""The formats that are complete only at the end: they need a file."""

_CHUNK = 1 << 20


def parse_format(name: str) -> Format:
    """The format of that name; raises Refused, naming those there are."""
    for known in FORMATS:
        if known == name:
            return known
    raise Refused("format", f"{name!r} is not one of {', '.join(FORMATS)}")


def chunks(table: Table, name: Format) -> Iterator[bytes]:
    """The table in a format, piece by piece, for sending.

    Raises Refused before the first piece where the table is too large for the format.
    """
    if name in _WHOLE:
        with tempfile.TemporaryFile() as file:
            save(table, name, file)
            file.seek(0)
            while chunk := file.read(_CHUNK):
                yield chunk
        return
    pieces = _PIECES[name]
    yield pieces.head(table)
    yield from pieces.bodies(table, table.frames())
    yield pieces.tail


def raw_csv(table: Table) -> Iterator[bytes]:
    """The table as CSV for programs: texts that begin like a formula are left as they are."""
    yield texts.RAW_CSV.head(table)
    yield from texts.RAW_CSV.bodies(table, table.frames())


def headers(table: Table) -> dict[str, str]:
    """What is said beside a table that is sent, since not every format has room for notes."""
    as_of = table.notes.data_as_of
    return {} if as_of is None else {DATA_AS_OF: as_of}


def save(table: Table, name: Format, file: IO[bytes]) -> None:
    """Write the table to a file. Rows are written while the next ones are read and counted.

    Raises Refused where the table is too large for the format.
    """
    if name in _WHOLE:
        if not file.seekable():  # Polars cannot say that a pipe was closed
            file.writelines(chunks(table, name))
            return
        with handing_over(lambda frames: _WHOLE[name](table, frames, file)) as hand_over:
            for frame in table.frames():
                hand_over(frame)
        return
    pieces = _PIECES[name]
    file.write(pieces.head(table))
    with handing_over(lambda frames: file.writelines(pieces.bodies(table, frames))) as hand_over:
        for frame in table.frames():
            hand_over(frame)
    file.write(pieces.tail)


def save_as(table: Table, name: Format, path: Path) -> None:
    """Write the table to a path, which never holds half a table.

    Raises UserError where it cannot be written, Refused where the table is too large for the format.
    """
    with beside(path) as file:
        save(table, name, file)
