"""`/jobs`: what is done in the background, how far it is, and what went wrong."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from ninja import Path, Query, Router, Schema

from sojourn.api.bodies import expect_none
from sojourn.api.errors import Problem
from sojourn.api.security import need
from sojourn.errors import UserError
from sojourn.jobs import queue, shown
from sojourn.jobs.models import Job

router = Router(tags=["jobs"])
_LARGEST = (1 << 63) - 1
Number = Annotated[int, Path(ge=1, le=_LARGEST)]


class JobOut(Schema):
    """A job. `rate_per_s` and `left_s` are null where nothing can be said; `attempts` counts since it got further."""

    number: int
    kind: str
    state: str
    arguments: dict[str, Any]
    key: str | None
    asked_by: str
    asked_at: str
    begun_at: str | None
    saved_at: str | None
    ended_at: str | None
    cancel_asked: bool
    done: int
    total: int | None
    line: str
    rate_per_s: float | None
    left_s: int | None
    attempts: int
    problem: str


class LogLineOut(Schema):
    """A line of a job's log."""

    at: str
    level: str
    text: str


class JobWithLog(JobOut):
    """A job with its log."""

    log: list[LogLineOut]


class JobsOut(Schema):
    """Jobs, and the address of those before them; null where there are none."""

    jobs: list[JobOut]
    next: str | None


@router.get(
    "", auth=need("read", "administration"), response=JobsOut, operation_id="jobs", summary="The jobs", url_name="jobs"
)
def listed(
    request: HttpRequest,
    state: str = "",
    kind: str = "",
    before: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """The newest first. `state` is queued, running, finished, failed or cancelled; `before` is a job's number."""
    found = list(shown.listed(state, kind, before)[: limit + 1])
    following = None
    if len(found) > limit:
        given: dict[str, str | int] = {"state": state, "kind": kind, "before": found[limit - 1].pk, "limit": limit}
        asked = urlencode({name: value for name, value in given.items() if value})
        following = f"{reverse('api-v1:jobs')}?{asked}"
    return {"jobs": [shown.as_json(job) for job in found[:limit]], "next": following}


@router.get("/{number}", auth=need("read", "administration"), response=JobWithLog, operation_id="job", summary="A job")
def shown_one(request: HttpRequest, number: Number) -> dict[str, Any]:
    """A job with its log."""
    job = _find(number)
    return {**shown.as_json(job), "log": shown.log_of(job)}


@router.post(
    "/{number}/cancel",
    auth=need("write", "administration"),
    response=JobOut,
    operation_id="cancel-job",
    summary="Cancel a job",
)
def cancel(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Ask that a job ends: one that runs does so at its next step. 409 where it has ended."""
    return _change(request, number, queue.cancel)


@router.post(
    "/{number}/retry",
    auth=need("write", "administration"),
    response=JobOut,
    operation_id="retry-job",
    summary="Retry a job",
)
def retry(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Begin a job that failed or was cancelled once more, where it was. 409 where it did not fail."""
    return _change(request, number, queue.retry)


def _change(request: HttpRequest, number: int, change: Callable[[int, datetime, str], Job]) -> dict[str, Any]:
    """A job after a change; raises Problem 404 where there is none, 409 where it cannot be changed so."""
    expect_none(request)
    _find(number)
    try:
        return shown.as_json(change(number, timezone.now(), request.user.get_username()))
    except UserError as error:
        raise Problem(409, str(error), "number") from None


def _find(number: int) -> Job:
    try:
        return shown.find(number)
    except UserError as error:
        raise Problem(404, str(error), "number") from None
