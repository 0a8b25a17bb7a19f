"""Time in status per date against stays split midnight by midnight, and its sums."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sojourn.errors import Refused
from sojourn.history import read
from sojourn.reports import per_date
from tests.builders import change, issue, store
from tests.reports.asking import DAY, HOUR
from tests.reports.plain import (
    CALENDARS,
    Asked,
    ask,
    asked_at_random,
    check_frames,
    counted,
    ms,
    random_items,
    rows,
    window_stays,
)
from tests.reports.test_against_plain import START_MS

pytestmark = pytest.mark.django_db

NAME = "time-in-status-per-date"


def first_of(day: date, by: str) -> date:
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[by]


def split(begin: int, end: int, zone: str = "UTC") -> list[tuple[date, int, int]]:
    """The parts of a stay by local day; at least one."""
    found = []
    while True:
        day = datetime.fromtimestamp(begin / 1000, ZoneInfo(zone)).date()
        midnight = ms(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(days=1))
        found.append((day, begin, min(end, midnight)))
        if end <= midnight:
            return found
        begin = midnight


@pytest.mark.parametrize("by", ["day", "week", "month"])
@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
def test_per_date_is_the_sum_of_stays_split_at_midnight(calendar: str, worked: Any, by: str) -> None:
    items = random_items(21)
    for asked in asked_at_random(21, 8):
        want: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
        for item in items.values():
            for stay in counted(window_stays(item.status, asked), asked):
                for day, begin, end in split(stay.entered, stay.left):
                    cell = want[first_of(day, by), stay.value, item.key]
                    cell[0] += worked(begin, end)
                    cell[1] += end - begin
        single = rows(NAME, calendar, by=by, per_item="true", **asked.options)
        assert {(r["date"], r["value"], r["issue_key"]): [r["ms"], r["elapsed_ms"]] for r in single} == want
        assert len(single) == len(want)
        totals: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
        for (day, value, _), cell in want.items():
            for place, amount in enumerate((*cell, 1)):
                totals[day, value][place] += amount
        found = rows(NAME, calendar, by=by, **asked.options)
        assert {(r["date"], r["value"]): [r["ms"], r["elapsed_ms"], r["work_items"]] for r in found} == totals
        assert [(row["date"]) for row in found] == sorted(row["date"] for row in found)


@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
def test_the_dates_sum_to_the_time_in_status(calendar: str, worked: Any) -> None:
    random_items(22)
    given = Asked(START_MS + 60 * DAY).options
    whole: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows("time-in-status", calendar, shape="long", **given):
        whole[row["value"]][0] += row["ms"]
        whole[row["value"]][1] += row["elapsed_ms"]
    for by in ("day", "week", "month"):
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for row in rows(NAME, calendar, by=by, **given):
            sums[row["value"]][0] += row["ms"]
            sums[row["value"]][1] += row["elapsed_ms"]
        assert sums == whole


def test_days_are_those_of_the_calendars_zone_and_of_their_real_length() -> None:
    berlin = {
        "tz": "Europe/Berlin",
        "week": {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    }
    store(issue("ABC-1", created="2024-03-29T23:30:00.000+0000"))
    found = rows(NAME, berlin, as_of="2024-04-01T12:00Z")
    assert [(row["date"], row["ms"], row["elapsed_ms"]) for row in found] == [
        (date(2024, 3, 30), 23 * HOUR + HOUR // 2, 23 * HOUR + HOUR // 2),
        (date(2024, 3, 31), 23 * HOUR, 23 * HOUR),
        (date(2024, 4, 1), 14 * HOUR, 14 * HOUR),
    ]
    assert [row["date"] for row in rows(NAME, berlin, as_of="2024-04-01T12:00Z", by="week")] == [
        date(2024, 3, 25),
        date(2024, 4, 1),
    ]


def test_a_stay_that_ends_at_midnight_is_not_in_the_next_day_and_one_of_no_length_is_in_its_own() -> None:
    midnight = "2024-01-02T00:00:00.000+0000"
    first, second = change(midnight, "status", "Open", "Waiting"), change(midnight, "status", "Waiting", "Done")
    store(issue("ABC-1", "Done", first, second))
    found = rows(NAME, as_of="2024-01-02T06:00Z")
    assert [(row["date"].day, row["value"], row["ms"], row["work_items"]) for row in found] == [
        (1, "Open", 15 * HOUR, 1),
        (2, "Waiting", 0, 1),
        (2, "Done", 6 * HOUR, 1),
    ]
    assert [(r["date"].day, r["value"]) for r in rows(NAME, as_of=midnight)] == [
        (1, "Open"),
        (2, "Waiting"),
        (2, "Done"),
    ]


@pytest.mark.parametrize("per_item", ["false", "true"])
def test_nothing_to_tell_gives_no_rows_and_batches_change_nothing(
    per_item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"per_item": per_item, "time_format": "Minutes"}
    assert ask(NAME, **given).collect().height == 0
    random_items(23, 20)
    assert ask(NAME, created="2030-01-01..", **given).collect().height == 0
    assert ask(NAME, as_of="2020-01-01", **given).collect().height == 0
    check_frames(NAME, **given)
    whole = ask(NAME, **given).collect()
    assert whole.columns[-1] == "time"
    assert whole["time"].equals(whole["ms"].rename("time"))
    monkeypatch.setattr(read, "BATCH", 3)
    monkeypatch.setattr(per_date, "_CHUNK", 5)
    assert ask(NAME, **given).collect().equals(whole)


def test_columns_of_the_work_item_are_for_single_ones() -> None:
    store(issue("ABC-1", duedate="2024-02-01"))
    with pytest.raises(Refused, match=r"^columns: are those of single work items; ask for per_item as well"):
        ask(NAME, columns="due")
    assert rows(NAME, columns="due", per_item="true")[0]["due"] == date(2024, 2, 1)
    assert datetime(2024, 1, 1, tzinfo=UTC).date() == rows(NAME)[0]["date"]
