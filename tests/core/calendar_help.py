"""What the calendar tests share: instants from text, and calendars in a line."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sojourn.core.calendar import Calendar

HOUR = 3_600_000
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
ALL_DAYS = (*WORKDAYS, "sat", "sun")


def ms(text: str, tz: str = "UTC", fold: int = 0) -> int:
    """`2024-03-31 02:30` on a wall clock (UTC where the text or nothing says so), as milliseconds UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(tz), fold=fold)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def calendar(tz: str = "UTC", hours: str = "09:00-17:00", days: Any = WORKDAYS, **more: Any) -> Calendar:
    """The same windows (`09:00-12:00 13:00-17:00`) on each of these days."""
    windows = [window.split("-") for window in hours.split()]
    return Calendar.from_json({"tz": tz, "week": dict.fromkeys(days, windows), **more})
