"""Working time over histories of which it is not known beforehand how far back they reach."""

from datetime import UTC, datetime

from sojourn.core.calendar import Calendar, WorkingTime
from sojourn.core.timeline import Int64Array


class Measure:
    """The working time of a calendar, compiled as far back as the histories turn out to reach."""

    def __init__(self, calendar: Calendar, end_ms: int) -> None:
        self._calendar = calendar
        self.end_ms = end_ms
        self._first_ms = end_ms
        self._compiled: WorkingTime | None = None

    def reaching(self, at: Int64Array) -> WorkingTime:
        """The working time over all those instants and up to the end."""
        first_ms = int(at.min()) if len(at) else self.end_ms
        if self._compiled is None or first_ms < self._first_ms:
            year = datetime.fromtimestamp(first_ms / 1000, UTC).year
            self._first_ms = min(first_ms, int(datetime(max(year - 5, 2), 1, 1, tzinfo=UTC).timestamp() * 1000))
            self._compiled = self._calendar.compile(self._first_ms, max(self.end_ms, first_ms))
        return self._compiled
