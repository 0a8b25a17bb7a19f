"""What a clock of one work item shows, from the stretches of its time (docs/semantics.md 25, 28, 29)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from sojourn.core.calendar import Calendar
from sojourn.core.sla.beyond import deadline
from sojourn.core.sla.clock import Clock, Cycle, Event, Extension, State, Times, Verdict
from sojourn.core.sla.policy import Goal
from sojourn.core.sla.target import Aim, Chosen, aim, calendar_of

Mode = Literal["running", "paused", "gap"]
Elapsed = Callable[[int, int], int]


class Stretch(NamedTuple):
    """One piece of a clock's time, and what it counts as."""

    begin_ms: int
    end_ms: int
    mode: Mode


class Decision(NamedTuple):
    """What the target was made of from an instant on."""

    at_ms: int
    chosen: Chosen
    extensions: tuple[Extension, ...]

    def same_as(self, other: "Decision") -> bool:
        """Whether the target is made of the same."""
        return self.chosen == other.chosen and self.extensions == other.extensions


class Goals(NamedTuple):
    """What targets are read with."""

    goals: Sequence[Goal]
    calendars: Mapping[str, Calendar]


class Held(NamedTuple):
    """A target as it stands against the time of a clock until `end_ms`; `lasting` is one that is used up."""

    calendar: str
    goal_ms: int | None
    deadline_ms: int | None
    lasting: bool = False


def read_clock(
    cycles: Sequence[Cycle],
    stretches: Sequence[Stretch],
    decisions: Sequence[Decision],
    given: Goals,
    end_ms: int,
    state: State,
    critical_percent: int,
) -> Clock:
    """The clock at `end_ms`: its stop, or `as_of`. The last decision holds for all of it."""
    last = decisions[-1]
    held = _held(stretches, last, given, cycles[0].start_ms, end_ms)
    calendar = given.calendars[held.calendar]
    working = _times(stretches, held, cycles[0].start_ms, end_ms, calendar.elapsed)
    goal_ms, finished = held.goal_ms, state == State.FINISHED
    breached = held.deadline_ms is not None and end_ms > held.deadline_ms
    critical = goal_ms is not None and not finished and 100 * working.elapsed >= critical_percent * goal_ms
    return Clock(
        start_ms=cycles[0].start_ms,
        end_ms=end_ms if finished else None,
        state=state,
        verdict=Verdict.EXCEED if breached else Verdict.SUCCESS if finished else Verdict.STILL,
        goal=last.chosen.goal,
        calendar=held.calendar,
        goal_ms=goal_ms,
        deadline_ms=held.deadline_ms,
        working=working,
        wall=_times(stretches, held._replace(lasting=False), cycles[0].start_ms, end_ms, lambda a, b: b - a),
        percent=100 * working.elapsed // goal_ms if goal_ms is not None and goal_ms > 0 else None,
        critical=critical,
        cycles=len(cycles),
        events=_events(cycles, stretches, decisions, given, end_ms, critical_percent),
    )


def _until(stretches: Sequence[Stretch], end_ms: int) -> list[Stretch]:
    cut = (one._replace(end_ms=min(one.end_ms, end_ms)) for one in stretches)
    return [one for one in cut if one.begin_ms <= one.end_ms]


def _amount(stretches: Sequence[Stretch], modes: tuple[Mode, ...], begin_ms: int, end_ms: int, elapsed: Elapsed) -> int:
    """The time of the stretches of these modes between two instants."""
    inside = ((max(one.begin_ms, begin_ms), min(one.end_ms, end_ms)) for one in stretches if one.mode in modes)
    return sum(elapsed(begin, end) for begin, end in inside if begin < end)


def reached(stretches: Sequence[Stretch], duration_ms: int, start_ms: int, end_ms: int, calendar: Calendar) -> int:
    """The instant at which running time uses up a duration; after the end it is taken to run on at once."""
    if duration_ms == 0:
        return deadline(calendar, start_ms, 0)
    left_ms = duration_ms
    for one in _until(stretches, end_ms):
        if one.mode == "running":
            worked = calendar.elapsed(one.begin_ms, one.end_ms)
            if worked >= left_ms:
                return deadline(calendar, one.begin_ms, left_ms)
            left_ms -= worked
    return deadline(calendar, end_ms, left_ms)


def _held(stretches: Sequence[Stretch], decision: Decision, given: Goals, start_ms: int, end_ms: int) -> Held:
    goal = given.goals[decision.chosen.goal]
    name = calendar_of(goal, decision.chosen, given.calendars)
    calendar = given.calendars[name]
    wanted = aim(goal, decision.chosen, start_ms, calendar)
    for extension in decision.extensions:
        wanted = _extended(wanted, extension, stretches, start_ms, calendar)
    if wanted.duration_ms is not None:
        at_ms = reached(stretches, wanted.duration_ms, start_ms, end_ms, calendar)
        return Held(name, wanted.duration_ms, at_ms, lasting=True)
    if wanted.deadline_ms is not None:
        return Held(name, calendar.elapsed(start_ms, wanted.deadline_ms), wanted.deadline_ms)
    return Held(name, None, None)


def _extended(
    wanted: Aim, extension: Extension, stretches: Sequence[Stretch], start_ms: int, calendar: Calendar
) -> Aim:
    by_ms, now_ms = extension.by_ms, extension.made_ms
    if wanted.duration_ms is not None:
        used_ms = _amount(stretches, ("running",), start_ms, now_ms, calendar.elapsed)
        return Aim(duration_ms=by_ms + (used_ms if extension.basis == "now" else wanted.duration_ms))
    if wanted.deadline_ms is not None:
        basis_ms = now_ms if extension.basis == "now" else wanted.deadline_ms
        return Aim(deadline_ms=deadline(calendar, basis_ms, by_ms))
    return wanted


def _times(stretches: Sequence[Stretch], held: Held, start_ms: int, end_ms: int, elapsed: Elapsed) -> Times:
    """Until the deadline pauses do not count; after it they do, and only gaps do not."""
    deadline_ms = held.deadline_ms
    if deadline_ms is None or end_ms <= deadline_ms:
        used_ms = _amount(stretches, ("running",), start_ms, end_ms, elapsed)
        left_ms = None if deadline_ms is None or held.lasting else elapsed(end_ms, deadline_ms)
        if held.lasting and held.goal_ms is not None:
            left_ms = held.goal_ms - used_ms
        paused_ms = _amount(stretches, ("paused",), start_ms, end_ms, elapsed)
        return Times(elapsed=used_ms, paused=paused_ms, remaining=left_ms, overdue=0)
    cut_ms = max(deadline_ms, start_ms)
    late = _amount(stretches, ("running", "paused"), cut_ms, end_ms, elapsed)
    return Times(
        elapsed=_amount(stretches, ("running",), start_ms, cut_ms, elapsed) + late,
        paused=_amount(stretches, ("paused",), start_ms, cut_ms, elapsed),
        remaining=0,
        overdue=elapsed(deadline_ms, end_ms) - _amount(stretches, ("gap",), deadline_ms, end_ms, elapsed),
    )


def _events(
    cycles: Sequence[Cycle],
    stretches: Sequence[Stretch],
    decisions: Sequence[Decision],
    given: Goals,
    end_ms: int,
    critical_percent: int,
) -> tuple[Event, ...]:
    """What made the cycles, and what each target saw while it held: breaches stay, whatever is decided later."""
    found = [event for cycle in cycles for event in cycle.events]
    ends = [*(one.at_ms for one in decisions[1:]), end_ms]
    for number, (decision, until_ms) in enumerate(zip(decisions, ends, strict=True)):
        if number:
            found.append(Event(decision.at_ms, "target", (decision.chosen, *decision.extensions)))
        held = _held(stretches, decision, given, cycles[0].start_ms, until_ms)
        if held.goal_ms is not None and held.goal_ms > 0:
            share_ms = -(-held.goal_ms * critical_percent // 100)
            at_ms = reached(stretches, share_ms, cycles[0].start_ms, until_ms, given.calendars[held.calendar])
            if at_ms < until_ms:
                found.append(Event(max(at_ms, decision.at_ms), "critical", (decision.chosen,)))
        if held.deadline_ms is not None and held.deadline_ms < until_ms:
            found.append(Event(max(held.deadline_ms, decision.at_ms), "breach", (decision.chosen,)))
    return tuple(sorted(found, key=lambda event: event.at_ms))
