"""The work items that rows of another table belong to, asked for as each database answers it fast."""

from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet


def owners(rows: QuerySet[Any]) -> Q:
    """Work items to which one of the rows belongs, for `Issue.objects.filter`: true or false, never unknown.

    SQLite begins with the rows only where IN asks for them. For PostgreSQL both forms are one join, but a list behind
    NOT IN that it thinks too long for its memory is read again for each work item.
    """
    if connection.vendor == "postgresql":
        return Q(Exists(rows.filter(issue=OuterRef("pk"))))
    return Q(pk__in=rows.values("issue"))
