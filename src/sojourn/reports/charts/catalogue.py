"""The charts there are, by name: what draws each, and the frames they draw."""

from dataclasses import replace

import polars as pl

from sojourn.errors import Refused
from sojourn.reports import catalogue
from sojourn.reports.axis import Axis
from sojourn.reports.chart_menu import ChartEntry
from sojourn.reports.charts import bar, item, parts, periods, sla, spread
from sojourn.reports.charts.look import Draw, Look, Spec
from sojourn.reports.charts.theme import THEMES
from sojourn.reports.parts import axis_of
from sojourn.reports.request import Request

CHARTS: dict[str, Draw] = {
    "bar": bar.draw,
    "stacked-bar": parts.stacked_bar,
    "pie": parts.pie,
    "sunburst": parts.sunburst,
    "box-plot": parts.box_plot,
    "heat-map": periods.heat_map,
    "histogram": spread.histogram,
    "scatter": spread.scatter,
    "cumulative-flow": periods.cumulative_flow,
    "throughput": periods.throughput,
    "ageing": spread.ageing,
    "timeline": item.timeline,
    "sla-summary": sla.summary,
    "sla-trend": sla.trend,
    "sla-breakdown": sla.breakdown,
}
"""What draws each chart of `chart_menu.CHART_MENU`; the columns of its frame stand there."""


def chart(
    entry: ChartEntry, request: Request, theme: str = "light", *, issue: str = "", with_done: bool = False
) -> Spec:
    """The chart of a request to its report, of one work item where its key is given.

    Raises Refused where an option is wrong, such as an unknown theme or work item.
    """
    if theme not in THEMES:
        raise Refused("theme", f"{theme!r} is not one of {', '.join(THEMES)}")
    table = catalogue.run(entry.report, request)
    frame = table.collect()
    if issue:
        frame = frame.filter(pl.col("issue_key") == issue)
        if frame.is_empty():
            raise Refused("issue", f"there is no work item {issue!r} among those that are asked for")
    notes, frame = table.notes, _dressed(frame, request)
    if entry.without_done and not with_done:
        frame = frame.filter(pl.col("category").ne_missing("done"))
        notes = replace(notes, lines=(f"{notes.lines[0]} Without done statuses.", *notes.lines[1:]))
    return CHARTS[entry.name](frame, Look(entry.title, notes, THEMES[theme]))


def _dressed(frame: pl.DataFrame, request: Request) -> pl.DataFrame:
    """The frame with statuses told apart by name, with categories, in the order in which statuses are shown.

    What has a time order keeps it.
    """
    if "current" in frame.columns:
        titles = axis_of(request, "status").titles
        places = pl.DataFrame({"current": titles, "place": range(len(titles))}, {"current": str, "place": int})
        return frame.join(places, "current", "left").sort("place", maintain_order=True)
    if "value_id" not in frame.columns:
        return frame
    found = frame.join(_named(axis_of(request, "status")), ["value_id", "value"], "left", maintain_order="left")
    found = found.with_columns(pl.coalesce("title", "value").alias("value"))
    return found if "entered" in frame.columns else found.sort("place", maintain_order=True, nulls_last=True)


def _named(axis: Axis) -> pl.DataFrame:
    columns = {"value_id": axis.keys, "value": axis.names, "title": axis.titles, "category": axis.groups}
    rows = pl.DataFrame(columns, dict.fromkeys(columns, str)).with_row_index("place")
    return rows.unique(["value_id", "value"], keep="first", maintain_order=True)
