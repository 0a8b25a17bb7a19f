"""Asking the Time to SLA services, and the answers of their document."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client

ROOT = "/rest/tts-api/latest"


@dataclass
class Tts:
    """A client with a token."""

    client: Client
    token: str
    root: str = ROOT

    def call(self, method: str, path: str, body: Any = ..., **headers: str) -> HttpResponse:
        given: dict[str, Any] = {}
        if body is not ...:
            given["data"] = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.generic(
            method,
            f"{self.root}{path}",
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}"} | headers,
            **given,
        )

    def __call__(self, method: str, path: str, body: Any = ..., status: int = 200) -> Any:
        response = self.call(method, path, body)
        assert response.status_code == status, response.content
        assert response["Content-Type"] == "application/json"
        assert "no-store" in response["Cache-Control"]
        return json.loads(response.content)

    def done(self, method: str, path: str, body: Any = ...) -> str:
        found = self(method, path, body)
        assert found.keys() == {"success", "message"}
        assert found["success"] is True, found
        message: str = found["message"]
        assert isinstance(message, str)
        return message

    def failed(self, method: str, path: str, body: Any = ..., status: int = 200) -> str:
        found = self(method, path, body, status)
        assert found.keys() - {"detail"} == {"success", "message"}
        assert found["success"] is False
        message: str = found["message"]
        return message


# The bodies and answers of the document, without the comments in them.
CUSTOM_DATES = {
    "description": "Description of the SLA definition",
    "workflowName": "Workflow name",
    "slaStartDateField": 10900,
    "slaEndDateField": 10901,
    "slaValueAsTimeString": "3h",
    "jqlString": "",
    "calendarId": -1,
    "multipleTransition": True,
    "onlyFirstExecution": False,
}
NEGOTIATED = {
    "description": "Description of the SLA definition",
    "workflowName": "Workflow name",
    "originStatusId": [1],
    "targetStatusId": [6],
    "slaNegotiationDateIssueFieldKey": "duedate",
    "jqlString": "",
    "calendarId": -1,
    "multipleTransition": True,
    "onlyFirstExecution": False,
}
PAUSED = NEGOTIATED | {"pauseSlaArray": [1, 5]}
HANDLE = {
    "id": 24,
    "description": "Urgent Handle",
    "workflowName": "TTS Project Workflow",
    "priorityId": "1",
    "originStatusId": [1],
    "targetStatusId": [3],
    "slaValueAsTimeString": "20m",
    "jqlString": "",
    "pauseSlaArray": [],
    "empty": False,
}
FIX = {
    "id": 25,
    "description": "Urgent Fix",
    "workflowName": "TTS Project Workflow",
    "priorityId": "1",
    "originStatusId": [3],
    "targetStatusId": [5],
    "slaValueAsTimeString": "1h",
    "jqlString": "",
    "pauseSlaArray": [],
    "empty": False,
}
FINALIZE = {
    "id": 28,
    "description": "Trivial Finalize",
    "workflowName": "TTS Project Workflow",
    "priorityId": "5",
    "originStatusId": [1],
    "targetStatusId": [6],
    "slaValueAsTimeString": "1d",
    "jqlString": "",
    "pauseSlaArray": [1],
    "empty": False,
}
RESOLVE = {
    "id": 26,
    "description": "Normal Resolve",
    "workflowName": "TTS Project Workflow",
    "originStatusId": [1],
    "targetStatusId": [5],
    "slaValueAsTimeString": "4h",
    "workingTimeId": 1,
    "jqlString": "priority != Blocker",
    "pauseSlaArray": [],
    "empty": False,
}
SEVERAL = {
    "id": 30,
    "description": "Multiple Status SLA",
    "workflowName": "TTS Project Workflow",
    "originStatusId": [1, 4],
    "targetStatusId": [5, 6],
    "slaValueAsTimeString": "10m",
    "jqlString": "issuekey = TP-29",
    "pauseSlaArray": [],
    "empty": False,
}
DOCUMENTED = [HANDLE, FIX, FINALIZE, RESOLVE, SEVERAL]


def like(sample: Any, found: Any, path: str = "") -> None:
    """Whether an answer has the names and types of a sample, whatever the values; there may be more."""
    if sample is None or found is None:
        return
    assert type(sample) is type(found), (path, sample, found)
    if isinstance(sample, dict):
        assert sample.keys() <= found.keys(), (path, sample.keys() - found.keys())
        for key, value in sample.items():
            like(value, found[key], f"{path}.{key}")
    if isinstance(sample, list) and sample:
        for place, one in enumerate(found):
            like(sample[0], one, f"{path}[{place}]")


DETAILS = {
    "paused": False,
    "endDate": "2017-11-03T10:35:22Z",
    "slaTargetSourceName": "Resolved",
    "inNonWorkingDays": False,
    "notMuchTime": 80,
    "formattedWorkingDuration": "1d 1h 35m 22s",
    "formattedRemainingDuration": "6h 24m 38s",
    "slaStatus": "SUCCESS",
    "synchronizing": False,
    "remainingDuration": "PT22H24M38S",
    "elapsedPercentage": 53,
    "class": "class com.tuncaysenturk.jira.plugins.dto.IssueSlaDetailsDto",
    "slaValue": "PT48H",
    "slaOriginSourceName": "Open",
    "inNonWorkingHours": False,
    "slaName": "Resolution Time",
    "workingDuration": "PT25H35M22S",
    "slaId": 0,
    "targetDate": "2017-12-02T09:30:00Z",
    "slaValueType": "SLA_VALUE",
    "started": True,
    "finished": False,
    "workingCalendarName": "8-5 Business Hours",
    "slaOriginType": "STATUS",
    "inCriticalZone": True,
    "slaValueSourceName": "SLA Value",
    "slaTargetType": "STATUS",
    "startDate": "2017-10-02T09:30:00Z",
    "slaValueAsDurationString": "2d",
}
_LEFT = ("remainingDuration", "formattedRemainingDuration")
OVERDUE = {key: value for key, value in DETAILS.items() if key not in _LEFT} | {
    "slaStatus": "EXCEED",
    "overdueDuration": "PT1H35M22S",
    "formattedOverdueDuration": "1d 1h 35m 22s",
}
PAGE = {
    "totalIssues": 49,
    "pagesCount": 5,
    "start": 0,
    "niceStart": 1,
    "end": 10,
    "nextStart": 10,
    "previousStart": 0,
    "slas": [DETAILS],
}
IN_FIELD = {
    "slaId": 25,
    "slaName": "Urgent Fix",
    "originStatusName": "In Progress",
    "targetStatusName": "Resolved",
    "slaValue": 60,
    "slaValueAsString": "1h",
    "statusDate": 1431931844500,
    "targetDate": 1431935444500,
    "overdue": "(SLA Overdue) 3 hours, 55 minutes, 51 seconds",
}
IN_OVERVIEW: list[dict[str, Any]] = [
    {
        "timePerformed": 1457004154795,
        "workingDuration": "46 minutes, 10 seconds",
        "workingDurationAsSeconds": 2770,
        "pausedDuration": "0",
        "slaValueAsTimeString": "20m",
        "status": "EXCEED",
        "breachString": "26 minutes, 10 seconds",
        "originDate": 1457004154795,
        "statusDate": 1457004154795,
        "expectedTargetDate": 1457005354795,
        "actualTargetDate": 1431954304511,
        "slaName": "Urgent Handle",
    },
    {
        "timePerformed": 1457004154795,
        "workingDuration": "46 minutes, 10 seconds",
        "workingDurationAsSeconds": 2770,
        "pausedDuration": "0",
        "slaValueAsTimeString": "1h",
        "status": "STILL",
        "originDate": 1457004154795,
        "statusDate": 1457004154795,
        "expectedTargetDate": 1457007754795,
        "actualTargetDate": 1431954357960,
        "slaName": "Urgent Fix",
    },
]
