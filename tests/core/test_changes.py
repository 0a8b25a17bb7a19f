"""From changes to step functions: docs/semantics.md 1 to 6, by hand, and in whatever order the changes come."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.changes import UNKNOWN, Change, Membership, set_steps, step_function
from sojourn.core.flags import FLAG_NAMES, Flag

NO = Flag(0)
GAP, MISMATCH, EARLY = Flag.HISTORY_GAP, Flag.HISTORY_MISMATCH, Flag.BEFORE_CREATION


def change(at: int, before: Any, after: Any, history: int = 0, item: int = 0, who: str | None = "ann") -> Change[str]:
    return Change(at, (history, item), who, before, after)


# what happens · the present value · the changes · instants and values · flags.  Created at 100.
TABLE: list[tuple[str, Any, list[Change[str]], list[tuple[int, Any]], Flag]] = [
    ("1 no change: the present value since creation", "A", [], [(100, "A")], NO),
    ("1 no change and no value: empty since creation", None, [], [(100, None)], NO),
    ("1 the first value is the first change's from", "B", [change(150, "A", "B")], [(100, "A"), (150, "B")], NO),
    ("1 empty first is a value", "B", [change(150, None, "B")], [(100, None), (150, "B")], NO),
    (
        "1 a missing from is unknown and flagged",
        "B",
        [change(150, UNKNOWN, "B")],
        [(100, UNKNOWN), (150, "B")],
        Flag.UNKNOWN_START,
    ),
    (
        "1 a missing from later on is no doubt: the previous to holds",
        "C",
        [change(150, "A", "B"), change(160, UNKNOWN, "C")],
        [(100, "A"), (150, "B"), (160, "C")],
        NO,
    ),
    (
        "2 by instant, however they are numbered",
        "C",
        [change(160, "B", "C", 1), change(150, "A", "B", 2)],
        [(100, "A"), (150, "B"), (160, "C")],
        NO,
    ),
    (
        "2 at one instant by history id, as numbers",
        "C",
        [change(150, "B", "C", 10), change(150, "A", "B", 9)],
        [(100, "A"), (150, "B"), (150, "C")],
        NO,
    ),
    (
        "2 at one instant in one history by item",
        "C",
        [change(150, "B", "C", 1, 1), change(150, "A", "B", 1, 0)],
        [(100, "A"), (150, "B"), (150, "C")],
        NO,
    ),
    (
        "2 there and back at one instant is a visit of zero length",
        "A",
        [change(150, "A", "B", 1), change(150, "B", "A", 2)],
        [(100, "A"), (150, "B"), (150, "A")],
        NO,
    ),
    (
        "2 a change at the creation leaves a first stay of zero length",
        "B",
        [change(100, "A", "B")],
        [(100, "A"), (100, "B")],
        NO,
    ),
    ("3 X to X ends nothing", "A", [change(150, "A", "A")], [(100, "A")], NO),
    (
        "3 X to X between others ends nothing",
        "C",
        [change(150, "A", "B"), change(160, "B", "B"), change(170, "B", "C")],
        [(100, "A"), (150, "B"), (170, "C")],
        NO,
    ),
    ("4 before creation is at creation, flagged", "B", [change(50, "A", "B")], [(100, "A"), (100, "B")], EARLY),
    (
        "4 several before creation keep their order",
        "C",
        [change(60, "B", "C"), change(50, "A", "B")],
        [(100, "A"), (100, "B"), (100, "C")],
        EARLY,
    ),
    (
        "5 the present value wins from the last change on",
        "Z",
        [change(150, "A", "B")],
        [(100, "A"), (150, "Z")],
        MISMATCH,
    ),
    (
        "5 it wins only from the last change on",
        "Z",
        [change(150, "A", "B"), change(160, "B", "C")],
        [(100, "A"), (150, "B"), (160, "Z")],
        MISMATCH,
    ),
    ("5 where it is the value before, there was no change", "A", [change(150, "A", "B")], [(100, "A")], MISMATCH),
    ("5 empty now, though something was put there", None, [change(150, "A", "B")], [(100, "A"), (150, None)], MISMATCH),
    (
        "5 no word of the present: the last change is believed",
        UNKNOWN,
        [change(150, "A", "B")],
        [(100, "A"), (150, "B")],
        NO,
    ),
    (
        "5 from is not the previous to: that one holds, flagged",
        "D",
        [change(150, "A", "B"), change(160, "C", "D")],
        [(100, "A"), (150, "B"), (160, "D")],
        GAP,
    ),
    (
        "5 both doubts at once",
        "Z",
        [change(150, "A", "B"), change(160, "C", "D")],
        [(100, "A"), (150, "B"), (160, "Z")],
        GAP | MISMATCH,
    ),
]


@pytest.mark.parametrize(
    ("present", "changes", "expected", "flags"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_the_rules(present: Any, changes: list[Change[str]], expected: list[tuple[int, Any]], flags: Flag) -> None:
    steps = step_function(100, present, changes)
    assert list(zip(steps.at_ms, steps.value, strict=True)) == expected
    assert steps.flags == flags


def test_each_step_names_who_put_the_value_there() -> None:
    steps = step_function(100, "C", [change(150, "A", "B", who="bob"), change(160, "B", "C", who=None)], creator="eve")
    assert steps.author == ["eve", "bob", None]


def test_a_change_that_ends_nothing_does_not_change_who_put_the_value_there() -> None:
    assert step_function(100, "A", [change(150, "A", "A", who="bob")], creator="eve").author == ["eve"]


names = st.sampled_from(["A", "B", "C", None])


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Change[str]], list[Change[str]]]:
    """A history without doubts, and the same shuffled; many of its changes share their instants."""
    at, value, changes = 100, draw(names), []
    for number in range(draw(st.integers(0, 12))):
        at += draw(st.integers(0, 2))
        after = draw(names)
        changes.append(change(at, value, after, history=number // 2, item=number % 2, who=str(number)))
        value = after
    return changes, draw(st.permutations(changes))


@given(histories())
def test_the_order_in_which_changes_arrive_does_not_matter(pair: tuple[list[Change[str]], list[Change[str]]]) -> None:
    told, shuffled = pair
    present = told[-1].after if told else "A"
    steps, again = step_function(100, present, told), step_function(100, present, shuffled)
    assert (again.at_ms, again.value, again.author, again.flags) == (steps.at_ms, steps.value, steps.author, NO)


anything = names | st.just(UNKNOWN)
wild = st.lists(st.builds(change, st.integers(0, 300), anything, anything, st.integers(0, 3), st.integers(0, 3)))


@given(anything, wild)
def test_steps_start_at_creation_are_sorted_and_never_repeat_a_value(present: Any, changes: list[Change[str]]) -> None:
    steps = step_function(100, present, changes)
    assert steps.at_ms[0] == 100
    assert steps.at_ms == sorted(steps.at_ms)
    assert all(one != next_ for one, next_ in itertools.pairwise(steps.value))
    assert len(steps.at_ms) == len(steps.value) == len(steps.author)


@given(names, wild)
def test_the_value_that_holds_in_the_end_is_the_present_one(present: Any, changes: list[Change[str]]) -> None:
    assert step_function(100, present, changes).value[-1] == present


def value_at(changes: list[Change[str]], first: Any, at: int) -> Any:
    """What held at an instant, the plain way: go through the changes and stop when they are later."""
    holding = first
    for one in changes:
        if one.at_ms > at:
            break
        holding = one.after
    return holding


@given(histories())
def test_at_every_instant_the_steps_say_what_the_changes_say(pair: tuple[list[Change[str]], list[Change[str]]]) -> None:
    told, shuffled = pair
    first = told[0].before if told else "A"
    steps = step_function(100, told[-1].after if told else "A", shuffled)
    for at in range(100, 130):
        last = max(place for place, since in enumerate(steps.at_ms) if since <= at)
        assert steps.value[last] == value_at(told, first, at)


def moved(at: int, removed: str = "", added: str = "", history: int = 0) -> Membership:
    return Membership(at, (history, 0), "ann", frozenset(removed), frozenset(added))


# what happens · the present members · the changes · instants and members · flags.  Created at 100.
SETS: list[tuple[str, Any, list[Membership], list[tuple[int, str]], Flag]] = [
    ("never changed", "x", [], [(100, "x")], NO),
    ("never anything", "", [], [(100, "")], NO),
    ("one was added", "x", [moved(150, added="x")], [(100, ""), (150, "x")], NO),
    ("what was there before any change", "xy", [moved(150, added="y")], [(100, "x"), (150, "xy")], NO),
    ("one was removed", "", [moved(150, removed="x")], [(100, "x"), (150, "")], NO),
    ("one for another", "y", [moved(150, removed="x", added="y")], [(100, "x"), (150, "y")], NO),
    (
        "adds and removes in any order",
        "z",
        [moved(170, removed="y"), moved(150, added="y"), moved(160, added="z")],
        [(100, ""), (150, "y"), (160, "yz"), (170, "z")],
        NO,
    ),
    (
        "at one instant by history id",
        "",
        [moved(150, removed="x", history=10), moved(150, added="x", history=9)],
        [(100, ""), (150, "x"), (150, "")],
        NO,
    ),
    ("an addition that is not there now", "x", [moved(150, added="y")], [(100, "x")], MISMATCH),
    ("a removal that is still there now", "x", [moved(150, removed="x")], [(100, "x")], MISMATCH),
    (
        "a removal that the next change finds there",
        "",
        [moved(150, removed="x"), moved(160, removed="x")],
        [(100, "x"), (160, "")],
        GAP,
    ),
    ("before creation", "x", [moved(50, added="x")], [(100, ""), (100, "x")], EARLY),
    (
        "no word of the present: the changes are believed",
        UNKNOWN,
        [moved(150, added="x"), moved(160, removed="x", added="y")],
        [(100, ""), (150, "x"), (160, "y")],
        NO,
    ),
]


@pytest.mark.parametrize(
    ("present", "changes", "expected", "flags"), [row[1:] for row in SETS], ids=[r[0] for r in SETS]
)
def test_sets_are_rebuilt_backwards(
    present: Any, changes: list[Membership], expected: list[tuple[int, str]], flags: Flag
) -> None:
    steps = set_steps(100, present if present is UNKNOWN else frozenset(present), changes)
    assert [(at, "".join(sorted(value or ""))) for at, value in zip(steps.at_ms, steps.value, strict=True)] == expected
    assert steps.flags == flags
    assert frozenset() not in steps.value, "an empty set is no value"


@st.composite
def set_histories(draw: st.DrawFn) -> tuple[list[frozenset[str]], list[Membership]]:
    """The sets a field held, one after the other, and the single changes between them."""
    sets = draw(st.lists(st.frozensets(st.sampled_from("wxyz")), min_size=1, max_size=8))
    pairs = itertools.pairwise(sets)
    return sets, [Membership(100 + n, (n, 0), None, a - b, b - a) for n, (a, b) in enumerate(pairs, 1)]


@given(set_histories(), st.randoms())
def test_sets_are_what_they_were_when_the_changes_were_made(pair: Any, random: Any) -> None:
    sets, changes = pair
    random.shuffle(changes)
    steps = set_steps(100, sets[-1], changes)
    assert steps.flags == NO
    for number, held in enumerate(sets):
        last = max(place for place, since in enumerate(steps.at_ms) if since <= 100 + number)
        assert (steps.value[last] or frozenset()) == held


def test_every_combination_of_flags_has_its_words() -> None:
    assert FLAG_NAMES[0] == ""
    assert FLAG_NAMES[5] == "history_mismatch history_incomplete"
    assert FLAG_NAMES[31].split() == [
        *("history_mismatch", "history_gap", "history_incomplete", "unknown_start", "before_creation")
    ]
