"""Services 4 to 10: definitions in the form that clients of Time to SLA know."""

from collections.abc import Mapping
from typing import Any

from sojourn.api.tts.calls import Call, done, failed, number_of
from sojourn.errors import Refused, UserError
from sojourn.sla import definitions, legacy
from sojourn.sla.definitions import Missing
from sojourn.sla.legacy_search import Search
from sojourn.sla.models import Definition, Version

SLA = "SLA"


def listed(call: Call) -> Any:
    """All of them."""
    call.only()
    return [answer for _, answer in legacy.listed()]


def found(call: Call) -> Any:
    """Those that meet all parameters."""
    search = Search.of([(key, text) for key, texts in call.query.lists() for text in texts])
    return [answer for _, answer in legacy.listed() if search.finds(answer)]


def shown(call: Call) -> Any:
    """One of them."""
    call.only()
    one = _find(call.given["number"])
    return legacy.shown(one.pk, _published(one))


def saved(call: Call) -> Any:
    """Save one, or, with an id, update it."""
    call.only()
    return _save(call, call.body())


def saved_many(call: Call) -> Any:
    """Save each of a list, whatever becomes of the others."""
    call.only()
    body = call.body()
    if not isinstance(body, list):
        raise UserError("Failed when saving SLA: a list of definitions is needed, such as [{…}, {…}]")
    return [_tried(call, one) for one in body]


def updated(call: Call) -> Any:
    """Update the one that the body names."""
    call.only()
    body = call.body()
    if not isinstance(body, Mapping) or body.get("id") is None:
        raise UserError("Failed when saving SLA: id should be provided")
    return _save(call, body)


def updated_at(call: Call) -> Any:
    """Update the one that the address names."""
    call.only()
    body = call.body()
    number = call.number("number", SLA)
    if isinstance(body, Mapping) and body.get("id") is not None and str(body["id"]) != str(number):
        raise UserError(f"Failed when saving SLA: id: is not {number}, the one in the address")
    return _update(call, number, body)


def deleted(call: Call) -> Any:
    """Delete one."""
    call.only()
    number = _find(call.given["number"]).pk
    definitions.remove(number, call.by)
    return done(f"Deleted slaId with {number}")


def _find(number: Any) -> Definition:
    try:
        return legacy.find(number_of(number, SLA))
    except Missing:
        raise missing(number) from None


def _published(one: Definition) -> Version:
    if one.published is None:
        raise missing(one.pk)
    return one.published


def missing(number: Any) -> UserError:
    """That there is no such SLA, as clients know it."""
    return UserError(f"{SLA} not exists: {number!s:.60}")


def _tried(call: Call, body: Any) -> dict[str, Any]:
    try:
        return _save(call, body)
    except UserError as error:
        return failed(str(error))


def _save(call: Call, body: Any) -> dict[str, Any]:
    number = body.get("id") if isinstance(body, Mapping) else None
    return done(legacy.save(body, call.by)) if number is None else _update(call, number_of(number, SLA), body)


def _update(call: Call, number: int, body: Any) -> dict[str, Any]:
    try:
        legacy.update(number, body, call.by)
    except Missing:
        raise missing(number) from None
    except Refused as error:
        raise UserError(f"Failed when saving SLA: {error}") from None
    return done(number)
