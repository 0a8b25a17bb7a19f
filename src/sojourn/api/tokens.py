"""`/tokens`: the personal access tokens of whoever asks.

A token makes no other that can do more or holds longer than itself, and a program that was let in by OAuth makes none:
it would stay when its access is taken away.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status
from oauth2_provider.models import AccessToken
from pydantic import ConfigDict

from sojourn.access import tokens
from sojourn.access.models import Token
from sojourn.access.tokens import Scope
from sojourn.api.errors import Problem
from sojourn.api.security import account_of, need
from sojourn.core.instants import utc_text
from sojourn.errors import Refused, UserError

router = Router(tags=["tokens"])


class TokenIn(Schema):
    """What a token may do, for how long, and what it is for."""

    model_config = ConfigDict(extra="forbid")

    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)] = ("read",)
    days: Annotated[int | None, Field(ge=1, le=3660, description="After how many days it ends; none: never.")] = None
    label: Annotated[str, Field(max_length=100, description="What it is for, in your words.")] = ""


class TokenOut(Schema):
    """A token, without its secret."""

    name: str
    label: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    is_expired: bool
    last_used_at: str | None


class MadeOut(TokenOut):
    """A token that was made now: `token` is shown only this once."""

    token: str


@router.get("", auth=need("read"), response=dict[str, list[TokenOut]], operation_id="tokens", summary="Your tokens")
def listed(request: HttpRequest) -> dict[str, Any]:
    """Your personal access tokens that were not revoked, the latest first."""
    _refuse_others(request)
    return {"tokens": [_out(one) for one in tokens.owned(account_of(request))]}


@router.post("", auth=need("write"), response={201: MadeOut}, operation_id="add-token", summary="Make a token")
def add(request: HttpRequest, body: TokenIn) -> Any:
    """Make a token for yourself. By a token you make one that can do as much at most, and ends no later."""
    _refuse_others(request)
    now = timezone.now()
    lifetime = None if body.days is None else timedelta(days=body.days)
    _refuse_more(_asking(request), body.scopes, None if lifetime is None else now + lifetime)
    made, secret = tokens.make(account_of(request), body.scopes, now, lifetime, body.label)
    return Status(201, {**_out(made), "token": secret})


@router.delete(
    "/{name}", auth=need("write"), response={204: None}, operation_id="revoke-token", summary="Revoke a token"
)
def revoked(request: HttpRequest, name: str) -> Any:
    """Have a token of yours refused from now on, by its name."""
    _refuse_others(request)
    try:
        tokens.revoke(name, timezone.now(), account_of(request))
    except UserError:
        raise Problem(404, "You have no such token in force; GET /api/v1/tokens lists yours.", "name") from None
    return Status(204, None)


def _asking(request: HttpRequest) -> Token | None:
    """The token by which is asked; None where somebody is signed in."""
    found = vars(request).get("token")
    return found if isinstance(found, Token) else None


def _refuse_others(request: HttpRequest) -> None:
    if isinstance(getattr(request, "auth", None), AccessToken):
        raise Problem(403, "Programs that were let in by OAuth have nothing to do with tokens; sign in yourself.")


def _refuse_more(asking: Token | None, scopes: Sequence[Scope], ends: datetime | None) -> None:
    if asking is None:
        return
    more = [scope for scope in scopes if scope not in asking.scopes]
    if more:
        have = ", ".join(asking.scopes)
        raise Refused("scopes", f"{', '.join(more)} is more than the token {asking.name} has, which is {have}")
    if asking.expires_at is not None and (ends is None or ends > asking.expires_at):
        raise Refused("days", f"the token {asking.name} ends on {asking.expires_at:%Y-%m-%d} itself; ask for less")


def _out(token: Token) -> dict[str, Any]:
    expires = token.expires_at
    return {
        "name": token.name,
        "label": token.label,
        "scopes": token.scopes,
        "created_at": _text(token.created_at),
        "expires_at": _text(expires),
        "is_expired": expires is not None and expires <= timezone.now(),
        "last_used_at": _text(token.last_used_at),
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else utc_text(round(at.timestamp() * 1000))
