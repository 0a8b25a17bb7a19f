"""The stored clocks of some work items, read by plain SQL: this is asked most, and making the SQL took longest."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from sojourn.history.rows import columns, made
from sojourn.jobs.models import UNFINISHED
from sojourn.sla.background import KEY
from sojourn.sla.models import Clock, Version

_CLOCKS = f"""
SELECT {columns(Clock, "c")}, {columns(Version, "v")} FROM sla_clock c
JOIN sla_definition d ON d.id = c.definition_id JOIN sla_version v ON v.id = c.version_id
WHERE c.issue_id IN ({{issues}}) AND d.enabled AND d.removed_ms IS NULL{{one}}
ORDER BY c.definition_id
"""  # noqa: S608 - the columns are ours
_JOBS = "SELECT j.key FROM jobs_job j WHERE j.state IN (%s, %s) AND j.key LIKE %s"


def stored(issues: Sequence[int], definition: int | None = None) -> list[Clock]:
    """The clocks of work items under the SLAs in force, or one of them, with their versions, by the SLAs' numbers."""
    if not issues:
        return []
    asked = [*issues, *([] if definition is None else [definition])]
    one = "" if definition is None else " AND c.definition_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(_CLOCKS.format(issues=", ".join(["%s"] * len(issues)), one=one), asked)
        return [_clock(row) for row in cursor.fetchall()]


def _clock(row: Sequence[Any]) -> Clock:
    width = len(Clock._meta.concrete_fields)
    found = made(Clock, row[:width])
    found.version = made(Version, row[width:])
    return found


def being_counted() -> set[int]:
    """The numbers of the SLAs that a job counts anew, or will."""
    with connection.cursor() as cursor:
        cursor.execute(_JOBS, [*UNFINISHED, f"{KEY}%"])
        return {int(key.removeprefix(KEY).split()[0]) for (key,) in cursor.fetchall()}
