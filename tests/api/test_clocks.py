"""The SLAs of work items through REST."""

import json

import pytest

from sojourn.sla.models import Definition
from tests.api.asking import Ask, content, problem
from tests.builders import change, issue, store
from tests.sla.defining import define, entered, policy, save_office

HOUR = 3_600_000
AS_OF = "2024-01-01T18:00Z"


@pytest.fixture
def resolution(db: None) -> Definition:
    """Four hours from Open to Done; one was met in two, reopened, and is waiting since an hour. Two never started."""
    monday = "2024-01-01T{}:00:00.000+0000"
    store(
        issue(
            "ABC-1",
            "Waiting",
            change(monday.format("11"), "status", "Open", "Done"),
            change(monday.format("12"), "status", "Done", "Open"),
            change(monday.format("17"), "status", "Open", "Waiting"),
        ),
        issue("XYZ-2", "Open", project={"id": "11", "key": "XYZ", "name": "Another"}),
    )
    return define(policy("4h", scope="project = ABC", start=entered("1")))


def test_cycles_are_told_as_jira_service_management_tells_them(ask: Ask, resolution: Definition) -> None:
    found = ask.get(f"/issues/ABC-1/slas?as_of={AS_OF}")
    assert (found["key"], found["as_of"]) == ("ABC-1", "2024-01-01T18:00:00.000Z")
    (sla,) = found["values"]
    assert (sla["id"], sla["name"], sla["version"], sla["cycleRule"]) == (str(resolution.pk), "Resolution", 1, "all")
    (done,), ongoing = sla["completedCycles"], sla["ongoingCycle"]
    assert done["startTime"] == {
        "epochMillis": 1_704_099_600_000,
        "iso8601": "2024-01-01T09:00:00.000Z",
        "friendly": "2024-01-01 09:00",
    }
    assert done["stopTime"]["iso8601"] == "2024-01-01T11:00:00.000Z"
    assert done["goalDuration"] == {"millis": 4 * HOUR, "friendly": "4h 0m"}
    assert done["elapsedTime"] == {"millis": 2 * HOUR, "friendly": "2h 0m"}
    assert done["remainingTime"] == {"millis": 2 * HOUR, "friendly": "2h 0m"}
    assert (done["breached"], done["verdict"], "paused" in done) == (False, "met", False)
    # It breached at 16:00, so that the pause from 17:00 on does not stop it any more.
    assert ongoing["breachTime"]["iso8601"] == "2024-01-01T16:00:00.000Z"
    assert (ongoing["breached"], ongoing["paused"], ongoing["state"]) == (True, True, "paused")
    assert ongoing["remainingTime"] == {"millis": -2 * HOUR, "friendly": "-2h 0m"}
    assert (ongoing["withinCalendarHours"], ongoing["percent"], "stopTime" in ongoing) == (True, 150, False)


def test_an_earlier_moment_is_told_as_it_was(ask: Ask, resolution: Definition) -> None:
    (sla,) = ask.get("/issues/ABC-1/slas?as_of=2024-01-01T10:00Z")["values"]
    assert sla["completedCycles"] == []
    assert sla["ongoingCycle"]["elapsedTime"]["millis"] == HOUR


def test_what_never_started_is_not_there(ask: Ask, resolution: Definition) -> None:
    assert ask.get("/issues/XYZ-2/slas")["values"] == []


def test_hours_are_those_of_the_goals_calendar(ask: Ask, resolution: Definition) -> None:
    save_office()
    define(policy("1d", "office"), name="In the office")
    sla = ask.get(f"/issues/ABC-1/slas?as_of={AS_OF}")["values"][1]
    cycle = sla["completedCycles"][0]
    assert (cycle["goalDuration"]["friendly"], cycle["startTime"]["friendly"]) == ("1d 0h 0m", "2024-01-01 10:00")


def test_a_work_item_that_is_not_there_is_said(ask: Ask, resolution: Definition) -> None:
    assert "ABC-7" in problem(ask("GET", "/issues/ABC-7/slas"), 404)["detail"]
    assert problem(ask("GET", "/issues/ABC-1/slas?as_of=soon"), 400)["errors"][0]["parameter"] == "as_of"


def test_cycles_come_in_pages(ask: Ask, resolution: Definition) -> None:
    first = ask.get(f"/cycles?as_of={AS_OF}&verdict=met&per_page=10")
    assert [row["elapsed_ms"] for row in first["rows"]] == [2 * HOUR]
    assert first["next"] is None
    lines = content(ask("GET", f"/cycles?as_of={AS_OF}&format=ndjson")).splitlines()
    assert [json.loads(line)["verdict"] for line in lines] == ["met", "breached"]
    assert "nonsense" in problem(ask("GET", "/cycles?nonsense=1"), 400)["detail"]


def test_a_clock_is_explained_as_json_text_and_a_picture(ask: Ask, resolution: Definition) -> None:
    path = f"/issues/ABC-1/slas/{resolution.pk}/explain?as_of={AS_OF}"
    found = ask.get(path)
    assert (found["issue"], found["sla"]["id"], found["state"]) == ("ABC-1", resolution.pk, "PAUSED")
    assert [event["kind"] for event in found["cycles"][0]["events"]] == ["start", "stop"]
    assert b"ABC-1" in content(ask("GET", f"{path}&form=text"))
    picture = ask("GET", f"{path}&form=svg")
    assert (picture["Content-Type"], content(picture)[:4]) == ("image/svg+xml", b"<svg")
    assert problem(ask("GET", f"{path}&form=png"), 400)["errors"][0]["parameter"] == "form"
    assert "There is no SLA 99" in problem(ask("GET", "/issues/ABC-1/slas/99/explain"), 404)["detail"]


def test_a_policy_is_tried_before_it_is_saved(ask: Ask, resolution: Definition) -> None:
    given = {"policy": policy("1h", start=entered("1")), "sla": resolution.pk, "as_of": AS_OF}
    found = ask.post("/preview", given)
    assert (found["looked_at"], found["goals"][0]["clocks"]) == (
        2,
        [{"state": "RUNNING", "verdict": "EXCEED", "count": 1}, {"state": "PAUSED", "verdict": "EXCEED", "count": 1}],
    )
    assert ask.post("/preview", {**given, "jql": "project = XYZ"})["looked_at"] == 1
    wrong = problem(ask("POST", "/preview", {"policy": {"start": 5}}), 400)
    assert wrong["errors"][0]["parameter"] == "stop"
    assert Definition.objects.count() == 1
