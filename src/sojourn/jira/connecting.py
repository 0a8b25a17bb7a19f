"""Making, renewing and removing connections, each tried out before anything is kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from sojourn.errors import Refused, UserError
from sojourn.history.models import Site
from sojourn.jira import access, oauth
from sojourn.jira.answers import Account, Permission
from sojourn.jira.models import Connection, Method
from sojourn.jira.source import JiraSource, Kind
from sojourn.jobs import queue
from sojourn.jobs.models import UNFINISHED, Job

METHODS: Mapping[Kind, tuple[Method, ...]] = {
    "cloud": (Method.API_TOKEN, Method.OAUTH),
    "datacenter": (Method.PERSONAL_TOKEN, Method.PASSWORD),
}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LONGEST_INTERVAL_MIN = 1_440


@dataclass(frozen=True, slots=True)
class Found:
    """What the credentials are good for: whom Jira takes us for, what is not allowed, which projects are seen."""

    account: Account
    missing: list[Permission]
    projects: list[str]

    @property
    def is_enough(self) -> bool:
        """Whether a sync can do its work."""
        return bool(self.projects) and not any(one.is_needed for one in self.missing)


def guess_kind(url: str) -> Kind:
    """Which Jira an address is of: Cloud has Atlassian's names."""
    host = urlsplit(url).hostname or ""
    return "cloud" if host.endswith((".atlassian.net", ".jira.com")) or host == "api.atlassian.com" else "datacenter"


def guess_name(url: str) -> str:
    """A short name for a connection, from its address."""
    return re.sub(r"[^a-z0-9_-]+", "-", (urlsplit(url).hostname or "jira").partition(".")[0].lower()).strip("-")[:64]


def drafted(name: str, url: str, kind: Kind, **given: Any) -> Connection:
    """A connection that is not kept yet: a new one, or the one of that name with other credentials.

    Raises Refused where something cannot be right.
    """
    if not _NAME.fullmatch(name):
        raise Refused("--name", f"{name!r:.80} is not a name; write small letters, digits, - and _, 64 at most")
    row = Connection.objects.filter(name=name).first() or Connection(name=name)
    if row.pk is not None and row.url != url.rstrip("/"):
        raise Refused("--name", f"{name} connects {row.url} already; choose another name, or remove that one first")
    row.url, row.kind = url.rstrip("/"), kind
    for field, value in given.items():
        setattr(row, field, value)
    if row.method not in METHODS[kind]:
        allowed = ", ".join(METHODS[kind])
        raise Refused("--method", f"{row.method!r:.40} is none for {kind}; there are: {allowed}")
    if not 1 <= row.interval_min <= _LONGEST_INTERVAL_MIN:
        raise Refused("--every", f"{row.interval_min} minutes is not between 1 and {_LONGEST_INTERVAL_MIN}")
    if row.method in (Method.API_TOKEN, Method.PASSWORD, Method.OAUTH) and not row.account:
        raise Refused("--account", "is missing; it is the e-mail or the name of the account, of OAuth the client id")
    return row


def try_out(row: Connection, now: datetime) -> Found:
    """Ask the Jira of a draft who is asking and what that may see; raises JiraFailure, or what net raises.

    Credentials that are refused are not tried again.
    """
    if row.method == Method.OAUTH:
        oauth.obtain(row, access.route(), now)
    with JiraSource.open(access.jira(row), access.route(), parallel=1) as source:
        account = source.myself()
        projects = [str(one.get("key")) for one in source.projects()]
        return Found(account, source.missing_permissions(), sorted(projects))


def keep(row: Connection, site: str) -> None:
    """Keep a draft that was tried out; new credentials end what was said of the old ones."""
    with transaction.atomic():
        if row.pk is None:
            name = site or urlsplit(row.url).hostname or row.name
            other = Connection.objects.filter(site__name=name).first()
            if other is not None:
                raise Refused("--site", f"{name} is kept in step by the connection {other.name} already; name another")
            row.site, _ = Site.objects.get_or_create(name=name)
        row.refused, row.refused_at, row.last_problem, row.announced_days = "", None, "", None
        row.last_run_at = None  # due at once
        row.save()


def find(name: str) -> Connection:
    """The connection of a name; raises UserError where there is none."""
    found = Connection.objects.select_related("site").filter(name=name).first()
    if found is None:
        names = ", ".join(Connection.objects.order_by("name").values_list("name", flat=True)) or "none"
        raise UserError(f"There is no connection {name!r:.80}; there are: {names}. `sojourn connect` makes one.")
    return found


def remove(row: Connection, now: datetime) -> None:
    """Forget a connection and its secrets, and end its sync; the work items of its site stay."""
    with transaction.atomic():
        for job in Job.objects.filter(key=f"sync {row.name}", state__in=UNFINISHED):
            queue.cancel(job.pk, now, "the removal of the connection")
        row.delete()


def as_json(row: Connection) -> dict[str, Any]:
    """A connection without its secrets, for people and programs."""
    projects = list(row.projects.filter(is_seen=True))
    return {
        "name": row.name,
        "site": row.site.name,
        "kind": row.kind,
        "url": row.url,
        "method": row.method,
        "account": row.account,
        "interval_min": row.interval_min,
        "token_ends": _iso(row.token_ends),
        "webhook": row.webhook_secret is not None,
        "refused": row.refused,
        "last_run_at": _iso(row.last_run_at),
        "last_ok_at": _iso(row.last_ok_at),
        "last_problem": row.last_problem,
        "projects": len(projects),
        "projects_whole": sum(state.is_whole for state in projects),
        "left_out": row.again.exclude(problem="").count(),
    }


def _iso(at: date | None) -> str | None:
    return None if at is None else at.isoformat()
