"""What to know about the numbers of a report, in words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sojourn.core.instants import utc_text
from sojourn.history import freshness
from sojourn.history.freshness import Freshness
from sojourn.reports import menu
from sojourn.reports.items import meaning
from sojourn.reports.query import said
from sojourn.reports.request import Request
from sojourn.reports.table import Notes

_VISITS = {
    "sum": "Repeated visits are added up.",
    "first": "Of repeated visits the first counts.",
    "last": "Of repeated visits the last counts.",
    "max": "Of repeated visits the longest counts.",
    "min": "Of repeated visits the shortest counts.",
}


def local(at_ms: int, zone: str) -> str:
    """An instant as a clock in the zone shows it, to the minute."""
    return f"{datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def of(report: str, request: Request, unsorted: Sequence[str] = (), own: Sequence[str] = ()) -> Notes:
    """The notes of a report: the calendar and zone, the moment, and the options it has that bear on the numbers.

    `unsorted` are the statuses of which the store knows no category; `own` is what only this report has to say.
    """
    calendar, entry = request.calendar, menu.entry(report)
    options = {option.name for option in entry.options} if entry else set()
    lines = []
    if "current" in options:
        lines.append(f"The current stay is {'counted up to then' if request.current == 'include' else 'left out'}.")
    if "visits" in options:
        lines.append(_VISITS[request.visits])
    if request.stop_on_done:
        lines.append("Nothing is counted after the last entry into a done status.")
        if unsorted:
            lines.append(
                f"Not known whether done, and so not taken for done: {', '.join(unsorted)}. "
                "Importing Jira's list of statuses tells."
            )
    if request.trim.from_ms is not None or request.trim.to_ms is not None:
        begin, end = (
            "…" if at is None else local(at, calendar.tz) for at in (request.trim.from_ms, request.trim.to_ms)
        )
        lines.append(f"Only time from {begin} to {end} is looked at.")
    lines += own
    lines.append("Empty, shown as –, means never there; 0 means there, and worth nothing under this calendar.")
    return saying(report, request, lines)


def saying(report: str, request: Request, lines: Sequence[str]) -> Notes:
    """The notes of a report: the calendar and zone, the moment, these lines, and what is not of that moment."""
    calendar = request.calendar
    today = []
    dated = request.filters.keys() & {"updated", "resolved", "due"}
    chosen_today = request.projects or request.group_by or request.jql or dated
    if request.is_past and (request.columns or chosen_today):
        today.append("Fields of the work item, and choices and groups by them, are those of today, not of that moment.")
    data = freshness.of(request.sites, request.projects, request.sight)
    under = "the calendars of the goals" if report.startswith("sla-") else request.calendar_name
    asked = f"Working time under {under} ({calendar.tz}), as of {local(request.as_of_ms, calendar.tz)}."
    return Notes(
        report=report,
        as_of=utc_text(request.as_of_ms),
        calendar=request.calendar_name,
        zone=calendar.tz,
        business_day_ms=calendar.business_day_ms,
        business_week_ms=calendar.business_week_ms,
        time_format=request.time_format,
        lines=(asked, *of_data(data, calendar.tz), *_of_query(request), *lines, *today),
        data_as_of=instant(data),
        data_doubts=doubts(data),
    )


def of_data(data: Freshness, zone: str) -> tuple[str, ...]:
    """How fresh the data is, in sentences; none where nobody knows."""
    as_of = () if data.as_of_ms is None else (f"The data is as of {local(data.as_of_ms, zone)}.",)
    return (*as_of, *doubts(data))


def instant(data: Freshness) -> str | None:
    """The instant up to which the data is whole."""
    return None if data.as_of_ms is None else utc_text(data.as_of_ms)


def doubts(data: Freshness) -> tuple[str, ...]:
    """What is still being fetched, and what stops it, in sentences."""
    fetching = ", ".join(f"{one.project} {one.percent} %" for one in data.fetching)
    stopped = (f"Nothing more is fetched: {text}." for text in data.stopped)
    return (*((f"Still being fetched: {fetching}.",) if fetching else ()), *stopped)


def _of_query(request: Request) -> list[str]:
    """Which query chose the work items, and what of it is doubtful or was not used."""
    if request.jql is None:
        return []
    found = meaning(request)
    lines = [f"Only work items that JQL finds: {replace(found.query, order_by=())}."] if found.query.where else []
    if found.query.order_by:
        lines.append("ORDER BY in the query is not used: a report is sorted by its own columns.")
    return [*lines, *(f"JQL, {sentence}" for sentence in said(found.warnings))]
