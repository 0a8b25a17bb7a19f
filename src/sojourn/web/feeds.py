"""Data feeds on pages: the list, generating a link, authorizing it, secrets, and the switch of the API."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from sojourn.access import roles
from sojourn.errors import UserError
from sojourn.feeds import datasets, feeds, presets
from sojourn.feeds.models import Feed
from sojourn.web.presets import account_of


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """One's feeds, how their last calls ended, and a form to generate another."""
    return _page(request)


@require_POST
def generate(request: HttpRequest) -> HttpResponse:
    """Generate a link from a preset."""
    account, number = account_of(request), request.POST.get("preset", "")
    try:
        _must_make(request)
        preset = presets.find(account, int(number) if number.isdecimal() else 0)
        feeds.generate(account, preset, timezone.now(), request.POST.get("dataset", ""))
    except UserError as error:
        return _refused(request, error)
    return HttpResponseRedirect(reverse("feeds"))


@require_POST
def act(request: HttpRequest, number: UUID) -> HttpResponse:
    """Make a secret or a client for a feed, which the page then shows once, or revoke the feed."""
    now = timezone.now()
    try:
        feed = feeds.find(account_of(request), number)
        match request.POST.get("do"):
            case "revoke":
                feeds.revoke(feed, now)
            case "secret":
                _must_make(request)
                return _page(request, {"feed": feed, "secret": feeds.renew_secret(feed, now)})
            case "client":
                _must_make(request)
                return _page(request, _client(request, feed))
            case _:
                raise Http404
    except UserError as error:
        return _refused(request, error)
    return HttpResponseRedirect(reverse("feeds"))


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Let feeds be read, or none; administrators may."""
    if not roles.is_administrator(account_of(request)):
        return _refused(request, UserError("To switch the REST API takes the permission administration."))
    feeds.switch(on=request.POST.get("on") == "true")
    return HttpResponseRedirect(reverse("feeds"))


def _client(request: HttpRequest, feed: Feed) -> dict[str, Any]:
    callback = request.build_absolute_uri(reverse("oauth-callback"))
    made, secret = feeds.add_client(feed, callback)
    asked = {"response_type": "code", "client_id": made.client_id, "redirect_uri": callback, "scope": "feed:read"}
    address = f"{reverse('oauth2_provider:authorize')}?{urlencode(asked)}"
    return {"feed": feed, "client_id": made.client_id, "client_secret": secret, "authorize": address}


def _page(request: HttpRequest, made: dict[str, Any] | None = None) -> HttpResponse:
    account, now = account_of(request), timezone.now()
    context = {
        "rows": [_row(request, one) for one in feeds.listed(account).filter(revoked_at=None)],
        "made": made,
        "presets": presets.listed(account),
        "datasets": datasets.DATASETS,
        "is_on": feeds.is_on(),
        "administers": roles.is_administrator(account),
        "may_make": roles.may(account, "reports"),
        "now": now,
    }
    return render(request, "web/feeds.html", context)


def _row(request: HttpRequest, feed: Feed) -> dict[str, Any]:
    try:
        estimate, problem = feeds.estimate(feed, timezone.now()), ""
    except UserError as error:
        estimate, problem = None, str(error)
    return {
        "feed": feed,
        "link": feeds.link(feed, request.build_absolute_uri("/")),
        "over": feeds.over(feed, timezone.now()),
        "estimate": estimate,
        "problem": problem or feed.last_problem,
        "secrets": feed.secrets.count(),
    }


def _must_make(request: HttpRequest) -> None:
    if not roles.may(account_of(request), "reports"):
        raise UserError("To make data feeds takes the permission reports, such as analysts have.")


def _refused(request: HttpRequest, error: UserError) -> HttpResponse:
    context = {"title": "This was not done", "text": str(error)}
    return render(request, "web/message.html", context, status=HTTPStatus.BAD_REQUEST)
