"""Definitions of SLAs through REST: drafts, versions, publishing, and the log."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import tokens
from sojourn.sla.models import Definition
from tests.api.asking import Ask, problem
from tests.sla.conftest import world
from tests.sla.help import GOAL, policy

__all__ = ["world"]
pytestmark = pytest.mark.usefixtures("world")
NEW = {"name": "Resolution", "policy": policy()}


def made(edit: Ask, **more: Any) -> str:
    response = edit("POST", "/slas", NEW | more)
    assert response.status_code == 201, response.content
    address: str = response["Location"]
    return address


def test_a_draft_is_made_published_read_and_deleted(edit: Ask) -> None:
    address = made(edit, reason="asked for")
    number = int(address.rpartition("/")[2])
    draft = edit.get(address)
    assert draft == {
        "id": number,
        "name": "Resolution",
        "site": None,
        "enabled": True,
        "published": None,
        "latest": 1,
        "policy": policy(),
    }
    published = edit.post(f"{address}/versions/1/publish", {"applies_to": "open"})
    assert (published["version"], published["published_by"], published["applies_to"]) == (1, "bob", "open")
    assert (published["saved_by"], published["reason"], published["published"][-1]) == ("bob", "asked for", "Z")
    assert edit.get(address) == draft | {"published": 1}
    assert edit("DELETE", address).status_code == 204
    problem(edit("GET", address), 404)
    assert edit.get("/slas") == {"slas": []}


def test_versions_and_what_differs_between_them(edit: Ask) -> None:
    address = made(edit)
    edit.post(f"{address}/versions/1/publish", {"applies_to": "all"})
    second = edit.post(f"{address}/versions", {"name": "Renamed", "policy": policy(goals=[GOAL | {"duration": "8h"}])})
    assert (second["version"], second["published"], second["applies_to"]) == (2, None, None)
    assert (edit.get(address)["name"], edit.get(address)["latest"]) == ("Resolution", 2)
    assert [one["name"] for one in edit.get(f"{address}/versions")["versions"]] == ["Resolution", "Renamed"]
    assert edit.get(f"{address}/versions/2") == second
    expected = [
        {"path": "name", "before": "Resolution", "after": "Renamed"},
        {"path": "policy.goals[0].duration", "before": "4h", "after": "8h"},
    ]
    assert edit.get(f"{address}/versions/2/differences")["differences"] == expected
    assert edit.get(f"{address}/versions/1/differences")["differences"] == []
    back = edit.get(f"{address}/versions/2/differences?to=1")["differences"]
    assert [(one["before"], one["after"]) for one in back] == [(one["after"], one["before"]) for one in expected]
    problem(edit("GET", f"{address}/versions/3"), 404)
    problem(edit("GET", f"{address}/versions/2/differences?to=0"), 404)
    problem(edit("POST", f"{address}/versions/3/publish", {"applies_to": "all"}), 404)


def test_they_are_found_by_name_and_site_copied_and_switched(edit: Ask) -> None:
    address = made(edit, site="Test")
    made(edit, name="First response")
    assert [one["name"] for one in edit.get("/slas?name=RESO")["slas"]] == ["Resolution"]
    assert [one["name"] for one in edit.get("/slas?site=Test")["slas"]] == ["Resolution"]
    assert edit.get("/slas?site=Nope")["slas"] == []
    copy = edit.post(f"{address}/clone", {})
    assert (copy["name"], copy["site"], copy["published"]) == ("Resolution (copy)", "Test", None)
    assert edit.post(f"{address}/disable", {})["enabled"] is False
    assert edit.post(f"{address}/enable", {})["enabled"] is True


def test_the_log_says_who_changed_what(edit: Ask) -> None:
    address = made(edit, reason="first")
    edit.post(f"{address}/versions/1/publish", {"applies_to": "new", "reason": "ready"})
    log = edit.get(f"{address}/changes")["changes"]
    assert [(one["what"], one["who"], one["reason"]) for one in log] == [
        ("created", "bob", "first"),
        ("published", "bob", "ready"),
    ]
    assert log[0]["before"] is None
    assert log[1]["after"]["applies_to"] == "new"


@pytest.mark.parametrize(
    ("body", "parameter", "words"),
    [
        ({"policy": policy()}, "name", "required"),
        ({"name": "A"}, "policy", "required"),
        ({"name": "A", "policy": []}, "policy", "dictionary"),
        (NEW | {"colour": "red"}, "colour", "not permitted"),
        (NEW | {"name": ""}, "name", "a text of 1 to 255 characters"),
        (NEW | {"site": "Nope"}, "site", "there are: Test"),
        (NEW | {"policy": policy(goals=[GOAL | {"calendar": "Nope"}])}, "policy.goals[0].calendar", "there are: 7x24"),
        (NEW | {"policy": policy(start={"field": "status", "entered": ["99"]})}, "policy.start", "no status 99"),
        (NEW | {"policy": policy(scope="colour = red")}, "policy.scope", "does not exist"),
    ],
)
def test_what_is_wrong_is_named(edit: Ask, body: Any, parameter: str, words: str) -> None:
    found = problem(edit("POST", "/slas", body), 400)
    assert [one["parameter"] for one in found["errors"]] == [parameter]
    assert words in found["detail"]
    assert ("column" in found) == (parameter == "policy.scope")
    assert not Definition.objects.exists()


def test_a_calendar_in_use_is_not_deleted(edit: Ask) -> None:
    made(edit, policy=policy(goals=[GOAL | {"calendar": "Office"}]))
    found = problem(edit("DELETE", "/calendars/Office"), 409)
    assert "is used by the SLA" in found["detail"]


def test_changes_need_the_area(edit: Ask, client: Client) -> None:
    address = made(edit)
    get_user_model().objects.create_user("vera")
    vera = Ask(client, tokens.create("vera", ["read", "write"], timezone.now(), None))
    assert vera.get(address)["name"] == "Resolution"
    for method, path, body in (
        ("POST", "/slas", NEW),
        ("DELETE", address, None),
        ("POST", f"{address}/versions", NEW),
        ("POST", f"{address}/versions/1/publish", {"applies_to": "all"}),
        ("POST", f"{address}/clone", {}),
        ("GET", f"{address}/changes", None),
    ):
        assert "needs the permission slas" in problem(vera(method, path, body), 403)["detail"]
