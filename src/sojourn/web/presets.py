"""Presets on pages: the list of them, saving what a report page shows, opening it again."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from sojourn.access import roles
from sojourn.errors import UserError
from sojourn.feeds import presets
from sojourn.feeds.models import Preset
from sojourn.reports.menu import entry
from sojourn.web import query
from sojourn.web.query import PAGE_OPTIONS, Query

_SHOWN = "time-in-status"
_OF_PAGE = {option.name for option in PAGE_OPTIONS}


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The presets an account may open."""
    account = account_of(request)
    rows = [_row(account, one) for one in presets.listed(account)]
    return render(request, "web/presets.html", {"rows": rows, "may_save": roles.may(account, "reports")})


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Save what a report page shows, as a new preset or as a new version of one of one's own."""
    account, now = account_of(request), timezone.now()
    asked = query.parse(QueryDict(request.POST.get("query", "").removeprefix("?")))
    number, name = asked.one("preset"), request.POST.get("name", "")
    try:
        _must_save(account)
        options = options_of(asked)
        if request.POST.get("as") == "change" and number:
            preset = presets.change(_own(account, number), name, options, now)
        else:
            preset = presets.save(account, name, _SHOWN, options, now)
    except UserError as error:
        return _refused(request, error)
    return HttpResponseRedirect(address(preset))


@require_POST
def act(request: HttpRequest, number: int) -> HttpResponse:
    """Share, duplicate or delete a preset, or have its report open with it."""
    account = account_of(request)
    try:
        match request.POST.get("do"):
            case "duplicate":
                _must_save(account)
                presets.copy(account, presets.find(account, number), timezone.now())
            case "default":
                presets.make_default(account, presets.find(account, number))
            case "delete":
                _own(account, str(number)).delete()
            case "share":
                _must_save(account)
                texts = request.POST.get("shared_with", "").split(",")
                presets.share(_own(account, str(number)), [text.strip() for text in texts if text.strip()])
            case _:
                raise Http404
    except UserError as error:
        return _refused(request, error)
    return HttpResponseRedirect(reverse("presets"))


def opened(account: User, asked: Query) -> dict[str, Any] | None:
    """The preset that a report page was opened with, and whether the page says something else by now."""
    number = asked.one("preset")
    preset = presets.listed(account).filter(pk=int(number)).first() if number.isdecimal() else None
    if preset is None:
        return None
    return {
        "preset": preset,
        "is_own": preset.owner == account,
        "is_modified": presets.is_modified(preset, options_of(asked)),
        "address": address(preset),
    }


def address(preset: Preset) -> str:
    """Where a preset is opened."""
    options = {name: tuple(texts) for name, texts in preset.options.items()}
    return f"{reverse('time-in-status')}{Query({**options, 'preset': (str(preset.pk),)}).address}"


def options_of(asked: Query) -> dict[str, list[str]]:
    """The options of the report that an address names, without what it says of the page."""
    return {name: list(texts) for name, texts in sorted(asked.options.items()) if name not in _OF_PAGE}


def account_of(request: HttpRequest) -> User:
    """Who has signed in; pages let nobody else in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _row(account: User, preset: Preset) -> dict[str, Any]:
    known, is_own = entry(preset.report), preset.owner == account
    return {
        "preset": preset,
        "title": known.title if known else preset.report,
        "address": address(preset) if preset.report == _SHOWN else "",
        "is_own": is_own,
        "shared_with": ", ".join(presets.shared_with(preset)) if is_own else "",
        "hanging_on": presets.hanging_on(preset) if is_own else [],
        "is_default": presets.default(account, preset.report) == preset,
    }


def _own(account: User, number: str) -> Preset:
    preset = presets.find(account, int(number) if number.isdecimal() else 0)
    if preset.owner != account:
        raise UserError(f"The preset {preset.name} is {preset.owner.get_username()}'s; duplicate it and change that.")
    return preset


def _must_save(account: User) -> None:
    if not roles.may(account, "reports"):
        raise UserError("To save and share reports takes the permission reports, such as analysts have.")


def _refused(request: HttpRequest, error: UserError) -> HttpResponse:
    context = {"title": "This was not saved", "text": str(error)}
    return render(request, "web/message.html", context, status=HTTPStatus.BAD_REQUEST)
