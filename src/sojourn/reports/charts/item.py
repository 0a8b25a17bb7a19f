"""The timeline: when a work item was in which status."""

from datetime import datetime

import polars as pl

from sojourn.reports.charts.look import Look, Spec, drawing, field, local_time, values_of

_MOST_ROWS = 40
_STEP = 26
_SHORT_PERCENT = 3


@drawing("issue_key", "value", "entered")
def timeline(frame: pl.DataFrame, look: Look) -> Spec:
    """Bars from entered to left; columns `issue_key`, `value`, `entered`, `left`, and `category`, `field` if known.

    Of one work item a row is a status, or a field where there are several; of many, a row is a work item, and the first
    40 are drawn. What is not left yet reaches to the moment of which was asked; what is done gets a short bar.
    """
    keys = frame["issue_key"].unique(maintain_order=True).to_list()
    row_of = _row(frame, keys)
    names = frame[row_of].unique(maintain_order=True).to_list()[:_MOST_ROWS]
    shown = frame.filter(pl.col(row_of).is_in(names))
    begin, end, labels = _bars(shown, look)
    columns = (shown[row_of], shown["value"], begin, end, labels if len(keys) == 1 else [""] * len(labels))
    rows = [
        dict(zip(("row", "value", "from", "to", "label"), cells, strict=True)) for cells in zip(*columns, strict=True)
    ]
    values = values_of(shown)
    by_status = row_of == "value"
    legend = None if by_status else {"orient": "right", "title": None}
    axis = {"ticks": False, "domain": False, "grid": True}
    y = field("row", "nominal", sort=names, axis=axis)
    bar = {"type": "bar", "height": {"band": 0.62}, "minBandSize": 2}
    color = field("value", "nominal", sort=None, scale=look.scale(values), legend=legend)
    span = max(end) - min(begin)
    encoding = {"x": local_time("from", span), "x2": {"field": "to"}, "color": color}
    text = {"type": "text", "align": "left", "dx": 5, "color": look.theme.muted}
    now = {"x": local_time("to", span), "text": field("label", "nominal")}
    layers = [{"mark": bar, "encoding": encoding}, {"mark": text, "encoding": now}]
    body = {"data": {"values": rows}, "encoding": {"y": y}, "layer": layers}
    told = keys[0] if len(keys) == 1 else _cut(len(names), len(keys))
    said = f"Timeline: when {told or f'{len(keys)} work items'} had which status."
    return look.spec(said, _STEP * len(names), body, told)


def _bars(frame: pl.DataFrame, look: Look) -> tuple[list[int], list[int], list[str]]:
    """Where each bar begins and ends, and what is written behind it."""
    as_of = datetime.fromisoformat(look.notes.as_of)
    now = int(look.local(pl.Series([as_of], dtype=pl.Datetime("ms", "UTC")))[0])
    begin, left = look.local(frame["entered"]).to_list(), look.local(frame["left"]).to_list()
    done = (frame["category"] == "done").to_list() if "category" in frame.columns else [False] * len(begin)
    is_over = [end is None and is_done for end, is_done in zip(left, done, strict=True)]
    last = max(at if over else end or now for at, end, over in zip(begin, left, is_over, strict=True))
    short = max((last - min(begin)) * _SHORT_PERCENT // 100, 1)
    end = [
        min(at + short, now) if over else now if end is None else end
        for at, end, over in zip(begin, left, is_over, strict=True)
    ]
    days = frame["entered"].dt.convert_time_zone(look.notes.zone).dt.strftime("since %Y-%m-%d")
    labels = [
        day if over else "now" if gone is None else "" for day, over, gone in zip(days, is_over, left, strict=True)
    ]
    return begin, end, labels


def _row(frame: pl.DataFrame, keys: list[str]) -> str:
    """What a row of the chart is."""
    if len(keys) > 1:
        return "issue_key"
    return "field" if "field" in frame.columns and frame["field"].n_unique() > 1 else "value"


def _cut(shown: int, all_there_are: int) -> str:
    return f"The first {shown} of {all_there_are:,} work items" if shown < all_there_are else ""
