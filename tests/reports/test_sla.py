"""Reports on SLAs: by hand, and against sums of what the clocks say one by one."""

from collections import Counter
from typing import Any

import pytest

from sojourn.calendars import store as calendars
from sojourn.errors import Refused
from sojourn.reports import catalogue, menu, options
from sojourn.sla.models import Definition
from tests.builders import change, issue, store
from tests.reports.asking import HOUR, NOW, request
from tests.reports.test_against_plain import nine_to_six, random_items
from tests.sla.defining import counted, define, entered, policy

pytestmark = pytest.mark.django_db
ANN, BOB = ({"accountId": name, "displayName": name.title()} for name in ("ann", "bob"))


def rows(name: str, calendar: str = "7x24", **given: str) -> list[dict[str, Any]]:
    entry = menu.entry(name)
    assert entry is not None
    texts = {option: [text] for option, text in given.items()}
    asked = options.request(texts, calendars.load(calendar), NOW, entry.options)
    return catalogue.run(name, asked).collect().to_dicts()


@pytest.fixture
def resolution() -> Definition:
    """Eight hours from creation to Done, paused while Waiting; two goals.

    One is met in four hours, of which it waited one; two breached when it took nine; three is open since a week, and
    breached; four was created half an hour ago; five never started: it is no part of the scope.
    """
    monday = "2024-01-01T{}:00:00.000+0000"
    store(
        issue(
            "ABC-1",
            "Done",
            change(monday.format("10"), "status", "Open", "Waiting"),
            change(monday.format("11"), "status", "Waiting", "Open"),
            change(monday.format("12"), "assignee", None, "ann", toString="Ann"),
            change(monday.format("13"), "status", "Open", "Done"),
            assignee=ANN,
            priority={"id": "1", "name": "High"},
        ),
        issue(
            "ABC-2",
            "Done",
            change(monday.format("18"), "status", "Open", "Done"),
            priority={"id": "1", "name": "High"},
        ),
        issue("ABC-3", "Open", assignee=BOB, priority={"id": "2", "name": "Low"}),
        issue("ABC-4", "Open", created="2024-01-08T08:30:00.000+0000", priority={"id": "2", "name": "Low"}),
        issue("XYZ-5", "Open", project={"id": "11", "key": "XYZ", "name": "Another"}),
    )
    goals = [
        {"name": "Urgent", "jql": "priority = High", "calendar": "7x24", "duration": "8h"},
        {"calendar": "7x24", "duration": "8h"},
    ]
    return define(policy(scope="project = ABC", goals=goals))


def test_the_detail_says_how_each_clock_stands(resolution: Definition) -> None:
    found = {row["issue_key"]: row for row in rows("sla-detail")}
    names = ("goal", "state", "verdict", "elapsed_ms", "paused_ms", "remaining_ms", "overdue_ms", "percent", "critical")
    week = 7 * 24 * HOUR
    assert {key: tuple(row[name] for name in names) for key, row in found.items()} == {
        "ABC-1": ("Urgent", "finished", "met", 3 * HOUR, HOUR, 5 * HOUR, 0, 37, False),
        "ABC-2": ("Urgent", "finished", "breached", 9 * HOUR, 0, 0, HOUR, 112, False),
        "ABC-3": ("Goal 2", "running", "breached", week, 0, 0, week - 8 * HOUR, 2100, True),
        "ABC-4": ("Goal 2", "running", "open", HOUR // 2, 0, 15 * HOUR // 2, 0, 6, False),
    }
    one = found["ABC-1"]
    assert (one["sla_id"], one["sla"], one["calendar"]) == (str(resolution.pk), "Resolution", "7x24")
    assert one["deadline"].isoformat() == "2024-01-01T18:00:00+00:00"
    assert (one["ended"].hour, found["ABC-3"]["ended"], one["cycles"]) == (13, None, 1)


def test_the_summary_counts_each_goal(resolution: Definition) -> None:
    names = ("goal", "clocks", "met", "breached", "open", "critical", "paused", "attainment")
    assert [tuple(row[name] for name in names) for row in rows("sla-summary")] == [
        ("Urgent", 2, 1, 1, 0, 0, 0, 50.0),
        ("Goal 2", 2, 0, 1, 1, 0, 0, 0.0),
    ]
    groups = {
        (row["level"], row["priority"], row["goal"]): row["clocks"] for row in rows("sla-summary", group_by="priority")
    }
    assert groups[(1, "High", "Urgent")] == groups[(1, "Low", "Goal 2")] == groups[(0, None, "Goal 2")] == 2
    assert groups[(1, None, "Urgent")] == 0  # no work item without a priority is in the scope


def test_the_trend_tells_whether_enough_was_met(resolution: Definition) -> None:
    (week,) = rows("sla-trend", target="33.4")
    assert (str(week["period"]), week["met"], week["breached"]) == ("2024-01-01", 1, 2)
    assert (week["attainment"], week["target"], week["on_target"]) == (33.33, 33.4, False)
    assert rows("sla-trend", target="33")[0]["on_target"]
    days = rows("sla-trend", by="day", trim="2024-01-02..")
    assert days == []


@pytest.mark.parametrize("target", ["none", "101", "-1"])
def test_a_target_is_a_percentage(resolution: Definition, target: str) -> None:
    with pytest.raises(Refused, match="is not a percentage; write a number from 0 to 100"):
        rows("sla-trend", target=target)


def test_durations_are_those_of_finished_clocks(resolution: Definition) -> None:
    (row,) = rows("sla-durations")
    assert (row["goal"], row["n"], row["total"], row["mean"], row["min"], row["max"]) == (
        *("Urgent", 2, 12 * HOUR, 6 * HOUR),
        *(3 * HOUR, 9 * HOUR),
    )
    assert rows("sla-durations", of="paused", verdict="met")[0]["total"] == HOUR


def test_at_risk_are_the_open_ones_with_the_next_deadline_first(resolution: Definition) -> None:
    store(issue("ABC-6", "Open", created="2024-01-08T05:00:00.000+0000"))
    found = rows("sla-at-risk", columns="summary")
    assert [row["issue_key"] for row in found] == ["ABC-6", "ABC-4"]
    assert [row["chance"] for row in found] == [None, None]
    assert found[0]["summary"] == "About ABC-6"


def test_the_chance_comes_from_clocks_that_are_finished() -> None:
    done = "2024-01-01T{:02}:00:00.000+0000"
    store(
        *(
            issue(f"ABC-{number}", "Done", change(done.format(10 + number // 5), "status", "Open", "Done"))
            for number in range(40)
        ),
        issue("ABC-99", "Open", created="2024-01-08T06:30:00.000+0000"),
    )
    define(policy("4h"))
    (row,) = rows("sla-at-risk")
    # 1 to 8 hours took five of them each; 30 took longer than 2.5, and 20 longer than the goal of 4
    assert row["chance"] == round(100 * 20 / 30, 2)


def test_the_breakdown_tells_status_and_assignee_of_each_stretch(resolution: Definition) -> None:
    found = [row for row in rows("sla-breakdown") if row["issue_key"] == "ABC-1"]
    assert {(row["status"], row["assignee"]): row["ms"] for row in found} == {
        ("Open", "Unassigned"): 2 * HOUR,
        ("Waiting", "Unassigned"): HOUR,
        ("Open", "Ann"): HOUR,
    }
    assert rows("sla-breakdown", time_format="Hours:Minutes")[0]["time"] is not None


@pytest.mark.parametrize("seed", range(6))
def test_reports_are_sums_of_what_clocks_say_one_by_one(seed: int) -> None:
    random_items(seed, 25)
    week = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendars.save({"name": "office", "tz": "UTC", "week": week}, now=NOW)
    definition = define(policy("20h", "office", cycles="each", start=entered("1", "3")))
    as_of_ms = request().as_of_ms
    clocks = [(key, one) for key, some in counted(definition, as_of_ms).items() for one in some]
    detail = rows("sla-detail")
    assert len(detail) == len(clocks) > 5
    assert [(row["issue_key"], row["elapsed_ms"], row["overdue_ms"]) for row in detail] == [
        (key, one.working.elapsed, one.working.overdue) for key, one in clocks
    ]
    verdicts = Counter(one.verdict.name for _, one in clocks)
    (summary,) = rows("sla-summary")
    assert (summary["met"], summary["breached"], summary["open"]) == tuple(
        verdicts[name] for name in ("SUCCESS", "EXCEED", "STILL")
    )
    trend = rows("sla-trend", by="day")
    assert sum(row["met"] for row in trend) == verdicts["SUCCESS"]
    assert sum(row["breached"] for row in trend) == verdicts["EXCEED"]
    spent: Counter[tuple[str, int]] = Counter()
    for row in rows("sla-breakdown"):
        spent[row["issue_key"], round(row["started"].timestamp() * 1000)] += row["ms"]
    for key, one in clocks:
        end = as_of_ms if one.end_ms is None else one.end_ms
        assert spent[key, one.start_ms] == nine_to_six(one.start_ms, end)


def test_only_slas_states_and_verdicts_that_are_named(resolution: Definition) -> None:
    other = define(policy("1h"), name="First response")
    assert {row["sla"] for row in rows("sla-detail", sla="first RESPONSE")} == {"First response"}
    assert {row["sla_id"] for row in rows("sla-detail", sla=str(other.pk))} == {str(other.pk)}
    assert {row["issue_key"] for row in rows("sla-detail", sla="Resolution", verdict="met,open")} == {"ABC-1", "ABC-4"}
    assert {row["issue_key"] for row in rows("sla-detail", state="finished", project="ABC")} == {"ABC-1", "ABC-2"}
    with pytest.raises(Refused, match=r"sla: there is no SLA 'Third' in force; there are: \d+ Resolution"):
        rows("sla-detail", sla="Third")


def test_cycles_are_told_one_by_one_whatever_the_cycle_rule() -> None:
    monday = "2024-01-01T{}:00:00.000+0000"
    store(
        issue(
            "ABC-1",
            "Done",
            change(monday.format("11"), "status", "Open", "Done"),
            change(monday.format("12"), "status", "Done", "Open"),
            change(monday.format("17"), "status", "Open", "Done"),
        ),
    )
    define(policy("4h", start=entered("1")))
    (whole,) = rows("sla-detail")
    assert (whole["elapsed_ms"], whole["cycles"], whole["verdict"]) == (7 * HOUR, 2, "breached")
    first, second = rows("sla-cycles")
    assert (first["elapsed_ms"], first["verdict"]) == (2 * HOUR, "met")
    assert (second["elapsed_ms"], second["verdict"], second["cycles"]) == (5 * HOUR, "breached", 1)


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({"goal": "urgent"}, ["ABC-1", "ABC-2"]),
        ({"deadline": "2024-01-02.."}, ["ABC-4"]),
        ({"deadline": "..2024-01-01T17:30Z"}, ["ABC-2", "ABC-3"]),
        ({"remaining": "8h"}, ["ABC-4"]),
        ({"remaining": "7h"}, []),
    ],
)
def test_clocks_are_chosen_by_goal_deadline_and_what_is_left(
    resolution: Definition, given: dict[str, str], keys: list[str]
) -> None:
    assert [row["issue_key"] for row in rows("sla-cycles", **given)] == keys


def test_a_duration_that_is_none_is_refused(resolution: Definition) -> None:
    with pytest.raises(Refused, match="remaining"):
        rows("sla-detail", remaining="soon")


def test_events_tell_what_happened_to_each_clock(resolution: Definition) -> None:
    told: dict[str, list[tuple[str, str]]] = {}
    for row in rows("sla-events"):
        told.setdefault(row["issue_key"], []).append((row["event"], f"{row['at']:%d %H:%M}"))
    assert told == {
        "ABC-1": [("start", "01 09:00"), ("pause", "01 10:00"), ("resume", "01 11:00"), ("stop", "01 13:00")],
        "ABC-2": [("start", "01 09:00"), ("critical", "01 15:24"), ("breach", "01 17:00"), ("stop", "01 18:00")],
        "ABC-3": [("start", "01 09:00"), ("critical", "01 15:24"), ("breach", "01 17:00")],
        "ABC-4": [("start", "08 08:30")],
    }


@pytest.mark.parametrize(
    ("since", "events"),
    [
        ("2024-01-01T17:30Z", [("ABC-2", "stop"), ("ABC-4", "start")]),
        ("2024-01-01T17:00Z", [("ABC-2", "breach"), ("ABC-2", "stop"), ("ABC-3", "breach"), ("ABC-4", "start")]),
        ("2024-01-08T09:00Z", []),
    ],
)
def test_events_since_an_instant(resolution: Definition, since: str, events: list[tuple[str, str]]) -> None:
    assert [(row["issue_key"], row["event"]) for row in rows("sla-events", since=since)] == events


def test_events_of_the_future_are_refused(resolution: Definition) -> None:
    with pytest.raises(Refused, match="since: lies after the moment"):
        rows("sla-events", since="2024-02-01")


def test_without_slas_there_are_no_rows() -> None:
    store(issue())
    for name in (
        "sla-detail",
        "sla-cycles",
        "sla-summary",
        "sla-trend",
        "sla-durations",
        "sla-at-risk",
        "sla-breakdown",
    ):
        assert rows(name) == []


def test_an_earlier_moment_is_replayed(resolution: Definition) -> None:
    (row,) = (row for row in rows("sla-detail", as_of="2024-01-01T10:30:00Z") if row["issue_key"] == "ABC-1")
    assert (row["state"], row["verdict"], row["elapsed_ms"]) == ("paused", "open", HOUR)


def test_the_calendar_of_a_goal_counts_and_not_that_of_the_request(resolution: Definition) -> None:
    calendars.save({"name": "short", "tz": "UTC", "week": {"mon": [["09:00", "10:00"]]}}, now=NOW)
    assert rows("sla-detail", "short") == rows("sla-detail")
