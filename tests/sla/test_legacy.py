"""Definitions as clients of the Time to SLA services write them: what they mean, and what is refused."""

from typing import Any

import pytest

from sojourn.calendars.models import StoredCalendar
from sojourn.core.calendar import ALWAYS
from sojourn.core.sla.clock import Item
from sojourn.core.sla.parse import read_policy
from sojourn.core.sla.reference import replay
from sojourn.errors import UserError
from sojourn.history.models import Field, Site
from sojourn.sla import definitions, legacy
from sojourn.sla.definitions import Missing
from sojourn.sla.legacy_fields import NotSaved
from sojourn.sla.legacy_search import Search
from sojourn.sla.models import Change, Definition
from tests.builders import issue, store
from tests.sla.help import ANN, HOUR, MON, draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
PLAIN: dict[str, Any] = {
    "description": "Urgent Fix",
    "workflowName": "TTS Project Workflow",
    "originStatusId": [1],
    "targetStatusId": [5],
    "slaValueAsTimeString": "4h",
    "jqlString": "",
    "multipleTransition": True,
}
FROM_OPEN, TO_DONE = {"field": "status", "entered": ["1"]}, {"field": "status", "entered": ["5"]}


def meaning(**more: Any) -> dict[str, Any]:
    given = {key: value for key, value in (PLAIN | more).items() if value is not ...}
    policy: dict[str, Any] = legacy.read(given, MON).policy
    return policy


def test_from_an_origin_to_a_target_status() -> None:
    goal = {"calendar": "7x24", "duration": "4h"}
    assert meaning() == {"start": FROM_OPEN, "stop": TO_DONE, "goals": [goal]}


CUSTOM = {"field": "customfield_10900", "reached": True}
MEANINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"originStatusId": [4, 1]}, {"start": {"field": "status", "entered": ["1", "4"]}}),
    ({"originStatusId": ..., "slaStartDateField": 10900}, {"start": CUSTOM}),
    ({"slaStartDateField": 10900}, {"start": {"any": [CUSTOM, FROM_OPEN]}}),
    ({"targetStatusId": [], "slaEndDateField": "10900", "multipleTransition": False}, {"stop": CUSTOM}),
    ({"pauseSlaArray": [4, 3]}, {"pause": {"field": "status", "is": ["3", "4"]}}),
    (
        {"multipleTransition": ...},
        {
            "stop": {"field": "status", "changed": {"from": ["1"], "to": ["5"]}},
            "cancel": {"field": "status", "left": ["1"]},
        },
    ),
    ({"onlyFirstExecution": True}, {"cycles": "first"}),
    ({"jqlString": "project = ABC OR project = B"}, {"scope": "project = ABC OR project = B"}),
    ({"priorityId": "3"}, {"scope": "priority = 3"}),
    ({"priorityId": 3, "jqlString": "key = A-1 OR key = A-2"}, {"scope": "(key = A-1 OR key = A-2) AND priority = 3"}),
    ({"calendarId": -2}, {"goals": [{"calendar": "Mon–Fri 09–18", "duration": "4h"}]}),
    (
        {"slaValueAsTimeString": ..., "slaNegotiationDateIssueFieldKey": "duedate"},
        {"goals": [{"calendar": "7x24", "negotiation_date": {"field": "duedate", "day_end": "business"}}]},
    ),
    (
        {"slaValueAsTimeString": "", "slaNegotiationDateFieldId": 11000},
        {"goals": [{"calendar": "7x24", "negotiation_date": {"field": "customfield_11000", "day_end": "business"}}]},
    ),
    (
        {"slaValueAsTimeString": None, "slaNegotiationDateFieldId": 11001},
        {"goals": [{"calendar": "7x24", "negotiation_date": {"field": "customfield_11001"}}]},
    ),
]


@pytest.mark.parametrize(("given", "means"), MEANINGS)
def test_what_a_field_means(given: dict[str, Any], means: dict[str, Any]) -> None:
    store(issue("ABC-9", "Open", priority={"id": "3", "name": "Low"}))
    for number, kind in ((11000, "date"), (11001, "datetime")):
        key = f"customfield_{number}"
        Field.objects.update_or_create(site=Site.objects.get(), key=key, defaults={"name": "Promised", "type": kind})
    found = meaning(**given)
    assert {key: found[key] for key in means} == means
    assert found.keys() - means.keys() <= {"start", "stop", "goals"}


@pytest.mark.parametrize(
    ("multiple", "path", "cycles"),
    [
        (True, "1 3 5", [("1", "5")]),
        (False, "1 5", [("1", "5")]),
        (False, "1 3 5", []),
        (False, "1 3 1 5", [("1", "5")]),
        (False, "1 5 1 5", [("1", "5"), ("1", "5")]),
        (False, "3 5 1", []),
    ],
)
def test_without_multiple_transitions_only_direct_ones_count(
    multiple: bool, path: str, cycles: list[tuple[str, str]]
) -> None:
    moves = path.split()
    steps: list[tuple[int, str | None]] = [(MON + place * HOUR, one) for place, one in enumerate(moves)]
    policy = read_policy(meaning(multipleTransition=multiple))
    found = replay(policy, Item(MON, fields={"status": steps}), {"7x24": ALWAYS}, MON + 9 * HOUR).cycles
    held = dict(steps)
    ended = [(held[one.start_ms], held[one.end_ms]) for one in found if one.end_ms and not one.void]
    assert ended == cycles


def test_a_calendar_goes_by_its_number_under_either_name() -> None:
    number = StoredCalendar.objects.get(name="Office").pk
    for given in (
        {"calendarId": number},
        {"workingTimeId": str(number)},
        {"calendarId": number, "workingTimeId": number},
    ):
        assert meaning(**given)["goals"] == [{"calendar": "Office", "duration": "4h"}]
    assert meaning(workingTimeId=-1) == meaning(calendarId=-1) == meaning()


VALUES = ("slaValueAsTimeString", "slaNegotiationDateFieldId", "slaNegotiationDateIssueFieldKey")
STARTS = "Failed when saving SLA: At least slaStartDateField or originStatusId should be provided"
REFUSALS: list[tuple[Any, str]] = [
    ({}, "Failed when saving SLA: All fields cannot be empty"),
    ({"description": "", "originStatusId": [], "calendarId": -1, "multipleTransition": True, "jqlString": None},
     "Failed when saving SLA: All fields cannot be empty"),
    ({"description": "A"}, STARTS),
    (PLAIN | {"originStatusId": []}, STARTS),
    (PLAIN | {"targetStatusId": None},
     "Failed when saving SLA: At least slaEndDateField or targetStatusId should be provided"),
    (PLAIN | {"slaValueAsTimeString": ""},
     f"Failed when saving SLA: At least {' or '.join(VALUES)} should be provided"),
    (PLAIN | {"description": " "}, "Failed when saving SLA: description should be provided"),
    (PLAIN | {"description": "x" * 256}, "Failed when saving SLA: description: has 256 characters"),
    (PLAIN | {"pauseSlaArray": [5, 100]}, "Status validation error. [100] no such status."),
    (PLAIN | {"originStatusId": [1000, 1], "targetStatusId": [200]},
     "Status validation error. [200, 1000] no such status."),
    (PLAIN | {"priorityId": "9"}, "Priority validation error. [9] no such priority."),
    (PLAIN | {"calendarId": 99}, "Failed when saving SLA: Calendar not exists: 99"),
    (PLAIN | {"calendarId": 0}, "Failed when saving SLA: Calendar not exists: 0"),
    (PLAIN | {"calendarId": -7}, "Failed when saving SLA: Calendar not exists: -7"),
    (PLAIN | {"calendarId": -2, "workingTimeId": -1}, "Failed when saving SLA: workingTimeId: is not -2, the same"),
    (PLAIN | {"slaValueAsTimeString": "4"}, "Failed when saving SLA: slaValueAsTimeString: '4' has no unit"),
    (PLAIN | {"slaNegotiationDateFieldId": 1},
     "Failed when saving SLA: slaNegotiationDateFieldId: there is a slaValueAsTimeString already"),
    (PLAIN | {"slaValueAsTimeString": "", "slaNegotiationDateIssueFieldKey": "summary"},
     "Failed when saving SLA: slaNegotiationDateIssueFieldKey: 'summary' is no date; there are: duedate"),
    (PLAIN | {"jqlString": "key ="}, "Failed when saving SLA: jqlString: line 1, column "),
    (PLAIN | {"jqlString": "colour = red"}, "Failed when saving SLA: jqlString: line 1, column 1: the field 'colour'"),
    (PLAIN | {"jqlString": "key = A-1 ORDER BY key"}, "Failed when saving SLA: jqlString: line 1, column 20: an SLA"),
    (PLAIN | {"jqlstring": ""}, "Failed when saving SLA: jqlstring: unknown field; did you mean jqlString?"),
    (PLAIN | {"x" * 900: 1}, f"Failed when saving SLA: {'x' * 60}: unknown field; leave it out"),
    (PLAIN | {"originStatusId": 1}, "Failed when saving SLA: originStatusId: a list of whole numbers such as [1], not"),
    (PLAIN | {"originStatusId": [True]}, "Failed when saving SLA: originStatusId[0]: a whole number, not True"),
    (PLAIN | {"originStatusId": [1, -1]}, "Failed when saving SLA: originStatusId[1]: a whole number, not -1"),
    (PLAIN | {"originStatusId": [10**30]}, "Failed when saving SLA: originStatusId[0]: a whole number, not 1000"),
    (PLAIN | {"slaStartDateField": "customfield_1"}, "Failed when saving SLA: slaStartDateField: a whole number"),
    (PLAIN | {"slaStartDateField": 1.5}, "Failed when saving SLA: slaStartDateField: a whole number, not 1.5"),
    (PLAIN | {"description": {}}, "Failed when saving SLA: description: a text, not {}"),
    (PLAIN | {"multipleTransition": "yes"}, "Failed when saving SLA: multipleTransition: true or false, not 'yes'"),
    (PLAIN | {"priorityId": []}, "Failed when saving SLA: priorityId: a whole number, not []"),
    ([PLAIN], "Failed when saving SLA: a definition is an object, not [{'description'"),
    (None, "Failed when saving SLA: a definition is an object, not None"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "message"), REFUSALS)
def test_what_is_wrong_is_not_saved(given: Any, message: str) -> None:
    with pytest.raises(NotSaved) as refused:
        legacy.save(given, ANN)
    assert str(refused.value).startswith(message)
    assert not Definition.objects.exists()
    assert not Change.objects.exists()


def test_it_is_answered_as_it_was_saved_without_what_is_empty() -> None:
    given = PLAIN | {"onlyFirstExecution": False, "calendarId": -1, "priorityId": None}
    number = legacy.save(given, ANN)
    ((found, answer),) = legacy.listed()
    assert found.pk == number
    assert answer == {
        "id": number,
        "description": "Urgent Fix",
        "workflowName": "TTS Project Workflow",
        "originStatusId": [1],
        "targetStatusId": [5],
        "slaValueAsTimeString": "4h",
        "multipleTransition": True,
        "jqlString": "",
        "pauseSlaArray": [],
        "empty": False,
    }
    assert found.name == "Urgent Fix"
    assert legacy.read(answer, MON) == legacy.read(given, MON)  # an answer may be sent back


def test_an_update_is_a_version_for_new_and_open_cycles() -> None:
    number = legacy.save(PLAIN, ANN)
    legacy.update(number, PLAIN | {"slaValueAsTimeString": "8h", "description": "Renamed"}, ANN)
    found = legacy.find(number)
    assert found.name == "Renamed"
    assert [(one.number, one.applies_to) for one in definitions.versions(found)] == [(1, "open"), (2, "open")]
    with pytest.raises(NotSaved):
        legacy.update(number, {}, ANN)
    assert legacy.find(number) == found
    with pytest.raises(Missing):
        legacy.update(number + 1, PLAIN, ANN)


def test_other_definitions_are_none_of_these_services() -> None:
    made = definitions.create(draft(), ANN)
    definitions.publish(made.definition_id, 1, definitions.AppliesTo.NEW, ANN)
    assert not list(legacy.listed())
    with pytest.raises(Missing):
        legacy.find(made.definition_id)


SEARCHES: list[tuple[list[tuple[str, str]], list[str]]] = [
    ([], ["Urgent Handle", "Urgent Fix", "Normal Resolve"]),
    ([("description", "urgent")], ["Urgent Handle", "Urgent Fix"]),
    ([("description", "Urgent"), ("slaValueAsTimeString", "20m")], ["Urgent Handle"]),
    ([("workflowName", "PROJECT")], ["Urgent Fix"]),
    ([("priorityId", "3")], ["Urgent Handle"]),
    ([("originStatusId", "1")], ["Urgent Handle", "Normal Resolve"]),
    ([("originStatusId", "1"), ("originStatusId", "4")], ["Normal Resolve"]),
    ([("targetStatusId", "3")], ["Urgent Handle"]),
    ([("pauseSlaArray", "4")], ["Urgent Fix"]),
    ([("multipleTransition", "true")], ["Urgent Fix"]),
    ([("multipleTransition", "false")], ["Urgent Handle", "Normal Resolve"]),
    ([("onlyFirstExecution", "False")], ["Urgent Handle", "Urgent Fix", "Normal Resolve"]),
    ([("workingTimeId", "-2")], ["Normal Resolve"]),
    ([("calendarId", "-1")], ["Urgent Handle", "Urgent Fix"]),
    ([("jqlString", "KEY =")], ["Normal Resolve"]),
    ([("slaStartDateField", "1")], []),
    ([("slaEndDateField", "5")], ["Normal Resolve"]),
    ([("slaNegotiationDateFieldId", "11000")], ["Normal Resolve"]),
    ([("slaNegotiationDateIssueFieldKey", "duedate")], ["Urgent Fix"]),
]


@pytest.mark.parametrize(("asked", "found"), SEARCHES)
def test_a_search_wants_all_of_it(asked: list[tuple[str, str]], found: list[str]) -> None:
    store(issue("ABC-9", "Open", priority={"id": "3", "name": "Low"}))
    common = {"slaValueAsTimeString": ""}
    fix = common | {"originStatusId": [3], "targetStatusId": [5], "slaNegotiationDateIssueFieldKey": "duedate"}
    for given in (
        {"description": "Urgent Handle", "priorityId": "3", "originStatusId": [1], "targetStatusId": [3]}
        | {"slaValueAsTimeString": "20m"},
        {"description": "Urgent Fix", "workflowName": "TTS Project Workflow", "pauseSlaArray": [4]}
        | fix
        | {"multipleTransition": True},
        {"description": "Normal Resolve", "originStatusId": [1, 4], "slaEndDateField": 5, "calendarId": -2}
        | {"slaNegotiationDateFieldId": 11000, "jqlString": "key = A-1"},
    ):
        legacy.save(given, ANN)
    search = Search.of(asked)
    assert [one["description"] for _, one in legacy.listed() if search.finds(one)] == found


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("colour", "red"), "colour: is not searched by; there are: description, workflowName, "),
        (("originStatusId", "Open"), "originStatusId: a whole number, not 'Open'"),
        (("slaStartDateField", "9" * 21), "slaStartDateField: a whole number, not '999"),
        (("multipleTransition", "1"), "multipleTransition: true or false, not '1'"),
    ],
)
def test_a_search_for_nothing_there_is_says_so(asked: tuple[str, str], message: str) -> None:
    with pytest.raises(UserError) as refused:
        Search.of([asked])
    assert str(refused.value).startswith(message)
