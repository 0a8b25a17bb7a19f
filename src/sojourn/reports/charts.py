"""Charts of reports, as Vega-Lite specs: one spec for a page, an e-mail and a file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import polars as pl

from sojourn.core.duration import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, WEEK_MS, TimeFormat, format_duration
from sojourn.history import read
from sojourn.reports.axis import Axis
from sojourn.reports.table import Notes, Table

Measured = Literal["mean", "median"]
MEASURED: tuple[Measured, ...] = get_args(Measured)
CATEGORIES = {"new": "To do", "indeterminate": "In progress", "": "Other", "done": "Done"}
"""What the categories of statuses are called, in the order in which they are shown."""

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_STEP = 26
_WORDS: dict[Measured, str] = {"mean": "Average", "median": "Median"}
_UNITS = {
    TimeFormat.MS: ("ms", 1),
    TimeFormat.SECONDS: ("seconds", SECOND_MS),
    TimeFormat.MINUTES: ("minutes", MINUTE_MS),
    TimeFormat.DECIMAL_DAYS: ("days of 24 hours", DAY_MS),
    TimeFormat.DECIMAL_WEEKS: ("weeks of 7 × 24 hours", WEEK_MS),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """What the work items that visited a status spent in it: how many they are, and their working ms."""

    name: str
    group: str
    count: int
    mean_ms: int
    median_ms: int
    p85_ms: int

    def of(self, measured: Measured) -> int:
        """The mean or the median."""
        return self.mean_ms if measured == "mean" else self.median_ms


def is_long(table: Table) -> bool:
    """Whether a time in status has a row a work item and status."""
    return any(column.name == "value_id" and column.kind == "text" for column in table.columns)


def figures(table: Table, frame: pl.DataFrame, sites: Sequence[str] = ()) -> list[Figure]:
    """The figures of each status that was visited, over per-item totals (docs/semantics.md 15), of a time in status.

    `sites` are those of the request, so that statuses are told apart as in its table.
    """
    return [_figure(name, group, values) for name, group, values in _per_status(table, frame, sites) if len(values)]


def _per_status(table: Table, frame: pl.DataFrame, sites: Sequence[str]) -> Iterator[tuple[str, str, pl.Series]]:
    if not is_long(table):
        for column in table.columns:
            if column.kind == "duration":
                yield column.name, column.group, frame[column.name].drop_nulls()
        return
    axis = Axis.of(read.values_of("status", sites))
    of_status = frame.select("value_id", "value", "ms").partition_by("value_id", "value", as_dict=True)
    for key, name, title, group in zip(axis.keys, axis.names, axis.titles, axis.groups, strict=True):
        found = of_status.pop((key, name), None)
        if found is not None:
            yield title, group, found["ms"]


def _figure(name: str, group: str, values: pl.Series) -> Figure:
    count, total = len(values), int(values.sum())
    ordered = values.sort()
    median, p85 = (int(ordered[_nearest_rank(percent, count)]) for percent in (50, 85))
    return Figure(name, group, count, (2 * total + count) // (2 * count), median, p85)


def _nearest_rank(percent: int, count: int) -> int:
    return -(-percent * count // 100) - 1


def printer(notes: Notes) -> Callable[[int | None], str]:
    """What writes durations in the time format of a table (docs/semantics.md 14, 16)."""
    day, week = notes.business_day_ms, notes.business_week_ms
    return lambda ms: format_duration(ms, notes.time_format, business_day_ms=day, business_week_ms=week)


def spec(figures: Sequence[Figure], measured: Measured, notes: Notes) -> dict[str, Any]:
    """A bar a status: the mean or median working time in it, in the time format of the table.

    Colours are left to whoever draws it; the categories are the domain of the scale.
    """
    text = printer(notes)
    unit, size = _unit(notes, max((one.of(measured) for one in figures), default=0))
    rows = [
        {
            "status": one.name,
            "category": CATEGORIES[one.group],
            "amount": one.of(measured) / size,
            "label": text(one.of(measured)),
            "mean": text(one.mean_ms),
            "median": text(one.median_ms),
            "count": one.count,
        }
        for one in figures
    ]
    groups = {one.group for one in figures}
    return {
        "$schema": _SCHEMA,
        "description": f"Bar chart: {_WORDS[measured].lower()} working time per status, in {unit}.",
        "width": "container",
        "height": _STEP * len(rows),
        "padding": {"left": 5, "top": 5, "bottom": 5, "right": 90},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": rows},
        "encoding": {"y": {"field": "status", "type": "nominal", "sort": None, "title": None}, "x": _x(measured, unit)},
        "layer": [
            {"mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.72}}, "encoding": _bar(groups)},
            {
                "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 6},
                "encoding": {"text": {"field": "label", "type": "nominal"}},
            },
        ],
    }


def _unit(notes: Notes, largest: int) -> tuple[str, int]:
    """The unit of the axis and its ms: that of the time format, where it is one, else hours or days."""
    chosen = notes.time_format
    if chosen is TimeFormat.BUSINESS_DECIMAL_WEEKS:
        return "business weeks", notes.business_week_ms
    is_business = chosen in (TimeFormat.BUSINESS_DECIMAL_DAYS, TimeFormat.BUSINESS_DAYS_HOURS_MINUTES)
    if is_business and (chosen.numeric or largest >= 2 * notes.business_day_ms):
        return "business days", notes.business_day_ms
    if chosen is TimeFormat.DAYS_HOURS_MINUTES and largest >= 2 * DAY_MS:
        return _UNITS[TimeFormat.DECIMAL_DAYS]
    return _UNITS.get(chosen, ("hours", HOUR_MS))


def _x(measured: Measured, unit: str) -> dict[str, Any]:
    return {
        "field": "amount",
        "type": "quantitative",
        "title": f"{_WORDS[measured]} working time ({unit})",
        "axis": {"tickCount": 6},
    }


def _bar(groups: set[str]) -> dict[str, Any]:
    domain = [name for group, name in CATEGORIES.items() if group in groups]
    shown = (("status", "Status"), ("category", "Category"), ("mean", "Average"), ("median", "Median"))
    return {
        "color": {
            "field": "category",
            "type": "nominal",
            "title": None,
            "scale": {"domain": domain},
            "legend": {"orient": "top", "symbolType": "square"},
        },
        "tooltip": [
            *({"field": name, "type": "nominal", "title": title} for name, title in shown),
            {"field": "count", "type": "quantitative", "title": "Work items"},
        ],
    }
