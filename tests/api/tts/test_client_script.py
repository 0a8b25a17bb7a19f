"""A client as people write them for the services: the whole life of a definition, over real HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from sojourn.access import tokens
from tests.api.tts.asking import DETAILS, IN_FIELD, IN_OVERVIEW, OVERDUE, PAGE, like
from tests.api.tts.conftest import stocked


class TimeToSla:
    """What a script needs of the services: JSON in, JSON out, and messages where something is not done."""

    def __init__(self, base: str, user: str, token: str) -> None:
        self.http = httpx.Client(base_url=f"{base}/rest/tts-api/latest", auth=(user, token))

    def write(self, method: str, path: str, body: Any = None, **form: str) -> str:
        answer = self.http.request(method, path, json=body) if not form else self.http.post(path, data=form)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        if not found["success"]:
            raise RuntimeError(found["message"])
        message: str = found["message"]
        return message

    def read(self, path: str, **query: Any) -> Any:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def services(live_server: Any) -> Iterator[TimeToSla]:
    stocked()
    get_user_model().objects.create_superuser("bob")
    token = tokens.create("bob", ["sla:read", "sla:write"], timezone.now(), None)
    script = TimeToSla(live_server.url, "bob", token)
    with script.http:
        yield script


def test_the_life_of_a_definition(services: TimeToSla) -> None:
    definition = {
        "description": "Urgent Fix",
        "workflowName": "TTS Project Workflow",
        "originStatusId": [1],
        "targetStatusId": [5],
        "slaValueAsTimeString": "2h",
        "jqlString": "project = TP",
        "calendarId": -1,
        "multipleTransition": True,
        "onlyFirstExecution": False,
        "pauseSlaArray": [4],
    }
    with pytest.raises(RuntimeError, match="At least slaStartDateField or originStatusId should be provided"):
        services.write("POST", "/sla", {"description": "Urgent Fix"})

    number = int(services.write("POST", "/sla", definition))
    assert [one["id"] for one in services.read("/sla/search", description="urgent")] == [number]

    # It is for new and open cycles: what was over is counted when it is asked for.
    assert services.read("/sla/issue/TP-1") == []
    assert services.write("POST", "/sla/generate/TP-1") == ""
    found = services.read("/sla/issue/TP-1", slaId=number)
    like(OVERDUE, found)
    assert (found["slaStatus"], found["workingDuration"], found["overdueDuration"]) == ("EXCEED", "PT3H", "PT1H")
    like(PAGE | {"slas": []}, services.read("/sla/issues", jql="key = TP-1", max=5))
    like([IN_FIELD], services.read("/sla/field/TP-1"))
    like(IN_OVERVIEW[:1], services.read("/sla/overview/TP-1"))

    # A reset of a definition of these services starts a finished clock anew, where its start condition holds.
    assert services.write("POST", f"/sla/reset/TP-1/{number}", date="1704101400000") == ""
    cycles = services.read(f"/sla/history/TP-1/{number}")["cycles"]
    assert [one["valid"] for one in cycles] == [False, True]
    assert (cycles[0]["events"][-1]["type"], cycles[0]["events"][-1]["who"]) == ("RESET", "bob")
    assert (cycles[1]["start"], cycles[1]["workingDuration"]) == ("2024-01-01T09:30:00Z", "PT2H30M")

    longer = services.read(f"/sla/{number}") | {"slaValueAsTimeString": "4h"}
    assert services.write("PUT", "/sla", longer) == str(number)
    assert services.write("POST", "/sla/generate/TP-1") == ""
    met = services.read("/sla/issue/TP-1", slaId=number)
    like(DETAILS, met)
    assert (met["slaStatus"], met["slaValueAsDurationString"]) == ("SUCCESS", "4h")

    assert services.write("DELETE", f"/sla/{number}") == f"Deleted slaId with {number}"
    assert services.read("/sla/issue/TP-1") == []
    assert services.read(f"/sla/{number}") == {"success": False, "message": f"SLA not exists: {number}"}
    assert services.http.get("/sla/issue/TTS-235").json() == {
        "message": 'Issue with given key "TTS-235" could not be found.'
    }


def test_strangers_and_nonsense_over_real_http(services: TimeToSla) -> None:
    refused = httpx.get(f"{services.http.base_url}sla", auth=("bob", "sjn_wrong"))
    assert (refused.status_code, refused.json()["message"]) == (401, "Unauthorized user")
    assert services.http.post("/sla", content=b"{").status_code == 400
    assert services.http.post("/sla", content=json.dumps("x" * (1 << 21))).status_code == 413
    assert services.http.put("/sla/issue/TP-1").headers["Allow"] == "GET"
