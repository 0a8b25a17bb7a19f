"""Who asks: a token as Bearer or as the password of Basic, or somebody who is signed in.

A token is a personal one, or an access token of the authorization server.

401 means that credentials are missing or wrong and comes with WWW-Authenticate (RFC 9110, 11.6.1); a token that is
right and lacks a scope, or an account that lacks the area of permission, gets 403.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBasicAuth, HttpBearer
from ninja.utils import check_csrf
from oauth2_provider.models import AccessToken

from sojourn.access import attempts, browsing, roles, tokens
from sojourn.access.models import Token
from sojourn.access.roles import Area
from sojourn.access.tokens import Scope
from sojourn.api.errors import Problem
from sojourn.errors import UserError
from sojourn.feeds import consents
from sojourn.reports.query import Asker

CHALLENGE = 'Bearer realm="Sojourn", Basic realm="Sojourn", charset="UTF-8"'
_HOW = "Send a token as `Authorization: Bearer TOKEN`, or as the password of Basic."


def unauthorized(detail: str) -> Problem:
    """The answer to credentials that are missing or wrong."""
    return Problem(401, f"{detail} {_HOW}", headers={"WWW-Authenticate": CHALLENGE})


class Bearer(HttpBearer):
    """A token in `Authorization: Bearer` (RFC 6750)."""

    def __init__(self, scope: Scope, area: Area | None = None) -> None:
        super().__init__()
        self.scope: Scope = scope
        self.area = area

    def authenticate(self, request: HttpRequest, token: str) -> Token | AccessToken:
        """The token, where it is right and has the scope."""
        return _by_token(request, token, self.scope, self.area)


class Basic(HttpBasicAuth):
    """A token as the password of `Authorization: Basic` (RFC 7617), for Excel and Power BI; any user name will do."""

    def __init__(self, scope: Scope, area: Area | None = None) -> None:
        super().__init__()
        self.scope: Scope = scope
        self.area = area

    def authenticate(self, request: HttpRequest, username: str, password: str) -> Token | AccessToken:  # noqa: ARG002
        """The token, where it is right and has the scope."""
        return _by_token(request, password, self.scope, self.area)


class Session(APIKeyCookie):
    """The cookie of somebody who is signed in; what is not a GET needs the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, area: Area | None = None) -> None:
        super().__init__()
        self.area = area

    def __call__(self, request: HttpRequest) -> Any | None:
        """The user; None where nobody is signed in. An Authorization header that was not taken is wrong, not absent."""
        if "Authorization" in request.headers:
            raise _wrong(request, "The header Authorization cannot be read.")
        if not request.user.is_authenticated:
            return None
        if check_csrf(request):
            raise Problem(403, "The CSRF token is missing or wrong: send it as X-CSRFToken, or use a personal token.")
        _check_area(request, self.area)
        return request.user

    def authenticate(self, request: HttpRequest, key: str | None) -> Any | None:  # noqa: ARG002
        """The user of the session."""
        return request.user


def need(scope: Scope, area: Area | None = None) -> list[Any]:
    """What an address takes that needs a scope of a token, and of the account an area of permission."""
    return [Bearer(scope, area), Basic(scope, area), Session(area)]


def account_of(request: HttpRequest) -> User:
    """Who asks."""
    if not isinstance(request.user, User):  # every address lets only accounts in
        raise unauthorized("Credentials are missing.")
    return request.user


def sight_of(request: HttpRequest) -> Q:
    """Which work items who asks may see; raises Problem 503 where Jira has to be asked, and cannot be now."""
    return asker_of(request).sight


def asker_of(request: HttpRequest) -> Asker:
    """Who asks, and what they may see; raises Problem as `sight_of`: a part of the rows would be taken for all."""
    refuse_unknown(request.user)
    return Asker.of(request.user)


def refuse_unknown(account: AbstractBaseUser | AnonymousUser) -> None:
    """Raise Problem 503 where nobody knows now what an account may see of some site."""
    for told in browsing.unknown(account, timezone.now(), lasting=False):
        raise Problem(503, f"{told} Try again in half a minute.", headers={"Retry-After": "30"})


def _check_area(request: HttpRequest, area: Area | None) -> None:
    if area and not roles.may(request.user, area):
        raise Problem(403, f"This needs the permission {area}, which {request.user.get_username()} does not have.")


_BY_OAUTH: dict[Scope, str] = {"read": "report:read", "write": "admin"}
"""The scope of the authorization server that opens what needs one of a personal token."""


def _by_oauth(request: HttpRequest, token: AccessToken, scope: Scope, area: Area | None) -> AccessToken:
    if _BY_OAUTH[scope] not in token.scope.split():
        detail = f"This needs the scope {_BY_OAUTH[scope]}; the access token has {token.scope}. Authorize with it."
        raise Problem(403, detail)
    request.user = token.user
    _check_area(request, area)
    browsing.ensure(token.user, timezone.now())
    return token


def _by_token(request: HttpRequest, secret: str, scope: Scope, area: Area | None) -> Token | AccessToken:
    given = None if secret.startswith(tokens.PREFIX) else consents.token_of(secret, timezone.now())
    if given is not None:
        return _by_oauth(request, given, scope, area)
    try:
        token = tokens.check(secret, timezone.now())
    except UserError as error:
        raise _wrong(request, str(error)) from None
    if scope not in token.scopes:
        have = ", ".join(token.scopes)
        raise Problem(403, f"This needs the scope {scope}; the token {token.name} has {have}. Make one that has it.")
    request.user = token.user
    vars(request)["token"] = token
    _check_area(request, area)
    browsing.ensure(token.user, timezone.now())
    return token


def _wrong(request: HttpRequest, detail: str) -> Problem:
    """The answer to a wrong credential: 401, or 429 where its address was wrong too often.

    Right credentials are taken all the same: several people may share an address, and nobody guesses 256 bits.
    """
    address, now = request.META.get("REMOTE_ADDR", ""), timezone.now()
    wait = attempts.wait_s(address, now)
    if wait:
        detail = f"Too many wrong credentials came from your address; wait {wait} seconds."
        return Problem(429, detail, headers={"Retry-After": str(wait)})
    attempts.note(address, now)
    return unauthorized(detail)
