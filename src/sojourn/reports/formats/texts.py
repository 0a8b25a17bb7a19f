"""The formats of text: JSON, NDJSON and CSV."""

import io
import json
from dataclasses import asdict

import polars as pl

from sojourn.reports.formats.pieces import Pieces
from sojourn.reports.table import Table

_INSTANT = "%Y-%m-%dT%H:%M:%S%.3fZ"


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with instants as ISO 8601 text."""
    return frame.with_columns(pl.col(pl.Datetime).dt.strftime(_INSTANT))


def _json_head(table: Table) -> bytes:
    notes = asdict(table.notes)
    columns = [asdict(column) for column in table.columns]
    return json.dumps({**notes, "columns": columns})[:-1].encode() + b', "rows": [\n'


def _json_body(frame: pl.DataFrame, is_first: bool) -> bytes:
    rows = _texts(frame).write_ndjson().rstrip("\n").replace("\n", ",\n").encode()
    return rows if is_first or not rows else b",\n" + rows


def _ndjson_body(frame: pl.DataFrame, _: bool) -> bytes:
    buffer = io.BytesIO()
    _texts(frame).write_ndjson(buffer)
    return buffer.getvalue()


def _raw_csv_head(table: Table) -> bytes:
    names = pl.DataFrame({column.name: [column.name] for column in table.columns})
    return names.write_csv(include_header=False, line_terminator="\r\n").encode()


def _raw_csv_body(frame: pl.DataFrame, _: bool) -> bytes:
    buffer = io.BytesIO()
    _texts(frame).write_csv(buffer, include_header=False, line_terminator="\r\n")
    return buffer.getvalue()


def _csv_head(table: Table) -> bytes:
    empty = _spreadsheet_safe(pl.DataFrame({column.name: [column.name] for column in table.columns}))
    return empty.write_csv(include_header=False, line_terminator="\r\n").encode()


def _csv_body(frame: pl.DataFrame, _: bool) -> bytes:
    buffer = io.BytesIO()
    _spreadsheet_safe(_texts(frame)).write_csv(buffer, include_header=False, line_terminator="\r\n")
    return buffer.getvalue()


def _spreadsheet_safe(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts that a spreadsheet would run as a formula, with an apostrophe before them; a number is none."""
    texts = [pl.col(name) for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(
        pl.when(text.str.contains(r"^[=+\-@\t\r]") & ~text.str.contains(r"^-[0-9]+(\.[0-9]+)?$"))
        .then(pl.concat_str(pl.lit("'"), text))
        .otherwise(text)
        .alias(text.meta.output_name())
        for text in texts
    )


def _nothing(_: Table) -> bytes:
    return b""


JSON = Pieces(_json_head, _json_body, b"\n]}\n")
"""One object: the notes, the columns, and the rows."""

NDJSON = Pieces(_nothing, _ndjson_body)
"""An object a line."""

CSV = Pieces(_csv_head, _csv_body)
"""RFC 4180 with a line of names; what a spreadsheet would run as a formula gets an apostrophe."""

RAW_CSV = Pieces(_raw_csv_head, _raw_csv_body)
"""The same for programs, texts as they are."""
