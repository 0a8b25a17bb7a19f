"""What policies are replayed on is what the store knows of each work item, at each instant."""

from typing import Any

import pytest

from sojourn.core.sla.clock import Item
from sojourn.core.sla.parse import read_policy
from sojourn.errors import Refused
from sojourn.history.models import Issue, Site
from sojourn.history.write import GONE_MS
from sojourn.jira.importer import Importer
from sojourn.jira.payload import Reader
from sojourn.jql import JqlError
from sojourn.sla.gather import gathered
from sojourn.sla.resolve import resolved
from tests.builders import change, issue
from tests.core.calendar_help import ms

pytestmark = pytest.mark.django_db

AS_OF = ms("2024-03-01T00:00")
BORN = ms("2024-01-01T09:00")
LATER = "2024-01-02T09:00:00.000+0000"
LATER_MS = ms("2024-01-02T09:00")
ANN, BOB = ({"accountId": key, "displayName": key.title()} for key in ("ann", "bob"))
NO_TARGET = [{"calendar": "7x24", "no_target": True}]


def store(*items: dict[str, Any], tracked: tuple[str, ...] = ()) -> None:
    outcome = Importer(Reader(tracked), site="Test").import_values("test", iter(items))
    assert not outcome.problems


def policy(**more: Any) -> dict[str, Any]:
    return {"start": {"created": True}, "stop": {"any": []}, "goals": NO_TARGET, **more}


def items_of(said: dict[str, Any]) -> tuple[list[Item], Any]:
    """The work items as the core gets them, in the order in which they were stored, and the policy."""
    site = Site.objects.get()
    ready = resolved(read_policy(said), site, AS_OF)
    slices = list(gathered(Issue.objects.order_by("pk"), site, {1: ready}, AS_OF))
    batches = [one.batch(1, ready, {}) for one in slices]
    return [batch.item(place) for batch in batches for place in range(len(batch))], ready


def test_a_field_that_changed_tells_its_ids_over_time_and_one_that_did_not_its_present_one() -> None:
    store(issue("ABC-1", "Done", change(LATER, "status", "Open", "Done")), issue("ABC-2", "Open"))
    (one, two), _ = items_of(policy(stop={"field": "status", "entered": ["5"]}))
    assert one == Item(BORN, {"status": [(BORN, "1"), (LATER_MS, "5")]})
    assert two == Item(BORN, {"status": [(BORN, "1")]})


def test_a_scope_and_the_first_goal_that_matches_hold_from_when_until_when() -> None:
    priorities = ({"id": "1", "name": "High"}, {"id": "2", "name": "Low"})
    changes = [change(LATER, "priority", "2", "1"), change("2024-01-03T09:00:00.000+0000", "status", "Open", "Done")]
    changes[0]["items"][0] |= {"from": "2", "fromString": "Low", "to": "1", "toString": "High"}
    store(issue("ABC-1", "Done", *changes, priority=priorities[0]))
    goals = [{**NO_TARGET[0], "jql": text} for text in ("priority = High and status = Open", "priority in (High, Low)")]
    (one,), _ = items_of(policy(scope="status = Open", goals=goals))
    assert one.scope == [(BORN, True), (ms("2024-01-03T09:00"), False)]
    assert one.goal == [(BORN, 1), (LATER_MS, 0), (ms("2024-01-03T09:00"), 1)]


def test_a_goal_that_no_query_matches_is_none() -> None:
    store(issue("ABC-1", labels=["red"]), issue("ABC-2"))
    goals = [{**NO_TARGET[0], "jql": "labels = red and status = Open"}, {**NO_TARGET[0], "jql": "status = Done"}]
    items, ready = items_of(policy(scope="summary ~ about", goals=goals))
    assert [one.goal for one in items] == [[(BORN, 0)], [(BORN, None)]]
    assert [one.scope for one in items] == [[(BORN, True)], [(BORN, True)]]
    assert [text.split(" is not")[0] for text in ready.warnings if "labels" in text] == [
        "the history of the field labels"
    ]


def test_comments_are_told_by_who_wrote_them() -> None:
    def comment(number: int, author: Any, **more: Any) -> dict[str, Any]:
        at = f"2024-01-0{number}T10:00:00.000+0000"
        return {"id": str(number), "created": at, **({"author": author} if author else {}), **more}

    comments = [comment(1, ANN), comment(2, BOB), comment(3, ANN, jsdPublic=False), comment(4, None), comment(5, BOB)]
    reporter = change("2024-01-05T09:00:00.000+0000", "reporter", "ann", "bob")
    page = {"comments": comments, "total": 5}
    store(issue("ABC-1", "Open", reporter, reporter=BOB, comment=page), issue("ABC-2", reporter=ANN))
    said = policy(stop={"event": "comment", "kinds": ["public"]})
    (one, two), ready = items_of(said)
    kinds = ["customer", "agent", "internal", "unknown", "customer"]
    assert one.events == {"comment": [(ms(f"2024-01-0{day}T10:00"), kind) for day, kind in enumerate(kinds, 1)]}
    assert two.events == {"comment": []}
    assert ready.policy.stop.kinds == {"customer", "agent", "unknown"}


def test_a_date_is_its_midnight_and_a_moment_itself() -> None:
    due = change(LATER, "duedate", "2024-01-10", "2024-01-12")
    moment = "2024-02-01T10:00:00.000+0200"
    item = issue("ABC-1", "Open", due, duedate="2024-01-12", customfield_1=moment, customfield_2="no date")
    store(item, issue("ABC-2"))
    reached = [{"field": key, "reached": True} for key in ("duedate", "customfield_1", "customfield_2", "created")]
    (one, two), ready = items_of(policy(start={"any": reached}))
    assert one.dates == {
        "duedate": [(BORN, ms("2024-01-10T00:00")), (LATER_MS, ms("2024-01-12T00:00"))],
        "customfield_1": [(BORN, ms("2024-02-01T08:00"))],
        "customfield_2": [(BORN, None)],
        "created": [(BORN, BORN)],
    }
    assert two.dates == {key: [(BORN, BORN if key == "created" else None)] for key in one.dates}
    assert [text.split(" ")[5] for text in ready.warnings] == ["customfield_1", "customfield_2"]


def test_a_date_without_a_time_means_the_end_of_that_days_business_unless_said_otherwise() -> None:
    store(issue("ABC-1", duedate="2024-01-12", customfield_1="2024-02-01T10:00:00.000+0200"))

    def day_end(field: str, **more: Any) -> Any:
        _, ready = items_of(policy(goals=[{"calendar": "7x24", "negotiation_date": {"field": field, **more}}]))
        return ready.policy.goals[0].target.day_end

    assert (day_end("duedate"), day_end("customfield_1")) == (-1, None)
    assert day_end("duedate", day_end="17:00") == 17 * 3_600_000


def test_durations_and_calendars_are_named_in_fields() -> None:
    gold = {"id": "31", "value": "Gold"}
    items = [issue("ABC-1", customfield_1=2.0, customfield_2=gold), issue("ABC-2", customfield_1=1.5)]
    goal = {"calendar": "7x24", "calendar_field": "customfield_2", "dynamic_duration": {"field": "customfield_1"}}
    store(*items)
    (one, two), ready = items_of(policy(goals=[goal]))
    duration, calendar = ready.policy.goals[0].target.field, ready.policy.goals[0].calendar_field
    assert one.fields == {duration: [(BORN, "2")], calendar: [(BORN, "Gold")]}
    assert two.fields == {duration: [(BORN, "1.5")], calendar: [(BORN, None)]}


def test_so_they_are_where_their_histories_are_kept() -> None:
    item = issue("ABC-1", "Open", change(LATER, "SLA", "2h", "4h"), customfield_1="4h")
    item["changelog"]["histories"][0]["items"][0] |= {"fieldtype": "custom", "fieldId": "customfield_1"}
    store(item, tracked=("customfield_1",))
    (one,), ready = items_of(policy(goals=[{"calendar": "7x24", "dynamic_duration": {"field": "customfield_1"}}]))
    assert one.fields == {ready.policy.goals[0].target.field: [(BORN, "2h"), (LATER_MS, "4h")]}
    assert ready.warnings == ()


def test_a_condition_on_a_field_with_several_values_is_about_each_of_them() -> None:
    versions = [{"id": key, "name": key, "released": False} for key in ("7", "8")]
    put = change(LATER, "Fix Version", None, "8")
    store(issue("ABC-1", "Open", put, fixVersions=versions))
    (one,), ready = items_of(policy(stop={"field": "fixVersions", "entered": ["8"]}))
    assert one.fields["fixVersions"] == [(BORN, '["7"]'), (LATER_MS, '["7", "8"]')]
    assert ready.policy.stop.values == {"8", '["7", "8"]'}


def test_what_the_store_does_not_know_is_told_or_refused() -> None:
    store(issue("ABC-1", labels=["red", "blue"]))
    _, ready = items_of(policy(stop={"field": "customfield_9", "entered": ["8"]}))
    assert ready.warnings == ("no work item of the site Test has a field customfield_9",)
    with pytest.raises(Refused, match="labels: holds several values"):
        items_of(policy(stop={"field": "labels", "entered": ["red"]}))
    with pytest.raises(JqlError) as caught:
        items_of(policy(goals=[{**NO_TARGET[0], "jql": "assignee = currentUser()"}]))
    assert caught.value.path == "goals[0].jql"


@pytest.mark.parametrize(("deleted_ms", "count"), [(GONE_MS, 0), (AS_OF - 1, 0), (AS_OF, 0), (AS_OF + 1, 1)])
def test_what_is_gone_by_then_has_no_clocks(deleted_ms: int, count: int) -> None:
    store(issue("ABC-1"))
    Issue.objects.update(deleted_ms=deleted_ms)
    assert len(items_of(policy())[0]) == count
