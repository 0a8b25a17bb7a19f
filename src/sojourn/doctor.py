"""What may be wrong with an installation, checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import F, Min, Q

from sojourn import sealed
from sojourn.calendars import store
from sojourn.core.flags import Flag
from sojourn.history.models import Issue, Timeline
from sojourn.home import KEY_FILE
from sojourn.jira import health as jira_health
from sojourn.jira.models import Connection
from sojourn.jobs import health
from sojourn.jobs.models import LoopState

_PATIENCE = timedelta(minutes=5)
_START = "start `sojourn serve` or `sojourn worker`"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, whether it is well, and what was seen."""

    name: str
    ok: bool
    message: str


def checks(now: datetime) -> Iterator[Check]:
    """Everything there is to check, in order."""
    yield _store()
    yield _secret_key(settings.SOJOURN_HOME / KEY_FILE)
    yield from _histories()
    yield from _holidays(now.date())
    yield from _secrets()
    yield _worker(now)
    yield from _jobs(now)
    yield from _loops()
    yield from _connections(now)


def _store() -> Check:
    count = Issue.objects.filter(deleted_ms=None).count()
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.vendor, connection.vendor)
    return Check("store", True, f"{kind} with {count:,} work items")


def _secret_key(path: Path) -> Check:
    if settings.VALUES["SECRET_KEY"] or not path.exists():
        return Check("secret key", True, "comes from the environment")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return Check("secret key", False, f"{path} can be read by others; run chmod 600 {path}")
    return Check("secret key", True, f"{path} is readable by its owner only")


def _histories() -> Iterator[Check]:
    """How many histories are in doubt, by what is doubtful (docs/semantics.md 5)."""
    for flag in Flag:
        found = Q(doubt__gt=0)
        items = Issue.objects.annotate(doubt=F("flags").bitand(flag)).filter(found).count()
        lines = Timeline.objects.annotate(doubt=F("flags").bitand(flag)).filter(found).count()
        if items or lines:
            name = (flag.name or "").lower()
            yield Check(
                "histories",
                flag is not Flag.HISTORY_INCOMPLETE,
                f"{items + lines:,} with {name}; reports show the flag",
            )


def _holidays(today: date) -> Iterator[Check]:
    oldest_ms = Issue.objects.aggregate(oldest=Min("created_ms"))["oldest"]
    oldest = date.max if oldest_ms is None else datetime.fromtimestamp(oldest_ms / 1000, UTC).date()
    for name, first, last in store.reach_of_holidays():
        late = int(first[:4]) > oldest.year
        soon = date.fromisoformat(last) < today + timedelta(days=31)
        advice = "; import more years with sojourn calendar import-holidays, or add some" if soon or late else ""
        before = f", and work items go back to {oldest}" if late else ""
        yield Check("holidays", not (soon or late), f"those of {name} reach from {first} to {last}{before}{advice}")


def _secrets() -> Iterator[Check]:
    total, lost = sealed.count()
    if total:
        problem = (
            f"{lost} of {total} cannot be opened: put the key before into SECRET_KEY_FALLBACKS, or enter them anew"
        )
        yield Check("secrets", not lost, problem if lost else f"{total}, sealed with keys that are known")


def _worker(now: datetime) -> Check:
    """Whether one is alive; none is needed while nothing waits."""
    alive, seen = health.workers(now).count(), health.last_seen(now)
    if alive:
        return Check("worker", True, f"{alive} alive")
    when = f"none is alive, one was last seen at {seen:%Y-%m-%d %H:%M} UTC" if seen else "none was seen yet"
    late = health.waiting(now) > _PATIENCE or health.overdue(now, _PATIENCE).exists()
    return Check("worker", not late, f"{when}; {f'work waits: {_START}' if late else _START}")


def _jobs(now: datetime) -> Iterator[Check]:
    waits = health.waiting(now)
    if waits > _PATIENCE:
        minutes = int(waits.total_seconds() // 60)
        yield Check("jobs", False, f"one waits for {minutes} minutes; see sojourn jobs list --state queued")
    failed = list(health.failed()[:100])
    if failed:
        number = failed[0].pk
        more = f"{len(failed)} failed" if len(failed) < 100 else "100 or more failed"
        advice = f"sojourn jobs show {number}, and then jobs retry {number} or jobs cancel {number}"
        yield Check("jobs", False, f"{more}, the last one: {failed[0].kind}: {failed[0].problem}; see {advice}")


def _loops() -> Iterator[Check]:
    for loop in LoopState.objects.exclude(problem="").order_by("name"):
        yield Check("loops", False, f"{loop.name}: {loop.problem}")


def _connections(now: datetime) -> Iterator[Check]:
    problems = list(jira_health.problems(now))
    for name, problem in problems:
        yield Check("connections", False, f"{name}: {problem}")
    count = Connection.objects.count()
    if count and not problems:
        yield Check("connections", True, f"{count}, all in step")
