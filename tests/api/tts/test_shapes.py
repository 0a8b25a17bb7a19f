"""What clocks look like in services 11, 13 and 14, by the samples of the document; figures by hand."""

from dataclasses import replace
from typing import Any

import pytest

from sojourn.api.tts.naming import Names, kind_of, name_of
from sojourn.api.tts.shapes import Told, details, in_field, in_overview
from sojourn.core.calendar import ALWAYS
from sojourn.core.sla.clock import Clock, State, Times, Verdict
from sojourn.core.sla.conditions import All, Changed, Created, Entered, Happened, Is, Left, Reached
from sojourn.core.sla.conditions import Any as Either
from sojourn.core.sla.policy import (
    Duration,
    DynamicDuration,
    Goal,
    NegotiationDate,
    NextBusinessDay,
    NoTarget,
    Policy,
    Target,
)
from tests.api.tts.asking import DETAILS, IN_FIELD, IN_OVERVIEW, OVERDUE, like
from tests.core.calendar_help import HOUR, calendar, ms

OFFICE = calendar()  # 09:00 to 17:00 on working days
CALENDARS = {"7x24": ALWAYS, "office": OFFICE}
NAMES = Names({"1": "Open", "4": "Reopened", "5": "Resolved"}, {"duedate": "Due date", "customfield_1": "Promised"})
MINUTE = 60_000
START = ms("2024-06-03 09:00")  # a Monday
FORTY_TWO = 42 * HOUR + 35 * MINUTE + 22_000


TWO_DAYS = Duration("2d")


def told(target: Target = TWO_DAYS, **more: Any) -> Told:
    policy = Policy(Entered("status", frozenset({"1"})), Entered("status", frozenset({"5"})), (Goal(target, "7x24"),))
    clock = Clock(
        start_ms=START,
        end_ms=None,
        state=State.RUNNING,
        verdict=Verdict.STILL,
        goal=0,
        calendar="7x24",
        goal_ms=48 * HOUR,
        deadline_ms=START + 49 * HOUR,
        working=Times(25 * HOUR + 35 * MINUTE + 22_000, HOUR, 22 * HOUR + 24 * MINUTE + 38_000, 0),
        wall=Times(0, 0, 0, 0),
        percent=53,
        critical=False,
        cycles=1,
    )
    return Told(25, "Resolution Time", policy, CALENDARS, replace(clock, **more), START + FORTY_TWO, NAMES)


def breached() -> Told:
    over = Times(49 * HOUR + 35 * MINUTE + 22_000, 0, 0, HOUR + 35 * MINUTE + 22_000)
    end_ms = START + 49 * HOUR + 35 * MINUTE + 22_000
    finished = {"state": State.FINISHED, "verdict": Verdict.EXCEED, "percent": 103, "end_ms": end_ms}
    return told(working=over, deadline_ms=START + 48 * HOUR, **finished)


def test_11_a_running_clock() -> None:
    found = details(told())
    like(DETAILS, found)
    assert found.keys() == DETAILS.keys() | {"pausedDuration", "formattedPausedDuration"}
    assert found | {"class": ""} == {
        "slaId": 25,
        "slaName": "Resolution Time",
        "slaStatus": "STILL",
        "started": True,
        "paused": False,
        "finished": False,
        "synchronizing": False,
        "startDate": "2024-06-03T09:00:00Z",
        "endDate": None,
        "targetDate": "2024-06-05T10:00:00Z",
        "slaOriginType": "STATUS",
        "slaOriginSourceName": "Open",
        "slaTargetType": "STATUS",
        "slaTargetSourceName": "Resolved",
        "slaValueType": "SLA_VALUE",
        "slaValueSourceName": "SLA Value",
        "slaValue": "PT48H",
        "slaValueAsDurationString": "2d",
        "workingDuration": "PT25H35M22S",
        "formattedWorkingDuration": "1d 1h 35m 22s",
        "pausedDuration": "PT1H",
        "formattedPausedDuration": "1h",
        "remainingDuration": "PT22H24M38S",
        "formattedRemainingDuration": "22h 24m 38s",
        "elapsedPercentage": 53,
        "notMuchTime": 80,
        "inCriticalZone": False,
        "workingCalendarName": "7x24",
        "inNonWorkingHours": False,
        "inNonWorkingDays": False,
        "class": "",
    }


def test_11_a_breached_clock() -> None:
    found = details(breached())
    like(OVERDUE, found)
    assert found.keys() == OVERDUE.keys() | {"pausedDuration", "formattedPausedDuration"}
    assert (found["overdueDuration"], found["formattedOverdueDuration"]) == ("PT1H35M22S", "1h 35m 22s")
    assert (found["slaStatus"], found["elapsedPercentage"], found["finished"]) == ("EXCEED", 103, True)
    assert found["endDate"] == "2024-06-05T10:35:22Z"


def test_11_nothing_started() -> None:
    found = details(replace(told(), clock=None))
    like(DETAILS, found)
    assert (found["started"], found["slaStatus"], found["workingDuration"]) == (False, "STILL", "PT0S")
    assert found["startDate"] is found["slaValue"] is found["remainingDuration"] is None
    assert found["slaValueAsDurationString"] == "2d"


def test_11_milliseconds_are_kept_where_there_are_any() -> None:
    found = details(told(start_ms=START + 7, working=Times(58_641, 0, None, 0)))
    assert (found["startDate"], found["workingDuration"]) == ("2024-06-03T09:00:00.007Z", "PT58.641S")
    assert found["formattedWorkingDuration"] == "59s"


@pytest.mark.parametrize(
    ("at", "hours", "day"),
    [
        ("2024-06-03 12:00", False, False),
        ("2024-06-03 17:00", True, False),
        ("2024-06-03 08:59", True, False),
        ("2024-06-08 12:00", True, True),
    ],
)
def test_11_whether_it_is_outside_working_hours_or_days(at: str, hours: bool, day: bool) -> None:
    found = details(replace(told(calendar="office"), as_of_ms=ms(at)))
    assert (found["inNonWorkingHours"], found["inNonWorkingDays"]) == (hours, day)


@pytest.mark.parametrize(
    ("target", "kind", "source", "text"),
    [
        (Duration("20m"), "SLA_VALUE", "SLA Value", "20m"),
        (NegotiationDate("duedate", -1), "NEGOTIATION_DATE", "Due date", "2d"),
        (DynamicDuration("customfield_1"), "DYNAMIC_DURATION", "Promised", "2d"),
        (NextBusinessDay(1), "NEXT_BUSINESS_DAY", "Next Business Day", "2d"),
    ],
)
def test_the_goal_says_what_it_is_taken_from(target: Target, kind: str, source: str, text: str) -> None:
    found = details(told(target))
    assert (found["slaValueType"], found["slaValueSourceName"]) == (kind, source)
    assert found["slaValueAsDurationString"] == text


def test_a_stopwatch_has_no_value() -> None:
    one = told(NoTarget(), goal_ms=None, deadline_ms=None, working=Times(HOUR, 0, None, 0), percent=None)
    found = details(one)
    assert found["slaValue"] is found["targetDate"] is found["remainingDuration"] is found["elapsedPercentage"] is None
    assert (found["slaValueType"], found["slaValueAsDurationString"]) == ("NO_TARGET", "")
    assert in_field(one)["slaValue"] is None
    assert "remaining" not in in_field(one)
    assert in_overview(one)["slaValueAsMinutes"] is None


@pytest.mark.parametrize(
    ("condition", "kind", "name"),
    [
        (Entered("status", frozenset({"5", "1"})), "STATUS", "Open, Resolved"),
        (Changed("status", frozenset({"1"}), frozenset({"5"})), "STATUS", "Resolved"),
        (Left("status", frozenset({"4", "99"})), "STATUS", "99, Reopened"),
        (Reached("customfield_1"), "DATE", "Promised"),
        (Created(), "CREATED", "Created"),
        (Happened("comment", frozenset({"agent"})), "COMMENT", "Comment"),
        (Happened("sla:7", frozenset({"stopped"})), "SLA", "SLA 7"),
        (Is("assignee", frozenset({None}), True), "FIELD", "assignee"),
        (Either((Created(), Entered("status", frozenset({"4"})))), "CREATED", "Created, Reopened"),
        (All((Is("status", frozenset({"1"})), Is("status", frozenset({"1", "4"})))), "STATUS", "Open, Reopened"),
        (Either(()), "", ""),
    ],
)
def test_what_starts_and_stops_has_a_type_and_a_name(condition: Any, kind: str, name: str) -> None:
    assert (kind_of(condition), name_of(condition, NAMES)) == (kind, name)


def test_13_the_field() -> None:
    found = in_field(breached())
    like(IN_FIELD, found)
    assert found == {
        "slaId": 25,
        "slaName": "Resolution Time",
        "originStatusName": "Open",
        "targetStatusName": "Resolved",
        "slaValue": 2880,
        "slaValueAsString": "2d",
        "statusDate": START,
        "targetDate": START + 48 * HOUR,
        "overdue": "(SLA Overdue) 1 hour, 35 minutes, 22 seconds",
    }
    left = in_field(told())
    assert "overdue" not in left
    assert left["remaining"] == "22 hours, 24 minutes, 38 seconds"


def test_14_the_overview() -> None:
    found = in_overview(breached())
    like(IN_OVERVIEW[0], found)
    assert found == {
        "slaId": 25,
        "slaName": "Resolution Time",
        "status": "EXCEED",
        "timePerformed": START,
        "originDate": START,
        "statusDate": START,
        "expectedTargetDate": START + 48 * HOUR,
        "actualTargetDate": START + 49 * HOUR + 35 * MINUTE + 22_000,
        "workingDuration": "2 days, 1 hour, 35 minutes, 22 seconds",
        "workingDurationAsSeconds": 178_522,
        "pausedDuration": "0",
        "pausedDurationAsSeconds": 0,
        "slaValueAsTimeString": "2d",
        "slaValueAsMinutes": 2880,
        "breachString": "1 hour, 35 minutes, 22 seconds",
        "workingCalendar": "7x24",
        "started": True,
        "paused": False,
        "finished": True,
    }
    still = in_overview(told())
    like(IN_OVERVIEW[1], still)
    assert "breachString" not in still
    assert (still["status"], still["pausedDuration"]) == ("STILL", "1 hour")
