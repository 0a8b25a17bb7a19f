"""What a calendar says, as plain immutable data: no arithmetic, no JSON."""

from dataclasses import dataclass
from datetime import date

DAY = 86_400_000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Window = tuple[int, int]
"""Opening and closing in local milliseconds after midnight of the day it opens; `opening < closing`, and a
closing above `DAY` lies on the next day (docs/semantics.md 17)."""

Windows = tuple[Window, ...]
Week = tuple[Windows, ...]
"""Seven entries, Monday first."""

Dated = tuple[tuple[date, Windows], ...]
"""Windows by date, sorted by date."""


@dataclass(frozen=True, order=True)
class Holiday:
    """One date without work; `hours` empty means the whole day."""

    day: date
    name: str = ""
    hours: Windows = ()


@dataclass(frozen=True, order=True)
class YearlyHoliday:
    """The same date of every year; 29 February exists in leap years only."""

    month: int
    day: int
    name: str = ""
    hours: Windows = ()

    def in_year(self, year: int) -> date | None:
        """The date in that year, or None where the year has no such date."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


CLOSED_WEEK: Week = ((),) * 7


@dataclass(frozen=True)
class Rules:
    """The whole content of a calendar (docs/semantics.md 17); `business_day` in ms, None if not given."""

    tz: str
    name: str = ""
    week: Week = CLOSED_WEEK
    week_breaks: Week = CLOSED_WEEK
    date_breaks: Dated = ()
    holidays: tuple[Holiday, ...] = ()
    yearly_holidays: tuple[YearlyHoliday, ...] = ()
    special_hours: Dated = ()
    extra_hours: Dated = ()
    holidays_beat_exceptions: bool = False
    business_day: int | None = None

    @property
    def is_always_open(self) -> bool:
        """True where every weekday is open from midnight to midnight and nothing is ever taken away."""
        takes_away = (
            any(self.week_breaks) or self.date_breaks or self.holidays or self.yearly_holidays or self.special_hours
        )
        return not takes_away and all((0, DAY) in windows for windows in self.week)

    @property
    def exception_dates(self) -> tuple[date, ...]:
        """The dates with hours of their own, sorted."""
        return tuple(sorted({day for day, windows in self.special_hours + self.extra_hours if windows}))
