"""Every chart: valid, drawable, told in words, whatever the rows and the names are."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from sojourn.core.duration import DAY_MS, HOUR_MS, TimeFormat
from sojourn.errors import Refused
from sojourn.reports.chart_menu import CHART_MENU
from sojourn.reports.charts import catalogue, render
from sojourn.reports.charts.catalogue import CHARTS, chart
from sojourn.reports.charts.look import Look
from sojourn.reports.charts.theme import DARK, LIGHT, THEMES, Theme
from sojourn.reports.menu import MENU
from sojourn.reports.table import Notes
from tests.builders import change, issue, store
from tests.reports.asking import request

LINES = ("Working time under Office (Europe/Berlin), as of 2024-06-01 00:00.",)
NOTES = Notes(
    *("r", "2024-06-01T00:00:00.000Z", "Office", "Europe/Berlin", 8 * HOUR_MS, 40 * HOUR_MS),
    TimeFormat.DAYS_HOURS_MINUTES,
    LINES,
)
STATUSES = [("Open", "new"), ("Doing", "indeterminate"), ("Review", "indeterminate"), ("Odd", ""), ("Done", "done")]
HOSTILE = [
    *("<script>alert(1)</script>", "</svg>", '"]}; datum.x', "{{x}}", "\x00\x07\x1b[31m", "&amp;", "datum['a.b']"),
    *("a.b[0]", "x" * 5000, "日本語 🚀", "line\nbreak", "", " ", "=1+1", "signal:foo", "\ufffe\uffff", "٣ مرحبا"),
]


def stays(rows: int, names: list[tuple[str, str]] = STATUSES) -> pl.DataFrame:
    """Times by work item and status."""
    picked = [names[row % len(names)] for row in range(rows)]
    return pl.DataFrame(
        {
            "issue_key": [f"ABC-{row // len(names)}" for row in range(rows)],
            "value": [name for name, _ in picked],
            "category": [group for _, group in picked],
            "ms": [(row * 7919 % 1000) * HOUR_MS for row in range(1, rows + 1)],
        },
        {"issue_key": str, "value": str, "category": str, "ms": pl.Int64},
    )


def items(rows: int, names: list[tuple[str, str]] = STATUSES) -> pl.DataFrame:
    """A row a work item, with what the reports on flow tell."""
    start = datetime(2024, 1, 1, 22, 30, tzinfo=UTC)
    finished = [start + timedelta(hours=row) for row in range(rows)]
    ms = [(row * 7919 % 1000) * HOUR_MS for row in range(1, rows + 1)]
    return pl.DataFrame(
        {
            "issue_key": [names[row % len(names)][0] + f"-{row}" for row in range(rows)],
            "current": [names[row % len(names)][0] for row in range(rows)],
            "finished": pl.Series(finished, dtype=pl.Datetime("ms", "UTC")),
            "cycle_ms": pl.Series(ms, dtype=pl.Int64),
            "age_ms": pl.Series(ms, dtype=pl.Int64),
        }
    )


def dates(rows: int, names: list[tuple[str, str]] = STATUSES) -> pl.DataFrame:
    """A row a date and status."""
    made = stays(rows, names).drop("issue_key")
    day = [date(2024, 1, 1) + timedelta(days=row // len(names)) for row in range(rows)]
    count = pl.Series(range(1, rows + 1), dtype=pl.Int64)
    return made.with_columns(pl.Series("date", day, dtype=pl.Date), count.alias("work_items"))


def periods(rows: int, names: list[tuple[str, str]] = STATUSES) -> pl.DataFrame:
    day = [date(2000, 1, 1) + timedelta(days=row) for row in range(rows)]
    counts = pl.Series([row % 7 for row in range(rows)], dtype=pl.Int64)
    return pl.DataFrame({"period": pl.Series(day, dtype=pl.Date), "finished": counts})


def visits(rows: int, names: list[tuple[str, str]] = STATUSES) -> pl.DataFrame:
    """A row a stay of one work item."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    entered = [start + timedelta(minutes=row) for row in range(rows)]
    made = stays(rows, names).with_columns(
        pl.lit("ABC-1").alias("issue_key"), pl.Series("entered", entered, dtype=pl.Datetime("ms", "UTC"))
    )
    return made.with_columns(pl.col("entered").shift(-1).alias("left"))


def clocks(rows: int, names: list[tuple[str, str]] = STATUSES) -> pl.DataFrame:
    """A row a goal, a period or a clock, with what the reports on SLAs tell."""
    picked = [names[row % len(names)][0] for row in range(rows)]
    day = [date(2024, 1, 1) + timedelta(days=row // len(names)) for row in range(rows)]
    counts = {name: pl.Series([row % most for row in range(rows)], dtype=pl.Int64) for name, most in _COUNTS.items()}
    return pl.DataFrame(
        {
            "period": pl.Series(day, dtype=pl.Date),
            "sla_id": pl.Series([str(row % len(names)) for row in range(rows)], dtype=pl.String),
            "sla": pl.Series(picked, dtype=pl.String),
            "goal": pl.Series(picked, dtype=pl.String),
            "status": pl.Series(picked, dtype=pl.String),
            **counts,
            "attainment": pl.Series([row % 101 for row in range(rows)], dtype=pl.Float64),
            "target": pl.Series([95] * rows, dtype=pl.Float64),
            "ms": pl.Series([(row * 7919 % 1000) * HOUR_MS for row in range(1, rows + 1)], dtype=pl.Int64),
        }
    )


_COUNTS = {"met": 7, "breached": 3, "open": 5}
MAKERS: dict[str, Any] = {
    **dict.fromkeys(("bar", "stacked-bar", "pie", "sunburst", "box-plot"), stays),
    **dict.fromkeys(("histogram", "scatter", "ageing"), items),
    **dict.fromkeys(("heat-map", "cumulative-flow"), dates),
    "throughput": periods,
    "timeline": visits,
    **dict.fromkeys(("sla-summary", "sla-trend", "sla-breakdown"), clocks),
}
EVERY = pytest.mark.parametrize("name", list(CHARTS))


def drawn(name: str, frame: pl.DataFrame, theme: Theme = LIGHT, title: str = "A title") -> dict[str, Any]:
    return CHARTS[name](frame, Look(title, NOTES, theme))


def marks(spec: dict[str, Any]) -> list[str]:
    layers = spec.get("layer", [spec])
    return [layer["mark"]["type"] for layer in layers]


def check(spec: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> str:
    """Compile without a warning, and draw; the SVG."""
    capfd.readouterr()
    import vl_convert

    vl_convert.vegalite_to_vega(spec, show_warnings=True)
    svg = render.render(spec, "svg").decode()
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
    assert "NaN" not in svg
    return svg


@pytest.mark.parametrize("theme", list(THEMES))
@EVERY
def test_every_chart_is_valid_and_is_drawn(name: str, theme: str, capfd: pytest.CaptureFixture[str]) -> None:
    spec = drawn(name, MAKERS[name](40), THEMES[theme])
    svg = check(spec, capfd)
    assert "A title" in svg
    assert LINES[0] in svg
    assert THEMES[theme].ground in svg
    assert render.render(spec, "png").startswith(b"\x89PNG")
    assert json.loads(render.render(spec, "vega-lite")) == spec


@EVERY
def test_every_chart_is_told_in_words(name: str) -> None:
    spec = drawn(name, MAKERS[name](40))
    assert spec["description"].startswith("A title. ")
    assert len(spec["description"]) > 50
    assert spec["title"]["subtitle"][-1] == LINES[0]


@EVERY
def test_nothing_to_draw_is_said(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert "There is nothing to show" in check(drawn(name, MAKERS[name](0)), capfd)


@pytest.mark.parametrize("rows", [1, 2])
@EVERY
def test_one_row_and_two_are_drawn(name: str, rows: int, capfd: pytest.CaptureFixture[str]) -> None:
    assert "A title" in check(drawn(name, MAKERS[name](rows)), capfd)


@EVERY
def test_many_rows_are_drawn(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert "A title" in check(drawn(name, MAKERS[name](5000)), capfd)


@EVERY
def test_long_and_hostile_names_are_drawn_as_texts(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    names = [(text, ("new", "indeterminate", "done", "")[place % 4]) for place, text in enumerate(HOSTILE)]
    spec = drawn(name, MAKERS[name](60, names), title="</svg><script>\x00")
    svg = check(spec, capfd)
    assert "<script>" not in svg
    assert svg.count("</svg>") == 1
    assert "\x00" not in json.dumps(spec)
    assert "\\u0000" not in json.dumps(spec)
    assert render.render(spec, "png").startswith(b"\x89PNG")


@EVERY
def test_long_texts_of_emoji_are_drawn(name: str) -> None:
    names = [("🚀" * 200, "new"), ("👨‍👩‍👧‍👦" * 30, "done"), ("a" * 28 + "🚀" * 9, ""), ("🚀", "new")]
    spec = drawn(name, MAKERS[name](16, names), title="🚀" * 200)
    assert render.render(spec, "svg").startswith(b"<svg")
    assert render.render(spec, "png").startswith(b"\x89PNG")


@EVERY
def test_times_of_nothing_are_drawn(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    frame = MAKERS[name](10)
    zeros = [one for one in ("ms", "cycle_ms", "age_ms", "work_items", "finished", *_COUNTS) if one in frame.columns]
    numbers = [one for one in zeros if frame.schema[one] == pl.Int64]
    check(drawn(name, frame.with_columns(pl.lit(0, pl.Int64).alias(one) for one in numbers)), capfd)


@pytest.mark.parametrize("time_format", list(TimeFormat))
def test_every_time_format_has_an_axis(time_format: TimeFormat) -> None:
    notes = Notes(*(getattr(NOTES, one) for one in NOTES.__slots__[:6]), time_format)
    spec = CHARTS["scatter"](items(20), Look("t", notes))
    assert spec["layer"][0]["encoding"]["y"]["title"].startswith("Cycle time (")


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("bar", ["bar", "text"]),
        ("stacked-bar", ["bar"]),
        ("pie", ["arc", "text", "text"]),
        ("sunburst", ["arc", "arc", "text", "text", "text"]),
        ("box-plot", ["rule", "bar", "tick", "tick", "text"]),
        ("heat-map", ["rect"]),
        ("histogram", ["bar", *["rule", "text", "text"] * 3]),
        ("scatter", ["point", "line", *["rule", "text"] * 3]),
        ("cumulative-flow", ["area"]),
        ("throughput", ["bar", "text", "rule", "text"]),
        ("ageing", ["rect"] * 4 + ["point"] + ["rule", "text"] * 3),
        ("timeline", ["bar", "text"]),
        ("sla-summary", ["bar", "text"]),
        ("sla-trend", ["line", "rule", "text"]),
        ("sla-breakdown", ["bar"]),
    ],
)
def test_what_charts_are_made_of(name: str, want: list[str]) -> None:
    assert marks(drawn(name, MAKERS[name](25))) == want


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_colours_stand_out_from_their_ground(theme: Theme) -> None:
    colors = [color for palette in theme.groups.values() for color in palette]
    assert [color for color in (*colors, theme.accent, theme.ramp[1]) if contrast(color, theme.ground) < 3] == []
    texts = (theme.text, theme.muted, theme.strong)
    assert [color for color in texts if contrast(color, theme.ground) < 4.5] == []
    assert len(set(colors)) == len(colors)


def test_statuses_get_colours_of_their_category_and_others_any() -> None:
    assert LIGHT.colors(["new", "done", "new"]) == [
        LIGHT.groups["new"][0],
        LIGHT.groups["done"][0],
        LIGHT.groups["new"][1],
    ]
    assert len(set(LIGHT.colors([None] * 16))) == 16
    assert len(LIGHT.colors(["done"] * 50)) == 50


def test_the_control_chart_has_percentiles_by_nearest_rank_and_a_rolling_average() -> None:
    frame = items(20).with_columns(pl.Series("cycle_ms", [day * DAY_MS for day in range(1, 21)]))
    spec = drawn("scatter", frame)
    lines = [layer["data"]["values"][0] for layer in spec["layer"] if layer["mark"]["type"] == "rule"]
    assert [line["at"] for line in lines] == [10, 17, 19]
    assert lines[1]["label"] == "85 %: 17d 0h 0m"
    assert [row["average"] for row in spec["data"]["values"]] == [(1 + day) / 2 for day in range(1, 21)]
    assert len({tuple(layer["mark"]["strokeDash"]) for layer in spec["layer"] if layer["mark"]["type"] == "rule"}) == 3
    berlin = datetime(2024, 1, 1, 23, 30, tzinfo=UTC).timestamp() * 1000
    assert spec["data"]["values"][0]["at"] == berlin  # 22:30 UTC, as a clock in Berlin shows it


def test_the_histogram_counts_everything_once_and_keeps_what_is_far_out_in_the_last_bar() -> None:
    days = [*range(1, 100), 5000]
    frame = pl.DataFrame({"cycle_ms": [day * DAY_MS for day in days]})
    spec = drawn("histogram", frame)
    rows = spec["layer"][0]["data"]["values"]
    assert sum(row["count"] for row in rows) == 100
    assert rows[-1]["to"] <= 110
    assert spec["title"]["subtitle"][0].startswith("The last bar holds all that took")


def test_the_shares_of_a_pie_are_a_whole() -> None:
    arcs = drawn("pie", stays(40))["layer"][0]["data"]["values"]
    assert arcs[0]["from"] == 0
    assert arcs[-1]["to"] == pytest.approx(6.283185307)
    assert all(one["to"] == other["from"] for one, other in pairwise(arcs))
    many = drawn("pie", stays(400, [(f"S{number}", "new") for number in range(40)]))["layer"][0]["data"]["values"]
    assert len(many) == 10
    assert many[-1]["name"] == "31 others"


def test_the_inner_ring_is_the_sum_of_the_outer() -> None:
    inner, outer = (layer["data"]["values"] for layer in drawn("sunburst", stays(40))["layer"][:2])
    assert [one["name"] for one in inner] == ["To do", "In progress", "Other", "Done"]
    ends = [one["to"] for one in outer]
    assert all(any(one["to"] == pytest.approx(end) for end in ends) for one in inner)


def test_a_box_holds_the_middle_half() -> None:
    frame = pl.DataFrame({"value": ["A"] * 100, "ms": [day * DAY_MS for day in range(1, 101)]})
    [row] = drawn("box-plot", frame)["data"]["values"]
    assert row == {"value": "A", "count": "100", "p5": 5, "p25": 25, "p50": 50, "p75": 75, "p95": 95}


def test_of_many_work_items_those_with_the_most_time_are_stacked() -> None:
    spec = drawn("stacked-bar", stays(500))
    assert len(spec["encoding"]["y"]["sort"]) == 30
    assert spec["title"]["subtitle"][0] == "The 30 with the most time of 100 work items"


def test_cumulative_flow_has_what_is_done_at_the_bottom() -> None:
    spec = drawn("cumulative-flow", dates(50))
    place = {row["value"]: row["place"] for row in spec["data"]["values"]}
    assert min(place, key=lambda name: place[name]) == "Done"
    assert spec["encoding"]["color"]["scale"]["domain"][0] == "Open"


def test_goals_of_slas_of_one_name_are_told_apart_and_have_their_share() -> None:
    frame = pl.DataFrame(
        {
            "sla_id": ["1", "1", "2"],
            "sla": ["Resolution"] * 3,
            "goal": ["Urgent", "Others", "Urgent"],
            "met": [3, 1, 0],
            "breached": [1, 2, 0],
            "open": [0, 0, 4],
        }
    )
    bars, text = drawn("sla-summary", frame)["layer"]
    assert [(row["label"], row["share"]) for row in text["data"]["values"]] == [
        ("Resolution (1) · Urgent", "75.0 %"),
        ("Resolution (1) · Others", "33.3 %"),
        ("Resolution (2) · Urgent", "none yet"),
    ]
    assert [row["count"] for row in bars["data"]["values"]] == [3, 0, 1, 1, 0, 2, 0, 4, 0]


def test_throughput_has_its_average() -> None:
    frame = pl.DataFrame({"period": ["2024-01", "2024-02"], "finished": [3, 6]})
    spec = drawn("throughput", frame)
    assert spec["layer"][-1]["data"]["values"] == [{"mean": 4.5, "label": "average 4.5"}]


def test_the_heat_map_of_weeks_has_cells_of_a_week() -> None:
    frame = pl.DataFrame(
        {"date": [date(2024, 1, 1), date(2024, 1, 8)], "value": ["A", "A"], "ms": [DAY_MS, 2 * DAY_MS]}
    )
    rows = drawn("heat-map", frame)["data"]["values"]
    assert [row["to"] - row["from"] for row in rows] == [7 * DAY_MS] * 2
    assert [row["amount"] for row in rows] == [1, 2]
    counts = frame.rename({"ms": "work_items"})
    assert drawn("heat-map", counts)["encoding"]["color"]["title"] == "Work items"


def test_ageing_shows_how_many_work_items_each_status_has() -> None:
    spec = drawn("ageing", items(11))
    point = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "point")
    assert point["encoding"]["x"]["sort"] == ["Open (3)", "Doing (2)", "Review (2)", "Odd (2)", "Done (2)"]


def test_a_timeline_of_one_work_item_has_a_row_a_status_or_a_field() -> None:
    frame = visits(5)
    rows = drawn("timeline", frame)["data"]["values"]
    assert [row["row"] for row in rows] == ["Open", "Doing", "Review", "Odd", "Done"]
    assert rows[-1]["label"] == "since 2024-01-01"
    assert rows[-1]["to"] < rows[-1]["from"] + 60_000  # what is done needs no long bar
    going = drawn("timeline", frame.drop("category"))["data"]["values"]
    assert (going[-1]["label"], going[-1]["to"]) == ("now", datetime(2024, 6, 1, 2, tzinfo=UTC).timestamp() * 1000)
    fields = frame.with_columns(pl.Series("field", ["status", "assignee", "status", "status", "assignee"]))
    assert {row["row"] for row in drawn("timeline", fields)["data"]["values"]} == {"status", "assignee"}


def test_a_timeline_of_many_work_items_has_a_row_for_each_of_the_first() -> None:
    frame = visits(100).with_columns(pl.Series("issue_key", [f"A-{row}" for row in range(100)]))
    spec = drawn("timeline", frame)
    assert spec["title"]["subtitle"][0] == "The first 40 of 100 work items"
    assert {row["row"] for row in spec["data"]["values"]} == {f"A-{row}" for row in range(40)}


def test_every_chart_of_the_menu_can_be_drawn_and_has_its_report() -> None:
    assert {entry.name for entry in CHART_MENU} == set(CHARTS)
    assert {entry.report for entry in CHART_MENU} <= {entry.name for entry in MENU}


@pytest.fixture
def some_items() -> None:
    moved = [
        change("2024-01-02T09:00:00.000+0000", "status", "Open", "In progress"),
        change("2024-01-03T09:00:00.000+0000", "status", "In progress", "Done"),
    ]
    store(*[issue(f"ABC-{number}", "Done", *moved) for number in range(1, 4)], issue("ABC-9", "Open"))


def asked(name: str, **options: Any) -> dict[str, Any]:
    entry = next(one for one in CHART_MENU if one.name == name)
    own = {key: options.pop(key) for key in ("theme", "issue", "with_done") if key in options}
    return chart(entry, request(**options, **entry.fixed), **own)


@pytest.mark.django_db
@pytest.mark.usefixtures("some_items")
@pytest.mark.parametrize("entry", CHART_MENU, ids=lambda entry: entry.name)
def test_every_chart_is_drawn_from_its_report(entry: Any, capfd: pytest.CaptureFixture[str]) -> None:
    from sojourn.calendars import store as calendars
    from sojourn.reports import options as reading
    from tests.reports.asking import NOW

    given = {one.name: [one.default] for one in entry.options if one.default and not one.is_switch}
    given |= {name: [text] for name, text in entry.fixed.items()}
    wanted = reading.request(given, calendars.load("7x24"), NOW, entry.entry.options)
    svg = check(catalogue.chart(entry, wanted), capfd)
    assert entry.title in svg


@pytest.mark.django_db
@pytest.mark.usefixtures("some_items")
def test_done_statuses_are_left_out_unless_asked_for() -> None:
    names = {row["status"] for row in asked("bar")["data"]["values"]}
    assert "Done" not in names
    assert "In progress" in names
    assert {row["status"] for row in asked("bar", with_done=True)["data"]["values"]} == {*names, "Done"}
    assert asked("bar")["title"]["subtitle"][-1].endswith("Without done statuses.")


@pytest.mark.django_db
@pytest.mark.usefixtures("some_items")
def test_a_timeline_can_be_of_one_work_item() -> None:
    rows = asked("timeline", issue="ABC-2")["data"]["values"]
    assert [row["row"] for row in rows] == ["Open", "In progress", "Done"]
    with pytest.raises(Refused, match="issue: there is no work item 'ABC-7'"):
        asked("timeline", issue="ABC-7")


@pytest.mark.django_db
def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(Refused, match="theme: 'pink' is not one of light, dark"):
        asked("bar", theme="pink")


def test_an_unknown_picture_is_refused() -> None:
    with pytest.raises(Refused, match="format: 'gif' is not one of svg, png, vega-lite"):
        render.parse_picture("gif")


def test_percentiles_that_are_one_share_a_line_and_its_text() -> None:
    spec = drawn("scatter", items(20).with_columns(pl.lit(HOUR_MS, pl.Int64).alias("cycle_ms")))
    labels = [layer["data"]["values"][0]["label"] for layer in spec["layer"] if "data" in layer]
    assert labels == ["50 %, 85 %, 95 %: 1h 0m"] * 2


def test_few_work_items_are_counted_in_whole_numbers() -> None:
    for name in ("histogram", "throughput"):
        svg = render.render(drawn(name, MAKERS[name](2)), "svg").decode()
        assert not re.search(r">0\.5</text>", svg[svg.index("Y-axis") :].partition("X-axis")[0])
