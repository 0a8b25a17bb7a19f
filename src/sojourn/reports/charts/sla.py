"""Charts of SLA clocks: how many were met, whether enough of them, and where their time was spent."""

import polars as pl

from sojourn.reports.charts.look import WIDTH, Look, Spec, clean, counted, drawing, field, values_of

_STEP = 28
_HEIGHT = 380
_DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]]
_VERDICTS = ("met", "open", "breached")


def _labelled(frame: pl.DataFrame, *more: str) -> pl.DataFrame:
    """The frame with `label`: the name of the SLA, with its number where several have that name, and what else."""
    names = pl.col("sla").str.slice(0, 60)
    same = pl.col("sla_id").n_unique().over("sla") > 1
    name = pl.when(same).then(pl.concat_str(names, pl.lit(" ("), "sla_id", pl.lit(")"))).otherwise(names)
    return frame.with_columns(pl.concat_str(name, *more, separator=" · ").alias("label"))


@drawing("sla_id", "sla", "goal", "met", "breached", "open")
def summary(frame: pl.DataFrame, look: Look) -> Spec:
    """How many clocks of each goal were met, are open, and breached; columns `sla_id`, `sla`, `goal`, and these."""
    found = _labelled(frame, "goal").group_by("label", maintain_order=True).agg(pl.col(_VERDICTS).sum())
    rows = [
        {"label": row["label"], "verdict": verdict, "place": place, "count": row[verdict]}
        for row in found.to_dicts()
        for place, verdict in enumerate(_VERDICTS)
    ]
    most = max(sum(row[verdict] for verdict in _VERDICTS) for row in found.to_dicts())
    theme = look.theme
    colors = {"domain": list(_VERDICTS), "range": [theme.groups["done"][0], theme.groups["new"][0], theme.strong]}
    order = found["label"].to_list()
    y = field("label", "nominal", sort=order, axis={"ticks": False, "domain": False})
    bars = {
        "data": {"values": rows},
        "mark": {"type": "bar", "stroke": theme.ground, "strokeWidth": 0.5},
        "encoding": {
            "y": y,
            "x": counted("count", most, "Clocks"),
            "color": field("verdict", "nominal", scale=colors, legend={"orient": "top", "title": None}),
            "order": field("place", "quantitative"),
        },
    }
    shares = [{"label": row["label"], "share": _share(row["met"], row["breached"])} for row in found.to_dicts()]
    text = {
        "data": {"values": shares},
        "mark": {"type": "text", "x": WIDTH + 6, "align": "left"},
        "encoding": {"y": y, "text": field("share", "nominal")},
    }
    said = f"Stacked bars: how many clocks of each of {len(order)} goals were met, are open, and breached."
    told = "On the right: the share of met clocks in those that are met or breached"
    return look.spec(said, _STEP * len(order), {"layer": [bars, text]}, told)


def _share(met: int, breached: int) -> str:
    return f"{met / (met + breached):.1%}".replace("%", " %") if met + breached else "none yet"


@drawing("period", "sla_id", "sla", "attainment", "target")
def trend(frame: pl.DataFrame, look: Look) -> Spec:
    """The share of met clocks of each SLA by period, and the target; columns `period`, `attainment`, `target`."""
    found = _labelled(frame).sort("period", maintain_order=True)
    rows = [
        {"period": str(period), "label": label, "share": share}
        for period, label, share in found.select("period", "label", "attainment").iter_rows()
    ]
    labels = found["label"].unique(maintain_order=True).to_list()
    dates = list(dict.fromkeys(row["period"] for row in rows))
    axis = {"labelAngle": 0 if len(dates) <= 8 else -40, "grid": False, "values": dates[:: -(-len(dates) // 16)]}
    title = "Met (%)"
    x, y = field("period", "ordinal", sort=None, axis=axis), field("share", "quantitative", title)
    y["scale"] = {"domain": [0, 100]}
    of_sla = {
        "color": field("label", "nominal", scale=look.scale([(label, None) for label in labels])),
        "strokeDash": field("label", "nominal", scale={"domain": labels, "range": _DASHES}),
    }
    for channel in of_sla.values():
        channel["legend"] = {"orient": "top", "title": None}
    target = float(found["target"][0])
    data = {"values": [{"target": target, "said": f"target {target:g} %"}]}
    at = field("target", "quantitative", title)
    strong = look.theme.strong
    layers = [
        {"data": {"values": rows}, "mark": {"type": "line", "point": True}, "encoding": {"x": x, "y": y, **of_sla}},
        {"data": data, "mark": {"type": "rule", "color": strong, "strokeDash": [7, 4]}, "encoding": {"y": at}},
        {
            "data": data,
            "mark": {"type": "text", "x": WIDTH + 6, "align": "left", "color": strong},
            "encoding": {"y": at, "text": field("said", "nominal")},
        },
    ]
    said = f"Lines: the share of met clocks of {len(labels)} SLAs in each of {len(dates)} periods; target {target:g} %."
    return look.spec(said, _HEIGHT, {"layer": layers})


@drawing("sla_id", "sla", "status", "ms")
def breakdown(frame: pl.DataFrame, look: Look) -> Spec:
    """In which statuses the time of each SLA's clocks was spent; columns `sla_id`, `sla`, `status`, `ms`."""
    found = _labelled(frame).group_by("label", "status", maintain_order=True).agg(pl.col("ms").sum())
    totals = found.group_by("label", maintain_order=True).agg(pl.col("ms").sum())
    name, size = look.unit(int(totals["ms"].max() or 0))  # type: ignore[arg-type]
    values = values_of(found.select(value="status"))
    rows = [{"label": label, "status": status, "amount": ms / size} for label, status, ms in found.iter_rows()]
    labels = totals["label"].to_list()
    encoding = {
        "y": field("label", "nominal", sort=labels, axis={"ticks": False, "domain": False}),
        "x": field("amount", "quantitative", f"Working time ({name})", aggregate="sum"),
        "color": field("status", "nominal", scale=look.scale(values), legend={"orient": "right", "title": None}),
    }
    mark = {"type": "bar", "stroke": look.theme.ground, "strokeWidth": 0.5}
    said = f"Stacked bars: the working time of the clocks of {len(labels)} SLAs by status, in {name}."
    body = {"data": {"values": rows}, "mark": mark, "encoding": encoding}
    return look.spec(clean(said), _STEP * len(labels), body)
