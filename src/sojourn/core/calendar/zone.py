"""A time zone as arrays: between which instants which offset holds, and local time back to instants."""

from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from sojourn.core.calendar.horizon import EARLIEST, EPOCH, LATEST
from sojourn.core.calendar.rules import DAY
from sojourn.core.calendar.spans import Ints

_BLOCK = 1 << 38  # 8.7 years: what is scanned and remembered at once
# Two changes of a zone must not fall between two looks at it. No zone ever had any closer than 3.9 days (6.9
# since 1970); tests/core/test_calendar_zone.py checks that over the whole database.
_LOOK = 3 * DAY


def offset_at(zone: ZoneInfo, ms: int) -> int:
    """The zone's offset from UTC at an instant, in milliseconds, east positive."""
    offset = (EPOCH + timedelta(milliseconds=ms)).astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101  (ZoneInfo always knows)
    return offset // timedelta(milliseconds=1)


def _bisect(zone: ZoneInfo, low: int, high: int) -> int:
    """The instant in `(low, high]` from which the offset of `high` holds. Changes happen on whole seconds."""
    after = offset_at(zone, high)
    while high - low > 1000:
        middle = (low + high) // 2000 * 1000
        if offset_at(zone, middle) == after:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=4096)
def _changes(key: str, block: int) -> tuple[tuple[int, int], ...]:
    """(instant, offset from then on) of the changes in a block; the first entry is the block's own start."""
    zone = ZoneInfo(key)
    low, last = max(block * _BLOCK, EARLIEST), min((block + 1) * _BLOCK, LATEST)
    low, last = low // 1000 * 1000, last // 1000 * 1000
    found = [(low, offset_at(zone, low))]
    while low < last:
        high = min(low + _LOOK, last)
        offset = offset_at(zone, high)
        if offset != found[-1][1]:
            found.append((_bisect(zone, low, high), offset))
        low = high
    return tuple(found)


class Zone:
    """The offsets of one zone over the days around `[first, last]`, and local time to instants there."""

    def __init__(self, key: str, first: int, last: int) -> None:
        """Errors: ZoneInfoNotFoundError for an unknown key."""
        first, last = max(first - 4 * DAY, EARLIEST), min(last + 4 * DAY, LATEST)
        found = [c for b in range(first // _BLOCK, last // _BLOCK + 1) for c in _changes(key, b)]
        table = np.array(found, dtype=np.int64)
        real = np.append(True, table[1:, 1] != table[:-1, 1])
        self.since, self.offset = table[real, 0], table[real, 1]
        self._local_start = self.since[1:] + self.offset[1:]
        self._local_end = self.since[1:] + self.offset[:-1]

    def local(self, at: Ints) -> Ints:
        """The wall clock at these instants, as milliseconds since the local 1970-01-01T00:00."""
        held = np.searchsorted(self.since[1:], at, side="right")
        return np.asarray(at + self.offset[held], dtype=np.int64)

    def first_instant(self, local: Ints) -> Ints:
        """When the wall clock first shows this; in a gap, the gap's end (docs/semantics.md 18)."""
        held = np.searchsorted(self._local_end, local, side="right")
        found = local - self.offset[held]
        begins = np.append(np.iinfo(np.int64).min, self.since[1:])
        return np.asarray(np.maximum(found, begins[held]), dtype=np.int64)

    def last_instant(self, local: Ints) -> Ints:
        """The same for closings: in a repeated hour, when the wall clock shows this for the second time."""
        held = np.searchsorted(self._local_start, local, side="right")
        found = local - self.offset[held]
        ends = np.append(self.since[1:], np.iinfo(np.int64).max)
        return np.asarray(np.minimum(found, ends[held]), dtype=np.int64)
