"""SLA summary, trend and durations: how many clocks were met and breached, and how long they took."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

import numpy as np
import polars as pl

from sojourn.core.periods import PeriodName, periods
from sojourn.core.sla.batch import NONE
from sojourn.core.sla.clock import State, Verdict
from sojourn.core.sla.columns import Clocks
from sojourn.core.summary import PERCENTS, summaries
from sojourn.core.timeline import BoolArray, Int64Array
from sojourn.errors import Refused
from sojourn.reports import notes
from sojourn.reports.flow import nullable
from sojourn.reports.request import Request
from sojourn.reports.sla_parts import GOAL, SLA, SlaPart, sla_parts
from sojourn.reports.table import Column, Table

_COUNTS = tuple(Column(name, "integer") for name in ("clocks", "met", "breached", "open", "critical", "paused"))
_ATTAINMENT = Column("attainment", "number", "%")
_PERIOD = Column("period", "date")
_TARGET, _ON_TARGET = Column("target", "number", "%"), Column("on_target", "boolean")
_N = Column("n", "integer")
_FIGURES = tuple(
    Column(name, "duration", "ms")
    for name in ("total", "mean", "median", *(f"p{percent}" for percent in PERCENTS), "std", "min", "max")
)
_DECIDED = "A clock is decided by its end where it was met, and by its deadline where it was breached."
_SHARE = "Attainment is the share of met clocks in those that are met or breached; empty where there are none."


class _Row(NamedTuple):
    """A goal of an SLA."""

    number: int
    name: str
    goal: str


def sla_summary(request: Request) -> Table:
    """How many clocks of each goal were met, breached, and are open; of these how many are critical, and paused."""
    layout = (*SLA, GOAL, *_COUNTS, _ATTAINMENT)

    def frames() -> Iterator[pl.DataFrame]:
        counts: dict[_Row, Int64Array] = {}
        for part in sla_parts(request):
            told = _told(part.clocks)
            for place, row in enumerate(_rows(part)):
                mine = part.clocks.goal == place
                numbers = np.array([np.count_nonzero(one & mine) for one in told])
                counts[row] = counts.get(row, 0) + numbers
        rows = _in_order(counts)
        table = np.array([counts[row] for row in rows], dtype=np.int64).reshape(-1, len(_COUNTS))
        series = [pl.Series(one) for one in table.T]
        yield _frame(layout, [*_heads(rows), *series, _share(series[1], series[2])])

    return Table(layout, notes.saying("sla-summary", request, [_SHARE]), frames)


def _told(found: Clocks) -> list[BoolArray]:
    """Which clocks count as each of `_COUNTS`."""
    is_open = found.verdict == Verdict.STILL
    critical, paused = found.critical == 1, found.state == State.PAUSED
    decided = (found.verdict == one for one in (Verdict.SUCCESS, Verdict.EXCEED))
    return [np.ones(len(found), dtype=bool), *decided, is_open, is_open & critical, is_open & paused]


def sla_trend(request: Request) -> Table:
    """How many clocks of each SLA were decided in each day, week or month, and whether enough of them were met."""
    target = _target(request)
    layout = (_PERIOD, *SLA, *_COUNTS[1:3], _ATTAINMENT, _TARGET, _ON_TARGET)

    def frames() -> Iterator[pl.DataFrame]:
        decided: dict[tuple[int, str], list[tuple[Int64Array, Int64Array]]] = {}
        for part in sla_parts(request):
            found = part.clocks
            at = np.where(found.verdict == Verdict.EXCEED, found.deadline, found.end)
            known = (found.verdict != Verdict.STILL) & (at != NONE)
            if request.trim.from_ms is not None:
                known &= at >= request.trim.from_ms
            decided.setdefault((part.definition.pk, part.definition.name), []).append((at[known], found.verdict[known]))
        for (number, name), parts in decided.items():
            at, verdict = (np.concatenate(one) for one in zip(*parts, strict=True))
            if len(at):
                yield _periods(request, layout, (number, name), at, verdict, target)

    said = [_DECIDED, _SHARE, "Periods in which nothing was decided have no row."]
    return Table(layout, notes.saying("sla-trend", request, said), frames)


def _periods(
    request: Request,
    layout: Sequence[Column],
    sla: tuple[int, str],
    at: Int64Array,
    verdict: Int64Array,
    target: float,
) -> pl.DataFrame:
    """The periods of one SLA in which something was decided."""
    spans = periods(request.calendar, int(at.min()), int(at.max()) + 1, cast("PeriodName", request.one("by")))
    place = np.searchsorted(spans.edges, at, "right") - 1
    met, breached = (
        np.bincount(place[verdict == one], minlength=len(spans)) for one in (Verdict.SUCCESS, Verdict.EXCEED)
    )
    some = np.flatnonzero(met + breached)
    counts = [pl.Series(one[some], dtype=pl.Int64) for one in (met, breached)]
    share = _share(*counts)
    dates = pl.Series([spans.dates[one] for one in some], dtype=pl.Date)
    aimed = pl.Series([target], dtype=pl.Float64).new_from_index(0, len(some))
    number, name = (pl.Series([str(one)]).new_from_index(0, len(some)) for one in sla)
    return _frame(
        layout, [dates, number, name, *counts, share, aimed, 100 * counts[0] >= target * (counts[0] + counts[1])]
    )


def sla_durations(request: Request) -> Table:
    """Mean, median, percentiles, spread and extremes of the working time of each goal's finished clocks, ms."""
    layout = (*SLA, GOAL, _N, *_FIGURES)

    def frames() -> Iterator[pl.DataFrame]:
        amounts: dict[_Row, list[Int64Array]] = {}
        for part in sla_parts(request):
            amount: Int64Array = getattr(part.clocks, request.one("of"))
            for place, row in enumerate(_rows(part)):
                mine = (part.clocks.goal == place) & (part.clocks.state == State.FINISHED)
                amounts.setdefault(row, []).append(amount[mine])
        joined = {row: np.concatenate(amounts[row]) for row in _in_order(amounts)}
        rows = [row for row, amount in joined.items() if len(amount)]
        group = np.repeat(np.arange(len(rows)), [len(joined[row]) for row in rows])
        found = summaries(group, np.concatenate([np.zeros(0, dtype=np.int64), *(joined[row] for row in rows)]))
        figures = (found.count, found.total, found.mean, found.median, *found.percentiles)
        series = [*map(pl.Series, figures), nullable(found.deviation, found.has_deviation)]
        yield _frame(layout, [*_heads(rows), *series, pl.Series(found.least), pl.Series(found.most)])

    said = ["Of the clocks that are finished, under each goal's calendar."]
    return Table(layout, notes.saying("sla-durations", request, said), frames)


def _rows(part: SlaPart) -> list[_Row]:
    """The goals of an SLA."""
    return [_Row(part.definition.pk, part.definition.name, goal) for goal in part.goals]


def _in_order(rows: Iterable[_Row]) -> list[_Row]:
    """By SLA; the goals of each as they were met first, which is the order of its newest version."""
    return sorted(rows, key=lambda row: row.number)


def _heads(rows: Sequence[_Row]) -> list[pl.Series]:
    return [
        pl.Series([str(row.number) for row in rows], dtype=pl.String),
        pl.Series([row.name for row in rows], dtype=pl.String),
        pl.Series([row.goal for row in rows], dtype=pl.String),
    ]


def _share(met: pl.Series, breached: pl.Series) -> pl.Series:
    """The share of met clocks in percent, to two places, half up; null where none is decided."""
    frame = pl.select(met=met, of=met + breached)
    share = ((100_00 * 2 * pl.col("met") + pl.col("of")) // (2 * pl.col("of"))) / 100
    return frame.select(pl.when(pl.col("of") > 0).then(share)).to_series()


def _target(request: Request) -> float:
    text = request.one("target")
    try:
        target = float(text)
    except ValueError:
        target = -1.0
    if not 0 <= target <= 100:
        raise Refused("target", f"{text!r:.60} is not a percentage; write a number from 0 to 100")
    return target


def _frame(layout: Sequence[Column], series: Sequence[pl.Series]) -> pl.DataFrame:
    return pl.DataFrame([one.alias(column.name) for column, one in zip(layout, series, strict=True)])
