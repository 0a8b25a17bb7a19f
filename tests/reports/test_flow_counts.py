"""Throughput, work in progress and cumulative flow (docs/semantics.md 38, 39)."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sojourn.errors import Refused
from sojourn.history import read
from tests.builders import CATEGORIES, change, issue, store
from tests.reports.asking import DAY
from tests.reports.flow_help import by_key, plain, rows, table
from tests.reports.test_against_plain import START_MS, Entries, random_items, text
from tests.reports.test_cycle_time import reopened, worked_on
from tests.reports.test_time_in_status import declare_statuses

pytestmark = pytest.mark.django_db

REPORTS = ("throughput", "wip", "cumulative-flow")


def test_throughput_counts_by_the_day() -> None:
    store(worked_on(), reopened())
    declare_statuses()
    found = rows("throughput", as_of="2024-01-04T12:00Z")
    assert [tuple(row.values()) for row in found] == [
        (date(2024, 1, 1), 2, 1, 0),
        (date(2024, 1, 2), 0, 0, 1),
        (date(2024, 1, 3), 0, 1, 0),
        (date(2024, 1, 4), 0, 0, 1),
    ]
    assert [row["wip"] for row in rows("wip", as_of="2024-01-04T12:00Z")] == [1, 0, 1, 0]


def test_what_was_reopened_is_in_progress_until_it_is_finished_again() -> None:
    done_twice = issue(
        "ABC-1",
        "Done",
        change("2024-01-01T12:00:00.000+0000", "status", "Open", "In progress"),
        change("2024-01-02T12:00:00.000+0000", "status", "In progress", "Done"),
        change("2024-01-04T12:00:00.000+0000", "status", "Done", "Open"),
        change("2024-01-05T12:00:00.000+0000", "status", "Open", "Done"),
    )
    store(done_twice)
    declare_statuses()
    assert [row["wip"] for row in rows("wip", as_of="2024-01-06")] == [1, 1, 1, 1, 0, 0]
    assert [row["wip"] for row in rows("wip", as_of="2024-01-03T09:00Z")] == [1, 0, 0]


def test_cumulative_flow_has_a_row_a_day_and_status_by_name_id_or_category() -> None:
    store(worked_on(), issue("ABC-2"))
    declare_statuses()
    found = rows("cumulative-flow", as_of="2024-01-02T12:00Z")
    assert [tuple(row.values()) for row in found] == [
        (date(2024, 1, 1), "1", "Open", 1, "new"),
        (date(2024, 1, 1), "3", "In progress", 1, "indeterminate"),
        (date(2024, 1, 1), "5", "Done", 0, "done"),
        (date(2024, 1, 2), "1", "Open", 1, "new"),
        (date(2024, 1, 2), "3", "In progress", 0, "indeterminate"),
        (date(2024, 1, 2), "5", "Done", 1, "done"),
    ]
    grouped = rows("cumulative-flow", as_of="2024-01-01T15:00Z", status_group="category")
    assert [tuple(row.values())[2:] for row in grouped] == [("To do", 1, "new"), ("In progress", 1, "indeterminate")]
    assert {row["value_id"] for row in rows("cumulative-flow", statuses_by="name")} == {"1", "3", "5"}


def test_periods_are_the_calendars_zones() -> None:
    late = {"created": "2024-01-31T23:30:00.000+0000"}
    store(issue("ABC-1", "Done", change("2024-02-29T23:30:00.000+0000", "status", "Open", "Done"), **late))
    tokyo = {"tz": "Asia/Tokyo", "week": {"mon": [["09:00", "17:00"]]}}
    for calendar, months in (("7x24", [(1, 1, 0), (2, 0, 1), (3, 0, 0)]), (tokyo, [(2, 1, 0), (3, 0, 1)])):
        found = rows("throughput", calendar, by="month", as_of="2024-03-05")
        assert [(row["period"].month, row["arrived"], row["finished"]) for row in found] == months


def test_what_happens_at_the_moment_asked_of_is_in_the_last_period_and_at_the_end_of_a_trim_is_not() -> None:
    store(issue("ABC-1", "Done", change("2024-01-03T00:00:00.000+0000", "status", "Open", "Done")))
    asked = rows("throughput", as_of="2024-01-03")
    assert [(row["period"].day, row["finished"]) for row in asked] == [(1, 0), (2, 0), (3, 1)]
    assert [row["finished"] for row in rows("throughput", trim="..2024-01-03")] == [0, 0]
    assert [row["period"].day for row in rows("wip", trim="2024-01-02T12:00Z..2024-01-03T12:00Z")] == [2, 3]


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("options", [{}, {"by": "month"}, {"trim": "2024-01-02.."}, {"sort": "work_items"}])
def test_an_empty_store_and_no_match_give_no_rows(name: str, options: dict[str, str]) -> None:
    if "sort" in options:
        options = {"sort": table(name).columns[-1].name, "limit": "3"}
    found = table(name, **options)
    assert found.collect().is_empty()
    assert found.collect().schema == found.schema
    store(worked_on())
    assert rows(name, created="2030-01-01..", **options) == []
    assert rows(name, **{**options, "as_of": "2023-01-01", "trim": ".."}) == []
    assert table(name, **options).collect().schema == found.schema


@pytest.mark.parametrize("name", REPORTS)
def test_options_of_choice_and_show_hold(name: str) -> None:
    other = {"project": {"id": "11", "key": "XYZ", "name": "Another"}}
    store(worked_on(), site="One")
    store(issue("XYZ-1", created="2024-01-03T09:00:00.000+0000", **other), site="Two")
    first = table(name).columns[0].name
    assert rows(name, project="XYZ")[0][first] == date(2024, 1, 3)
    assert rows(name, site="One", sort=f"{first}:desc", limit="1")[0][first] == date(2024, 1, 8)
    assert {row[first].isoweekday() for row in rows(name, by="week")} == {1}
    with pytest.raises(Refused, match="by: 'year' is not one of day, week, month"):
        table(name, by="year")
    with pytest.raises(Refused, match="columns: is not an option of this report"):
        table(name, columns="summary")


def named(at: int, by: str, zone: ZoneInfo) -> date:
    """The first date of the period in which an instant lies."""
    day = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).date()
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[by]


def status_at(entries: Entries, at: int) -> str | None:
    return ([None] + [status for entered, status in entries if entered <= at])[-1]


CHOICES: list[tuple[str, str, int, tuple[float | None, float | None]]] = [
    ("UTC", "day", 9, (None, None)),
    ("Europe/Berlin", "day", 40, (2.5, 7)),
    ("Asia/Kolkata", "week", 40, (None, 20)),
    ("America/New_York", "month", 50, (3, None)),
    ("UTC", "week", 14, (None, 14)),
]


@pytest.mark.parametrize(("tz", "by", "days", "trim"), CHOICES)
def test_counts_agree_with_the_rules_evaluated_plainly(
    tz: str, by: str, days: int, trim: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = random_items(7, 60)
    declare_statuses()
    zone, calendar = ZoneInfo(tz), {"tz": tz, "week": {"mon": [["09:00", "17:00"]]}}
    begin, to = (None if day is None else START_MS + round(day * DAY) for day in trim)
    as_of = START_MS + days * DAY
    said = "..".join("" if at is None else text(at) for at in (begin, to))
    options = {"by": by, "as_of": text(as_of), **({"trim": said} if said != ".." else {})}
    last = as_of if to is None or as_of < to else to - 1
    first = begin if begin is not None else min(entries[0][0] for entries in items.values())
    dates = sorted({named(at, by, zone) for at in [*range(first, last, DAY // 48), last]})
    found = [one for entries in items.values() if (one := plain(entries, last))]
    counts = {
        name: Counter(named(at, by, zone) for one in found if (at := getattr(one, part)) and at >= first)
        for name, part in (("arrived", "created"), ("started", "started"), ("finished", "finished"))
    }
    expected = [{"period": day, **{name: counts[name][day] for name in counts}} for day in dates]
    throughput = rows("throughput", calendar, **options)
    assert throughput == expected

    marks = sorted({*range(first, last, DAY // 48), last})
    ends = [max(at for at in marks if named(at, by, zone) == day) for day in dates]  # nothing changes in half an hour
    before = sum(one.started is not None and one.started < first for one in found)
    before -= sum(one.finished is not None and one.finished < first for one in found)
    wip = [row["wip"] for row in rows("wip", calendar, **options)]
    assert wip == [
        sum(
            one.started is not None and one.started <= end and (one.finished is None or one.finished > end)
            for one in found
        )
        for end in ends
    ]
    changes = [row["started"] - row["finished"] for row in throughput]
    assert wip == [before + sum(changes[: place + 1]) for place in range(len(changes))]

    flow = rows("cumulative-flow", calendar, **options)
    got = {(row["date"], row["value"]): row["work_items"] for row in flow}
    for day, end in zip(dates, ends, strict=True):
        held = Counter(status_at(entries, end) for entries in items.values())
        assert {status: got.get((day, status), 0) for status in CATEGORIES} == {s: held[s] for s in CATEGORIES}
        assert sum(n for (date_, _), n in got.items() if date_ == day) == len(items) - held[None]

    monkeypatch.setattr(read, "BATCH", 7)
    assert rows("throughput", calendar, **options) == throughput
    assert rows("cumulative-flow", calendar, **options) == flow
    assert [row["wip"] for row in rows("wip", calendar, **options)] == wip


@pytest.mark.parametrize("by", ["day", "week", "month"])
def test_all_that_was_finished_is_in_the_throughput(by: str) -> None:
    random_items(8, 60)
    for days in (1, 5, 40):
        as_of = text(START_MS + days * DAY)
        states = Counter(row["state"] for row in by_key("cycle-time", as_of=as_of).values())
        throughput = rows("throughput", by=by, as_of=as_of)
        assert sum(row["finished"] for row in throughput) == states["finished"]
        assert sum(row["arrived"] for row in throughput) == states.total()
        assert rows("wip", by=by, as_of=as_of)[-1]["wip"] == states["in progress"]
        assert len(by_key("work-item-age", as_of=as_of)) == states["in progress"]
