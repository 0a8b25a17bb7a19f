"""Tables as bytes: JSON, NDJSON, CSV and Parquet, written batch by batch."""

import io
import json
import queue
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Literal, get_args

import polars as pl
from polars.io.plugins import register_io_source

from sojourn.errors import Refused, UserError
from sojourn.reports.table import Table

Format = Literal["json", "ndjson", "csv", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
CONTENT_TYPES: dict[Format, str] = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_INSTANT = "%Y-%m-%dT%H:%M:%S%.3fZ"
_CHUNK = 1 << 20


def parse_format(name: str) -> Format:
    """The format of that name; raises Refused, naming those there are."""
    for known in FORMATS:
        if known == name:
            return known
    raise Refused("format", f"{name!r} is not one of {', '.join(FORMATS)}")


def chunks(table: Table, name: Format) -> Iterator[bytes]:
    """The table in a format, piece by piece, for sending."""
    if name == "parquet":
        with tempfile.TemporaryFile() as file:
            _write_parquet(table, file)
            file.seek(0)
            while chunk := file.read(_CHUNK):
                yield chunk
        return
    head, body, tail = _TEXTS[name]
    yield head(table)
    yield from _bodies(table, body, table.frames())
    yield tail


def save(table: Table, name: Format, file: IO[bytes]) -> None:
    """Write the table to a file. Rows are written while the next ones are read and counted."""
    if name == "parquet" and not file.seekable():  # Polars cannot say that a pipe was closed
        file.writelines(chunks(table, name))
        return
    if name == "parquet":
        _write_parquet(table, file)
        return
    head, body, tail = _TEXTS[name]
    file.write(head(table))

    def write(frames: Iterator[pl.DataFrame]) -> None:
        file.writelines(_bodies(table, body, frames))

    with _handing_over(write) as hand_over:
        for frame in table.frames():
            hand_over(frame)
    file.write(tail)


def _bodies(
    table: Table, body: Callable[[pl.DataFrame, bool], bytes], frames: Iterator[pl.DataFrame]
) -> Iterator[bytes]:
    is_first = True
    for frame in frames:
        if frame.height:
            yield body(table.printed(frame), is_first)
            is_first = False


def _write_parquet(table: Table, file: IO[bytes]) -> None:
    schema = table.printed(pl.DataFrame(schema=table.schema)).schema

    def write(frames: Iterator[pl.DataFrame]) -> None:
        def source(*_: Any) -> Iterator[pl.DataFrame]:
            return (table.printed(frame) for frame in frames)

        try:
            register_io_source(source, schema=schema).sink_parquet(file, compression="lz4")
        except pl.exceptions.ComputeError as error:  # what Polars makes of a file's OSError
            raise OSError(str(error)) from error

    with _handing_over(write) as hand_over:
        for frame in table.frames():
            hand_over(frame)


@contextmanager
def _handing_over(
    consume: Callable[[Iterator[pl.DataFrame]], None],
) -> Iterator[Callable[[pl.DataFrame], None]]:
    """A consumer of frames in a thread of its own, at most two frames behind.

    The store is read in the caller's thread, which owns the connection.
    """
    frames: queue.Queue[pl.DataFrame | None] = queue.Queue(maxsize=2)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(consume, _until_none(frames))

        def hand_over(frame: pl.DataFrame) -> None:
            while not done.done():
                try:
                    frames.put(frame, timeout=1)
                except queue.Full:
                    continue
                return
            done.result()

        try:
            yield hand_over
        finally:
            while not done.done():
                try:
                    frames.put(None, timeout=1)
                except queue.Full:
                    continue
                break
        done.result()


def _until_none(frames: "queue.Queue[pl.DataFrame | None]") -> Iterator[pl.DataFrame]:
    while (frame := frames.get()) is not None:
        yield frame


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


_TEXTS: dict[Format, tuple[Callable[[Table], bytes], Callable[[pl.DataFrame, bool], bytes], bytes]] = {
    "json": (_json_head, _json_body, b"\n]}\n"),
    "ndjson": (_nothing, _ndjson_body, b""),
    "csv": (_csv_head, _csv_body, b""),
}


def save_as(table: Table, name: Format, path: Path) -> None:
    """Write the table to a path, which never holds half a table; raises UserError where it cannot be written."""
    with beside(path) as file:
        save(table, name, file)


@contextmanager
def beside(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of the path once it is written; raises UserError where it cannot be.

    What is not a plain file, such as a named pipe, is written to as it is.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
