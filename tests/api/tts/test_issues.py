"""Services 11 to 14: what SLAs show of work items, by the samples of the document; figures by hand."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from sojourn.access import tokens
from sojourn.history.models import Issue
from sojourn.jobs.models import Job, State
from sojourn.sla import definitions, legacy
from sojourn.sla.background import ask
from sojourn.sla.clocks import write
from sojourn.sla.definitions import Draft
from sojourn.sla.models import AppliesTo, Definition
from tests.api.tts.asking import DETAILS, IN_FIELD, IN_OVERVIEW, OVERDUE, PAGE, Tts, like
from tests.builders import change, issue, store
from tests.sla.help import ANN, HOUR, MON

pytestmark = pytest.mark.usefixtures("world")
NOW = MON + 10 * HOUR
"""Monday 19:00 UTC; the work items were created at 09:00."""

RESOLVE = {
    "description": "Resolution",
    "originStatusId": [1],
    "targetStatusId": [5],
    "slaValueAsTimeString": "4h",
    "multipleTransition": True,
}
QUICK = RESOLVE | {"description": "Quick", "slaValueAsTimeString": "2h"}
NEVER = RESOLVE | {"description": "Never", "originStatusId": [4]}


def define(given: dict[str, Any]) -> int:
    draft = legacy.read(given, MON)
    made = definitions.create(Draft(draft.name, draft.policy, draft.legacy), ANN)
    definitions.publish(made.definition_id, made.number, AppliesTo.ALL, ANN)
    return made.definition_id


@pytest.fixture
def slas(monkeypatch: pytest.MonkeyPatch) -> tuple[int, int, int]:
    """TP-1, TP-3 and TP-5 were done at 12:00; TP-7 is open."""
    monkeypatch.setattr("sojourn.api.tts.calls.timezone.now", lambda: datetime.fromtimestamp(NOW / 1000, UTC))
    store(issue("TP-7", "Open", change("2024-01-01T09:30:00.000+0000", "priority", "3", "1")))
    numbers = define(RESOLVE), define(QUICK), define(NEVER)
    write(Issue.objects.order_by("pk"), list(definitions.listed()), NOW)
    return numbers


def test_11_one_sla_is_an_object(tts: Tts, slas: tuple[int, int, int]) -> None:
    resolution, quick, _ = slas
    met = tts("GET", f"/sla/issue/TP-1?slaId={resolution}")
    like(DETAILS, met)
    assert (met["slaStatus"], met["finished"], met["workingDuration"]) == ("SUCCESS", True, "PT3H")
    assert (met["startDate"], met["endDate"]) == ("2024-01-01T09:00:00Z", "2024-01-01T12:00:00Z")
    assert (met["targetDate"], met["formattedRemainingDuration"]) == ("2024-01-01T13:00:00Z", "1h")
    assert (met["slaOriginSourceName"], met["slaTargetSourceName"]) == ("Open", "Resolved")
    over = tts("GET", f"/sla/issue/TP-1?slaId={quick}")
    like(OVERDUE, over)
    assert (over["slaStatus"], over["overdueDuration"], over["elapsedPercentage"]) == ("EXCEED", "PT1H", 150)


def test_11_without_an_sla_it_is_a_list_of_those_that_started(tts: Tts, slas: tuple[int, int, int]) -> None:
    found = tts("GET", "/sla/issue/TP-1")
    assert [one["slaName"] for one in found] == ["Resolution", "Quick"]
    assert [one["slaStatus"] for one in found] == ["SUCCESS", "EXCEED"]
    like([DETAILS], found[:1])
    like([OVERDUE], found[1:])
    assert [one["slaId"] for one in tts("GET", f"/sla/issue/{Issue.objects.get(key='TP-1').jira_id}")] == [*slas[:2]]


def test_11_a_clock_that_runs_is_told_as_of_now(tts: Tts, slas: tuple[int, int, int]) -> None:
    found = tts("GET", f"/sla/issue/TP-7?slaId={slas[0]}")
    assert (found["slaStatus"], found["started"], found["finished"]) == ("EXCEED", True, False)
    assert (found["workingDuration"], found["overdueDuration"], found["endDate"]) == ("PT10H", "PT6H", None)


def test_11_clocks_that_a_job_counts_anew_say_so(tts: Tts, slas: tuple[int, int, int]) -> None:
    Job.objects.update(state=State.FINISHED)
    assert not any(one["synchronizing"] for one in tts("GET", "/sla/issue/TP-1"))
    ask(definitions.find(slas[0]), "asked", now=timezone.now(), by="ann")
    assert [one["synchronizing"] for one in tts("GET", "/sla/issue/TP-1")] == [True, False]
    ask(definitions.find(slas[1]), "asked", now=timezone.now(), by="ann", only_open=True)
    assert [one["synchronizing"] for one in tts("GET", "/sla/issue/TP-1")] == [True, True]


def test_11_what_never_started(tts: Tts, slas: tuple[int, int, int]) -> None:
    found = tts("GET", f"/sla/issue/TP-1?slaId={slas[2]}")
    assert (found["slaId"], found["started"], found["workingDuration"]) == (slas[2], False, "PT0S")


@pytest.mark.parametrize("path", ["/sla/issue/", "/sla/field/", "/sla/overview/"])
def test_what_is_not_there(tts: Tts, slas: tuple[int, int, int], path: str) -> None:
    unknown = {"message": 'Issue with given key "TTS-235" could not be found.'}
    assert tts("GET", f"{path}TTS-235", status=404) == unknown
    assert tts("GET", f"{path}999999999999999999999", status=404)
    for number in ("99", "x"):
        assert tts.failed("GET", f"{path}TP-1?slaId={number}") == f"SLA not exists: {number}"
    Issue.objects.filter(key="TP-1").update(deleted_ms=NOW)
    assert tts("GET", f"{path}TP-1", status=404)


def test_a_draft_and_one_that_is_switched_off_show_nothing(tts: Tts, slas: tuple[int, int, int]) -> None:
    made = definitions.create(Draft("Draft", legacy.read(RESOLVE, MON).policy), ANN)
    assert tts.failed("GET", f"/sla/issue/TP-1?slaId={made.definition_id}").startswith("SLA not exists: ")
    definitions.set_enabled(slas[0], ANN, enabled=False)
    definitions.remove(slas[1], ANN)
    assert tts("GET", "/sla/issue/TP-1") == []
    assert Definition.objects.count() == 4


def test_a_key_of_several_sites_is_asked_for_with_the_site(tts: Tts, slas: tuple[int, int, int]) -> None:
    store(issue("TP-1", "Open"), site="Other")
    assert "such as Test and Other; name one" in tts.failed("GET", "/sla/issue/TP-1")
    assert len(tts("GET", "/sla/issue/TP-1?site=Test")) == 2


def test_12_by_jql_in_pages(tts: Tts, slas: tuple[int, int, int]) -> None:
    jql = quote("project = TP ORDER BY key")
    found = tts("GET", f"/sla/issues?jql={jql}&max=3")
    like(PAGE | {"slas": []}, found)
    assert [(one["issueKey"], one["slaName"]) for one in found["slas"]] == [
        (key, name) for key in ("TP-1", "TP-3", "TP-5") for name in ("Resolution", "Quick")
    ]
    places = ("totalIssues", "pagesCount", "start", "niceStart", "end", "nextStart", "previousStart")
    assert [found[place] for place in places] == [4, 2, 0, 1, 3, 3, 0]
    last = tts("GET", f"/sla/issues?jql={jql}&max=3&index=3&slaId={slas[1]}")
    assert [(one["issueKey"], one["slaId"]) for one in last["slas"]] == [("TP-7", slas[1])]
    assert [last[place] for place in places] == [4, 2, 3, 4, 4, 6, 0]
    beyond = tts("GET", f"/sla/issues?jql={jql}&index=100")
    assert (beyond["slas"], beyond["start"], beyond["end"], beyond["previousStart"]) == ([], 100, 4, 90)
    assert tts("GET", "/sla/issues")["totalIssues"] == 4
    assert tts("GET", f"/sla/issues?jql={quote('key = NO-1')}")["pagesCount"] == 0


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("max=101", "max: a whole number from 1 to 100, not '101'"),
        ("max=0", "max: a whole number from 1 to 100, not '0'"),
        ("index=-1", "index: a whole number from 0 to 9007199254740992, not '-1'"),
        ("index=x", "index: a whole number from 0 to "),
        (f"index={'9' * 60}", "index: a whole number from 0 to "),
        ("jql=key+%3D", "line 1, column 6: "),
        ("jql=colour+%3D+red", "line 1, column 1: the field 'colour' does not exist"),
        ("slaId=99", "SLA not exists: 99"),
        ("page=2", "page: is no parameter of this service; there are: jql, slaId, index, max"),
    ],
)
def test_12_what_is_wrong_says_so(tts: Tts, query: str, message: str) -> None:
    assert tts.failed("GET", f"/sla/issues?{query}").startswith(message)


def test_13_and_14(tts: Tts, slas: tuple[int, int, int]) -> None:
    met, over = tts("GET", "/sla/field/TP-1")
    like(IN_FIELD, over)
    assert (over["slaValue"], over["overdue"]) == (120, "(SLA Overdue) 1 hour")
    assert met["remaining"] == "1 hour"
    met, over = tts("GET", "/sla/overview/TP-1")
    like(IN_OVERVIEW[0], over)
    like(IN_OVERVIEW[1], met)
    assert (over["breachString"], over["workingDurationAsSeconds"]) == ("1 hour", 10_800)
    assert over["expectedTargetDate"] - over["originDate"] == 2 * HOUR
    assert [one["slaId"] for one in tts("GET", f"/sla/overview/TP-1?slaId={slas[1]}")] == [slas[1]]


def test_who_may_not_see_a_work_item_is_answered_as_if_it_were_not_there(tts: Tts, slas: tuple[int, int, int]) -> None:
    get_user_model().objects.create_user("vera")
    vera = Tts(tts.client, tokens.create("vera", ["sla:read"], timezone.now(), None))
    for path in ("/sla/issue/", "/sla/field/", "/sla/overview/"):
        assert vera("GET", f"{path}TP-1", status=404) == {"message": 'Issue with given key "TP-1" could not be found.'}
    assert vera("GET", "/sla/issues")["totalIssues"] == 0
