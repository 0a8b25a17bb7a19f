"""Resets and extensions made by hand: kept with who, when and why, counted at once, and undone."""

import pytest

from sojourn.core.sla.clock import State
from sojourn.errors import Refused, UserError
from sojourn.history.models import Issue
from sojourn.sla.by_hand import extend, reset, undo
from sojourn.sla.clocks import Face, show, write
from sojourn.sla.models import Change, Definition, Happening, Revision
from tests.builders import change, issue, store
from tests.core.calendar_help import HOUR
from tests.sla.defining import BORN, define, policy, text

pytestmark = pytest.mark.django_db


def open_one() -> tuple[Issue, Definition]:
    store(issue("ABC-1"))
    definition = define(policy())
    write(Issue.objects.all(), [definition], BORN + HOUR)
    return Issue.objects.get(), definition


def face(one: Issue, definition: Definition, hours: int) -> Face:
    found = show(one, definition, BORN + hours * HOUR)
    assert found is not None
    return found


def test_a_reset_begins_anew_at_its_instant_and_undone_it_never_was() -> None:
    one, definition = open_one()
    made = reset(one, definition, now_ms=BORN + 5 * HOUR, at_ms=BORN + 3 * HOUR, who="ann", why="called back")
    assert face(one, definition, 6).clocks[0].start_ms == BORN + 3 * HOUR
    undo(made, now_ms=BORN + 7 * HOUR, who="bob", why="a mistake")
    assert face(one, definition, 8).clocks[0].start_ms == BORN
    assert face(one, definition, 6).clocks[0].start_ms == BORN + 3 * HOUR, "as it was live"
    logged = Change.objects.order_by("pk").values_list("what", "who", "reason", "after__kind")
    assert list(logged) == [("reset", "ann", "called back", "restart"), ("reset undone", "bob", "a mistake", None)]
    assert [one.why for one in Revision.objects.order_by("pk")] == ["reset by ann", "reset undone by bob"]
    assert list(Happening.objects.values_list("kind", "at_ms")) == [("reset", BORN + 3 * HOUR)]
    with pytest.raises(UserError, match="was undone already"):
        undo(made, now_ms=BORN + 9 * HOUR, who="bob")


def test_two_resets_for_one_instant_are_kept_and_told_once() -> None:
    one, definition = open_one()
    for hours in (4, 5):
        reset(one, definition, now_ms=BORN + hours * HOUR, at_ms=BORN + 3 * HOUR, who="ann", why="")
    assert face(one, definition, 6).clocks[0].start_ms == BORN + 3 * HOUR
    assert (Change.objects.count(), Happening.objects.count()) == (2, 1)


def test_an_extension_moves_the_deadline_and_takes_back_a_breach_of_an_open_clock() -> None:
    one, definition = open_one()
    made = extend(one, definition, 4 * HOUR, now_ms=BORN + 9 * HOUR, who="ann", why="agreed")
    clock = face(one, definition, 10).clocks[0]
    assert (clock.deadline_ms, clock.verdict.name) == (BORN + 12 * HOUR, "STILL")
    extend(one, definition, 2 * HOUR, now_ms=BORN + 11 * HOUR, who="ann", why="again", from_now=True)
    assert face(one, definition, 11).clocks[0].deadline_ms == BORN + 13 * HOUR
    undo(made, now_ms=BORN + 12 * HOUR, who="ann")
    assert face(one, definition, 12).clocks[0].deadline_ms == BORN + 13 * HOUR
    told = Change.objects.order_by("pk").values_list("what", "before__deadline_ms", "after__deadline_ms")
    assert list(told)[:2] == [
        ("extension", BORN + 8 * HOUR, BORN + 12 * HOUR),
        ("extension", BORN + 12 * HOUR, BORN + 13 * HOUR),
    ]


def test_a_reset_of_a_legacy_definition_restarts_what_is_finished() -> None:
    store(issue("ABC-1", "Done", change(text(BORN + HOUR), "status", "Open", "Done")))
    one, definition = Issue.objects.get(), define(policy())
    write(Issue.objects.all(), [definition], BORN + 2 * HOUR)
    reset(one, definition, now_ms=BORN + 3 * HOUR, who="ann", why="")
    assert face(one, definition, 4).state == State.FINISHED
    definition.versions.update(legacy={})
    definition.refresh_from_db()
    reset(one, definition, now_ms=BORN + 5 * HOUR, who="ann", why="")
    assert face(one, definition, 6).clocks[0].start_ms == BORN + 5 * HOUR


def test_what_makes_no_sense_is_refused() -> None:
    one, definition = open_one()
    who = {"who": "ann", "why": ""}
    with pytest.raises(Refused, match="from the creation of ABC-1 until now"):
        reset(one, definition, now_ms=BORN + HOUR, at_ms=BORN + 2 * HOUR, **who)
    with pytest.raises(Refused, match="restarts or invalidates"):
        reset(one, definition, now_ms=BORN + HOUR, kind="again", **who)
    with pytest.raises(Refused, match="a time above 0"):
        extend(one, definition, 0, now_ms=BORN + HOUR, **who)
    Issue.objects.update(deleted_ms=0)
    with pytest.raises(UserError, match="has no open clock on ABC-1"):
        extend(one, definition, HOUR, now_ms=BORN, **who)
    Definition.objects.update(enabled=False)
    with pytest.raises(UserError, match="switched off"):
        reset(one, definition, now_ms=BORN + HOUR, **who)
    assert not Change.objects.exists()
