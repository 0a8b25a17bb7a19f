"""`/feeds`: the data feeds of whoever asks, made from presets."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from sojourn.api.bodies import expect_none
from sojourn.api.errors import Problem
from sojourn.api.security import account_of, need
from sojourn.core.instants import utc_text
from sojourn.errors import Refused, UserError
from sojourn.feeds import datasets, feeds, presets
from sojourn.feeds.models import Feed

router = Router(tags=["feeds"])
_CHANGES = need("write", "reports")


class FeedIn(Schema):
    """Of which preset the feed is, which data set it hands out, and for how long."""

    model_config = ConfigDict(extra="forbid")

    preset: Annotated[int, Field(strict=True, ge=1)]
    dataset: Annotated[str, Field(description=f"The report itself where empty, or {', '.join(datasets.DATASETS)}.")] = (
        ""
    )
    days: Annotated[
        int | None, Field(strict=True, ge=1, le=3660, description="After how many days it ends; none: never.")
    ] = None


class FeedOut(Schema):
    """A feed; `odata` is where tools that speak OData are pointed to.

    `over` says why it is read no more; `last_problem` how its last call failed, if it did.
    """

    id: str
    link: str
    odata: str
    preset: int
    name: str
    dataset: str
    owner: str
    created_at: str
    ends_at: str | None
    over: str
    last_called_at: str | None
    last_rows: int | None
    last_problem: str


class SecretOut(Schema):
    """A secret, which is shown only now. It is sent as Bearer, or as the password of Basic with the feed's id."""

    secret: str


@router.get("", auth=need("read"), response=dict[str, list[FeedOut]], operation_id="feeds", summary="Your data feeds")
def listed(request: HttpRequest) -> dict[str, Any]:
    """Your feeds, the latest first."""
    return {"feeds": [_out(request, one) for one in feeds.listed(account_of(request))]}


@router.post("", auth=_CHANGES, response={201: FeedOut}, operation_id="add-feed", summary="Generate a data feed")
def add(request: HttpRequest, body: FeedIn) -> Any:
    """Make a feed of a preset that you may open. To read it takes a secret of it, or authorizing its client."""
    account, now = account_of(request), timezone.now()
    try:
        preset = presets.find(account, body.preset)
    except UserError as error:
        raise Refused("preset", str(error)) from None
    lifetime = None if body.days is None else timedelta(days=body.days)
    return Status(201, _out(request, feeds.generate(account, preset, now, body.dataset, lifetime)))


@router.get("/{uuid:feed}", auth=need("read"), response=FeedOut, operation_id="feed", summary="A data feed")
def shown(request: HttpRequest, feed: UUID) -> dict[str, Any]:
    """A feed of yours, and how its last call ended."""
    return _out(request, _find(request, feed))


@router.post(
    "/{uuid:feed}/secret",
    auth=_CHANGES,
    response={201: SecretOut},
    operation_id="renew-feed-secret",
    summary="Make a secret for a data feed",
)
def renewed(request: HttpRequest, feed: UUID) -> Any:
    """Make a secret; those there were hold for a day more, so that tools can be changed over."""
    expect_none(request)
    return Status(201, {"secret": feeds.renew_secret(_find(request, feed), timezone.now())})


@router.delete(
    "/{uuid:feed}", auth=_CHANGES, response={204: None}, operation_id="revoke-feed", summary="Revoke a data feed"
)
def revoked(request: HttpRequest, feed: UUID) -> Any:
    """Have a feed refused from now on, with its secrets and tokens."""
    feeds.revoke(_find(request, feed), timezone.now())
    return Status(204, None)


def _find(request: HttpRequest, number: UUID) -> Feed:
    try:
        return feeds.find(account_of(request), number)
    except UserError as error:
        raise Problem(404, str(error), "feed") from None


def _out(request: HttpRequest, feed: Feed) -> dict[str, Any]:
    return {
        "id": str(feed.pk),
        "link": feeds.link(feed, request.build_absolute_uri("/")),
        "odata": feeds.odata_root(feed, request.build_absolute_uri("/")),
        "preset": feed.preset.pk,
        "name": feed.preset.name,
        "dataset": feed.dataset,
        "owner": feed.owner.get_username(),
        "over": feeds.over(feed, timezone.now()),
        "last_rows": feed.last_rows,
        "last_problem": feed.last_problem,
        **{name: _instant(getattr(feed, name)) for name in ("created_at", "ends_at", "last_called_at")},
    }


def _instant(at: Any) -> str | None:
    return None if at is None else utc_text(round(at.timestamp() * 1000))
