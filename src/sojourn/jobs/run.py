"""What a job's function has in hand while it runs: its place, its progress, its log, and when it has to stop."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from typing import Any

from django.db import transaction

from sojourn.jobs.models import Job, LogLine, State

Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


class Stop(BaseException):
    """Raised in a job's function to end it where nothing is half done. No function catches it."""


class CancelAsked(Stop):
    """Somebody cancelled the job."""


class PutBack(Stop):
    """The job goes on later: another worker takes it up, or this one from an instant on."""

    def __init__(self, until: datetime | None = None) -> None:
        super().__init__(until)
        self.until = until


class Lost(Stop):
    """Another worker has the job by now: this one was taken for dead."""


class Run:
    """One beginning of a job.

    The function sets `cursor` (JSON: where to go on; None at first), `done`, `total` and `line` as it goes. They are
    kept by `step`; after a crash the function is called again and finds them as they were kept last.
    """

    def __init__(self, job: Job, clock: Clock, stopping: Event) -> None:
        self.number = job.pk
        self.cursor: Any = job.cursor
        self.done = job.done
        self.total = job.total
        self.line = job.line
        self.now = clock
        self._claim = job.claim
        self._stopping = stopping
        self._kept = json.dumps(job.cursor)

    @contextmanager
    def step(self) -> Iterator[None]:
        """One step: the rows written in it, the cursor and the progress are kept together, or not at all.

        Raises a Stop, after they were kept, where the job has to end or another worker has it by now.
        """
        with transaction.atomic(durable=True):
            yield
            self._keep()
        self.look()

    def look(self) -> None:
        """Raise a Stop where the job has to end. For long ways between steps."""
        state = Job.objects.filter(pk=self.number, claim=self._claim).values_list("cancel_asked", flat=True).first()
        if state is None:
            raise Lost
        if state:
            raise CancelAsked
        if self._stopping.is_set():
            raise PutBack

    def log(self, text: str, level: int = logging.INFO) -> None:
        """Write a line to the job's log; one written in a step is kept with it."""
        log.log(level, "job %s: %s", self.number, text)
        LogLine.objects.create(job_id=self.number, at=self.now(), level=logging.getLevelName(level), text=text)

    def _keep(self) -> None:
        kept = json.dumps(self.cursor)
        got_further = {"attempts": 1} if kept != self._kept else {}
        mine = Job.objects.filter(pk=self.number, claim=self._claim, state=State.RUNNING)
        progress = {"cursor": self.cursor, "done": self.done, "total": self.total, "line": self.line}
        if not mine.update(saved_at=self.now(), **progress, **got_further):
            raise Lost
        self._kept = kept
