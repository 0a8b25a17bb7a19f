"""Clocks follow histories, calendars and rules; what was shown before stays readable."""

from typing import Any

import pytest
from django.utils import timezone

from sojourn.calendars import store as calendars
from sojourn.core.sla.clock import State, Verdict
from sojourn.errors import UserError
from sojourn.history.models import Issue
from sojourn.history.write import Writer
from sojourn.jobs import queue
from sojourn.jobs.models import State as JobState
from sojourn.sla.background import ask
from sojourn.sla.clocks import write
from sojourn.sla.models import Clock, Definition, Happening, Revision
from sojourn.sla.packed import clocks_of
from sojourn.sla.recount import on_issue_written, renew
from tests.builders import change, issue, store
from tests.core.calendar_help import HOUR
from tests.jobs.working import Clock as JobClock
from tests.jobs.working import seen, work
from tests.sla.defining import BORN, OFFICE, define, entered, policy, publish, save_office, text

pytestmark = pytest.mark.django_db


def done_after(hours: int, key: str = "ABC-1") -> dict[str, Any]:
    updated = {"updated": text(BORN + hours * HOUR)}
    return issue(key, "Done", change(text(BORN + hours * HOUR), "status", "Open", "Done"), **updated)


def shown() -> dict[str, tuple[State, Verdict]]:
    return {row.issue.key: (row.state, row.verdict) for row in Clock.objects.select_related("issue")}


def test_a_work_item_that_is_written_has_its_clocks_counted() -> None:
    define(policy())
    store(issue("ABC-1", updated=text(BORN)), done_after(3, "ABC-2"))
    assert shown() == {"ABC-1": (State.RUNNING, Verdict.EXCEED), "ABC-2": (State.FINISHED, Verdict.SUCCESS)}
    store(done_after(9))
    assert shown()["ABC-1"] == (State.FINISHED, Verdict.EXCEED)
    assert not Revision.objects.exists()


def test_a_work_item_that_is_gone_has_no_clocks_until_it_is_back() -> None:
    define(policy())
    store(done_after(3))
    Writer("Test").remove([Issue.objects.get().jira_id])
    assert not Clock.objects.exists()
    store(done_after(3))
    assert shown() == {"ABC-1": (State.FINISHED, Verdict.SUCCESS)}


def test_a_definition_that_cannot_be_counted_keeps_no_history_from_being_stored() -> None:
    broken, good = define(policy(calendar="nowhere"), "Broken"), define(policy(), "Good")
    store(done_after(3))
    assert Clock.objects.get().definition == good
    broken.refresh_from_db()
    assert "There is no calendar 'nowhere'" in broken.problem


def test_without_definitions_in_force_nothing_is_asked_of_the_store(django_assert_num_queries: Any) -> None:
    Definition.objects.create(name="Draft")
    define(policy(), published_ms=1)
    Definition.objects.update(removed_ms=2)
    with django_assert_num_queries(1):
        on_issue_written([1, 2, 3])
    assert not Clock.objects.exists()


def test_what_is_shown_otherwise_is_kept_as_it_was() -> None:
    store(done_after(3), done_after(9, "ABC-2"), issue("ABC-3"))
    definition, as_of = define(policy()), BORN + 4 * HOUR
    write(Issue.objects.all(), [definition], BORN + 10 * HOUR)
    before = Clock.objects.get(issue__key="ABC-1")
    publish(definition, policy("2h"), "all", as_of)
    told = renew(Issue.objects.all(), definition, BORN + 11 * HOUR, "two hours it is")
    assert (told.looked_at, told.changed, str(told)) == (3, 3, "1 verdict changes: SUCCESS → EXCEED 1")
    kept = Revision.objects.get(issue__key="ABC-1")
    assert (kept.why, kept.counted_ms, kept.replaced_ms) == ("two hours it is", BORN + 10 * HOUR, BORN + 11 * HOUR)
    assert kept.version == before.version
    assert clocks_of(kept.clocks, kept.calendars) == clocks_of(before.clocks, before.calendars)
    assert clocks_of(kept.clocks, kept.calendars)[0].verdict == Verdict.SUCCESS
    again = renew(Issue.objects.all(), definition, BORN + 12 * HOUR, "again")
    assert (again.changed, str(again), Revision.objects.count()) == (0, "0 verdicts change", 3)


def test_a_recount_tells_nothing_again() -> None:
    store(issue("ABC-1"))
    definition = define(policy())
    renew(Issue.objects.all(), definition, BORN + 9 * HOUR, "asked for")
    assert not Happening.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_definition_is_counted_in_the_background_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sojourn.sla.background.STEP", 2)
    store(*(done_after(number, f"ABC-{number}") for number in range(1, 6)))
    definition, clock = define(policy("3h")), JobClock()
    clock.pass_by(days=9)
    after = define(policy(start={"event": f"sla:{definition.pk}", "kinds": ["stopped"]}, stop=entered("1")), "After")
    job = ask(definition, "published", now=clock(), by="ann")
    assert ask(definition, "published", now=clock(), by="ann").pk == job.pk
    assert work(clock) == 2
    done = seen(job)
    assert (done.state, done.done, done.total) == (JobState.FINISHED, 5, 5)
    assert done.line == "5 verdicts change: none → EXCEED 2, none → SUCCESS 3"
    assert Clock.objects.filter(definition=definition).count() == 5
    assert Clock.objects.filter(definition=after).count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_recount_that_is_cancelled_keeps_its_steps_and_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sojourn.sla.background.STEP", 2)
    store(*(done_after(number, f"ABC-{number}") for number in range(1, 6)))
    definition, clock = define(policy("3h")), JobClock()
    clock.pass_by(days=9)
    job = ask(definition, "published", now=clock(), by="ann")
    counted = renew

    def cancelling(*given: Any) -> Any:
        found = counted(*given)
        queue.cancel(job.pk, clock(), "bob")
        return found

    monkeypatch.setattr("sojourn.sla.background.renew", cancelling)
    work(clock)
    assert (seen(job).state, seen(job).done, Clock.objects.count()) == (JobState.CANCELLED, 2, 2)
    monkeypatch.setattr("sojourn.sla.background.renew", counted)
    queue.retry(job.pk, clock(), "bob")
    work(clock)
    assert (seen(job).state, seen(job).done, Clock.objects.count()) == (JobState.FINISHED, 5, 5)
    assert seen(job).line == "5 verdicts change: none → EXCEED 2, none → SUCCESS 3"


@pytest.mark.django_db(transaction=True)
def test_a_recount_of_what_is_not_in_force_any_more_ends() -> None:
    definition, clock = define(policy()), JobClock()
    job = ask(definition, "published", now=clock(), by="ann")
    Definition.objects.update(enabled=False)
    assert work(clock) == 1
    assert seen(job).state == JobState.FINISHED


@pytest.mark.django_db(transaction=True)
def test_a_calendar_that_is_saved_has_the_open_clocks_counted_anew() -> None:
    save_office()
    define(policy("8h", "office"), "Office")
    define(policy(), "Other")
    store(done_after(30, "ABC-1"), issue("ABC-2"))
    before = {row.issue.key: row.deadline_ms for row in Clock.objects.filter(definition__name="Office")}
    week = {day: [["09:00", "13:00"]] for day in ("mon", "tue", "wed")}
    calendars.save({**OFFICE, "week": week}, now=timezone.now(), replace=True)
    clock = JobClock()
    clock.now = timezone.now()
    assert work(clock) == 1
    after = {row.issue.key: row.deadline_ms for row in Clock.objects.filter(definition__name="Office")}
    assert after["ABC-1"] == before["ABC-1"]
    assert after["ABC-2"] > before["ABC-2"]
    assert Revision.objects.get().why == "the calendar office was changed"


def test_a_calendar_in_use_is_not_removed() -> None:
    save_office()
    definition = define(policy("8h", "office"))
    with pytest.raises(UserError, match=f"used by the SLA {definition.pk} Resolution"):
        calendars.remove("office")
    Definition.objects.update(removed_ms=1)
    calendars.remove("office")
