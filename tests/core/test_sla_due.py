"""When something happens next to a clock, and what it shows until then: the replay of the later instant."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.sla import columns
from sojourn.core.sla.advance import advanced
from sojourn.core.sla.clock import Clock, Item, State, Verdict
from sojourn.core.sla.conditions import Happened, Reached
from sojourn.core.sla.due import NEVER_DUE, due_of_clocks, due_of_items, next_of_clock, next_of_item
from sojourn.core.sla.mapped import all_leaves
from sojourn.core.sla.policy import DynamicDuration, NegotiationDate, Policy
from sojourn.core.sla.reference import replay
from tests.core.calendar_help import HOUR
from tests.core.test_sla_columns import CALENDARS, batch, in_columns, instants, items, many, policies

later = st.integers(0, 60 * HOUR) | st.integers(0, 2 * HOUR) | st.integers(0, 3)


def asked(policy: Policy, one: Item) -> Item:
    """The item as far as the policy asks for it."""
    fields = {leaf.field for leaf in all_leaves(policy) if hasattr(leaf, "field") and not isinstance(leaf, Reached)}
    streams = {leaf.stream for leaf in all_leaves(policy) if isinstance(leaf, Happened)}
    dates = {leaf.field for leaf in all_leaves(policy) if isinstance(leaf, Reached)}
    for goal in policy.goals:
        fields |= {goal.calendar_field} if goal.calendar_field else set()
        fields |= {goal.target.field} if isinstance(goal.target, DynamicDuration) else set()
        dates |= {goal.target.field} if isinstance(goal.target, NegotiationDate) else set()
    return replace(
        one,
        fields={key: some for key, some in one.fields.items() if key in fields},
        dates={key: some for key, some in one.dates.items() if key in dates},
        events={key: some for key, some in one.events.items() if key in streams},
    )


@many
@given(policies, st.lists(items(), min_size=1, max_size=4), instants)
def test_columns_say_what_is_next_as_the_plain_functions_do(policy: Policy, some: list[Item], as_of: int) -> None:
    given_batch = batch(some)
    found = due_of_clocks(policy, columns.replay(policy, given_batch, CALENDARS, as_of), CALENDARS, as_of)
    told = [next_of_clock(clock, policy, CALENDARS, as_of) for _, clock in in_columns(policy, given_batch, as_of)]
    assert [None if at == NEVER_DUE else at for at in found.tolist()] == told
    of_items = [next_of_item(policy, asked(policy, one), as_of) for one in some]
    assert [None if at == NEVER_DUE else at for at in due_of_items(policy, given_batch, as_of).tolist()] == of_items


def shows(clock: Clock) -> tuple[State, Verdict, bool]:
    return clock.state, clock.verdict, clock.critical


@many
@given(policies, items(), instants, later)
def test_a_clock_advanced_is_the_clock_replayed(policy: Policy, one: Item, as_of: int, wait: int) -> None:
    """As long as no date comes; through a warning and a breach, too."""
    item = asked(policy, one)
    next_ms = next_of_item(policy, item, as_of)
    until = as_of + wait if next_ms is None else min(as_of + wait, next_ms - 1)
    before = replay(policy, item, CALENDARS, as_of)
    after = replay(policy, item, CALENDARS, until)
    assert [advanced(clock, policy, CALENDARS, as_of, until) for clock in before.clocks] == list(after.clocks)


@many
@given(policies, items(), instants)
def test_a_clock_is_due_when_it_next_becomes_critical_or_late(policy: Policy, one: Item, as_of: int) -> None:
    for clock in replay(policy, one, CALENDARS, as_of).clocks:
        due = next_of_clock(clock, policy, CALENDARS, as_of)
        if due is None:
            much_later = advanced(clock, policy, CALENDARS, as_of, as_of + 9_999 * HOUR)
            assert clock.state == State.FINISHED or shows(much_later) == shows(clock)
            continue
        assert due > as_of
        assert shows(advanced(clock, policy, CALENDARS, as_of, due - 1)) == shows(clock)
        assert shows(advanced(clock, policy, CALENDARS, as_of, due)) != shows(clock)


@many
@given(policies, items(), st.lists(instants, min_size=3, max_size=3, unique=True))
def test_to_advance_twice_is_to_advance_once(policy: Policy, one: Item, some: list[int]) -> None:
    first, second, third = sorted(some)
    for clock in replay(policy, one, CALENDARS, first).clocks:
        shown = clock
        for before, after in pairwise((first, second, third)):
            shown = advanced(shown, policy, CALENDARS, before, after)
        assert shown == advanced(clock, policy, CALENDARS, first, third)
