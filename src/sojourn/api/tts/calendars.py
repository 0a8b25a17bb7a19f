"""Service 1: calendars by number. What they say is the JSON of docs/calendars.md."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sojourn.api.tts.calls import Call, done
from sojourn.calendars import store
from sojourn.errors import Refused, UserError
from sojourn.sla.calendar_ids import calendar_name, calendar_numbers

_WHAT = "Calendar"


def listed(call: Call) -> Any:
    """All calendars, the built-in ones first, with numbers below zero."""
    call.only()
    return [_shown(number, name) for name, number in calendar_numbers().items()]


def shown(call: Call) -> Any:
    """One calendar."""
    call.only()
    number, name = _find(call)
    return _shown(number, name)


def saved(call: Call) -> Any:
    """Save a calendar under a name that is free."""
    call.only()
    definition = _definition(call)
    name = definition.get("name")
    if name in store.names():
        raise Refused("name", f"there is a calendar {name!r} already; PUT saves a new version of it")
    _save(call, definition)
    return done(calendar_numbers()[str(name)])


def updated(call: Call) -> Any:
    """Save a new version of a calendar."""
    call.only()
    definition = _definition(call)
    number, name = _find(call)
    if definition.get("name", name) != name:
        raise Refused("name", f"is not {name!r}, the calendar's name; leave it out, or make it the same")
    _save(call, {**definition, "name": name})
    return done(number)


def deleted(call: Call) -> Any:
    """Delete a calendar that no SLA uses."""
    call.only()
    number, name = _find(call)
    store.remove(name)
    return done(f"Deleted calendarId with {number}")


def _find(call: Call) -> tuple[int, str]:
    number = call.number("number", _WHAT)
    name = calendar_name(number)
    if name is None:
        raise UserError(f"{_WHAT} not exists: {number}")
    return number, name


def _definition(call: Call) -> dict[str, Any]:
    body = call.body()
    if not isinstance(body, Mapping):
        raise UserError(f"a calendar is an object, not {body!r:.60}")
    return {key: value for key, value in body.items() if key != "id"}


def _save(call: Call, definition: dict[str, Any]) -> None:
    store.save(definition, now=datetime.fromtimestamp(call.now_ms / 1000, UTC), replace=True)


def _shown(number: int, name: str) -> dict[str, Any]:
    return {"id": number, **store.show(name)}
