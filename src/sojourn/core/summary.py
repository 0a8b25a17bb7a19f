"""Mean, median, percentiles and spread of many groups of amounts at once (docs/semantics.md 15)."""

from dataclasses import dataclass

import numpy as np

from sojourn.core.timeline import BoolArray, Int64Array

PERCENTS = (50, 85, 95)
_FITS = 1 << 62


@dataclass(frozen=True, slots=True)
class Summaries:
    """The figures of each group, int64, in the unit of the amounts; fractions are rounded half up.

    `percentiles` are those of `PERCENTS`, by nearest rank; the median of an even count lies between the two in the
    middle. `deviation` is the standard deviation with n − 1 for a denominator, where `has_deviation`: of two or more.
    """

    count: Int64Array
    total: Int64Array
    mean: Int64Array
    median: Int64Array
    percentiles: tuple[Int64Array, ...]
    deviation: Int64Array
    has_deviation: BoolArray
    least: Int64Array
    most: Int64Array


def summaries(group: Int64Array, amount: Int64Array, count: Int64Array | None = None) -> Summaries:
    """The figures of the amounts, which are 0 or more, of groups numbered from 0, each with at least one amount.

    With `count` a group has so many amounts: those that are not given are 0. Totals must be below 2^63.
    """
    group, amount = _in_order(group, amount)
    starts = np.flatnonzero(np.append(True, group[1:] != group[:-1])[: len(group)])
    given = np.diff(np.append(starts, len(group)))
    count = given if count is None else count
    zeros = count - given

    def ranked(rank: Int64Array) -> Int64Array:
        """The amount of that rank, counted from 1, in each group."""
        place = rank - zeros - 1
        return np.where(place < 0, 0, amount[starts + np.maximum(place, 0)])

    total = np.add.reduceat(amount, starts) if len(starts) else np.zeros(0, dtype=np.int64)
    whole, rest = np.divmod(total, count)
    middle = total / count
    squares = np.bincount(group, (amount - middle[group]) ** 2, len(starts)) + zeros * middle**2
    return Summaries(
        count,
        total,
        whole + (2 * rest >= count),
        (ranked((count + 1) // 2) + ranked(count // 2 + 1) + 1) // 2,
        tuple(ranked(-(-percent * count // 100)) for percent in PERCENTS),
        np.floor(np.sqrt(squares / np.maximum(count - 1, 1)) + 0.5).astype(np.int64),
        count > 1,
        ranked(np.ones_like(count)),
        ranked(count),
    )


def _in_order(group: Int64Array, amount: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Both by group, then amount; as one column, where they fit one, which is ten times as fast."""
    span = int(amount.max(initial=0)) + 1
    if (int(group.max(initial=0)) + 1) * span >= _FITS:
        order = np.lexsort((amount, group))
        return group[order], amount[order]
    return np.divmod(np.sort(group * span + amount), span)
