"""Every change of a job's state: asked for, begun, put back, ended, cancelled, asked for again.

A beginning of a job has a claim of its own. Whatever a worker writes for a job is written only where its claim still
holds, in the same transaction; so one that was taken for dead and comes back writes nothing.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django_tasks import TaskResultStatus
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from sojourn.errors import UserError
from sojourn.jobs.models import UNFINISHED, Job, LogLine, State

MOST_ATTEMPTS = 5
"""How often a job is begun without getting any further before it has failed."""

_FIRST_WAIT = timedelta(seconds=5)
_ENTRY = {
    State.QUEUED: TaskResultStatus.READY,
    State.RUNNING: TaskResultStatus.RUNNING,
    State.FINISHED: TaskResultStatus.SUCCESSFUL,
    State.FAILED: TaskResultStatus.FAILED,
    State.CANCELLED: TaskResultStatus.FAILED,
}


def ask(
    function: Task[..., Any],
    arguments: Mapping[str, Any],
    *,
    now: datetime,
    key: str | None = None,
    by: str = "",
    after: datetime | None = None,
) -> Job:
    """Ask for a job, to begin no earlier than `after`; the answer is the unfinished job of that key if there is one.

    Call it in the transaction that makes the job needed: both hold, or neither.
    """
    unfinished = Job.objects.filter(key=key, state__in=UNFINISHED)
    if key is not None and (found := unfinished.first()):
        return found
    try:
        with transaction.atomic():
            entry = function.using(run_after=after or now).enqueue(**arguments)
            return Job.objects.create(task_id=entry.id, kind=function.name, key=key, asked_by=by, asked_at=now)
    except IntegrityError:
        if key is None or (found := unfinished.first()) is None:
            raise
        return found


def claim(worker: str, now: datetime, lease: timedelta, number: int | None = None) -> Job | None:
    """Begin the next job that is ready, or the one of a number, for a lease; None where none is.

    Of many workers, each gets another job.
    """
    ready = DBTaskResult.objects.filter(run_after__lte=now, status=TaskResultStatus.READY, job__state=State.QUEUED)
    ready = ready if number is None else ready.filter(job=number)
    if not ready.exists():  # asked every second: look before locking
        return None
    with transaction.atomic():
        entry = ready.get_locked()
        if entry is None:
            return None
        entry.claim(worker)
        job = Job.objects.select_related("task").get(task=entry)
        job.state, job.claim, job.lease_until = State.RUNNING, uuid.uuid4().hex, now + lease
        job.attempts += 1
        job.begun_at, job.begun_done, job.saved_at = now, job.done, None
        job.save()
    return job


def renew(claims: list[str], now: datetime, lease: timedelta) -> None:
    """Hold claims for a lease more."""
    Job.objects.filter(claim__in=claims, state=State.RUNNING).update(lease_until=now + lease)


def take_back(now: datetime, *, everything: bool = False) -> None:
    """Put back the jobs whose worker was lost: those with a lease that is over, or all that run."""
    lost = Q(state=State.RUNNING) if everything else Q(state=State.RUNNING, lease_until__lte=now)
    if not Job.objects.filter(lost).exists():  # as above
        return
    with transaction.atomic():
        for job in Job.objects.select_for_update(skip_locked=True).filter(lost):
            _note(job, now, "WARNING", "Its worker was lost.")
            again = job.attempts < MOST_ATTEMPTS or job.cancel_asked
            problem = f"its worker was lost {job.attempts} times and it got no further; see what the worker logs"
            _settle(job, State.QUEUED if again else State.FAILED, now, problem="" if again else problem)


def put_back(number: int, claim: str, now: datetime, until: datetime | None = None) -> None:
    """Let others go on with a job, from `until` on; this beginning does not count as an attempt."""
    with transaction.atomic():
        job = _held(number, claim)
        if job is not None:
            job.attempts -= 1
            _settle(job, State.QUEUED, now, after=until)


def try_again(number: int, claim: str, now: datetime, problem: str) -> None:
    """Note that a beginning failed for a reason that may pass; it is begun again later, or has failed for good."""
    with transaction.atomic():
        job = _held(number, claim)
        if job is None:
            return
        _note(job, now, "ERROR", problem)
        if job.attempts < MOST_ATTEMPTS:
            _settle(job, State.QUEUED, now, after=now + _FIRST_WAIT * 4 ** (job.attempts - 1))
        else:
            _settle(job, State.FAILED, now, problem=problem)


def end(number: int, claim: str, now: datetime, state: State, problem: str = "") -> None:
    """End a job as finished, failed with a problem, or cancelled."""
    with transaction.atomic():
        job = _held(number, claim)
        if job is not None:
            if problem:
                _note(job, now, "ERROR", problem)
            _settle(job, state, now, problem=problem)


def cancel(number: int, now: datetime, by: str) -> Job:
    """Ask that a job ends: one that runs does so at its next step; for one that has failed, nobody waits any more.

    Raises UserError where there is none, or it has ended.
    """
    with transaction.atomic():
        job = _locked(number)
        if job.state in (State.FINISHED, State.CANCELLED):
            raise UserError(f"Job {number} is {job.state}; there is nothing to cancel.")
        _note(job, now, "INFO", f"Cancelled by {by}.")
        job.cancel_asked = True
        if job.state == State.RUNNING:
            job.save()
        else:
            _settle(job, State.CANCELLED, now, problem=job.problem)
    return job


def retry(number: int, now: datetime, by: str) -> Job:
    """Queue a job that failed or was cancelled once more; it goes on where it was.

    Raises UserError where there is none, it did not fail, or another job does the same now.
    """
    with transaction.atomic():
        job = _locked(number)
        if job.state not in (State.FAILED, State.CANCELLED):
            raise UserError(f"Job {number} is {job.state}; only one that failed or was cancelled can be tried again.")
        other = Job.objects.filter(key=job.key, state__in=UNFINISHED).first() if job.key is not None else None
        if other is not None:
            raise UserError(f"Job {other.pk} does the same already; see `sojourn jobs show {other.pk}`.")
        _note(job, now, "INFO", f"Asked for again by {by}.")
        job.cancel_asked, job.attempts, job.ended_at = False, 0, None
        _settle(job, State.QUEUED, now)
    return job


def prune(before: datetime, states: Sequence[State] = tuple(State)) -> int:
    """Delete the jobs that ended before an instant, in those states, with their logs; the answer is how many."""
    gone = DBTaskResult.objects.filter(job__ended_at__lt=before, job__state__in=states)
    return gone.delete()[1].get(Job._meta.label, 0)


def _held(number: int, claim: str) -> Job | None:
    """A job where a claim on it still holds, locked."""
    return Job.objects.select_for_update().filter(pk=number, claim=claim, state=State.RUNNING).first()


def _locked(number: int) -> Job:
    job = Job.objects.select_for_update().filter(pk=number).first()
    if job is None:
        raise UserError(f"There is no job {number}. `sojourn jobs list` shows those there are.")
    return job


def _settle(job: Job, state: State, now: datetime, *, problem: str = "", after: datetime | None = None) -> None:
    """Set a job, which is locked, and its entry to a state in which it does not run."""
    if state == State.QUEUED and job.cancel_asked:
        state = State.CANCELLED
    job.state, job.claim, job.lease_until, job.problem = state, "", None, problem
    entry: QuerySet[DBTaskResult[Any, Any]] = DBTaskResult.objects.filter(pk=job.task_id)
    if state == State.QUEUED:
        entry.update(status=_ENTRY[state], run_after=after or now)
    else:
        job.ended_at = now
        entry.update(status=_ENTRY[state], finished_at=now)
    job.save()


def _note(job: Job, now: datetime, level: str, text: str) -> None:
    LogLine.objects.create(job=job, at=now, level=level, text=text)
