"""What is kept of an account: its roles and areas, what it was granted, and who it is in Jira.

Read by one question of plain SQL: this comes before every answer, and making the SQL took longest.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import connection

AnyAccount = AbstractBaseUser | AnonymousUser


class Granted(NamedTuple):
    """A grant that has not ended, with the numbers of its place and level (`models.Grant`)."""

    number: int
    site: int
    project: int | None
    level: int | None
    every_level: bool
    whose: str


class Standing(NamedTuple):
    """What is kept of an account: equal where it may do and see the same, as long as the work items stay as they are.

    `names` are roles and areas, `people` the account's own values at sites, `connected` the sites that Jira fills, and
    `linked` those of these at which it has an account.
    """

    names: frozenset[str] = frozenset()
    grants: tuple[Granted, ...] = ()
    people: tuple[tuple[int, int], ...] = ()
    connected: frozenset[int] = frozenset()
    linked: frozenset[int] = frozenset()


_MINE = "(h.user_id = %s OR h.group_id IN (SELECT g.group_id FROM auth_user_groups g WHERE g.user_id = %s))"
_KEPT = f"""
SELECT 'name', h.id, NULL, NULL, NULL, 0, h.name FROM access_right h WHERE {_MINE}
UNION ALL
SELECT 'grant', h.id, h.site_id, h.project_id, h.level_id, CASE WHEN h.every_level THEN 1 ELSE 0 END, h.whose
FROM access_grant h WHERE {_MINE} AND (h.ends_at IS NULL OR h.ends_at > %s)
UNION ALL
SELECT 'person', a.id, a.site_id, v.id, NULL, 0, '' FROM access_jiraaccount a
LEFT JOIN history_value v ON v.site_id = a.site_id AND v.kind = 'user' AND v.key = a.key WHERE a.user_id = %s
UNION ALL
SELECT 'connected', c.id, c.site_id, NULL, NULL, 0, '' FROM jira_connection c
ORDER BY 1, 2
"""  # noqa: S608 - no value is written into it


def standing(account: AnyAccount, now: datetime) -> Standing:
    """What is kept of an account now; nothing of one that is disabled, or of nobody."""
    if not account.is_active or account.pk is None:
        return Standing()
    me, at = account.pk, connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, [me, me, me, me, at, me])
        rows: list[Any] = cursor.fetchall()
    kept: dict[str, list[Any]] = defaultdict(list)
    for kind, *cells in rows:
        kept[kind].append(cells)
    connected = frozenset(site for _, site, *_ in kept["connected"])
    return Standing(
        frozenset(name for *_, name in kept["name"]),
        tuple(
            Granted(number, site, project, level, bool(every), whose)
            for number, site, project, level, every, whose in kept["grant"]
        ),
        tuple((site, value) for _, site, value, *_ in kept["person"] if value is not None),
        connected,
        frozenset(site for _, site, *_ in kept["person"]) & connected,
    )
