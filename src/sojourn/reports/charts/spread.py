"""Charts of one duration per work item: histogram, control chart, ageing."""

import math
from itertools import pairwise

import polars as pl

from sojourn.reports.charts.look import WIDTH, Look, Spec, counted, drawing, field, local_time
from sojourn.reports.charts.units import PERCENTS, percentile

_MOST_BINS = 32
_ROLLING = 20
_MOST_POINTS = 10_000
_DASHES = {50: [2, 3], 85: [7, 4], 95: [12, 3, 2, 3]}
_HEIGHT = 400
_ITEM = field("item", "nominal", "Work item")


@drawing("cycle_ms")
def histogram(frame: pl.DataFrame, look: Look) -> Spec:
    """How many work items took how long; column `cycle_ms`. What is far out stands in the last bar."""
    ordered = frame["cycle_ms"].sort()
    name, size = look.unit(percentile(ordered, 85))
    step, bins = _bins(percentile(ordered, 98) / size)
    place = (ordered / size / step).floor().cast(pl.Int64).clip(0, bins)
    counts = dict(place.value_counts().iter_rows())
    rows = [{"from": at * step, "to": (at + 1) * step, "count": counts.get(at, 0)} for at in range(bins + 1)]
    has_rest = counts.get(bins, 0) > 0 and ordered[-1] / size >= (bins + 1) * step
    title = f"Cycle time ({name})"
    encoding = {
        "x": field("from", "quantitative", title, bin={"binned": True, "step": step}),
        "x2": {"field": "to"},
        "y": counted("count", max(counts.values()), "Work items"),
    }
    bars = {"mark": {"type": "bar", "color": look.theme.accent, "binSpacing": 1}, "encoding": encoding}
    layers = [{"data": {"values": rows}, **bars}, *_lines(look, ordered, size, "x", title)]
    told = f"The last bar holds all that took {bins * step:g} {name} and more" if has_rest else ""
    return look.spec(
        f"Histogram: how many of {len(ordered):,} work items took how long.", _HEIGHT, {"layer": layers}, told
    )


def _bins(most: float) -> tuple[float, int]:
    """A round width of bins, and how many there are up to `most`."""
    least = max(most / _MOST_BINS, 1e-9)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)
    return step, max(1, math.ceil(most / step))


def _lines(look: Look, ordered: pl.Series, size: int, channel: str, title: str) -> list[Spec]:
    """A line for each percentile, told apart by its dashes and by its text; where several are one, they share it."""
    layers: list[Spec] = []
    found = {percent: percentile(ordered, percent) for percent in PERCENTS}
    for ms in dict.fromkeys(found.values()):
        here = [percent for percent, at_ms in found.items() if at_ms == ms]
        percent = here[0]
        data = {"values": [{"at": ms / size, "label": f"{', '.join(f'{one} %' for one in here)}: {look.text(ms)}"}]}
        rule = {"type": "rule", "color": look.theme.strong, "strokeDash": _DASHES[percent], "strokeWidth": 1.5}
        at = {channel: field("at", "quantitative", title)}
        where = {"x": WIDTH + 6} if channel == "y" else {"y": 8 + 16 * PERCENTS.index(percent), "dx": 5}
        text = {"type": "text", "color": look.theme.strong, "align": "left", "baseline": "middle", **where}
        layers.append({"data": data, "mark": rule, "encoding": at})
        told = {"data": data, "encoding": {**at, "text": field("label", "nominal")}}
        if channel == "x":  # what it stands on may be as dark as the text
            layers.append({**told, "mark": {**text, "stroke": look.theme.ground, "strokeWidth": 5}})
        layers.append({**told, "mark": text})
    return layers


@drawing("issue_key", "finished", "cycle_ms")
def scatter(frame: pl.DataFrame, look: Look) -> Spec:
    """When work items finished and how long they took; columns `issue_key`, `finished`, `cycle_ms`.

    Lines are the percentiles of all, and the average of the last 20 that finished.
    """
    found = frame.sort("finished", "issue_key").with_columns(
        average=pl.col("cycle_ms").rolling_mean(_ROLLING, min_samples=1)
    )
    ordered = found["cycle_ms"].sort()
    name, size = look.unit(percentile(ordered, 85))
    shown = found.tail(_MOST_POINTS)
    columns = (look.local(shown["finished"]), shown["cycle_ms"] / size, shown["average"] / size, shown["issue_key"])
    rows = [
        {"at": at, "amount": amount, "average": average, "item": key}
        for at, amount, average, key in zip(*columns, strict=True)
    ]
    title = f"Cycle time ({name})"
    x = local_time("at", rows[-1]["at"] - rows[0]["at"], "Finished")
    y = field("amount", "quantitative", title)
    dot = {"type": "point", "filled": True, "size": 26, "opacity": 0.55, "color": look.theme.accent}
    line = {"type": "line", "color": look.theme.text, "strokeWidth": 1.5}
    layers = [
        {"mark": dot, "encoding": {"x": x, "y": y, "tooltip": _ITEM}},
        {"mark": line, "encoding": {"x": x, "y": field("average", "quantitative", title)}},
        *_lines(look, ordered, size, "y", title),
    ]
    told = f"Solid line: average of the last {_ROLLING}; dashed: percentiles"
    if len(found) > len(shown):
        told += f"; of {len(found):,} work items the last {len(shown):,} are drawn"
    said = (
        f"Control chart: {len(found):,} finished work items by the day they finished and their cycle time, in {name}."
    )
    return look.spec(said, _HEIGHT, {"data": {"values": rows}, "layer": layers}, told)


@drawing("issue_key", "current", "age_ms")
def ageing(frame: pl.DataFrame, look: Look) -> Spec:
    """How old the work items in progress are, by their status now; columns `issue_key`, `current`, `age_ms`.

    Bands are the percentiles of all these ages.
    """
    ordered = frame["age_ms"].sort()
    name, size = look.unit(int(ordered[-1]))
    order = frame["current"].unique(maintain_order=True).to_list()
    counts = dict(frame["current"].value_counts().iter_rows())
    titles = {status: f"{status} ({counts[status]:,})" for status in order}
    shown = frame.sort("age_ms", "issue_key").tail(_MOST_POINTS)
    rows = [
        {"status": titles[status], "amount": ms / size, "aside": _aside(place), "item": key}
        for place, (key, status, ms) in enumerate(shown.select("issue_key", "current", "age_ms").iter_rows())
    ]
    axis = {"grid": False, "labelAngle": 0 if sum(map(len, titles.values())) <= 90 else -35, "ticks": False}
    x = field("status", "nominal", sort=list(titles.values()), axis=axis)
    aside = {"field": "aside", "type": "quantitative", "scale": {"domain": [-1, 1]}}
    dot = {"type": "point", "filled": True, "size": 44, "opacity": 0.7, "color": look.theme.accent}
    title = f"Age ({name})"
    y = field("amount", "quantitative", title)
    layers = [
        *_bands(look, ordered, size, title),
        {"mark": dot, "encoding": {"x": x, "xOffset": aside, "y": y, "tooltip": _ITEM}},
        *_lines(look, ordered, size, "y", title),
    ]
    said = f"Ageing: {len(frame):,} work items in progress by their status now and their age, in {name}."
    return look.spec(said, _HEIGHT, {"data": {"values": rows}, "layer": layers}, "Lines: percentiles of the ages shown")


def _aside(place: int) -> float:
    """How far a dot stands beside the middle of its column, so that dots do not hide each other: -0.7 to 0.7."""
    return round((place * 0.618034 % 1 - 0.5) * 1.4, 3)


def _bands(look: Look, ordered: pl.Series, size: int, title: str) -> list[Spec]:
    """A ground between the percentiles, the darker the older."""
    edges = [0.0, *(percentile(ordered, percent) / size for percent in PERCENTS), ordered[-1] / size]
    return [
        {
            "data": {"values": [{"from": begin, "to": end}]},
            "mark": {"type": "rect", "color": look.theme.strong, "opacity": 0.04 + 0.045 * place},
            "encoding": {"y": field("from", "quantitative", title), "y2": {"field": "to"}},
        }
        for place, (begin, end) in enumerate(pairwise(edges))
    ]
