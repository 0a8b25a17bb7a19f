"""Personal access tokens: made, checked, listed, revoked.

A token is `sjn_`, eight hexadecimal digits that name it, and the secret: 32 random bytes. Only its SHA-256 is kept: a
secret of 256 bits cannot be guessed, so a slow hash would add nothing (OWASP ASVS 5.0, 11.4 and 16.2.5).
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.db.models import Q, QuerySet

from sojourn.access.models import Token
from sojourn.errors import Refused, UserError
from sojourn.history.rows import columns, made
from sojourn.history.turns import is_taken, waiting_for_nobody

Scope = Literal["read", "write", "sla:read", "sla:write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""What a token may do: `read` all its user sees, `write` calendars and SLAs, `sla:…` use the Time to SLA services.

None includes another.
"""

PREFIX = "sjn_"
_FORM = re.compile(rf"({PREFIX}[0-9a-f]{{8}})_[A-Za-z0-9_-]{{43}}")
_NOBODY = "0" * 64
_LAST_USED_EVERY = timedelta(minutes=1)
_LONGEST = timedelta(days=3660)
_LONGEST_LABEL = 100
_TOKEN = f"""
SELECT {columns(Token, "t")}, {columns(User, "u")} FROM access_token t JOIN auth_user u ON u.id = t.user_id
WHERE t.name = %s
"""  # noqa: S608 - the columns are ours


MOST = 50
"""How many tokens in force a user may have."""


def create(user_name: str, scopes: Sequence[str], now: datetime, lifetime: timedelta | None, label: str = "") -> str:
    """Make a token for a user by name, as `make`; raises Refused where there is no such user."""
    user = get_user_model().objects.filter(username=user_name).first()
    if user is None:
        raise Refused("user", f"there is no user {user_name!r}; add one with `sojourn user add`")
    return make(user, scopes, now, lifetime, label)[1]


def make(
    user: Any, scopes: Sequence[str], now: datetime, lifetime: timedelta | None, label: str = ""
) -> tuple[Token, str]:
    """Make a token, and return what is kept of it and itself, which can never be shown again.

    Without a lifetime it does not expire. Raises Refused where there is no such scope, the lifetime is none, the label
    is long, or the user has too many.
    """
    for scope in scopes:
        if scope not in SCOPES:
            raise Refused("scope", f"{scope!r} is not one of {', '.join(SCOPES)}")
    if lifetime is not None and not timedelta() < lifetime <= _LONGEST:
        raise Refused("expires", "is no lifetime of up to ten years; write one such as 90d, or leave it out")
    if len(label) > _LONGEST_LABEL:
        raise Refused("label", f"is longer than {_LONGEST_LABEL} characters")
    if in_force(user, now).count() >= MOST:
        raise Refused("user", f"{user.get_username()} has {MOST} tokens already; revoke some first")
    name = f"{PREFIX}{secrets.token_hex(4)}"
    token = f"{name}_{secrets.token_urlsafe(32)}"
    kept = Token.objects.create(
        user=user,
        name=name,
        label=" ".join(label.split()),
        digest=_digest(token),
        scopes=sorted(set(scopes)) or ["read"],
        created_at=now,
        expires_at=None if lifetime is None else now + lifetime,
    )
    return kept, token


def check(secret: str, now: datetime) -> Token:
    """The token of a secret, noted as used; raises UserError where it is wrong, revoked or over, or its user disabled.

    Why it is refused is told only to who knows the whole secret. Hashes are compared in constant time.
    """
    form = _FORM.fullmatch(secret)
    found = _named(form[1]) if form else None
    if not hmac.compare_digest(_digest(secret), found.digest if found else _NOBODY) or found is None:
        raise UserError("The token is not right. Make one with `sojourn token create`.")
    if found.revoked_at is not None:
        raise UserError(f"The token {found.name} was revoked. Make another with `sojourn token create`.")
    if found.expires_at is not None and found.expires_at <= now:
        raise UserError(f"The token {found.name} has expired. Make another with `sojourn token create`.")
    if not found.user.is_active:
        raise UserError(f"The user of the token {found.name} is disabled.")
    _note_use(found, now)
    return found


def _named(name: str) -> Token | None:
    with connection.cursor() as cursor:
        cursor.execute(_TOKEN, [name])
        row = cursor.fetchone()
    if row is None:
        return None
    width = len(Token._meta.concrete_fields)
    found = made(Token, row[:width])
    found.user = made(User, row[width:])
    return found


def listed() -> QuerySet[Token]:
    """All tokens with their users, the oldest first."""
    return Token.objects.select_related("user").order_by("created_at", "pk")


def owned(user: Any) -> QuerySet[Token]:
    """The tokens of a user that were not revoked, the latest first; some may have expired."""
    return Token.objects.filter(user=user, revoked_at=None).order_by("-created_at", "-pk")


def in_force(user: Any, now: datetime) -> QuerySet[Token]:
    """The tokens of a user that are taken."""
    return owned(user).filter(Q(expires_at=None) | Q(expires_at__gt=now))


def revoke(name: str, now: datetime, user: Any = None) -> None:
    """Refuse a token from now on, by its name `sjn_…` or by the whole token; with a user, only one of theirs.

    Raises UserError where there is none.
    """
    form = _FORM.fullmatch(name)
    found = Token.objects.filter(name=form[1] if form else name, revoked_at=None)
    if not (found if user is None else found.filter(user=user)).update(revoked_at=now):
        shown = form[1] if form else f"{name:.12}"
        raise UserError(f"There is no token {shown!r} in force. `sojourn token list` shows them.")


def _note_use(token: Token, now: datetime) -> None:
    """Keep when the token was last used, to the minute: a write for every call would be too much.

    Where something else writes just now, the next call keeps it: who reads waits for nobody.
    """
    if token.last_used_at is not None and token.last_used_at > now - _LAST_USED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _LAST_USED_EVERY)
    try:
        with waiting_for_nobody():
            Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    except OperationalError as error:
        if not is_taken(error):
            raise


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
