"""Webhooks of Jira: who may send one, which work items it names, and keeping those.

A webhook is a hint and never data: what it names is read again by the sync (`again`), and read as gone where it was
deleted. So order, repetition and loss do not matter, and whoever sends an old one again has a work item read once more.

Jira signs the body with the secret it was given: `X-Hub-Signature: sha256=` and the HMAC in hexadecimal. Data Center
can send the secret as the password of Basic instead.
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.db.models import Q

from sojourn.errors import UserError
from sojourn.history.signals import permissions_changed
from sojourn.history.turns import next_in_turn
from sojourn.jira import again
from sojourn.jira.models import Connection, Delivery

MOST_BYTES = 1 << 20
"""The most bytes a webhook may have."""

KEEP = timedelta(days=3)
"""How long a webhook is known after it came. Cloud tries again for half an hour, Data Center never."""

_NOBODYS = "the secret of connections that are not there"
_REFUSED_EVERY = timedelta(minutes=1)
_ID = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,99}-[0-9]{1,18}")
_OF_PERMISSIONS = re.compile(r"permission|security|scheme|role|group|^(jira:)?(project|user)_")
_OF_COMMENT = re.compile(r"/rest/api/[0-9a-z]+/issue/([0-9]{1,18})/")


class Unproven(Exception):
    """Who sent it does not know the secret, or there is no such connection."""


class Unreadable(Exception):
    """The body is no JSON object."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came: the raw body and the headers that matter, empty where they are not there."""

    body: bytes = field(repr=False)
    signature: str = field(default="", repr=False)
    authorization: str = field(default="", repr=False)
    identifier: str = ""


def accept(name: str, sent: Sent, now: datetime) -> bool:
    """Keep what a webhook to a connection names, in one transaction; False where it came before.

    Raises Unproven, and then Unreadable; nothing is kept in either case.
    """
    row = Connection.objects.filter(name=name).first()
    secret = _secret(row)
    if not _is_proven(sent, secret or _NOBODYS, takes_basic=row is not None and row.kind == "datacenter"):
        _note_refused(row, now)
        raise Unproven
    if row is None or secret is None:
        raise Unproven
    event = _read(sent.body)
    identifier, body = _hashed(sent.identifier.encode()) if sent.identifier else None, _hashed(sent.body)
    if row.deliveries.filter(Q(identifier=identifier, identifier__isnull=False) | Q(body=body)).exists():
        return False
    try:
        next_in_turn(lambda: _keep(Delivery(connection=row, identifier=identifier, body=body, at=now), event))
    except IntegrityError:  # the same one came twice at once
        return False
    return True


def _keep(delivery: Delivery, event: Mapping[str, Any]) -> None:
    row, now = delivery.connection, delivery.at
    with transaction.atomic():
        delivery.save(force_insert=True)
        again.ask(row, named(event), "webhook", now)
        Connection.objects.filter(pk=row.pk).update(webhook_at=now, **_to_renew(event))
        if _OF_PERMISSIONS.search(str(event.get("webhookEvent") or "")):
            Connection.objects.filter(pk=row.pk).update(permissions=None)
            permissions_changed.send(Connection, site=row.site_id)


def named(event: Mapping[str, Any]) -> set[str]:
    """The work items that an event names: their ids, or the key where it tells no id."""
    return {text for text in _names(event) if _ID.fullmatch(text) or _KEY.fullmatch(text)}


def prune(before: datetime) -> int:
    """Forget the webhooks that came before an instant; the answer is how many."""
    return Delivery.objects.filter(at__lt=before).delete()[0]


def _secret(row: Connection | None) -> str | None:
    if row is None or row.webhook_secret is None:
        return None
    try:
        return row.webhook_secret.reveal()
    except UserError:  # `sojourn doctor` says that it cannot be opened
        return None


def _is_proven(sent: Sent, secret: str, *, takes_basic: bool) -> bool:
    """Whether the body is signed with the secret; else, where Basic is taken, whether the secret was sent."""
    right = hmac.new(secret.encode(), sent.body, hashlib.sha256).hexdigest()
    if sent.signature or not takes_basic:
        method, _, told = sent.signature.strip().partition("=")
        return hmac.compare_digest(told.lower().encode(), right.encode()) and method.lower() == "sha256"
    return hmac.compare_digest(_password(sent.authorization), secret.encode())


def _password(authorization: str) -> bytes:
    kind, _, told = authorization.partition(" ")
    if kind.lower() != "basic":
        return b""
    try:
        return b64decode(told, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def _note_refused(row: Connection | None, now: datetime) -> None:
    """Note that a webhook was refused: once a minute, however many come."""
    last = row.webhook_refused_at if row is not None else now
    if row is not None and (last is None or last <= now - _REFUSED_EVERY):
        Connection.objects.filter(pk=row.pk).update(webhook_refused_at=now)


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unreadable
    return found


def _names(event: Mapping[str, Any]) -> Iterator[str]:
    """What stands where events name work items: comments of Data Center do so in an address only."""
    issue = _part(event, "issue")
    yield str(issue.get("id") or issue.get("key") or "")
    yield str(_part(event, "worklog").get("issueId") or "")
    link = _part(event, "issueLink")
    yield str(link.get("sourceIssueId") or "")
    yield str(link.get("destinationIssueId") or "")
    found = _OF_COMMENT.search(str(_part(event, "comment").get("self") or ""))
    yield found[1] if found else ""


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = event.get(name)
    return found if isinstance(found, dict) else {}


def _to_renew(event: Mapping[str, Any]) -> dict[str, None]:
    """What is to be read anew of a connection: people at the next run, or projects, and the next run is due at once."""
    kind = str(event.get("webhookEvent") or "")
    if kind.startswith("user_"):
        return {"people_at": None}
    return {"last_run_at": None} if kind.startswith("project_") else {}


def _hashed(told: bytes) -> str:
    return hashlib.sha256(told).hexdigest()
