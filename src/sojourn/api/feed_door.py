"""Who may read a feed: what is sent as credentials, and what is answered where they do not open it or nobody knows."""

import base64
import binascii
from datetime import datetime

from django.http import HttpRequest

from sojourn.access import attempts, browsing
from sojourn.api.errors import Problem
from sojourn.api.security import refuse_unknown
from sojourn.feeds import feeds
from sojourn.feeds.models import Feed

_CHALLENGE = 'Bearer realm="Sojourn data feed", Basic realm="Sojourn data feed", charset="UTF-8"'


def must_open(request: HttpRequest, feed: Feed, now: datetime) -> None:
    """Raises Problem where the credentials do not open a feed: 401, 429, 403 or 410."""
    secret = _secret(request, feed)
    over = feeds.over(feed, now)
    if not over and (not secret or not feeds.opens(feed, secret, now)):
        raise _unauthorized(request, now, is_wrong=bool(secret))
    if not feeds.is_on():
        raise Problem(403, feeds.SWITCHED_OFF)
    if over:
        raise Problem(410, over)


def must_be_known(feed: Feed, now: datetime) -> None:
    """Have Jira asked what the owner of a feed may see; raises Problem 503 where that is not known."""
    browsing.ensure(feed.owner, now)
    refuse_unknown(feed.owner)


def _secret(request: HttpRequest, feed: Feed) -> str:
    """What is sent as Bearer, or as the password of Basic with the feed's id for a name."""
    kind, _, rest = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() != "basic":
        return ""
    try:
        name, _, secret = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "unreadable"
    return secret if name == str(feed.pk) and secret.startswith(feeds.SECRET_PREFIX) else "of another name"


def _unauthorized(request: HttpRequest, now: datetime, *, is_wrong: bool) -> Problem:
    """401, or 429 where the address was wrong too often."""
    address = request.META.get("REMOTE_ADDR", "")
    wait = attempts.wait_s(address, now) if is_wrong else 0
    if wait:
        return Problem(
            429, f"Too many wrong credentials; wait {wait} seconds.", headers={"Retry-After": str(min(wait, 120))}
        )
    if is_wrong:
        attempts.note(address, now)
    what = "are wrong, expired, or of another feed" if is_wrong else "are missing"
    how = "Send an access token as Bearer, or as Basic the feed's id and a secret of it."
    error = ', error="invalid_token"' if is_wrong else ""
    return Problem(
        401, f"The credentials {what}. {how}", headers={"WWW-Authenticate": _CHALLENGE.replace(",", error + ",", 1)}
    )
