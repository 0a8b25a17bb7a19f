"""Calendars by number, as the Time to SLA services call them: the built-in ones have numbers below zero."""

from sojourn.calendars.models import StoredCalendar
from sojourn.calendars.store import BUILT_IN

ALWAYS_ID = -1
"""7x24, as clients know it."""

_NUMBERS = dict(zip(range(ALWAYS_ID, ALWAYS_ID - len(BUILT_IN), -1), BUILT_IN, strict=True))


def calendar_name(number: int) -> str | None:
    """The name of the calendar of a number, None where there is none."""
    if number < 0:
        return _NUMBERS.get(number)
    return StoredCalendar.objects.filter(pk=number).values_list("name", flat=True).first()


def calendar_numbers() -> dict[str, int]:
    """The numbers of all calendars by name, the built-in ones first."""
    stored = StoredCalendar.objects.order_by("name").values_list("name", "pk")
    return {name: number for number, name in _NUMBERS.items()} | dict(stored)
