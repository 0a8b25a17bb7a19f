"""The JSON form of a policy: what is read, and what is refused at which place."""

from typing import Any as Anything

import pytest

from sojourn.core.sla.conditions import All, Any, Changed, Created, Entered, Happened, Is, Left, Reached
from sojourn.core.sla.parse import read_policy
from sojourn.core.sla.policy import (
    BUSINESS_END,
    Duration,
    DynamicDuration,
    NegotiationDate,
    NextBusinessDay,
    NoTarget,
    Policy,
    day_end_ms,
    duration_ms,
)
from sojourn.errors import Refused
from tests.core.calendar_help import HOUR, calendar, ms

GOAL = {"calendar": "office", "duration": "4h"}
OPEN, DONE = {"field": "status", "entered": ["1"]}, {"field": "status", "entered": ["5"]}


def policy(**more: Anything) -> dict[str, Anything]:
    return {"start": OPEN, "stop": DONE, "goals": [GOAL]} | more


def test_what_is_left_out_has_its_default() -> None:
    read = read_policy(policy())
    start, stop = Entered("status", frozenset({"1"})), Entered("status", frozenset({"5"}))
    assert read == Policy(start, stop, read.goals)
    assert (read.cycles, read.critical_percent, read.reset_kind, read.reset_finished) == (
        "all",
        80,
        "restart",
        "nothing",
    )


@pytest.mark.parametrize(
    ("form", "condition"),
    [
        ({"field": "status", "is": ["1", "2"]}, Is("status", frozenset({"1", "2"}))),
        ({"field": "assignee", "is_not": ["x", None]}, Is("assignee", frozenset({"x", None}), True)),
        ({"field": "resolution", "is_empty": True}, Is("resolution", frozenset({None}))),
        ({"field": "resolution", "is_empty": False}, Is("resolution", frozenset({None}), True)),
        ({"field": "duedate", "reached": True}, Reached("duedate")),
        ({"field": "status", "left": ["1"]}, Left("status", frozenset({"1"}))),
        ({"field": "status", "changed": {}}, Changed("status")),
        (
            {"field": "status", "changed": {"from": ["1"], "to": ["2"]}},
            Changed("status", frozenset({"1"}), frozenset({"2"})),
        ),
        ({"created": True}, Created()),
        ({"event": "comment", "kinds": ["agent"]}, Happened("comment", frozenset({"agent"}))),
        ({"all": [{"created": True}, {"any": []}]}, All((Created(), Any(())))),
    ],
)
def test_a_condition_is_read(form: dict[str, Anything], condition: Anything) -> None:
    assert read_policy(policy(start=form)).start == condition


@pytest.mark.parametrize(
    ("form", "target"),
    [
        ({"duration": "2d 5h"}, Duration("2d 5h")),
        ({"dynamic_duration": {"field": "customfield_1"}}, DynamicDuration("customfield_1", "h")),
        ({"dynamic_duration": {"field": "customfield_1", "unit": "m"}}, DynamicDuration("customfield_1", "m")),
        ({"negotiation_date": {"field": "due"}}, NegotiationDate("due")),
        ({"negotiation_date": {"field": "due", "day_end": "business"}}, NegotiationDate("due", BUSINESS_END)),
        ({"negotiation_date": {"field": "due", "day_end": "17:00"}}, NegotiationDate("due", 17 * HOUR)),
        ({"next_business_day": 2}, NextBusinessDay(2)),
        ({"no_target": True}, NoTarget()),
    ],
)
def test_a_target_is_read(form: dict[str, Anything], target: Anything) -> None:
    assert read_policy(policy(goals=[{"calendar": "office", **form}])).goals[0].target == target


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "an SLA's policy is an object, not []"),
        ({"start": OPEN, "goals": [GOAL]}, "stop: missing"),
        (policy(puase=OPEN), "puase: unknown key; did you mean pause?"),
        (policy(start=7), "start: a condition is an object, not 7"),
        (policy(start={}), "start: needs one of any, all, field, created, event, and there is none"),
        (policy(start={"all": []}), "start.all: is empty; give at least one condition"),
        (policy(start={"all": [OPEN, {"created": 1}]}), "start.all[1].created: true, or nothing at all, not 1"),
        (
            policy(stop={"field": "status", "is": ["1"], "left": ["2"]}),
            "stop: needs one of is, is_not, is_empty, reached, entered, left, changed, not is and left",
        ),
        (policy(stop={"field": "", "is": ["1"]}), "stop.field: is empty"),
        (policy(stop={"field": "status", "is": "1"}), "stop.is: a list of ids such as [\"10001\", null], not '1'"),
        (policy(stop={"field": "status", "is": []}), "stop.is: is empty; give at least one id"),
        (policy(stop={"field": "status", "is": ["1", 5]}), "stop.is[1]: a text, not 5"),
        (policy(stop={"field": "status", "entred": ["1"]}), "stop.entred: unknown key; did you mean entered?"),
        (policy(stop={"field": "status", "is_empty": 1}), "stop.is_empty: true or false, not 1"),
        (
            policy(pause={"any": [{"field": "status", "entered": ["3"]}]}),
            "pause: holds a moment, which has no length; say what `is` the case while it pauses",
        ),
        (policy(cycles="every"), "cycles: one of all, first, last, span, each, not 'every'"),
        (policy(critical_percent=101), "critical_percent: a whole number from 0 to 100, not 101"),
        (policy(goals=[]), "goals: is empty; without a target, give one goal with no_target"),
        (
            policy(goals=[GOAL, {"duration": "4h"}]),
            "goals[1].calendar: missing; give the name of a calendar such as 7x24",
        ),
        (
            policy(goals=[{"calendar": "office"}]),
            (
                "goals[0]: needs one of duration, dynamic_duration, negotiation_date, next_business_day, no_target, "
                "and there is none"
            ),
        ),
        (
            policy(goals=[GOAL | {"duration": "4x"}]),
            "goals[0].duration: unknown unit 'x'; right are w, d, h, m, s and ms",
        ),
        (
            policy(goals=[{"calendar": "o", "negotiation_date": {"field": "due", "day_end": "late"}}]),
            "goals[0].negotiation_date.day_end: business, or a time such as 17:00, not 'late'",
        ),
        (
            policy(goals=[{"calendar": "o", "dynamic_duration": {"field": "f", "unit": "x"}}]),
            "goals[0].dynamic_duration.unit: one of w, d, h, m, s, ms, not 'x'",
        ),
        (
            policy(goals=[{"calendar": "o", "next_business_day": -1}]),
            "goals[0].next_business_day: a whole number from 0 to 10000, not -1",
        ),
    ],
)
def test_what_is_wrong_is_refused_at_its_place(wrong: Anything, message: str) -> None:
    with pytest.raises(Refused) as refused:
        read_policy(wrong)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1d 1h", 9 * HOUR), ("2", 2 * HOUR), ("1.5", 90 * HOUR // 60), ("soon", None), ("", None), (None, None)],
)
def test_a_duration_in_a_field_is_read_under_the_calendar(text: str | None, expected: int | None) -> None:
    assert duration_ms(text, "h", calendar()) == expected


@pytest.mark.parametrize(
    ("day_end", "expected"),
    [(BUSINESS_END, "2024-06-07T17:00"), (12 * HOUR, "2024-06-07T12:00"), (24 * HOUR, "2024-06-08T00:00")],
)
def test_a_date_without_a_time_ends_as_the_goal_says(day_end: int, expected: str) -> None:
    assert day_end_ms(ms("2024-06-07"), day_end, calendar("Europe/Berlin")) == ms(expected, "Europe/Berlin")
