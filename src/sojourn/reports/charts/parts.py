"""Charts of time by value: stacked bars, pie, sunburst, box plot."""

import math
from collections.abc import Iterator

import polars as pl

from sojourn.reports.charts.bar import CATEGORIES
from sojourn.reports.charts.look import Look, Spec, drawing, field, values_of
from sojourn.reports.charts.units import percentile

_MOST_ITEMS = 30
_MOST_SLICES = 9
_STEP = 24
_SMALL = 0.001
_LABELLED, _LABELLED_INSIDE = 0.025, 0.07  # of the whole circle
_CIRCLE = 560
_RADII = ((70, 128), (132, 190))


@drawing("issue_key", "value", "ms")
def stacked_bar(frame: pl.DataFrame, look: Look) -> Spec:
    """A bar a work item, a part a value: columns `issue_key`, `value`, `ms`, and `category` if known.

    Of many work items those with the most time are drawn.
    """
    totals = frame.group_by("issue_key").agg(pl.col("ms").sum()).sort("ms", "issue_key", descending=[True, False])
    shown = totals.head(_MOST_ITEMS)
    name, size = look.unit(int(shown["ms"][0]))
    values = values_of(frame)
    places = {value: place for place, (value, _) in enumerate(values)}
    rows = [
        {"item": key, "value": value, "amount": ms / size, "place": places[value]}
        for key, value, ms in frame.join(shown, "issue_key", "semi").select("issue_key", "value", "ms").iter_rows()
    ]
    used = {row["value"] for row in rows}
    legend = {"orient": "right", "title": None}
    encoding = {
        "y": field("item", "nominal", sort=shown["issue_key"].to_list(), axis={"ticks": False, "domain": False}),
        "x": field("amount", "quantitative", f"Working time ({name})", aggregate="sum"),
        "color": field("value", "nominal", scale=look.scale([one for one in values if one[0] in used]), legend=legend),
        "order": field("place", "quantitative"),
    }
    mark = {"type": "bar", "stroke": look.theme.ground, "strokeWidth": 0.5}
    told = "" if len(totals) <= _MOST_ITEMS else f"The {_MOST_ITEMS} with the most time of {len(totals):,} work items"
    said = f"Stacked bars: the working time of {len(shown)} work items by status, in {name}."
    return look.spec(said, _STEP * len(shown), {"data": {"values": rows}, "mark": mark, "encoding": encoding}, told)


@drawing("value", "ms")
def pie(frame: pl.DataFrame, look: Look) -> Spec:
    """The share of each value in all working time; columns `value`, `ms`, and `category` if known.

    The smallest of many values are one slice.
    """
    slices = [one for one in _slices(frame, look) if one["amount"]]
    kept = sorted(slices, key=lambda one: -one["amount"])[: _MOST_SLICES if len(slices) > _MOST_SLICES + 1 else None]
    small = [one for one in slices if one not in kept]
    shown = [one for one in slices if one in kept]
    if small:
        rest = sum(one["amount"] for one in small)
        shown.append({"name": f"{len(small)} others", "amount": rest, "color": look.theme.muted})
    if not shown:
        return look.nothing()
    said = "Pie chart: the share of each status in all working time."
    return look.spec(said, 440, _rings(look, [list(_around(shown))], [(0, 180)]))


@drawing("value", "ms")
def sunburst(frame: pl.DataFrame, look: Look) -> Spec:
    """The share of categories, inside, and of their values, outside; columns `value`, `category`, `ms`."""
    slices = [one for one in _slices(frame, look) if one["amount"]]
    if not slices:
        return look.nothing()
    order = list(CATEGORIES)
    slices.sort(key=lambda one: order.index(one["group"]))
    inner = [
        {"name": CATEGORIES[group], "amount": amount, "color": look.theme.groups[group][0]}
        for group in order
        if (amount := sum(one["amount"] for one in slices if one["group"] == group))
    ]
    said = "Sunburst: the share of each category in all working time, and around it that of each status."
    return look.spec(said, 470, _rings(look, [list(_around(inner)), list(_around(slices))], list(_RADII)))


def _slices(frame: pl.DataFrame, look: Look) -> list[Spec]:
    totals = dict(frame.group_by("value").agg(pl.col("ms").sum()).iter_rows())
    values = values_of(frame)
    colors = look.theme.colors([group for _, group in values])
    return [
        {"name": name, "group": group or "", "amount": totals[name], "color": color}
        for (name, group), color in zip(values, colors, strict=True)
    ]


def _around(slices: list[Spec]) -> Iterator[Spec]:
    """The slices with where they begin and end on the circle, and what is written beside them."""
    whole = sum(one["amount"] for one in slices)
    begin = 0
    for one in slices:
        end = begin + one["amount"]
        share = one["amount"] / whole
        yield {
            "name": one["name"],
            "color": one["color"],
            "from": begin / whole * math.tau,
            "to": end / whole * math.tau,
            "middle": (begin + end) / 2 / whole * math.tau,
            "percent": f"{share:.1%}".replace("%", " %") if share >= _SMALL else "< 0.1 %",
            "share": share,
        }
        begin = end


def _rings(look: Look, rings: list[list[Spec]], radii: list[tuple[int, int]]) -> Spec:
    """Rings of arcs, with names inside the inner ones and around the outermost, and a table of shares as a legend."""
    layers = []
    for ring, (inner, outer) in zip(rings, radii, strict=True):
        arc = {"type": "arc", "innerRadius": inner, "outerRadius": outer, "stroke": look.theme.ground, "strokeWidth": 1}
        layers.append({"data": {"values": ring}, "mark": arc, "encoding": _angles(ring)})
    for ring, (_, outer), is_last in zip(rings, radii, [False] * (len(rings) - 1) + [True], strict=True):
        layers += _labels(look, ring, outer, is_last)
    return {"width": _CIRCLE, "layer": layers, "resolve": {"scale": {"color": "independent", "theta": "independent"}}}


def _angles(ring: list[Spec]) -> Spec:
    names = [f"{one['name']} · {one['percent']}" for one in ring]
    for one, name in zip(ring, names, strict=True):
        one["legend"] = name
    scale = {"domain": names, "range": [one["color"] for one in ring]}
    return {
        "theta": {"field": "from", "type": "quantitative", "scale": None},
        "theta2": {"field": "to"},
        "color": field("legend", "nominal", sort=None, scale=scale, legend={"orient": "right"}),
    }


def _labels(look: Look, ring: list[Spec], outer: int, is_last: bool) -> list[Spec]:
    """Names beside the outermost ring; on an inner ring they stand in the arcs."""
    ring = [one for one in ring if one["share"] >= (_LABELLED if is_last else _LABELLED_INSIDE)]
    if not is_last:
        text = {"type": "text", "radius": outer - 29, "color": look.theme.ground, "fontSize": 11, "limit": 80}
        return [_label(text, ring)]
    halves = [
        ([one for one in ring if (one["middle"] < math.pi) == is_right], "left" if is_right else "right")
        for is_right in (True, False)
    ]
    text = {"type": "text", "radius": outer + 12, "limit": 150}
    return [_label({**text, "align": align}, half) for half, align in halves if half]


def _label(mark: Spec, ring: list[Spec]) -> Spec:
    theta = {"field": "middle", "type": "quantitative", "scale": None}
    return {"data": {"values": ring}, "mark": mark, "encoding": {"theta": theta, "text": field("name", "nominal")}}


@drawing("value", "ms")
def box_plot(frame: pl.DataFrame, look: Look) -> Spec:
    """How working times spread by value; columns `value`, `ms`, and `category` if known.

    A box holds the middle half, its line is the median, whiskers reach from the 5 % to the 95 % percentile.
    """
    values = values_of(frame)
    spread = {name: frame.filter(pl.col("value") == name)["ms"].sort() for name, _ in values}
    name, size = look.unit(max(percentile(one, 95) for one in spread.values()))
    rows = [
        {"value": value, "count": f"{len(ordered):,}"}
        | {f"p{percent}": percentile(ordered, percent) / size for percent in (5, 25, 50, 75, 95)}
        for value, ordered in spread.items()
    ]
    color = field("value", "nominal", scale=look.scale(values), legend=None)
    axis = {"grid": False, "ticks": False, "domain": False}
    title = f"Working time ({name})"
    ends = {"x": field("p5", "quantitative", title), "x2": {"field": "p95"}}
    box = {"x": field("p25", "quantitative", title), "x2": {"field": "p75"}, "color": color}
    layers = [
        {"mark": {"type": "rule", "color": look.theme.muted, "strokeWidth": 2}, "encoding": ends},
        {"mark": {"type": "bar", "height": {"band": 0.6}}, "encoding": box},
        *(
            {
                "mark": {"type": "tick", "color": color, "thickness": thickness, "size": 26, "opacity": 1},
                "encoding": {"x": field("p50", "quantitative", title)},
            }
            for color, thickness in ((look.theme.ground, 5), (look.theme.text, 2))  # a rim sets it off from its box
        ),
        {
            "mark": {"type": "text", "align": "left", "dx": 8, "color": look.theme.muted},
            "encoding": {"x": field("p95", "quantitative", title), "text": field("count", "nominal")},
        },
    ]
    encoding = {"y": field("value", "nominal", sort=None, axis=axis)}
    told = "Box: the middle half; line: median; whiskers: 5 % to 95 %; number: work items"
    said = f"Box plot: how working times in each status spread, in {name}."
    return look.spec(said, 34 * len(rows), {"data": {"values": rows}, "encoding": encoding, "layer": layers}, told)
