"""A policy: what drives the clock, which cycles count, and the goals it is held against (docs/semantics.md 22–27)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sojourn.core.calendar import Calendar, days
from sojourn.core.calendar.rules import DAY
from sojourn.core.duration_parse import parse_duration
from sojourn.core.sla.beyond import business_day_end
from sojourn.core.sla.conditions import NEVER, Condition
from sojourn.errors import Refused

CycleRule = Literal["all", "first", "last", "span", "each"]
ResetKind = Literal["restart", "invalidate"]
OnFinished = Literal["nothing", "restart", "invalidate"]


@dataclass(frozen=True, slots=True)
class Duration:
    """So much working time, such as `1d 4h`; a day is the calendar's business day."""

    text: str


@dataclass(frozen=True, slots=True)
class DynamicDuration:
    """The duration that a field holds; a number without a unit is in `unit`. Without a readable one, no target."""

    field: str
    unit: str = "h"


@dataclass(frozen=True, slots=True)
class NegotiationDate:
    """The date in a field is the deadline.

    `day_end` None: the field holds instants. Else it holds dates, as midnights UTC, which mean the end of that day's
    business, -1, or so many milliseconds after the day's midnight on the wall clock of the calendar's zone.
    """

    field: str
    day_end: int | None = None


BUSINESS_END = -1


@dataclass(frozen=True, slots=True)
class NextBusinessDay:
    """The end of business of the `days`-th working day after the start's date."""

    days: int


@dataclass(frozen=True, slots=True)
class NoTarget:
    """A stopwatch."""


LASTING = (Duration, DynamicDuration)
"""Targets that are used up, which pauses move; the others are dates, or none."""

Target = Duration | DynamicDuration | NegotiationDate | NextBusinessDay | NoTarget


@dataclass(frozen=True, slots=True)
class Goal:
    """A target, for the work items that `jql` chooses (evaluated by the caller), under a calendar.

    Where `calendar_field` is given and holds the name of a calendar there is, that one counts instead.
    """

    target: Target
    calendar: str
    name: str = ""
    jql: str = ""
    calendar_field: str | None = None

    def calendar_name(self, chosen: str | None, calendars: Mapping[str, Calendar]) -> str:
        """The name of the calendar that counts where the calendar field holds `chosen`."""
        return chosen if self.calendar_field and chosen is not None and chosen in calendars else self.calendar


@dataclass(frozen=True, slots=True)
class Policy:
    """One SLA. `scope` is JQL, evaluated by the caller; `pause` holds lasting conditions only."""

    start: Condition
    stop: Condition
    goals: tuple[Goal, ...]
    pause: Condition = NEVER
    reset: Condition = NEVER
    cancel: Condition = NEVER
    scope: str = ""
    cycles: CycleRule = "all"
    reset_kind: ResetKind = "restart"
    reset_finished: OnFinished = "nothing"
    critical_percent: int = 80


def duration_ms(text: str | None, unit: str, calendar: Calendar) -> int | None:
    """The milliseconds of a duration in a field, None where there is none that can be read."""
    if not text or not text.strip():
        return None
    bare = text.strip().replace(".", "", 1).isdecimal()
    try:
        return _parsed(text.strip() + unit if bare else text, calendar)
    except Refused:
        return None


def fixed_ms(target: Duration, calendar: Calendar) -> int:
    """The milliseconds of a fixed duration under a calendar."""
    return _parsed(target.text, calendar)


def _parsed(text: str, calendar: Calendar) -> int:
    return parse_duration(text, day_ms=calendar.business_day_ms, week_ms=calendar.business_week_ms)


def day_end_ms(date_ms: int, day_end: int, calendar: Calendar) -> int:
    """When a date, given as its midnight UTC, ends: with its business, -1, or at that time of its day."""
    day = date_ms // DAY
    if day_end == BUSINESS_END:
        return business_day_end(calendar, days.instant_of(calendar.tz, day, DAY // 2), 0)
    return days.instant_of(calendar.tz, day, day_end)
