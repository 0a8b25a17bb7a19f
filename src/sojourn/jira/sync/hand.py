"""What a run of the sync has in hand, and the one way in which what it read is kept."""

import logging
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DataError, IntegrityError, ProgrammingError, transaction
from django.db.models import Q, QuerySet

from sojourn.history.models import Issue
from sojourn.history.record import IssueRecord
from sojourn.history.write import Writer
from sojourn.jira import again
from sojourn.jira.models import Connection, ProjectState
from sojourn.jira.source import JiraSource
from sojourn.jira.sync.reading import Chunk, Reading
from sojourn.jira.window import Window
from sojourn.jobs.run import PutBack, Run

_MINUTE_MS = 60_000
_AT_ONCE = 1_000
_ACCESS_ENDS = timedelta(minutes=2)
"""So long before the end of an access token a run ends, and goes on with another one."""
_UNFIT = (DataError, IntegrityError, ProgrammingError, ArithmeticError, TypeError, ValueError, struct.error)
"""What is the fault of a record; a store that is full, locked or away is not, and ends the run."""

log = logging.getLogger(__name__)


class Hand:
    """The connection, its Jira, its site, and the job that reads the one into the other."""

    def __init__(
        self, context: Run, connection: Connection, source: JiraSource, reading: Reading, writer: Writer
    ) -> None:
        self.context = context
        self.connection = connection
        self.source = source
        self.reading = reading
        self.writer = writer
        self.items = 0  # that were read in this run

    @contextmanager
    def step(self) -> Iterator[None]:
        """One transaction, kept with the job's place; raises a Stop afterwards where the run has to end."""
        with self.context.step():
            yield
            place = self.context.cursor or {}
            self.context.cursor = {**place, "steps": place.get("steps", 0) + 1}
        ends_at = self.connection.access_ends_at
        if ends_at is not None and self.context.now() > ends_at - _ACCESS_ENDS:
            raise PutBack

    def keep(self, chunk: Chunk[IssueRecord], place: Callable[[], None] = lambda: None) -> None:
        """Write what was read; in the same transaction `place` notes how far the reading is."""
        with self.step():
            problems = chunk.unread | self._write(list(chunk.records.values()))
            self.writer.remove(chunk.gone)
            now = self.context.now()
            read = [issue for issue in chunk.ids if issue not in problems]
            # What is due was named by a webhook, perhaps after it was read: it is read once more.
            self.connection.again.filter(issue__in=read, due_at__gt=now).delete()
            again.postpone(self.connection, problems, now)
            place()
        self.items += len(chunk.ids)
        for issue, problem in problems.items():
            log.warning("%s: work item %s is left out: %s", self.connection.name, issue, problem)

    def _write(self, records: list[IssueRecord]) -> dict[str, str]:
        """Write records; the answer is which of them the store does not take, and why."""
        try:
            with transaction.atomic():
                self.writer.write(records)
        except _UNFIT as error:
            if len(records) == 1:
                log.exception("work item %s", records[0].jira_id)
                return {records[0].jira_id: f"the store does not take it: {type(error).__name__}; the log says more"}
            problems: dict[str, str] = {}
            for record in records:
                problems |= self._write([record.alone()])
            return problems
        return {}

    def read(self, ids: Iterable[str]) -> int:
        """Read work items by id and keep them; the answer is how many."""
        wanted = list(ids)
        for chunk in self.reading.these(wanted):
            self.keep(chunk)
        return len(wanted)

    def there(self, window: Window, projects: Iterable[ProjectState]) -> QuerySet[Issue]:
        """The work items of projects that the store has in a window, as Jira would find them."""
        keys = [state.project for state in projects]
        found = Issue.objects.filter(
            site=self.connection.site_id, project__site=self.connection.site_id, project__jira_id__in=keys
        )
        return found.filter(_since(window), deleted_ms=None).filter(_until(window))

    def lacking(self, ids: list[str], window: Window) -> list[str]:
        """Those of some ids that a window names, and that the store has not, or has as they were before the window.

        Those that could not be read lately are not among them.
        """
        lacking = dict.fromkeys(ids)
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            there = Issue.objects.filter(site=self.connection.site_id, jira_id__in=some, deleted_ms=None)
            failing = self.connection.again.exclude(problem="").filter(issue__in=some, due_at__gt=self.context.now())
            for known in (
                *there.filter(_since(window)).values_list("jira_id", flat=True),
                *failing.values_list("issue", flat=True),
            ):
                lacking.pop(known, None)
        return list(lacking)

    def unread(self) -> int:
        """How many work items Jira has that are not here since they could not be read."""
        failing = self.connection.again.exclude(problem="").values_list("issue", flat=True)
        here = Issue.objects.filter(site=self.connection.site_id, jira_id__in=list(failing), deleted_ms=None)
        return len(failing) - here.count()


def _since(window: Window) -> Q:
    """Jira reads an edge as the minute it lies in (docs/semantics.md 34)."""
    return Q() if window.since_ms is None else Q(updated_ms__gte=window.since_ms // _MINUTE_MS * _MINUTE_MS)


def _until(window: Window) -> Q:
    return Q() if window.until_ms is None else Q(updated_ms__lt=window.until_ms // _MINUTE_MS * _MINUTE_MS)
