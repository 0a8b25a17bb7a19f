"""The cycles of a work item with all that happened to each; by hand."""

import pytest

from sojourn.history.models import Issue
from sojourn.sla import by_hand, definitions
from sojourn.sla.clocks import write
from sojourn.sla.models import AppliesTo, Definition
from sojourn.sla.past import PastCycle, cycles_of
from tests.builders import change, issue, store
from tests.sla.help import ANN, DONE, GOAL, HOUR, MON, draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
STARTS = {"any": [{"created": True}, {"field": "status", "left": ["5"]}]}


@pytest.fixture
def definition() -> Definition:
    """Two cycles: from 09:00 to 12:00 with a pause from 10:00 to 11:00, and from 13:00 on."""
    moves = [
        ("10:00", "Open", "Waiting"),
        ("11:00", "Waiting", "In progress"),
        ("12:00", "In progress", "Done"),
        ("13:00", "Done", "Open"),
    ]
    histories = [change(f"2024-01-01T{at}:00.000+0000", "status", old, new) for at, old, new in moves]
    store(issue("ABC-9", "Open", *histories))
    paused = {"field": "status", "is": ["4"]}
    made = definitions.create(draft(start=STARTS, pause=paused, stop=DONE, goals=[GOAL | {"duration": "90m"}]), ANN)
    definitions.publish(made.definition_id, 1, AppliesTo.ALL, ANN)
    return definitions.find(made.definition_id)


def told(cycles: list[PastCycle]) -> list[list[tuple[str, float, str | None]]]:
    """Kind, hour and person of each event."""
    return [[(event.kind, 9 + (event.at_ms - MON) / HOUR, event.who) for event in one.events] for one in cycles]


def test_each_cycle_has_its_own_clock_and_events(definition: Definition) -> None:
    first, second = cycles_of(Issue.objects.get(key="ABC-9"), definition, MON + 5 * HOUR)
    assert told([first, second]) == [
        [
            ("start", 9, None),
            ("pause", 10, "Ann"),
            ("resume", 11, "Ann"),
            ("critical", 11.2, None),
            ("breach", 11.5, None),
            ("stop", 12, "Ann"),
        ],
        [("start", 13, "Ann")],
    ]
    assert [event.why for event in first.events] == [
        "created",
        "status is Waiting",
        "not any more: status is Waiting",
        "",
        "",
        "status entered Done",
    ]
    assert (first.start_ms, first.end_ms) == (MON, MON + 3 * HOUR)
    assert first.clock is not None
    assert (first.clock.verdict.name, first.clock.working.elapsed) == ("EXCEED", 2 * HOUR)
    assert second.clock is not None
    assert (second.end_ms, second.clock.verdict.name, second.clock.working.elapsed) == (None, "STILL", HOUR)


def test_what_a_reset_made_void_says_who_and_why(definition: Definition) -> None:
    item = Issue.objects.get(key="ABC-9")
    write(Issue.objects.order_by("pk"), [definition], MON + 5 * HOUR)
    by_hand.reset(item, definition, now_ms=MON + 5 * HOUR, who="bob", why="a mistake")
    *_, void, again = cycles_of(item, definition, MON + 6 * HOUR)
    assert (void.clock, void.end_ms) == (None, MON + 5 * HOUR)
    assert (void.events[-1].kind, void.events[-1].who, void.events[-1].why) == ("reset", "bob", "a mistake")
    assert again.clock is not None
    assert (again.events[0].kind, again.events[0].who) == ("start", "bob")
    assert again.clock.working.elapsed == HOUR


def test_where_nothing_counts_there_are_no_cycles(definition: Definition) -> None:
    never = definitions.create(draft(start={"field": "status", "entered": ["3"]}), ANN)
    definitions.publish(never.definition_id, 1, AppliesTo.ALL, ANN)
    item = Issue.objects.get(key="ABC-2")
    assert cycles_of(item, definitions.find(never.definition_id), MON + HOUR) == []
