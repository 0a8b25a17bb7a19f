"""What a goal asks of one cycle: a duration or a date, under a calendar (docs/semantics.md 23)."""

from collections.abc import Mapping
from typing import NamedTuple

from sojourn.core.calendar import Calendar
from sojourn.core.sla.beyond import business_day_end
from sojourn.core.sla.clock import Item
from sojourn.core.sla.firing import value_at
from sojourn.core.sla.policy import (
    Duration,
    DynamicDuration,
    Goal,
    NegotiationDate,
    NextBusinessDay,
    day_end_ms,
    duration_ms,
    fixed_ms,
)


class Chosen(NamedTuple):
    """The goal at an instant, and what the fields it asks for held then."""

    goal: int
    calendar: str | None
    text: str | None
    date_ms: int | None

    @classmethod
    def at(cls, goal: Goal, place: int, item: Item, at_ms: int) -> "Chosen":
        """What the item's fields say of this goal at an instant."""

        def held(field: str | None) -> str | None:
            return value_at(item.fields.get(field, ()), at_ms, None) if field else None

        target = goal.target
        text = held(target.field) if isinstance(target, DynamicDuration) else None
        dates = item.dates.get(target.field, ()) if isinstance(target, NegotiationDate) else ()
        return cls(place, held(goal.calendar_field), text, value_at(dates, at_ms, None))


class Aim(NamedTuple):
    """A duration to use up, or a deadline that stands by itself, or neither."""

    duration_ms: int | None = None
    deadline_ms: int | None = None


def aim(goal: Goal, chosen: Chosen, start_ms: int, calendar: Calendar) -> Aim:
    """What the goal asks for."""
    match goal.target:
        case Duration() as fixed:
            return Aim(duration_ms=fixed_ms(fixed, calendar))
        case DynamicDuration(_, unit):
            return Aim(duration_ms=duration_ms(chosen.text, unit, calendar))
        case NextBusinessDay(days):
            return Aim(deadline_ms=business_day_end(calendar, start_ms, days))
        case NegotiationDate(_, day_end):
            if chosen.date_ms is None or day_end is None:
                return Aim(deadline_ms=chosen.date_ms)
            return Aim(deadline_ms=day_end_ms(chosen.date_ms, day_end, calendar))
    return Aim()


def calendar_of(goal: Goal, chosen: Chosen, calendars: Mapping[str, Calendar]) -> str:
    """The name of the calendar that counts."""
    return goal.calendar_name(chosen.calendar, calendars)
