"""A worker's steps, taken one by one under a clock that is set by hand."""

from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from sojourn.history.models import Site
from sojourn.jobs import queue
from sojourn.jobs.loops import Turn
from sojourn.jobs.models import Job
from sojourn.jobs.perform import work_off
from sojourn.jobs.run import Run

START = datetime(2024, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=30)


class Clock:
    """An instant that moves when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **given: int) -> None:
        self.now += timedelta(**given)


def turn(clock: Clock, worker: str = "w1", stopping: Event | None = None) -> Turn:
    return Turn(worker, clock, stopping or Event(), LEASE)


def ask(function: Any, clock: Clock, **arguments: Any) -> Job:
    return queue.ask(function, arguments, now=clock(), by="ann")


def work(clock: Clock) -> int:
    """Run what is ready; the answer is how many jobs were begun."""
    begun = 0
    while work_off(turn(clock)):
        begun += 1
    return begun


def seen(job: Job) -> Job:
    return Job.objects.select_related("task").get(pk=job.pk)


def rows(tag: str = "row") -> list[str]:
    return sorted(Site.objects.filter(name__startswith=f"{tag} ").values_list("name", flat=True))


def texts(job: Job) -> list[str]:
    return list(job.log.order_by("pk").values_list("text", flat=True))


def begun_by(worker: str, clock: Clock, stopping: Event | None = None) -> Run:
    """The next job, as a worker begins it."""
    job = queue.claim(worker, clock(), LEASE)
    assert job is not None
    return Run(job, clock, stopping or Event())
