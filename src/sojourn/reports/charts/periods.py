"""Charts of what happens day by day or period by period: cumulative flow, throughput, heat map."""

from itertools import pairwise

import polars as pl

from sojourn.core.duration import DAY_MS
from sojourn.reports.charts.look import WIDTH, Look, Spec, counted, drawing, field, local_time, values_of

_HEIGHT = 380
_STEP = 26


def _days(look: Look, dates: pl.Series) -> pl.Series:
    """Dates, or instants as clocks in the zone show them, as ms since 1970."""
    if dates.dtype == pl.String:
        dates = dates.str.slice(0, 10).str.to_date()
    if dates.dtype == pl.Date:
        return dates.cast(pl.Datetime("ms")).dt.epoch("ms")
    return look.local(dates)


@drawing("date", "value", "work_items")
def cumulative_flow(frame: pl.DataFrame, look: Look) -> Spec:
    """How many work items were in each status on each date; columns `date`, `value`, `work_items`, `category` if known.

    What comes first, such as *To do*, is on top, and what is done at the bottom.
    """
    values = values_of(frame)
    places = {name: place for place, (name, _) in enumerate(values)}
    at = _days(look, frame["date"])
    rows = [
        {"at": day, "value": value, "count": count, "place": -places[value]}
        for day, value, count in zip(at, frame["value"], frame["work_items"], strict=True)
    ]
    legend = {"orient": "right", "title": None}
    encoding = {
        "x": local_time("at", max(at) - min(at)),
        "y": field("count", "quantitative", "Work items", stack="zero"),
        "color": field("value", "nominal", sort=None, scale=look.scale(values), legend=legend),
        "order": field("place", "quantitative"),
    }
    single = at.n_unique() == 1
    mark = {"type": "bar", "width": 60} if single else {"type": "area"}
    said = f"Cumulative flow: how many work items were in each of {len(values)} statuses on each date."
    return look.spec(said, _HEIGHT, {"data": {"values": rows}, "mark": mark, "encoding": encoding})


@drawing("period", "finished")
def throughput(frame: pl.DataFrame, look: Look) -> Spec:
    """How many work items were finished in each period; columns `period`, a date or a name, and `finished`."""
    found = frame.group_by("period", maintain_order=True).agg(pl.col("finished").sum())
    rows = [{"period": str(period), "count": count} for period, count in found.iter_rows()]
    mean = sum(row["count"] for row in rows) / len(rows)
    every = -(-len(rows) // 16)
    axis = {
        "labelAngle": 0 if len(rows) <= 8 else -40,
        "grid": False,
        "values": [row["period"] for row in rows][::every],
    }
    title = "Work items finished"
    bars = {
        "data": {"values": rows},
        "mark": {"type": "bar", "color": look.theme.accent},
        "encoding": {
            "x": field("period", "ordinal", sort=None, axis=axis),
            "y": counted("count", max(row["count"] for row in rows), title),
        },
    }
    layers = [bars, *_counts(rows, title), *_mean(look, mean, title)]
    said = f"Throughput: work items finished in each of {len(rows)} periods; {mean:.1f} on average."
    return look.spec(said, _HEIGHT, {"layer": layers})


def _counts(rows: list[Spec], title: str) -> list[Spec]:
    """The number above each bar, where there is room for it."""
    if len(rows) > 30:
        return []
    encoding = {
        "x": field("period", "ordinal", sort=None),
        "y": field("count", "quantitative", title),
        "text": field("count", "quantitative"),
    }
    return [{"data": {"values": rows}, "mark": {"type": "text", "dy": -8}, "encoding": encoding}]


def _mean(look: Look, mean: float, title: str) -> list[Spec]:
    data = {"values": [{"mean": mean, "label": f"average {mean:.1f}"}]}
    y = field("mean", "quantitative", title)
    rule = {"type": "rule", "color": look.theme.strong, "strokeDash": [7, 4], "strokeWidth": 1.5}
    text = {"type": "text", "x": WIDTH + 6, "align": "left", "color": look.theme.strong}
    return [
        {"data": data, "mark": rule, "encoding": {"y": y}},
        {"data": data, "mark": text, "encoding": {"y": y, "text": field("label", "nominal")}},
    ]


@drawing("date", "value")
def heat_map(frame: pl.DataFrame, look: Look) -> Spec:
    """How much time was spent in each status on each date; columns `date`, `value`, and `ms` or else `work_items`."""
    values = [name for name, _ in values_of(frame)]
    is_time = "ms" in frame.columns
    found = (
        frame.with_columns(at=_days(look, frame["date"]))
        .group_by("at", "value")
        .agg(pl.col("ms" if is_time else "work_items").sum().alias("amount"))
    )
    name, size = look.unit(max(found["amount"])) if is_time else ("work items", 1)
    width = _width(found["at"])
    rows = [
        {"from": at, "to": at + width, "value": value, "amount": amount / size}
        for at, value, amount in found.filter(pl.col("amount") > 0).sort("at", "value").iter_rows()
    ]
    if not rows:
        return look.nothing()
    least, most = look.theme.ramp
    legend = {"orient": "top", "gradientLength": 220, "direction": "horizontal"}
    title = f"Working time ({name})" if is_time else "Work items"
    axis = {"grid": False, "ticks": False, "domain": False}
    encoding = {
        "x": local_time("from", rows[-1]["to"] - rows[0]["from"]),
        "x2": {"field": "to"},
        "y": field("value", "nominal", sort=values, scale={"domain": values}, axis=axis),
        "color": field("amount", "quantitative", title, scale={"type": "sqrt", "range": [least, most]}, legend=legend),
    }
    mark = {"type": "rect", "stroke": look.theme.ground, "strokeWidth": 0.5}
    said = f"Heat map: {title.lower()} in each of {len(values)} statuses on each date."
    return look.spec(said, _STEP * len(values), {"data": {"values": rows}, "mark": mark, "encoding": encoding})


def _width(at: pl.Series) -> int:
    """The ms from one date to the next; a day where there is but one."""
    return min((after - before for before, after in pairwise(at.unique().sort())), default=DAY_MS)
