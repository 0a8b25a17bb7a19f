"""The events of an SLA, as a stream for others, are those that walking over each item logs."""

from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.sla import columns
from sojourn.core.sla.clock import Item
from sojourn.core.sla.happenings import happenings
from sojourn.core.sla.policy import Policy
from sojourn.core.sla.reference import replay
from tests.core.test_sla_columns import CALENDARS, batch, instants, items, many, policies

NAMES = {"start": "started", "stop": "stopped", "reset": "reset", "cancel": "cancelled"}


@many
@given(policies, st.lists(items(), min_size=1, max_size=4), instants)
def test_the_stream_is_what_walking_logs(policy: Policy, some: list[Item], as_of: int) -> None:
    given_batch = batch(some)
    clocks = columns.replay(policy, given_batch, CALENDARS, as_of)
    found = happenings(policy, given_batch, clocks, CALENDARS, as_of)
    kinds = {number: kind for kind, number in found.code.items()}
    for place, one in enumerate(some):
        begin, end = found.timelines.offsets[place : place + 2].tolist()
        own = slice(begin, end)
        told = zip(found.timelines.at[own].tolist(), found.timelines.value[own].tolist(), strict=True)
        answer = replay(policy, one, CALENDARS, as_of)
        logged = [
            (event.at_ms, NAMES[event.kind]) for cycle in answer.cycles for event in cycle.events if event.kind in NAMES
        ]
        assert {(at, kinds[number]) for at, number in told if kinds[number] != "breached"} == set(logged)
