"""Signing in with a name and a password: how often that may be tried.

A stranger who knows a name can have it refused for a while, wherever it is tried. So a browser in which that account
was signed in before is known by a cookie, and counted by itself (OWASP: device cookies).
"""

import secrets
from typing import Any

from django.contrib.auth.views import LoginView
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from sojourn.access import attempts
from sojourn.access.attempts import Bucket
from sojourn.web import identities

_COOKIE = "sojourn_browser"
_SALT = "sojourn.web.signing_in"
_YEAR_S = 365 * 86_400


class SignIn(LoginView):
    """The page to sign in; 429 where it was tried too often."""

    template_name = "web/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        """What is shown; `ways` are those beside a password."""
        return super().get_context_data(**given, ways=identities.ways(self.request))

    def post(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        """Sign in, or say what is wrong."""
        name = request.POST.get("username", "")[:150]
        now = timezone.now()
        known = _known(request, name)
        buckets = [attempts.of_browser(known)] if known else _of_stranger(request, name)
        wait = attempts.enter(buckets, now)
        if wait:
            context = self.get_context_data(wait_min=(wait + 59) // 60)
            return self.response_class(
                request, [self.template_name], context, status=429, headers={"Retry-After": str(wait)}
            )
        response: HttpResponse = super().post(request, *args, **given)
        if request.user.is_authenticated:
            attempts.succeed(buckets, now)
            _know(request, response, name, known)
        return response


def _of_stranger(request: HttpRequest, name: str) -> list[Bucket]:
    return [attempts.of_address(request.META.get("REMOTE_ADDR", "")), attempts.of_account(name)]


def _known(request: HttpRequest, name: str) -> str:
    """The number of a browser in which that account was signed in before; empty where it was not."""
    try:
        told = signing.loads(request.COOKIES.get(_COOKIE, ""), salt=_SALT, max_age=_YEAR_S)
    except signing.BadSignature:
        return ""
    return str(told["browser"]) if told["name"] == name else ""


def _know(request: HttpRequest, response: HttpResponse, name: str, known: str) -> None:
    told = {"browser": known or secrets.token_hex(16), "name": name}
    text = signing.dumps(told, salt=_SALT, compress=False)
    secure = request.is_secure()
    response.set_cookie(_COOKIE, text, _YEAR_S, path="/login", secure=secure, httponly=True, samesite="Lax")
