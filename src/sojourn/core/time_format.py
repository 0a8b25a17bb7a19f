"""The names of the time formats; `core.duration` prints them."""

import difflib
import re
from enum import StrEnum
from typing import Final

from sojourn.errors import Refused


class TimeFormat(StrEnum):
    """The ten documented time formats, and three raw ones (docs/semantics.md 16)."""

    MINUTES = "Minutes"
    HOURS_MINUTES = "HoursMinutes"
    HOURS_COLON_MINUTES = "Hours:Minutes"
    DAYS_HOURS_MINUTES = "DaysHoursMinutes"
    DECIMAL_WEEKS = "Decimal Weeks"
    DECIMAL_HOURS = "Decimal Hours"
    DECIMAL_DAYS = "Decimal Days"
    BUSINESS_DECIMAL_WEEKS = "Business Decimal Weeks"
    BUSINESS_DECIMAL_DAYS = "Business Decimal Days"
    BUSINESS_DAYS_HOURS_MINUTES = "Business DaysHoursMinutes"
    MS = "ms"
    SECONDS = "seconds"
    ISO8601 = "iso8601"

    @property
    def numeric(self) -> bool:
        """Whether a column in this format holds numbers rather than text."""
        return self not in _TEXT

    @classmethod
    def parse(cls, text: str, *, path: str = "time_format") -> "TimeFormat":
        """Return the format of that name; case, spaces, `_` and `-` do not matter, the colon does.

        Raises `Refused` at `path`, listing the formats and naming the nearest.
        """
        names = {_plain(one): one for one in cls}
        found = names.get(_plain(text))
        if found is not None:
            return found
        near = difflib.get_close_matches(_plain(text), names, n=1)
        hint = f"did you mean {names[near[0]].value!r}? " if near else ""
        raise Refused(path, f"unknown time format {text!r}; {hint}Right are: {', '.join(cls)}")


_TEXT: Final = frozenset(
    {
        TimeFormat.HOURS_MINUTES,
        TimeFormat.HOURS_COLON_MINUTES,
        TimeFormat.DAYS_HOURS_MINUTES,
        TimeFormat.BUSINESS_DAYS_HOURS_MINUTES,
        TimeFormat.ISO8601,
    }
)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()
