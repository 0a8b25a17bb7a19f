"""Services 4 to 10, by the samples of the document."""

from typing import Any
from urllib.parse import urlencode

import pytest

from sojourn.calendars.models import StoredCalendar
from sojourn.sla import definitions
from sojourn.sla.models import Change
from tests.api.tts.asking import (
    CUSTOM_DATES,
    DOCUMENTED,
    FINALIZE,
    FIX,
    HANDLE,
    NEGOTIATED,
    PAUSED,
    RESOLVE,
    SEVERAL,
    Tts,
)
from tests.sla.help import ANN, draft

pytestmark = pytest.mark.usefixtures("world")
STARTS = "Failed when saving SLA: At least slaStartDateField or originStatusId should be provided"


@pytest.fixture
def documented(tts: Tts) -> dict[str, dict[str, Any]]:
    """The five definitions of the document by name, as they are answered."""
    office = StoredCalendar.objects.get(name="Office").pk
    given = [one | ({"workingTimeId": office} if "workingTimeId" in one else {}) for one in DOCUMENTED]
    answers = tts("POST", "/sla/bulk", [{key: one[key] for key in one if key != "id"} for one in given])
    assert all(one["success"] for one in answers), answers
    numbers = [int(one["message"]) for one in answers]
    return {str(one["description"]): one | {"id": number} for one, number in zip(given, numbers, strict=True)}


@pytest.mark.parametrize("body", [CUSTOM_DATES, NEGOTIATED, PAUSED])
def test_4_saving(tts: Tts, body: dict[str, Any]) -> None:
    number = tts.done("POST", "/sla", body)
    assert number.isdecimal()
    found = tts("GET", f"/sla/{number}")
    left_out = {"calendarId", "onlyFirstExecution"}
    assert found == {key: body[key] for key in body if key not in left_out} | {
        "id": int(number),
        "pauseSlaArray": body.get("pauseSlaArray", []),
        "empty": False,
    }


def test_4_saving_what_is_not_enough(tts: Tts) -> None:
    assert tts.failed("POST", "/sla", {}) == "Failed when saving SLA: All fields cannot be empty"
    assert tts.failed("POST", "/sla", CUSTOM_DATES | {"slaStartDateField": None}) == STARTS
    assert tts("GET", "/sla") == []


def test_5_saving_many_in_part(tts: Tts) -> None:
    found = tts("POST", "/sla/bulk", [NEGOTIATED, CUSTOM_DATES | {"slaStartDateField": ""}, CUSTOM_DATES, 7])
    assert [one["success"] for one in found] == [True, False, True, False]
    assert found[1] == {"success": False, "message": STARTS}
    assert [one["id"] for one in tts("GET", "/sla")] == [int(found[0]["message"]), int(found[2]["message"])]
    assert tts("POST", "/sla/bulk", []) == []


def test_6_showing(tts: Tts, documented: dict[str, dict[str, Any]]) -> None:
    for answer in documented.values():
        found = tts("GET", f"/sla/{answer['id']}")
        assert found == answer
        assert list(found) == list(answer)  # in the order of the document


def test_7_searching(tts: Tts, documented: dict[str, dict[str, Any]]) -> None:
    def names(**asked: Any) -> list[str]:
        return [one["description"] for one in tts("GET", f"/sla/search?{urlencode(asked)}")]

    assert tts("GET", "/sla/search") == list(documented.values())
    assert names(description="Urgent") == ["Urgent Handle", "Urgent Fix"]
    assert names(description="Urgent", slaValueAsTimeString="20m") == ["Urgent Handle"]
    assert names(workflowName="TTS Project Workflow") == list(documented)
    assert names(priorityId=1) == ["Urgent Handle", "Urgent Fix"]
    assert names(originStatusId=3) == ["Urgent Fix"]
    assert names(targetStatusId=5) == ["Urgent Fix", "Normal Resolve", "Multiple Status SLA"]
    assert names(workingTimeId=documented["Normal Resolve"]["workingTimeId"]) == ["Normal Resolve"]
    assert names(jqlString="issuekey = TP") == ["Multiple Status SLA"]
    assert names(multipleTransition="true") == []
    assert "is not searched by" in tts.failed("GET", "/sla/search?colour=red")


def test_8_listing(tts: Tts, documented: dict[str, dict[str, Any]]) -> None:
    assert tts("GET", "/sla") == list(documented.values())
    for sample in (HANDLE, FIX, FINALIZE, RESOLVE, SEVERAL):
        assert sample.keys() == documented[str(sample["description"])].keys()


@pytest.mark.parametrize("way", ["PUT with an id", "POST with an id", "PUT at the address"])
def test_9_updating(tts: Tts, way: str) -> None:
    number = int(tts.done("POST", "/sla", CUSTOM_DATES))
    method, path = way.split()[0], f"/sla/{number}" if "address" in way else "/sla"
    body = {key: NEGOTIATED[key] for key in NEGOTIATED if key != "calendarId"} | {"workingTimeId": -1}
    body |= {} if "address" in way else {"id": number}
    assert tts.done(method, path, body) == str(number)
    found = tts("GET", f"/sla/{number}")
    assert found["originStatusId"] == [1]
    assert "slaStartDateField" not in found
    assert (
        tts.failed(method, path, body | {"pauseSlaArray": [5, 100]}) == "Status validation error. [100] no such status."
    )
    assert tts("GET", f"/sla/{number}") == found
    assert [one.applies_to for one in definitions.versions(definitions.find(number))] == ["open", "open"]


def test_9_updating_what_is_not_there(tts: Tts) -> None:
    assert tts.failed("PUT", "/sla", NEGOTIATED | {"id": 25}) == "SLA not exists: 25"
    assert tts.failed("POST", "/sla", NEGOTIATED | {"id": "x"}) == "SLA not exists: x"
    assert tts.failed("PUT", "/sla/25", NEGOTIATED) == "SLA not exists: 25"
    assert tts.failed("PUT", "/sla", NEGOTIATED) == "Failed when saving SLA: id should be provided"
    assert "the one in the address" in tts.failed("PUT", "/sla/25", NEGOTIATED | {"id": 26})


def test_10_deleting(tts: Tts) -> None:
    number = tts.done("POST", "/sla", NEGOTIATED)
    assert tts.done("DELETE", f"/sla/{number}") == f"Deleted slaId with {number}"
    for method in ("GET", "DELETE"):
        assert tts.failed(method, f"/sla/{number}") == f"SLA not exists: {number}"
    assert tts("GET", "/sla") == []


def test_other_definitions_are_not_shown_here(tts: Tts) -> None:
    number = definitions.create(draft(), ANN).definition_id
    definitions.publish(number, 1, definitions.AppliesTo.NEW, ANN)
    for method in ("GET", "DELETE"):
        assert tts.failed(method, f"/sla/{number}") == f"SLA not exists: {number}"


def test_who_did_what_is_logged(tts: Tts) -> None:
    number = tts.done("POST", "/sla", NEGOTIATED)
    tts.done("PUT", f"/sla/{number}", CUSTOM_DATES)
    tts.done("DELETE", f"/sla/{number}")
    log = [(one.what, one.who) for one in Change.objects.order_by("pk")]
    assert log == [(what, "bob") for what in ("created", "published", "saved", "published", "removed")]
