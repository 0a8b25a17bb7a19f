"""Counting anew: as histories change, and as rules do. Earlier clocks stay readable as revisions."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from sojourn.errors import UserError
from sojourn.history.models import Issue
from sojourn.jql.idset import OneOf
from sojourn.sla.clocks import count
from sojourn.sla.differences import Difference, compared, stored, told
from sojourn.sla.models import Clock, Definition, Revision
from sojourn.sla.noting import note
from sojourn.sla.rules import in_force
from sojourn.sla.storing import store

log = logging.getLogger(__name__)


def now_ms() -> int:
    """The machine's clock: histories and calendars that change say not when they are asked about."""
    return round(timezone.now().timestamp() * 1000)


def on_issue_written(issues: Sequence[int], *, gone: bool = False, **_: Any) -> None:
    """Count the clocks of work items that were written, in the transaction that wrote them.

    A definition that cannot be counted is left out, and says why: it keeps no history from being stored.
    """
    if gone:
        Clock.objects.filter(OneOf(np.array(issues, dtype=np.int64), "issue_id")).delete()
        return
    definitions = in_force()
    if not definitions or not issues:
        return
    as_of_ms = now_ms()
    written = Issue.objects.filter(OneOf(np.array(issues, dtype=np.int64)))
    try:
        _live(written, definitions, as_of_ms)
    except UserError:
        for one in definitions:
            try:
                _live(written, [one], as_of_ms)
            except UserError as error:
                log.warning("SLA %s: %s", one.pk, error)
                Definition.objects.filter(pk=one.pk).update(problem=str(error))


def _live(issues: QuerySet[Issue], definitions: Sequence[Definition], as_of_ms: int) -> None:
    with transaction.atomic():
        for some in count(issues, definitions, as_of_ms):
            note(some, as_of_ms)
            store(some, as_of_ms)


def renew(
    issues: QuerySet[Issue], definition: Definition, as_of_ms: int, why: str, into: Difference | None = None
) -> Difference:
    """Count clocks anew under the rules of now; what was shown otherwise is kept as revisions. Adds up what changes.

    What happened to them before is not told again. Errors as of `count`.
    """
    into = into or Difference()
    for some in count(issues, [definition], as_of_ms):
        looked_at = some[0].slice_issues if some else np.zeros(0, dtype=np.int64)
        with transaction.atomic():
            before = stored(definition.pk, looked_at, as_of_ms)
            changed = compared(before, told(some), into)
            into.looked_at += len(looked_at)
            Revision.objects.bulk_create(
                [
                    Revision(
                        issue_id=one.row.issue_id,
                        definition=definition,
                        version_id=one.row.version_id,
                        counted_ms=one.row.counted_ms,
                        replaced_ms=as_of_ms,
                        why=why,
                        clocks=one.row.clocks,
                        calendars=one.row.calendars,
                    )
                    for one in changed
                    if one.row
                ],
                batch_size=500,
            )
            store(some, as_of_ms)
    return into
