"""`/issues/{key}`: a work item as it is now, and every tracked field of it as steps and stays."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from sojourn.api.errors import Problem
from sojourn.api.security import need, sight_of
from sojourn.calendars import store
from sojourn.core import timeline
from sojourn.core.calendar import Calendar
from sojourn.core.flags import Flag
from sojourn.core.instants import utc_text
from sojourn.core.measure import Measure
from sojourn.core.timeline import Timelines, Window
from sojourn.errors import Refused, UserError
from sojourn.history import seen
from sojourn.history.item import Steps, steps
from sojourn.history.models import Issue, Value
from sojourn.history.write import GONE_MS
from sojourn.reports.options import instant_ms

router = Router(tags=["work items"])
_PEOPLE = ("assignee", "reporter")
_NAMED = ("issuetype", "priority", "resolution", *_PEOPLE)
RELATED = ("site", "project", "status", *_NAMED)
"""What a work item is read with."""


@router.get("/issues/{key}", auth=need("read"), operation_id="issue", summary="A work item")
def shown(request: HttpRequest, key: str, site: str = "") -> dict[str, Any]:
    """A work item as it is now. `site` is needed only where several sites have one of that key.

    To who may not see all work items, what `fields` tells of others is left out: parent, subtasks and links.
    """
    sight = sight_of(request)
    issue = find(key, site, sight)
    hidden = seen.OF_OTHERS if sight else frozenset()
    return {
        **described(issue, PARTS),
        "fields": {key: value for key, value in issue.fields.items() if key not in hidden},
    }


@router.get("/issues/{key}/timeline", auth=need("read"), operation_id="timeline", summary="The history of a work item")
def history(
    request: HttpRequest,
    key: str,
    field: Annotated[list[str], Query(default_factory=list)],
    site: str = "",
    calendar: str = store.DEFAULT,
    as_of: str = "",
) -> dict[str, Any]:
    """Every tracked field as its steps, and its stays with working and elapsed time, ms, up to `as_of`.

    `field`, which may be repeated, leaves only those fields. A field of events, such as comments, has no stays.
    """
    issue = find(key, site, sight_of(request))
    try:
        hours = store.load(calendar)
    except UserError as error:
        raise Refused("calendar", str(error)) from error
    at_ms = instant_ms(as_of, ZoneInfo(hours.tz), "as_of") if as_of else round(timezone.now().timestamp() * 1000)
    found = {one.field: one for one in steps(issue)}
    for name in field:
        if name not in found:
            raise Refused("field", f"{name!r:.60} has no history here; there are: {', '.join(found)}")
    return {
        **_identity(issue),
        "calendar": calendar,
        "tz": hours.tz,
        "as_of": utc_text(at_ms),
        "fields": [_field(one, hours, at_ms) for one in found.values() if not field or one.field in field],
    }


def find(key: str, site: str, sight: Q) -> Issue:
    """The work item of a key; of several the one that was not deleted. Raises Problem 404, or Refused.

    What is gone from its Jira, deleted or hidden, is not there, and neither is what the sight does not show.
    """
    found = (
        Issue.objects.select_related(*RELATED)
        .filter(sight)
        .filter(Q(deleted_ms=None) | Q(deleted_ms__gt=GONE_MS), key=key)
    )
    found = found.filter(site__name=site) if site else found
    ordered = list(found.order_by(F("deleted_ms").desc(nulls_first=True), "-row_version"))
    if not ordered:
        raise Problem(404, f"There is no work item {key!r:.60}{f' at {site!r:.60}' if site else ''}.", "key")
    sites = sorted({one.site.name for one in ordered})
    if len(sites) > 1:
        raise Refused("site", f"several sites have {key}; name one of {', '.join(sites)}")
    return ordered[0]


def described(issue: Issue, names: Iterable[str]) -> dict[str, Any]:
    """What identifies a work item, and some of its `PARTS`."""
    return {**_identity(issue), **{name: _PARTS[name](issue) for name in names}}


def _identity(issue: Issue) -> dict[str, str]:
    return {"key": issue.key, "id": issue.jira_id, "site": issue.site.name}


def _value(value: Value | None) -> dict[str, str] | None:
    return None if value is None else {"id": value.key, "name": value.name}


def _project(issue: Issue) -> dict[str, str]:
    return {"id": issue.project.jira_id, "key": issue.project.key, "name": issue.project.name}


def _status(issue: Issue) -> dict[str, str] | None:
    value = _value(issue.status)
    return {**value, "category": issue.status.category} if value and issue.status else None


def _named(name: str) -> Callable[[Issue], Any]:
    return lambda issue: _value(getattr(issue, name))


def _moment(name: str) -> Callable[[Issue], Any]:
    def read(issue: Issue) -> str | None:
        at_ms = getattr(issue, f"{name}_ms")
        return None if at_ms is None else utc_text(at_ms)

    return read


_PARTS: dict[str, Callable[[Issue], Any]] = {
    "summary": lambda issue: issue.summary,
    "project": _project,
    "status": _status,
    **{name: _named(name) for name in _NAMED},
    **{name: _moment(name) for name in ("created", "updated", "resolved", "deleted")},
    "due": lambda issue: issue.due.isoformat() if issue.due else None,
    "flags": lambda issue: Flag(issue.flags).names,
}
PARTS = tuple(_PARTS)
"""What every work item has beside its `fields`."""


def _field(one: Steps, hours: Calendar, as_of_ms: int) -> dict[str, Any]:
    happened = [place for place, at in enumerate(one.at) if at <= as_of_ms]
    entries = [
        {"at": utc_text(one.at[place]), "value": _value(one.value[place]), "author": _value(one.author[place])}
        for place in happened
    ]
    return {
        "field": one.field,
        "name": one.name,
        "flags": one.flags.names,
        "steps": entries,
        "stays": [] if one.is_events else _stays(one, hours, as_of_ms),
    }


def _stays(one: Steps, hours: Calendar, as_of_ms: int) -> list[dict[str, Any]]:
    """What `core.timeline` makes of the steps; the value of a stay is the place of its step."""
    places = np.arange(len(one.at), dtype=np.int64)
    line = Timelines(np.array(one.at, dtype=np.int64), places, np.array([0, len(one.at)], dtype=np.int64))
    found = timeline.stays(line, Window(as_of_ms))
    worked = found.worked(Measure(hours, as_of_ms).reaching(found.entered)).tolist()
    rows = zip(found.value, found.entered, found.left, found.current, found.elapsed(), worked, strict=True)
    return [
        {
            "value": _value(one.value[int(place)]),
            "entered": utc_text(int(entered)),
            "left": None if current else utc_text(int(left)),
            "working_ms": working_ms,
            "elapsed_ms": int(elapsed_ms),
        }
        for place, entered, left, current, elapsed_ms, working_ms in rows
    ]
