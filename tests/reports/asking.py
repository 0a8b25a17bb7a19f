"""Asking reports in tests: options as texts, answers as plain Python."""

from datetime import UTC, datetime
from typing import Any

from sojourn.calendars import store as calendars
from sojourn.core.calendar import Calendar
from sojourn.reports import catalogue, formats, options
from sojourn.reports.formats import Format
from sojourn.reports.request import Request
from sojourn.reports.table import Table

NOW = datetime(2024, 1, 8, 9, tzinfo=UTC)  # a Monday, a week after the work items of `builders.issue` are created
HOUR = 3_600_000
DAY = 24 * HOUR


def request(calendar: str | dict[str, Any] = "7x24", **given: Any) -> Request:
    """A request with options as texts, or lists of texts."""
    found = Calendar.from_json(calendar) if isinstance(calendar, dict) else calendars.load(calendar)
    texts = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    return options.request(texts, found, NOW)


def ask(calendar: str | dict[str, Any] = "7x24", **given: Any) -> Table:
    """The time in status."""
    return catalogue.run("time-in-status", request(calendar, **given))


def rows(calendar: str | dict[str, Any] = "7x24", **given: Any) -> list[dict[str, Any]]:
    """The rows of the time in status, durations in ms."""
    return ask(calendar, **given).collect().to_dicts()


def wide(calendar: str | dict[str, Any] = "7x24", **given: Any) -> dict[str, dict[str, Any]]:
    """The rows by issue key."""
    return {row["issue_key"]: row for row in rows(calendar, **given)}


def long(calendar: str | dict[str, Any] = "7x24", **given: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of the long shape by issue key and status."""
    return {(row["issue_key"], row["value"]): row for row in rows(calendar, shape="long", **given)}


def written(table: Table, name: Format) -> bytes:
    """The table in a format."""
    return b"".join(formats.chunks(table, name))
