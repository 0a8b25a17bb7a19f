"""Definitions: drafts, versions, publishing, and the log of it."""

from typing import Any

import pytest
from django.utils import timezone

from sojourn.calendars import store as calendars
from sojourn.errors import InUse, Refused
from sojourn.sla import definitions
from sojourn.sla.definitions import By, Draft, Missing
from sojourn.sla.json_differences import Difference, differences
from sojourn.sla.models import AppliesTo, Change, Definition
from tests.builders import STATUS_IDS, status, store
from tests.sla.help import ANN, DONE, GOAL, HOUR, MON, OFFICE, OPEN, draft, policy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
UNKNOWN = {"field": "status", "left": ["99", "7"]}
BOB = By("bob", MON + HOUR, "better")


def log() -> list[tuple[str, str, int, str]]:
    return [(one.what, one.who, one.at_ms, one.reason) for one in Change.objects.order_by("pk")]


def test_a_draft_holds_once_it_is_published() -> None:
    made = definitions.create(draft(), ANN)
    found = definitions.find(made.definition_id)
    assert (found.name, found.published, found.enabled, made.number) == ("Resolution", None, True, 1)
    definitions.publish(found.pk, 1, AppliesTo.OPEN, BOB)
    holds = definitions.find(found.pk).published
    assert holds is not None
    assert (holds.pk, holds.published_ms, holds.published_by, holds.applies_to) == (made.pk, BOB.at_ms, "bob", "open")
    assert (holds.saved_ms, holds.saved_by, holds.reason) == (MON, "ann", "because")


def test_a_save_is_a_version_and_changes_no_other() -> None:
    number = definitions.create(draft(), ANN).definition_id
    definitions.publish(number, 1, AppliesTo.ALL, ANN)
    made = definitions.save(number, draft("Renamed", goals=[GOAL | {"duration": "8h"}]), BOB)
    assert made.number == 2
    there = definitions.find(number)
    assert there.name == "Resolution"
    assert there.published is not None
    assert there.published.policy == policy()
    assert definitions.latest(there) == made
    definitions.publish(number, 2, AppliesTo.NEW, BOB)
    assert definitions.find(number).name == "Renamed"
    assert [one.policy["goals"][0]["duration"] for one in definitions.versions(there)] == ["4h", "8h"]
    assert definitions.version(there, 1).policy == policy()


def test_an_older_version_is_published_again_as_a_version_of_its_own() -> None:
    number = definitions.create(draft(), ANN).definition_id
    definitions.publish(number, 1, AppliesTo.NEW, ANN)
    definitions.save(number, draft("Other"), BOB)
    definitions.publish(number, 2, AppliesTo.NEW, BOB)
    again = definitions.publish(number, 1, AppliesTo.ALL, BOB)
    assert (again.number, again.name, again.policy) == (3, "Resolution", policy())
    first = definitions.version(definitions.find(number), 1)
    assert (first.published_by, first.applies_to) == ("ann", "new")


def test_a_clone_is_a_draft_of_its_own() -> None:
    legacy = {"description": "Resolution"}
    number = definitions.create(Draft("Resolution", policy(), legacy), ANN).definition_id
    made = definitions.clone(number, BOB)
    assert made.definition_id != number
    assert (made.number, made.name, made.policy) == (1, "Resolution (copy)", policy())
    assert made.legacy == {"description": "Resolution (copy)"}
    assert definitions.find(made.definition_id).published is None
    assert definitions.clone(number, BOB, "Mine").name == "Mine"
    longest = definitions.create(draft("x" * 255), ANN).definition_id
    assert definitions.clone(longest, BOB).name == "x" * 248 + " (copy)"


def test_one_that_is_removed_is_shown_nowhere_and_keeps_its_number() -> None:
    number = definitions.create(draft(), ANN).definition_id
    definitions.remove(number, BOB)
    assert not definitions.listed()
    with pytest.raises(Missing, match=f"There is no SLA {number}"):
        definitions.find(number)
    assert Definition.objects.get(pk=number).removed_ms == BOB.at_ms
    assert definitions.create(draft(), ANN).definition_id != number


def test_definitions_are_listed_and_found_by_name_and_site() -> None:
    one = definitions.create(draft("First response"), ANN).definition_id
    two = definitions.create(draft("Resolution"), ANN, "Test").definition_id
    assert [found.pk for found in definitions.listed()] == [one, two]
    assert [found.pk for found in definitions.listed("Test")] == [two]
    assert [found.pk for found in definitions.search("RESO")] == [two]


def test_everything_is_logged_with_before_and_after() -> None:
    number = definitions.create(draft(), ANN).definition_id
    definitions.save(number, draft(critical_percent=50), BOB)
    definitions.publish(number, 2, AppliesTo.ALL, BOB)
    definitions.set_enabled(number, BOB, enabled=False)
    definitions.set_enabled(number, BOB, enabled=False)
    definitions.set_enabled(number, BOB, enabled=True)
    definitions.remove(number, ANN)
    assert log() == [
        ("created", "ann", MON, "because"),
        *((what, "bob", MON + HOUR, "better") for what in ("saved", "published", "disabled", "enabled")),
        ("removed", "ann", MON, "because"),
    ]
    created, saved, published, disabled, _, removed = Change.objects.order_by("pk")
    assert (created.before, removed.after) == (None, None)
    assert created.after == saved.before == {"version": 1, "name": "Resolution", "policy": policy()}
    assert saved.after == removed.before
    assert published.after == (saved.after or {}) | {"applies_to": "all"}
    assert (disabled.before, disabled.after) == ({"enabled": True}, {"enabled": False})
    assert differences(saved.before, saved.after) == [
        Difference("policy.critical_percent", None, 50),
        Difference("version", 1, 2),
    ]


def test_differences_go_down_to_where_the_shapes_part() -> None:
    before = policy(goals=[GOAL, GOAL | {"name": "Others"}], pause={"field": "status", "is": ["4"]})
    after = policy(goals=[GOAL | {"duration": "8h"}], pause={"field": "status", "is": ["4", "3"]}, scope="project = A")
    found = differences(before, after)
    assert [one.text for one in found] == [
        "goals[0].duration: '4h' → '8h'",
        "goals[1]: {'calendar': '7x24', 'duration': '4h', 'name': 'Others'} → nothing",
        "pause.is: ['4'] → ['4', '3']",
        "scope: nothing → 'project = A'",
    ]
    assert differences(before, before) == []


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("", policy(), "name: a text of 1 to 255 characters, not ''"),
        ("x" * 256, policy(), "name: a text of 1 to 255 characters, not 'xxx"),
        ("A", [], "policy: an SLA's policy is an object, not []"),
        ("A", policy(goals=[]), "policy.goals: is empty"),
        ("A", policy(goals=[{"calendar": "7x24", "duration": "1x"}]), "policy.goals[0].duration: unknown unit"),
        ("A", policy(goals=[GOAL | {"calendar": "Nope"}]), "policy.goals[0].calendar: there is no 'Nope'; there are"),
        ("A", policy(stop={"any": [DONE, UNKNOWN]}), "policy.stop: there is no status 7, 9"),
        ("A", policy(cancel={"field": "status", "changed": {"from": ["8"]}}), "policy.cancel: there is no status 8"),
        ("A", policy(scope="project = "), "policy.scope: line 1, column "),
        ("A", policy(scope="colour = red"), "policy.scope: line 1, column 1: the field 'colour' does not exist"),
        ("A", policy(scope="assignee = currentUser()"), "policy.scope: line 1, column 12: nobody asks"),
        ("A", policy(scope="project = A AND assignee was currentUser()"), "policy.scope: line 1, column 30: n"),
        ("A", policy(scope="key = A-1 ORDER BY key"), "policy.scope: line 1, column 20: an SLA puts nothing in"),
        ("A", policy(goals=[GOAL, GOAL | {"jql": "status = 'x"}]), "policy.goals[1].jql: line 1, column 10: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_at_its_place_and_nothing_is_saved(name: str, given: Any, message: str) -> None:
    with pytest.raises(Refused) as refused:
        definitions.create(Draft(name, given), ANN)
    assert str(refused.value).startswith(message), str(refused.value)
    assert message.startswith(f"{refused.value.path}: ")
    assert not Definition.objects.exists()
    assert not Change.objects.exists()


def test_a_value_that_may_still_come_is_no_error() -> None:
    scope = "issuetype = Improvement AND key = NEW-1"
    assert definitions.create(draft(scope=scope), ANN).policy["scope"] == scope


def test_a_site_has_to_be_there_and_have_the_statuses() -> None:
    with pytest.raises(Refused, match="site: there is no site 'Nope'; there are: Test"):
        definitions.create(draft(), ANN, "Nope")
    store([status(name) | {"id": f"9{STATUS_IDS[name]}"} for name in STATUS_IDS], site="Other")
    with pytest.raises(Refused, match=r"policy.start: there is no status 1 at Other"):
        definitions.create(draft(), ANN, "Other")
    definitions.create(draft(), ANN, "Test")
    definitions.create(draft(), ANN)


def test_what_went_missing_since_it_was_saved_is_not_published() -> None:
    made = definitions.create(draft(goals=[GOAL | {"calendar": "Office"}]), ANN)
    definitions.save(made.definition_id, draft(), ANN)
    calendars.remove("Office")
    with pytest.raises(Refused, match=r"policy.goals\[0\].calendar: there is no 'Office'"):
        definitions.publish(made.definition_id, 1, AppliesTo.NEW, BOB)


def test_a_calendar_in_use_is_not_deleted() -> None:
    uses = draft("Reply", goals=[GOAL, GOAL | {"calendar": "Office"}])
    number = definitions.create(uses, ANN).definition_id
    definitions.publish(number, 1, AppliesTo.NEW, ANN)
    definitions.save(number, draft("Later"), ANN)
    other = definitions.create(uses, ANN).definition_id
    with pytest.raises(InUse, match=f"'Office' is used by the SLA {number} Reply, the SLA {other} Reply. Give"):
        calendars.remove("Office")
    assert "Office" in calendars.names()
    definitions.remove(other, ANN)
    definitions.publish(number, 2, AppliesTo.NEW, ANN)
    with pytest.raises(InUse, match=f"the SLA {number} Later"):  # the older version decides for older cycles
        calendars.remove("Office")
    definitions.remove(number, ANN)
    calendars.remove("Office")
    assert "Office" not in calendars.names()


@pytest.mark.parametrize("number", [0, -1, 1 << 63, 10**30])
def test_what_is_not_there_is_missing(number: int) -> None:
    for act in (
        lambda: definitions.save(number, draft(), ANN),
        lambda: definitions.publish(number, 1, AppliesTo.NEW, ANN),
        lambda: definitions.clone(number, ANN),
        lambda: definitions.set_enabled(number, ANN, enabled=False),
        lambda: definitions.remove(number, ANN),
    ):
        with pytest.raises(Missing):
            act()
    there = definitions.find(definitions.create(draft(), ANN).definition_id)
    with pytest.raises(Missing, match="the last one is 1"):
        definitions.version(there, number)


def test_statuses_of_any_part_count() -> None:
    for part in ("start", "stop", "reset", "cancel", "pause"):
        lasting = {"field": "status", "is": ["77"]}
        with pytest.raises(Refused, match=f"policy.{part}: there is no status 77"):
            definitions.create(draft(**{part: {"all": [OPEN if part != "pause" else lasting, lasting]}}), ANN)


def test_the_fingerprint_tells_of_every_change() -> None:
    told = [definitions.fingerprint()]
    made = definitions.create(draft(), ANN)
    told.append(definitions.fingerprint())
    definitions.publish(made.definition_id, 1, AppliesTo.NEW, ANN)
    told.append(definitions.fingerprint())
    calendars.save({**OFFICE, "name": "Another"}, now=timezone.now())
    told.append(definitions.fingerprint())
    calendars.save_holidays("Own", [{"date": "2024-01-02"}])
    told.append(definitions.fingerprint())
    assert len(set(told)) == 5
    assert definitions.fingerprint() == told[-1]
