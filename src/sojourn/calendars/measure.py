"""Working time of intervals in a file: whole columns of instants at once."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from sojourn.core.calendar import Calendar
from sojourn.errors import Refused, UserError

_SUFFIXES = (".csv", ".parquet")


def read_file(path: Path) -> pl.DataFrame:
    """The columns of a CSV or Parquet file; raises UserError where it is neither."""
    if path.suffix not in _SUFFIXES:
        raise UserError(f"{path}: is not a .csv or .parquet file")
    try:
        return pl.read_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from error


def write_file(frame: pl.DataFrame, path: Path) -> None:
    """Write CSV or Parquet, by the name of the file."""
    if path.suffix not in _SUFFIXES:
        raise UserError(f"{path}: name a .csv or .parquet file")
    if path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)


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
    column = frame[name]
    if column.dtype.is_integer():
        return column.cast(pl.Int64)
    if isinstance(column.dtype, pl.Datetime):
        zoned = column if column.dtype.time_zone else column.dt.replace_time_zone(calendar.tz, ambiguous="earliest")
        return zoned.dt.epoch("ms")
    if column.dtype != pl.String:
        raise Refused(name, f"holds {column.dtype}; write ISO 8601 or epoch milliseconds")
    zone = ZoneInfo(calendar.tz)
    return pl.Series(name, [_instant(text, zone, name, row) for row, text in enumerate(column, 1)], dtype=pl.Int64)


def _instant(text: str | None, zone: ZoneInfo, name: str, row: int) -> int | None:
    if text is None or not text.strip():
        return None
    if text.strip().lstrip("-").isdigit():
        return int(text)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(
            f"row {row}, {name}", f"{text!r} is not an instant; write 2024-01-31T09:00:00Z or epoch milliseconds"
        ) from None
    return round((found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC).timestamp() * 1000)
