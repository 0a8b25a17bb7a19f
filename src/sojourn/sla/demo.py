"""The SLAs of the demo: two as clients of the Time to SLA services save them, and four by their policies."""

from typing import Any

from sojourn.sla import definitions, legacy
from sojourn.sla.calendar_ids import calendar_numbers
from sojourn.sla.definitions import By, Draft
from sojourn.sla.models import AppliesTo

_SUPPORT, _OPS = "Support Berlin", "New York 9–17"
_WAITING, _STARTED, _CUSTOMER, _RESOLVED, _CLOSED = "10001", "10002", "10003", "10005", "10006"
_REVIEW = "10023"
_TO_DO, _DOING, _BLOCKED, _DONE = "10040", "10041", "10042", "10043"


def _status(form: str, *ids: str) -> dict[str, Any]:
    return {"field": "status", form: list(ids)}


_POLICIES: dict[str, dict[str, Any]] = {
    "Time to first response": {
        "scope": "project = SUP",
        "start": {"created": True},
        "stop": {"any": [{"event": "comment", "kinds": ["agent"]}, _status("left", _WAITING)]},
        "cycles": "first",
        "goals": [
            {"name": "Urgent", "jql": "priority in (Highest, High)", "calendar": _SUPPORT, "duration": "1h"},
            {"name": "All others", "calendar": _SUPPORT, "duration": "4h"},
        ],
    },
    "Time to resolution": {
        "scope": "project = SUP",
        "start": {"any": [{"created": True}, _status("left", _RESOLVED, _CLOSED)]},
        "pause": _status("is", _CUSTOMER),
        "stop": _status("entered", _RESOLVED, _CLOSED),
        "goals": [
            {"name": "Highest, around the clock", "jql": "priority = Highest", "calendar": "7x24", "duration": "8h"},
            {"name": "High", "jql": "priority = High", "calendar": _SUPPORT, "duration": "1d"},
            {"name": "All others", "calendar": _SUPPORT, "duration": "3d"},
        ],
    },
    "Next business day": {
        "scope": "project = OPS AND priority in (Highest, High)",
        "start": {"created": True},
        "stop": _status("entered", _DOING, _DONE),
        "cycles": "first",
        "goals": [{"name": "All", "calendar": _OPS, "next_business_day": 1}],
    },
    "Time in review": {
        "scope": "project = APP",
        "start": _status("entered", _REVIEW),
        "stop": _status("left", _REVIEW),
        "cycles": "each",
        "goals": [{"name": "Stopwatch", "calendar": _SUPPORT, "no_target": True}],
    },
}


def define(by: By) -> None:
    """Save and publish the demo's SLAs for all cycles; statuses, projects and calendars have to be there."""
    for given in _legacy():
        made = definitions.create(legacy.read(given, by.at_ms), by)
        definitions.publish(made.definition_id, made.number, AppliesTo.ALL, by)
    for name, policy in _POLICIES.items():
        made = definitions.create(Draft(name, policy), by)
        definitions.publish(made.definition_id, made.number, AppliesTo.ALL, by)


def _legacy() -> tuple[dict[str, Any], ...]:
    calendars = calendar_numbers()
    return (
        {
            "description": "Urgent Handle",
            "workflowName": "Support workflow",
            "priorityId": "1",
            "originStatusId": [int(_WAITING)],
            "targetStatusId": [int(_STARTED)],
            "slaValueAsTimeString": "2h",
            "jqlString": "project = SUP",
            "calendarId": calendars[_SUPPORT],
            "multipleTransition": True,
            "onlyFirstExecution": True,
            "pauseSlaArray": [],
        },
        {
            "description": "Done by the due date",
            "workflowName": "Operations workflow",
            "originStatusId": [int(_TO_DO)],
            "targetStatusId": [int(_DONE)],
            "slaNegotiationDateIssueFieldKey": "duedate",
            "jqlString": "project = OPS",
            "calendarId": calendars[_OPS],
            "multipleTransition": True,
            "onlyFirstExecution": False,
            "pauseSlaArray": [int(_BLOCKED)],
        },
    )
