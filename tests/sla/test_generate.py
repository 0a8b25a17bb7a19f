"""Counting all cycles of a work item, also those that were over before a definition was published."""

import pytest

from sojourn.history.models import Issue
from sojourn.sla import definitions
from sojourn.sla.clocks import write
from sojourn.sla.definitions import By
from sojourn.sla.generate import generate
from sojourn.sla.models import AppliesTo, Change, Clock, Definition, Generation
from tests.builders import change, issue, store
from tests.sla.help import GOAL, HOUR, MON, draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
LATER = MON + 24 * HOUR
"""ABC-1 was done at 12:00 the day before."""


@pytest.fixture
def definition() -> Definition:
    made = definitions.create(draft(), By("ann", LATER))
    definitions.publish(made.definition_id, 1, AppliesTo.OPEN, By("ann", LATER))
    return definitions.find(made.definition_id)


def goals(key: str) -> list[str]:
    """How long the goals of the stored clocks of a work item are."""
    return [row.version.policy["goals"][0]["duration"] for row in Clock.objects.filter(issue__key=key)]


def test_what_was_over_is_counted_when_it_is_asked_for_and_stays(definition: Definition) -> None:
    everything = Issue.objects.order_by("pk")
    write(everything, [definition], LATER)
    assert (goals("ABC-1"), goals("ABC-2")) == ([], ["4h"])
    generate(Issue.objects.get(key="ABC-1"), definition, now_ms=LATER + 1, who="bob", why="asked")
    assert goals("ABC-1") == ["4h"]
    write(everything, [definition], LATER + HOUR)
    assert goals("ABC-1") == ["4h"]
    log = Change.objects.latest("pk")
    assert (log.what, log.who, log.reason, log.issue and log.issue.key) == ("generated", "bob", "asked", "ABC-1")


def test_what_is_published_later_says_itself_what_it_is_for(definition: Definition) -> None:
    item = Issue.objects.get(key="ABC-1")
    generate(item, definition, now_ms=LATER + 1, who="bob", why="")
    later = draft(goals=[GOAL | {"duration": "8h"}])
    definitions.save(definition.pk, later, By("ann", LATER + HOUR))
    definitions.publish(definition.pk, 2, AppliesTo.NEW, By("ann", LATER + HOUR))
    write(Issue.objects.order_by("pk"), [definitions.find(definition.pk)], LATER + 2 * HOUR)
    assert goals("ABC-1") == ["4h"]
    generate(item, definitions.find(definition.pk), now_ms=LATER + 3 * HOUR, who="bob", why="")
    assert goals("ABC-1") == ["8h"]
    assert Generation.objects.count() == 1


def test_others_are_left_alone(definition: Definition) -> None:
    moved = change("2024-01-01T10:00:00.000+0000", "status", "Open", "Done")
    store(issue("ABC-3", "Done", moved))
    generate(Issue.objects.get(key="ABC-1"), definition, now_ms=LATER + 1, who="bob", why="")
    write(Issue.objects.order_by("pk"), [definition], LATER + HOUR)
    assert (goals("ABC-1"), goals("ABC-3")) == (["4h"], [])
