"""Definitions and calendars as one document: what is written is what there is; a second time changes nothing."""

from typing import Any

import pytest

from sojourn.calendars import store as calendars
from sojourn.errors import Refused
from sojourn.sla import as_code, definitions, legacy
from sojourn.sla.calendar_ids import calendar_numbers
from sojourn.sla.definitions import By
from sojourn.sla.models import AppliesTo, Change, Definition, Version
from tests.sla.help import ANN, GOAL, HOUR, MON, OFFICE, draft, policy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
BOB = By("bob", MON + HOUR, "reviewed")
LEGACY = {
    "originStatusId": [1],
    "targetStatusId": [5],
    "slaValueAsTimeString": "4h",
    "multipleTransition": True,
    "calendar": "Office",
}


def planned(document: Any) -> list[as_code.Step]:
    return as_code.planned(document, BOB.at_ms)


def applied(document: Any) -> list[str]:
    """What an import says, done."""
    steps = planned(document)
    as_code.rehearse(steps, AppliesTo.OPEN, BOB)
    as_code.apply(steps, AppliesTo.OPEN, BOB)
    return [line for step in steps for line in step.lines]


@pytest.fixture
def stocked(world: None) -> None:
    number = definitions.create(draft(goals=[GOAL | {"calendar": "Office"}]), ANN, "Test").definition_id
    definitions.publish(number, 1, AppliesTo.ALL, ANN)
    definitions.set_enabled(number, ANN, enabled=False)
    definitions.create(draft("Draft"), ANN)
    said = {key: value for key, value in LEGACY.items() if key != "calendar"}
    legacy.save({**said, "description": "Old", "calendarId": calendar_numbers()["Office"]}, ANN)


@pytest.mark.usefixtures("stocked")
def test_all_is_written_and_there_is_nothing_to_do() -> None:
    document = as_code.exported()
    office_policy = policy(goals=[GOAL | {"calendar": "Office"}])
    assert document == {
        "calendars": [OFFICE],
        "slas": [
            {"name": "Resolution", "site": "Test", "enabled": False, "policy": office_policy},
            {"name": "Draft", "draft": True, "policy": policy()},
            {"name": "Old", "legacy": LEGACY | {"workflowName": "", "jqlString": "", "pauseSlaArray": []}},
        ],
    }
    assert planned(document) == []


@pytest.mark.usefixtures("stocked")
def test_an_empty_store_becomes_the_same() -> None:
    document = as_code.exported()
    Definition.objects.update(published=None)
    Version.objects.all().delete()
    Definition.objects.all().delete()
    calendars.remove("Office")
    assert applied(document) == [
        "calendar Office: is new",
        *(f"SLA {one}: is new" for one in ("Resolution", "Draft", "Old")),
    ]
    assert as_code.exported() == document
    assert planned(document) == []
    assert set(Change.objects.values_list("who", "reason")) == {("bob", "reviewed")}


@pytest.mark.usefixtures("stocked")
def test_differences_are_told_and_only_they_are_saved() -> None:
    document = as_code.exported()
    document["calendars"][0] = OFFICE | {"tz": "Europe/Berlin"}
    document["slas"][0] |= {"enabled": True}
    document["slas"][1] |= {"policy": policy(critical_percent=50)}
    document["slas"][2]["legacy"] |= {"slaValueAsTimeString": "8h", "calendar": "7x24"}
    assert applied(document) == [
        "calendar Office: changes",
        "  tz: 'UTC' → 'Europe/Berlin'",
        "SLA Resolution: changes",
        "  enabled: False → nothing",
        "SLA Draft: changes",
        "  policy.critical_percent: nothing → 50",
        "SLA Old: changes",
        "  legacy.calendar: 'Office' → '7x24'",
        "  legacy.slaValueAsTimeString: '4h' → '8h'",
    ]
    assert planned(as_code.exported()) == planned(document) == []
    first, second, third = definitions.listed()
    assert (first.enabled, definitions.latest(first).number) == (True, 1)  # no version was needed
    assert (second.published, definitions.latest(second).number) == (None, 2)
    assert (third.published and third.published.number, third.published and third.published.applies_to) == (2, "open")
    document["slas"][1].pop("draft")
    assert applied(document) == ["SLA Draft: changes", "  draft: True → nothing"]
    assert planned(document) == []


def test_what_is_written_in_another_way_does_not_differ() -> None:
    given = {
        "name": "A",
        "site": None,
        "enabled": True,
        "draft": False,
        "policy": policy(critical_percent=80, pause={"any": []}),
    }
    old = {"name": "B", "legacy": LEGACY | {"jqlString": "", "onlyFirstExecution": False}}
    assert applied({"slas": [given, old]}) == ["SLA A: is new", "SLA B: is new"]
    assert planned({"slas": [given, old]}) == []
    assert planned({"slas": None}) == planned({}) == []


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "an object, not []"),
        ({"sla": []}, "sla: unknown key; there are calendars, slas"),
        ({"slas": {"a": 1}}, "slas: a list, not {'a': 1}"),
        ({"slas": [7]}, "slas[0]: an object, not 7"),
        ({"slas": [{"name": "A"}]}, "slas[0]: needs a policy, or else legacy"),
        ({"slas": [{"policy": policy()}]}, "slas[0].name: a text is needed"),
        ({"slas": [{"name": "A", "policy": policy(goals=[])}]}, "slas[0].policy.goals: is empty"),
        ({"slas": [{"name": "A", "policy": policy(), "enabled": 1}]}, "slas[0].enabled: true or false, not 1"),
        ({"slas": [{"name": "A", "polcy": {}}]}, "slas[0].polcy: unknown key"),
        ({"slas": [{"name": "A", "policy": policy()}] * 2}, "slas[1].name: there are several SLAs 'A'"),
        ({"slas": [{"name": "A", "legacy": {"calendar": "Nope"}}]}, "slas[0].legacy.calendar: there is no 'Nope'"),
        ({"slas": [{"name": "A", "legacy": {}}]}, "slas[0].legacy: Failed when saving SLA: At least slaStartDateField"),
        ({"calendars": [{"tz": "UTC"}]}, "calendars[0]: a calendar is an object with a name"),
        ({"calendars": [{"name": "A", "tz": "Mars"}]}, "tz"),
        ({"slas": [{"name": "A", "policy": policy(goals=[GOAL | {"calendar": "Nope"}])}]}, "SLA A: policy.goals"),
        ({"slas": [{"name": "A", "site": "Nope", "policy": policy()}]}, "SLA A: site: there is no site 'Nope'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_before_anything_is_done(document: Any, message: str) -> None:
    good = {"name": "Good", "policy": policy()}
    if isinstance(document, dict) and isinstance(document.get("slas"), list):
        document = {"slas": [*document["slas"], good]}
    with pytest.raises(Refused) as refused:
        applied(document)
    assert str(refused.value).startswith(message), str(refused.value)
    assert not Definition.objects.exists()
    assert calendars.names() == [*calendars.BUILT_IN, "Office"]


def test_two_of_one_name_are_not_told_apart() -> None:
    definitions.create(draft("A"), ANN)
    definitions.create(draft("A"), ANN, "Test")
    assert len(planned({"slas": [{"name": "A", "policy": policy()}]})) == 1  # a draft that would be published
    definitions.create(draft("A"), ANN)
    with pytest.raises(Refused, match=r"slas\[0\].name: there are several SLAs 'A'"):
        planned({"slas": [{"name": "A", "policy": policy()}]})
