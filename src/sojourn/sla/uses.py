"""Who uses which calendar: one that an SLA needs cannot be deleted (docs/semantics.md 21)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Max, OuterRef, Subquery

from sojourn.calendars.models import StoredCalendar
from sojourn.errors import InUse
from sojourn.sla.models import Definition, Version


def calendars_of(policy: Mapping[str, Any]) -> set[str]:
    """The names of the calendars that the goals of a policy's JSON name."""
    return {goal["calendar"] for goal in policy["goals"]}


def latest_of(definitions: Iterable[Definition]) -> dict[int, Version]:
    """The version that was saved last of each definition, by the definition's number."""
    last = Version.objects.filter(definition=OuterRef("definition")).values("definition").annotate(top=Max("number"))
    found = Version.objects.filter(definition__in=list(definitions), number=Subquery(last.values("top")))
    return {one.definition_id: one for one in found}


def users_of(calendar: str) -> list[str]:
    """The definitions that use a calendar, as people call them: in a version that was published, or the last draft.

    Versions that hold no more decide for the cycles that they were published for.
    """
    there = list(Definition.objects.filter(removed_ms=None).order_by("pk"))
    drafts = latest_of(there)
    return [
        f"the SLA {one.pk} {one.name}"
        for one in there
        if any(
            calendar in calendars_of(said.policy) for said in (drafts[one.pk], *one.versions.exclude(published_ms=None))
        )
    ]


def keep_calendar(instance: StoredCalendar, **_: Any) -> None:
    """Raise InUse where the calendar that is about to be deleted is used."""
    used_by = users_of(instance.name)
    if used_by:
        raise InUse(f"The calendar {instance.name!r} is used by {', '.join(used_by)}. Give them another one first.")
