"""How far calendars reach, and the error for what lies beyond."""

from datetime import UTC, date, datetime, timedelta

from sojourn.core.calendar.rules import DAY
from sojourn.errors import UserError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


# A week inside what `datetime` can hold, so that a day's neighbours and any offset from UTC exist too.
EARLIEST = (day_number(date.min) + 7) * DAY
LATEST = (day_number(date.max) - 7) * DAY


class HorizonError(ValueError):
    """An instant, or an amount of working time, outside the range that was compiled."""


def show(ms: int) -> str:
    """An instant for messages: `2024-03-31T01:00:00+00:00`."""
    return (EPOCH + timedelta(milliseconds=ms)).isoformat()


def check_reach(ms: int) -> None:
    """UserError for an instant outside the years 1 to 9999 (but for a week at each end)."""
    if not EARLIEST <= ms <= LATEST:
        raise UserError(f"the instant {ms} ms lies outside the years 1 to 9999")
