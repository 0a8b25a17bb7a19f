"""The compiled calendar: working time as a curve W over instants, and its inverse, over whole columns.

Both walk columns in chunks that stay in the processor's cache: that is worth more than a compiler would be.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sojourn.core.calendar.horizon import HorizonError, show
from sojourn.core.calendar.spans import Ints, Spans

CHUNK = 1 << 16
_MOST_BUCKETS_BITS = 17
_MOST_ROUNDS = 8


class _Pieces:
    """Columns of n pieces, looked up by the piece in charge at x (0 or more): `searchsorted` through buckets.

    Piece i hands over to i + 1 anywhere in `[leave[i], enter[i + 1]]`. With buckets no wider than those gaps
    each bucket has one piece, and the columns are spread over the buckets beforehand. Else the bucket names
    the first piece it meets, and a comparison or a few more settle it.
    """

    def __init__(self, enter: Ints, leave: Ints, width: int, *columns: Ints) -> None:
        reach = int(leave[-1])
        self._shift = max(width.bit_length() - 1, reach.bit_length() - _MOST_BUCKETS_BITS, 0)
        low = np.arange((reach >> self._shift) + 2, dtype=np.int64) << self._shift
        first = np.minimum(np.searchsorted(leave, low, "right"), len(leave) - 1)
        last = np.searchsorted(enter[1:], low + ((1 << self._shift) - 1), "right")
        self._first, self._rounds = first, int((last - first).max())
        self._leave, self._next = leave, np.append(enter[1:], np.iinfo(np.int64).max)
        self._columns = columns if self._rounds > 0 else tuple(column[first] for column in columns)

    def find(self, x: Ints) -> Ints:
        """Where in the columns the pieces stand, for `take`."""
        if self._rounds > _MOST_ROUNDS:
            return np.searchsorted(self._leave, x, "right")
        bucket: Ints = x >> self._shift
        if self._rounds <= 0:
            return bucket
        found: Ints = np.take(self._first, bucket, mode="clip")
        for _ in range(self._rounds):
            found += x >= np.take(self._next, found, mode="clip")
        return found

    def take(self, column: int, found: Ints) -> Ints:
        """That column at the places found."""
        taken: Ints = np.take(self._columns[column], found, mode="clip")
        return taken


def _each_chunk(size: int, work: Callable[[slice], None], threads: int = 1) -> None:
    chunks = [slice(low, low + CHUNK) for low in range(0, size, CHUNK)]
    if threads > 1 and len(chunks) > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, chunks))
    else:
        for chunk in chunks:
            work(chunk)


class WorkingTime:
    """W and its inverse between the instants `first` and `last`, in milliseconds; W(first) = 0.

    W never decreases; W after its inverse is the identity on `(0, total]`, the inverse after W on
    `(open, close]` of every working span. Outside the range every method raises HorizonError
    (docs/semantics.md 18, 20).
    """

    def __init__(self, spans: Spans, first: int, last: int) -> None:
        """`spans` sorted and disjoint inside `[first, last]`."""
        self.first, self.last, self.spans = first, last, spans
        self.total = spans.total
        if len(spans.start) > 1:
            start, end = spans.start - first, spans.end - first
            worked = np.append(0, np.cumsum(end - start))
            gap, shortest = int((start[1:] - end[:-1]).min()), int((end - start).min())
            self._at = _Pieces(start, end, gap, start, end, worked[:-1] - start)
            self._of = _Pieces(worked[:-1] + 1, worked[1:] + 1, shortest, spans.start - worked[:-1])

    def until(self, at: Ints) -> Ints:
        """W: the working time from `first` until each instant."""
        at = np.asarray(at, dtype=np.int64)
        out = np.empty(at.shape, np.int64)

        def work(chunk: slice) -> None:
            out[chunk] = self._until(at[chunk])

        _each_chunk(len(at), work)
        return out

    def instant(self, worked: Ints) -> Ints:
        """The inverse of W: the earliest instant at which so much is worked; of 0, the first opening."""
        worked = np.asarray(worked, dtype=np.int64)
        out = np.empty(worked.shape, np.int64)

        def work(chunk: slice) -> None:
            out[chunk] = self._instant(worked[chunk])

        _each_chunk(len(worked), work)
        return out

    def elapsed(self, start: Ints, end: Ints, threads: int = 1) -> Ints:
        """The working time of each interval; negative where it ends before it starts."""
        start, end = np.asarray(start, dtype=np.int64), np.asarray(end, dtype=np.int64)
        if start.shape != end.shape:
            raise ValueError(f"{len(start)} starts, but {len(end)} ends")
        out = np.empty(start.shape, np.int64)

        def work(chunk: slice) -> None:
            np.subtract(self._until(end[chunk]), self._until(start[chunk]), out=out[chunk])

        _each_chunk(len(start), work, threads)
        return out

    def next_open(self, at: Ints) -> Ints:
        """Each instant itself where work goes on at it, else the next opening; HorizonError for none."""
        at = np.asarray(at, dtype=np.int64)
        self._since_first(at)
        found = np.searchsorted(self.spans.end, at, "right")
        if len(at) and int(found.max()) == len(self.spans.start):
            raise HorizonError(f"no opening between {show(int(at.max()))} and {show(self.last)}")
        return np.maximum(at, self.spans.start[found]) if len(at) else at

    def deadline(self, start: Ints, goal: Ints) -> Ints:
        """The earliest instant at which `goal` is used up after `start`: closing time, where it lands there.

        A goal of 0 is the start itself if open, else the next opening (docs/semantics.md 20).
        """
        start = np.asarray(start, dtype=np.int64)
        goal = np.broadcast_to(np.asarray(goal, dtype=np.int64), start.shape)
        if len(goal) and int(goal.min()) < 0:
            raise ValueError("a goal below 0")
        out = np.empty(start.shape, np.int64)

        def work(chunk: slice) -> None:
            out[chunk] = self._instant(self._until(start[chunk]) + goal[chunk])

        _each_chunk(len(start), work)
        none = goal == 0
        if none.any():
            out[none] = self.next_open(start[none])
        return out

    def _since_first(self, at: Ints) -> Ints:
        """Milliseconds since `first`. HorizonError outside the range."""
        since: Ints = at - self.first
        # One reduction instead of two: seen without a sign, what lies before `first` is huge.
        if len(at) and int(since.view(np.uint64).max()) > self.last - self.first:
            wrong = int(at.min()) if int(at.min()) < self.first else int(at.max())
            reach = f"{show(self.first)} to {show(self.last)}"
            raise HorizonError(f"{wrong} ms lies outside the compiled range {reach}")
        return since

    def _until(self, at: Ints) -> Ints:
        worked = self._since_first(at)
        if not self.total:
            return np.zeros(at.shape, np.int64)
        if len(self.spans.start) == 1:
            start, end = (int(edge[0]) - self.first for edge in self.spans)
            return np.clip(worked, start, end) - start
        found = self._at.find(worked)
        np.maximum(worked, self._at.take(0, found), out=worked)
        np.minimum(worked, self._at.take(1, found), out=worked)
        worked += self._at.take(2, found)
        return worked

    def _instant(self, worked: Ints) -> Ints:
        if len(worked) and (not self.total or int(worked.view(np.uint64).max()) > self.total):
            reach = f"between {show(self.first)} and {show(self.last)}"
            raise HorizonError(f"{reach} there are {self.total} ms of working time")
        if len(self.spans.start) <= 1:
            return worked + int(self.spans.start.sum())
        instant: Ints = worked + self._of.take(0, self._of.find(worked))
        return instant
