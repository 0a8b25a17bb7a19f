"""Cycle time, lead time, age, flow efficiency, resolution time: a row a work item (docs/semantics.md 35–37, 40)."""

from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from sojourn.core.flow import NEVER, time_between
from sojourn.core.timeline import BoolArray
from sojourn.reports.flow import FlowPart, Rules, instants, item_table, marked, named
from sojourn.reports.options import range_of
from sojourn.reports.parts import names_at
from sojourn.reports.request import Range, Request
from sojourn.reports.table import Column, Table

_EMPTY = "Empty, shown as –, means that the end is not reached; 0 that no working time lies between."
_CREATED, _STARTED, _FINISHED = (Column(name, "instant") for name in ("created", "started", "finished"))
_STATE = Column("state", "text")
SHARE = Column("efficiency", "integer", "%")
STATES = ("not started", "in progress", "finished")


def _times(name: str) -> tuple[Column, Column]:
    return Column(f"{name}_ms", "integer", "ms"), Column(f"{name}_elapsed_ms", "integer", "ms")


def cycle_time(request: Request) -> Table:
    """How long each work item took from started to finished, and from created to finished; `time` is the cycle time."""
    return _cycle(request, "cycle-time", "cycle", "lead")


def lead_time(request: Request) -> Table:
    """The same with the lead time first; `time` is the lead time."""
    return _cycle(request, "lead-time", "lead", "cycle")


def _cycle(request: Request, name: str, first: str, second: str) -> Table:
    rules, wanted = Rules.of(request), _finished_in(request)
    own = (_CREATED, _STARTED, _FINISHED, *_times(first), *_times(second), _STATE)

    def make(found: FlowPart) -> tuple[BoolArray, list[pl.Series]]:
        at = found.moments
        begun = {"cycle": at.started, "lead": at.created}
        times = [one for what in (first, second) for one in found.between(begun[what], at.finished, at.is_finished)]
        state = (at.started != NEVER).astype(np.int64) + at.is_finished
        series = [*map(instants, (at.created, at.started, at.finished)), *times, names_at(STATES, state)]
        return at.existed & _in_range(wanted, found), series

    lines = [*rules.notes(), _EMPTY]
    return item_table(name, request, rules, own, make, timed=f"{first}_ms", lines=lines)


def _finished_in(request: Request) -> Range:
    return range_of(request.one("finished_in"), ZoneInfo(request.calendar.tz), "finished_in")


def _in_range(wanted: Range, found: FlowPart) -> BoolArray:
    """Whether it was finished in that range; true where the range has no ends."""
    at = found.moments.finished
    keep = np.ones(len(at), dtype=bool)
    if wanted.from_ms is not None:
        keep &= found.moments.is_finished & (at >= wanted.from_ms)
    if wanted.to_ms is not None:
        keep &= at < wanted.to_ms
    return keep


def work_item_age(request: Request) -> Table:
    """How long the work items that are started and not finished have been in progress, and their status now."""
    rules = Rules.of(request)
    own = (_CREATED, _STARTED, Column("current", "text"), *_times("age"))

    def make(found: FlowPart) -> tuple[BoolArray, list[pl.Series]]:
        at = found.moments
        age = found.between(at.started, np.full_like(at.started, request.end_ms), at.in_progress)
        current = names_at(rules.titles, found.part.now)
        return at.in_progress, [instants(at.created), instants(at.started), current, *age]

    return item_table("work-item-age", request, rules, own, make, timed="age_ms", lines=rules.notes())


def flow_efficiency(request: Request) -> Table:
    """Which share of its cycle time each finished work item spent in active statuses (docs/semantics.md 40)."""
    rules, wanted = Rules.of(request), _finished_in(request)
    active = marked(request, rules.axis, "active")
    own = (_STARTED, _FINISHED, *_times("active"), *_times("cycle"), SHARE)

    def make(found: FlowPart) -> tuple[BoolArray, list[pl.Series]]:
        at, stays = found.moments, found.part.stays
        working_time = found.part.measure.reaching(stays.entered)
        worked, elapsed = time_between(stays, active[stays.value], at.started, at.finished, working_time)
        cycle, cycle_elapsed = found.between(at.started, at.finished, at.is_finished)
        times = [pl.Series(worked), pl.Series(elapsed), cycle, cycle_elapsed]
        share = pl.select(active=times[0], cycle=cycle).select(share_of("active", "cycle")).to_series()
        series = [instants(at.started), instants(at.finished), *times, share]
        return at.is_finished & _in_range(wanted, found), series

    lines = [*rules.notes(), f"Active: {named(rules.axis, active)}. Empty means a cycle time of 0."]
    return item_table("flow-efficiency", request, rules, own, make, timed="active_ms", lines=lines)


def share_of(active: str, cycle: str) -> pl.Expr:
    """The share of one column in another, in whole percents, half up; null where that is 0 or null."""
    return pl.when(pl.col(cycle) > 0).then((200 * pl.col(active) + pl.col(cycle)) // (2 * pl.col(cycle)))


def resolution_time(request: Request) -> Table:
    """How long each work item that is resolved took from its creation to its resolution date (docs/semantics.md 37)."""
    rules = Rules.of(request)
    own = (_CREATED, Column("resolved", "instant"), *_times("resolution"))

    def make(found: FlowPart) -> tuple[BoolArray, list[pl.Series]]:
        created = found.moments.created
        dates = found.part.batch.columns["resolved"]
        resolved = np.fromiter((NEVER if at is None else at for at in dates), np.int64, len(dates))
        keep = found.moments.existed & (resolved <= request.end_ms)
        times = found.between(created, np.maximum(resolved, created), keep)
        return keep, [instants(created), instants(resolved), *times]

    lines = ("From the creation to the resolution date, as it is now.",)
    return item_table(
        "resolution-time", request, rules, own, make, timed="resolution_ms", needed=["resolved"], lines=lines
    )
