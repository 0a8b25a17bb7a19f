"""The cases of event logs as Jira work items: a case is a work item, its activities are statuses.

An event at t enters its status; of events at one instant the order is kept.
"""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_NOT_TEXTS = {"changelog", "comment", "duedate", "resolutiondate"}
"""Fields that Jira writes in forms of its own: a text that is called so is kept under another name."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a case: its number in the file, its instant in ms, the status it enters, and by whom."""

    number: int
    at_ms: int
    status: str
    author: str | None = None
    assignee: str | None = None


def instant(text: str | None, zone: ZoneInfo, timestamp_format: str | None = None) -> int | None:
    """The instant in ms, in the zone where the text names none; None where the text is not one."""
    try:
        if timestamp_format:
            found = datetime.strptime(text or "", timestamp_format)  # noqa: DTZ007 - the zone is given below
        else:
            found = datetime.fromisoformat((text or "").strip().replace("/", "-"))
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        return (aware - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


def issue(
    name: str, events: list[Event], texts: dict[str, Any], project: str, *, has_assignee: bool = False
) -> dict[str, Any]:
    """A case as a Jira work item with its changelog; its events are in order of time, its texts become fields."""
    first, last = events[0], events[-1]
    fields: dict[str, Any] = {f"{name} (log)" if name in _NOT_TEXTS else name: value for name, value in texts.items()}
    fields |= {"summary": name, "created": first.at_ms, "updated": last.at_ms, "project": {"key": project}}
    fields |= {"status": {"name": last.status}, "creator": _user(first.author)}
    if has_assignee:
        fields["assignee"] = _user(last.assignee)
    histories = [_history(before, event, has_assignee) for before, event in itertools.pairwise(events)]
    changelog = {"histories": histories, "total": len(histories)}
    return {"id": name, "key": name, "fields": fields, "changelog": changelog}


def _user(name: str | None) -> dict[str, str] | None:
    return {"name": name} if name else None


def _history(before: Event, event: Event, has_assignee: bool) -> dict[str, Any]:
    items = [_item("status", before.status, event.status)]
    if has_assignee:
        items.append(_item("assignee", before.assignee, event.assignee))
    return {"id": str(event.number), "author": _user(event.author), "created": event.at_ms, "items": items}


def _item(field: str, before: str | None, after: str | None) -> dict[str, str | None]:
    return {"field": field, "fieldtype": "jira", "fromString": before, "toString": after}
