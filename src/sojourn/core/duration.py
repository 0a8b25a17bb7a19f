"""How a duration is printed and read: the only place that rounds (docs/semantics.md 16).

Durations are integer milliseconds everywhere else. Here they are rounded once, half away from zero (so
half up for what is positive, and `-x` prints as `x` with a minus), by integer arithmetic alone.
"""

import re
from typing import Final

import polars as pl

from sojourn.core.duration_parse import DAY_MS, HOUR_MS, MAX_MS, MINUTE_MS, SECOND_MS, WEEK_MS, parse_duration
from sojourn.core.time_format import TimeFormat
from sojourn.errors import Refused

__all__ = [
    "DAY_MS",
    "HOUR_MS",
    "MAX_MS",
    "MINUTE_MS",
    "NEVER",
    "SECOND_MS",
    "WEEK_MS",
    "TimeFormat",
    "convert_duration",
    "format_duration",
    "format_expr",
    "parse_duration",
]


NEVER: Final = "–"  # never there, which is not the same as there for 0 ms (docs/semantics.md 14)


def _unit(time_format: TimeFormat, business_day_ms: int, business_week_ms: int) -> int:
    """Milliseconds in the unit that a decimal or day format counts in."""
    if business_day_ms <= 0 or business_week_ms <= 0:
        raise Refused("business_day", "a business day and week must be longer than 0 ms")
    match time_format:
        case TimeFormat.DECIMAL_WEEKS:
            return WEEK_MS
        case TimeFormat.DECIMAL_DAYS | TimeFormat.DAYS_HOURS_MINUTES:
            return DAY_MS
        case TimeFormat.BUSINESS_DECIMAL_WEEKS:
            return business_week_ms
        case TimeFormat.BUSINESS_DECIMAL_DAYS | TimeFormat.BUSINESS_DAYS_HOURS_MINUTES:
            return business_day_ms
        case _:
            return HOUR_MS


# --- one value ---------------------------------------------------------------------------------------------


def convert_duration(
    ms: int | None, time_format: TimeFormat, *, business_day_ms: int, business_week_ms: int
) -> int | float | str | None:
    """Return the value of one cell: a number in the numeric formats, else text; null stays null.

    `ms` is whole milliseconds. `Minutes` and `ms` are integers; decimals have 2 places, seconds 3.
    Raises `Refused` when a business day or week is not longer than nothing.
    """
    unit = _unit(time_format, business_day_ms, business_week_ms)
    if ms is None:
        return None
    match time_format:
        case TimeFormat.MS:
            return ms
        case TimeFormat.SECONDS:
            return ms / SECOND_MS
        case TimeFormat.MINUTES:
            return _signed(ms, _rounded(abs(ms), MINUTE_MS))
        case _ if time_format.numeric:
            return _signed(ms, _rounded(100 * abs(ms), unit)) / 100
        case _:
            text = _text(abs(ms), time_format, unit)
            return f"-{text}" if ms < 0 and re.search("[1-9]", text) else text


def format_duration(ms: int | None, time_format: TimeFormat, *, business_day_ms: int, business_week_ms: int) -> str:
    """Return the duration as text: `–` for null, the format's own zero (`0`, `0.00`, `0m`, …) for 0.

    Units that lead with nothing are left out (`32m`, not `0d 0h 32m`), those that follow are kept.
    Raises `Refused` when a business day or week is not longer than nothing.
    """
    value = convert_duration(ms, time_format, business_day_ms=business_day_ms, business_week_ms=business_week_ms)
    if value is None:
        return NEVER
    if isinstance(value, float):
        return f"{value:.3f}" if time_format is TimeFormat.SECONDS else f"{value:.2f}"
    return str(value)


def _rounded(amount: int, unit: int) -> int:
    return (2 * amount + unit) // (2 * unit)


def _signed(ms: int, size: int) -> int:
    return -size if ms < 0 else size


def _text(size: int, time_format: TimeFormat, unit: int) -> str:
    if time_format is TimeFormat.ISO8601:
        return _iso8601(size)
    if time_format in (TimeFormat.HOURS_MINUTES, TimeFormat.HOURS_COLON_MINUTES):
        hours, minutes = divmod(_rounded(size, MINUTE_MS), 60)
        if time_format is TimeFormat.HOURS_COLON_MINUTES:
            return f"{hours}:{minutes:02}"
        return f"{hours}h {minutes}m" if hours else f"{minutes}m"
    return _days_text(size, unit)


def _days_text(size: int, day: int) -> str:
    days, rest = divmod(size, day)
    minutes = _rounded(rest, MINUTE_MS)
    if minutes * MINUTE_MS >= day:  # the rest rounds up to a whole day
        days, minutes = days + 1, 0
    hours, minutes = divmod(minutes, 60)
    if days:
        return f"{days}d {hours}h {minutes}m"
    return f"{hours}h {minutes}m" if hours else f"{minutes}m"


def _iso8601(size: int) -> str:
    """ISO 8601 in hours: a `D` would leave open whether 24 hours or a business day is meant."""
    if size == 0:
        return "PT0S"
    hours, rest = divmod(size, HOUR_MS)
    minutes, rest = divmod(rest, MINUTE_MS)
    seconds, ms = divmod(rest, SECOND_MS)
    fraction = f".{ms:03}".rstrip("0").rstrip(".")
    return "".join(
        (
            "PT",
            f"{hours}H" if hours else "",
            f"{minutes}M" if minutes else "",
            f"{seconds}{fraction}S" if seconds or ms else "",
        )
    )


# --- a column ----------------------------------------------------------------------------------------------


def format_expr(column: str, time_format: TimeFormat, *, business_day_ms: int, business_week_ms: int) -> pl.Expr:
    """Return the expression that turns an Int64 column of milliseconds into this format.

    The same values as `convert_duration`, under the column's name: Int64 for `ms` and `Minutes`, Float64
    for the other numeric formats, String for text; null stays null. Raises `Refused` when a business day
    or week is not longer than nothing.
    """
    unit = _unit(time_format, business_day_ms, business_week_ms)
    return _value_expr(pl.col(column).cast(pl.Int64), time_format, unit).alias(column)


def _value_expr(ms: pl.Expr, time_format: TimeFormat, unit: int) -> pl.Expr:
    size, sign = ms.abs(), ms.sign()
    match time_format:
        case TimeFormat.MS:
            return ms
        case TimeFormat.SECONDS:
            return _divided_expr(ms, SECOND_MS)
        case TimeFormat.MINUTES:
            return _rounded_expr(size, MINUTE_MS) * sign
        case _ if time_format.numeric:
            return _divided_expr(_rounded_expr(size * 100, unit) * sign, 100)
        case _:
            text = _text_expr(size, time_format, unit)
            minus = pl.when((sign < 0) & text.str.contains("[1-9]")).then(pl.lit("-")).otherwise(pl.lit(""))
            return pl.when(ms.is_not_null()).then(pl.concat_str(minus, text))


def _divided_expr(amount: pl.Expr, divisor: int) -> pl.Expr:
    # A plain divisor would be multiplied by its reciprocal, and 59 ms become 0.059000000000000004 s.
    return amount / (amount * 0 + divisor)


def _rounded_expr(amount: pl.Expr, unit: int) -> pl.Expr:
    return (amount * 2 + unit) // (2 * unit)


def _text_expr(size: pl.Expr, time_format: TimeFormat, unit: int) -> pl.Expr:
    if time_format is TimeFormat.ISO8601:
        return _iso8601_expr(size)
    if time_format in (TimeFormat.HOURS_MINUTES, TimeFormat.HOURS_COLON_MINUTES):
        minutes = _rounded_expr(size, MINUTE_MS)
        if time_format is TimeFormat.HOURS_COLON_MINUTES:
            padded = (minutes % 60).cast(pl.String).str.zfill(2)
            return pl.concat_str(minutes // 60, pl.lit(":"), padded)
        return _hours_text_expr(minutes)
    return _days_text_expr(size, unit)


def _hours_text_expr(minutes: pl.Expr, always: pl.Expr | None = None) -> pl.Expr:
    """`12h 39m`, without the hours where there are none, unless `always` holds."""
    hours = minutes // 60
    shown = hours > 0 if always is None else (hours > 0) | always
    prefix = pl.when(shown).then(pl.concat_str(hours, pl.lit("h "))).otherwise(pl.lit(""))
    return pl.concat_str(prefix, minutes % 60, pl.lit("m"))


def _days_text_expr(size: pl.Expr, day: int) -> pl.Expr:
    minutes = _rounded_expr(size % day, MINUTE_MS)
    carried = minutes * MINUTE_MS >= day
    days = size // day + carried.cast(pl.Int64)
    rest = minutes * (~carried).cast(pl.Int64)
    prefix = pl.when(days > 0).then(pl.concat_str(days, pl.lit("d "))).otherwise(pl.lit(""))
    return pl.concat_str(prefix, _hours_text_expr(rest, always=days > 0))


def _iso8601_expr(size: pl.Expr) -> pl.Expr:
    hours, minutes, ms = size // HOUR_MS, size % HOUR_MS // MINUTE_MS, size % MINUTE_MS
    fraction = pl.concat_str(pl.lit("."), (ms % SECOND_MS).cast(pl.String).str.zfill(3))
    seconds = pl.concat_str(ms // SECOND_MS, fraction.str.strip_chars_end("0").str.strip_chars_end("."))

    def part(amount: pl.Expr, text: pl.Expr, letter: str) -> pl.Expr:
        return pl.when(amount > 0).then(pl.concat_str(text, pl.lit(letter))).otherwise(pl.lit(""))

    parts = (part(hours, hours, "H"), part(minutes, minutes, "M"), part(ms, seconds, "S"))
    return pl.when(size == 0).then(pl.lit("PT0S")).otherwise(pl.concat_str(pl.lit("PT"), *parts))
