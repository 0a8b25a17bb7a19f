"""Services 15 to 17: generating, resetting and the history, with the messages of the document."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from sojourn.access import tokens
from sojourn.access.models import Right
from sojourn.history.models import Issue
from sojourn.sla import definitions
from sojourn.sla.models import Clock, Reset
from tests.api.tts.asking import Tts
from tests.api.tts.test_issues import NOW, QUICK, RESOLVE
from tests.builders import issue, store
from tests.sla.help import ANN, HOUR, MON

pytestmark = pytest.mark.usefixtures("world", "now")
WHY = "by the Time to SLA services"
NOTHING = "There are no generated SLA data for issue: TP-7"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """TP-1, TP-3 and TP-5 were done at 12:00; TP-7 is open."""
    monkeypatch.setattr("sojourn.api.tts.calls.timezone.now", lambda: datetime.fromtimestamp(NOW / 1000, UTC))
    store(issue("TP-7", "Open"))


def form(tts: Tts, path: str, **fields: object) -> dict[str, object]:
    address = f"/rest/tts-api/latest{path}"
    given = {"content_type": "application/x-www-form-urlencoded", "headers": {"Authorization": f"Bearer {tts.token}"}}
    answer: dict[str, object] = tts.client.post(address, urlencode(fields), **given).json()
    return answer


def test_15_all_cycles_of_a_work_item_are_counted(tts: Tts) -> None:
    numbers = [int(tts.done("POST", "/sla", given)) for given in (RESOLVE, QUICK)]
    Clock.objects.all().delete()
    assert tts("GET", "/sla/issue/TP-1") == []
    assert tts("POST", "/sla/generate/TP-1") == {"success": True, "message": ""}
    found = tts("GET", "/sla/issue/TP-1")
    assert [(one["slaId"], one["slaStatus"]) for one in found] == [(numbers[0], "SUCCESS"), (numbers[1], "EXCEED")]
    assert tts("GET", "/sla/issue/TP-3") == []
    assert tts("POST", f"/sla/generate/{Issue.objects.get(key='TP-3').jira_id}", {})["success"]
    assert len(tts("GET", "/sla/issue/TP-3")) == 2


@pytest.mark.parametrize("path", ["/sla/generate/TTS-313", "/sla/reset/TTS-313", "/sla/reset/TTS-313/1"])
def test_what_is_not_there(tts: Tts, path: str) -> None:
    assert tts("POST", path) == {"success": False, "message": "Issue not exists: TTS-313"}


def test_who_may_not(tts: Tts) -> None:
    tts.done("POST", "/sla", RESOLVE)
    vera = get_user_model().objects.create_user("vera")
    own = Tts(tts.client, tokens.create("vera", ["sla:read", "sla:write"], timezone.now(), None))
    for path in ("/sla/generate/TP-1", "/sla/reset/TP-1"):
        assert own.failed("POST", path) == "Unauthorized user"
    for area in ("recalculation", "issue-actions"):
        Right.objects.create(user=vera, name=area)
    for path in ("/sla/generate/TP-1", "/sla/reset/TP-1"):  # she may, but sees no work item
        assert own.failed("POST", path) == "Issue not exists: TP-1"


def test_16_without_data_nothing_is_reset(tts: Tts) -> None:
    number = tts.done("POST", "/sla", RESOLVE)
    Clock.objects.all().delete()
    for path in ("/sla/reset/TP-7", f"/sla/reset/TP-7/{number}"):
        assert tts("POST", path) == {"success": True, "message": NOTHING}
    assert tts.failed("POST", "/sla/reset/TP-7/99") == "SLA not exists: 99"
    assert not Reset.objects.exists()


def test_16_all_slas_or_one(tts: Tts) -> None:
    first, second = (int(tts.done("POST", "/sla", given)) for given in (RESOLVE, QUICK))
    tts.done("POST", "/sla/generate/TP-7")
    assert [one["workingDuration"] for one in tts("GET", "/sla/issue/TP-7")] == ["PT10H", "PT10H"]
    assert form(tts, f"/sla/reset/TP-7/{first}", date=MON + 9 * HOUR) == {"success": True, "message": ""}
    assert [one["workingDuration"] for one in tts("GET", "/sla/issue/TP-7")] == ["PT1H", "PT10H"]
    assert tts.done("POST", "/sla/reset/TP-7") == ""
    found = tts("GET", "/sla/issue/TP-7")
    assert [(one["workingDuration"], one["slaStatus"]) for one in found] == [("PT0S", "STILL"), ("PT0S", "STILL")]
    made = [(one.definition_id, one.at_ms, one.who, one.finished) for one in Reset.objects.order_by("pk")]
    assert made == [
        (first, MON + 9 * HOUR, "bob", "restart"),
        (first, NOW, "bob", "restart"),
        (second, NOW, "bob", "restart"),
    ]


def test_16_one_that_is_switched_off_is_left_alone(tts: Tts) -> None:
    number = int(tts.done("POST", "/sla", RESOLVE))
    tts.done("POST", "/sla/generate/TP-7")
    definitions.set_enabled(number, ANN, enabled=False)
    assert tts.done("POST", "/sla/reset/TP-7") == NOTHING


@pytest.mark.parametrize("date", ["soon", "-1", "1.5", "9" * 18, NOW + 1, MON - 1, True, [1]])
def test_16_a_date_that_is_none(tts: Tts, date: object) -> None:
    tts.done("POST", "/sla", RESOLVE)
    tts.done("POST", "/sla/generate/TP-7")
    assert tts.failed("POST", "/sla/reset/TP-7", {"date": date}).startswith("date: ")
    if not isinstance(date, list):
        answer = form(tts, "/sla/reset/TP-7", date=date)
        assert answer["success"] is False
    assert not Reset.objects.exists()


def test_16_the_date_is_taken_as_json_too(tts: Tts) -> None:
    tts.done("POST", "/sla", RESOLVE)
    tts.done("POST", "/sla/generate/TP-7")
    assert tts.done("POST", "/sla/reset/TP-7", {"date": str(MON + HOUR)}) == ""
    assert tts.done("POST", "/sla/reset/TP-7", {"date": None}) == ""
    assert list(Reset.objects.order_by("pk").values_list("at_ms", flat=True)) == [MON + HOUR, NOW]
    assert tts.failed("POST", "/sla/reset/TP-7", {"day": 1}) == "day: is no parameter of this service; there is: date"


def test_17_the_history_of_each_sla(tts: Tts) -> None:
    first, second = (int(tts.done("POST", "/sla", given)) for given in (RESOLVE, QUICK))
    tts.done("POST", "/sla/generate/TP-1")
    met, over = tts("GET", "/sla/history/TP-1")
    assert (met["slaId"], met["slaName"], over["slaId"]) == (first, "Resolution", second)
    assert tts("GET", f"/sla/history/TP-1/{second}") == over
    (cycle,) = over["cycles"]
    assert cycle | {"events": []} == {
        "start": "2024-01-01T09:00:00Z",
        "end": "2024-01-01T12:00:00Z",
        "deadline": "2024-01-01T11:00:00Z",
        "verdict": "EXCEED",
        "valid": True,
        "events": [],
        "workingDuration": "PT3H",
        "formattedWorkingDuration": "3h",
        "pausedDuration": "PT0S",
        "formattedPausedDuration": "0s",
        "overdueDuration": "PT1H",
        "formattedOverdueDuration": "1h",
    }
    assert [(one["type"], one["date"], one["who"]) for one in cycle["events"]] == [
        ("START", "2024-01-01T09:00:00Z", None),
        ("CRITICAL_ZONE", "2024-01-01T10:36:00Z", None),
        ("BREACH", "2024-01-01T11:00:00Z", None),
        ("STOP", "2024-01-01T12:00:00Z", "Ann"),
    ]
    assert cycle["events"][-1]["why"] == "status entered Resolved"


def test_17_a_reset_is_told_with_who_and_why(tts: Tts) -> None:
    number = tts.done("POST", "/sla", RESOLVE)
    tts.done("POST", "/sla/generate/TP-7")
    tts.done("POST", "/sla/reset/TP-7", {"date": MON + HOUR})
    void, again = tts("GET", f"/sla/history/TP-7/{number}")["cycles"]
    assert (void["valid"], void["verdict"], void["deadline"]) == (False, None, None)
    assert [(one["type"], one["who"], one["why"]) for one in void["events"]][-1] == ("RESET", "bob", WHY)
    assert (again["valid"], again["end"], again["start"]) == (True, None, "2024-01-01T10:00:00Z")


def test_17_what_is_not_there(tts: Tts) -> None:
    number = tts.done("POST", "/sla", RESOLVE)
    Clock.objects.all().delete()
    assert tts("GET", "/sla/history/TP-1") == []
    assert tts("GET", f"/sla/history/TP-1/{number}") == {"slaId": int(number), "slaName": "Resolution", "cycles": []}
    assert tts("GET", "/sla/history/TTS-235", status=404) == {
        "message": 'Issue with given key "TTS-235" could not be found.'
    }
    assert tts.failed("GET", "/sla/history/TP-1/99") == "SLA not exists: 99"
