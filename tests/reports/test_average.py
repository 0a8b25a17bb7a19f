"""Average time against Python's own statistics over totals worked out plainly."""

import itertools
import math
import statistics
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given as given_
from hypothesis import settings
from hypothesis import strategies as st

from sojourn.core import summary
from sojourn.core.summary import summaries
from sojourn.errors import Refused
from sojourn.history import read
from tests.builders import change, issue, store
from tests.reports.asking import DAY, HOUR
from tests.reports.plain import (
    CALENDARS,
    STATUSES,
    Asked,
    ask,
    asked_at_random,
    check_frames,
    counted,
    random_items,
    rows,
    window_stays,
)
from tests.reports.test_against_plain import RULES, START_MS
from tests.reports.test_per_date import first_of

NAME = "average-time"
FIGURES = ("n", "total", "mean", "median", "p50", "p85", "p95", "std", "min", "max")


def half_up(number: Any) -> int:
    return int(Decimal(number).quantize(Decimal(1), ROUND_HALF_UP))


def figures(amounts: list[int]) -> tuple[Any, ...]:
    """What a group of amounts comes to."""
    ordered, n = sorted(amounts), len(amounts)
    ranked = [ordered[math.ceil(percent * n / 100) - 1] for percent in (50, 85, 95)]
    mean, median = Decimal(sum(ordered)) / n, Decimal(ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    std = round(statistics.stdev(ordered)) if n > 1 else None
    return (n, sum(ordered), half_up(mean), half_up(median), *ranked, std, ordered[0], ordered[-1])


def same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """All alike, standard deviations to the millisecond."""
    stds = [figures[FIGURES.index("std")] for figures in (one, other)]
    near = stds[0] == stds[1] or (None not in stds and abs(stds[0] - stds[1]) <= 1)
    return near and all(a == b for name, a, b in zip(FIGURES, one, other, strict=True) if name != "std")


amounts = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10**10)), min_size=1, max_size=30)


@settings(max_examples=300)
@given_(amounts, st.integers(0, 5), st.sampled_from([1, 1 << 62]))
def test_summaries_are_those_of_the_statistics_module(found: list[tuple[int, int]], zeros: int, fits: int) -> None:
    numbers = sorted({group for group, _ in found})
    group = np.array([numbers.index(group) for group, _ in found], dtype=np.int64)
    amount = np.array([amount for _, amount in found], dtype=np.int64)
    seen = np.bincount(group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "_FITS", fits)
        got = summaries(group, amount, seen + zeros)
    for place in range(len(numbers)):
        own = [one for which, one in zip(group.tolist(), amount.tolist(), strict=True) if which == place]
        parts = (got.count, got.total, got.mean, got.median, *got.percentiles)
        mine = tuple(int(part[place]) for part in parts)
        std = int(got.deviation[place]) if got.has_deviation[place] else None
        assert same((*mine, std, int(got.least[place]), int(got.most[place])), figures(own + [0] * zeros))


def group_of(item: Any, columns: tuple[str, ...], period: tuple[str, str]) -> tuple[Any, ...]:
    by, field = period
    at = item.fields.get("resolved" if field == "resolved" else "created")
    day = None if at is None or by == "none" else first_of(datetime.fromtimestamp(at / 1000, UTC).date(), by)
    return (*(item.fields[name] for name in columns), day)


def wanted(items: Any, worked: Any, asked: Asked, columns: tuple[str, ...], given: dict[str, str]) -> dict[Any, Any]:
    """The figures by level, groups and period, and status."""
    found: dict[Any, list[int]] = defaultdict(list)
    existing: dict[Any, int] = defaultdict(int)
    for item in items.values():
        stays = window_stays(item.status, asked)
        if not stays:
            continue
        *groups, period = group_of(item, columns, (given.get("period", "none"), given.get("period_field", "created")))
        totals: dict[str, list[int]] = defaultdict(list)
        for stay in counted(stays, asked):
            totals[stay.value].append(worked(stay.entered, stay.left))
        for level in range(len(groups) + 1):
            head = (level, *groups[:level], *[None] * (len(groups) - level), period)
            existing[head] += 1
            for value, times in totals.items():
                by_visit = given.get("denominator") == "visits"
                found[*head, value] += times if by_visit else [RULES[given.get("visits", "sum")](times)]
    if given.get("denominator") == "all":
        found = {cell: times + [0] * (existing[cell[:-1]] - len(times)) for cell, times in found.items()}
    return {cell: figures(times) for cell, times in found.items()}


OPTIONS: list[tuple[tuple[str, ...], dict[str, str]]] = [
    ((), {}),
    ((), {"visits": "last"}),
    ((), {"denominator": "all"}),
    ((), {"denominator": "visits", "period": "week"}),
    (("issuetype",), {"period": "day", "period_field": "resolved"}),
    (("issuetype", "priority"), {"denominator": "all", "period": "month"}),
    (("priority", "issuetype", "due"), {"denominator": "visits"}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
def test_averages_are_those_of_totals_worked_out_plainly(calendar: str, worked: Any) -> None:
    items = random_items(31)
    for number, (columns, given) in itertools.product(range(3), OPTIONS):
        [asked] = asked_at_random(31 + number, 1)
        more = {"group_by": ",".join(columns)} if columns else {}
        found = rows(NAME, calendar, **given, **more, **asked.options)
        got = {}
        for row in found:
            keys = [row[name].isoformat() if isinstance(row[name], date) else row[name] for name in columns]
            cell = (row["level"] if columns else 0, *keys, row.get("period"), row["value"])
            got[cell] = tuple(row[name] for name in FIGURES)
        want = wanted(items, worked, asked, columns, given)
        assert set(got) == set(want), (columns, given)
        assert len(got) == len(found)
        for cell, mine in got.items():
            assert same(mine, want[cell]), (cell, mine, want[cell])


@pytest.mark.django_db
@pytest.mark.parametrize(("columns", "given"), OPTIONS)
def test_the_wide_shape_is_the_long_one_turned(columns: tuple[str, ...], given: dict[str, str]) -> None:
    items = random_items(34)
    asked = Asked(START_MS + 9 * DAY).options
    more = {**given, **({"group_by": ",".join(columns)} if columns else {}), **asked}
    heads = ("level", *columns) if columns else ()
    heads += ("period",) if "period" in given else ()
    long = rows(NAME, **more)
    for figure in FIGURES[1:]:
        wide = rows(NAME, **more, shape="wide", figure=figure)
        assert {
            (*(row[name] for name in heads), status): row[status]
            for row in wide
            for status in STATUSES
            if row[status] is not None
        } == {(*(row[name] for name in heads), row["value"]): row[figure] for row in long if row[figure] is not None}
        tops = [row for row in wide if row.get("level", 0) == 0]
        assert sum(row["work_items"] for row in tops) == sum(
            bool(window_stays(item.status, Asked(START_MS + 9 * DAY))) for item in items.values()
        )


@pytest.mark.django_db
def test_groups_sum_to_subtotals_and_these_to_the_time_in_status() -> None:
    random_items(32)
    given = Asked(START_MS + 50 * DAY).options
    found = rows(NAME, group_by="issuetype,priority", **given)
    sums: dict[Any, int] = defaultdict(int)
    for row in found:
        sums[row["level"], row["value"]] += row["total"]
    whole: dict[str, int] = defaultdict(int)
    for row in rows("time-in-status", shape="long", **given):
        whole[row["value"]] += row["ms"]
    assert sums == {(level, value): total for level in (0, 1, 2) for value, total in whole.items()}


@pytest.mark.django_db
def test_nothing_to_tell_gives_no_rows_and_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"group_by": "priority,created", "period": "week", "denominator": "all"}
    assert ask(NAME, **given).collect().height == 0
    random_items(33, 20)
    assert ask(NAME, **(given | {"created": "2030-01-01.."})).collect().height == 0
    assert ask(NAME, **given, as_of="2020-01-01").collect().height == 0
    check_frames(NAME, **given)
    check_frames(NAME)
    check_frames(NAME, **given, shape="wide")
    assert ask(NAME, **(given | {"created": "2030-01-01.."}), shape="wide").collect().height == 0
    whole = ask(NAME, **given).collect()
    assert whole.columns[:6] == ["level", "priority", "created", "period", "value_id", "value"]
    monkeypatch.setattr(read, "BATCH", 3)
    assert ask(NAME, **given).collect().equals(whole)


@pytest.mark.django_db
def test_what_was_never_there_counts_with_0_only_where_all_are_asked_for() -> None:
    moved = change("2024-01-01T12:00:00.000+0000", "status", "Open", "Done")
    store(issue("ABC-1", "Done", moved), issue("ABC-2"))
    by_value = {row["value"]: row for row in rows(NAME, time_format="Hours:Minutes")}
    assert (by_value["Done"]["n"], by_value["Done"]["mean"], by_value["Done"]["std"]) == (1, 6 * DAY + 21 * HOUR, None)
    done = next(row for row in rows(NAME, denominator="all") if row["value"] == "Done")
    assert (done["n"], done["mean"], done["p50"], done["min"]) == (2, (6 * DAY + 21 * HOUR) // 2, 0, 0)
    table = ask(NAME, time_format="Hours:Minutes", sort="mean")
    assert [row["mean"] for row in table.printed(table.collect()).to_dicts()] == ["85:30", "165:00"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"group_by": "nonsense"}, "group_by: no work item has 'nonsense'; there are summary, site"),
        ({"group_by": "value"}, "group_by: 'value' is a column of this report already; leave it out"),
        ({"group_by": "project,status,due,site"}, "group_by: names 4 columns; name three at most"),
        ({"denominator": "visits", "visits": "max"}, "visits: does not go with denominator visits"),
        ({"denominator": "some"}, "denominator: 'some' is not one of visited, all, visits"),
    ],
)
def test_what_does_not_go_is_refused(given: dict[str, str], message: str) -> None:
    store(issue("ABC-1"))
    with pytest.raises(Refused, match=message):
        ask(NAME, **given)
