"""`/sites`: how fresh the data of each site is, and what becomes of its connection."""

from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from sojourn.access import roles
from sojourn.api.security import need, sight_of
from sojourn.core.instants import utc_text
from sojourn.history import freshness, seen
from sojourn.history.freshness import Freshness
from sojourn.history.models import Issue, Site
from sojourn.jira.freshness import percent
from sojourn.jira.models import Connection, ProjectState

router = Router(tags=["sites"])


class FetchingOut(Schema):
    """A project whose past is still being read: how many work items Jira has of it, where that is known, and how many
    were read."""

    project: str
    name: str
    percent: int
    read: int
    items: int | None


class DriftOut(Schema):
    """How many work items a sweep of a project had missed, the last time one had; they were read when it was found."""

    project: str
    missed: int
    found_at: str


class ConnectionOut(Schema):
    """How a site is kept in step. `refused` says what to do where Jira refuses the credentials; nothing is read then.

    `next_run_at` is null where that is at once; `waiting` are work items that webhooks named and that are not read yet,
    `left_out` those that could not be read.
    """

    name: str
    kind: str
    url: str
    interval_min: int
    last_run_at: str | None
    last_ok_at: str | None
    next_run_at: str | None
    last_problem: str
    refused: str
    webhook: bool
    webhook_at: str | None
    webhook_refused_at: str | None
    waiting: int
    left_out: int
    projects: int
    fetching: list[FetchingOut]
    drift: list[DriftOut]


class SiteOut(Schema):
    """A site. Its data is whole as of `data_as_of`, `lag_s` seconds ago; both are null where nobody knows.

    Of one that was imported that is when the last import began; `connection` is null then, and to who does not
    administer. What is gone from its source does not count as a work item.
    """

    name: str
    data_as_of: str | None
    lag_s: int | None
    work_items: int
    imported_at: str | None
    connection: ConnectionOut | None


class SitesOut(Schema):
    """The sites, by name."""

    sites: list[SiteOut]


@router.get("/sites", auth=need("read"), response=SitesOut, operation_id="sites", summary="The sites, and how fresh")
def listed(request: HttpRequest) -> dict[str, Any]:
    """Each site with how old its data is; to administrators, also what is still being fetched, and what went wrong.

    Others are told of the sites of which they see a work item, and how many they see.
    """
    now, sight = timezone.now(), sight_of(request)
    administers = roles.is_administrator(request.user)
    fresh = freshness.of_sites()
    counts = dict(Issue.objects.filter(sight, deleted_ms=None).values_list("site").annotate(Count("pk")))
    connections = {row.site_id: row for row in Connection.objects.all()} if administers else {}
    told = Site.objects.all() if administers else seen.sites(sight)
    return {
        "sites": [
            {
                "name": site.name,
                **_age(fresh[site.name], now),
                "work_items": counts.get(site.pk, 0),
                "imported_at": _text(site.imported_at),
                "connection": _connection(connections[site.pk]) if site.pk in connections else None,
            }
            for site in told.filter(name__in=fresh).order_by("name")
        ]
    }


def _age(one: Freshness, now: datetime) -> dict[str, Any]:
    if one.as_of_ms is None:
        return {"data_as_of": None, "lag_s": None}
    lag_s = round(now.timestamp() - one.as_of_ms / 1000)  # Jira's clock may be ahead of this machine's
    return {"data_as_of": utc_text(one.as_of_ms), "lag_s": max(lag_s, 0)}


def _connection(row: Connection) -> dict[str, Any]:
    states = list(row.projects.filter(is_seen=True).order_by("key"))
    plain = ("name", "kind", "url", "interval_min", "last_problem", "refused")
    instants = ("last_run_at", "last_ok_at", "webhook_at", "webhook_refused_at")
    return {
        **{name: getattr(row, name) for name in plain},
        **{name: _text(getattr(row, name)) for name in instants},
        "next_run_at": None if row.refused else _text(row.due_at),
        "webhook": row.webhook_secret is not None,
        "waiting": row.again.filter(problem="").count(),
        "left_out": row.again.exclude(problem="").count(),
        "projects": len(states),
        "fetching": [_fetching(state) for state in states if not state.is_whole],
        "drift": [
            {"project": state.key, "missed": state.drift, "found_at": _text(state.drift_at)}
            for state in states
            if state.drift
        ],
    }


def _fetching(state: ProjectState) -> dict[str, Any]:
    known = {"project": state.key, "name": state.name, "percent": percent(state)}
    return {**known, "read": state.done, "items": state.items}


def _text(at: datetime | None) -> str | None:
    return None if at is None else utc_text(round(at.timestamp() * 1000))
