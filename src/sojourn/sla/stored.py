"""The stored clocks of some work items, read by plain SQL: this is asked most, and making the SQL took longest."""

from collections.abc import Sequence

from django.db import connection

from sojourn.jobs.models import UNFINISHED
from sojourn.sla.background import KEY
from sojourn.sla.models import Clock, Version

_CLOCKS = """
SELECT c.* FROM sla_clock c JOIN sla_definition d ON d.id = c.definition_id
WHERE c.issue_id IN ({issues}) AND d.enabled AND d.removed_ms IS NULL{one}
ORDER BY c.definition_id
"""
_JOBS = "SELECT j.key FROM jobs_job j WHERE j.state IN (%s, %s) AND j.key LIKE %s"
_VERSIONS = "SELECT v.* FROM sla_version v WHERE v.id IN ({numbers})"


def stored(issues: Sequence[int], definition: int | None = None) -> list[Clock]:
    """The clocks of work items under the SLAs in force, or one of them, with their versions, by the SLAs' numbers."""
    if not issues:
        return []
    asked = [*issues, *([] if definition is None else [definition])]
    one = "" if definition is None else " AND c.definition_id = %s"
    rows = list(Clock.objects.raw(_CLOCKS.format(issues=_marks(issues), one=one), asked))
    numbers = sorted({row.version_id for row in rows})
    if numbers:
        made = {one.pk: one for one in Version.objects.raw(_VERSIONS.format(numbers=_marks(numbers)), numbers)}
        for row in rows:
            row.version = made[row.version_id]
    return rows


def being_counted() -> set[int]:
    """The numbers of the SLAs that a job counts anew, or will."""
    with connection.cursor() as cursor:
        cursor.execute(_JOBS, [*UNFINISHED, f"{KEY}%"])
        return {int(key.removeprefix(KEY).split()[0]) for (key,) in cursor.fetchall()}


def _marks(values: Sequence[int]) -> str:
    return ", ".join(["%s"] * len(values))
