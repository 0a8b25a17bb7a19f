"""What people do to the clock of one work item: reset it, extend its deadline, and undo either (semantics 25, 27, 30).

Each is kept with who, when and why; the clock is counted anew in the same transaction.
"""

from typing import Any, get_args

from django.db import transaction

from sojourn.core.duration_parse import parse_duration
from sojourn.core.sla.clock import State
from sojourn.core.sla.policy import OnFinished, ResetKind
from sojourn.errors import Refused, UserError
from sojourn.history.models import Issue
from sojourn.sla.clocks import show
from sojourn.sla.differences import Difference
from sojourn.sla.models import Change, Definition, Extension, Happening, Reset
from sojourn.sla.recount import renew
from sojourn.sla.rules import in_force

_LONGEST_MS = 100 * 366 * 86_400_000


def reset(
    issue: Issue,
    definition: Definition,
    *,
    now_ms: int,
    who: str,
    why: str,
    at_ms: int | None = None,
    kind: ResetKind = "restart",
    finished: OnFinished | None = None,
) -> Reset:
    """Reset a clock for an instant, now where none is given; what happens to finished cycles is said by `finished`.

    Not said, it is nothing, but on definitions of the Time to SLA services, where a reset restarts them.
    Errors: Refused for an instant in the future or before the work item was created; UserError where the SLA does not
    count.
    """
    _must_count(definition)
    at_ms = now_ms if at_ms is None else at_ms
    if not issue.created_ms <= at_ms <= now_ms:
        raise Refused("at", f"a reset is for an instant from the creation of {issue.key} until now")
    if finished is None:
        finished = "restart" if definition.published and definition.published.legacy is not None else "nothing"
    if kind not in get_args(ResetKind) or finished not in get_args(OnFinished):
        raise Refused("kind", f"a reset restarts or invalidates, not {kind!r:.40} with {finished!r:.40}")
    with transaction.atomic():
        made = Reset.objects.create(
            issue=issue,
            definition=definition,
            made_ms=now_ms,
            who=who,
            why=why,
            at_ms=at_ms,
            kind=kind,
            finished=finished,
        )
        _log("reset", made, now_ms, who, why, None, {"at_ms": at_ms, "kind": kind, "finished": finished})
        _counted(made, now_ms, f"reset by {who}")
    return made


def extend(
    issue: Issue, definition: Definition, by: int | str, *, now_ms: int, who: str, why: str, from_now: bool = False
) -> Extension:
    """Give a clock more time: after its old target, or, where `from_now`, from now on; in working time.

    `by` is in milliseconds, or words such as 1d 4h, whose days are the business days of the clock's calendar.
    Errors: Refused for a time that is none; UserError where the SLA does not count or no clock of it is open.
    """
    _must_count(definition)
    face = show(issue, definition, now_ms)
    if face is None or face.state not in (State.RUNNING, State.PAUSED):
        raise UserError(f"SLA {definition.pk} has no open clock on {issue.key} whose deadline could be extended.")
    calendar = face.rule.calendars[face.clocks[-1].calendar]
    if isinstance(by, str):
        by_ms = parse_duration(by, day_ms=calendar.business_day_ms, week_ms=calendar.business_week_ms, path="by")
    else:
        by_ms = by
    if not 0 < by_ms <= _LONGEST_MS:
        raise Refused("by", "an extension is a time above 0 and of a hundred years at most")
    basis = "now" if from_now else "target"
    before = face.clocks[-1].deadline_ms
    with transaction.atomic():
        made = Extension.objects.create(
            issue=issue, definition=definition, made_ms=now_ms, who=who, why=why, by_ms=by_ms, basis=basis
        )
        _counted(made, now_ms, f"extended by {who}")
        after = show(issue, definition, now_ms)
        told = {"by_ms": by_ms, "basis": basis, "deadline_ms": after.clocks[-1].deadline_ms if after else None}
        _log("extension", made, now_ms, who, why, {"deadline_ms": before}, told)
    return made


def undo(done: Reset | Extension, *, now_ms: int, who: str, why: str = "") -> None:
    """Undo a reset or an extension: it never was. Errors: UserError where that was done already."""
    kind = "reset" if isinstance(done, Reset) else "extension"
    with transaction.atomic():
        rows = type(done)._default_manager.filter(pk=done.pk, undone_ms=None)
        if not rows.update(undone_ms=now_ms, undone_by=who):
            raise UserError(f"The {kind} {done.pk} was undone already.")
        done.refresh_from_db()
        _log(f"{kind} undone", done, now_ms, who, why, {"made_ms": done.made_ms, "who": done.who}, None)
        _counted(done, now_ms, f"{kind} undone by {who}")


def done_to(issue: Issue, definition: Definition) -> list[Reset | Extension]:
    """What was done to a clock by hand, also what was undone, the first first."""
    mine = {"issue": issue, "definition": definition}
    found: list[Reset | Extension] = [*Reset.objects.filter(**mine), *Extension.objects.filter(**mine)]
    return sorted(found, key=lambda one: (one.made_ms, one.pk))


def _must_count(definition: Definition) -> None:
    if not in_force([definition]):
        raise UserError(f"SLA {definition.pk} is not published, or was switched off or removed.")


def _counted(done: Reset | Extension, now_ms: int, why: str) -> Difference:
    kind = "reset" if isinstance(done, Reset) else "extended"
    version = done.definition.published
    if done.undone_ms is None and version is not None:
        at_ms = done.at_ms if isinstance(done, Reset) else now_ms
        happening = Happening(
            issue=done.issue,
            definition=done.definition,
            version=version,
            kind=kind,
            start_ms=at_ms,
            at_ms=at_ms,
            noted_ms=now_ms,
        )
        Happening.objects.bulk_create([happening], ignore_conflicts=True)
    return renew(Issue.objects.filter(pk=done.issue_id), done.definition, now_ms, why)


def _log(
    what: str,
    done: Reset | Extension,
    now_ms: int,
    who: str,
    why: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    Change.objects.create(
        at_ms=now_ms,
        who=who,
        what=what,
        definition=done.definition,
        issue=done.issue,
        reason=why,
        before=before,
        after=after,
    )
