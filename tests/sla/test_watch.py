"""What happens to a clock by itself is noticed when it is due, once, and told once."""

from datetime import UTC, datetime

import pytest

from sojourn.core.sla.clock import State, Verdict
from sojourn.history.models import Issue
from sojourn.sla.clocks import count, write
from sojourn.sla.models import Clock, Definition, Happening
from sojourn.sla.noting import note
from sojourn.sla.storing import store as keep
from sojourn.sla.watch import AGAIN_MS, watch
from sojourn.worker import LOOPS
from tests.builders import change, issue, store
from tests.core.calendar_help import HOUR, ms
from tests.jobs.working import Clock as JobClock
from tests.jobs.working import turn
from tests.sla.defining import BORN, define, policy, publish, text

pytestmark = pytest.mark.django_db

CRITICAL, LATE = BORN + 8 * HOUR * 80 // 100, BORN + 8 * HOUR


def told() -> list[tuple[str, int, int]]:
    return list(Happening.objects.order_by("pk").values_list("kind", "at_ms", "noted_ms"))


def test_a_clock_is_noticed_when_it_is_critical_and_when_it_is_late() -> None:
    store(issue("ABC-1"))
    write(Issue.objects.all(), [define(policy())], BORN + HOUR)
    assert (watch(CRITICAL - 1), told()) == (0, [])
    assert (watch(CRITICAL + 5), told()) == (1, [("critical", CRITICAL, CRITICAL + 5)])
    assert watch(LATE) == 0
    assert (watch(LATE + 9), told()[1:]) == (1, [("breached", LATE, LATE + 9)])
    assert (watch(LATE + 99 * HOUR), len(told())) == (0, 2)
    row = Clock.objects.get()
    assert (row.verdict, row.due_ms) == (Verdict.EXCEED, None)


def test_both_are_told_where_nobody_watched_meanwhile() -> None:
    store(issue("ABC-1"))
    write(Issue.objects.all(), [define(policy())], BORN + HOUR)
    long_after = LATE + 900 * HOUR
    watch(long_after)
    assert sorted(told()) == [("breached", LATE, long_after), ("critical", CRITICAL, long_after)]


def test_a_date_that_comes_starts_a_clock() -> None:
    store(issue("ABC-1", duedate="2024-01-10"))
    write(Issue.objects.all(), [define(policy(start={"field": "duedate", "reached": True}))], BORN)
    due = ms("2024-01-10T00:00")
    assert (watch(due), told()) == (1, [("started", due, due)])
    assert Clock.objects.get().state == State.RUNNING


def test_so_many_are_taken_at_once_the_longest_due_first() -> None:
    store(*(issue(f"ABC-{number}", created=text(BORN + number * HOUR)) for number in range(3)))
    write(Issue.objects.all(), [define(policy())], BORN + 3 * HOUR)
    assert watch(BORN + 99 * HOUR, most=2) == 2
    assert set(Happening.objects.values_list("issue__key", flat=True)) == {"ABC-0", "ABC-1"}
    assert watch(BORN + 99 * HOUR, most=2) == 1


def test_what_is_gone_or_switched_off_is_not_asked_again() -> None:
    store(issue("ABC-1"), issue("ABC-2"))
    write(Issue.objects.all(), [define(policy())], BORN)
    Issue.objects.filter(key="ABC-1").update(deleted_ms=0)
    assert watch(LATE + 1) == 2
    assert {row.issue.key: row.due_ms for row in Clock.objects.select_related("issue")} == {
        "ABC-1": None,
        "ABC-2": None,
    }
    write(Issue.objects.all(), list(Definition.objects.all()), BORN)
    Definition.objects.update(enabled=False)
    assert (watch(LATE + 1), Clock.objects.exclude(due_ms=None).count()) == (1, 0)


def test_a_definition_that_cannot_be_counted_is_tried_again_later() -> None:
    store(issue("ABC-1"))
    definition = define(policy())
    write(Issue.objects.all(), [definition], BORN)
    publish(definition, policy(calendar="nowhere"), "all", BORN)
    assert watch(CRITICAL) == 1
    assert Clock.objects.get().due_ms == CRITICAL + AGAIN_MS
    assert "nowhere" in Definition.objects.get().problem


def test_what_a_written_history_shows_is_told_if_it_is_news() -> None:
    definition = define(policy())
    moves = [change(text(BORN + 2 * HOUR), "status", "Open", "Done")]
    store(issue("ABC-1", "Done", *moves))
    assert told() == [], "what happened years before it was seen is no news"
    Clock.objects.all().delete()
    for as_of in (BORN + 3 * HOUR, BORN + 4 * HOUR):
        for some in count(Issue.objects.all(), [definition], as_of):
            note(some, as_of)
            keep(some, as_of)
    assert told() == [("started", BORN, BORN + 3 * HOUR), ("stopped", BORN + 2 * HOUR, BORN + 3 * HOUR)]


def test_the_worker_watches() -> None:
    store(issue("ABC-1"))
    write(Issue.objects.all(), [define(policy())], BORN)
    clock = JobClock()
    clock.now = datetime.fromtimestamp((LATE + 1) / 1000, UTC)
    loop = next(loop for loop in LOOPS if loop.name == "due clocks")
    assert loop.step(turn(clock)) is False
    assert "breached" in {kind for kind, *_ in told()}
