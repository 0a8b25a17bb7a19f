"""Making and ending feeds: by REST, on pages, by the command line."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import granting, tokens
from sojourn.feeds import feeds, presets
from sojourn.feeds.models import Feed, FeedSecret, Preset
from tests.api.asking import Ask, problem
from tests.builders import issue, store
from tests.cli.conftest import sojourn
from tests.cli.running import Sojourn

__all__ = ["sojourn"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def people(client: Client) -> dict[str, Ask]:
    """ann may make feeds, bob may not, both see one work item; each has a preset."""
    store(issue("SUP-1"))
    found = {}
    for name in ("ann", "bob"):
        account = get_user_model().objects.create_user(name)
        granting.grant(name, granting.Place("Test"), timezone.now(), "test")
        presets.save(account, "Weekly", "time-in-status", {}, timezone.now())
        found[name] = Ask(client, tokens.create(name, ["read", "write"], timezone.now(), None))
    granting.give("ann", "analyst")
    return found


def mine(name: str) -> int:
    return Preset.objects.get(owner__username=name).pk


def test_a_feed_is_made_read_renewed_and_revoked_by_rest(people: dict[str, Ask]) -> None:
    ann = people["ann"]
    feeds.switch(on=True)
    made = ann.post("/feeds", {"preset": mine("ann"), "dataset": "issues", "days": 90})
    assert made["link"] == f"http://testserver/{feeds.PATH}?datafeedID={made['id']}"
    assert made["odata"] == f"http://testserver/odata/v4/feeds/{made['id']}/"
    assert (made["name"], made["dataset"], made["owner"], made["over"]) == ("Weekly", "issues", "ann", "")
    secret = ann.post(f"/feeds/{made['id']}/secret", {})["secret"]
    path = made["link"].removeprefix("http://testserver")
    read = Client().get(path, headers={"Authorization": f"Bearer {secret}"})
    assert [row["issueKey"] for row in json.loads(read.content)["rows"]] == ["SUP-1"]
    (listed,) = ann.get("/feeds")["feeds"]
    assert (listed["last_rows"], listed["last_problem"]) == (1, "")
    assert secret not in json.dumps(listed)
    assert secret not in str(list(FeedSecret.objects.values()))
    assert ann.get(f"/presets/{mine('ann')}")["hanging_on"] == ["1 data feed"]
    assert ann("DELETE", f"/feeds/{made['id']}").status_code == 204
    assert ann.get(f"/feeds/{made['id']}")["over"].startswith("The feed was revoked")
    assert Client().get(path, headers={"Authorization": f"Bearer {secret}"}).status_code == 410


def test_feeds_are_their_owners(people: dict[str, Ask]) -> None:
    made = people["ann"].post("/feeds", {"preset": mine("ann")})
    granting.give("bob", "analyst")
    assert people["bob"].get("/feeds") == {"feeds": []}
    for method, more in (("GET", ""), ("DELETE", ""), ("POST", "/secret")):
        problem(people["bob"](method, f"/feeds/{made['id']}{more}"), 404)
    assert problem(people["ann"]("POST", "/feeds", {"preset": mine("bob")}), 400)["errors"][0]["parameter"] == "preset"
    wrong = {"preset": mine("ann"), "dataset": "nonsense"}
    assert problem(people["ann"]("POST", "/feeds", wrong), 400)["errors"][0]["parameter"] == "dataset"


def test_the_page_generates_a_link_and_shows_secrets_once(people: dict[str, Ask], client: Client) -> None:
    client.force_login(get_user_model().objects.get(username="ann"))
    assert "There are no data feeds yet" in client.get("/feeds").content.decode()
    client.post("/feeds/generate", {"preset": mine("ann"), "dataset": ""})
    feed = Feed.objects.get()
    html = unescape(client.get("/feeds").content.decode())
    for text in (f"http://testserver/{feeds.PATH}?datafeedID={feed.pk}", "about 1 work item ·", "not called yet"):
        assert text in html
    assert "is <strong>off</strong>" in html
    shown = client.post(f"/feeds/{feed.pk}", {"do": "secret"}).content.decode()
    secret = re.search(r"sjf_[\w-]{43}", shown)
    assert secret
    assert feeds.opens(feed, secret[0], timezone.now())
    assert secret[0] not in client.get("/feeds").content.decode()
    html = unescape(client.post(f"/feeds/{feed.pk}", {"do": "client"}).content.decode())
    authorize = re.search(r'href="(/oauth/authorize[^"]*)"', html)
    assert authorize
    consent = client.get(authorize[1])
    assert consent.status_code == 200
    assert f"Data feed {feed.pk}" in consent.content.decode()
    fields = {
        name: unescape(text) for name, text in re.findall(r'name="(\w+)" value="([^"]*)"', consent.content.decode())
    }
    back = client.post("/oauth/authorize", {**fields, "allow": "Authorize"})["Location"]
    assert urlsplit(back).path == "/oauth/callback"
    page = client.get(back.removeprefix("http://testserver"))
    assert "Authorization code" in page.content.decode()
    client.post(f"/feeds/{feed.pk}", {"do": "revoke"})
    assert "There are no data feeds yet" in client.get("/feeds").content.decode()


def test_who_may_not_make_feeds_cannot(people: dict[str, Ask], client: Client) -> None:
    bob = get_user_model().objects.get(username="bob")
    feed = feeds.generate(bob, Preset.objects.get(owner=bob), timezone.now())
    client.force_login(bob)
    assert "Generate a link" not in client.get("/feeds").content.decode()
    refused: list[tuple[str, dict[str, Any]]] = [
        ("/feeds/generate", {"preset": mine("bob")}),
        (f"/feeds/{feed.pk}", {"do": "secret"}),
        (f"/feeds/{feed.pk}", {"do": "client"}),
        ("/feeds/switch", {"on": "true"}),
    ]
    for path, given in refused:
        assert client.post(path, given).status_code == 400
    assert client.post(f"/feeds/{feed.pk}", {"do": "nonsense"}).status_code == 404
    assert not feeds.is_on()
    assert not FeedSecret.objects.exists()


def test_an_administrator_switches_the_api(people: dict[str, Ask], client: Client, sojourn: Sojourn) -> None:
    granting.give("ann", "administrator")
    client.force_login(get_user_model().objects.get(username="ann"))
    for text, on in (("true", True), ("false", False)):
        client.post("/feeds/switch", {"on": text})
        assert feeds.is_on() == on
    assert sojourn("feed", "api", "on").err == "Data feeds are on.\n"
    assert feeds.is_on()
    assert sojourn("feed", "api", "off").code == 0
    assert not feeds.is_on()


def test_the_operator_lists_and_revokes_feeds(people: dict[str, Ask], sojourn: Sojourn) -> None:
    ann = get_user_model().objects.get(username="ann")
    feed = feeds.generate(ann, Preset.objects.get(owner=ann), timezone.now())
    assert sojourn("feed", "list").out == f"{feed.pk}\tWeekly\treport\tann\tnot called yet\n"
    assert sojourn("feed", "revoke", "nonsense").code == 2
    assert sojourn("feed", "revoke", feed.pk).code == 0
    (row,) = json.loads(sojourn("feed", "list", "--json").out)
    assert row["over"].startswith("The feed was revoked")


def test_a_preset_that_cannot_be_asked_any_more_says_so_on_the_page(people: dict[str, Ask], client: Client) -> None:
    ann = get_user_model().objects.get(username="ann")
    preset = presets.save(ann, "Of SUP", "time-in-status", {"project": ["SUP"]}, timezone.now())
    feeds.generate(ann, preset, timezone.now())
    granting.take_back(granting.listed().filter(user=ann).get().pk)
    client.force_login(ann)
    html = unescape(client.get("/feeds").content.decode())
    assert "there is no project 'SUP'" in html
    assert "Check that the preset can be opened" in html
