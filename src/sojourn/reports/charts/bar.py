"""The bar chart: the mean or median time in each status, on the page and as a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import polars as pl

from sojourn.history.models import Value
from sojourn.reports.axis import Axis
from sojourn.reports.charts.look import SCHEMA, Look, Spec, drawing, values_of
from sojourn.reports.charts.units import percentile, printer, unit
from sojourn.reports.table import Notes, Table

Measured = Literal["mean", "median"]
MEASURED: tuple[Measured, ...] = get_args(Measured)
CATEGORIES = {"new": "To do", "indeterminate": "In progress", "": "Other", "done": "Done"}
"""What the categories of statuses are called, in the order in which they are shown."""

_STEP = 26
_WORDS: dict[Measured, str] = {"mean": "Average", "median": "Median"}


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


def figures(table: Table, frame: pl.DataFrame, statuses: Iterable[Value]) -> list[Figure]:
    """The figures of each status that was visited, over per-item totals (docs/semantics.md 15), of a time in status.

    `statuses` are those of the request, so that they are told apart as in its table.
    """
    return [_figure(name, group, values) for name, group, values in _per_status(table, frame, statuses) if len(values)]


def _per_status(table: Table, frame: pl.DataFrame, statuses: Iterable[Value]) -> Iterator[tuple[str, str, pl.Series]]:
    if not is_long(table):
        for column in table.columns:
            if column.kind == "duration":
                yield column.name, column.group, frame[column.name].drop_nulls()
        return
    axis = Axis.of(statuses)
    of_status = frame.select("value_id", "value", "ms").partition_by("value_id", "value", as_dict=True)
    for key, name, title, group in zip(axis.keys, axis.names, axis.titles, axis.groups, strict=True):
        found = of_status.pop((key, name), None)
        if found is not None:
            yield title, group, found["ms"]


def _figure(name: str, group: str, values: pl.Series) -> Figure:
    count, total = len(values), int(values.sum())
    ordered = values.sort()
    mean = (2 * total + count) // (2 * count)
    return Figure(name, group, count, mean, percentile(ordered, 50), percentile(ordered, 85))


def spec(figures: Sequence[Figure], measured: Measured, notes: Notes) -> dict[str, Any]:
    """A bar a status: the mean or median working time in it, in the time format of the table.

    Colours are left to whoever draws it; the categories are the domain of the scale.
    """
    text = printer(notes)
    name, size = unit(notes, max((one.of(measured) for one in figures), default=0))
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
        "$schema": SCHEMA,
        "description": f"Bar chart: {_WORDS[measured].lower()} working time per status, in {name}.",
        "width": "container",
        "height": _STEP * len(rows),
        "padding": {"left": 5, "top": 5, "bottom": 5, "right": 90},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": rows},
        "encoding": {"y": {"field": "status", "type": "nominal", "sort": None, "title": None}, "x": _x(measured, name)},
        "layer": [
            {"mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.72}}, "encoding": _bar(groups)},
            {
                "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 6},
                "encoding": {"text": {"field": "label", "type": "nominal"}},
            },
        ],
    }


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


@drawing("value", "ms")
def draw(frame: pl.DataFrame, look: Look) -> Spec:
    """The mean working time of the work items that visited a value; columns `value`, `ms`, and `category` if known."""
    values = values_of(frame)
    of_value = frame.select("value", "ms").partition_by("value", as_dict=True)
    made = spec([_figure(name, group or "", of_value[name,]["ms"]) for name, group in values], "mean", look.notes)
    color = made["layer"][0]["encoding"]["color"]
    names = {name: group for group, name in CATEGORIES.items()}
    color["scale"]["range"] = [look.theme.groups[names[name]][0] for name in color["scale"]["domain"]]
    made["encoding"]["y"]["axis"] = {"grid": False, "ticks": False, "domain": False}
    body = {name: made[name] for name in ("data", "encoding", "layer")}
    return look.spec(made["description"], made["height"], body)
