"""How arrays of a timeline are packed: little-endian int64, back to back."""

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

EMPTY: Final = 0
"""Stands in the arrays for no value: nobody assigned, no resolution."""

Int64Array = NDArray[np.int64]
_WIDTHS = (1, 2, 4, 8)


def pack(numbers: Sequence[int] | Int64Array) -> bytes:
    """The bytes of the numbers."""
    if isinstance(numbers, np.ndarray):
        return numbers.astype("<i8").tobytes()
    return _packer(len(numbers))(*numbers)  # most are few: an array of them takes ten times as long


@lru_cache(1_000)
def _packer(count: int) -> Callable[..., bytes]:
    return struct.Struct(f"<{count}q").pack


def unpack(blobs: Iterable[bytes]) -> Int64Array:
    """The numbers of all blobs, one after the other: int64[total]."""
    return np.frombuffer(b"".join(blobs), dtype="<i8").astype(np.int64, copy=False)


def narrow(numbers: Int64Array) -> bytes:
    """The numbers in as few bytes each as hold all of them: 1, 2, 4 or 8."""
    least, most = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    width = next(width for width in _WIDTHS if -(1 << 8 * width - 1) <= least and most < 1 << 8 * width - 1)
    return numbers.astype(f"<i{width}").tobytes()


def widened(packed: bytes, count: int) -> Int64Array:
    """The numbers that `narrow` has packed, of which there are so many."""
    return np.frombuffer(packed, dtype=f"<i{len(packed) // count if count else 8}").astype(np.int64, copy=False)
