"""`/slas`: definitions of SLAs, their versions, and the log of who changed what."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Field, Path, Router, Schema, Status
from pydantic import ConfigDict

from sojourn.access.roles import Area
from sojourn.api.bodies import expect_none
from sojourn.api.errors import Problem
from sojourn.api.security import need
from sojourn.core.instants import utc_text
from sojourn.sla import definitions
from sojourn.sla.definitions import By, Draft, Missing
from sojourn.sla.json_differences import differences
from sojourn.sla.models import AppliesTo, Definition, Version
from sojourn.sla.shown import definition_as_json, version_as_json
from sojourn.sla.uses import latest_of

router = Router(tags=["SLAs"])
_AREA: Area = "slas"
Number = Annotated[int, Path(ge=1, le=(1 << 63) - 1)]
VersionNumber = Annotated[int, Path(ge=1, le=(1 << 31) - 1)]
Name = Annotated[str, Field(description="What people call it; several may have one name.")]
Policy = Annotated[dict[str, Any], Field(description="What starts, pauses and stops it, and its goals: docs/sla.md.")]
Reason = Annotated[str, Field(description="Why, for the log.")]


class DefinitionOut(Schema):
    """A definition. `policy` is what is published, or the last draft; without a site it is for all sites."""

    id: int
    name: str
    site: str | None
    enabled: bool
    published: int | None
    latest: int
    policy: dict[str, Any]


class VersionOut(Schema):
    """A version; it never changes but that a draft is published. `legacy` is what a Time to SLA client saved."""

    version: int
    name: str
    policy: dict[str, Any]
    legacy: dict[str, Any] | None
    saved: str
    saved_by: str
    reason: str
    published: str | None
    published_by: str | None
    applies_to: str | None


class DifferenceOut(Schema):
    """A place at which two versions differ; null where there is nothing."""

    path: str
    before: Any
    after: Any


class ChangeOut(Schema):
    """A line of the log: `before` and `after` are null where it was not there."""

    at: str
    who: str
    what: str
    reason: str
    before: Any
    after: Any


class DraftIn(Schema):
    """What a version shall say."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    policy: Policy
    reason: Reason = ""


class DefinitionIn(DraftIn):
    """A definition's first version."""

    site: Annotated[str | None, Field(description="Only for the work items of this site.")] = None


class PublishIn(Schema):
    """For which cycles a version is published."""

    model_config = ConfigDict(extra="forbid")

    applies_to: Literal["new", "open", "all"]
    reason: Reason = ""


@router.get(
    "/slas", auth=need("read"), response=dict[str, list[DefinitionOut]], operation_id="slas", summary="The SLAs"
)
def listed(request: HttpRequest, name: str = "", site: str = "") -> dict[str, Any]:
    """All definitions by number; those whose `name` holds these words, those for a `site` alone."""
    found = definitions.search(name) if name else definitions.listed()
    there = list(found.filter(site__name=site) if site else found)
    last = latest_of(there)
    return {"slas": [definition_as_json(one, last[one.pk]) for one in there]}


@router.post(
    "/slas", auth=need("write", _AREA), response={201: DefinitionOut}, operation_id="add-sla", summary="Add an SLA"
)
def added(request: HttpRequest, response: HttpResponse, body: DefinitionIn) -> Any:
    """Save the first version of an SLA, as a draft: nothing is counted until it is published."""
    made = definitions.create(Draft(body.name, body.policy), _by(request, body.reason), body.site)
    response["Location"] = reverse("api-v1:sla", kwargs={"number": made.definition_id})
    return Status(201, _out(made.definition))


@router.get(
    "/slas/{number}",
    auth=need("read"),
    response=DefinitionOut,
    operation_id="sla",
    summary="An SLA",
    url_name="sla",
)
def shown(request: HttpRequest, number: Number) -> dict[str, Any]:
    """A definition."""
    return _out(find(number))


@router.delete(
    "/slas/{number}",
    auth=need("write", _AREA),
    response={204: None},
    operation_id="delete-sla",
    summary="Delete an SLA",
)
def removed(request: HttpRequest, number: Number) -> Any:
    """Show a definition nowhere from now on; its versions, clocks and log are kept."""
    expect_none(request)
    find(number)
    definitions.remove(number, _by(request))
    return Status(204, None)


@router.post(
    "/slas/{number}/clone",
    auth=need("write", _AREA),
    response={201: DefinitionOut},
    operation_id="clone-sla",
    summary="Copy an SLA",
)
def cloned(request: HttpRequest, number: Number) -> Any:
    """Make a definition, a draft, that says what this one said last."""
    expect_none(request)
    find(number)
    return Status(201, _out(definitions.clone(number, _by(request)).definition))


@router.post(
    "/slas/{number}/enable",
    auth=need("write", _AREA),
    response=DefinitionOut,
    operation_id="enable-sla",
    summary="Have an SLA counted",
)
def enabled(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Have a definition counted."""
    return _switched(request, number, enabled=True)


@router.post(
    "/slas/{number}/disable",
    auth=need("write", _AREA),
    response=DefinitionOut,
    operation_id="disable-sla",
    summary="Have an SLA not counted",
)
def disabled(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Have a definition not counted; it is shown nowhere until it is enabled."""
    return _switched(request, number, enabled=False)


@router.get(
    "/slas/{number}/versions",
    auth=need("read"),
    response=dict[str, list[VersionOut]],
    operation_id="sla-versions",
    summary="The versions of an SLA",
)
def versions(request: HttpRequest, number: Number) -> dict[str, Any]:
    """All versions, the first one first."""
    return {"versions": [version_as_json(one) for one in definitions.versions(find(number))]}


@router.post(
    "/slas/{number}/versions",
    auth=need("write", _AREA),
    response={201: VersionOut},
    operation_id="add-sla-version",
    summary="Save a draft of an SLA",
)
def saved(request: HttpRequest, number: Number, body: DraftIn) -> Any:
    """Save the next version of a definition, as a draft."""
    find(number)
    return Status(
        201, version_as_json(definitions.save(number, Draft(body.name, body.policy), _by(request, body.reason)))
    )


@router.get(
    "/slas/{number}/versions/{version}",
    auth=need("read"),
    response=VersionOut,
    operation_id="sla-version",
    summary="A version of an SLA",
)
def version_shown(request: HttpRequest, number: Number, version: VersionNumber) -> dict[str, Any]:
    """A version."""
    return version_as_json(_version(find(number), version))


@router.post(
    "/slas/{number}/versions/{version}/publish",
    auth=need("write", _AREA),
    response=VersionOut,
    operation_id="publish-sla-version",
    summary="Publish a version of an SLA",
)
def published(request: HttpRequest, number: Number, version: VersionNumber, body: PublishIn) -> dict[str, Any]:
    """Make a version the one that holds, for new cycles, open ones too, or all; clocks are counted in the background.

    One that was published before is published again as a version of its own, which is answered.
    """
    _version(find(number), version)
    made = definitions.publish(number, version, AppliesTo(body.applies_to), _by(request, body.reason))
    return version_as_json(made)


@router.get(
    "/slas/{number}/versions/{version}/differences",
    auth=need("read"),
    response=dict[str, list[DifferenceOut]],
    operation_id="sla-version-differences",
    summary="What differs between versions of an SLA",
)
def compared(request: HttpRequest, number: Number, version: VersionNumber, to: int | None = None) -> dict[str, Any]:
    """What a version says otherwise than the one before it; with `to`, what that one says otherwise than this."""
    one = find(number)
    if to is not None:
        before, after = _version(one, version), _version(one, to)
    else:
        after = _version(one, version)
        before = _version(one, max(version - 1, 1))
    return {"differences": differences(_said(before), _said(after))}


@router.get(
    "/slas/{number}/changes",
    auth=need("read", _AREA),
    response=dict[str, list[ChangeOut]],
    operation_id="sla-changes",
    summary="Who changed an SLA",
)
def changes(request: HttpRequest, number: Number) -> dict[str, Any]:
    """The log of a definition, the oldest first; what was done to single work items is not in it."""
    rows = find(number).changes.filter(issue=None).order_by("pk")
    return {
        "changes": [
            {
                "at": utc_text(row.at_ms),
                "who": row.who,
                "what": row.what,
                "reason": row.reason,
                "before": row.before,
                "after": row.after,
            }
            for row in rows
        ]
    }


def _by(request: HttpRequest, why: str = "") -> By:
    return By(request.user.get_username(), round(timezone.now().timestamp() * 1000), why)


def find(number: int) -> Definition:
    """The definition of a number; raises Problem 404 where there is none."""
    try:
        return definitions.find(number)
    except Missing as error:
        raise Problem(404, str(error), "number") from None


def _version(one: Definition, number: int) -> Version:
    try:
        return definitions.version(one, number)
    except Missing as error:
        raise Problem(404, str(error), "version") from None


def _switched(request: HttpRequest, number: int, *, enabled: bool) -> dict[str, Any]:
    expect_none(request)
    find(number)
    return _out(definitions.set_enabled(number, _by(request), enabled=enabled))


def _out(one: Definition) -> dict[str, Any]:
    return definition_as_json(one, definitions.latest(one))


def _said(one: Version) -> dict[str, Any]:
    said = version_as_json(one)
    return {key: said[key] for key in ("name", "policy", "legacy")}
