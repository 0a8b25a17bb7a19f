"""A format whose file is a head, the bytes of each batch, and a tail."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from sojourn.reports.table import Table


@dataclass(frozen=True, slots=True)
class Pieces:
    """How such a format is written: the head of a table, the body of a printed batch, and the tail.

    The body is told whether it is the first one.
    """

    head: Callable[[Table], bytes]
    body: Callable[[pl.DataFrame, bool], bytes]
    tail: bytes = b""

    def bodies(self, table: Table, frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
        """The bytes of each batch that has rows."""
        is_first = True
        for frame in frames:
            if frame.height:
                yield self.body(table.printed(frame), is_first)
                is_first = False
