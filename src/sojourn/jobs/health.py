"""How the background is: what waits, what failed, who works. For `/metrics` and `sojourn doctor`."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from prometheus_client import Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

from sojourn.jobs.models import Job, LoopState, State, WorkerState
from sojourn.jobs.worker import LEASE


def workers(now: datetime) -> QuerySet[WorkerState]:
    """The workers that are alive."""
    return WorkerState.objects.filter(ended_at=None, seen_at__gt=now - LEASE)


def last_seen(now: datetime) -> datetime | None:
    """When a worker was last seen; None where none was within a day of the last one's start."""
    found = WorkerState.objects.filter(seen_at__lte=now).order_by("-seen_at").first()
    return found.seen_at if found else None


def waiting(now: datetime) -> timedelta:
    """How long the job that waits longest could have begun already; zero where none waits."""
    ready = Job.objects.filter(state=State.QUEUED, task__run_after__lte=now)
    oldest = ready.aggregate(oldest=Min("task__run_after"))["oldest"]
    return now - oldest if oldest else timedelta()


def failed() -> QuerySet[Job]:
    """The jobs that failed, the newest first, without those whose key was seen to since by a job that did not fail."""
    later = Job.objects.filter(key=OuterRef("key"), pk__gt=OuterRef("pk")).exclude(state=State.FAILED)
    return Job.objects.filter(~Exists(later), state=State.FAILED).order_by("-pk")


def overdue(now: datetime, by: timedelta) -> QuerySet[LoopState]:
    """The shared loops whose turn nobody took though it was due so long ago."""
    taken = Q(lease_until__gt=now)
    return LoopState.objects.filter(~taken, due_at__lt=now - by).order_by("name")


def metrics(now: datetime) -> Iterator[Metric]:
    """What Prometheus is told of jobs, loops and workers."""
    jobs = GaugeMetricFamily("sojourn_jobs", "Jobs, by kind and state.", labels=("kind", "state"))
    for kind, state, number in Job.objects.order_by().values_list("kind", "state").annotate(Count("pk")):
        jobs.add_metric((kind, state), number)
    yield jobs
    yield GaugeMetricFamily(
        "sojourn_jobs_waiting_seconds", "How long the job that waits longest waits.", waiting(now).total_seconds()
    )
    yield GaugeMetricFamily("sojourn_workers", "Workers that are alive.", workers(now).count())
    yield from _loops()


def _loops() -> Iterator[Metric]:
    runs = CounterMetricFamily("sojourn_loop_runs", "Steps a loop took.", labels=("loop",))
    failures = CounterMetricFamily("sojourn_loop_failures", "Steps of a loop that failed.", labels=("loop",))
    success = GaugeMetricFamily(
        "sojourn_loop_last_success_timestamp_seconds",
        "When a loop last took a step that did not fail.",
        labels=("loop",),
    )
    for loop in LoopState.objects.order_by("name"):
        runs.add_metric((loop.name,), loop.runs)
        failures.add_metric((loop.name,), loop.failures)
        if loop.success_at is not None:
            success.add_metric((loop.name,), loop.success_at.timestamp())
    yield from (runs, failures, success)
