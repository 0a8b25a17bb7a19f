"""A clock some time later, where nothing but time has happened to it (docs/semantics.md 25, 28, 29).

Until a clock's next due instant its elapsed, paused and remaining time only go on, and the deadline of a paused
duration moves along. So a stored clock tells any later instant in one look at the calendar.
"""

from collections.abc import Mapping
from dataclasses import replace

from sojourn.core.calendar import Calendar
from sojourn.core.sla.beyond import deadline
from sojourn.core.sla.clock import Clock, State, Times, Verdict
from sojourn.core.sla.policy import LASTING, Policy


def is_lasting(clock: Clock, policy: Policy) -> bool:
    """Whether the clock's goal is a duration, which pauses put off."""
    return isinstance(policy.goals[clock.goal].target, LASTING)


def advanced(clock: Clock, policy: Policy, calendars: Mapping[str, Calendar], from_ms: int, as_of_ms: int) -> Clock:
    """The clock, which was told as of `from_ms`, as of a later instant; without events.

    Warning and breach are told where they fall between; that nothing else happens between is the caller's knowledge.
    Errors: ValueError where `as_of_ms` is the earlier one; UserError for instants beyond the year 9999.
    """
    if as_of_ms < from_ms:
        raise ValueError("a clock goes forward only")
    if clock.state == State.FINISHED:
        return clock
    calendar = calendars[clock.calendar]
    if waits(clock, policy):
        return _waited(clock, calendar, from_ms, as_of_ms)
    deadline_ms = clock.deadline_ms
    cut_ms = as_of_ms if deadline_ms is None else max(min(deadline_ms, as_of_ms), from_ms)
    is_paused = clock.state == State.PAUSED and clock.verdict != Verdict.EXCEED
    working = _later(clock.working, calendar.elapsed(from_ms, cut_ms), calendar.elapsed(cut_ms, as_of_ms), is_paused)
    goal_ms = clock.goal_ms
    return replace(
        clock,
        working=working,
        wall=_later(clock.wall, cut_ms - from_ms, as_of_ms - cut_ms, is_paused),
        verdict=Verdict.EXCEED if deadline_ms is not None and as_of_ms > deadline_ms else Verdict.STILL,
        percent=100 * working.elapsed // goal_ms if goal_ms is not None and goal_ms > 0 else None,
        critical=goal_ms is not None and 100 * working.elapsed >= policy.critical_percent * goal_ms,
        events=(),
    )


def waits(clock: Clock, policy: Policy) -> bool:
    """Whether a pause puts the clock's deadline off: that of a duration of which something is left."""
    is_lasting = isinstance(policy.goals[clock.goal].target, LASTING)
    is_paused = clock.state == State.PAUSED and clock.verdict != Verdict.EXCEED
    return is_paused and is_lasting and bool(clock.working.remaining)


def _waited(clock: Clock, calendar: Calendar, from_ms: int, as_of_ms: int) -> Clock:
    """A paused clock later: only its deadline has moved."""
    left_ms = clock.working.remaining or 0
    worked_ms, passed_ms = calendar.elapsed(from_ms, as_of_ms), as_of_ms - from_ms
    deadline_ms = deadline(calendar, as_of_ms, left_ms)
    return replace(
        clock,
        deadline_ms=deadline_ms,
        working=replace(clock.working, paused=clock.working.paused + worked_ms),
        wall=replace(clock.wall, paused=clock.wall.paused + passed_ms, remaining=deadline_ms - as_of_ms),
        events=(),
    )


def _later(times: Times, before: int, after: int, is_paused: bool) -> Times:
    """What is told after so much time before the deadline, and so much after it, through which every clock runs."""
    left = times.remaining
    return Times(
        elapsed=times.elapsed + after + (0 if is_paused else before),
        paused=times.paused + (before if is_paused else 0),
        remaining=None if left is None else left - before,
        overdue=times.overdue + after,
    )
