"""Times of day and dates as text: `09:00`, `24:00`, `2024-12-24`, `12-24`."""

import re
from datetime import date

from sojourn.core.calendar.rules import DAY

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})", re.ASCII)


def parse_time(text: str) -> int:
    """Milliseconds after midnight, `24:00` included. ValueError for anything that is no time of day."""
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = ((hours * 60 + minutes) * 60 + seconds) * 1000
    if minutes > 59 or seconds > 59 or total > DAY:
        raise ValueError(text)
    return total


def format_time(ms: int) -> str:
    """`HH:MM`, with seconds only where there are any; the inverse of `parse_time`."""
    minutes, seconds = divmod(ms // 1000, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def parse_date(text: str) -> date:
    """A date of the form YYYY-MM-DD, nothing else of what ISO 8601 allows. ValueError otherwise."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def parse_month_day(text: str) -> tuple[int, int]:
    """Month and day of MM-DD; 02-29 is one. ValueError otherwise."""
    match = _MONTH_DAY.fullmatch(text)
    if not match:
        raise ValueError(text)
    leap_year = date(2000, int(match[1]), int(match[2]))
    return leap_year.month, leap_year.day
