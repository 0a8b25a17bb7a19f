"""Calendars, next-gen definitions and permissions of the Time to SLA services."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sojourn.access import roles, tokens
from sojourn.sla import definitions
from tests.api.tts.asking import NEGOTIATED, Tts
from tests.sla.help import GOAL, OFFICE, policy

pytestmark = pytest.mark.usefixtures("world")
NEXT = {"name": "Resolution", "policy": policy()}


def test_1_calendars(tts: Tts) -> None:
    found = tts("GET", "/calendar")
    assert [(one["id"], one["name"]) for one in found[:2]] == [(-1, "7x24"), (-2, "Mon–Fri 09–18")]
    assert found[2] == {"id": found[2]["id"], **OFFICE}
    number = tts.done("POST", "/calendar", {"name": "Night", "tz": "UTC", "week": {"mon": [["22:00", "06:00"]]}})
    night = tts("GET", f"/calendar/{number}")
    assert (night["id"], night["name"]) == (int(number), "Night")
    assert tts.done("PUT", f"/calendar/{number}", night | {"tz": "Asia/Tokyo"}) == number
    assert tts("GET", f"/calendar/{number}")["tz"] == "Asia/Tokyo"
    assert tts.done("DELETE", f"/calendar/{number}") == f"Deleted calendarId with {number}"
    for method, body in (("GET", ...), ("PUT", OFFICE), ("DELETE", ...)):
        assert tts.failed(method, f"/calendar/{number}", body) == f"Calendar not exists: {number}"


def test_1_calendars_that_are_wrong_built_in_or_in_use(tts: Tts) -> None:
    number = tts("GET", "/calendar")[2]["id"]
    assert tts.failed("POST", "/calendar", OFFICE) == (
        "name: there is a calendar 'Office' already; PUT saves a new version of it"
    )
    assert tts.failed("POST", "/calendar", {"name": "A", "tz": "Mars"}).startswith("tz: ")
    assert tts.failed("POST", "/calendar", []) == "a calendar is an object, not []"
    assert tts.failed("POST", "/calendar", {"tz": "UTC"}).startswith("name: is missing")
    assert tts.failed("PUT", f"/calendar/{number}", OFFICE | {"name": "B"}).startswith("name: is not 'Office'")
    for method, body in (("PUT", OFFICE | {"name": "7x24"}), ("DELETE", ...)):
        assert "is built in" in tts.failed(method, "/calendar/-1", body)
    sla = tts.done("POST", "/sla", NEGOTIATED | {"calendarId": number})
    assert f"is used by the SLA {sla} Description" in tts.failed("DELETE", f"/calendar/{number}")
    assert tts("GET", f"/calendar/{number}")["name"] == "Office"


def test_2_next_gen(tts: Tts) -> None:
    number = tts.done("POST", "/nextgen/sla", NEXT)
    found = tts("GET", f"/nextgen/sla/{number}")
    assert found == {
        "id": int(number),
        "name": "Resolution",
        "site": None,
        "enabled": True,
        "published": 1,
        "latest": 1,
        "policy": policy(),
    }
    changed = found | {"name": "Renamed", "enabled": False, "policy": policy(cycles="each")}
    assert tts.done("PUT", f"/nextgen/sla/{number}", changed) == number
    later = tts("GET", f"/nextgen/sla/{number}")
    assert later == changed | {"published": 2, "latest": 2}
    assert tts("GET", "/nextgen/sla") == [later]
    assert tts("GET", "/sla") == []
    assert tts.done("DELETE", f"/nextgen/sla/{number}") == f"Deleted slaId with {number}"
    assert tts("GET", "/nextgen/sla") == []


def test_2_a_clone_is_disabled_until_it_is_enabled(tts: Tts) -> None:
    number = tts.done("POST", "/nextgen/sla", NEXT | {"site": "Test"})
    other = tts.done("POST", f"/nextgen/sla/{number}/clone")
    found = tts("GET", f"/nextgen/sla/{other}")
    assert (found["name"], found["site"], found["enabled"]) == ("Resolution (copy)", "Test", False)
    assert tts.done("POST", f"/nextgen/sla/{other}/enable") == other
    assert tts("GET", f"/nextgen/sla/{other}")["enabled"]
    assert tts.done("POST", f"/nextgen/sla/{other}/disable") == other
    assert not tts("GET", f"/nextgen/sla/{other}")["enabled"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "name: a text of 1 to 255 characters, not ''"),
        ([], "an SLA is an object with a name and a policy, not []"),
        ({"name": "A"}, "policy: an SLA's policy is an object, not None"),
        (NEXT | {"colour": 1}, "colour: unknown key; there are name, site, enabled, policy"),
        (NEXT | {"enabled": "yes"}, "enabled: true or false, not 'yes'"),
        (NEXT | {"site": "Nope"}, "site: there is no site 'Nope'; there are: Test"),
        (NEXT | {"site": []}, "site: there is no site []; there are: Test"),
        ({"name": "A", "policy": policy(goals=[GOAL | {"calendar": "Nope"}])}, "policy.goals[0].calendar: there is no"),
        ({"name": "A", "policy": policy(scope="key =")}, "policy.scope: line 1, column 6: "),
    ],
)
def test_2_what_is_wrong_is_refused_at_its_place(tts: Tts, body: Any, message: str) -> None:
    assert tts.failed("POST", "/nextgen/sla", body).startswith(message)
    number = tts.done("POST", "/nextgen/sla", NEXT)
    assert tts.failed("PUT", f"/nextgen/sla/{number}", body)
    assert [one["latest"] for one in tts("GET", "/nextgen/sla")] == [1]


def test_2_others_are_not_shown_here(tts: Tts) -> None:
    number = tts.done("POST", "/sla", NEGOTIATED)
    for method, path, body in (
        ("GET", "", ...),
        ("PUT", "", NEXT),
        ("DELETE", "", ...),
        *(("POST", f"/{act}", ...) for act in ("clone", "enable", "disable")),
    ):
        for one in (number, "99", "x"):
            assert tts.failed(method, f"/nextgen/sla/{one}{path}", body) == f"SLA not exists: {one}"
    assert definitions.find(int(number)).enabled


def test_3_permissions_are_told_and_given_elsewhere(tts: Tts, client: Client, bob: Any) -> None:
    both = {"id": bob.pk, "user": "bob", "permissions": list(roles.AREAS), "scopes": ["sla:read", "sla:write"]}
    assert tts("GET", "/permission") == [both]
    assert tts("GET", f"/permission/{bob.pk}") == both
    reader = Tts(client, tokens.create("bob", ["sla:read"], timezone.now(), None))
    assert reader("GET", "/permission") == [both | {"scopes": ["sla:read"]}]
    assert tts.failed("GET", "/permission/99") == "Permission not exists: 99"
    for method, path in (("POST", "/permission"), ("PUT", "/permission/1"), ("DELETE", "/permission/1")):
        assert "sojourn access give" in tts.failed(method, path, {})
    client.force_login(bob)
    assert client.get("/rest/tts-api/1.0/permission").json() == [both]
