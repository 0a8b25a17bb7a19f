"""What Jira lets people see at connected sites: asked, kept for ten minutes, and else unknown, which is nothing.

`ensure` asks, and is called where somebody comes in: never within a transaction. `grants` only reads what is kept, so a
way in that forgot to ask shows less and never more.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from django.db import connection
from django.db.models import F, Q

from sojourn.access.models import Browsing
from sojourn.access.standing import AnyAccount, Granted
from sojourn.history import permitted
from sojourn.history.permitted import Untold

HOLDS_FOR = timedelta(minutes=10)
"""How long an answer of Jira holds."""

_AGAIN_AFTER = timedelta(minutes=4)
_AFTER_FAILURE = timedelta(seconds=30)
_USED_EVERY = timedelta(minutes=1)
_USED_WITHIN = timedelta(minutes=30)
_SECONDS = 6.0
_SECONDS_OF_WORKER = 120.0
_turns: defaultdict[int, Lock] = defaultdict(Lock)


def grants(account: AnyAccount, now: datetime) -> list[Granted]:
    """What Jira lets an account see now, as if it had been granted."""
    return [
        Granted(0, row.site_id, project, level, every_level=False, whose=whose)
        for row in _rows(account, Q(as_of__gt=now - HOLDS_FOR))
        for project, level, whose in row.parts
    ]


def unknown(account: AnyAccount, now: datetime, *, lasting: bool = True) -> list[str]:
    """For each site of which nobody knows what an account may see there, why; without `lasting` what may soon end."""
    stale = Q(as_of=None) | Q(as_of__lte=now - HOLDS_FOR)
    return [
        f"What {row.site.name} lets you see is not known, so nothing that only it could show is shown: {row.problem}"
        for row in _rows(account, stale & ~Q(problem=""))
        if lasting or not row.is_lasting
    ]


def ensure(account: AnyAccount, now: datetime) -> None:
    """Ask Jira what an account may see where that is not known or a while ago; it takes a few seconds at most.

    Nothing is asked within a transaction, which would hold others up: what is kept then has to do.
    """
    if connection.in_atomic_block:
        return
    for site, key in _links(account):
        row, _ = Browsing.objects.get_or_create(site_id=site, key=key)
        if row.used_at is None or row.used_at <= now - _USED_EVERY:
            Browsing.objects.filter(pk=row.pk).update(used_at=now)
        if not _is_due(row, now):
            continue
        with _turns[row.pk]:  # pages load several things at once
            row.refresh_from_db()
            if _is_due(row, now):
                _ask(row, now, _SECONDS)


def refresh_used(now: datetime) -> None:
    """Ask again for those who wanted to know it lately, with more patience than a page has."""
    for row in Browsing.objects.exclude(site__connection=None).filter(used_at__gt=now - _USED_WITHIN):
        if _is_due(row, now):
            _ask(row, now, _SECONDS_OF_WORKER)


def forget(site: int) -> None:
    """Take nothing for known any more of what Jira said of a site."""
    gone: dict[str, Any] = {"as_of": None, "asked_at": None, "problem": "", "is_lasting": False}
    Browsing.objects.filter(site=site).update(forgotten=F("forgotten") + 1, **gone)


def prune(now: datetime) -> None:
    """Forget what nobody asked about for a day."""
    Browsing.objects.filter(Q(used_at=None) | Q(used_at__lte=now - timedelta(days=1))).delete()


def _is_due(row: Browsing, now: datetime) -> bool:
    if row.asked_at is None:
        return True
    return row.asked_at <= now - (_AFTER_FAILURE if row.problem and not row.is_lasting else _AGAIN_AFTER)


def _ask(row: Browsing, now: datetime, seconds: float) -> None:
    """Ask, and keep the answer; what was forgotten while it was asked is not kept, since it may be older than that."""
    try:
        found = permitted.ask(row.site_id, row.key, now, seconds)
    except Untold as error:
        kept: dict[str, Any] = {"problem": str(error), "is_lasting": error.is_lasting}
    else:
        parts = [[one.project, one.level, one.whose] for one in found.parts]
        kept = {"parts": parts, "as_of": found.as_of, "problem": "", "is_lasting": False}
    Browsing.objects.filter(pk=row.pk, forgotten=row.forgotten).update(asked_at=now, **kept)


def _rows(account: AnyAccount, which: Q) -> list[Browsing]:
    """What is kept of who an account is at connected sites."""
    own = Q()
    for site, key in _links(account):
        own |= Q(site=site, key=key)
    return list(Browsing.objects.filter(own & which).select_related("site")) if own else []


_LINKS = """
SELECT a.site_id, a.key FROM access_jiraaccount a JOIN jira_connection c ON c.site_id = a.site_id WHERE a.user_id = %s
"""


def _links(account: AnyAccount) -> list[tuple[int, str]]:
    """Who an account is at connected sites: by plain SQL, as this comes before every answer."""
    if account.pk is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, [account.pk])
        found: list[tuple[int, str]] = cursor.fetchall()
    return found
