"""Counted clocks into the store, in bulk: by plain SQL, as an import writes."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import orjson
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

from sojourn.core.sla.batch import NO_GOAL, NONE
from sojourn.core.sla.clock import State, Verdict
from sojourn.core.sla.due import NEVER_DUE
from sojourn.core.timeline import Int64Array
from sojourn.history.insert import Insert
from sojourn.history.models import Issue
from sojourn.jql.idset import OneOf
from sojourn.sla.counting import Counted
from sojourn.sla.models import Clock
from sojourn.sla.packed import packed

_COLUMNS = (
    *("issue_id", "definition_id", "version_id", "counted_ms", "state", "verdict", "goal"),
    *("start_ms", "end_ms", "deadline_ms", "due_ms", "clocks", "calendars"),
)
_UNIQUE = ("issue_id", "definition_id")
_FEW = 200
STEP = 1 << 15
"""Work items of one step of a long count."""

_CLOCK = Insert(Clock, _COLUMNS, _UNIQUE, at_once=2_000)


def in_steps(issues: QuerySet[Issue]) -> Iterator[QuerySet[Issue]]:
    """The work items in order of their numbers, some at a time.

    SQLite's log of what is written grows as long as a query that was begun before is not read to its end.
    """
    after = 0
    while (last := last_of_step(issues, after, STEP)) is not None:
        yield issues.order_by("pk").filter(pk__gt=after, pk__lte=last)
        after = last


def last_of_step(issues: QuerySet[Issue], after: int, size: int) -> int | None:
    """The last of so many work items behind one of them; None where there are none."""
    ahead = issues.order_by("pk").filter(pk__gt=after).values_list("pk", flat=True)
    return ahead[size - 1 : size].first() or ahead.last()


def store(counted: Iterable[Counted], as_of_ms: int) -> int:
    """Store the clocks of one slice of work items in one transaction; returns how many work items have some.

    What was stored of those that have none any more is removed.
    """
    written: dict[int, list[Int64Array]] = {}
    looked_at: dict[int, Int64Array] = {}
    rows = 0
    with transaction.atomic(), connection.cursor() as cursor, ThreadPoolExecutor(1) as writer:
        before: Future[None] | None = None
        for one in counted:
            number = one.definition.pk
            looked_at[number] = one.slice_issues
            written.setdefault(number, []).append(one.issues)
            made = list(_rows(one, as_of_ms))
            if before:
                before.result()
            before = writer.submit(_insert, cursor, made)  # the database writes while the next rows are made
            rows += len(made)
        if before:
            before.result()
        for number, some in written.items():
            gone = looked_at[number][~np.isin(looked_at[number], np.concatenate(some))]
            if len(gone):
                Clock.objects.filter(OneOf(gone, "issue_id"), definition=number).delete()
    return rows


_ALL = ", ".join(_COLUMNS)
_NEW = "CREATE TEMPORARY TABLE IF NOT EXISTS sla_clock_new ON COMMIT DELETE ROWS AS SELECT {} FROM sla_clock LIMIT 0"


def _insert(cursor: CursorWrapper, rows: Sequence[tuple[Any, ...]]) -> None:
    if cursor.db.vendor == "postgresql" and len(rows) > _FEW:
        _copy(cursor, rows)
        return
    _CLOCK(cursor, rows)


def _copy(cursor: CursorWrapper, rows: Sequence[tuple[Any, ...]]) -> None:
    """PostgreSQL reads rows several times as fast by COPY as it reads statements, and merges them then."""
    cursor.execute(_NEW.format(_ALL))
    with cursor.cursor.copy(f"COPY sla_clock_new ({_ALL}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    merge = f"INSERT INTO sla_clock ({_ALL}) SELECT {_ALL} FROM sla_clock_new{_CLOCK.on_conflict}"  # noqa: S608
    cursor.execute(merge)
    cursor.execute("TRUNCATE sla_clock_new")


def _rows(one: Counted, as_of_ms: int) -> Iterator[tuple[Any, ...]]:
    """The rows of the work items, those with clocks first."""
    clocks, version, definition = one.clocks, one.rule.version.pk, one.definition.pk
    names = orjson.dumps(one.rule.names).decode()
    last = np.flatnonzero(np.diff(clocks.item, append=-1))
    items = clocks.item[last]
    ours = (definition, version, as_of_ms)
    cells = (clocks.state, clocks.verdict, clocks.goal, clocks.start, clocks.end, clocks.deadline)
    shown = zip(*(column[last].tolist() for column in cells), strict=True)
    blobs = packed(clocks, one.issues)
    due = [None if at == NEVER_DUE else at for at in one.due.tolist()]
    issues = one.issues.tolist()
    for place, blob, (state, verdict, goal, start, end, deadline) in zip(items.tolist(), blobs, shown, strict=True):
        given = (state, verdict, goal, start, None if end == NONE else end, None if deadline == NONE else deadline)
        yield issues[place], *ours, *given, due[place], blob, names
    without = np.ones(len(issues), dtype=bool)
    without[items] = False
    for place in np.flatnonzero(without).tolist():
        nothing = (int(State.NOT_STARTED), int(Verdict.STILL), NO_GOAL, None, None, None)
        yield issues[place], *ours, *nothing, due[place], b"", names
