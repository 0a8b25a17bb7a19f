"""Feeds: made from presets, opened by secrets or access tokens, renewed, revoked; and whether there are any at all."""

import hashlib
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from oauth2_provider.models import AccessToken, Application

from sojourn.errors import Refused, UserError
from sojourn.feeds import consents, datasets, presets
from sojourn.feeds.models import Feed, FeedSecret, Preset, Switch
from sojourn.reports.items import chosen

API = "rest-api"
PATH = "gateway/api/svc/jira/apps/time-in-status_default/datafeed"
"""Where feeds are read: product, app and environment, and path, as the links of Time in Status have them."""

ODATA = "odata/v4/feeds"
"""Below which each feed is an OData service of its own."""

OVERLAP = timedelta(days=1)
"""How long a secret still holds after another took its place."""

SECRET_PREFIX = "sjf_"  # noqa: S105 - it is how secrets begin
SWITCHED_OFF = (
    "Data feeds are switched off. An administrator switches them on: under Feeds, or by `sojourn feed api on`."
)


def is_on() -> bool:
    """Whether feeds may be read."""
    return Switch.objects.filter(name=API).exists()


def switch(*, on: bool) -> None:
    """Let feeds be read, or none."""
    if on:
        Switch.objects.get_or_create(name=API)
    else:
        Switch.objects.filter(name=API).delete()


def generate(
    account: User, preset: Preset, now: datetime, dataset: str = "", lifetime: timedelta | None = None
) -> Feed:
    """Make a feed of a preset, or of a data set about the work items it chooses; raises Refused where it cannot be."""
    if dataset and dataset not in datasets.DATASETS:
        raise Refused("dataset", f"{dataset!r:.40} is none; there are {', '.join(datasets.DATASETS)}")
    presets.request(account, preset.report, preset.options, now)
    ends_at = None if lifetime is None else now + lifetime
    return Feed.objects.create(owner=account, preset=preset, dataset=dataset, created_at=now, ends_at=ends_at)


def listed(account: User | None = None) -> QuerySet[Feed]:
    """The feeds of an account, or all, the latest first."""
    found = Feed.objects.select_related("owner", "preset", "application").order_by("-created_at")
    return found if account is None else found.filter(owner=account)


def find(account: User | None, number: UUID | str) -> Feed:
    """A feed by its id, of an account or of anybody; raises UserError where there is none."""
    try:
        found = listed(account).filter(pk=UUID(str(number))).first()
    except ValueError:
        found = None
    if found is None:
        raise UserError(f"There is no feed {str(number)!r:.60}.")
    return found


def link(feed: Feed, origin: str) -> str:
    """The address of a feed at a server such as https://sojourn.example.com."""
    return f"{origin.rstrip('/')}/{PATH}?{urlencode({'datafeedID': feed.pk})}"


def odata_root(feed: Feed, origin: str) -> str:
    """The address at which tools that speak OData are pointed to a feed."""
    return f"{origin.rstrip('/')}/{ODATA}/{feed.pk}/"


def estimate(feed: Feed, now: datetime) -> int:
    """How many work items a feed is about, as its owner sees them now."""
    return chosen(presets.request(feed.owner, feed.preset.report, feed.preset.options, now)).count()


def over(feed: Feed, now: datetime) -> str:
    """Why a feed is read no more; empty where it may be."""
    if feed.revoked_at is not None:
        return "The feed was revoked. Generate another link."
    if feed.ends_at is not None and feed.ends_at <= now:
        return "The feed has expired. Generate another link."
    if not feed.owner.is_active:
        return "The feed ended with the account of its owner. Generate another link."
    is_open = presets.listed(feed.owner).filter(pk=feed.preset.pk).exists()
    return "" if is_open else "The preset of the feed is no longer shared with its owner. Generate a link from another."


def revoke(feed: Feed, now: datetime) -> None:
    """Have a feed, its secrets and its tokens refused from now on."""
    with transaction.atomic():
        Feed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=now)
        feed.secrets.all().delete()
        if feed.application:
            feed.application.delete()


def renew_secret(feed: Feed, now: datetime, overlap: timedelta = OVERLAP) -> str:
    """Make a secret and return it: it can never be shown again. Those there were hold for the overlap."""
    secret = f"{SECRET_PREFIX}{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        older = feed.secrets.filter(Q(ends_at=None) | Q(ends_at__gt=now + overlap))
        older.update(ends_at=now + overlap)
        FeedSecret.objects.create(feed=feed, digest=_digest(secret), created_at=now)
    return secret


def add_client(feed: Feed, callback: str) -> tuple[Application, str]:
    """Make the client that may be authorized for a feed, in place of the one before, and its secret."""
    with transaction.atomic():
        if feed.application:
            feed.application.delete()
        made, secret = consents.add_client(f"Data feed {feed.pk}", [callback], public=False)
        feed.application = made
        feed.save(update_fields=["application"])
    return made, secret


def opens(feed: Feed, secret: str, now: datetime) -> bool:
    """Whether a secret opens a feed: one of its own, or an access token that its client was given for it."""
    if secret.startswith(SECRET_PREFIX):
        held = feed.secrets.filter(Q(ends_at=None) | Q(ends_at__gt=now), digest=_digest(secret))
        return held.update(last_used_at=now) > 0
    token: AccessToken | None = consents.token_of(secret, now)
    if token is None or feed.application is None or "feed:read" not in token.scope.split():
        return False
    return bool(token.application_id == feed.application.pk and token.user_id == feed.owner.pk)


def note(feed: Feed, now: datetime, rows: int | None, problem: str = "") -> None:
    """Keep how the last call of a feed ended."""
    Feed.objects.filter(pk=feed.pk).update(last_called_at=now, last_rows=rows, last_problem=problem)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
