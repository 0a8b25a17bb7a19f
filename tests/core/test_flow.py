"""Flow in columns against a plain scalar that walks one work item at a time (docs/semantics.md 35–40)."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core import flow
from sojourn.core.calendar import ALWAYS
from sojourn.core.flow import NEVER, Moments, moments, per_period, time_between, work_in_progress
from sojourn.core.periods import periods
from sojourn.core.timeline import Stays, Timelines, Window, stays
from tests.core.calendar_help import HOUR, calendar, ms

DAY = 24 * HOUR
OPEN, BUSY, WAITING, DONE, CLOSED = range(5)
Item = list[tuple[int, int]]

instants = st.integers(0, 40)
item = st.lists(st.tuples(instants, st.integers(OPEN, CLOSED)), min_size=1, max_size=7).map(
    lambda steps: sorted(steps, key=lambda step: step[0])
)
some_items = st.lists(item, max_size=6)
statuses = st.sets(st.integers(OPEN, CLOSED))


def columns(items: list[Item]) -> Timelines:
    offsets = np.cumsum([0, *map(len, items)], dtype=np.int64)
    at, value = ([step[side] for one in items for step in one] for side in (0, 1))
    return Timelines(np.array(at, np.int64), np.array(value, np.int64), offsets)


def until(items: list[Item], as_of: int) -> Stays:
    return stays(columns(items), Window(as_of))


def each(found: Stays, wanted: set[int]) -> Any:
    return np.isin(found.value, list(wanted))


def seen(found: Moments) -> list[tuple[int, int, int]]:
    return list(zip(found.created.tolist(), found.started.tolist(), found.finished.tolist(), strict=True))


def plain(steps: Item, as_of: int, started: set[int], finished: set[int]) -> tuple[int, int, int]:
    """Created, started, finished, step by step."""
    happened = [step for step in steps if step[0] <= as_of]
    if not happened:
        return NEVER, NEVER, NEVER
    start, finish, was_finished = NEVER, NEVER, False
    for at, status in happened:
        if status in started and start == NEVER:
            start = at
        if status in finished and not was_finished:
            finish = at
        was_finished = status in finished
    finish = finish if was_finished else NEVER
    return happened[0][0], min(start, finish), finish


@given(some_items, instants, statuses, statuses)
def test_moments_are_those_of_the_plain_way(
    items: list[Item], as_of: int, started: set[int], finished: set[int]
) -> None:
    found = until(items, as_of)
    got = moments(found, each(found, started), each(found, finished))
    assert seen(got) == [plain(one, as_of, started, finished) for one in items]
    assert (got.created <= got.started).all()
    assert (got.started <= got.finished).all()
    assert (got.existed >= got.is_finished).all()
    assert not (got.in_progress & got.is_finished).any()


TABLE: list[tuple[str, Item, tuple[int, int, int]]] = [
    ("not started", [(10, OPEN)], (10, NEVER, NEVER)),
    ("in progress", [(10, OPEN), (20, BUSY)], (10, 20, NEVER)),
    ("started as it was created", [(10, BUSY), (20, DONE)], (10, 10, 20)),
    ("finished", [(10, OPEN), (20, BUSY), (30, DONE)], (10, 20, 30)),
    ("finished without being started", [(10, OPEN), (30, DONE)], (10, 30, 30)),
    ("created as finished", [(10, DONE)], (10, 10, 10)),
    ("back to open: still started", [(10, BUSY), (20, OPEN)], (10, 10, NEVER)),
    ("reopened", [(10, BUSY), (20, DONE), (30, BUSY)], (10, 10, NEVER)),
    ("reopened and finished again", [(10, BUSY), (20, DONE), (30, OPEN), (40, DONE)], (10, 10, 40)),
    ("started only after it was reopened", [(10, OPEN), (20, DONE), (30, BUSY), (40, DONE)], (10, 30, 40)),
    ("from one finished status to another", [(10, BUSY), (20, DONE), (30, CLOSED)], (10, 10, 20)),
    ("reopened for no time", [(10, BUSY), (20, DONE), (30, OPEN), (30, CLOSED)], (10, 10, 30)),
    ("created later than asked of", [(60, BUSY)], (NEVER, NEVER, NEVER)),
    ("started and finished at the moment asked of", [(10, OPEN), (50, BUSY), (50, DONE)], (10, 50, 50)),
]


@pytest.mark.parametrize(("steps", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_moments_of_one_work_item(steps: Item, expected: tuple[int, int, int]) -> None:
    found = until([steps], 50)
    assert seen(moments(found, each(found, {BUSY}), each(found, {DONE, CLOSED}))) == [expected]


@given(some_items, instants, statuses, st.lists(st.tuples(instants, instants), min_size=6, max_size=6))
def test_time_between_is_that_of_the_plain_way(
    items: list[Item], as_of: int, wanted: set[int], ranges: list[tuple[int, int]]
) -> None:
    found = until(items, as_of)
    begin, end = (np.array([pair[side] for pair in ranges[: len(items)]], np.int64) for side in (0, 1))
    working_time = calendar(hours="00:00-24:00").compile(0, 100)
    worked, elapsed = time_between(found, each(found, wanted), begin, end, working_time)
    for number, steps in enumerate(items):
        happened = [step for step in steps if step[0] <= as_of]
        total = sum(
            1
            for place, (at, status) in enumerate(happened)
            for instant in range(at, as_of if place == len(happened) - 1 else happened[place + 1][0])
            if status in wanted and ranges[number][0] <= instant < ranges[number][1]
        )
        assert (worked[number], elapsed[number]) == (total, total)


def test_time_between_is_under_the_calendar() -> None:
    begin, end = ms("2024-01-05 08:00"), ms("2024-01-08 10:00")  # Friday to Monday
    found = until([[(begin, BUSY), (end, DONE)]], end + DAY)
    working_time = calendar().compile(begin, end + DAY)
    ends = np.array([begin], np.int64), np.array([end], np.int64)
    worked, elapsed = time_between(found, each(found, {BUSY}), *ends, working_time)
    assert (worked.tolist(), elapsed.tolist()) == ([9 * HOUR], [3 * DAY + 2 * HOUR])


edges_of = st.lists(instants, min_size=2, max_size=6, unique=True).map(sorted)


@given(some_items, instants, edges_of)
def test_arrivals_less_departures_are_work_in_progress(items: list[Item], as_of: int, edges: list[int]) -> None:
    found = until(items, as_of)
    got = moments(found, each(found, {BUSY}), each(found, {DONE, CLOSED}))
    marks = np.array(edges, np.int64)
    wip = work_in_progress(got, marks)
    assert wip.tolist() == [sum(s < at <= f for _, s, f in seen(got)) for at in edges]
    started, finished = per_period(got.started, marks), per_period(got.finished, marks)
    assert (np.diff(wip) == started - finished).all()
    assert started.tolist() == [sum(a <= one[1] < b for one in seen(got)) for a, b in itertools.pairwise(edges)]


@given(some_items, instants, edges_of)
def test_what_was_held_at_instants_is_that_of_the_plain_way(items: list[Item], as_of: int, edges: list[int]) -> None:
    held = flow.held(until(items, as_of), 5, np.array(edges, np.int64))
    expected = np.zeros((5, len(edges)), dtype=np.int64)
    for steps in items:
        for place, edge in enumerate(edges):
            before = [status for at, status in steps if at <= as_of and at < edge]
            if before:
                expected[before[-1], place] += 1
    assert held.tolist() == expected.tolist()


def test_no_work_items_are_no_trouble() -> None:
    found, edges = until([], 50), np.array([0, 10], np.int64)
    none = np.zeros(0, dtype=bool)
    got = moments(found, none, none)
    assert seen(got) == []
    assert (work_in_progress(got, edges).tolist(), per_period(got.started, edges).tolist()) == ([0, 0], [0])
    assert flow.held(found, 2, edges).tolist() == [[0, 0], [0, 0]]
    assert flow.held(found, 0, edges).shape == (0, 2)
    empty = np.zeros(0, np.int64)
    assert [len(part) for part in time_between(found, none, empty, empty, ALWAYS.compile(0, 1))] == [0, 0]


@pytest.mark.parametrize("by", ["day", "week", "month"])
@pytest.mark.parametrize("tz", ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"])
def test_periods_are_those_a_wall_clock_tells_hour_by_hour(tz: str, by: Any) -> None:
    first, end = ms("2011-12-10 07:30"), ms("2012-04-20 11:00")
    told: dict[date, int] = {}
    for at in range(first, end, HOUR // 2):
        day = datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(tz)).date()
        first_of = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}
        told.setdefault(first_of[by], at)
    found = periods(calendar(tz), first, end, by)
    assert found.dates == tuple(told)
    assert found.edges.tolist() == [*told.values(), end]
    assert len(found) == len(told)
    assert (date(2011, 12, 30) in found.dates) == (by == "day" and tz != "Pacific/Apia")  # Apia skipped that date


def test_no_time_has_no_periods() -> None:
    assert periods(calendar(), 10, 10, "day").dates == ()
    assert periods(calendar(), 10, 5, "month").edges.tolist() == [10]
