"""Presets: by REST, on pages, by the command line."""

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import granting, tokens
from sojourn.feeds import presets
from sojourn.feeds.models import Preset, PresetVersion
from tests.api.asking import Ask, problem
from tests.builders import issue, store
from tests.cli.conftest import sojourn
from tests.cli.running import Sojourn

__all__ = ["sojourn"]
pytestmark = pytest.mark.django_db
BODY = {"name": "Weekly", "report": "time-in-status", "options": {"project": "SUP", "shape": ["long"]}}


@pytest.fixture
def people(client: Client) -> dict[str, Ask]:
    store(issue("SUP-1"))
    found = {}
    for name in ("ann", "bob", "cid"):
        get_user_model().objects.create_user(name)
        granting.grant(name, granting.Place("Test"), timezone.now(), "test")
        found[name] = Ask(client, tokens.create(name, ["read", "write"], timezone.now(), None))
    granting.give("ann", "analyst")
    granting.give("bob", "analyst")
    granting.join("support", "bob")
    return found


def names(ask: Ask) -> list[str]:
    return [one["name"] for one in ask.get("/presets")["presets"]]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"report": "nonsense"}, "report"),
        ({"options": {"project": ["NOPE"]}}, "project"),
        ({"options": {"nonsense": "1"}}, "nonsense"),
        ({"options": {"calendar": "Nowhere"}}, "calendar"),
        ({"options": {"jql": "status = "}}, "jql"),
        ({"shared_with": ["nobody"]}, "shared_with"),
        ({"shared_with": ["user:eve"]}, "shared_with"),
        ({"shared_with": ["role:boss"]}, "shared_with"),
    ],
)
def test_what_cannot_be_asked_is_not_saved(people: dict[str, Ask], given: dict[str, Any], path: str) -> None:
    found = problem(people["ann"]("POST", "/presets", BODY | given), 400)
    assert found["errors"][0]["parameter"] == path
    assert Preset.objects.count() == 0


def test_a_name_is_taken_once_by_each_owner(people: dict[str, Ask]) -> None:
    people["ann"].post("/presets", BODY)
    assert "already" in problem(people["ann"]("POST", "/presets", BODY), 400)["detail"]
    people["bob"].post("/presets", BODY)


def test_what_is_private_is_not_there_for_others(people: dict[str, Ask]) -> None:
    number = people["ann"].post("/presets", BODY)["number"]
    assert names(people["bob"]) == []
    for method, more in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/versions"), ("POST", "/duplicate")):
        body = {"name": "Mine"} if method == "PUT" else None
        problem(people["bob"](method, f"/presets/{number}{more}", body), 404)
    assert Preset.objects.get().name == "Weekly"


@pytest.mark.parametrize(
    ("whom", "who"),
    [
        (["everyone"], {"bob", "cid"}),
        (["user:cid"], {"cid"}),
        (["group:support"], {"bob"}),
        (["role:analyst"], {"bob"}),
        (["role:viewer"], {"bob", "cid"}),
        (["role:administrator"], set()),
        ([], set()),
    ],
)
def test_it_is_open_to_whom_it_is_shared_with(people: dict[str, Ask], whom: list[str], who: set[str]) -> None:
    number = people["ann"].post("/presets", BODY | {"shared_with": whom})["number"]
    assert {name for name in ("bob", "cid") if names(people[name])} == who
    assert people["ann"].get(f"/presets/{number}")["shared_with"] == whom
    for name in who:
        assert people[name].get(f"/presets/{number}")["shared_with"] == []
        if name == "bob":  # an analyst, too
            detail = problem(people[name]("PUT", f"/presets/{number}", {"name": "Mine"}), 403)["detail"]
            assert "is ann's; duplicate it" in detail


def test_each_change_is_a_version_and_the_same_again_is_none(people: dict[str, Ask]) -> None:
    ann = people["ann"]
    number = ann.post("/presets", BODY)["number"]
    same, other = {"name": "Weekly", "options": BODY["options"]}, {"name": "Daily", "options": {"project": ["SUP"]}}
    assert json.loads(ann("PUT", f"/presets/{number}", same).content)["version"] == 1
    assert json.loads(ann("PUT", f"/presets/{number}", other).content)["version"] == 2
    found = ann.get(f"/presets/{number}/versions")["versions"]
    assert [(one["version"], one["name"], one["options"]) for one in found] == [
        (1, "Weekly", {"project": ["SUP"], "shape": ["long"]}),
        (2, "Daily", {"project": ["SUP"]}),
    ]


def test_a_copy_is_ones_own_and_says_the_same(people: dict[str, Ask]) -> None:
    number = people["ann"].post("/presets", BODY | {"shared_with": ["everyone"]})["number"]
    for copy in ("Weekly (copy)", "Weekly (copy 2)"):
        found = people["bob"].post(f"/presets/{number}/duplicate", {})
        assert (found["name"], found["owner"], found["shared_with"]) == (copy, "bob", [])
        assert found["options"] == {"project": ["SUP"], "shape": ["long"]}


def test_what_hangs_on_it_is_shown_and_goes_with_it(people: dict[str, Ask]) -> None:
    ann = people["ann"]
    number = ann.post("/presets", BODY | {"shared_with": ["group:support"]})["number"]
    bob = get_user_model().objects.get(username="bob")
    presets.make_default(bob, Preset.objects.get())
    assert ann.get(f"/presets/{number}")["hanging_on"] == ["shared with group:support", "opened first by 1 other"]
    assert ann("DELETE", f"/presets/{number}").status_code == 204
    assert not PresetVersion.objects.exists()
    assert presets.default(bob, "time-in-status") is None


def test_a_page_is_saved_opened_changed_and_opens_first(people: dict[str, Ask], client: Client) -> None:
    client.force_login(get_user_model().objects.get(username="ann"))
    query = "?shape=long&project=SUP&per_page=100"
    opened = client.post("/presets/save", {"query": query, "name": "Weekly", "as": "new"}, follow=True)
    html = opened.content.decode()
    assert "Weekly" in html
    assert "modified" not in html
    preset = Preset.objects.get()
    assert preset.options == {"project": ["SUP"], "shape": ["long"]}
    html = client.get(f"/reports/time-in-status?project=SUP&preset={preset.pk}").content.decode()
    assert '<span class="pill">modified</span>' in html
    changed = {"query": f"?project=SUP&preset={preset.pk}", "name": "Weekly", "as": "change"}
    assert client.post("/presets/save", changed).status_code == 302
    preset.refresh_from_db()
    assert (preset.version, preset.options) == (2, {"project": ["SUP"]})
    assert client.get("/")["Location"] == "/reports/time-in-status"
    client.post(f"/presets/{preset.pk}", {"do": "default"})
    assert client.get("/")["Location"] == f"/reports/time-in-status?project=SUP&preset={preset.pk}"
    client.post(f"/presets/{preset.pk}", {"do": "share", "shared_with": "group:support, user:cid"})
    html = client.get("/presets").content.decode()
    assert "What is lost with it: shared with group:support; shared with user:cid." in html
    refused = client.post(f"/presets/{preset.pk}", {"do": "share", "shared_with": "nobody"})
    assert refused.status_code == 400
    client.post(f"/presets/{preset.pk}", {"do": "delete"})
    assert not Preset.objects.exists()


def test_a_viewer_may_open_but_not_save(people: dict[str, Ask], client: Client) -> None:
    number = people["ann"].post("/presets", BODY | {"shared_with": ["everyone"]})["number"]
    client.force_login(get_user_model().objects.get(username="cid"))
    html = client.get(f"/reports/time-in-status?project=SUP&shape=long&preset={number}").content.decode()
    assert "Weekly" in html
    assert "Save as preset" not in html
    saving = {"query": "", "name": "Mine"}
    for path, given in (("save", saving), (number, {"do": "duplicate"}), (number, {"do": "delete"})):
        assert client.post(f"/presets/{path}", given).status_code == 400
    assert client.post(f"/presets/{number}", {"do": "nonsense"}).status_code == 404
    assert Preset.objects.count() == 1


def test_the_commands(people: dict[str, Ask], sojourn: Sojourn) -> None:
    saved = ("preset", "save", "Weekly", "--user", "ann", "--option", "project=SUP", "--share", "everyone")
    assert sojourn(*saved).code == 0
    assert ", version 2." in sojourn(*saved, "--option", "shape=long").err
    (row,) = json.loads(sojourn("preset", "list", "--user", "cid", "--json").out)
    assert row["options"] == {"project": ["SUP"], "shape": ["long"]}
    assert row["shared_with"] == ["everyone"]
    assert (
        sojourn("preset", "list", "--user", "ann").out == f"{row['number']}\tWeekly\ttime-in-status\tversion 2\tann\n"
    )
    assert "is ann's" in sojourn("preset", "delete", row["number"], "--user", "bob").err
    assert sojourn("preset", "delete", row["number"], "--user", "ann", "--yes").code == 0
    assert not Preset.objects.exists()
