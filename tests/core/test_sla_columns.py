"""Clocks in columns against the plain walk over one item, and the laws of both, on random histories and policies."""

from collections.abc import Sequence
from dataclasses import fields as fields_of
from dataclasses import replace
from typing import Any as Anything

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sojourn.core.calendar import ALWAYS, Calendar
from sojourn.core.sla import columns
from sojourn.core.sla.batch import NO_GOAL, NONE, Batch, Coded
from sojourn.core.sla.beyond import BEYOND
from sojourn.core.sla.clock import ByHand, Clock, Extension, Item, Reset, Verdict
from sojourn.core.sla.conditions import (
    NEVER,
    All,
    Any,
    Changed,
    Condition,
    Created,
    Entered,
    Happened,
    Is,
    Left,
    Reached,
)
from sojourn.core.sla.policy import (
    BUSINESS_END,
    Duration,
    DynamicDuration,
    Goal,
    NegotiationDate,
    NextBusinessDay,
    NoTarget,
    Policy,
)
from sojourn.core.sla.reference import replay
from sojourn.core.timeline import Timelines
from tests.core.calendar_help import HOUR, calendar, ms

BEGIN = ms("2024-03-28T00:00")  # a Thursday, three days before Berlin's clocks change
STEP = HOUR // 2
CALENDARS = {
    "7x24": ALWAYS,
    "office": calendar("Europe/Berlin", "09:00-12:00 13:00-17:00"),
    "nights": calendar("Europe/Berlin", "22:00-06:00", days=("sat", "sun", "mon")),
}
STATUSES = ("open", "busy", "waiting", "done", None)
KINDS = ("agent", "customer")
many = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])

instants = st.integers(0, 240).map(lambda place: BEGIN + place * STEP)
ids = st.sets(st.sampled_from(STATUSES), min_size=1, max_size=3).map(frozenset)
fields = st.sampled_from(("status", "priority", "absent"))
lasting = st.builds(Is, fields, ids, st.booleans()) | st.builds(Reached, st.sampled_from(("due", "absent")))
moment = (
    st.builds(Entered, fields, ids)
    | st.builds(Left, fields, ids)
    | st.builds(Changed, fields, st.none() | ids, st.none() | ids)
    | st.builds(Created)
    | st.builds(
        Happened, st.sampled_from(("comment", "absent")), st.sets(st.sampled_from(KINDS), min_size=1).map(frozenset)
    )
)


def trees(leaf: st.SearchStrategy[Anything]) -> st.SearchStrategy[Condition]:
    def groups(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        some = st.lists(parts, min_size=1, max_size=3).map(tuple)
        return some.map(All) | some.map(Any)

    return st.recursive(leaf, groups, max_leaves=4)


conditions = trees(lasting | moment)
rarely = st.just(NEVER) | st.just(NEVER) | conditions
targets = (
    st.sampled_from(("0m", "30m", "2h", "7h", "2d")).map(Duration)
    | st.builds(DynamicDuration, st.just("agreed"))
    | st.builds(NegotiationDate, st.just("due"), st.sampled_from((None, BUSINESS_END, 17 * HOUR)))
    | st.builds(NextBusinessDay, st.integers(0, 2))
    | st.just(NoTarget())
)
goals = st.builds(Goal, targets, st.sampled_from(sorted(CALENDARS)), calendar_field=st.none() | st.just("hours"))
usual = st.builds(Entered, st.just("status"), ids)
policies = st.builds(
    Policy,
    start=st.just(Created()) | usual | st.builds(Is, st.just("status"), ids) | conditions,
    stop=usual | conditions,
    pause=st.just(NEVER) | trees(lasting),
    reset=rarely,
    cancel=rarely,
    goals=st.lists(goals, min_size=2, max_size=2).map(tuple),
    cycles=st.sampled_from(("all", "first", "last", "span", "each")),
    reset_kind=st.sampled_from(("restart", "invalidate")),
    reset_finished=st.sampled_from(("nothing", "nothing", "restart", "invalidate")),
    critical_percent=st.sampled_from((0, 50, 80, 100)),
)


def steps(values: st.SearchStrategy[Anything], created: int, size: int, *, whole: bool = True) -> Anything:
    """Steps in order; `whole` if the first is at the creation."""
    some = st.lists(st.tuples(st.integers(0, 120), values), min_size=int(whole), max_size=size)

    def placed(given_steps: Anything) -> Anything:
        ordered = sorted(given_steps, key=lambda step: step[0])
        first = ordered[0][0] if whole else 0
        return [(created + (place - first) * STEP, value) for place, value in ordered]

    return some.map(placed)


@st.composite
def by_hands(draw: st.DrawFn) -> ByHand:
    undone = st.none() | instants
    resets = st.builds(
        Reset,
        instants,
        instants,
        st.just("ann"),
        st.just("why"),
        st.sampled_from(("restart", "invalidate")),
        st.sampled_from(("nothing", "restart", "invalidate")),
        undone,
    )
    extensions = st.builds(
        Extension,
        st.sampled_from((HOUR, 5 * HOUR)),
        instants,
        st.just("ann"),
        st.just("why"),
        st.sampled_from(("target", "now")),
        undone,
    )
    return ByHand(tuple(draw(st.lists(resets, max_size=1))), tuple(draw(st.lists(extensions, max_size=1))))


@st.composite
def items(draw: st.DrawFn, *, touched: bool = True) -> Item:
    created = BEGIN + draw(st.integers(0, 100)) * STEP
    status = st.sampled_from(STATUSES)
    return Item(
        created,
        fields={
            "status": draw(steps(status, created, 8)),
            "priority": draw(steps(status, created, 3)),
            "agreed": draw(steps(st.sampled_from((None, "1", "3h", "soon")), created, 2, whole=False)),
            "hours": draw(steps(st.sampled_from((None, "7x24", "nights", "nowhere")), created, 2, whole=False)),
        },
        dates={"due": draw(steps(st.none() | instants | instants.map(lambda at: at - 300 * HOUR), created, 2))},
        events={"comment": draw(steps(st.sampled_from(KINDS), created, 3, whole=False))},
        goal=draw(steps(st.sampled_from((0, 0, 1, None)), created, 3)),
        scope=draw(steps(st.sampled_from((True, True, False)), created, 3)),
        by_hand=draw(st.just(ByHand()) | by_hands()) if touched else ByHand(),
    )


def timelines(some: Sequence[Sequence[tuple[int, int]]]) -> Timelines:
    offsets = np.cumsum([0, *map(len, some)], dtype=np.int64)
    at, value = (np.array([step[side] for one in some for step in one], np.int64) for side in (0, 1))
    return Timelines(at, value, offsets)


def coded(some: Sequence[Sequence[tuple[int, Anything]]]) -> Coded:
    code = {key: number for number, key in enumerate(dict.fromkeys(value for one in some for _, value in one))}
    return Coded(timelines([[(at, code[value]) for at, value in one] for one in some]), code)


def batch(some: Sequence[Item], *, chosen: bool = True) -> Batch:
    """The items as columns, with scope and goal, or without."""
    named = ("status", "priority", "agreed", "hours")
    return Batch(
        np.array([one.created_ms for one in some], np.int64),
        {name: coded([one.fields.get(name, ()) for one in some]) for name in named},
        {"due": timelines([[(at, NONE if day is None else day) for at, day in one.dates["due"]] for one in some])},
        {"comment": coded([one.events["comment"] for one in some])},
        timelines([[(at, NO_GOAL if goal is None else goal) for at, goal in one.goal or ()] for one in some])
        if chosen
        else None,
        timelines([[(at, int(inside)) for at, inside in one.scope or ()] for one in some]) if chosen else None,
        {place: one.by_hand for place, one in enumerate(some) if one.by_hand != ByHand()},
    )


def in_columns(policy: Policy, given_batch: Batch, as_of: int) -> list[tuple[int, Clock]]:
    found = columns.replay(policy, given_batch, CALENDARS, as_of)
    names = sorted(CALENDARS)
    return [(int(found.item[place]), found.clock(place, names)) for place in range(len(found))]


def by_walking(policy: Policy, some: Sequence[Item], as_of: int) -> list[tuple[int, Clock]]:
    return [(place, clock) for place, one in enumerate(some) for clock in replay(policy, one, CALENDARS, as_of).clocks]


@many
@given(policies, st.lists(items(), min_size=1, max_size=4), instants)
def test_columns_say_what_walking_says(policy: Policy, some: list[Item], as_of: int) -> None:
    assert in_columns(policy, batch(some), as_of) == by_walking(policy, some, as_of)


@many
@given(policies, st.lists(items(touched=False), min_size=1, max_size=4), instants)
def test_columns_without_scope_and_goals_say_so_too(policy: Policy, some: list[Item], as_of: int) -> None:
    plain = [replace(one, goal=None, scope=None) for one in some]
    assert in_columns(policy, batch(plain, chosen=False), as_of) == by_walking(policy, plain, as_of)


on_status = st.builds(
    Policy,
    start=usual | st.just(Created()),
    stop=usual,
    pause=st.builds(Is, st.just("status"), ids),
    reset=st.just(NEVER) | usual,
    goals=st.sampled_from(("30m", "2h", "2d")).map(lambda text: (Goal(Duration(text), "office"),)),
    cycles=st.sampled_from(("all", "first", "last", "span", "each")),
)
histories = items(touched=False).map(lambda one: replace(one, goal=None, scope=None))


@many
@given(on_status, st.lists(histories, min_size=1, max_size=4), instants)
def test_a_single_field_needs_no_other_rows(policy: Policy, some: list[Item], as_of: int) -> None:
    assert in_columns(policy, batch(some, chosen=False), as_of) == by_walking(policy, some, as_of)


def known(one: Item, as_of: int) -> Item:
    """The item as it was live: without what came later."""

    def cut(named: Anything) -> Anything:
        return {name: [step for step in some if step[0] <= as_of] for name, some in named.items()}

    def made(done: Anything) -> Anything:
        before = [one for one in done if one.made_ms <= as_of]
        return tuple(
            replace(one, undone_ms=None) if one.undone_ms is not None and one.undone_ms > as_of else one
            for one in before
        )

    return Item(
        one.created_ms,
        cut(one.fields),
        cut(one.dates),
        cut(one.events),
        None if one.goal is None else [step for step in one.goal if step[0] <= as_of],
        None if one.scope is None else [step for step in one.scope if step[0] <= as_of],
        ByHand(made(one.by_hand.resets), made(one.by_hand.extensions)),
    )


def events(policy: Policy, one: Item, as_of: int) -> Anything:
    found = replay(policy, one, CALENDARS, as_of)
    logged = [[(event.at_ms, event.kind) for event in clock.events] for clock in found.clocks]
    return found.state, found.clocks, logged, [(cycle.start_ms, cycle.end_ms, cycle.void) for cycle in found.cycles]


@many
@given(policies, items(), instants)
def test_a_replay_to_a_past_moment_is_what_was_live_then(policy: Policy, one: Item, as_of: int) -> None:
    assert events(policy, one, as_of) == events(policy, known(one, as_of), as_of)


@many
@given(policies, items(), instants)
def test_the_times_of_a_clock_add_up(policy: Policy, one: Item, as_of: int) -> None:
    for clock in replay(policy, one, CALENDARS, as_of).clocks:
        end = as_of if clock.end_ms is None else clock.end_ms
        late = clock.deadline_ms is not None and end > clock.deadline_ms
        assert (clock.verdict == Verdict.EXCEED) == late
        assert (clock.working.overdue == clock.wall.overdue == 0) or late
        if policy.cycles != "all":
            assert clock.wall.elapsed + clock.wall.paused == end - clock.start_ms
        if isinstance(policy.goals[clock.goal].target, Duration | DynamicDuration) and clock.goal_ms is not None:
            assert clock.working.remaining is not None
            assert clock.working.elapsed + clock.working.remaining == clock.goal_ms + clock.working.overdue


@many
@given(on_status, histories, instants, st.lists(st.tuples(instants, st.sampled_from(STATUSES)), max_size=4))
def test_an_irrelevant_change_changes_nothing(policy: Policy, one: Item, as_of: int, more: Anything) -> None:
    later = sorted(step for step in more if step[0] > one.created_ms and step[1] is not None)
    changed = replace(one, fields={**one.fields, "colour": [(one.created_ms, None), *later]})
    assert events(policy, changed, as_of) == events(policy, one, as_of)


@many
@given(on_status, histories, instants, instants)
def test_a_pause_in_two_pieces_is_a_pause(policy: Policy, one: Item, as_of: int, at: int) -> None:
    """The second piece has another status in which the clock pauses, too, and which means nothing else."""
    assert isinstance(policy.pause, Is)
    plain = replace(policy, pause=replace(policy.pause, values=frozenset({"waiting", "blocked"}), negated=False))
    for named in (plain.start, plain.stop, plain.reset):
        if isinstance(named, Entered) and "waiting" in named.values:
            return
    status, split = one.fields["status"], []
    for place, step in enumerate(status):
        split.append(step)
        until = status[place + 1][0] if place + 1 < len(status) else at + 1
        if step[1] == "waiting" and step[0] < at < until:
            split.append((at, "blocked"))
    pieces = replace(one, fields={**one.fields, "status": split})
    assert events(plain, pieces, as_of) == events(plain, one, as_of)


@given(st.data())
@settings(deadline=None, max_examples=20)
def test_parts_and_threads_change_nothing(data: st.DataObject) -> None:
    policy, some = data.draw(policies), data.draw(st.lists(items(), min_size=3, max_size=7))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "PART", 2)
        found = columns.replay(policy, batch(some), CALENDARS, BEGIN + 100 * STEP, threads=2)
    whole = columns.replay(policy, batch(some), CALENDARS, BEGIN + 100 * STEP)
    for one in fields_of(columns.Clocks):
        assert getattr(found, one.name).tolist() == getattr(whole, one.name).tolist()


def test_no_items_have_no_clocks() -> None:
    nothing = Batch(np.zeros(0, np.int64))
    policy = Policy(Created(), NEVER, (Goal(NoTarget(), "office"),))
    assert len(columns.replay(policy, nothing, CALENDARS, BEGIN)) == 0


def test_a_calendar_that_is_not_there_is_named() -> None:
    policy = Policy(Created(), NEVER, (Goal(NoTarget(), "nowhere"),))
    with pytest.raises(KeyError, match="nowhere"):
        columns.replay(policy, Batch(np.array([BEGIN])), CALENDARS, BEGIN)


def test_a_deadline_that_no_calendar_reaches_keeps_no_other_clock_from_being_told() -> None:
    """Working time is three hours of one day: a deadline after them lies beyond the end of what calendars know."""
    short = {"once": Calendar.from_json({"tz": "UTC", "special_hours": {"2024-04-01": [["09:00", "12:00"]]}})}
    first = ms("2024-04-01T10:00")
    for target in (Duration("4h"), NextBusinessDay(2), Duration("0m")):
        policy = Policy(Created(), NEVER, (Goal(target, "once"),))
        given_batch = Batch(np.array([BEGIN, first, first + 24 * HOUR]))
        found = columns.replay(policy, given_batch, short, first + HOUR * 25)
        told = [found.clock(place, ["once"]) for place in range(len(found))]
        walked = [replay(policy, given_batch.item(place), short, first + HOUR * 25).clocks[0] for place in range(3)]
        assert told == walked
        assert (told[2].deadline_ms, told[2].verdict) == (BEYOND, Verdict.STILL)
        late = Batch(np.array([first + 2000 * HOUR]))
        alone = columns.replay(policy, late, short, first + 3000 * HOUR).clock(0, ["once"])
        assert alone == replay(policy, late.item(0), short, first + 3000 * HOUR).clocks[0]
