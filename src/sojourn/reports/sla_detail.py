"""SLA detail, and the work items at risk: a row a clock."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from sojourn.core.sla.chance import Chances
from sojourn.core.sla.clock import State, Verdict
from sojourn.core.time_format import TimeFormat
from sojourn.reports import columns, notes
from sojourn.reports.parts import IDENTITY, names_at
from sojourn.reports.request import Request
from sojourn.reports.sla_parts import GOAL, SLA, STATES, VERDICTS, SlaPart, instants, numbers, sla_parts
from sojourn.reports.table import Column, Table

_STATE, _DEADLINE = Column("state", "text"), Column("deadline", "instant")
_REMAINING, _PERCENT = Column("remaining_ms", "integer", "ms"), Column("percent", "integer", "%")
_TIME = Column("time", "duration", "ms")
_MS = tuple(
    Column(f"{name}_ms", "integer", "ms")
    for name in ("goal", "elapsed", "paused", "remaining", "overdue", "wall_elapsed", "wall_paused")
)
_DETAIL = (
    *(*SLA, GOAL, Column("calendar", "text"), _STATE, Column("verdict", "text")),
    *(Column("started", "instant"), _DEADLINE, Column("ended", "instant"), *_MS),
    *(_PERCENT, Column("critical", "boolean"), Column("cycles", "integer")),
)
_CHANCE = Column("chance", "number", "%")
_AT_RISK = (*SLA, GOAL, _STATE, _DEADLINE, _REMAINING, _PERCENT, Column("critical", "boolean"), _CHANCE)


def sla_detail(request: Request) -> Table:
    """A row for each clock of each work item: state, verdict, deadline, and its times, ms (docs/semantics.md 28, 29).

    `time` is the elapsed time in the time format. Work items on which an SLA never started have no row.
    """
    return _table("sla-detail", request, _DETAIL, "elapsed_ms", _detail)


def sla_cycles(request: Request) -> Table:
    """The same with every cycle by itself, whatever the cycle rule of its SLA."""
    return _table("sla-cycles", request, _DETAIL, "elapsed_ms", _detail, each=True)


def _detail(part: SlaPart) -> list[pl.Series]:
    found = part.clocks
    times = (found.goal_ms, found.elapsed, found.paused, found.remaining, found.overdue)
    return [
        *part.sla(),
        names_at(part.counted.rule.names, found.calendar),
        names_at(list(STATES.values()), found.state),
        names_at(list(VERDICTS.values()), found.verdict),
        *map(instants, (found.start, found.deadline, found.end)),
        *map(numbers, (*times, found.wall_elapsed, found.wall_paused, found.percent)),
        pl.Series(found.critical == 1),
        pl.Series(found.cycles),
    ]


def sla_at_risk(request: Request) -> Table:
    """The clocks that are open and not breached, the soonest deadline first, and how likely each is to breach.

    The chance is the share that breached of the finished clocks of that goal, among the work items asked for, that were
    still open after so much elapsed time; empty below 30 of them (docs/semantics.md 31).
    """
    past = replace(request, own={**request.own, "state": (STATES[State.FINISHED],), "verdict": ()})
    open_ones = replace(request, own={**request.own, "verdict": (VERDICTS[Verdict.STILL],)})
    table = _table("sla-at-risk", open_ones, _AT_RISK, "remaining_ms", lambda part: _risk(part, chances()))
    known: list[Chances] = []

    def chances() -> Chances:
        if not known:
            known.append(_chances(past))
        return known[0]

    def frames() -> Iterator[pl.DataFrame]:
        yield table.collect().filter(pl.col("deadline").is_not_null()).sort("deadline", maintain_order=True)

    return replace(table, frames=frames)


def _chances(request: Request) -> Chances:
    """What became of the clocks that are finished."""
    chances = Chances()
    for part in sla_parts(request):
        found = part.clocks
        chances.learn(part.definition.pk, found.goal, found.elapsed, found.verdict == Verdict.EXCEED)
    return chances


def _risk(part: SlaPart, chances: Chances) -> list[pl.Series]:
    found = part.clocks
    chance = chances.of(part.definition.pk, found.goal, found.elapsed)
    return [
        *part.sla(),
        names_at(list(STATES.values()), found.state),
        instants(found.deadline),
        *map(numbers, (found.remaining, found.percent)),
        pl.Series(found.critical == 1),
        pl.Series(np.round(chance, 2)).fill_nan(None),
    ]


def _table(
    name: str,
    request: Request,
    own: tuple[Column, ...],
    timed: str,
    make: Callable[[SlaPart], list[pl.Series]],
    *,
    each: bool = False,
) -> Table:
    """A report with a row a clock: key and id, the report's own columns, and the columns asked for."""
    cells = list(own)
    place = 1 + [column.name for column in own].index(timed)
    if request.time_format is not TimeFormat.MS:
        cells.insert(place, _TIME)
    extra = columns.find_all(request.columns, (*IDENTITY, *cells))
    layout = (*IDENTITY, *cells, *(one.column for one in extra))

    def frames() -> Iterator[pl.DataFrame]:
        for part in sla_parts(request, extra, each=each):
            series = make(part)
            if len(cells) > len(series):
                series.insert(place, series[place - 1])
            every = (*part.identity(), *series, *part.shown())
            yield pl.DataFrame([one.alias(column.name) for column, one in zip(layout, every, strict=True)])

    return Table(layout, notes.saying(name, request, SAID), frames)


SAID = (
    "`wall_` is the time of the clock on the wall.",
    "Work items on which an SLA never started are not there.",
)
