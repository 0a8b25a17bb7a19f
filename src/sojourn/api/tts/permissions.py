"""The permissions service: what the one who asks may do. Permissions are given on the command line, not here."""

from typing import Any

from sojourn.access import roles
from sojourn.access.tokens import SCOPES
from sojourn.api.tts.calls import Call
from sojourn.errors import UserError

_OWN = [scope for scope in SCOPES if scope.startswith("sla:")]


def listed(call: Call) -> Any:
    """The account that asks, the areas in which it may act, and which scopes of these services its credential has."""
    call.only()
    return [_shown(call)]


def shown(call: Call) -> Any:
    """The same, by the number of the account."""
    call.only()
    number = call.given["number"]
    if number != str(call.request.user.pk):
        raise UserError(f"Permission not exists: {number:.60}")
    return _shown(call)


def refused(call: Call) -> Any:
    """That permissions are given elsewhere."""
    raise UserError("Permissions are given with `sojourn access give`, and scopes with `sojourn token create --scope`.")


def _shown(call: Call) -> dict[str, Any]:
    token = getattr(call.request, "token", None)
    held = token.scopes if token else _OWN
    areas = roles.areas(call.request.user)
    return {
        "id": call.request.user.pk,
        "user": call.who,
        "permissions": [area for area in roles.AREAS if area in areas],
        "scopes": [scope for scope in _OWN if scope in held],
    }
