"""The permissions service: what the one who asks may do. Permissions are given with tokens, not here."""

from typing import Any

from sojourn.access.tokens import SCOPES
from sojourn.api.tts.calls import Call
from sojourn.errors import UserError

_OWN = [scope for scope in SCOPES if scope.startswith("sla:")]


def listed(call: Call) -> Any:
    """The account that asks, and which scopes of these services its credential has."""
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
    raise UserError("Permissions are given with tokens: sojourn token create --scope sla:read --scope sla:write")


def _shown(call: Call) -> dict[str, Any]:
    token = getattr(call.request, "token", None)
    held = token.scopes if token else _OWN
    return {
        "id": call.request.user.pk,
        "user": call.who,
        "permissions": [scope for scope in _OWN if scope in held],
    }
