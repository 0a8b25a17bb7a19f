"""Work items that are to be read again: hints of webhooks, and what could not be read.

    again.ask(connection, [issue_id], "webhook", now)   # in the transaction that keeps the webhook

A hint names a work item and says nothing of it, so order, repetition and loss do not matter. The sync works them off.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F

from sojourn.jira.models import Again, Connection

_FIRST_WAIT = timedelta(minutes=10)
_LONGEST_WAIT = timedelta(days=1)


def ask(connection: Connection, issues: Iterable[str], why: str, now: datetime) -> None:
    """Have work items read at once, by Jira's id, or by key where nothing else is known."""
    rows = [Again(connection=connection, issue=issue, why=why, since=now, due_at=now) for issue in sorted(set(issues))]
    made = {row.issue for row in rows}
    Again.objects.bulk_create(rows, ignore_conflicts=True)
    known = Again.objects.filter(connection=connection, issue__in=made)
    known.update(marks=F("marks") + 1, why=why, due_at=now)


def is_named(connection: Connection, now: datetime) -> bool:
    """Whether a webhook named work items that are due."""
    return connection.again.filter(problem="", due_at__lte=now).exists()


def postpone(connection: Connection, problems: dict[str, str], now: datetime) -> None:
    """Keep work items that could not be read, and why; each is tried again, later each time, up to a day."""
    known = {row.issue: row for row in Again.objects.filter(connection=connection, issue__in=problems)}
    for issue, problem in problems.items():
        row = known.get(issue) or Again(connection=connection, issue=issue, why="unread", since=now)
        row.due_at = now + min(_FIRST_WAIT * 2 ** min(row.tries, 10), _LONGEST_WAIT)
        row.tries, row.problem = row.tries + 1, problem
        row.save()


def unread(connection: Connection) -> list[Again]:
    """What could not be read, by id, with the reasons."""
    return list(connection.again.exclude(problem="").order_by("issue"))
