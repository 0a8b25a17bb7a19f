"""One's own personal access tokens on a page: making one, which is shown once, and revoking."""

from datetime import timedelta
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from sojourn.access import tokens
from sojourn.errors import UserError
from sojourn.web.presets import account_of

_DAYS = {"30": "30 days", "90": "90 days", "365": "a year", "": "until it is revoked"}
_SCOPES = {
    "read": "Read reports, work items, calendars and SLAs",
    "write": "Change calendars, SLAs, presets and feeds",
    "sla:read": "Read by the Time to SLA services",
    "sla:write": "Change by the Time to SLA services",
}


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """One's tokens with their last use, and a form to make another."""
    return _page(request)


@never_cache
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Make a token, which the page then shows once."""
    days, scopes = request.POST.get("days", ""), request.POST.getlist("scope")
    try:
        if days not in _DAYS or not scopes:
            raise UserError("Choose what the token may do, and how long it holds.")
        lifetime = timedelta(days=int(days)) if days else None
        made = tokens.make(account_of(request), scopes, timezone.now(), lifetime, request.POST.get("label", ""))
    except UserError as error:
        return _refused(request, error)
    return _page(request, made[1])


@require_POST
def revoke(request: HttpRequest, name: str) -> HttpResponse:
    """Have a token refused from now on."""
    try:
        tokens.revoke(name, timezone.now(), account_of(request))
    except UserError as error:
        return _refused(request, error)
    return HttpResponseRedirect(reverse("tokens"))


def _page(request: HttpRequest, made: str = "") -> HttpResponse:
    now = timezone.now()
    rows = [
        {"token": one, "is_expired": one.expires_at is not None and one.expires_at <= now}
        for one in tokens.owned(account_of(request))
    ]
    context = {"rows": rows, "made": made, "days": _DAYS, "scopes": _SCOPES}
    return render(request, "web/tokens.html", context)


def _refused(request: HttpRequest, error: UserError) -> HttpResponse:
    context = {"title": "This was not done", "text": str(error)}
    return render(request, "web/message.html", context, status=HTTPStatus.BAD_REQUEST)
