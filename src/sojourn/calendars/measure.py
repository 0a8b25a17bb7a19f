"""Working time of intervals in a file: whole columns of instants at once."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from sojourn.core.calendar import Calendar
from sojourn.core.calendar.horizon import check_reach
from sojourn.errors import Refused, UserError
from sojourn.writing import beside

_SUFFIXES = (".csv", ".parquet")
_EPOCH_MS = re.compile(r"-?[0-9]+")


def read_file(path: Path) -> pl.DataFrame:
    """The columns of a CSV or Parquet file; raises UserError where it is neither."""
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UserError(f"{path}: is not a .csv or .parquet file")
    try:
        return pl.read_csv(path, infer_schema=False) if suffix == ".csv" else pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from error


def write_file(frame: pl.DataFrame, path: Path) -> None:
    """Write CSV or Parquet, by the name of the file, whole or not at all; raises UserError where it cannot be."""
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UserError(f"{path}: name a .csv or .parquet file")
    with beside(path) as file:
        if suffix == ".csv":
            frame.write_csv(file)
        else:
            frame.write_parquet(file)


def add_working_time(frame: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """The frame with `working_ms`, the working time from `start` to `end`; negative where the end lies before it.

    A row without start or end gets none. Raises Refused at the row whose instant cannot be read.
    """
    start, end = _instants(frame, "start", calendar), _instants(frame, "end", calendar)
    both = start.is_not_null() & end.is_not_null()
    begun, ended = start.filter(both).to_numpy(), end.filter(both).to_numpy()
    working = pl.Series("working_ms", [None] * frame.height, dtype=pl.Int64)
    if len(begun):
        low, high = int(min(begun.min(), ended.min())), int(max(begun.max(), ended.max()))
        compiled = calendar.compile(low, high)
        working = working.scatter(both.arg_true(), compiled.elapsed(begun, ended, threads=2))
    return frame.with_columns(working.alias("working_ms"))


def add_deadlines(frame: pl.DataFrame, calendar: Calendar, goal_ms: int) -> pl.DataFrame:
    """The frame with `deadline`: the earliest instant at which the goal is used up, written as `start` is written."""
    start = _instants(frame, "start", calendar)
    known = start.drop_nulls().to_numpy()
    deadline = pl.Series("deadline", [None] * frame.height, dtype=pl.Int64)
    if len(known):
        low, high = int(known.min()), calendar.deadline(int(known.max()), goal_ms)
        compiled = calendar.compile(low, max(high, int(known.max())) + 1)
        found = compiled.deadline(known, np.full(len(known), goal_ms, dtype=np.int64))
        deadline = deadline.scatter(start.is_not_null().arg_true(), found)
    return frame.with_columns(_as_written(deadline, frame["start"]).alias("deadline"))


def _as_written(deadline: pl.Series, start: pl.Series) -> pl.Series:
    if start.dtype.is_integer():
        return deadline
    if start.dtype == pl.String and start.drop_nulls().str.contains(r"^-?\d+$").all():
        return deadline
    instants = deadline.cast(pl.Datetime("ms", "UTC"))
    return instants.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ") if start.dtype == pl.String else instants


def _instants(frame: pl.DataFrame, name: str, calendar: Calendar) -> pl.Series:
    """A column of instants in ms: integers are epoch ms, texts ISO 8601, in the calendar's zone if they name none."""
    if name not in frame.columns:
        raise Refused(name, f"there is no such column; there are: {', '.join(frame.columns)}")
    column, zone = frame[name], ZoneInfo(calendar.tz)
    if column.dtype.is_integer():
        for edge in (column.arg_min(), column.arg_max()):
            _check(column[edge] if edge is not None else None, name, (edge or 0) + 1)
        return column.cast(pl.Int64)
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        return column.dt.epoch("ms")
    if column.dtype in (pl.Date, pl.Datetime):
        column = column.dt.to_string("iso:strict")
    if column.dtype not in (pl.String, pl.Null):
        raise Refused(name, f"holds {column.dtype}; write ISO 8601 or epoch milliseconds")
    found = [_check(_instant(text, zone, name, row), name, row) for row, text in enumerate(column, 1)]
    return pl.Series(name, found, dtype=pl.Int64)


def _instant(text: str | None, zone: ZoneInfo, name: str, row: int) -> int | None:
    if text is None or not text.strip():
        return None
    try:
        if _EPOCH_MS.fullmatch(text.strip()):
            return int(text)
        found = datetime.fromisoformat(text.strip())
        return round((found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Refused(
            f"row {row}, {name}", f"{text!r:.60} is not an instant; write 2024-01-31T09:00:00Z or epoch milliseconds"
        ) from None


def _check(at_ms: int | None, name: str, row: int) -> int | None:
    try:
        check_reach(at_ms or 0)
    except UserError as error:
        raise Refused(f"row {row}, {name}", str(error)) from None
    return at_ms
