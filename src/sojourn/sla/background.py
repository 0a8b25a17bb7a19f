"""Jobs that count a definition anew over all work items, with progress; they can be cancelled and resumed."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import task

from sojourn.core.sla.parse import read_policy
from sojourn.history.models import Issue
from sojourn.jobs import queue
from sojourn.jobs.models import Job, State
from sojourn.jobs.run import Run
from sojourn.sla.differences import Difference
from sojourn.sla.models import Clock, Definition
from sojourn.sla.recount import renew
from sojourn.sla.resolve import other_slas
from sojourn.sla.rules import in_force
from sojourn.sla.storing import last_of_step

STEP = 1 << 14
KEY = "sla "
"""How the keys of these jobs begin; then comes the number of the SLA."""


def ask(definition: Definition, why: str, *, now: datetime, by: str, only_open: bool = False) -> Job:
    """Ask for a definition to be counted anew over all work items, or those with a clock that is not finished."""
    arguments = {"definition": definition.pk, "why": why, "only_open": only_open}
    key = f"{KEY}{definition.pk}{' open' if only_open else ''}"
    # One that runs has counted some work items already, by the rules of before.
    is_running = Job.objects.filter(key=key, state=State.RUNNING).exists()
    return queue.ask(recount, arguments, now=now, key=None if is_running else key, by=by)


@task(takes_context=True)  # type: ignore[arg-type]  # jobs hand in a Run
def recount(context: Run, definition: int, why: str, only_open: bool) -> None:
    """Count a definition anew, step by step."""
    found = in_force(Definition.objects.filter(pk=definition))
    if not found:
        context.log("The SLA is not published, or was switched off or removed since.")
        return
    issues = _issues(found[0], only_open=only_open)
    place = context.cursor or {"after": 0, "changed": 0, "verdicts": []}
    if context.total is None:
        context.total = issues.count()
    told = Difference(changed=place["changed"], verdicts={(one, other): many for one, other, many in place["verdicts"]})
    while (last := last_of_step(issues, place["after"], STEP)) is not None:
        with context.step():
            some = issues.filter(pk__gt=place["after"], pk__lte=last)
            renew(some, found[0], round(context.now().timestamp() * 1000), why, told)
            place = {
                "after": last,
                "changed": told.changed,
                "verdicts": [[*words, many] for words, many in told.verdicts.items()],
            }
            context.cursor, context.line = place, str(told)
            context.done = min(context.done + STEP, context.total)
    Definition.objects.filter(pk=definition).update(problem="")
    for other in _listeners(definition):
        ask(other, f"sla:{definition} was counted anew", now=context.now(), by="SLAs", only_open=only_open)


def _issues(definition: Definition, *, only_open: bool) -> QuerySet[Issue]:
    found = Issue.objects.filter(deleted_ms=None).order_by("pk")
    if definition.site_id is not None:
        found = found.filter(site=definition.site_id)
    if only_open:
        found = found.filter(pk__in=Clock.objects.filter(definition=definition, end_ms=None).values("issue"))
    return found


def on_calendars_changed(names: Sequence[str]) -> None:
    """Count the open clocks anew that are measured by a calendar that was saved (docs/semantics.md 30)."""
    why = f"the calendar {', '.join(sorted(names))} was changed"
    for definition in in_force():
        if _uses(definition, set(names)):
            ask(definition, why, now=timezone.now(), by="calendars", only_open=True)


def _uses(definition: Definition, calendars: set[str]) -> bool:
    """Whether some version that was published, and may still decide for old cycles, is measured by a calendar."""
    for version in definition.versions.exclude(published_ms=None):
        goals = read_policy(version.policy).goals
        if any(goal.calendar in calendars or goal.calendar_field for goal in goals):
            return True
    return False


def _listeners(definition: int) -> list[Definition]:
    """The SLAs that listen to what one does."""
    found = [(one, one.published) for one in in_force()]
    return [one for one, version in found if version and definition in other_slas(read_policy(version.policy))]
