"""The clocks of work items: counted in memory, stored, and shown as of any instant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from sojourn.core.sla.advance import advanced
from sojourn.core.sla.clock import Clock as Shown
from sojourn.core.sla.clock import State
from sojourn.core.sla.conditions import Reached
from sojourn.core.sla.mapped import all_leaves
from sojourn.history.models import Issue
from sojourn.sla.counting import Counted, count
from sojourn.sla.models import Clock, Definition
from sojourn.sla.packed import clocks_of
from sojourn.sla.rules import Rule, each_once, rule
from sojourn.sla.storing import in_steps, store

__all__ = ["Counted", "Face", "count", "show", "shown", "write"]


@dataclass(frozen=True)
class Face:
    """What an SLA shows of a work item as of an instant; no clocks where nothing ever started.

    Under all cycle rules but *each* there is one clock at most. `is_replayed` is whether the history was asked: else
    the stored clock told it.
    """

    issue_id: int
    definition_id: int
    rule: Rule
    as_of_ms: int
    clocks: Sequence[Shown]
    is_replayed: bool = False

    @property
    def state(self) -> State:
        """Where the clock is."""
        return self.clocks[-1].state if self.clocks else State.NOT_STARTED


def write(issues: QuerySet[Issue], definitions: Sequence[Definition], as_of_ms: int, threads: int = 1) -> int:
    """Count the clocks of work items and store them; returns how many rows were written. Errors as of `count`."""
    return sum(
        store(parts, as_of_ms) for some in in_steps(issues) for parts in count(some, definitions, as_of_ms, threads)
    )


def show(issue: Issue, definition: Definition, as_of_ms: int, *, by_rules_of_then: bool = False) -> Face | None:
    """What an SLA shows of a work item: the stored clock as it is by then, or, of an earlier instant, a replay.

    The replay is under the rules of now, or of then. None where the SLA tells nothing of it. Errors: as of `count`.
    """
    row = Clock.objects.filter(issue=issue, definition=definition).select_related("version").first()
    if row is not None and not _is_past(row, as_of_ms):
        found = next(shown([row], as_of_ms), None)
        return found if found is None or found.clocks else None
    return _replayed(issue.pk, definition, as_of_ms, as_of_ms if by_rules_of_then else None)


def shown(rows: Iterable[Clock], as_of_ms: int) -> Iterator[Face]:
    """Stored clocks as they are by an instant: each in one look at its calendar.

    Those that the instant lies before, and those that a date started or stopped since, are replayed.
    """
    known: dict[int, Rule] = {}
    find = each_once()
    for row in rows:
        if row.version_id not in known:
            known[row.version_id] = rule(row.version, find)
        own = known[row.version_id]
        if _is_past(row, as_of_ms) or _has_come(row, own, as_of_ms):
            found = _replayed(row.issue_id, row.definition, as_of_ms)
            if found is not None:
                yield found
            continue
        stored = clocks_of(row.clocks, row.calendars)
        clocks = [advanced(one, own.policy, own.calendars, row.counted_ms, as_of_ms) for one in stored]
        yield Face(row.issue_id, row.definition_id, own, as_of_ms, clocks)


def _is_past(row: Clock, as_of_ms: int) -> bool:
    return as_of_ms < row.counted_ms


def _has_come(row: Clock, own: Rule, as_of_ms: int) -> bool:
    """Whether more than time may have happened since the clock was counted: a date that the policy waits for."""
    if row.due_ms is None or as_of_ms < row.due_ms:
        return False
    return any(isinstance(leaf, Reached) for leaf in all_leaves(own.policy))


def _replayed(issue: int, definition: Definition, as_of_ms: int, known_ms: int | None = None) -> Face | None:
    for some in count(Issue.objects.filter(pk=issue), [definition], as_of_ms, known_ms=known_ms):
        for one in some:
            if len(one.clocks):
                clocks = [one.clock(place) for place in range(len(one.clocks))]
                return Face(issue, definition.pk, one.rule, as_of_ms, clocks, is_replayed=True)
    return None
