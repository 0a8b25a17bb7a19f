"""What counts as working time: hours, breaks, holidays, exceptions and a zone, compiled to W and its inverse.

`Calendar` answers one question at a time; `Calendar.compile` gives a `WorkingTime` that answers for whole
columns. Instants are milliseconds UTC, durations milliseconds.
"""

from sojourn.core.calendar.calendar import Calendar
from sojourn.core.calendar.horizon import HorizonError
from sojourn.core.calendar.rules import DAY, Holiday, Rules, YearlyHoliday
from sojourn.core.calendar.working_time import WorkingTime

__all__ = ["ALWAYS", "Calendar", "Holiday", "HorizonError", "Rules", "WorkingTime", "YearlyHoliday"]

ALWAYS = Calendar(Rules(tz="UTC", name="7x24", week=(((0, DAY),),) * 7))
"""The built-in calendar on which all time is working time."""
