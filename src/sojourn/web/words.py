"""What the pages call things."""

from sojourn.core.duration import TimeFormat
from sojourn.core.flags import Flag

LABEL = {
    "calendar": "Calendar",
    "time_format": "Time format",
    "site": "Site",
    "project": "Project",
    "jql": "JQL",
    "created": "Created",
    "updated": "Updated",
    "resolved": "Resolved",
    "due": "Due",
    "trim": "Count time",
    "columns": "More columns",
    "visits": "Repeated visits",
    "current": "Current stay",
    "stop_on_done": "After done",
    "as_of": "As of",
    "sort": "Sorted by",
    "group_by": "Grouped by",
}
"""What the options are called."""

COLUMN = {
    "issue_key": "Work item",
    "issue_id": "Id",
    "current": "Status now",
    "flags": "Flags",
    "value_id": "Status id",
    "value": "Status",
    "ms": "Working ms",
    "time": "Working time",
    "elapsed_ms": "Calendar time",
    "visits": "Visits",
    "is_current": "There now",
    "summary": "Summary",
    "site": "Site",
    "project": "Project",
    "project_name": "Project name",
    "issuetype": "Type",
    "status": "Status as stored",
    "status_category": "Status category",
    "assignee": "Assignee",
    "reporter": "Reporter",
    "priority": "Priority",
    "resolution": "Resolution",
    "created": "Created",
    "updated": "Updated",
    "resolved": "Resolved",
    "due": "Due",
}
"""What the columns of the tables are called; those of statuses are called what the statuses are."""

TIME_FORMATS = {
    TimeFormat.DAYS_HOURS_MINUTES: "1d 6h 32m",
    TimeFormat.BUSINESS_DAYS_HOURS_MINUTES: "1d 6h 32m, business days",
    TimeFormat.HOURS_MINUTES: "12h 39m",
    TimeFormat.HOURS_COLON_MINUTES: "12:39",
    TimeFormat.MINUTES: "Minutes",
    TimeFormat.DECIMAL_HOURS: "Decimal hours",
    TimeFormat.DECIMAL_DAYS: "Decimal days",
    TimeFormat.BUSINESS_DECIMAL_DAYS: "Decimal business days",
    TimeFormat.DECIMAL_WEEKS: "Decimal weeks",
    TimeFormat.BUSINESS_DECIMAL_WEEKS: "Decimal business weeks",
    TimeFormat.SECONDS: "Seconds",
    TimeFormat.MS: "Milliseconds",
    TimeFormat.ISO8601: "ISO 8601",
}
"""The time formats as people recognise them, the common ones first."""

FLAGS = {
    Flag.HISTORY_MISMATCH: ("mismatch", "The last change does not lead to the present status; the present one won."),
    Flag.HISTORY_GAP: ("gap", "A change does not start where the one before it ended; something may be missing."),
    Flag.HISTORY_INCOMPLETE: ("incomplete", "The source cut the history short."),
    Flag.UNKNOWN_START: ("unknown start", "The first change does not say what it changed from."),
    Flag.BEFORE_CREATION: ("before creation", "A change was dated before the creation and was moved to it."),
}
"""The doubts about a history: a word, and what it means (docs/semantics.md 1, 4, 5)."""

DOUBTS = {flag.name.lower(): words for flag, words in FLAGS.items() if flag.name}
