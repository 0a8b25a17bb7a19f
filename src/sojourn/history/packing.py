"""How arrays of a timeline are packed: little-endian int64, back to back."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

EMPTY: Final = 0
"""Stands in the arrays for no value: nobody assigned, no resolution."""

Int64Array = NDArray[np.int64]


def pack(numbers: Sequence[int] | Int64Array) -> bytes:
    """The bytes of the numbers."""
    return np.asarray(numbers, dtype="<i8").tobytes()


def unpack(blobs: Iterable[bytes]) -> Int64Array:
    """The numbers of all blobs, one after the other: int64[total]."""
    return np.frombuffer(b"".join(blobs), dtype="<i8").astype(np.int64, copy=False)
