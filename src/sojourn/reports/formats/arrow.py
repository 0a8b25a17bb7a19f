"""The Arrow IPC streaming format, sent batch by batch.

A stream is the message of its schema, a message for each batch, and an end mark (Arrow's *IPC Streaming Format*).
Polars writes a frame as a whole stream, so a batch is such a stream without its schema and its end. That is sound as
every batch has the same schema, and no column is encoded with a dictionary, whose messages would have to come first.
"""

import io

import polars as pl

from sojourn.reports.formats.pieces import Pieces
from sojourn.reports.table import Table

_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
_PREFIX = 8  # a mark of four bytes, and the size of the message's metadata in four


def _stream(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="lz4", compat_level=pl.CompatLevel.oldest())
    return buffer.getvalue()


def _schema_size(stream: bytes) -> int:
    """The bytes of the first message, which is the schema and has no body."""
    return _PREFIX + int.from_bytes(stream[4:_PREFIX], "little")


def _head(table: Table) -> bytes:
    stream = _stream(table.printed(pl.DataFrame(schema=table.schema)))
    return stream[: _schema_size(stream)]


def _body(frame: pl.DataFrame, _: bool) -> bytes:
    stream = _stream(frame)
    return stream[_schema_size(stream) : -len(_END)]


ARROW = Pieces(_head, _body, _END)
"""Types as in Parquet; texts are of the kind that every Arrow library reads."""
