"""How long a business day and a working week are: the wall clock of a plain week (docs/semantics.md 19)."""

from sojourn.core.calendar.rules import DAY, Rules, Week
from sojourn.core.calendar.spans import Spans, join, spans, subtract

WEEK = 7 * DAY


def _in_week(week: Week, days: range) -> Spans:
    pairs = [(day * DAY + opens, day * DAY + closes) for day in days for opens, closes in week[day % 7]]
    return join(spans(pairs))


def _weekdays(rules: Rules) -> list[int]:
    """The working time that opens on each weekday, Monday first; a night belongs to the day it opens."""
    breaks = _in_week(rules.week_breaks, range(-7, 14))
    return [subtract(_in_week(rules.week, range(day, day + 1)), breaks).total for day in range(7)]


def _mean(lengths: list[int]) -> int:
    return sum(lengths) // len(lengths) if lengths else 0


def business_day(rules: Rules) -> int:
    """As given; else Monday's working time; else the mean of the working weekdays, else of the exceptions."""
    if rules.business_day is not None:
        return rules.business_day
    weekdays = _weekdays(rules)
    exceptions = [join(spans(list(hours))).total for _, hours in rules.special_hours + rules.extra_hours if hours]
    return weekdays[0] or _mean([length for length in weekdays if length]) or _mean(exceptions)


def business_week(rules: Rules) -> int:
    """The working time of one plain week; five business days where no weekday has hours."""
    hours = subtract(_in_week(rules.week, range(-7, 14)), _in_week(rules.week_breaks, range(-7, 14)))
    return hours.clip(0, WEEK).total or 5 * business_day(rules)
