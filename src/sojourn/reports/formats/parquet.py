"""Parquet, a row group at a time."""

from collections.abc import Iterator
from typing import IO, Any

import polars as pl
from polars.io.plugins import register_io_source

from sojourn.reports.table import Table


def write(table: Table, frames: Iterator[pl.DataFrame], file: IO[bytes]) -> None:
    """Write the table, whose batches come one by one; raises OSError where the file cannot be written."""
    schema = table.printed(pl.DataFrame(schema=table.schema)).schema

    def source(*_: Any) -> Iterator[pl.DataFrame]:
        return (table.printed(frame) for frame in frames)

    try:
        register_io_source(source, schema=schema).sink_parquet(file, compression="lz4")
    except pl.exceptions.ComputeError as error:  # what Polars makes of a file's OSError
        raise OSError(str(error)) from error
