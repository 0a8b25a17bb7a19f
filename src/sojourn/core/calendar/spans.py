"""Sets of instants as sorted, disjoint, half-open spans; the algebra is one sweep over their edges."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Spans(NamedTuple):
    """`start[i] <= t < end[i]`. What `join` and `subtract` return is sorted, and no two spans touch."""

    start: Ints
    end: Ints

    @property
    def total(self) -> int:
        """The summed length."""
        return int((self.end - self.start).sum())

    def clip(self, first: int, last: int) -> "Spans":
        """What lies inside `[first, last)`."""
        start, end = np.maximum(self.start, first), np.minimum(self.end, last)
        kept = start < end
        return Spans(start[kept], end[kept])


def spans(pairs: "list[tuple[int, int]]") -> Spans:
    """Spans of plain pairs, as they come."""
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Spans(table[:, 0], table[:, 1])


def join(*parts: Spans) -> Spans:
    """The union of any spans, in any order; what is empty or ends before it starts counts as nothing."""
    start = np.concatenate([part.start for part in parts])
    end = np.concatenate([part.end for part in parts])
    real = start < end
    start, end = start[real], end[real]
    order = np.argsort(start, kind="stable")
    start, reached = start[order], np.maximum.accumulate(end[order])
    begins = np.append(True, start[1:] > reached[:-1])[: len(start)]
    ends = np.append(begins[1:], True)[: len(start)]
    return Spans(start[begins], reached[ends])


def subtract(spans: Spans, taken: Spans) -> Spans:
    """What is in `spans` and not in `taken`; both as `join` returns them."""
    if not len(taken.start) or not len(spans.start):
        return spans
    edges = np.concatenate([spans.start, spans.end, taken.start, taken.end])
    ones, twos = np.ones(len(spans.start), np.int64), np.ones(len(taken.start), np.int64)
    steps = np.concatenate([ones, -ones, -twos, twos])
    order = np.argsort(edges, kind="stable")
    edges = edges[order]
    is_left = np.cumsum(steps[order])[:-1] == 1
    return join(Spans(edges[:-1][is_left], edges[1:][is_left]))
