"""Services 15 and 16: counting the SLAs of a work item anew, and resetting them."""

from typing import Any

from django.db import transaction
from django.db.models import Q

from sojourn.api import bodies
from sojourn.api.tts import items
from sojourn.api.tts.calls import Call, done
from sojourn.errors import Refused, UserError
from sojourn.history.models import Issue
from sojourn.sla.by_hand import reset
from sojourn.sla.generate import generate
from sojourn.sla.models import Definition
from sojourn.sla.rules import in_force
from sojourn.sla.stored import stored

_WHY = "by the Time to SLA services"
_LONGEST = 17
_JSON = "application/json"


@transaction.atomic
def generated(call: Call) -> Any:
    """Count all SLAs in force for a work item, all its cycles."""
    call.only("site")
    issue = _issue(call)
    for one in in_force(Definition.objects.filter(Q(site=None) | Q(site=issue.site_id))):
        generate(issue, one, now_ms=call.now_ms, who=call.who, why=_WHY)
    return done()


@transaction.atomic
def was_reset(call: Call) -> Any:
    """Reset one SLA of a work item, or all that have data, as of the instant that the form names, or now."""
    call.only("site")
    at_ms = _date_ms(call)
    issue = _issue(call)
    wanted = items.named(call.given["number"]) if "number" in call.given else None
    rows = stored([issue.pk], wanted.pk if wanted else None)
    for row in rows:
        try:
            reset(issue, row.definition, now_ms=call.now_ms, who=call.who, why=_WHY, at_ms=at_ms)
        except Refused as error:
            raise Refused("date" if error.path == "at" else error.path, error.problem) from None
    return done("" if rows else f"There are no generated SLA data for issue: {call.given['key']}")


def _issue(call: Call) -> Issue:
    """The work item of the address; raises UserError where there is none."""
    item = items.found(call)
    if item is None:
        raise UserError(f"Issue not exists: {call.given['key']}")
    return Issue.objects.select_related("site").get(pk=item.pk)


def _date_ms(call: Call) -> int | None:
    """The instant in the form or the JSON that was sent; None where there is none."""
    is_json = call.request.content_type == _JSON
    sent = bodies.read_object(call.request) if is_json else call.request.POST
    for name in sent:
        if name != "date":
            raise Refused(f"{name:.60}", "is no parameter of this service; there is: date")
    given = sent.get("date")
    if given is None or given == "":
        return None
    text = str(given)
    if isinstance(given, bool) or not text.isascii() or not text.isdecimal() or len(text) > _LONGEST:
        raise Refused("date", f"milliseconds since 1970 such as {call.now_ms}, not {text!r:.60}")
    return int(text)
