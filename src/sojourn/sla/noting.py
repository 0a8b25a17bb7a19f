"""What happened to clocks while they were watched, kept once each: started, stopped, critical, breached.

Only what is news is kept: what lies before the last count of a clock was told then, or is too old to be told.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from sojourn.core.calendar.rules import DAY
from sojourn.core.sla.batch import NONE
from sojourn.core.sla.clock import State, Verdict
from sojourn.jql.idset import OneOf
from sojourn.sla.counting import Counted
from sojourn.sla.models import Clock, Happening
from sojourn.sla.packed import clocks_of

_NEWS_MS = DAY


def note(counted: Iterable[Counted], as_of_ms: int) -> None:
    """Keep what happened to the clocks since they were stored; call it before they are stored anew."""
    news = [one for some in counted for one in _news(some, as_of_ms)]
    Happening.objects.bulk_create(news, batch_size=500, ignore_conflicts=True)


def _news(one: Counted, as_of_ms: int) -> Iterator[Happening]:
    clocks = one.clocks
    late = (clocks.verdict == Verdict.EXCEED) & (clocks.deadline != NONE)
    instants = (clocks.start, clocks.end, np.where(late, clocks.deadline, NONE))
    fresh = np.maximum.reduce(instants) > as_of_ms - _NEWS_MS
    fresh |= (clocks.state != State.FINISHED) & (clocks.critical == 1)
    places = np.flatnonzero(fresh).tolist()
    if not places:
        return
    issues = one.issues[clocks.item[places]]
    rows = Clock.objects.filter(OneOf(issues, "issue_id"), definition=one.definition)
    known = {row.issue_id: row for row in rows}
    for place, issue in zip(places, issues.tolist(), strict=True):
        clock, row = one.clock(place), known.get(issue)
        since_ms = as_of_ms - _NEWS_MS if row is None else row.counted_ms
        found = {"started": clock.start_ms, "stopped": clock.end_ms}
        if clock.verdict == Verdict.EXCEED and clock.deadline_ms is not None:
            found["breached"] = max(clock.deadline_ms, clock.start_ms)
        if clock.critical and not _was_critical(row, clock.start_ms):
            found["critical"] = as_of_ms if row is None or row.due_ms is None else min(row.due_ms, as_of_ms)
        for kind, at_ms in found.items():
            if at_ms is not None and (at_ms > since_ms or kind == "critical" or _was_due(row, at_ms)):
                yield Happening(
                    issue_id=issue,
                    definition=one.definition,
                    version=one.rule.version,
                    kind=kind,
                    start_ms=clock.start_ms,
                    at_ms=at_ms,
                    noted_ms=as_of_ms,
                )


def _was_due(row: Clock | None, at_ms: int) -> bool:
    """Whether a breach was awaited: it is due a millisecond behind the deadline."""
    return row is not None and row.due_ms is not None and at_ms == row.due_ms - 1


def _was_critical(row: Clock | None, start_ms: int) -> bool:
    if row is None or row.start_ms is None:
        return False
    return any(clock.critical and clock.start_ms == start_ms for clock in clocks_of(row.clocks, row.calendars))
