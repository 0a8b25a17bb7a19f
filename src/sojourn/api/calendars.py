"""`/calendars`: stored calendars and their versions, and what one may ask of a calendar."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Body, Router, Schema, Status

from sojourn.api.errors import Problem
from sojourn.api.security import need
from sojourn.calendars import store
from sojourn.errors import InUse, Refused, UserError

router = Router(tags=["calendars"])
Definition = Body[dict[str, Any]]


class CalendarLine(Schema):
    """A calendar in the list; `version` is null where it is built in."""

    name: str
    tz: str
    built_in: bool
    version: int | None


class CalendarOut(CalendarLine):
    """A calendar with what it says."""

    definition: dict[str, Any]


class CalendarVersionOut(Schema):
    """One version of a calendar: `saved_at` is in UTC."""

    version: int
    saved_at: str
    definition: dict[str, Any]


@router.get(
    "", auth=need("read"), response=dict[str, list[CalendarLine]], operation_id="calendars", summary="The calendars"
)
def listed(request: HttpRequest) -> dict[str, Any]:
    """All calendars, the built-in ones first."""
    return {"calendars": [_out(name) for name in store.names()]}


@router.post(
    "",
    auth=need("write", "calendars"),
    response={201: CalendarOut},
    operation_id="add-calendar",
    summary="Add a calendar",
)
def add(request: HttpRequest, response: HttpResponse, definition: Definition) -> Any:
    """Store a calendar, the JSON of docs/calendars.md, under its name; 409 where the name is taken."""
    name = definition.get("name")
    if name in store.names():
        raise Problem(409, f"There is a calendar {name!r} already; PUT replaces it.", "name")
    store.save(definition, now=timezone.now())
    response["Location"] = reverse("api-v1:calendar", kwargs={"name": name})
    return Status(201, _out(str(name)))


@router.get(
    "/{path:name}/versions", auth=need("read"), operation_id="calendar-versions", summary="The versions of a calendar"
)
def versions(request: HttpRequest, name: str) -> dict[str, list[CalendarVersionOut]]:
    """The versions of a calendar, the first one first; a built-in one has none."""
    known(name)
    return {
        "versions": [
            CalendarVersionOut(
                version=one.number,
                saved_at=one.saved_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                definition=one.definition,
            )
            for one in store.versions(name)
        ]
    }


@router.get(
    "/{path:name}",
    auth=need("read"),
    response=CalendarOut,
    operation_id="calendar",
    summary="A calendar",
    url_name="calendar",
)
def shown(request: HttpRequest, name: str, version: int | None = None) -> dict[str, Any]:
    """A calendar as it was saved last, or in a version."""
    definition = known(name)
    if version is None:
        return _out(name)
    found = store.versions(name).filter(number=version).first()
    if found is None:
        last = store.versions(name).last()
        raise Refused(
            "version", f"there is none; the last one is {last.number}" if last else "it is built in, with none"
        )
    return {
        **_out(name),
        "version": version,
        "tz": found.definition["tz"],
        "definition": found.definition or definition,
    }


@router.put(
    "/{path:name}",
    auth=need("write", "calendars"),
    response={200: CalendarOut, 201: CalendarOut},
    operation_id="put-calendar",
    summary="Save a new version of a calendar",
)
def replaced(request: HttpRequest, name: str, definition: Definition) -> Any:
    """Save a calendar as a new version of the one of that name, or as the first."""
    if definition.get("name", name) != name:
        raise Refused("name", f"is not {name!r}, the name in the address; leave it out, or make it the same")
    is_new = name not in store.names()
    store.save({**definition, "name": name}, now=timezone.now(), replace=True)
    return Status(201 if is_new else 200, _out(name))


@router.delete(
    "/{path:name}",
    auth=need("write", "calendars"),
    response={204: None},
    operation_id="delete-calendar",
    summary="Delete a calendar",
)
def removed(request: HttpRequest, name: str) -> Any:
    """Delete a calendar with all its versions; 409, naming who uses it, where it is used."""
    known(name)
    try:
        store.remove(name)
    except InUse as error:
        raise Problem(409, str(error), "name") from None
    return Status(204, None)


def known(name: str) -> dict[str, Any]:
    """What a calendar says; raises Problem 404, naming those there are, where there is none."""
    try:
        return store.show(name)
    except UserError as error:
        raise Problem(404, str(error), "name") from None


def _out(name: str) -> dict[str, Any]:
    definition, last = store.show(name), store.versions(name).last()
    return {
        "name": name,
        "tz": definition["tz"],
        "built_in": last is None,
        "version": last.number if last else None,
        "definition": definition,
    }
