"""Policies as JSON: what is written is read as the same policy, and written the same again."""

from typing import Any as Anything

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.sla.conditions import All, Any, Changed, Condition, Created, Entered, Happened, Is, Left, Reached
from sojourn.core.sla.parse import read_policy
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
from sojourn.core.sla.write import write_policy

WORDS = st.text("abc_1", min_size=1, max_size=4)
IDS = st.frozensets(st.none() | st.sampled_from(["1", "5", "10", "10001", "é"]), min_size=1)
TEXTS = st.text(max_size=8)
LASTING: st.SearchStrategy[Condition] = st.builds(Is, WORDS, IDS, st.booleans()) | st.builds(Reached, WORDS)
MOMENTS: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Entered, WORDS, IDS),
    st.builds(Left, WORDS, IDS),
    st.builds(Changed, WORDS, st.none() | IDS, st.none() | IDS),
    st.just(Created()),
    st.builds(Happened, WORDS, st.frozensets(WORDS, min_size=1)),
)


def trees(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    def grown(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        groups = st.lists(parts, max_size=3).map(tuple)
        return st.builds(Any, groups) | st.builds(All, groups.filter(bool))

    return st.recursive(leaves, grown, max_leaves=5)


TARGETS = st.one_of(
    st.builds(Duration, st.sampled_from(["4h", "1d 2h", "PT8H", "08:30"])),
    st.builds(DynamicDuration, WORDS, st.sampled_from(["w", "d", "h", "m", "s", "ms"])),
    st.builds(
        NegotiationDate, WORDS, st.none() | st.just(BUSINESS_END) | st.integers(0, 86_400).map(lambda s: s * 1000)
    ),
    st.builds(NextBusinessDay, st.integers(0, 10_000)),
    st.just(NoTarget()),
)
GOALS = st.lists(st.builds(Goal, TARGETS, WORDS, TEXTS, TEXTS, st.none() | WORDS), min_size=1, max_size=3).map(tuple)
ANY = trees(LASTING | MOMENTS)
POLICIES = st.builds(
    Policy,
    start=ANY,
    stop=ANY,
    goals=GOALS,
    pause=trees(LASTING),
    reset=ANY,
    cancel=ANY,
    scope=TEXTS,
    cycles=st.sampled_from(["all", "first", "last", "span", "each"]),
    reset_kind=st.sampled_from(["restart", "invalidate"]),
    reset_finished=st.sampled_from(["nothing", "restart", "invalidate"]),
    critical_percent=st.integers(0, 100),
)


@given(POLICIES)
def test_what_is_written_is_read_as_the_same_policy(policy: Policy) -> None:
    assert read_policy(write_policy(policy)) == policy


@pytest.mark.parametrize(
    ("given_form", "written"),
    [
        ({"field": "status", "is": ["10001", "5", None, "10"]}, {"field": "status", "is": ["5", "10", "10001", None]}),
        ({"field": "resolution", "is": [None]}, {"field": "resolution", "is_empty": True}),
        ({"field": "resolution", "is_not": [None]}, {"field": "resolution", "is_empty": False}),
        ({"event": "comment", "kinds": ["b", "a"]}, {"event": "comment", "kinds": ["a", "b"]}),
    ],
)
def test_a_condition_has_one_form(given_form: dict[str, Anything], written: dict[str, Anything]) -> None:
    goal = {"calendar": "7x24", "no_target": True}
    made = write_policy(read_policy({"start": given_form, "stop": {"created": True}, "goals": [goal]}))
    assert made["start"] == written


def test_what_has_its_default_is_left_out() -> None:
    given_form: dict[str, Anything] = {
        "goals": [{"duration": "4h", "calendar": "7x24", "name": "", "jql": "", "calendar_field": None}],
        "critical_percent": 80,
        "cycles": "all",
        "reset_kind": "restart",
        "reset_finished": "nothing",
        "stop": {"field": "status", "entered": ["5"]},
        "start": {"created": True},
        "pause": {"any": []},
        "reset": {"any": []},
        "cancel": {"any": []},
        "scope": "",
    }
    made = write_policy(read_policy(given_form))
    assert made == {
        "start": {"created": True},
        "stop": {"field": "status", "entered": ["5"]},
        "goals": [{"calendar": "7x24", "duration": "4h"}],
    }
    assert list(made) == ["start", "stop", "goals"]
