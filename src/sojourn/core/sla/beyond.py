"""Deadlines that no calendar reaches: one such clock must not keep all others from being told.

Where working time ends for good before a goal is used up, the deadline is BEYOND, the end of what calendars know.
"""

from typing import Final

from sojourn.core.calendar import Calendar
from sojourn.core.calendar.horizon import LATEST
from sojourn.errors import UserError

BEYOND: Final = LATEST
"""The end of the year 9999, but for a week."""


def deadline(calendar: Calendar, start_ms: int, duration_ms: int) -> int:
    """The instant at which so much working time has passed, or BEYOND."""
    try:
        return calendar.deadline(start_ms, duration_ms)
    except UserError:
        return BEYOND


def business_day_end(calendar: Calendar, at_ms: int, count: int) -> int:
    """The end of business of the `count`-th working day after an instant's date, or BEYOND."""
    try:
        return calendar.business_day_end(at_ms, count)
    except UserError:
        return BEYOND
