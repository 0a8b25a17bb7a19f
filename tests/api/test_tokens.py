"""One's own tokens, by the API and on the page."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import tokens
from sojourn.access.models import Token
from tests.api.asking import Ask, problem
from tests.feeds.authorizing import Tool

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db: Any) -> Any:
    return get_user_model().objects.create_user("ann", password="a long pass phrase")


def names(ask: Ask) -> list[str]:
    return [one["name"] for one in ask.get("/tokens")["tokens"]]


def test_a_token_is_made_shown_once_listed_and_revoked(edit: Ask, ann: Any) -> None:
    others = tokens.create("ann", ["read"], timezone.now(), None)
    made = edit.post("/tokens", {"scopes": ["read"], "days": 30, "label": " the  nightly\texport "})
    assert made["token"].startswith(made["name"])
    assert (made["label"], made["scopes"], made["last_used_at"]) == ("the nightly export", ["read"], None)
    listed = edit.get("/tokens")["tokens"]
    assert listed[0] == {key: value for key, value in made.items() if key != "token"}
    assert made["token"] not in json.dumps(listed)
    by_it = Ask(edit.client, made["token"])
    assert by_it.get("/tokens")["tokens"][0]["last_used_at"]
    assert others[:12] not in names(edit)
    assert edit("DELETE", f"/tokens/{made['name']}").status_code == 204
    assert made["name"] not in names(edit)
    assert "was revoked" in problem(by_it("GET", "/projects"), 401)["detail"]
    assert problem(edit("DELETE", f"/tokens/{made['name']}"), 404)


def test_nobody_revokes_what_is_another_s(edit: Ask, ann: Any) -> None:
    secret = tokens.create("ann", ["read"], timezone.now(), None)
    for name in (secret[:12], secret):
        problem(edit("DELETE", f"/tokens/{name}"), 404)
    assert Token.objects.get(name=secret[:12]).revoked_at is None


def test_a_token_makes_none_that_can_do_more_or_holds_longer(edit: Ask, bob: Any) -> None:
    told = problem(edit("POST", "/tokens", {"scopes": ["read", "sla:write"]}), 400)
    assert "sla:write is more than the token" in told["detail"]
    short = Ask(edit.client, tokens.create("bob", ["write"], timezone.now(), timedelta(days=2)))
    for days in (None, 3):
        assert "ends on" in problem(short("POST", "/tokens", {"scopes": ["write"], "days": days}), 400)["detail"]
    assert short("POST", "/tokens", {"scopes": ["write"], "days": 1}).status_code == 201


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"label": "x" * 101}, "label"),
        ({"user": "ann"}, "user"),
    ],
)
def test_what_is_no_token_is_refused(edit: Ask, body: dict[str, Any], says: str) -> None:
    assert says in problem(edit("POST", "/tokens", body), 400)["detail"]


def test_a_reader_makes_and_revokes_none(ask: Ask) -> None:
    problem(ask("POST", "/tokens", {}), 403)
    problem(ask("DELETE", "/tokens/sjn_00000000"), 403)


def test_a_program_let_in_by_oauth_makes_none(client: Client) -> None:
    """It would stay when the program's access is taken away."""
    by_it = Ask(client, Tool.made(client).tokens(scope="report:read admin")["access_token"])
    client.logout()
    for method, path, body in (("POST", "/tokens", {}), ("GET", "/tokens", None), ("DELETE", "/tokens/sjn_1", None)):
        assert "let in by OAuth" in problem(by_it(method, path, body), 403)["detail"]


def test_fifty_are_enough(edit: Ask, bob: Any) -> None:
    for _ in range(tokens.MOST - 1):
        tokens.create("bob", ["read"], timezone.now(), None)
    assert "has 50 tokens already" in problem(edit("POST", "/tokens", {}), 400)["detail"]
    Token.objects.filter(user=bob).order_by("-pk")[:1].get().delete()
    tokens.create("bob", ["read"], timezone.now() - timedelta(days=2), timedelta(days=1))  # it has expired
    assert edit("POST", "/tokens", {}).status_code == 201


def test_the_page_shows_a_token_once_and_asks_before_it_is_revoked(client: Client, ann: Any) -> None:
    client.force_login(ann)
    assert "You have no tokens" in client.get("/account/tokens").content.decode()
    made = client.post("/account/tokens/make", {"scope": ["read", "write"], "days": "90", "label": "<b>mine</b>"})
    [secret] = re.findall(r"sjn_[0-9a-f]{8}_[\w-]{43}", made.content.decode())
    assert "no-store" in made["Cache-Control"]
    token = tokens.check(secret, timezone.now())
    assert (token.user, token.scopes, token.label) == (ann, ["read", "write"], "<b>mine</b>")
    assert token.expires_at is not None
    page = client.get("/account/tokens").content.decode()
    assert secret not in page
    assert "&lt;b&gt;mine&lt;/b&gt;" in page
    assert "last used" in page
    assert "This cannot be taken back" in page
    assert client.get(f"/account/tokens/{token.name}/revoke").status_code == 405
    assert client.post(f"/account/tokens/{token.name}/revoke")["Location"] == "/account/tokens"
    assert token.name not in client.get("/account/tokens").content.decode()


def test_the_page_is_of_one_s_own_tokens_and_says_what_is_wrong(client: Client, ann: Any, bob: Any) -> None:
    secret = tokens.create("bob", ["read"], timezone.now(), None, "of bob")
    client.force_login(ann)
    assert "of bob" not in client.get("/account/tokens").content.decode()
    assert client.post(f"/account/tokens/{secret[:12]}/revoke").status_code == 400
    assert tokens.check(secret, timezone.now())
    for given in ({"days": "90"}, {"scope": "read", "days": "7"}, {"scope": "all", "days": ""}):
        answer = client.post("/account/tokens/make", given)
        assert answer.status_code == 400
        assert "This was not done" in answer.content.decode()
    assert not Token.objects.filter(user=ann).exists()


def test_a_token_that_ended_says_so(client: Client, ann: Any) -> None:
    tokens.create("ann", ["read"], timezone.now() - timedelta(days=2), timedelta(days=1), "the old one")
    client.force_login(ann)
    assert '<span class="pill">expired</span>' in client.get("/account/tokens").content.decode()
