"""What can be asked of SLA clocks, by the names that Jira Service Management and Time to SLA have for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sojourn.core.calendar import Calendar
from sojourn.core.sla.batch import NONE
from sojourn.core.sla.clock import State, Verdict
from sojourn.core.sla.columns import Clocks
from sojourn.core.timeline import BoolArray, Int64Array


@dataclass(frozen=True, slots=True)
class AsOf:
    """The clocks of one SLA on some work items as of a moment, and the calendars that their numbers mean."""

    clocks: Clocks
    calendars: Sequence[Calendar]
    as_of_ms: int

    def last(self) -> BoolArray:
        """Which clocks are the last of their work item."""
        item = self.clocks.item
        last = np.ones(len(item), dtype=bool)
        np.not_equal(item[1:], item[:-1], out=last[:-1])
        return last

    def open(self) -> BoolArray:
        """Which clocks are not finished."""
        return np.not_equal(self.clocks.state, State.FINISHED)

    def is_within_hours(self) -> BoolArray:
        """Which clocks have a calendar that is open at the moment."""
        is_open = np.array([one.is_open(self.as_of_ms) for one in self.calendars], dtype=bool)
        found: BoolArray = is_open[self.clocks.calendar]
        return found


Test = Callable[[AsOf], BoolArray]
"""Which clocks are meant."""

Amount = Callable[[AsOf], Int64Array]
"""A number of each clock, or NONE."""


def any_clock(found: AsOf) -> BoolArray:
    """All clocks."""
    return np.ones(len(found.clocks), dtype=bool)


def _breached(found: AsOf) -> BoolArray:
    return np.equal(found.clocks.verdict, Verdict.EXCEED)


def _met(found: AsOf) -> BoolArray:
    return np.equal(found.clocks.verdict, Verdict.SUCCESS)


def _undecided(found: AsOf) -> BoolArray:
    return np.equal(found.clocks.verdict, Verdict.STILL) & found.open()


def _in(state: State) -> Test:
    return lambda found: np.equal(found.clocks.state, state)


def _of_open(amount: Amount) -> Amount:
    """Of clocks that are finished nothing is said."""
    return lambda found: np.where(found.open(), amount(found), NONE)


class Named(NamedTuple):
    """A function: what it is called and means, and what it asks of clocks."""

    name: str
    meaning: str
    test: Test


class Measured(NamedTuple):
    """A function that compares: what it is called and means, of what, and as what its argument is read."""

    name: str
    meaning: str
    amount: Amount
    reads: str


def _remaining(found: AsOf) -> Int64Array:
    return found.clocks.remaining


def _overdue(found: AsOf) -> Int64Array:
    return np.where(_breached(found), found.clocks.overdue, NONE)


def _percent_left(found: AsOf) -> Int64Array:
    return np.where(found.clocks.percent == NONE, NONE, 100 - found.clocks.percent)


JSM_TESTS = (
    Named("breached", "its last clock is breached", lambda found: _breached(found) & found.last()),
    Named("everBreached", "a clock of it is breached", _breached),
    Named("completed", "its last clock is finished", lambda found: ~found.open() & found.last()),
    Named("running", "it runs", _in(State.RUNNING)),
    Named("paused", "it is paused", _in(State.PAUSED)),
    Named("withinCalendarHours", "its calendar is open now", lambda found: found.open() & found.is_within_hours()),
)
JSM_AMOUNTS = (
    Measured("elapsed", "the time that counts so far", _of_open(lambda found: found.clocks.elapsed), "duration"),
    Measured("remaining", "the time to its deadline", _of_open(_remaining), "duration"),
)
TTS_TESTS = (
    Named("isRunning", "an SLA runs", _in(State.RUNNING)),
    Named("isPaused", "an SLA is paused", _in(State.PAUSED)),
    Named("isFinished", "an SLA is finished", _in(State.FINISHED)),
    Named("isBreached", "an SLA is breached", _breached),
    Named("isMet", "an SLA is met", _met),
    Named("isInCriticalZone", "an SLA is critical", lambda found: np.equal(found.clocks.critical, 1)),
    Named("isInBusinessHours", "the calendar of an SLA is open", lambda found: found.open() & found.is_within_hours()),
    Named("isNotBreachedAndNotFinished", "an SLA is open and not breached", _undecided),
    Named("containsSla", "there is an SLA", any_clock),
)
TTS_ALL = (
    Named("isAllMet", "all SLAs are met", _met),
    Named(
        "isAllNotBreachedAndNotFinished",
        "all SLAs are open and not breached",
        _undecided,
    ),
)
TTS_AMOUNTS = (
    Measured("remainingDuration", "the time to the deadline of an SLA", _remaining, "duration"),
    Measured("elapsedDuration", "the time that counts of an SLA", lambda found: found.clocks.elapsed, "duration"),
    Measured("breachDuration", "the time since the deadline of an SLA", _overdue, "duration"),
    Measured("slaStartDate", "when an SLA started", lambda found: found.clocks.start, "date"),
    Measured("slaTargetDate", "the deadline of an SLA", lambda found: found.clocks.deadline, "date"),
    Measured("slaEndDate", "when an SLA ended", lambda found: found.clocks.end, "date"),
    Measured(
        "elapsedPercentage", "how much of its goal an SLA has used", lambda found: found.clocks.percent, "percent"
    ),
    Measured("remainingPercentage", "how much of its goal is left", _percent_left, "percent"),
)
