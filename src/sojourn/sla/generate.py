"""Counting all cycles of a work item, whatever a definition was published for (docs/semantics.md 30)."""

from django.db import transaction

from sojourn.history.models import Issue
from sojourn.sla.models import Change, Definition, Generation
from sojourn.sla.recount import renew


@transaction.atomic
def generate(issue: Issue, definition: Definition, *, now_ms: int, who: str, why: str) -> None:
    """Count all cycles of a work item by the rules that hold now, from now on; earlier clocks stay as revisions.

    Errors as of `counting.count`.
    """
    mine = {"issue": issue, "definition": definition}
    Generation.objects.filter(**mine).delete()  # the last one says it all
    Generation.objects.create(**mine, made_ms=now_ms, who=who, why=why)
    Change.objects.create(**mine, at_ms=now_ms, who=who, what="generated", reason=why)
    renew(Issue.objects.filter(pk=issue.pk), definition, now_ms, why)
