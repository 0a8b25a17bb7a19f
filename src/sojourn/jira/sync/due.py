"""Asking for the syncs that are due: the step of a worker's loop."""

from datetime import datetime

from sojourn.jira import again, health
from sojourn.jira.models import Connection
from sojourn.jira.sync import task

_BY = "the worker"


def ask_for_due(now: datetime) -> None:
    """Ask for a sync of each connection whose interval is over and announce tokens that end.

    Where only a webhook named work items, only these are read. One whose credentials are refused is left alone.
    """
    health.announce(now.date())
    for row in Connection.objects.filter(refused=""):
        if row.due_at is None or row.due_at <= now:
            task.ask(row.name, now, by=_BY)
        elif not row.last_problem and again.is_named(row, now):
            task.ask(row.name, now, hints=True, by=_BY)
