"""Jobs and their logs; workers and loops as they were last seen."""

from typing import Any

from django.db import models
from django_tasks_db.models import DBTaskResult


class State(models.TextChoices):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (State.QUEUED, State.RUNNING)


class Job(models.Model):
    """Something to be done in the background, and how far it is.

    `task` is its entry in the queue of django-tasks: the function, the arguments, when it may begin, who tried it. Only
    `jobs.queue` changes the state of either, and always of both in one transaction.
    """

    # The deletion of one is the deletion of both.
    task: "models.OneToOneField[DBTaskResult[Any, Any], DBTaskResult[Any, Any]]" = models.OneToOneField(
        DBTaskResult, on_delete=models.CASCADE, related_name="job"
    )
    kind = models.CharField(max_length=100)
    # Of the jobs of one key, one is unfinished at most.
    key = models.CharField(max_length=255, null=True)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    asked_by = models.CharField(max_length=255)
    asked_at = models.DateTimeField()
    cancel_asked = models.BooleanField(default=False)

    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    line = models.TextField(default="")
    # Where the function goes on: its own words, saved with its rows.
    cursor = models.JSONField(null=True)

    # The one beginning of the job that may write; empty while it does not run. It holds until the lease is over.
    claim = models.CharField(max_length=32, default="")
    lease_until = models.DateTimeField(null=True)
    # How often it was begun since it last got further.
    attempts = models.SmallIntegerField(default=0)
    begun_at = models.DateTimeField(null=True)
    begun_done = models.BigIntegerField(default=0)
    saved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    problem = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(state__in=UNFINISHED), name="job_one_unfinished_of_a_key"
            )
        ]
        indexes = [models.Index(fields=["state", "lease_until"])]

    @property
    def arguments(self) -> dict[str, Any]:
        """What the function is called with."""
        found: dict[str, Any] = self.task.args_kwargs["kwargs"]
        return found

    @property
    def rate(self) -> float | None:
        """What was done per second since it was last begun; None where nothing can be said."""
        if self.begun_at is None or self.saved_at is None or self.saved_at <= self.begun_at:
            return None
        return (self.done - self.begun_done) / (self.saved_at - self.begun_at).total_seconds()

    @property
    def left_s(self) -> float | None:
        """The seconds it will take at that rate; None where nothing can be said."""
        if self.state != State.RUNNING or self.total is None or not self.rate or self.rate < 0:
            return None
        return max(self.total - self.done, 0) / self.rate


class LogLine(models.Model):
    """One line of a job's log."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    level = models.CharField(max_length=7)
    text = models.TextField()


class WorkerState(models.Model):
    """A worker, and when it was last seen alive."""

    name = models.CharField(max_length=64, unique=True)
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class LoopState(models.Model):
    """What became of a loop, over all workers. The instants of turns serve loops of which one worker takes a turn."""

    name = models.CharField(max_length=64, unique=True)
    runs = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)
    run_at = models.DateTimeField(null=True)
    success_at = models.DateTimeField(null=True)
    problem = models.TextField(default="")

    due_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=64, default="")
    lease_until = models.DateTimeField(null=True)
