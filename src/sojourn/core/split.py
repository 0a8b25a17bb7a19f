"""Stays split at the edges of periods, such as local midnights, so that the parts sum to the whole.

Sums per value and period need no piece of their own for each stay and period: a stay has a first and a last part, and
covers the periods between as a whole (docs/semantics.md 13).
"""

from dataclasses import dataclass

import numpy as np

from sojourn.core.timeline import Int64Array, Stays, add_up


@dataclass(frozen=True, slots=True)
class Reach:
    """Of each stay the first and the last period it is in; `periods` is how many there are.

    A stay is in a period where they share time, or where it has no length and lies in it.
    """

    first: Int64Array
    last: Int64Array
    periods: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """Parts of stays, each inside one period: whose they are, which period, and from when until when."""

    stay: Int64Array
    period: Int64Array
    begin: Int64Array
    end: Int64Array


def reach(found: Stays, edges: Int64Array) -> Reach:
    """The periods of each stay; period i is `[edges[i], edges[i + 1])`, and every stay lies between the outer edges."""
    first = np.searchsorted(edges, found.entered, "right") - 1
    last = np.maximum(first, np.searchsorted(edges, found.left, "left") - 1)
    return Reach(first, last, len(edges) - 1)


def spread(
    found: Stays, reached: Reach, values: int, begun: Int64Array, ended: Int64Array, edges: Int64Array
) -> Int64Array:
    """The measure of all stays by value and period, int64[values, periods].

    `begun`, `ended` and `edges` are what a clock has run up to where each stay was entered and left, and up to the
    edges of the periods.
    """
    size, row = values * (reached.periods + 1), found.value * (reached.periods + 1)
    first, last = row + reached.first, row + reached.last
    total = add_up(first, size, edges[reached.first + 1] - begun, "sum")
    total += add_up(last, size, ended - edges[reached.last], "sum")
    covered = _running(first + 1, last, values, reached.periods)  # −1 where both parts are in one period
    return total.reshape(values, -1)[:, :-1] + covered * np.diff(edges)


def present(found: Stays, reached: Reach, values: int) -> Int64Array:
    """How many different items had each value in each period, int64[values, periods]."""
    order = np.argsort(found.item * values + found.value, kind="stable")
    item, value, first, last = (column[order] for column in (found.item, found.value, reached.first, reached.last))
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (item[1:] == item[:-1]) & (value[1:] == value[:-1])
    first[again] = np.maximum(first[again], last[:-1][again[1:]] + 1)
    row, more = value * (reached.periods + 1), first <= last
    return _running((row + first)[more], (row + last + 1)[more], values, reached.periods)


def pieces(found: Stays, reached: Reach, edges: Int64Array) -> Pieces:
    """The parts of each stay, in order of stays and time."""
    counts = reached.last - reached.first + 1
    stay = np.repeat(np.arange(len(found)), counts)
    period = np.arange(len(stay)) - np.repeat(np.cumsum(counts) - counts - reached.first, counts)
    begin = np.maximum(found.entered[stay], edges[period])
    return Pieces(stay, period, begin, np.minimum(found.left[stay], edges[period + 1]))


def _running(begin: Int64Array, end: Int64Array, values: int, periods: int) -> Int64Array:
    """How many of the ranges `[begin, end)` of cells lie over each cell, int64[values, periods]."""
    size = values * (periods + 1)
    change = np.bincount(begin, minlength=size) - np.bincount(end, minlength=size)
    return np.cumsum(change.reshape(values, -1), axis=1)[:, :-1]
