"""Signing in by others: OpenID Connect and Atlassian, by django-allauth, and whose account that is.

An identity is what the issuer calls somebody, which never changes; it belongs to an account once it was connected: by
its owner, by a proven e-mail address where the operator allows that, or by making the account.
"""

import logging
from typing import Any

from allauth.account.internal.userkit import filter_users_by_email
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from sojourn.access import granting
from sojourn.web.presets import account_of

log = logging.getLogger(__name__)
_ATLASSIAN = "atlassian"


class Identities(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """The rules of this server."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whether an account may be made: where that is allowed, and none has the e-mail address already."""
        taken = any(filter_users_by_email(one.email) for one in sociallogin.email_addresses)
        return bool(settings.SOJOURN_SIGN_UP) and not taken

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse to connect what is another account's."""
        is_connecting = sociallogin.state.get("process") == AuthProcess.CONNECT
        if is_connecting and sociallogin.is_existing and sociallogin.user != request.user:
            text = "Who you are there is connected to another account of Sojourn. Take it away there first."
            answer = render(request, "web/message.html", {"title": "Not connected", "text": text}, status=409)
            raise ImmediateHttpResponse(answer)

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Log that somebody could not be signed in; what came from outside stays out of the log."""
        why = error if exception is None else type(exception).__name__
        log.warning("signing in by %s failed: %s", provider.sub_id, why)

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        """Where somebody is led who connected an identity."""
        return reverse("account")


def ways(request: HttpRequest) -> list[dict[str, str]]:
    """By what people may sign in beside a password: its id and its name."""
    found = get_adapter(request).list_providers(request)
    return [{"id": one.sub_id, "name": one.name} for one in found]


@never_cache
@login_not_required
@require_POST
def go_on(request: HttpRequest, way: str) -> HttpResponse:
    """Lead somebody to where they sign in, or connect who they are there to the account that is signed in.

    By a page and not by a redirect: forms may lead to this server only, and nobody knows where an issuer leads on to.
    """
    provider = next((one for one in get_adapter(request).list_providers(request) if one.sub_id == way), None)
    if provider is None:
        raise Http404
    given = request.POST.get("next", "")
    following = given if url_has_allowed_host_and_scheme(given, {request.get_host()}) else None
    process = "connect" if request.user.is_authenticated else "login"
    try:
        answer: HttpResponse = provider.redirect(request, process, next_url=following)
    except RequestException as error:
        answer = render_authentication_error(request, provider, exception=error)
    if not isinstance(answer, HttpResponseRedirect):
        return answer
    return render(request, "web/going_on.html", {"address": answer.url, "name": provider.name})


@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """By what one may sign in."""
    connected = {one.provider: one for one in SocialAccount.objects.filter(user=account_of(request))}
    rows = [{**way, "identity": connected.get(way["id"])} for way in ways(request)]
    context = {"rows": rows, "has_password": account_of(request).has_usable_password()}
    return render(request, "web/account.html", context)


@require_POST
def disconnect(request: HttpRequest, number: int) -> HttpResponse:
    """Take an identity away from the account, unless it is all there is to sign in by."""
    user = account_of(request)
    own = SocialAccount.objects.filter(user=user)
    if not user.has_usable_password() and not own.exclude(pk=number).exists():
        text = "It is all by which you can sign in. Connect something else first."
        return render(request, "web/message.html", {"title": "Not taken away", "text": text}, status=409)
    if not own.filter(pk=number).delete()[0]:
        raise Http404
    return HttpResponseRedirect(reverse("account"))


@login_not_required
def cancelled(request: HttpRequest) -> HttpResponse:
    """What somebody is told who did not go through with it."""
    context = {"title": "Not signed in", "text": "You did not go through with it. Nothing was changed."}
    return render(request, "web/message.html", context)


@login_not_required
def disabled(request: HttpRequest) -> HttpResponse:
    """What somebody is told whose account is disabled."""
    context = {"title": "Not signed in", "text": "This account is disabled. Whoever runs Sojourn can enable it."}
    return render(request, "web/message.html", context, status=403)


@receiver(user_logged_in, dispatch_uid="sojourn.web.identities")
def _tell_jira(user: Any, **_: Any) -> None:
    """Know who somebody is in Jira, once they have proven who they are at Atlassian."""
    for key in SocialAccount.objects.filter(user=user, provider=_ATLASSIAN).values_list("uid", flat=True):
        granting.link_proven(user, key)
