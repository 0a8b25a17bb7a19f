"""SLA clocks worked out by hand, rule by rule (docs/semantics.md 22–29): office hours are 9 to 17."""

from typing import Any as Anything

import pytest

from sojourn.core.sla.clock import Answer, ByHand, Clock, Extension, Item, Reset, State, Times, Verdict
from sojourn.core.sla.conditions import All, Any, Changed, Created, Happened, Left, Reached
from sojourn.core.sla.policy import (
    BUSINESS_END,
    DynamicDuration,
    Goal,
    NegotiationDate,
    NextBusinessDay,
    NoTarget,
    Policy,
)
from tests.core.calendar_help import HOUR
from tests.core.sla_help import answer, at, entered, item, policy, within

MINUTE = HOUR // 60


def one(rules: Policy, work_item: Item, as_of: str) -> Clock:
    (clock,) = answer(rules, work_item, as_of).clocks
    return clock


def hours(times: Times) -> tuple[float | None, ...]:
    """Elapsed, paused, remaining, overdue."""
    return tuple(
        None if ms is None else ms / HOUR for ms in (times.elapsed, times.paused, times.remaining, times.overdue)
    )


def kinds(found: Answer) -> list[str]:
    return [f"{(event.at_ms - at('0:00'.zfill(5))) / HOUR:g} {event.kind}" for event in found.clocks[-1].events]


@pytest.mark.parametrize(
    ("status", "as_of", "state", "verdict", "working", "deadline"),
    [
        ("10:00 Open", "11:00", "RUNNING", "STILL", (1, 0, 1, 0), "12:00"),
        ("10:00 Open", "12:00", "RUNNING", "STILL", (2, 0, 0, 0), "12:00"),
        ("10:00 Open", "13:00", "RUNNING", "EXCEED", (3, 0, 0, 1), "12:00"),
        ("10:00 Open, 11:00 Waiting", "13:00", "PAUSED", "STILL", (1, 2, 1, 0), "14:00"),
        ("10:00 Open, 11:00 Waiting, 12:00 Open", "12:30", "RUNNING", "STILL", (1.5, 1, 0.5, 0), "13:00"),
        ("10:00 Open, 11:00 Waiting, 12:00 Done", "16:00", "FINISHED", "SUCCESS", (1, 1, 1, 0), "13:00"),
        ("10:00 Open, 12:00 Done", "16:00", "FINISHED", "SUCCESS", (2, 0, 0, 0), "12:00"),
        ("10:00 Open, 13:00 Done", "16:00", "FINISHED", "EXCEED", (3, 0, 0, 1), "12:00"),
        # a start while a pause holds starts paused
        ("10:00 Waiting", "11:00", "PAUSED", "STILL", (0, 1, 2, 0), "13:00"),
        # a pause never undoes a breach: the clock runs through it
        ("10:00 Open, 13:00 Waiting", "15:00", "PAUSED", "EXCEED", (5, 0, 0, 3), "12:00"),
        ("10:00 Open, 13:00 Waiting, 14:00 Done", "15:00", "FINISHED", "EXCEED", (4, 0, 0, 2), "12:00"),
        # the goal is used up exactly when the pause begins
        ("10:00 Open, 12:00 Waiting", "15:00", "PAUSED", "EXCEED", (5, 0, 0, 3), "12:00"),
        # closing time is closing time, and after it is after it, though nothing was worked
        ("15:00 Open", "17:00", "RUNNING", "STILL", (2, 0, 0, 0), "17:00"),
        ("15:00 Open", "20:00", "RUNNING", "EXCEED", (2, 0, 0, 0), "17:00"),
        ("16:00 Open", "4T09:30", "RUNNING", "STILL", (1.5, 0, 0.5, 0), "4T10:00"),
        # of several changes at one instant, each is a moment and the last lasts
        ("10:00 Open, 11:00 Done, 11:00 Open", "12:00", "FINISHED", "SUCCESS", (1, 0, 1, 0), "12:00"),
        ("10:00 Open, 11:00 Waiting, 11:00 Open", "12:00", "RUNNING", "STILL", (2, 0, 0, 0), "12:00"),
    ],
)
def test_one_cycle(
    status: str, as_of: str, state: str, verdict: str, working: tuple[float, ...], deadline: str
) -> None:
    found = one(policy(), item(status), as_of)
    assert (found.state.name, found.verdict.name) == (state, verdict)
    assert hours(found.working) == working
    assert found.deadline_ms == at(deadline)


def test_before_its_creation_there_is_no_clock() -> None:
    found = answer(policy(), item("10:00 Open"), "09:59")
    assert (found.state, found.clocks) == (State.NOT_STARTED, ())


def test_both_times_are_at_hand() -> None:
    found = one(policy(), item("16:00 Open"), "4T09:30")
    assert hours(found.wall) == (17.5, 0, 0.5, 0)


RESTARTED = "10:00 Open, 11:00 Done, 12:00 Open, 12:30 Waiting, 13:00 Open, 14:00 Done"
AGAIN: dict[str, Anything] = {"start": entered("Open"), "calendar_name": "7x24"}


@pytest.mark.parametrize(
    ("rule", "as_of", "verdict", "start", "working", "deadline"),
    [
        ("all", "11:30", "SUCCESS", "10:00", (1, 0, 1, 0), "12:00"),
        ("all", "13:15", "STILL", "10:00", (1.75, 0.5, 0.25, 0), "13:30"),
        ("all", "14:00", "EXCEED", "10:00", (2.5, 0.5, 0, 0.5), "13:30"),
        ("first", "15:00", "SUCCESS", "10:00", (1, 0, 1, 0), "12:00"),
        ("last", "15:00", "SUCCESS", "12:00", (1.5, 0.5, 0.5, 0), "14:30"),
        ("span", "15:00", "EXCEED", "10:00", (4, 0, 0, 2), "12:00"),
    ],
)
def test_the_rule_says_which_cycles_count(
    rule: str, as_of: str, verdict: str, start: str, working: tuple[float, ...], deadline: str
) -> None:
    found = one(policy(cycles=rule, **AGAIN), item(RESTARTED), as_of)
    assert (found.verdict.name, found.start_ms) == (verdict, at(start))
    assert hours(found.working) == working
    assert found.deadline_ms == at(deadline)


def test_each_cycle_can_be_judged_by_itself() -> None:
    found = answer(policy(cycles="each", **AGAIN), item(RESTARTED), "15:00").clocks
    assert [(clock.start_ms, clock.verdict) for clock in found] == [
        (at("10:00"), Verdict.SUCCESS),
        (at("12:00"), Verdict.SUCCESS),
    ]


def test_the_gaps_between_cycles_do_not_count_after_the_breach_either() -> None:
    found = one(policy(**AGAIN), item("10:00 Open, 13:00 Done, 15:00 Open"), "16:00")
    assert (found.deadline_ms, hours(found.working)) == (at("12:00"), (4, 0, 0, 2))


@pytest.mark.parametrize(
    ("due", "status", "as_of", "verdict", "working", "percent"),
    [
        ("14:00", "10:00 Open, 11:00 Waiting", "12:00", "STILL", (1, 1, 2, 0), 25),
        ("14:00", "10:00 Open, 14:00 Done", "15:00", "SUCCESS", (4, 0, 0, 0), 100),
        ("11:00", "10:00 Open", "12:00", "EXCEED", (2, 0, 0, 1), 200),
        # a date that lies before the start is missed at once, and has no percentage
        ("09:00", "10:00 Open", "12:00", "EXCEED", (2, 0, 0, 3), None),
    ],
)
def test_a_negotiation_date_is_the_deadline(
    due: str, status: str, as_of: str, verdict: str, working: tuple[float, ...], percent: int | None
) -> None:
    found = one(policy(NegotiationDate("due")), item(status, dates={"due": [(at("10:00"), at(due))]}), as_of)
    assert (found.verdict.name, hours(found.working), found.percent) == (verdict, working, percent)
    assert found.deadline_ms == at(due)


def test_a_date_without_a_time_means_the_end_of_its_business() -> None:
    dates = {"due": [(at("10:00"), at("4T00:00"))]}
    found = one(policy(NegotiationDate("due", BUSINESS_END)), item("10:00 Open", dates=dates), "12:00")
    assert found.deadline_ms == at("4T17:00")


def test_the_next_business_day_ends_with_its_business_and_pauses_do_not_move_it() -> None:
    found = one(policy(NextBusinessDay(1)), item("10:00 Open, 11:00 Waiting"), "7T12:00")
    assert (found.deadline_ms, found.verdict) == (at("4T17:00"), Verdict.EXCEED)


@pytest.mark.parametrize(("text", "deadline"), [("1d", "4T10:00"), ("3", "13:00"), ("soon", None), (None, None)])
def test_a_field_can_hold_the_duration(text: str | None, deadline: str | None) -> None:
    fields = {"agreed": [(at("10:00"), text)]}
    found = one(policy(DynamicDuration("agreed")), item("10:00 Open", fields=fields), "11:00")
    assert found.deadline_ms == (at(deadline) if deadline else None)


def test_a_stopwatch_has_no_deadline_and_cannot_be_missed() -> None:
    found = one(policy(NoTarget()), item("10:00 Open, 12:00 Done"), "6T12:00")
    assert (found.verdict, found.percent, hours(found.working)) == (Verdict.SUCCESS, None, (2, 0, None, 0))


def test_a_field_can_name_the_calendar() -> None:
    goals = (Goal(policy("2h").goals[0].target, "office", calendar_field="hours"),)
    fields = {"hours": [(at("16:00"), "7x24")]}
    assert one(policy(goals=goals), item("16:00 Open", fields=fields), "17:00").deadline_ms == at("18:00")
    assert one(policy(goals=goals), item("16:00 Open"), "17:00").deadline_ms == at("4T10:00")


TWO = policy(goals=(*policy("1h").goals, *policy("4h").goals))


def test_a_change_of_goal_decides_anew_and_the_earlier_breach_stays_as_an_event() -> None:
    found = answer(TWO, item("10:00 Open", goal=[(at("10:00"), 0), (at("12:00"), 1)]), "13:00")
    (clock,) = found.clocks
    assert (clock.verdict, clock.deadline_ms, clock.goal) == (Verdict.STILL, at("14:00"), 1)
    assert kinds(found) == ["10 start", "10.8 critical", "11 breach", "12 target"]


def test_a_goal_that_changes_after_the_stop_changes_nothing() -> None:
    changing = item("10:00 Open, 12:00 Done", goal=[(at("10:00"), 0), (at("12:30"), 1)])
    assert one(TWO, changing, "13:00").verdict == Verdict.EXCEED


def test_the_goal_until_the_stop_counts_where_none_matches_at_it() -> None:
    ending = item("10:00 Open, 10:30 Done", goal=[(at("10:00"), 0), (at("10:30"), None)])
    assert one(TWO, ending, "13:00").verdict == Verdict.SUCCESS


@pytest.mark.parametrize(
    ("scope", "cycles"),
    [
        ([("10:00", True), ("11:00", False)], ["10 start", "11 cancel"]),
        ([("10:00", False), ("11:00", True)], []),
    ],
)
def test_outside_of_the_scope_no_clock_starts_or_runs(scope: list[tuple[str, bool]], cycles: list[str]) -> None:
    steps = [(at(begin), inside) for begin, inside in scope]
    found = answer(policy(), item("10:00 Open", scope=steps), "12:00")
    assert found.clocks == ()
    events = [f"{(event.at_ms - at('00:00')) / HOUR:g} {event.kind}" for one in found.cycles for event in one.events]
    assert events == cycles


def test_what_lasts_starts_when_the_scope_begins() -> None:
    steps = [(at("10:00"), False), (at("11:00"), True)]
    assert one(policy(start=within("Open")), item("10:00 Open", scope=steps), "12:00").start_ms == at("11:00")


def reset(when: str, made: str | None = None, **more: Anything) -> ByHand:
    return ByHand(resets=(Reset(at(when), at(made or when), "ann", "by mistake", **more),))


@pytest.mark.parametrize(
    ("status", "by_hand", "state", "start", "cycles"),
    [
        ("10:00 Open", reset("11:00"), "RUNNING", "11:00", 1),
        ("10:00 Open", reset("11:00", made="11:45"), "RUNNING", "11:00", 1),
        ("10:00 Open", reset("11:00", made="12:30"), "RUNNING", "10:00", 1),
        ("10:00 Open", reset("11:00", undone_ms=at("12:00")), "RUNNING", "10:00", 1),
        ("10:00 Open", reset("11:00", kind="invalidate"), "NOT_STARTED", None, 0),
        ("10:00 Open, 10:30 Done", reset("11:00"), "FINISHED", "10:00", 1),
        ("10:00 Open, 10:30 Done", reset("11:00", finished="restart"), "RUNNING", "11:00", 1),
        ("10:00 Open, 10:30 Done", reset("11:00", finished="invalidate"), "NOT_STARTED", None, 0),
    ],
)
def test_a_reset_by_hand(status: str, by_hand: ByHand, state: str, start: str | None, cycles: int) -> None:
    found = answer(policy(), item(status, by_hand=by_hand), "12:00")
    assert (found.state.name, len(found.clocks)) == (state, cycles)
    assert [clock.start_ms for clock in found.clocks] == ([at(start)] if start else [])


def test_a_reset_restarts_only_what_may_start() -> None:
    found = answer(policy(start=within("Open"), reset=entered("Waiting")), item("10:00 Open, 11:00 Waiting"), "12:00")
    assert found.state == State.NOT_STARTED
    again = answer(policy(reset=entered("Waiting")), item("10:00 Open, 11:00 Waiting"), "12:00")
    assert (again.state, again.clocks[0].start_ms) == (State.PAUSED, at("11:00"))


@pytest.mark.parametrize(
    ("extension", "deadline", "verdict"),
    [
        (Extension(HOUR, at("11:00"), "ann", "agreed"), "13:00", "STILL"),
        (Extension(HOUR, at("12:15"), "ann", "agreed"), "13:00", "STILL"),
        (Extension(HOUR, at("12:15"), "ann", "agreed", "now"), "13:15", "STILL"),
        (Extension(HOUR, at("12:15"), "ann", "agreed", undone_ms=at("12:20")), "12:00", "EXCEED"),
        (Extension(HOUR, at("12:45"), "ann", "agreed"), "12:00", "EXCEED"),
    ],
)
def test_an_extension_moves_the_deadline(extension: Extension, deadline: str, verdict: str) -> None:
    extended = item("10:00 Open", by_hand=ByHand(extensions=(extension,)))
    found = one(policy(), extended, "12:30")
    assert (found.deadline_ms, found.verdict.name) == (at(deadline), verdict)


def test_an_extension_of_what_is_finished_does_nothing() -> None:
    late = ByHand(extensions=(Extension(4 * HOUR, at("14:00"), "ann", "agreed"),))
    assert one(policy(), item("10:00 Open, 13:00 Done", by_hand=late), "15:00").verdict == Verdict.EXCEED


@pytest.mark.parametrize(
    ("as_of", "percent", "critical"), [("11:35", 79, False), ("11:36", 80, True), ("13:00", 150, True)]
)
def test_from_the_threshold_on_a_clock_is_critical(as_of: str, percent: int, critical: bool) -> None:
    found = one(policy(), item("10:00 Open"), as_of)
    assert (found.percent, found.critical) == (percent, critical)


def test_what_is_finished_is_not_critical() -> None:
    assert not one(policy(), item("10:00 Open, 11:50 Done"), "12:00").critical


COMMENTS = {"comment": [(at("10:30"), "customer"), (at("11:00"), "agent")]}


@pytest.mark.parametrize(
    ("stop", "stopped"),
    [
        (Happened("comment", frozenset({"agent"})), "11:00"),
        (Any((Happened("comment", frozenset({"agent"})), entered("Busy"))), "10:45"),
        (All((Happened("comment", frozenset({"customer"})), within("Busy"))), None),
        (All((Happened("comment", frozenset({"agent"})), within("Busy"))), "11:00"),
        (All((within("Busy"), Reached("due"))), "11:15"),
        (Reached("due"), "11:15"),
        (Left("status", frozenset({"Open", "Busy"})), "11:30"),
        (Changed("status"), "10:45"),
        (Changed("status", frozenset({"Open"}), frozenset({"Done"})), None),
        (Changed("status", after=frozenset({"Done"})), "11:30"),
    ],
)
def test_what_stops_a_clock(stop: Anything, stopped: str | None) -> None:
    given = item("10:00 Open, 10:45 Busy, 11:30 Done", events=COMMENTS, dates={"due": [(at("10:00"), at("11:15"))]})
    found = one(policy(start=Created(), stop=stop), given, "12:00")
    assert found.end_ms == (at(stopped) if stopped else None)
