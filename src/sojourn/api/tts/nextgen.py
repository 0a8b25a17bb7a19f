"""Service 2: next-gen definitions. Their policies are the JSON of docs/sla.md."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from sojourn.api.tts.calls import Call, done
from sojourn.api.tts.definitions import SLA, missing
from sojourn.errors import Refused, UserError, within
from sojourn.sla import definitions
from sojourn.sla.definitions import Draft, Missing
from sojourn.sla.models import AppliesTo, Definition, Version
from sojourn.sla.shown import definition_as_json
from sojourn.sla.uses import latest_of

_TOLD = ("id", "published", "latest")
_TAKEN = ("name", "site", "enabled", "policy")


def listed(call: Call) -> Any:
    """All definitions but those of the services 4 to 10."""
    call.only()
    there = list(definitions.listed())
    last = latest_of(there)
    return [definition_as_json(one, last[one.pk]) for one in there if not _is_legacy(one, last[one.pk])]


def shown(call: Call) -> Any:
    """One of them."""
    call.only()
    one = _find(call)
    return definition_as_json(one, definitions.latest(one))


@transaction.atomic
def saved(call: Call) -> Any:
    """Save one, and have it hold at once for new and open cycles."""
    call.only()
    body = _body(call)
    made = definitions.create(_draft(body), call.by, body.get("site"))
    _publish(call, made)
    _enable(call, made.definition_id, body)
    return done(made.definition_id)


@transaction.atomic
def updated(call: Call) -> Any:
    """Have one say something else from now on, for new and open cycles."""
    call.only()
    body = _body(call)
    one = _find(call)
    site = one.site.name if one.site else None
    if body.get("site", site) != site:
        raise Refused("site", f"is not {site!r}; an SLA stays with its site: make another one")
    _publish(call, definitions.save(one.pk, _draft(body), call.by))
    _enable(call, one.pk, body)
    return done(one.pk)


def deleted(call: Call) -> Any:
    """Delete one."""
    call.only()
    number = _find(call).pk
    definitions.remove(number, call.by)
    return done(f"Deleted slaId with {number}")


@transaction.atomic
def cloned(call: Call) -> Any:
    """Make another one that says the same, and is disabled until it is enabled."""
    call.only()
    made = definitions.clone(_find(call).pk, call.by)
    _publish(call, made)
    definitions.set_enabled(made.definition_id, call.by, enabled=False)
    return done(made.definition_id)


def enabled(call: Call) -> Any:
    """Have one counted."""
    call.only()
    return done(definitions.set_enabled(_find(call).pk, call.by, enabled=True).pk)


def disabled(call: Call) -> Any:
    """Have one not counted."""
    call.only()
    return done(definitions.set_enabled(_find(call).pk, call.by, enabled=False).pk)


def _find(call: Call) -> Definition:
    number = call.number("number", SLA)
    try:
        one = definitions.find(number)
    except Missing:
        raise missing(number) from None
    if _is_legacy(one, definitions.latest(one)):
        raise missing(number)
    return one


def _is_legacy(one: Definition, latest: Version) -> bool:
    return (one.published or latest).legacy is not None


def _body(call: Call) -> Mapping[str, Any]:
    body = call.body()
    if not isinstance(body, Mapping):
        raise UserError(f"an SLA is an object with a name and a policy, not {body!r:.60}")
    for key in body:
        if key not in (*_TOLD, *_TAKEN):
            raise Refused(within("", f"{key:.60}"), f"unknown key; there are {', '.join(_TAKEN)}")
    if not isinstance(body.get("enabled", True), bool):
        raise Refused("enabled", f"true or false, not {body['enabled']!r:.60}")
    return body


def _draft(body: Mapping[str, Any]) -> Draft:
    return Draft(body.get("name", ""), body.get("policy"))


def _publish(call: Call, made: Version) -> None:
    definitions.publish(made.definition_id, made.number, AppliesTo.OPEN, call.by)


def _enable(call: Call, number: int, body: Mapping[str, Any]) -> None:
    if "enabled" in body:
        definitions.set_enabled(number, call.by, enabled=body["enabled"])
