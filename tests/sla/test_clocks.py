"""Clocks as they are counted, stored and shown: what a replay of that instant says."""

from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sojourn.core.sla.batch import NO_GOAL
from sojourn.core.sla.clock import State, Verdict
from sojourn.core.sla.reference import replay
from sojourn.errors import Refused
from sojourn.history.models import Issue, Site
from sojourn.sla import models
from sojourn.sla.clocks import show, shown, write
from sojourn.sla.gather import gathered
from sojourn.sla.models import Clock
from sojourn.sla.resolve import resolved
from sojourn.sla.rules import rule
from tests.builders import change, issue, store
from tests.core.calendar_help import HOUR, ms
from tests.jql.evaluated_history import ms as ms_of
from tests.sla.defining import BORN, counted, define, entered, policy, publish, save_office, text, thrown

pytestmark = pytest.mark.django_db

rarely = settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
POLICIES: list[dict[str, Any]] = [
    policy(),
    policy("6h", "office", cycles="each", start=entered("1", "3")),
    policy("12h", "office", cycles="last", start={"field": "status", "is": ["1", "3"]}, stop=entered("5", "4")),
    policy(scope="status != Waiting", goals=[{"calendar": "office", "next_business_day": 1, "jql": "status = Open"}]),
    policy(goals=[{"calendar": "office", "no_target": True}], cycles="span", start=entered("3"), critical_percent=50),
]


def faces(as_of_ms: int) -> dict[str, list[Any]]:
    rows = Clock.objects.select_related("version", "definition").order_by("issue")
    keys = dict(Issue.objects.values_list("pk", "key"))
    return {keys[one.issue_id]: list(one.clocks) for one in shown(rows, as_of_ms) if one.clocks}


@given(seed=st.integers(0, 2**64))
@rarely
def test_the_store_shows_what_is_counted_and_what_walking_says(seed: int) -> None:
    dice = Random(seed)
    with transaction.atomic():
        save_office()
        store(*(thrown(dice, f"ABC-{number}") for number in range(1, 6)))
        as_of = BORN + dice.randint(0, 120) * HOUR // 2
        definition = define(dice.choice(POLICIES))
        write(Issue.objects.all(), [definition], as_of)
        told = counted(definition, as_of)
        assert faces(as_of) == told
        own = rule(definition.published)
        site = Site.objects.get()
        ready = resolved(own.policy, site, as_of)
        for some in gathered(Issue.objects.all(), site, {1: ready}, as_of):
            batch = some.batch(1, ready, {})
            for place, key in enumerate(Issue.objects.order_by("pk").values_list("key", flat=True)):
                walked = replay(ready.policy, batch.item(place), own.calendars, as_of)
                assert told.get(key, []) == list(walked.clocks)
        transaction.set_rollback(True)


@given(seed=st.integers(0, 2**64))
@rarely
def test_what_is_stored_tells_every_later_instant_and_the_past_is_replayed(seed: int) -> None:
    dice = Random(seed)
    with transaction.atomic():
        save_office()
        store(*(thrown(dice, f"ABC-{number}") for number in range(1, 6)))
        definition = define(dice.choice(POLICIES))
        last = BORN + 400 * HOUR
        write(Issue.objects.all(), [definition], last)
        later = last + dice.choice([0, 1, 30 * HOUR, 300 * HOUR])
        assert faces(later) == counted(definition, later)
        before = BORN + dice.randint(0, 120) * HOUR // 2
        then = counted(definition, before)
        for one in Issue.objects.all():
            face = show(one, definition, before)
            assert (list(face.clocks) if face else []) == then.get(one.key, [])
        transaction.set_rollback(True)


def known(item: dict[str, Any], at_ms: int) -> dict[str, Any]:
    """The work item as its Jira told it at an instant."""
    moves = [one for one in item["changelog"]["histories"] if ms_of(one["created"]) <= at_ms]
    now = moves[-1]["items"][0]["toString"] if moves else "Open"
    return issue(item["key"], now, *moves, created=item["fields"]["created"], updated=text(at_ms))


@given(seed=st.integers(0, 2**64))
@rarely
def test_a_replay_of_the_past_is_what_was_live_then(seed: int) -> None:
    dice = Random(seed)
    with transaction.atomic():
        save_office()
        items = [thrown(dice, f"ABC-{number}") for number in range(1, 5)]
        at_ms = BORN + dice.randint(40, 160) * HOUR // 2
        there = [known(one, at_ms) for one in items if ms_of(one["fields"]["created"]) <= at_ms]
        store(*there)
        definition = define(dice.choice(POLICIES))
        write(Issue.objects.all(), [definition], at_ms)
        live = faces(at_ms)
        store(*({**one, "fields": {**one["fields"], "updated": text(at_ms + 1)}} for one in items))
        replayed = {one.key: show(one, definition, at_ms) for one in Issue.objects.all()}
        assert {key: list(face.clocks) for key, face in replayed.items() if face} == live
        transaction.set_rollback(True)


def test_a_clock_that_was_stored_twice_is_stored_once_and_one_that_is_none_any_more_is_not() -> None:
    store(issue("ABC-1", "Done", change("2024-01-01T12:00:00.000+0000", "status", "Open", "Done")), issue("ABC-2"))
    definition = define(policy())
    assert write(Issue.objects.all(), [definition], BORN + HOUR) == 2
    assert write(Issue.objects.all(), [definition], BORN + 5 * HOUR) == 2
    row = Clock.objects.get(issue__key="ABC-1")
    assert (row.state, row.verdict, row.start_ms, row.end_ms) == (
        State.FINISHED,
        Verdict.SUCCESS,
        BORN,
        BORN + 3 * HOUR,
    )
    assert (row.deadline_ms, row.due_ms, row.counted_ms) == (BORN + 8 * HOUR, None, BORN + 5 * HOUR)
    open_row = Clock.objects.get(issue__key="ABC-2")
    assert (open_row.end_ms, open_row.due_ms) == (None, BORN + 8 * HOUR * 80 // 100)
    publish(definition, policy(scope="status = Done"), "all", 1)
    definition.refresh_from_db()
    write(Issue.objects.all(), [definition], BORN + 6 * HOUR)
    assert not Clock.objects.exists()


def test_a_long_count_is_written_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    store(*(issue(f"ABC-{number}") for number in range(5)), issue("XYZ-1"))
    monkeypatch.setattr("sojourn.sla.storing.STEP", 2)
    definition = define(policy())
    for few in (1, 200):  # on PostgreSQL many rows are written by another way
        monkeypatch.setattr("sojourn.sla.storing._FEW", few)
        assert write(Issue.objects.filter(key__startswith="ABC").order_by("-key"), [definition], BORN + few) == 5
        assert Clock.objects.filter(issue__key__startswith="ABC", counted_ms=BORN + few).count() == 5
        assert faces(BORN + HOUR).keys() >= counted(definition, BORN + HOUR).keys() - {"XYZ-1"}


def test_a_date_that_starts_a_clock_is_awaited_in_the_store() -> None:
    store(issue("ABC-1", duedate="2024-01-10"), issue("ABC-2"))
    definition = define(policy(start={"field": "duedate", "reached": True}))
    write(Issue.objects.all(), [definition], BORN)
    row = Clock.objects.select_related("version", "definition").get()
    due = ms("2024-01-10T00:00")
    assert (row.state, row.goal, row.start_ms, row.due_ms) == (State.NOT_STARTED, NO_GOAL, None, due)
    one = Issue.objects.get(key="ABC-1")
    assert show(one, definition, due - 1) is None
    face = show(one, definition, due + HOUR)
    assert face is not None
    assert (face.is_replayed, face.state, face.clocks[0].working.elapsed) == (True, State.RUNNING, HOUR)


def test_a_version_decides_for_the_cycles_it_was_published_for() -> None:
    at = [BORN + hours * HOUR for hours in (0, 2, 20, 30)]
    done = issue("ABC-1", "Done", change(text(at[1]), "status", "Open", "Done"))
    store(done, issue("ABC-2"), issue("ABC-3", created=text(at[3])))
    for applies_to, goals in (("new", ["8h", "8h", "1h"]), ("open", ["8h", "1h", "1h"]), ("all", ["1h", "1h", "1h"])):
        definition = define(policy())
        publish(definition, policy("1h"), applies_to, at[2])
        told = counted(definition, at[3] + HOUR)
        assert [told[f"ABC-{number}"][0].goal_ms for number in (1, 2, 3)] == [int(goal[0]) * HOUR for goal in goals]


def test_a_first_version_for_new_cycles_says_nothing_of_older_ones() -> None:
    later = BORN + 10 * HOUR
    store(issue("ABC-1"), issue("ABC-2", created=text(later)))
    assert list(counted(define(policy(), applies_to="new", published_ms=later), later)) == ["ABC-2"]


def test_the_past_is_shown_under_the_rules_of_now_or_of_then() -> None:
    store(issue("ABC-1"))
    definition = define(policy(), published_ms=BORN)
    publish(definition, policy("1h"), "all", BORN + 10 * HOUR)
    write(Issue.objects.all(), [definition], BORN + 20 * HOUR)
    one = Issue.objects.get()
    now, then = (show(one, definition, BORN + HOUR, by_rules_of_then=choice) for choice in (False, True))
    assert now is not None
    assert then is not None
    assert (now.clocks[0].goal_ms, then.clocks[0].goal_ms) == (HOUR, 8 * HOUR)


def test_what_people_did_is_counted_as_it_was_known_then() -> None:
    store(issue("ABC-1"))
    definition, one = define(policy()), Issue.objects.get()
    by_hand = {"issue": one, "definition": definition, "who": "ann", "why": "agreed"}
    models.Reset.objects.create(at_ms=BORN + HOUR, made_ms=BORN + 2 * HOUR, undone_ms=BORN + 4 * HOUR, **by_hand)
    models.Extension.objects.create(by_ms=HOUR, made_ms=BORN + 6 * HOUR, **by_hand)
    told = [counted(definition, BORN + hours * HOUR)["ABC-1"][0] for hours in (1, 3, 5, 7)]
    assert [clock.start_ms - BORN for clock in told] == [0, HOUR, 0, 0]
    assert [clock.deadline_ms - BORN for clock in told] == [hours * HOUR for hours in (8, 9, 8, 9)]


def test_an_sla_listens_to_another() -> None:
    moves = [change(text(BORN + 2 * HOUR), "status", "Open", "In progress")]
    store(issue("ABC-1", "In progress", *moves), issue("ABC-2"))
    response = define(policy("3h", stop=entered("3")), "Response")
    work = {"event": f"sla:{response.pk}", "kinds": ["stopped"]}
    after = define(policy(start=work, stop=entered("5")), "Work")
    breached = {"event": f"sla:{response.pk}", "kinds": ["breached"]}
    late = define(policy(start=breached, stop=entered("5")), "Escalation")
    as_of = BORN + 5 * HOUR
    assert {key: one[0].start_ms for key, one in counted(after, as_of).items()} == {"ABC-1": BORN + 2 * HOUR}
    assert {key: one[0].start_ms for key, one in counted(late, as_of).items()} == {"ABC-2": BORN + 3 * HOUR}


def test_slas_that_listen_to_each_other_are_refused() -> None:
    store(issue("ABC-1"))
    one = define(policy(), "One")
    other = define(policy(start={"event": f"sla:{one.pk}", "kinds": ["stopped"]}), "Other")
    publish(one, policy(start={"event": f"sla:{other.pk}", "kinds": ["stopped"]}), "all", 1)
    with pytest.raises(Refused, match="in a circle: sla:"):
        counted(one, BORN)


def test_a_stream_that_is_none_and_a_calendar_that_is_not_there_are_named() -> None:
    store(issue("ABC-1"))
    with pytest.raises(Refused, match="comment, or sla:"):
        counted(define(policy(start={"event": "worklog", "kinds": ["added"]})), BORN)
    with pytest.raises(Refused, match=r"goals\[0\].calendar: There is no calendar 'nowhere'"):
        counted(define(policy(calendar="nowhere")), BORN)
