"""`/presets`: reports with all their options, saved under a name, one's own and those that others share."""

from typing import Annotated, Any

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Field, Path, Router, Schema, Status
from pydantic import ConfigDict

from sojourn.api.bodies import expect_none
from sojourn.api.errors import Problem
from sojourn.api.security import account_of, need
from sojourn.core.instants import utc_text
from sojourn.errors import UserError
from sojourn.feeds import presets
from sojourn.feeds.models import Preset

router = Router(tags=["presets"])
Number = Annotated[int, Path(ge=1, le=(1 << 63) - 1)]
Options = dict[str, list[str] | str]
_CHANGES = need("write", "reports")


class PresetIn(Schema):
    """What is saved: the options are those of the report, each a text or several."""

    model_config = ConfigDict(extra="forbid")

    name: str
    options: Annotated[Options, Field(default_factory=dict)]
    shared_with: Annotated[
        list[str], Field(default_factory=list, description="everyone, user:NAME, group:NAME, role:NAME; none: nobody.")
    ]


class NewPreset(PresetIn):
    """A preset of a report."""

    report: str


class PresetOut(Schema):
    """A preset. To who is not its owner `shared_with` is empty."""

    number: int
    name: str
    report: str
    options: dict[str, list[str]]
    version: int
    saved_at: str
    owner: str
    shared_with: list[str]
    hanging_on: list[str]


class PresetVersionOut(Schema):
    """What a preset said in a version."""

    version: int
    name: str
    options: dict[str, list[str]]
    saved_at: str


@router.get("", auth=need("read"), response=dict[str, list[PresetOut]], operation_id="presets", summary="The presets")
def listed(request: HttpRequest) -> dict[str, Any]:
    """Your presets, and those that are shared with you, by name."""
    account = account_of(request)
    return {"presets": [_out(account, one) for one in presets.listed(account)]}


@router.post("", auth=_CHANGES, response={201: PresetOut}, operation_id="add-preset", summary="Save a preset")
def add(request: HttpRequest, response: HttpResponse, body: NewPreset) -> Any:
    """Save a report with its options under a name."""
    account = account_of(request)
    with transaction.atomic():
        preset = presets.save(account, body.name, body.report, _texts(body.options), timezone.now())
        presets.share(preset, body.shared_with)
    response["Location"] = reverse("api-v1:preset", kwargs={"number": preset.pk})
    return Status(201, _out(account, preset))


@router.get(
    "/{number}",
    auth=need("read"),
    response=PresetOut,
    operation_id="preset",
    summary="A preset",
    url_name="preset",
)
def shown(request: HttpRequest, number: Number) -> dict[str, Any]:
    """A preset as it was saved last; `hanging_on` is what is lost when it is deleted."""
    account = account_of(request)
    return _out(account, _find(account, number))


@router.get(
    "/{number}/versions",
    auth=need("read"),
    response=dict[str, list[PresetVersionOut]],
    operation_id="preset-versions",
    summary="The versions of a preset",
)
def versions(request: HttpRequest, number: Number) -> dict[str, Any]:
    """What a preset said in each of its versions, the first one first."""
    rows = _find(account_of(request), number).versions.order_by("number")
    return {
        "versions": [
            {"version": one.number, "name": one.name, "options": one.options, "saved_at": _instant(one.saved_at)}
            for one in rows
        ]
    }


@router.put("/{number}", auth=_CHANGES, response=PresetOut, operation_id="put-preset", summary="Change a preset")
def changed(request: HttpRequest, number: Number, body: PresetIn) -> dict[str, Any]:
    """Save a new version of a preset of yours, and with whom it is shared."""
    account = account_of(request)
    with transaction.atomic():
        preset = presets.change(_own(account, number), body.name, _texts(body.options), timezone.now())
        presets.share(preset, body.shared_with)
    return _out(account, preset)


@router.post(
    "/{number}/duplicate",
    auth=_CHANGES,
    response={201: PresetOut},
    operation_id="duplicate-preset",
    summary="Duplicate a preset",
)
def duplicated(request: HttpRequest, number: Number) -> Any:
    """Save a preset that says the same as your own, shared with nobody."""
    expect_none(request)
    account = account_of(request)
    return Status(201, _out(account, presets.copy(account, _find(account, number), timezone.now())))


@router.delete(
    "/{number}", auth=_CHANGES, response={204: None}, operation_id="delete-preset", summary="Delete a preset"
)
def removed(request: HttpRequest, number: Number) -> Any:
    """Delete a preset of yours with its versions, and whatever hangs on it."""
    _own(account_of(request), number).delete()
    return Status(204, None)


def _find(account: User, number: int) -> Preset:
    try:
        return presets.find(account, number)
    except UserError as error:
        raise Problem(404, str(error), "number") from None


def _own(account: User, number: int) -> Preset:
    preset = _find(account, number)
    if preset.owner != account:
        raise Problem(403, f"The preset {number} is {preset.owner.get_username()}'s; duplicate it and change that.")
    return preset


def _texts(options: Options) -> dict[str, list[str]]:
    return {name: [given] if isinstance(given, str) else given for name, given in options.items()}


def _out(account: User, preset: Preset) -> dict[str, Any]:
    is_own = preset.owner == account
    return {
        **{name: getattr(preset, name) for name in ("name", "report", "options", "version")},
        "number": preset.pk,
        "saved_at": _instant(preset.saved_at),
        "owner": preset.owner.get_username(),
        "shared_with": presets.shared_with(preset) if is_own else [],
        "hanging_on": presets.hanging_on(preset) if is_own else [],
    }


def _instant(at: Any) -> str:
    return utc_text(round(at.timestamp() * 1000))
