"""Jobs as people and programs see them."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from sojourn.errors import Refused, UserError
from sojourn.jobs.models import Job, State


def listed(state: str = "", kind: str = "", before: int | None = None) -> QuerySet[Job]:
    """The jobs of a state and a kind, the newest first, from below a number on; raises Refused for no such state."""
    if state and state not in State.values:
        raise Refused("state", f"{state!r:.40} is not one of {', '.join(State.values)}")
    wanted = {name: value for name, value in {"state": state, "kind": kind}.items() if value}
    found = Job.objects.select_related("task").filter(**wanted).order_by("-pk")
    return found if before is None else found.filter(pk__lt=before)


def find(number: int) -> Job:
    """The job of a number; raises UserError where there is none."""
    found = Job.objects.select_related("task").filter(pk=number).first()
    if found is None:
        raise UserError(f"There is no job {number}. `sojourn jobs list` shows those there are.")
    return found


def as_json(job: Job) -> dict[str, Any]:
    """A job, its instants in ISO 8601 and UTC; `rate_per_s` and `left_s` are null where nothing can be said."""
    return {
        "number": job.pk,
        "kind": job.kind,
        "state": job.state,
        "arguments": job.arguments,
        "key": job.key,
        "asked_by": job.asked_by,
        **{name: instant(getattr(job, name)) for name in ("asked_at", "begun_at", "saved_at", "ended_at")},
        "cancel_asked": job.cancel_asked,
        "done": job.done,
        "total": job.total,
        "line": job.line,
        "rate_per_s": None if job.rate is None else round(job.rate, 3),
        "left_s": None if job.left_s is None else round(job.left_s),
        "attempts": job.attempts,
        "problem": job.problem,
    }


def log_of(job: Job) -> list[dict[str, Any]]:
    """The lines of a job's log, the first one first."""
    return [{"at": instant(one.at), "level": one.level, "text": one.text} for one in job.log.order_by("pk")]


def progress(job: Job) -> str:
    """How far a job is, for people: `1,200 of 20,000, 310/s, 1:01 left: Reading ABC`."""
    counted = job.done or job.total is not None
    parts = [f"{job.done:,}" + ("" if job.total is None else f" of {job.total:,}")] if counted else []
    parts += [] if job.rate is None or not counted else [f"{job.rate:,.0f}/s"]
    if job.left_s is not None:
        parts.append(f"{int(job.left_s) // 60}:{int(job.left_s) % 60:02} left")
    return ": ".join(text for text in (", ".join(parts), job.line) if text)


def instant(at: datetime | None) -> str | None:
    """An instant as text, `2024-01-31T09:00:00.000Z`."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
