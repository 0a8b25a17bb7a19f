"""What an SLA shows of a work item, in the shapes of services 11, 13 and 14.

Durations are working time. `formatted…` and words count days of 24 hours; a percentage decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sojourn.api.tts.naming import Names, kind_of, name_of, value_of
from sojourn.core.calendar import Calendar, days
from sojourn.core.calendar.rules import DAY
from sojourn.core.duration import DAY_MS, MINUTE_MS, SECOND_MS, WEEK_MS, TimeFormat, format_duration
from sojourn.core.duration_words import long_words, short_words, whole
from sojourn.core.sla.clock import Clock, State, Times, Verdict
from sojourn.core.sla.policy import Duration, Goal, Policy

_CLASS = "class com.tuncaysenturk.jira.plugins.dto.IssueSlaDetailsDto"
_NOTHING = Times(0, 0, None, 0)


@dataclass(frozen=True)
class Told:
    """An SLA, what it shows of a work item as of an instant (None where it never started), and what things are called.

    `calendars` are those that the policy may measure by, `waits` tells that clocks are being counted anew.
    """

    number: int
    name: str
    policy: Policy
    calendars: Mapping[str, Calendar]
    clock: Clock | None
    as_of_ms: int
    names: Names
    waits: bool = False

    @property
    def goal(self) -> Goal:
        """The goal that counts; before anything started, the first."""
        return self.policy.goals[self.clock.goal if self.clock else 0]

    @property
    def calendar(self) -> str:
        """The name of the calendar that counts."""
        return self.clock.calendar if self.clock else self.goal.calendar

    @property
    def state(self) -> State:
        """Where the clock is."""
        return self.clock.state if self.clock else State.NOT_STARTED

    @property
    def verdict(self) -> Verdict:
        """How it stands to its deadline."""
        return self.clock.verdict if self.clock else Verdict.STILL

    @property
    def times(self) -> Times:
        """Working time, ms."""
        return self.clock.working if self.clock else _NOTHING

    @property
    def goal_ms(self) -> int | None:
        """How long the goal is, None where it has no length."""
        return self.clock.goal_ms if self.clock else None

    @property
    def goal_text(self) -> str:
        """The goal as it was written, or how long it is."""
        if isinstance(self.goal.target, Duration):
            return self.goal.target.text
        return "" if self.goal_ms is None else short_words(self.goal_ms)

    @property
    def states(self) -> dict[str, bool]:
        """Where the clock is, as three answers."""
        return {
            "started": self.state != State.NOT_STARTED,
            "paused": self.state == State.PAUSED,
            "finished": self.state == State.FINISHED,
        }


def details(told: Told) -> dict[str, Any]:
    """The entry of service 11: instants and durations as ISO 8601."""
    clock, policy, times = told.clock, told.policy, told.times
    kind, source = value_of(told.goal.target, told.names)
    ends = ("overdue", times.overdue) if told.verdict == Verdict.EXCEED else ("remaining", times.remaining)
    hours = told.calendars[told.calendar]
    is_open = hours.is_open(told.as_of_ms)
    return {
        "slaId": told.number,
        "slaName": told.name,
        "slaStatus": told.verdict.name,
        **told.states,
        "synchronizing": told.waits,
        "startDate": instant(clock.start_ms if clock else None),
        "endDate": instant(clock.end_ms if clock else None),
        "targetDate": instant(clock.deadline_ms if clock else None),
        "slaOriginType": kind_of(policy.start),
        "slaOriginSourceName": name_of(policy.start, told.names),
        "slaTargetType": kind_of(policy.stop),
        "slaTargetSourceName": name_of(policy.stop, told.names),
        "slaValueType": kind,
        "slaValueSourceName": source,
        "slaValue": _iso(told.goal_ms),
        "slaValueAsDurationString": told.goal_text,
        **both("working", times.elapsed),
        **both("paused", times.paused),
        **both(*ends),
        "elapsedPercentage": clock.percent if clock else 0,
        "notMuchTime": policy.critical_percent,
        "inCriticalZone": clock.critical if clock else False,
        "workingCalendarName": told.calendar,
        "inNonWorkingHours": not is_open,
        "inNonWorkingDays": not is_open and not _works_that_day(hours, told.as_of_ms),
        "class": _CLASS,
    }


def in_field(told: Told) -> dict[str, Any]:
    """The entry of service 13: the goal in minutes, instants in ms, what is over or left in words."""
    times = told.times
    over = {"overdue": f"(SLA Overdue) {long_words(times.overdue)}"}
    left = {} if times.remaining is None else {"remaining": long_words(times.remaining)}
    return {
        "slaId": told.number,
        "slaName": told.name,
        "originStatusName": name_of(told.policy.start, told.names),
        "targetStatusName": name_of(told.policy.stop, told.names),
        "slaValue": None if told.goal_ms is None else whole(told.goal_ms, MINUTE_MS),
        "slaValueAsString": told.goal_text,
        "statusDate": told.clock.start_ms if told.clock else None,
        "targetDate": told.clock.deadline_ms if told.clock else None,
        **(over if told.verdict == Verdict.EXCEED else left),
    }


def in_overview(told: Told) -> dict[str, Any]:
    """The entry of service 14: instants in ms, durations in words and in seconds; `breachString` where exceeded."""
    clock, times = told.clock, told.times
    start_ms = clock.start_ms if clock else None
    over = {"breachString": long_words(times.overdue)} if told.verdict == Verdict.EXCEED else {}
    return {
        "slaId": told.number,
        "slaName": told.name,
        "status": told.verdict.name,
        "timePerformed": start_ms,
        "originDate": start_ms,
        "statusDate": start_ms,
        "expectedTargetDate": clock.deadline_ms if clock else None,
        "actualTargetDate": clock.end_ms if clock else None,
        "workingDuration": long_words(times.elapsed),
        "workingDurationAsSeconds": whole(times.elapsed, SECOND_MS),
        "pausedDuration": long_words(times.paused),
        "pausedDurationAsSeconds": whole(times.paused, SECOND_MS),
        "slaValueAsTimeString": told.goal_text,
        "slaValueAsMinutes": None if told.goal_ms is None else whole(told.goal_ms, MINUTE_MS),
        **over,
        "workingCalendar": told.calendar,
        **told.states,
    }


def both(name: str, ms: int | None) -> dict[str, str | None]:
    """A duration as ISO 8601 and in short words; null where there is none."""
    return {f"{name}Duration": _iso(ms), f"formatted{name.title()}Duration": None if ms is None else short_words(ms)}


def _iso(ms: int | None) -> str | None:
    if ms is None:
        return None
    return format_duration(ms, TimeFormat.ISO8601, business_day_ms=DAY_MS, business_week_ms=WEEK_MS)


def instant(at_ms: int | None) -> str | None:
    """An instant in UTC, with milliseconds only where there are any."""
    if at_ms is None:
        return None
    text = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00").removesuffix(".000") + "Z"


def _works_that_day(hours: Calendar, at_ms: int) -> bool:
    """Whether the calendar has any working time on the date, in its zone, of an instant."""
    return _works_on(hours, days.local_time(hours.tz, at_ms) // DAY)


@lru_cache(maxsize=256)
def _works_on(hours: Calendar, day: int) -> bool:
    return hours.elapsed(*(days.instant_of(hours.tz, one, 0) for one in (day, day + 1))) > 0
