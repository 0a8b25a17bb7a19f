"""What the tests of flow reports share: asking one by name, and the moments of a work item the plain way."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sojourn.calendars import store as calendars
from sojourn.core.calendar import Calendar
from sojourn.reports import catalogue, menu, options
from sojourn.reports.table import Table
from tests.builders import CATEGORIES
from tests.reports.asking import DAY, NOW
from tests.reports.test_against_plain import START_MS, Entries

OFFICE = "Mon-Fri 09-18"
MOMENTS = [START_MS + days * DAY for days in (1, 4, 9, 40)]


def table(name: str, calendar: str | dict[str, Any] = "7x24", **given: Any) -> Table:
    """The answer of a report to options as texts, or lists of texts."""
    entry = menu.entry(name)
    assert entry is not None
    found = Calendar.from_json(calendar) if isinstance(calendar, dict) else calendars.load(calendar)
    texts = {option: value if isinstance(value, list) else [value] for option, value in given.items()}
    return catalogue.run(name, options.request(texts, found, NOW, entry.options))


def rows(name: str, calendar: str | dict[str, Any] = "7x24", **given: Any) -> list[dict[str, Any]]:
    """The rows of a report, durations in ms."""
    return table(name, calendar, **given).collect().to_dicts()


def by_key(name: str, calendar: str | dict[str, Any] = "7x24", **given: Any) -> dict[str, dict[str, Any]]:
    """The rows by issue key."""
    return {row["issue_key"]: row for row in rows(name, calendar, **given)}


class Plain(NamedTuple):
    """When a work item was created, started and finished, in ms; None where it was not."""

    created: int
    started: int | None
    finished: int | None


def plain(entries: Entries, as_of: int, starts: Any = None, finishes: Any = None) -> Plain | None:
    """The moments of a work item as of a moment, step by step; None where it did not exist."""
    starts = starts or {name for name, category in CATEGORIES.items() if category == "indeterminate"}
    finishes = finishes or {"Done"}
    happened = [(at, status) for at, status in entries if at <= as_of]
    if not happened:
        return None
    started = next((at for at, status in happened if status in starts), None)
    finished = None
    for place, (at, status) in enumerate(happened):
        if status in finishes and (place == 0 or happened[place - 1][1] not in finishes):
            finished = at
    if happened[-1][1] not in finishes:
        finished = None
    elif started is None or started > finished:
        started = finished
    return Plain(happened[0][0], started, finished)


def moment(ms: int | None) -> datetime | None:
    """An instant as tables hold it."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
