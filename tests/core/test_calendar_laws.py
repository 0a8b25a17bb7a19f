"""The columns against the slow truth, and the laws of W, on random calendars of every zone there is."""

from typing import Any
from zoneinfo import available_timezones

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sojourn.core.calendar import DAY, Calendar, reference
from sojourn.core.calendar.zone import Zone
from sojourn.errors import Refused
from tests.core.calendar_help import ALL_DAYS, ms

ZONES = sorted(available_timezones() - {"localtime", "posixrules", "Factory"})
FIRST, LAST = ms("1970-01-01T00:00"), ms("2100-01-01T00:00")
quick = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

seconds = st.integers(0, 86_399) | st.integers(0, 95).map(lambda quarter: quarter * 900)


def text(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


windows = st.lists(st.tuples(seconds, seconds | st.just(86_400)).map(lambda pair: [*map(text, pair)]), max_size=3)
inside_a_day = st.lists(
    st.tuples(seconds, seconds).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: [*map(text, sorted(pair))]),
    max_size=2,
)


@st.composite
def moments(draw: st.DrawFn, tz: str) -> int:
    """Any instant, or one within a day and a half of a change of the zone."""
    changes = Zone(tz, FIRST, LAST).since[1:].tolist()
    changes = [change for change in changes if FIRST < change < LAST]
    if changes and draw(st.booleans()):
        return draw(st.sampled_from(changes)) + draw(st.integers(-DAY, DAY))
    return draw(st.integers(FIRST, LAST))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, int]:
    """A calendar, and an instant around which its dates lie."""
    tz = draw(st.sampled_from(ZONES))
    around = draw(moments(tz))
    days = np.arange(around // DAY - 4, around // DAY + 5).astype("datetime64[D]").astype(str).tolist()
    dates = st.sampled_from(days)
    holiday = dates | st.fixed_dictionaries({"date": dates, "hours": inside_a_day})
    value: dict[str, Any] = {
        "tz": tz,
        "week": draw(st.dictionaries(st.sampled_from(ALL_DAYS), windows, max_size=7)),
        "breaks": draw(st.dictionaries(st.sampled_from(ALL_DAYS) | dates, inside_a_day, max_size=3)),
        "holidays": draw(st.lists(holiday, max_size=2)),
        "recurring_holidays": [day[5:] for day in draw(st.lists(dates, max_size=1))],
        "special_hours": draw(st.dictionaries(dates, windows, max_size=2)),
        "extra_hours": draw(st.dictionaries(dates, windows, max_size=2)),
        "holidays_beat_exceptions": draw(st.booleans()),
    }
    try:
        return Calendar.from_json(value), around
    except Refused as refused:
        assert "no working time" in str(refused)  # noqa: PT017
        assume(False)
        raise


@quick
@given(calendars(), st.data())
def test_columns_equal_the_slow_truth(given_: tuple[Calendar, int], data: st.DataObject) -> None:
    ours, around = given_
    first, last = around - data.draw(st.integers(0, 5 * DAY)), around + data.draw(st.integers(0, 20 * DAY))
    compiled = ours.compile(first, last)
    slow = reference.working_spans(ours.rules, first, last)
    assert list(zip(*(edge.tolist() for edge in compiled.spans), strict=True)) == slow
    assert ours.elapsed(first, last) == compiled.total == reference.elapsed(ours.rules, first, last)
    assert ours.elapsed(last, first) == -compiled.total


@quick
@given(calendars(), st.data())
def test_scalars_equal_the_slow_truth(given_: tuple[Calendar, int], data: st.DataObject) -> None:
    ours, around = given_
    ahead = reference.elapsed(ours.rules, around, around + 60 * DAY)
    behind = reference.elapsed(ours.rules, around - 60 * DAY, around)
    edges = {edge for span in reference.working_spans(ours.rules, around, around + 9 * DAY) for edge in span}
    landing = [reference.elapsed(ours.rules, around, edge) for edge in sorted(edges)[:6]]
    goals = st.integers(0, ahead) | st.sampled_from(landing or [0])
    if ahead:
        goal = data.draw(goals)
        assert ours.deadline(around, goal) == reference.deadline(ours.rules, around, goal)
        assert ours.next_open(around) == reference.deadline(ours.rules, around, 0)
    if behind:
        goal = data.draw(st.integers(0, behind))
        assert ours.start_for(around, goal) == reference.start_for(ours.rules, around, goal)
        assert ours.previous_close(around) == reference.start_for(ours.rules, around, 0)
    assert ours.is_open(around) == (reference.elapsed(ours.rules, around, around + 1) == 1)


@quick
@given(calendars(), st.data())
def test_laws_of_w(given_: tuple[Calendar, int], data: st.DataObject) -> None:
    ours, around = given_
    compiled = ours.compile(around - 30 * DAY, around + data.draw(st.sampled_from([30, 400, 4000])) * DAY)
    anywhere = st.integers(compiled.first, compiled.last)
    edges = np.unique(np.concatenate(compiled.spans))
    drawn = np.array(data.draw(st.lists(anywhere, min_size=1, max_size=20)))
    at = np.unique(np.clip(np.concatenate([edges - 1, edges, edges + 1, drawn]), compiled.first, compiled.last))
    worked = compiled.until(at)
    assert compiled.until(np.array([compiled.first, compiled.last])).tolist() == [0, compiled.total]
    assert (np.diff(worked) >= 0).all()
    assert (np.diff(worked) <= np.diff(at)).all()
    assert worked.tolist() == [plain_w(compiled.spans, moment) for moment in at.tolist()]
    assert compiled.elapsed(at[:-1], at[1:]).sum() == compiled.elapsed(at[:1], at[-1:])[0]
    some = np.unique(worked[worked > 0])
    assert (compiled.until(compiled.instant(some)) == some).all() if compiled.total else not len(some)
    found = np.searchsorted(compiled.spans.start, at, "left") - 1
    inside = (found >= 0) & (at <= np.append(compiled.spans.end, 0)[found])
    if inside.any():
        assert (compiled.instant(worked[inside]) == at[inside]).all()


def plain_w(spans: Any, at: int) -> int:
    before = int(np.searchsorted(spans.start, at, "right"))
    whole = int((spans.end[: max(before - 1, 0)] - spans.start[: max(before - 1, 0)]).sum())
    return whole + (min(at, int(spans.end[before - 1])) - int(spans.start[before - 1]) if before else 0)


@quick
@given(calendars())
def test_json_round_trip(given_: tuple[Calendar, int]) -> None:
    ours = given_[0]
    again = Calendar.from_json(ours.to_json())
    assert (again, hash(again), again.to_json()) == (ours, hash(ours), ours.to_json())


def test_threads_and_chunks_change_nothing() -> None:
    week = {day: [["09:00", "12:00"], ["12:30", "12:31"], ["13:00", "17:00:07"]] for day in ALL_DAYS}
    ours = Calendar.from_json({"tz": "Europe/Berlin", "week": week, "holidays": ["2024-05-01"]})
    compiled = ours.compile(ms("2014-01-01T00:00"), ms("2026-01-01T00:00"))
    random = np.random.default_rng(7)
    start, end = random.integers(compiled.first, compiled.last + 1, (2, 300_000))
    worked = compiled.elapsed(start, end)
    assert (worked == compiled.elapsed(start, end, threads=3)).all()
    assert (worked == compiled.until(end) - compiled.until(start)).all()
    sample = slice(0, 300_000, 1009)
    assert worked[sample].tolist() == [
        ours.elapsed(*pair) for pair in zip(start[sample].tolist(), end[sample].tolist(), strict=True)
    ]


def test_many_short_windows_in_a_long_range() -> None:
    """So many spans in a bucket that the lookup falls back to a search."""
    short = [
        [f"09:{minute:02d}:{second:02d}", f"09:{minute:02d}:{second + 1:02d}"]
        for minute in range(60)
        for second in range(0, 60, 2)
    ]
    ours = Calendar.from_json({"tz": "UTC", "week": dict.fromkeys(ALL_DAYS, short)})
    compiled = ours.compile(ms("2020-01-01T00:00"), ms("2022-01-01T00:00"))
    at = np.random.default_rng(7).integers(compiled.first, compiled.last, 200)
    assert compiled.until(at).tolist() == [plain_w(compiled.spans, moment) for moment in at.tolist()]
    some = np.arange(1, compiled.total, 9_999_991)
    assert (compiled.until(compiled.instant(some)) == some).all()
