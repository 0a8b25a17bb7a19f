"""Watching: clocks whose due instant has come are counted anew, and what happened to them is kept (semantics 32)."""

from collections.abc import Sequence

from django.db import connection, transaction

from sojourn.errors import UserError
from sojourn.history.models import Issue
from sojourn.sla.clocks import count
from sojourn.sla.models import Clock, Definition
from sojourn.sla.noting import note
from sojourn.sla.rules import in_force
from sojourn.sla.storing import store

AT_ONCE = 1_000
AGAIN_MS = 3_600_000
"""A definition that cannot be counted is tried again so much later."""


def watch(as_of_ms: int, most: int = AT_ONCE) -> int:
    """Count the clocks that are due, the longest due first, at most so many; returns how many there were.

    Of several workers on PostgreSQL each takes others.
    """
    if not due(as_of_ms, 1):  # asked every second: look before locking
        return 0
    with transaction.atomic():
        taken = due(as_of_ms, most, lock=True)
        by_definition: dict[int, list[int]] = {}
        for _, issue, definition in taken:
            by_definition.setdefault(definition, []).append(issue)
        for definition, issues in by_definition.items():
            _count(Definition.objects.get(pk=definition), issues, as_of_ms)
        left = Clock.objects.filter(pk__in=[pk for pk, *_ in taken], due_ms__lte=as_of_ms)
        left.update(due_ms=None)  # of work items that are gone, of definitions that count no more
    return len(taken)


def due(as_of_ms: int, most: int, *, lock: bool = False) -> Sequence[tuple[int, int, int]]:
    """The clocks that are due: their numbers, work items and definitions."""
    found = Clock.objects.filter(due_ms__lte=as_of_ms).order_by("due_ms")
    if lock and connection.vendor == "postgresql":
        found = found.select_for_update(skip_locked=True)
    return list(found.values_list("pk", "issue_id", "definition_id")[:most])


def _count(definition: Definition, issues: list[int], as_of_ms: int) -> None:
    live = in_force([definition])
    if not live:
        return
    try:
        for some in count(Issue.objects.filter(pk__in=issues), live, as_of_ms):
            note(some, as_of_ms)
            store(some, as_of_ms)
    except UserError as error:
        Definition.objects.filter(pk=definition.pk).update(problem=str(error))
        mine = Clock.objects.filter(definition=definition, issue__in=issues, due_ms__lte=as_of_ms)
        mine.update(due_ms=as_of_ms + AGAIN_MS)
