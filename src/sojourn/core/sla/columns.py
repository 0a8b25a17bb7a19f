"""The clocks of many items at once: what `reference` says of each, as columns.

Handed to the reference, item by item: what people reset or extended by hand, and, under a policy whose resets touch
finished cycles, the items that were reset.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import numpy as np

from sojourn.core.calendar import Calendar
from sojourn.core.sla.amounts import Amounts, Reach, Rows, Shown, Spans, Sums, amounts, row_of, sums, used_up
from sojourn.core.sla.batch import NONE, Batch
from sojourn.core.sla.clock import Clock, State, Times, Verdict
from sojourn.core.sla.cycles import OPEN, Cycles, Fired, counted, cycles, fired
from sojourn.core.sla.grid import Grid
from sojourn.core.sla.policy import Policy
from sojourn.core.sla.reference import replay as replay_one
from sojourn.core.sla.signals import Signals, grid_of
from sojourn.core.sla.targets import Targets, Wanted, few_values
from sojourn.core.timeline import BoolArray, Int64Array

PART: Final = 1 << 14
"""So many items at a time stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """One entry per clock, in order of item and time; what `Clock` says, where None is NONE, also of an open end.

    `calendar` is a place in the names that were handed in, sorted.
    """

    item: Int64Array
    start: Int64Array
    end: Int64Array
    state: Int64Array
    verdict: Int64Array
    goal: Int64Array
    calendar: Int64Array
    goal_ms: Int64Array
    deadline: Int64Array
    elapsed: Int64Array
    paused: Int64Array
    remaining: Int64Array
    overdue: Int64Array
    wall_elapsed: Int64Array
    wall_paused: Int64Array
    wall_remaining: Int64Array
    wall_overdue: Int64Array
    percent: Int64Array
    critical: Int64Array
    cycles: Int64Array

    def __len__(self) -> int:
        return len(self.item)

    def clock(self, place: int, calendars: list[str]) -> Clock:
        """One of the clocks, by itself, without its events."""
        row = {one.name: int(getattr(self, one.name)[place]) for one in fields(self)}
        given = {name: None if value == NONE else value for name, value in row.items()}
        return Clock(
            row["start"],
            given["end"],
            State(row["state"]),
            Verdict(row["verdict"]),
            row["goal"],
            calendars[row["calendar"]],
            given["goal_ms"],
            given["deadline"],
            Times(row["elapsed"], row["paused"], given["remaining"], row["overdue"]),
            Times(row["wall_elapsed"], row["wall_paused"], given["wall_remaining"], row["wall_overdue"]),
            given["percent"],
            bool(row["critical"]),
            row["cycles"],
        )


def replay(policy: Policy, batch: Batch, calendars: Mapping[str, Calendar], as_of_ms: int, threads: int = 1) -> Clocks:
    """The clocks of all items as they stood at `as_of`.

    Errors: KeyError for a calendar that is not handed in; UserError for instants beyond the year 9999.
    """
    targets = Targets(policy, calendars, batch, as_of_ms)

    def part(begin: int) -> list[Int64Array]:
        found = _replay(policy, batch.part(begin, begin + PART), calendars, as_of_ms, targets)
        return [found[0] + begin, *found[1:]]

    begins = range(0, len(batch), PART)
    if threads > 1 and len(begins) > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(part, begins))
            return Clocks(*pool.map(np.concatenate, zip(*parts, strict=True)))
    parts = [part(begin) for begin in begins]
    if not parts:
        return Clocks(*(np.zeros(0, dtype=np.int64) for _ in fields(Clocks)))
    return Clocks(*map(np.concatenate, zip(*parts, strict=True)))


def _replay(
    policy: Policy, batch: Batch, calendars: Mapping[str, Calendar], as_of_ms: int, targets: Targets
) -> list[Int64Array]:
    grid = grid_of(policy, batch, as_of_ms)
    signals = Signals(batch, grid)
    happened = fired(policy, signals)
    by_reference = by_walking(policy, batch, grid, happened)
    every = cycles(happened, grid)
    if by_reference:
        kept = ~np.isin(grid.item[every.begin], by_reference)
        every = Cycles(*(column[kept] for column in every))
    chosen = counted(policy, every, grid)
    columns = _clocks(policy, signals, happened, every, chosen, targets, as_of_ms)
    if not by_reference:
        return columns
    rows = _by_reference(policy, batch, by_reference, calendars, as_of_ms)
    joined = [np.append(column, more) for column, more in zip(columns, rows, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    return [column[order] for column in joined]


def by_walking(policy: Policy, batch: Batch, grid: Grid, happened: Fired) -> list[int]:
    """The items that only the reference can tell of."""
    handed = set(batch.by_hand)
    if policy.reset_finished != "nothing":
        handed |= set(grid.item[happened.reset].tolist())
    return sorted(handed)


def _clocks(
    policy: Policy,
    signals: Signals,
    happened: Fired,
    every: Cycles,
    chosen: Cycles,
    targets: Targets,
    as_of_ms: int,
) -> list[Int64Array]:
    grid = signals.grid
    item = grid.item[chosen.begin]
    is_open = chosen.end == OPEN
    behind = np.append(np.flatnonzero(grid.first)[1:], len(grid))  # of each item that has rows
    there = np.cumsum(grid.first) - 1
    last_row = np.where(is_open, behind[there[chosen.begin]] - 1, chosen.end) if len(item) else chosen.end
    start, end = grid.at[chosen.begin], np.where(is_open, as_of_ms, grid.at[last_row])
    state = np.where(is_open, np.where(happened.paused[last_row], State.PAUSED, State.RUNNING), State.FINISHED)
    rows, spans = _on_edges(policy, grid, happened.paused, every, chosen, last_row)
    wanted = targets.of(signals, last_row, start)
    measured = _measured(rows, Spans(*spans, start, end, is_open), wanted, targets, as_of_ms)
    goal_ms, elapsed = measured.goal_ms, measured.working.elapsed
    late = measured.late != 0
    has_goal = goal_ms != NONE
    percent = np.full(len(item), NONE, dtype=np.int64)
    above = has_goal & (goal_ms > 0)
    percent[above] = 100 * elapsed[above] // goal_ms[above]
    critical = has_goal & is_open & (100 * elapsed >= policy.critical_percent * np.where(has_goal, goal_ms, 0))
    verdict = np.where(late, Verdict.EXCEED, np.where(is_open, Verdict.STILL, Verdict.SUCCESS))
    return [
        item,
        start,
        np.where(is_open, NONE, end),
        state,
        verdict,
        wanted.goal,
        wanted.calendar,
        goal_ms,
        measured.deadline,
        *measured.working,
        *measured.wall,
        percent,
        critical.astype(np.int64),
        chosen.made_of,
    ]


def _on_edges(
    policy: Policy,
    grid: Grid,
    paused: BoolArray,
    every: Cycles,
    chosen: Cycles,
    last_row: Int64Array,
) -> tuple[Rows, tuple[Int64Array, Int64Array]]:
    """Only the rows at which a pause, a cycle or an item begins or ends, and the clocks on them."""
    edge = grid.first.copy()
    edge[1:] |= paused[1:] != paused[:-1]
    edge[every.begin] = True
    ended = every.end != OPEN
    edge[every.end[ended]] = True
    kept = np.flatnonzero(edge)
    place = np.cumsum(edge) - 1
    first = grid.first[kept]
    gap = np.zeros(len(kept), dtype=bool)
    if policy.cycles == "all":
        inside = np.bincount(place[every.begin], minlength=len(kept))
        last = np.append(np.flatnonzero(first)[1:], len(kept))[np.cumsum(first) - 1] if len(kept) else place
        stops = np.where(ended, place[every.end], last[place[every.begin]]) if len(every.end) else every.end
        inside = np.append(inside, 0) - np.bincount(stops, minlength=len(kept) + 1)
        gap = np.cumsum(inside)[:-1] == 0
    begin = place[chosen.begin]
    last = place[last_row] + (chosen.end == OPEN)
    return Rows(grid.at[kept], first, paused[kept], gap), (begin, last)


class Measured(NamedTuple):
    """What clocks show: `late` is 1 after the deadline."""

    goal_ms: Int64Array
    deadline: Int64Array
    late: Int64Array
    working: Amounts
    wall: Amounts


def _measured(rows: Rows, spans: Spans, wanted: Wanted, targets: Targets, as_of_ms: int) -> Measured:
    wall = sums(rows, rows.at, as_of_ms)
    calendars = few_values(wanted.calendar)
    if len(calendars) == 1:
        return _under(targets.reach(calendars[0]), rows, spans, wanted, wall, as_of_ms)
    found = np.zeros((11, len(spans.begin)), dtype=np.int64)
    for calendar in calendars:
        some = wanted.calendar == calendar
        own = spans.where(some), Wanted(*(column[some] for column in wanted))
        shown = _under(targets.reach(calendar), rows, *own, wall, as_of_ms)
        found[:, some] = [*shown[:3], *shown.working, *shown.wall]
    return Measured(found[0], found[1], found[2], Amounts(*found[3:7]), Amounts(*found[7:]))


def _under(reach: Reach, rows: Rows, spans: Spans, wanted: Wanted, wall: Sums, as_of_ms: int) -> Measured:
    """What clocks show under one calendar."""
    as_of = int(reach.until(np.array([as_of_ms]))[0])
    working = sums(rows, reach.until(rows.at), as_of)
    start = working.shown[spans.begin]
    end = np.where(spans.is_open, as_of, np.append(working.shown, as_of)[spans.last])
    deadline, shown = _deadlines(reach, spans, wanted, working)
    has = deadline != NONE
    late = has & (spans.end > deadline)
    cut, cut_row = np.where(late, np.maximum(deadline, spans.start), spans.end), spans.begin.copy()
    cut_row[late] = row_of(rows, spans.where(late), cut[late])
    cut_shown = np.where(deadline > spans.start, shown, start)
    goal_ms = np.where(has, np.where(wanted.duration == NONE, shown - start, wanted.duration), NONE)
    return Measured(
        goal_ms,
        deadline,
        late.astype(np.int64),
        amounts(rows, spans, working, Shown(end, shown, cut_shown), late, cut_row, has),
        amounts(rows, spans, wall, Shown(spans.end, deadline, cut), late, cut_row, has),
    )


def _deadlines(reach: Reach, spans: Spans, wanted: Wanted, working: Sums) -> tuple[Int64Array, Int64Array]:
    """The deadlines, NONE where there are none, and what the calendar shows at them."""
    deadline, shown = wanted.deadline.copy(), np.zeros_like(wanted.deadline)
    dated = np.flatnonzero(deadline != NONE)
    shown[dated] = reach.until(deadline[dated])
    lasting, at_once = np.flatnonzero(wanted.duration > 0), np.flatnonzero(wanted.duration == 0)
    some = spans.where(lasting)
    shown[lasting] = used_up(some, wanted.duration[lasting], working)
    deadline[lasting] = reach.instant(shown[lasting])
    deadline[at_once] = reach.next_open(spans.start[at_once])
    shown[at_once] = working.shown[spans.begin[at_once]]
    return deadline, shown


def _by_reference(
    policy: Policy, batch: Batch, items: list[int], calendars: Mapping[str, Calendar], as_of_ms: int
) -> list[Int64Array]:
    """The rows of the clocks of these items, one item after the other."""
    names = sorted(calendars)
    rows = [
        (item, *_row(clock, names))
        for item in items
        for clock in replay_one(policy, batch.item(item), calendars, as_of_ms).clocks
    ]
    return list(np.array(rows, dtype=np.int64).reshape(len(rows), len(fields(Clocks))).T)


def _row(clock: Clock, names: list[str]) -> list[int]:
    times = [
        amount
        for some in (clock.working, clock.wall)
        for amount in (some.elapsed, some.paused, some.remaining, some.overdue)
    ]
    row = [
        clock.start_ms,
        clock.end_ms,
        clock.state,
        clock.verdict,
        clock.goal,
        names.index(clock.calendar),
        clock.goal_ms,
        clock.deadline_ms,
        *times,
        clock.percent,
        clock.critical,
        clock.cycles,
    ]
    return [NONE if value is None else int(value) for value in row]
