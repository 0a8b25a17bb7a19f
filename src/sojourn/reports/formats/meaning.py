"""What to know about a table, in words: its notes and its columns."""

from sojourn.core.duration import HOUR_MS
from sojourn.core.time_format import TimeFormat
from sojourn.reports.table import Column, Kind, Notes

_NAMES = {
    "issue_key": "The key of the work item",
    "issue_id": "The id of the work item, which stays when its key changes",
    "value_id": "The id of the value",
    "value": "The name of the value",
    "current": "The value now",
    "ms": "Working time under the calendar",
    "elapsed_ms": "Time on the clock",
    "visits": "How often it had the value",
    "is_current": "Whether it has the value now",
    "flags": "Doubts about the history of the work item",
    "created": "When the work item was created",
    "started": "When it was started, or how many were in the period",
    "finished": "When it was finished, or how many were in the period",
    "cycle_ms": "Working time from started to finished",
    "cycle_elapsed_ms": "Time on the clock from started to finished",
    "lead_ms": "Working time from created to finished",
    "lead_elapsed_ms": "Time on the clock from created to finished",
    "age_ms": "Working time since it was started",
    "age_elapsed_ms": "Time on the clock since it was started",
    "active_ms": "Working time in active statuses, from started to finished",
    "active_elapsed_ms": "Time on the clock in active statuses, from started to finished",
    "efficiency": "The active working time as a share of the cycle time",
    "resolution_ms": "Working time from created to resolved",
    "resolution_elapsed_ms": "Time on the clock from created to resolved",
    "wip": "How many work items were started and not finished at the end of the period",
}
_KINDS: dict[Kind, str] = {
    "text": "text",
    "integer": "a whole number",
    "instant": "a moment, in UTC",
    "date": "a date",
    "boolean": "true or false",
    "number": "a number",
}
_CATEGORIES = {"new": "to do", "indeterminate": "in progress", "done": "done"}


def meaning(column: Column, time_format: TimeFormat) -> str:
    """What a column holds, and in which unit."""
    if column.kind == "duration":
        unit = "in milliseconds" if time_format is TimeFormat.MS else f"as {time_format.value}"
        what = f"a duration {unit}"
    elif column.unit == "ms":
        what = "a duration in milliseconds"
    else:
        what = _KINDS[column.kind] + (f", in {column.unit}" if column.unit else "")
    known = _NAMES.get(column.name, "")
    group = f"; category {_CATEGORIES[column.group]}" if column.group in _CATEGORIES else ""
    return f"{known}: {what}{group}" if known else f"{what[0].upper()}{what[1:]}{group}"


def about(notes: Notes) -> list[tuple[str, str]]:
    """What the numbers were computed by: labels and texts."""
    return [
        ("Report", notes.report),
        ("As of", notes.as_of),
        ("Calendar", f"{notes.calendar} ({notes.zone})"),
        ("Business day", f"{notes.business_day_ms / HOUR_MS:g} hours"),
        ("Business week", f"{notes.business_week_ms / HOUR_MS:g} hours"),
        ("Time format", notes.time_format.value),
    ]
