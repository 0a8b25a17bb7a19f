"""Service 17: the cycles of a work item's SLAs, and what happened to each."""

from typing import Any

from sojourn.api.tts import items
from sojourn.api.tts.calls import Call
from sojourn.api.tts.shapes import both, instant
from sojourn.core.sla.clock import Verdict
from sojourn.history.models import Issue
from sojourn.sla.models import Definition
from sojourn.sla.past import PastCycle, PastEvent, cycles_of
from sojourn.sla.stored import stored

_KINDS = {"critical": "CRITICAL_ZONE"}


def shown(call: Call) -> Any:
    """One SLA as an object, or all that have data as a list."""
    call.only("site")
    item = items.find(call)
    issue = Issue.objects.select_related("site").get(pk=item.pk)
    if "number" in call.given:
        return _shown(issue, items.named(call.given["number"]), call.now_ms)
    return [_shown(issue, row.definition, call.now_ms) for row in stored([item.pk])]


def _shown(issue: Issue, definition: Definition, as_of_ms: int) -> dict[str, Any]:
    cycles = [_cycle(one) for one in cycles_of(issue, definition, as_of_ms)]
    return {"slaId": definition.pk, "slaName": definition.name, "cycles": cycles}


def _cycle(one: PastCycle) -> dict[str, Any]:
    """A cycle; one that became void has no deadline, no verdict and no durations."""
    clock = one.clock
    found = {
        "start": instant(one.start_ms),
        "end": instant(one.end_ms),
        "deadline": instant(clock.deadline_ms if clock else None),
        "verdict": clock.verdict.name if clock else None,
        "valid": clock is not None,
        "events": [_event(event) for event in one.events],
    }
    if clock is None:
        return found
    is_over = clock.verdict == Verdict.EXCEED
    ends = ("overdue", clock.working.overdue) if is_over else ("remaining", clock.working.remaining)
    return found | both("working", clock.working.elapsed) | both("paused", clock.working.paused) | both(*ends)


def _event(event: PastEvent) -> dict[str, Any]:
    kind = _KINDS.get(event.kind, event.kind.upper())
    return {"type": kind, "date": instant(event.at_ms), "who": event.who, "why": event.why}
