"""Reading sets of holidays anew from where they came from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sojourn import net
from sojourn.calendars import icalendar_import, store
from sojourn.calendars.models import HolidaySet
from sojourn.errors import UserError

_FRESH = timedelta(days=1)
YEARS_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What became of one set: how many holidays it has, and why it was left as it was, or an empty text."""

    name: str
    count: int
    problem: str = ""


def refresh(openings: net.Openings, *, now: datetime) -> Iterator[Refreshed]:
    """Read every set that has an address and was not read for a day; one that cannot be read stays as it is."""
    due = HolidaySet.objects.exclude(source_url="").filter(refreshed_at__lte=now - _FRESH).order_by("name")
    for holiday_set in due:
        try:
            count = _refresh(holiday_set, openings, now)
        except UserError as error:
            yield Refreshed(holiday_set.name, len(holiday_set.holidays), str(error))
        else:
            yield Refreshed(holiday_set.name, count)


def _refresh(holiday_set: HolidaySet, openings: net.Openings, now: datetime) -> int:
    """Days that have passed stay as they were, whatever the feed says now: what was measured on them stays true."""
    today = now.astimezone(ZoneInfo(holiday_set.tz)).date()
    years = range(holiday_set.first_year or today.year, max(holiday_set.last_year or 0, today.year + YEARS_AHEAD) + 1)
    where = icalendar_import.label(holiday_set.source_url)
    content = icalendar_import.load(holiday_set.source_url, openings)
    found = icalendar_import.read(content, where, holiday_set.tz, years).holidays
    if not found:
        raise UserError(f"{where}: has no holidays from {years[0]} to {years[-1]} any more")
    kept = [holiday for holiday in holiday_set.holidays if holiday["date"] < today.isoformat()]
    coming = [holiday for holiday in found if holiday["date"] >= today.isoformat()]
    feed = store.Feed(holiday_set.source_url, holiday_set.tz, years, now)
    store.save_holidays(holiday_set.name, [*kept, *coming], feed)
    return len(kept) + len(coming)
