"""Calendars by name: the built-in ones, and those people save.

A stored calendar is the JSON of docs/calendars.md with one key more, `holiday_sets`: the names of shared sets, whose
holidays are added to its own.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from sojourn.calendars.models import CalendarVersion, HolidaySet, StoredCalendar
from sojourn.calendars.signals import calendars_changed
from sojourn.core.calendar import Calendar
from sojourn.errors import Refused, UserError

_NINE_TO_SIX = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
_WHOLE_WEEK = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
BUILT_IN: dict[str, dict[str, Any]] = {
    "7x24": {"name": "7x24", "tz": "UTC", "week": _WHOLE_WEEK},
    "Mon–Fri 09–18": {"name": "Mon–Fri 09–18", "tz": "UTC", "week": _NINE_TO_SIX},
}
"""Calendars that are always there and cannot be changed (docs/semantics.md 17)."""

DEFAULT = "7x24"
_LAST = """
SELECT v.definition FROM calendars_calendarversion v JOIN calendars_storedcalendar c ON c.id = v.calendar_id
WHERE c.name = %s ORDER BY v.number DESC LIMIT 1
"""
_HOLIDAYS = "SELECT holidays FROM calendars_holidayset WHERE name = %s"
_SETS = "holiday_sets"
_LONGEST_NAME = 255


def names() -> list[str]:
    """The names of all calendars, the built-in ones first."""
    return [*BUILT_IN, *StoredCalendar.objects.order_by("name").values_list("name", flat=True)]


def whole(name: str) -> dict[str, Any]:
    """The JSON of a calendar with the holidays of its sets among its own; raises UserError where there is none."""
    return _whole(show(name))


def load(name: str) -> Calendar:
    """The calendar of that name, with the holidays of its sets; raises UserError where there is none."""
    return _calendar(show(name))


def load_any(name_or_path: str) -> Calendar:
    """A calendar by name, or from a JSON file where there is no calendar of that name."""
    path = Path(name_or_path)
    if not path.is_file() or name_or_path in names():
        return load(name_or_path)
    definition = read_file(path)
    try:
        return _calendar(definition)
    except Refused as error:
        raise UserError(f"{path}: {error}") from error


def read_file(path: Path) -> dict[str, Any]:
    """The JSON of a calendar in a file, named after the file where it names itself not."""
    try:
        definition = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(definition, dict):
        raise UserError(f"{path}: a calendar is a JSON object, such as {json.dumps(BUILT_IN['Mon–Fri 09–18'])}")
    return {"name": path.stem, **definition}


def show(name: str) -> dict[str, Any]:
    """The JSON of a calendar as it was saved last; raises UserError, naming those there are, where there is none."""
    built_in = _built_in(name)
    if built_in:
        return BUILT_IN[built_in]
    definition: dict[str, Any] | None = _json(_LAST, name)
    if definition is None:
        raise UserError(f"There is no calendar {name!r}. There are: {', '.join(names())}.")
    return definition


def _json(question: str, name: str) -> Any:
    """The one JSON of a question by plain SQL: both come with every clock that is shown."""
    with connection.cursor() as cursor:
        cursor.execute(question, [name])
        row = cursor.fetchone()
    return None if row is None else json.loads(row[0])


def save(definition: dict[str, Any], *, now: datetime, replace: bool = False) -> int:
    """Store a calendar under its name, as a new version; returns the version's number.

    Raises Refused, naming the place, where the calendar is wrong; UserError where its name is taken and not `replace`.
    """
    name = definition.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Refused("name", "is missing; a stored calendar needs a name")
    if len(name) > _LONGEST_NAME or name != name.strip():
        raise Refused("name", f"{name!r:.60} starts or ends with a blank, or has over {_LONGEST_NAME} characters")
    if _built_in(name):
        raise Refused("name", f"{name!r} is built in and cannot be changed; choose another name")
    _calendar(definition)
    with transaction.atomic():
        calendar, is_new = StoredCalendar.objects.get_or_create(name=name)
        if not is_new and not replace:
            raise UserError(f"There is a calendar {name!r} already; replace it with --replace or choose another name.")
        number = calendar.versions.count() + 1
        CalendarVersion.objects.create(calendar=calendar, number=number, definition=definition, saved_at=now)
        calendars_changed.send(StoredCalendar, names=[name])
    return number


def parse(definition: dict[str, Any]) -> Calendar:
    """The calendar a definition describes, without saving it; raises Refused, naming the place, where it is wrong."""
    return _calendar(definition)


def versions(name: str) -> QuerySet[CalendarVersion]:
    """The versions of a stored calendar, the first one first; none of a built-in one."""
    return CalendarVersion.objects.filter(calendar__name=name).order_by("number")


def _calendar(definition: dict[str, Any]) -> Calendar:
    """The calendar of a definition, with the holidays of its sets; raises Refused, naming the place."""
    own = Calendar.from_json({key: part for key, part in definition.items() if key != _SETS})
    # First alone: the places it names are the definition's.
    return Calendar.from_json(_whole(definition)) if definition.get(_SETS, []) != [] else own


def _whole(definition: dict[str, Any]) -> dict[str, Any]:
    plain = dict(definition)
    sets = plain.pop(_SETS, [])
    if not isinstance(sets, list):
        raise Refused(_SETS, f"a list of names of sets, not {sets!r:.60}")
    shared: list[Any] = []
    for place, set_name in enumerate(sets):
        found = _json(_HOLIDAYS, set_name) if isinstance(set_name, str) else None
        if found is None:
            raise Refused(f"{_SETS}[{place}]", f"there is no set of holidays {set_name!r:.60}; import it first")
        shared += found
    return {**plain, "holidays": [*plain.get("holidays", []), *shared]} if shared else plain


def remove(name: str) -> None:
    """Delete a calendar and its versions; raises UserError where there is none or it is built in, InUse where used."""
    if _built_in(name):
        raise Refused("name", f"{name!r} is built in and cannot be removed; remove one of your own")
    show(name)
    with transaction.atomic():
        found = StoredCalendar.objects.select_for_update().filter(name=name)
        list(found)  # who is about to use it has it locked: they come first, and are heard
        found.delete()


def check_can_change(name: str) -> None:
    """Raise UserError where there is no such calendar or it is built in."""
    show(name)
    if _built_in(name):
        raise UserError(f"{name!r} is built in and cannot be changed; add a calendar of your own first.")


@dataclass(frozen=True, slots=True)
class Feed:
    """Where a set of holidays can be read anew: address, zone of its hours, years, and when it was read last."""

    url: str
    tz: str
    years: range
    read_at: datetime


def save_holidays(set_name: str, holidays: list[dict[str, Any]], feed: Feed | None = None) -> None:
    """Store a set of holidays, in place of the one of that name and of where that came from.

    Raises UserError where there are none, or the name has more than 255 characters.
    """
    if not holidays:
        raise UserError(f"{set_name}: there are no holidays in those years; nothing was changed")
    if not set_name.strip() or len(set_name) > _LONGEST_NAME:
        raise UserError(f"{set_name!r:.60}: the name of a set has 1 to {_LONGEST_NAME} characters")
    source = {
        "source_url": feed.url if feed else "",
        "tz": feed.tz if feed else "",
        "first_year": feed.years[0] if feed else None,
        "last_year": feed.years[-1] if feed else None,
        "refreshed_at": feed.read_at if feed else None,
    }
    with transaction.atomic():
        HolidaySet.objects.update_or_create(name=set_name, defaults={"holidays": holidays, **source})
        observing = [name for name in names() if set_name in show(name).get(_SETS, [])]
        if observing:
            calendars_changed.send(HolidaySet, names=observing)


def save_years(set_name: str, holidays: list[dict[str, Any]], years: range) -> None:
    """Store the holidays of some years in a set; those of other years stay. Raises UserError where there are none."""
    stored = HolidaySet.objects.filter(name=set_name).first()
    others = [holiday for holiday in stored.holidays if _year(holiday) not in years] if stored and holidays else []
    save_holidays(set_name, sorted([*others, *holidays], key=_date))


def attach(name: str, set_name: str, *, now: datetime) -> None:
    """Make a calendar observe a set of holidays, as a new version of it."""
    definition = show(name)
    sets = definition.get(_SETS, [])
    if set_name not in sets:
        save({**definition, _SETS: [*sets, set_name]}, now=now, replace=True)


def reach_of_holidays() -> Iterator[tuple[str, str, str]]:
    """Each list of dated holidays in use, with its first and last date: beyond there are none (docs/semantics.md 21).

    That is every set that calendars observe, and a calendar's own holidays where it observes no set.
    """
    definitions = {name: show(name) for name in names()}
    used = {set_name for definition in definitions.values() for set_name in definition.get(_SETS, [])}
    for found in HolidaySet.objects.filter(name__in=used).order_by("name"):
        yield found.name, *_reach(found.holidays)
    for name, definition in definitions.items():
        if definition.get("holidays") and not definition.get(_SETS):
            yield name, *_reach(definition["holidays"])


def _reach(holidays: list[Any]) -> tuple[str, str]:
    dates = [_date(holiday) for holiday in holidays]
    return min(dates), max(dates)


def _date(holiday: Any) -> str:
    found: str = holiday if isinstance(holiday, str) else holiday["date"]
    return found


def _year(holiday: Any) -> int:
    return int(_date(holiday)[:4])


def _built_in(name: str) -> str | None:
    """The built-in calendar that is meant; a plain hyphen is as good as a dash."""
    plain = name.replace("-", "–")
    return plain if plain in BUILT_IN else None
