"""Consents: who let which client have tokens, until when; listed and revoked by who gave them."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken, clear_expired

from sojourn.errors import Refused, UserError
from sojourn.feeds.models import Consent

LIFETIME = timedelta(days=90)
"""How long tokens are renewed after somebody accepted, however often that is done."""

_DAY = timedelta(days=1)


def accept(application: Any, user: Any, code: str, scope: str, now: datetime) -> None:
    """Keep that a user let a client have tokens for a code."""
    given = {"code_checksum": checksum(code), "scope": scope, "accepted_at": now}
    Consent.objects.create(application=application, user=user, **given)


def of_code(application: Any, code: str) -> Consent | None:
    """The consent of which a code is, whether it was changed into tokens already or not."""
    return Consent.objects.filter(application=application, code_checksum=checksum(code)).first()


def note_family(application: Any, code_checksum: str, family: UUID) -> None:
    """Keep which refresh tokens a code was changed into."""
    Consent.objects.filter(application=application, code_checksum=code_checksum).update(token_family=family)


def holds(consent: Consent | None, now: datetime) -> bool:
    """Whether tokens may be made by a consent."""
    if consent is None or consent.revoked_at is not None or not consent.user.is_active:
        return False
    return now < consent.accepted_at + LIFETIME


def listed(user: User, now: datetime) -> QuerySet[Consent]:
    """The consents of a user that hold and were made use of, the latest first."""
    found = Consent.objects.filter(user=user, revoked_at=None, accepted_at__gt=now - LIFETIME)
    live = RefreshToken.objects.filter(user=user, revoked=None).values("token_family")
    waiting = Grant.objects.filter(user=user, expires__gt=now).values("application")
    found = found.filter(Q(token_family__in=live) | Q(token_family=None, application__in=waiting))
    return found.select_related("application").order_by("-accepted_at")


def revoke(consent: Consent, now: datetime) -> None:
    """Refuse every token of a consent from now on, and its code where it was not used yet."""
    with transaction.atomic():
        Consent.objects.filter(pk=consent.pk, revoked_at=None).update(revoked_at=now)
        if consent.token_family:
            RefreshToken.revoke_family(consent.token_family)
        else:
            Grant.objects.filter(user=consent.user, application=consent.application).delete()


def forget_over(now: datetime) -> int:
    """Forget codes and tokens that are over, and consents of which nothing can come any more; the answer is how many.

    Refresh tokens that were used stay as long as their consent could have held, since their reuse has to be noticed.
    """
    clear_expired()
    unused = Q(token_family=None, accepted_at__lte=now - _DAY)
    ended = Consent.objects.filter(unused | Q(accepted_at__lte=now - LIFETIME - _DAY))
    with transaction.atomic():
        families = list(ended.exclude(token_family=None).values_list("token_family", flat=True))
        refreshing = RefreshToken.objects.filter(token_family__in=families)
        AccessToken.objects.filter(pk__in=list(refreshing.values_list("access_token", flat=True))).delete()
        refreshing.delete()
        return ended.delete()[0]


def token_of(secret: str, now: datetime) -> AccessToken | None:
    """The access token of a secret, where it holds and its user is not disabled."""
    found = AccessToken.objects.select_related("user", "application").filter(token_checksum=checksum(secret)).first()
    holding = found is not None and found.expires > now and found.user is not None and found.user.is_active
    return found if holding else None


def add_client(name: str, redirects: list[str], *, public: bool) -> tuple[Application, str]:
    """Register a client that asks for tokens, and its secret, which cannot be shown again; a public one has none.

    Raises Refused where an address to go back to is none.
    """
    if not 0 < len(name) <= 100 or Application.objects.filter(name=name).exists():
        raise Refused("name", "is taken, or no name; write another of up to 100 characters")
    for address in redirects:
        scheme, _, rest = address.partition("://")
        if scheme not in ("http", "https") or not rest or any(mark in address for mark in " #*"):
            raise Refused("redirect", f"{address!r:.80} is no address to go back to; write https://host/path")
    if not redirects:
        raise Refused("redirect", "is missing; name the address to go back to with the code")
    made = Application(
        name=name,
        client_type=Application.CLIENT_PUBLIC if public else Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=" ".join(redirects),
    )
    secret = str(made.client_secret)  # the field is hashed when it is saved
    made.save()
    return made, "" if public else secret


def clients() -> QuerySet[Application]:
    """The registered clients, by name."""
    found: QuerySet[Application] = Application.objects.order_by("name")
    return found


def remove_client(name: str) -> None:
    """Forget a client with all its tokens; raises UserError where there is none of that name."""
    if not Application.objects.filter(name=name).delete()[0]:
        raise UserError(f"There is no client {name!r:.60}. `sojourn client list` shows them.")


def checksum(secret: str) -> str:
    """What is kept of a code or a token; it is what django-oauth-toolkit keeps, too."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
