import pytest
import vl_convert

from sojourn.core.duration import DAY_MS, HOUR_MS, MINUTE_MS, TimeFormat
from sojourn.history.read import values_of
from sojourn.reports.charts import Figure, figures, spec
from sojourn.reports.table import Notes
from tests.web.test_report_page import _answer

NOTES = Notes("time-in-status", "2024-01-20T00:00:00.000Z", "Office", "UTC", 8 * HOUR_MS, 40 * HOUR_MS, TimeFormat.MS)


def _figure(mean: int, group: str = "new") -> Figure:
    return Figure(f"Status {mean}", group, 3, mean, mean // 2, mean * 2)


def _notes(time_format: TimeFormat) -> Notes:
    notes = NOTES
    return Notes(*(getattr(notes, name) for name in notes.__slots__[:6]), time_format)


@pytest.mark.parametrize(
    ("time_format", "mean", "amount", "unit"),
    [
        (TimeFormat.DAYS_HOURS_MINUTES, 3 * DAY_MS, 3, "days of 24 hours"),
        (TimeFormat.DAYS_HOURS_MINUTES, DAY_MS, 24, "hours"),
        (TimeFormat.BUSINESS_DAYS_HOURS_MINUTES, DAY_MS, 3, "business days"),
        (TimeFormat.BUSINESS_DECIMAL_DAYS, 4 * HOUR_MS, 0.5, "business days"),
        (TimeFormat.BUSINESS_DECIMAL_WEEKS, 20 * HOUR_MS, 0.5, "business weeks"),
        (TimeFormat.DECIMAL_HOURS, 90 * MINUTE_MS, 1.5, "hours"),
        (TimeFormat.MINUTES, HOUR_MS, 60, "minutes"),
        (TimeFormat.MS, 7, 7, "ms"),
    ],
)
def test_the_axis_counts_in_the_unit_of_the_labels(
    time_format: TimeFormat, mean: int, amount: float, unit: str
) -> None:
    made = spec([_figure(mean)], "mean", _notes(time_format))
    assert made["data"]["values"][0]["amount"] == amount
    assert made["encoding"]["x"]["title"] == f"Average working time ({unit})"


def test_the_median_can_be_shown() -> None:
    made = spec([_figure(10)], "median", NOTES)
    assert made["data"]["values"][0]["amount"] == 5
    assert made["encoding"]["x"]["title"].startswith("Median")


def test_categories_come_in_the_order_of_work() -> None:
    made = spec([_figure(1, "done"), _figure(2, "indeterminate"), _figure(3)], "mean", NOTES)
    assert made["layer"][0]["encoding"]["color"]["scale"]["domain"] == ["To do", "In progress", "Done"]


def test_the_spec_can_be_drawn() -> None:
    made = spec([_figure(10), _figure(20, "done")], "mean", NOTES) | {"width": 400}
    drawn = vl_convert.vegalite_to_svg(made)
    assert "Status 10" in drawn
    assert "Average working time (ms)" in drawn


@pytest.mark.usefixtures("work_items")
def test_both_shapes_give_the_same_figures() -> None:
    wide, long = (_answer(shape=shape, calendar="Office") for shape in ("wide", "long"))
    statuses = list(values_of("status"))
    assert figures(wide, wide.collect(), statuses) == figures(long, long.collect(), statuses)


@pytest.mark.usefixtures("work_items")
def test_figures_are_over_those_that_were_there() -> None:
    answer = _answer(calendar="Office", time_format="ms")
    found = {one.name: one for one in figures(answer, answer.collect(), values_of("status"))}
    values = sorted(answer.collect()["In progress"].drop_nulls())
    assert "Waiting" not in found
    one = found["In progress"]
    assert (one.count, one.median_ms, one.p85_ms) == (61, values[30], values[51])
    assert one.mean_ms == (2 * sum(values) + 61) // 122
