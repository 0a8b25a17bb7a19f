"""How a chart looks: its title, the notes of its report, its colours; and what every chart does alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import polars as pl

from sojourn.core.duration import DAY_MS
from sojourn.reports.charts.theme import LIGHT, Theme, config
from sojourn.reports.charts.units import printer, unit
from sojourn.reports.table import Notes

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
WIDTH = 760
_NO_TEXT = r"[\x00-\x1f\x7f-\x9f\x{2028}-\x{202e}\x{2066}-\x{2069}\x{fffe}\x{ffff}]+"
"""Controls, also those of lines and directions: Vega and XML refuse some, others change what stands around them."""

_LONGEST = 300
_MONTHS_MS, _DAYS_MS = 240 * DAY_MS, 8 * DAY_MS
Spec = dict[str, Any]
"""A Vega-Lite specification."""


@dataclass(frozen=True, slots=True)
class Look:
    """The title of a chart, what is known about its numbers, and its colours."""

    title: str
    notes: Notes
    theme: Theme = LIGHT

    def unit(self, largest: int) -> tuple[str, int]:
        """The unit in which to draw durations of up to so many ms, and its ms."""
        return unit(self.notes, largest)

    def text(self, ms: int | None) -> str:
        """A duration in the time format."""
        return printer(self.notes)(ms)

    def local(self, instants: pl.Series) -> pl.Series:
        """Instants as clocks in the zone of the calendar show them: ms since 1970 on those clocks."""
        return instants.dt.convert_time_zone(self.notes.zone).dt.replace_time_zone(None).dt.epoch("ms")

    def scale(self, values: Sequence[tuple[str, str | None]]) -> Spec:
        """The colours of values with their categories."""
        return {"domain": [name for name, _ in values], "range": self.theme.colors([group for _, group in values])}

    def spec(self, said: str, height: int, body: Spec, subtitle: str = "") -> Spec:
        """The whole chart: `said` is its description for those who do not see it, `body` what is drawn."""
        lines = [clean(line) for line in (subtitle, *self.notes.lines[:1]) if line]
        return {
            "$schema": SCHEMA,
            "title": {"text": clean(self.title), "subtitle": lines},
            "description": clean(f"{self.title}. {said} {' '.join(lines)}"),
            "background": self.theme.ground,
            "padding": 16,
            "width": WIDTH,
            "height": height,
            "config": config(self.theme),
            **body,
        }

    def nothing(self) -> Spec:
        """What is drawn where there is nothing to draw."""
        text = "There is nothing to show: no work item has what this chart draws."
        mark = {"type": "text", "fontSize": 14, "color": self.theme.muted, "text": text}
        return self.spec(text, 120, {"data": {"values": [{}]}, "mark": mark})


Draw = Callable[[pl.DataFrame, Look], Spec]
"""What draws a frame."""


def drawing(*needed: str) -> Callable[[Draw], Draw]:
    """What draws the rows that have all of those columns, or says that there are none; names are made fit to print."""

    def wrap(draw: Draw) -> Draw:
        @wraps(draw)
        def made(frame: pl.DataFrame, look: Look) -> Spec:
            rows = frame.drop_nulls(needed).with_columns(_cleaned(pl.col(pl.String)))
            return draw(rows, look) if rows.height else look.nothing()

        return made

    return wrap


def _cleaned(texts: pl.Expr) -> pl.Expr:
    return texts.str.replace_all(_NO_TEXT, " ").str.slice(0, _LONGEST)


def clean(text: str) -> str:
    """A text that can be printed, and is no book; a NUL would make vl-convert end the process."""
    return str(pl.select(_cleaned(pl.lit(text))).item())


def values_of(frame: pl.DataFrame) -> list[tuple[str, str | None]]:
    """The values in the order in which they come, each with its category, which is None where it has no `category`."""
    if "category" not in frame.columns:
        return [(name, None) for name in frame["value"].unique(maintain_order=True)]
    found = frame.unique("value", keep="first", maintain_order=True).select("value", pl.col("category").fill_null(""))
    return [(name, group if group in LIGHT.groups else "") for name, group in found.iter_rows()]


def field(name: str, kind: str, title: str | None = None, **more: Any) -> Spec:
    """A channel that shows a field: kind is quantitative, nominal, ordinal or temporal."""
    return {"field": name, "type": kind, "title": title, **more}


def counted(name: str, most: int, title: str) -> Spec:
    """A channel of numbers of work items, up to `most`: an axis of whole numbers."""
    return field(name, "quantitative", title, axis={"tickMinStep": 1, "tickCount": min(most, 10)})


def local_time(name: str, span_ms: int, title: str | None = None) -> Spec:
    """A channel of clock readings over so many ms, see `Look.local`.

    They are drawn as they are, whatever zone the reader is in.
    """
    text = "%b %Y" if span_ms > _MONTHS_MS else "%d %b %Y" if span_ms > _DAYS_MS else "%d %b %H:%M"
    axis = {"grid": False, "format": text, "tickCount": 8, "labelOverlap": "parity", "labelSeparation": 8}
    return field(name, "temporal", title, scale={"type": "utc"}, axis=axis)
