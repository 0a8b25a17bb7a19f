"""Having Jira tell of changes: registering a webhook where Jira lets the account do it, or saying what to enter."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sojourn.errors import Refused
from sojourn.jira import access
from sojourn.jira.failures import NotAllowed, NotThere
from sojourn.jira.models import Connection, Method
from sojourn.jira.request import Talk, get, objects, post
from sojourn.jira.source import JiraSource
from sojourn.sealed import Secret

EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "worklog_created",
    "worklog_updated",
    "worklog_deleted",
    "issuelink_created",
    "issuelink_deleted",
    "project_created",
    "project_updated",
    "project_deleted",
    "user_created",
    "user_updated",
    "user_deleted",
)
"""The events that mean something here (`webhook`)."""

_ADMIN = "/rest/webhooks/1.0/webhook"
_DATA_CENTER_10 = "/rest/jira-webhook/1.0/webhooks"
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Hooked:
    """A webhook: where Jira sends it, and the secret where somebody has to enter it; `why` says why that is so."""

    url: str
    secret: str = ""
    why: str = ""


def hook(row: Connection, public: str) -> Hooked:
    """Give a connection a webhook at the public address of this service, such as https://sojourn.example.com.

    The secret is new and kept before Jira knows it. One that is registered at that address is left as it is. Raises
    Refused where the address cannot be one, JiraFailure, or what net raises.
    """
    url = f"{_checked(public)}/hooks/jira/{row.name}"
    if row.method == Method.OAUTH:
        return _by_hand(row, url, "Jira lets an OAuth app register only webhooks that end after 30 days")
    with JiraSource.open(access.jira(row), access.route(), parallel=1) as source:
        try:
            path, known = source.run(registered(row.kind))
            if any(one.get("url") == url for one in known):
                if row.webhook_secret is not None:
                    return Hooked(url)
                return _by_hand(row, url, "Jira has a webhook to that address, and nobody here knows its secret")
            hooked = _by_hand(row, url, "")
            source.run(register(path, f"Sojourn {row.name}", url, hooked.secret))
        except (NotAllowed, NotThere) as error:
            return _by_hand(row, url, f"Jira does not let this account do it ({error})")
    return Hooked(url)


def registered(kind: str) -> Talk[tuple[str, list[dict[str, Any]]]]:
    """Where webhooks are registered, and those there are; raises NotAllowed for whoever is no administrator."""
    if kind == "datacenter":
        try:
            return _DATA_CENTER_10, _listed((yield get(_DATA_CENTER_10)))
        except NotThere:  # before Jira 10
            pass
    return _ADMIN, _listed((yield get(_ADMIN)))


def register(path: str, name: str, url: str, secret: str) -> Talk[None]:
    """Register a webhook of all events, for all work items."""
    told: dict[str, Any] = {"name": name, "url": url, "events": list(EVENTS), "filters": {}, "excludeBody": False}
    own = {"configuration": {"secret": secret}} if path == _DATA_CENTER_10 else {"secret": secret}
    yield post(path, {**told, **own})


def _listed(answer: Any) -> list[dict[str, Any]]:
    return objects(answer, "values" if isinstance(answer, dict) else "")


def _by_hand(row: Connection, url: str, why: str) -> Hooked:
    secret = secrets.token_urlsafe(_BYTES)
    row.webhook_secret = Secret(secret)
    row.save(update_fields=["webhook_secret"])
    return Hooked(url, secret, why)


def _checked(public: str) -> str:
    parts = urlsplit(public)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Refused("--webhook-url", f"{public!r:.80} is not an address such as https://sojourn.example.com")
    return public.rstrip("/")
