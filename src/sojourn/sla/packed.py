"""Clocks as they are stored: a row of int64 for each, in the order of `core.sla.columns.Clocks`."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from sojourn.core.sla.clock import Clock
from sojourn.core.sla.columns import Clocks
from sojourn.core.timeline import Int64Array
from sojourn.history.packing import pack, unpack

WIDTH = len(fields(Clocks))
_BYTES = 8 * WIDTH


def packed(clocks: Clocks, issues: Int64Array) -> list[bytes]:
    """The rows of each work item that has clocks, one work item after the other."""
    columns = [issues[clocks.item], *(getattr(clocks, one.name) for one in fields(Clocks)[1:])]
    data = pack(np.column_stack(columns).ravel())
    ends = [*(np.flatnonzero(np.diff(clocks.item)) + 1).tolist(), len(clocks)] if len(clocks) else []
    begins = [0, *ends[:-1]]
    return [data[_BYTES * begin : _BYTES * end] for begin, end in zip(begins, ends, strict=bool(ends))]


def unpacked(blobs: Sequence[bytes]) -> Clocks:
    """The clocks of several work items; `item` is the number of the work item in the store."""
    table = unpack(blobs).reshape(-1, WIDTH)
    return Clocks(*(np.ascontiguousarray(column) for column in table.T))


def clocks_of(blob: bytes | memoryview, calendars: list[str]) -> list[Clock]:
    """The clocks of one work item, by themselves."""
    found = unpacked([bytes(blob)])
    return [found.clock(place, calendars) for place in range(len(found))]
