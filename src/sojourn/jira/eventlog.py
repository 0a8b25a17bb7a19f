"""Event logs as CSV, one event a row, read as Jira work items: a case is a work item, its activities are statuses."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from sojourn.errors import Refused, UserError
from sojourn.jira.cases import Event, instant, issue
from sojourn.jira.files import UNREADABLE, Broken, Parsed, Source

_GUESSES = {
    "case": ("case id", "case:concept:name", "case", "case_id", "caseid", "issue key", "key", "ticket", "id"),
    "activity": ("activity", "status", "concept:name", "state", "to status", "event"),
    "timestamp": ("complete timestamp", "timestamp", "time:timestamp", "time", "date", "changed", "created"),
    "resource": ("resource", "org:resource", "user", "author"),
}
_UNREADABLE = (*UNREADABLE, pl.exceptions.PolarsError)
_ROW = "\0row"
_AT = "\0at"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of the log says what. None is guessed from the header; `assignee` is never guessed."""

    case: str | None = None
    activity: str | None = None
    timestamp: str | None = None
    resource: str | None = None
    assignee: str | None = None

    def __str__(self) -> str:
        named = {name: getattr(self, name) for name in self.__slots__}
        return ", ".join(f"{name} = {column!r}" for name, column in named.items() if column)


@dataclass(frozen=True, slots=True)
class LogOptions:
    """How to read an event log: the zone of times that name none, and the project its cases go to.

    Of CSV: its columns and the form of its times. Of XES: the lifecycle transition whose events count, or `all`.
    """

    columns: Columns = Columns()
    zone: str = "UTC"
    timestamp_format: str | None = None
    project: str = "LOG"
    lifecycle: str = "complete"


def header(source: Source) -> list[str]:
    """The names of the columns of a log; raises Refused where it cannot be read."""
    try:
        return _frame(source, n_rows=0).columns
    except _UNREADABLE as error:
        raise Refused(str(source.path), f"is not CSV: {error}") from None


def _frame(source: Source, n_rows: int | None = None) -> pl.DataFrame:
    """The rows as texts; the separator is the one that the header has most of: comma, semicolon or tab."""
    with source.open() as file:
        content = file.read()
    first = content.partition(b"\n")[0]
    separator = max(",;\t", key=lambda mark: first.count(mark.encode()))
    return pl.read_csv(content, n_rows=n_rows, infer_schema=False, separator=separator)


def settle(columns: Columns, names: list[str]) -> Columns:
    """The columns to read, guessed where they are not given.

    Raises UserError where a given column is not there, or case, activity or timestamp cannot be guessed.
    """
    lower = {name.strip().lower(): name for name in reversed(names)}
    for role in Columns.__slots__:
        given = getattr(columns, role)
        if given and given not in names:
            raise UserError(f"--{role} {given!r}: there is no such column; there are: {', '.join(names)}")
        guess = next((lower[name] for name in _GUESSES.get(role, ()) if name in lower), None)
        if not given and not guess and role in ("case", "activity", "timestamp"):
            raise UserError(f"cannot guess the {role} column; name it with --{role}, one of: {', '.join(names)}")
        columns = replace(columns, **{role: given or guess})
    return columns


def read(source: Source, options: LogOptions) -> Iterator[Parsed | Broken]:
    """The cases of a log in order of first appearance, each as a Jira work item with its changelog.

    An event at t enters its status; events at one instant stay in the order of the file. A case with a row that cannot
    be read is left out as a whole and reported: a history with a hole would be wrong.
    """
    try:
        frame = _frame(source).with_row_index(_ROW, offset=2)
    except _UNREADABLE as error:
        yield Broken("file", f"is not CSV: {error}", source.size)
        return
    try:
        columns = settle(options.columns, frame.columns[1:])
    except UserError as error:
        yield Broken("file", str(error), source.size)
        return
    zone = ZoneInfo(options.zone)
    instants = [instant(text, zone, options.timestamp_format) for text in frame[str(columns.timestamp)]]
    case = str(columns.case)
    frame = frame.with_columns(pl.Series(_AT, instants, dtype=pl.Int64)).sort(
        pl.col(_ROW).min().over(case), _AT, _ROW, nulls_last=False
    )
    done = 0
    for name, rows in itertools.groupby(frame.iter_rows(named=True), key=lambda row: row[case]):
        events = list(rows)
        done += len(events)
        position = source.size * done // frame.height
        place = f"line {events[0][_ROW]}"
        problem = _problem(name, events, columns)
        if problem:
            yield Broken(place, problem, position)
        else:
            yield Parsed(place, _issue(name, events, columns, options.project), position)


def _problem(name: str | None, events: list[dict[str, Any]], columns: Columns) -> str | None:
    if not name:
        return f"{len(events)} rows have no {columns.case}"
    for row in events:
        if row[_AT] is None:
            return (
                f"case {name}: {columns.timestamp} {row[str(columns.timestamp)]!r} at line {row[_ROW]} is not a time; "
                "write 2024-01-31T09:00:00, or name the form with --timestamp-format"
            )
        if not row[str(columns.activity)]:
            return f"case {name}: line {row[_ROW]} has no {columns.activity}"
    return None


def _issue(name: str, rows: list[dict[str, Any]], columns: Columns, project: str) -> dict[str, Any]:
    roles = {columns.case, columns.activity, columns.timestamp, columns.resource, columns.assignee, _ROW, _AT}
    texts = {column: value for column, value in rows[-1].items() if column not in roles}
    return issue(name, [_event(row, columns) for row in rows], texts, project, has_assignee=bool(columns.assignee))


def _event(row: dict[str, Any], columns: Columns) -> Event:
    author = row[columns.resource] if columns.resource else None
    assignee = row[columns.assignee] if columns.assignee else None
    return Event(row[_ROW], row[_AT], row[str(columns.activity)], author, assignee)
