"""Stays as columns, held against a plain scalar that walks one work item at a time."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sojourn.core import timeline
from sojourn.core.calendar import Calendar, reference
from sojourn.core.timeline import (
    Stays,
    Timelines,
    VisitsRule,
    Window,
    add_up,
    cells,
    distinct,
    stays,
    until_last_entry,
)
from tests.core.calendar_help import HOUR, calendar, ms

Item = list[tuple[int, int]]
Stay = tuple[int, int, int, int, bool, bool]
"""Item, value, entered, left, whether it began inside the window, whether it is the current one."""


def columns(items: list[Item]) -> Timelines:
    offsets = [0]
    for item in items:
        offsets.append(offsets[-1] + len(item))
    at, value = ([step[side] for item in items for step in item] for side in (0, 1))
    return Timelines(np.array(at, np.int64), np.array(value, np.int64), np.array(offsets, np.int64))


def plain(items: list[Item], window: Window) -> list[Stay]:
    """The stays, step by step."""
    found = []
    for number, item in enumerate(items):
        happened = [step for step in item if step[0] <= window.as_of_ms]
        for place, (entered, value) in enumerate(happened):
            current = place == len(happened) - 1
            left = window.as_of_ms if current else happened[place + 1][0]
            entry = True
            if window.from_ms is not None and entered < window.from_ms:
                if left <= window.from_ms and not current:
                    continue  # over before the world began
                entered, left, entry = window.from_ms, max(left, window.from_ms), False
            found.append((number, value, entered, left, entry, current))
    return found


def rows(found: Stays) -> list[Stay]:
    named = (found.item, found.value, found.entered, found.left, found.entry, found.current)
    return list(zip(*(column.tolist() for column in named), strict=True))


instants = st.integers(0, 60)
item = st.lists(st.tuples(instants, st.integers(0, 3)), min_size=1, max_size=6).map(sorted)
some_items = st.lists(item, max_size=5)
windows = st.builds(Window, instants, st.none() | instants)


@given(some_items, windows)
def test_stays_are_those_of_the_plain_way(items: list[Item], window: Window) -> None:
    found = stays(columns(items), window)
    assert rows(found) == plain(items, window)
    assert found.items == len(items)


@given(some_items, windows)
def test_the_stays_of_an_item_sum_to_its_age_inside_the_window(items: list[Item], window: Window) -> None:
    found = stays(columns(items), window)
    sums = np.bincount(found.item, found.elapsed(), len(items))
    for number, steps in enumerate(items):
        begun = max(steps[0][0], window.from_ms or 0)
        assert sums[number] == max(window.as_of_ms - begun, 0)


@given(some_items, instants, instants, instants)
def test_splitting_a_window_never_changes_a_sum(items: list[Item], a: int, b: int, c: int) -> None:
    first, middle, last = sorted([a, b, c])
    whole, left, right = (
        time_by_value(stays(columns(items), window))
        for window in (Window(last, first), Window(middle, first), Window(last, middle))
    )
    for key in {*whole, *left, *right}:
        assert whole[key] == left[key] + right[key]


def time_by_value(found: Stays) -> dict[tuple[int, int], int]:
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for number, value, entered, left, _, _ in rows(found):
        sums[number, value] += left - entered
    return sums


#  One item: in 1 from 10, in 2 from 20, in 1 from 20, in 3 from 40.
ONE: Item = [(10, 1), (20, 2), (20, 1), (40, 3)]
TABLE: list[tuple[str, Window, list[tuple[int, int, int, bool, bool]]]] = [
    (
        "up to a moment in the last stay",
        Window(50),
        [(1, 10, 20, True, False), (2, 20, 20, True, False), (1, 20, 40, True, False), (3, 40, 50, True, True)],
    ),
    ("what is later has not happened yet", Window(15), [(1, 10, 15, True, True)]),
    (
        "what happens at the moment has happened",
        Window(20),
        [(1, 10, 20, True, False), (2, 20, 20, True, False), (1, 20, 20, True, True)],
    ),
    ("not created yet: no stay", Window(9), []),
    ("created at the moment: a stay worth nothing", Window(10), [(1, 10, 10, True, True)]),
    (
        "a stay that is open when the window begins counts its time, not an entry",
        Window(50, 30),
        [(1, 30, 40, False, False), (3, 40, 50, True, True)],
    ),
    (
        "a visit of zero length at the window's start is inside",
        Window(50, 20),
        [(2, 20, 20, True, False), (1, 20, 40, True, False), (3, 40, 50, True, True)],
    ),
    ("inside the last stay", Window(50, 45), [(3, 45, 50, False, True)]),
    ("a window that ends where it begins", Window(45, 45), [(3, 45, 45, False, True)]),
]


@pytest.mark.parametrize(("window", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_stays_of_one_item(window: Window, expected: list[Any]) -> None:
    assert [row[1:] for row in rows(stays(columns([ONE]), window))] == expected


@given(some_items, windows, st.sets(st.integers(0, 3)))
def test_nothing_counts_from_the_last_entry_into_a_done_value_on(
    items: list[Item], window: Window, done: set[int]
) -> None:
    found = stays(columns(items), window)
    expected = []
    for number in range(len(items)):
        own = [row for row in plain(items, window) if row[0] == number]
        entries = [place for place, row in enumerate(own) if row[1] in done]
        expected += own[: entries[-1]] if entries else own
    is_done = np.array([value in done for value in found.value.tolist()], dtype=bool)
    assert rows(until_last_entry(found, is_done)) == expected


RULES: dict[VisitsRule, Any] = {"sum": sum, "first": lambda a: a[0], "last": lambda a: a[-1], "max": max, "min": min}


@pytest.mark.parametrize("rule", RULES)
@given(visits=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10**13)), max_size=20))
def test_repeated_visits_are_added_up_by_the_rule(rule: VisitsRule, visits: list[tuple[int, int]]) -> None:
    by_cell: dict[int, list[int]] = defaultdict(list)
    for cell, amount in visits:
        by_cell[cell].append(amount)
    cell, amount = (np.array([visit[side] for visit in visits], dtype=np.int64) for side in (0, 1))
    expected = [RULES[rule](by_cell[cell]) if by_cell[cell] else 0 for cell in range(5)]
    assert add_up(cell, 5, amount, rule).tolist() == expected


@given(st.lists(st.integers(0, 40), max_size=30), st.sampled_from([41, 10_000]))
def test_the_distinct_keys_are_those_of_numpy_few_or_many(keys: list[int], size: int) -> None:
    key = np.array(keys, np.int64)
    for found, expected in zip(distinct(key, size), np.unique(key, return_inverse=True), strict=True):
        assert found.tolist() == expected.tolist()


def test_sums_are_exact() -> None:
    amounts = np.array([2**53, 1, 2**53, 1])
    assert add_up(np.zeros(4, np.int64), 1, amounts, "sum").tolist() == [2**54 + 2]


def test_a_cell_is_a_value_and_an_item() -> None:
    found = stays(columns([[(0, 7)], [(0, 7), (5, 8)]]), Window(10))
    assert cells(found, np.array([0, 0, 1])).tolist() == [0, 1, 3]


CALENDARS = [
    calendar("Europe/Berlin", "09:00-12:30 13:00-17:00"),
    calendar("America/New_York", "22:00-06:00", days=("fri", "sat", "sun"), holidays=["2024-03-10"]),
    calendar("Australia/Lord_Howe", "00:00-24:00", days=("sat", "sun")),
    calendar("Asia/Kathmandu", "08:00-18:00", breaks={"wed": [["12:00", "13:00"]]}),
]
MARCH = ms("2024-03-01T00:00")
moments = st.integers(0, 60 * 24).map(lambda hours: MARCH + hours * HOUR + hours % 7)
in_march = st.lists(st.lists(st.tuples(moments, st.integers(0, 3)), min_size=1, max_size=5).map(sorted), max_size=3)


@pytest.mark.parametrize("hours", CALENDARS, ids=lambda hours: hours.tz)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(items=in_march, as_of=moments, from_ms=st.none() | moments)
def test_working_time_is_that_of_the_slow_truth(hours: Calendar, items: Any, as_of: int, from_ms: int | None) -> None:
    window = Window(as_of, from_ms)
    working_time = hours.compile(MARCH, MARCH + 90 * 24 * HOUR)
    expected = [reference.elapsed(hours.rules, entered, left) for _, _, entered, left, _, _ in plain(items, window)]
    assert stays(columns(items), window).worked(working_time).tolist() == expected


def test_working_time_of_stays_that_are_apart_is_that_of_each() -> None:
    hours = calendar("UTC", "09:00-17:00")
    monday = ms("2024-01-01T00:00")
    steps = [(monday + 8 * HOUR, 1), (monday + 10 * HOUR, 2), (monday + 12 * HOUR, 1), (monday + 16 * HOUR, 3)]
    found = stays(columns([steps, steps]), Window(monday + 20 * HOUR))
    kept = found.where(found.value == 1)
    worked = kept.worked(hours.compile(monday, monday + 48 * HOUR))
    assert worked.tolist() == [1 * HOUR, 4 * HOUR] * 2
    assert found.where(found.value == 9).worked(hours.compile(monday, monday + 48 * HOUR)).tolist() == []


def test_no_items_have_no_stays() -> None:
    found = stays(columns([]), Window(10, 5))
    assert (len(found), found.items) == (0, 0)
    assert len(until_last_entry(found, np.zeros(0, dtype=bool))) == 0
    assert timeline.Timelines(found.entered, found.value, np.zeros(1, np.int64)).item().tolist() == []


Pair = tuple[int, int, int, int, bool, bool, int]
"""Item, value, entered, left, whether either was entered, whether it is the current one, the place in the first."""


def plain_intersection(ones: list[Item], others: list[Item], window: Window) -> list[Pair]:
    """Walk each item through its instants: the first field's changes, then the other's."""
    found = []
    first, second = plain(ones, window), plain(others, window)
    for number in range(len(ones)):
        mine = [(place, stay) for place, stay in enumerate(first) if stay[0] == number]
        theirs = [(place, stay) for place, stay in enumerate(second) if stay[0] == number]
        if not mine:
            continue
        (here, one), (_, other) = mine.pop(0), theirs.pop(0)
        steps: list[Any] = [(one[2], here, one, other, one[4] or other[4])]
        while mine or theirs:
            at = min(left[0][1][2] for left in (mine, theirs) if left)
            changed = bool(mine and mine[0][1][2] == at)
            while mine and mine[0][1][2] == at:
                here, one = mine.pop(0)
                steps.append((at, here, one, other, True))
            if changed and theirs and theirs[0][1][2] == at:
                steps.pop()
            while theirs and theirs[0][1][2] == at:
                other = theirs.pop(0)[1]
                steps.append((at, here, one, other, True))
        for place, (at, here, one, other, entry) in enumerate(steps):
            last = place == len(steps) - 1
            left = window.as_of_ms if last else steps[place + 1][0]
            found.append((number, one[1] * 9 + other[1], at, max(left, at), entry, last, here))
    return found


@st.composite
def two_fields(draw: Any) -> tuple[list[Item], list[Item]]:
    ones, others = draw(some_items), []
    for one in ones:
        steps = draw(st.lists(st.tuples(instants, st.integers(0, 3)), max_size=6))
        moments = [moment for moment, _ in one]
        steps += [(draw(st.sampled_from(moments)), 3)] if draw(st.booleans()) else []
        later = sorted(step for step in steps if step[0] >= one[0][0])
        others.append([(one[0][0], draw(st.integers(0, 3))), *later])
    return ones, others


def both_fields(fields: tuple[list[Item], list[Item]], window: Window) -> tuple[Stays, Stays, Stays]:
    one, other = (stays(columns(items), window) for items in fields)
    return one, other, timeline.intersection(one, other, 9)


@settings(max_examples=600)
@given(two_fields(), windows)
def test_an_intersection_is_that_of_the_plain_way(fields: tuple[list[Item], list[Item]], window: Window) -> None:
    _, _, found = both_fields(fields, window)
    assert found.carried is not None
    pairs = [(*row, place) for row, place in zip(rows(found), found.carried.tolist(), strict=True)]
    assert pairs == plain_intersection(*fields, window)


@settings(max_examples=300)
@given(two_fields(), windows)
def test_an_intersection_sums_to_both_and_meets_every_stay_of_both(
    fields: tuple[list[Item], list[Item]], window: Window
) -> None:
    one, other, found = both_fields(fields, window)
    first, second = replace(found, value=found.value // 9), replace(found, value=found.value % 9)
    for side, margin in ((one, first), (other, second)):
        assert time_by_value(margin) == time_by_value(side)
        assert {row[:2] for row in rows(margin)} == {row[:2] for row in rows(side)}
    assert found.carried is not None
    assert (one.value[found.carried] == first.value).all()
    assert sorted(set(found.carried.tolist())) == list(range(len(one)))
    assert np.bincount(found.item[found.current], minlength=found.items).max(initial=0) <= 1


def test_where_both_change_at_one_instant_there_is_no_stay_between() -> None:
    statuses, people = [(0, 1), (10, 2), (10, 3), (20, 1)], [(0, 5), (10, 6), (10, 7), (15, 8)]
    found = both_fields(([statuses], [people]), Window(30))[2]
    seen = [(value // 9, value % 9, entered, left) for _, value, entered, left, _, _ in rows(found)]
    assert seen == [(1, 5, 0, 10), (2, 5, 10, 10), (3, 6, 10, 10), (3, 7, 10, 15), (3, 8, 15, 20), (1, 8, 20, 30)]


def test_what_an_entry_carries_comes_along_with_its_stay() -> None:
    one = replace(columns([ONE, [(0, 7)]]), carried=np.array([11, 12, 13, 14, 15]))
    for window in (Window(50), Window(20), Window(50, 20), Window(50, 30)):
        found = stays(one, window)
        assert found.carried is not None
        wanted = {(10, 1): 11, (20, 2): 12, (20, 1): 13, (40, 3): 14, (0, 7): 15}
        begun = {stay: who for stay, who in wanted.items() if stay[0] >= (window.from_ms or 0)}
        carried = zip(found.entered.tolist(), found.value.tolist(), found.carried.tolist(), strict=True)
        assert all(begun.get((entered, value), who) == who for entered, value, who in carried)
    merged = timeline.relabelled(one, np.array([1, 1, 2, 2, 1]))
    assert merged.carried is not None
    assert merged.carried.tolist() == [11, 13, 15]


@pytest.mark.parametrize("fits", [1, 1 << 62])
def test_an_intersection_is_the_same_however_it_is_put_in_order(fits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "_FITS", fits)
    long_ago = [(-(10**14), 1), (10**14, 2)]
    found = both_fields(([ONE, long_ago, ONE], [[(10, 4), (20, 5)], [(-(10**14), 6)], [(10, 7)]]), Window(10**14 + 5))[
        2
    ]
    seen = [(item, value // 9, value % 9, left - entered) for item, value, entered, left, _, _ in rows(found)]
    end = 10**14 + 5 - 40
    assert seen == [
        *[(0, 1, 4, 10), (0, 2, 4, 0), (0, 1, 5, 20), (0, 3, 5, end)],
        *[(1, 1, 6, 2 * 10**14), (1, 2, 6, 5)],
        *[(2, 1, 7, 10), (2, 2, 7, 0), (2, 1, 7, 20), (2, 3, 7, end)],
    ]
