"""The authorization server: every row O1 to O13 of what it has to hold, refusals first."""

import io
import json
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, RefreshToken

from sojourn import worker
from sojourn.access import granting
from sojourn.errors import Refused, UserError
from sojourn.feeds import consents
from sojourn.feeds.models import Consent
from sojourn.feeds.oauth import Validator
from tests.feeds.authorizing import BACK, VERIFIER, Tool, reads
from tests.jobs.working import turn

pytestmark = pytest.mark.django_db


@pytest.fixture
def private(client: Client) -> Tool:
    return Tool.made(client)


@pytest.fixture
def public(client: Client) -> Tool:
    return Tool.made(client, public=True, name="Public tool")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put the clock forward."""
    real, ahead = timezone.now, [timedelta()]

    def now() -> datetime:
        return real() + ahead[0]

    monkeypatch.setattr(timezone, "now", now)

    def put(**by: float) -> None:
        ahead[0] += timedelta(**by)

    return put


def refused(answer: Any, error: str = "invalid_grant", status: int = 400) -> None:
    assert (answer.status_code, json.loads(answer.content)["error"]) == (status, error)


# O1
@pytest.mark.parametrize(
    "redirect",
    [
        f"{BACK}/",
        f"{BACK}&more=1",
        BACK.upper(),
        BACK.replace("?from=sojourn", ""),
        BACK.replace(".com", ".com:443"),
        BACK.replace(".com", ".com:8443"),
        BACK.replace("/callback", "/callback/../callback"),
        BACK.replace("/callback", "/callback%2e"),
        BACK.replace("https", "http"),
        BACK.replace("tool.", "tool.example.com@evil."),
        BACK.replace("tool.example.com", "tool.example.com.evil.example"),
        BACK.replace("/callback", "/callbacks"),
        f"{BACK}#part",
        "https://evil.example.com/",
        "",
    ],
)
def test_an_address_that_is_not_the_clients_letter_for_letter_is_refused_without_going_there(
    private: Tool, redirect: str
) -> None:
    page = private.consent(redirect_uri=redirect or "nonsense")
    assert page.status_code == 400
    assert "Location" not in page
    assert b"This cannot be authorized" in page.content
    assert not Grant.objects.exists()


def test_the_address_is_compared_again_when_the_code_is_changed(private: Tool) -> None:
    refused(private.change(private.code(), redirect_uri="https://tool.example.com/callback"), "invalid_request")


# O2
def test_a_code_that_is_used_again_revokes_what_it_was_changed_into(private: Tool) -> None:
    code = private.code()
    tokens = json.loads(private.change(code).content)
    assert reads(tokens["access_token"]) == 200
    refused(private.change(code))
    assert reads(tokens["access_token"]) == 401
    refused(private.refresh(tokens["refresh_token"]))


def test_a_code_is_no_other_clients(private: Tool, client: Client) -> None:
    code = private.code()
    other = Tool.made(client, name="Other")
    refused(other.change(code))
    assert private.change(code).status_code == 200


# O3
def test_a_code_holds_for_five_minutes(private: Tool, later: Any) -> None:
    first, second = private.code(), private.code()
    later(seconds=298)
    assert private.change(first).status_code == 200
    later(seconds=3)
    refused(private.change(second))


# O4
@pytest.mark.parametrize(
    "asked",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
        {"code_challenge": VERIFIER, "code_challenge_method": None},
        {"code_challenge_method": "S512"},
    ],
)
def test_a_public_client_gets_no_code_without_a_hashed_challenge(public: Tool, asked: dict[str, str | None]) -> None:
    page = public.browser.get("/oauth/authorize", public.asked(**asked))
    if page.status_code == 200:  # a plain challenge is refused when the code is made
        page = public.browser.post("/oauth/authorize", {**public.asked(**asked), "allow": "Authorize"})
    assert page.status_code == 302
    assert "error=invalid_request" in page["Location"]
    assert not Grant.objects.exists()


@pytest.mark.parametrize("verifier", ["", "a-wrong-verifier-of-at-least-forty-three-chars", VERIFIER[:-1]])
def test_the_verifier_is_checked(public: Tool, verifier: str) -> None:
    answer = public.change(public.code(), code_verifier=verifier)
    assert answer.status_code == 400
    assert not AccessToken.objects.exists()


def test_other_clients_may_use_a_challenge_and_then_have_to_keep_to_it(private: Tool) -> None:
    from tests.feeds.authorizing import CHALLENGE

    given = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    assert private.change(private.code(**given)).status_code == 400
    assert private.change(private.code(**given), code_verifier=VERIFIER).status_code == 200
    refused(private.change(private.code(), code_verifier=VERIFIER))  # the challenge was taken away on the way


# O5
@pytest.mark.parametrize("kind", ["token", "id_token", "code token"])
def test_there_is_no_implicit_grant(private: Tool, kind: str) -> None:
    page = private.consent(response_type=kind)
    assert page.status_code == 302
    assert "error=" in page["Location"]
    assert "access_token" not in page["Location"]


@pytest.mark.parametrize(
    "given",
    [
        {"grant_type": "password", "username": "ann", "password": "x"},
        {"grant_type": "client_credentials"},
        {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"},
        {"grant_type": ""},
        {},
    ],
)
def test_there_is_no_other_grant(private: Tool, given: dict[str, str]) -> None:
    assert private.token(**given).status_code == 400
    assert not AccessToken.objects.exists()


def test_a_client_has_to_show_its_secret(private: Tool, public: Tool) -> None:
    code = private.code()
    for secret in ("wrong", ""):
        wrong = Tool(private.browser, private.client_id, secret)
        refused(wrong.change(code), "invalid_client", 401)
    refused(Tool(private.browser, "nobody", "").change(code), "invalid_client", 401)


# O6
def test_a_public_clients_refresh_token_is_used_once_and_reuse_revokes_the_family(public: Tool) -> None:
    first = public.tokens()
    second = json.loads(public.refresh(first["refresh_token"]).content)
    third = json.loads(public.refresh(second["refresh_token"]).content)
    assert len({one["refresh_token"] for one in (first, second, third)}) == 3
    assert [reads(one["access_token"]) for one in (first, second, third)] == [401, 401, 200]
    refused(public.refresh(first["refresh_token"]))
    assert reads(third["access_token"]) == 401
    refused(public.refresh(third["refresh_token"]))


def test_a_confidential_clients_refresh_token_stays_so_that_a_lost_answer_locks_nobody_out(private: Tool) -> None:
    first = private.tokens()
    for _ in range(3):
        again = json.loads(private.refresh(first["refresh_token"]).content)
        assert again["refresh_token"] == first["refresh_token"]
        assert reads(again["access_token"]) == 200
    assert RefreshToken.objects.count() == 1


def test_of_two_refreshes_at_once_the_second_is_reuse(public: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one is answered between the checks of the first and its answer."""
    token = public.tokens()["refresh_token"]
    save, others = Validator.save_bearer_token, []

    def late(self: Validator, *args: Any, **given: Any) -> Any:
        monkeypatch.setattr(Validator, "save_bearer_token", save)
        others.append(public.refresh(token))
        return save(self, *args, **given)

    monkeypatch.setattr(Validator, "save_bearer_token", late)
    refused(public.refresh(token))
    (other,) = others
    assert other.status_code == 200
    assert reads(json.loads(other.content)["access_token"]) == 401
    assert not RefreshToken.objects.filter(revoked=None).exists()


# O7
@pytest.mark.parametrize("kind", ["private", "public"])
def test_tokens_are_renewed_until_ninety_days_after_accept_and_not_longer(
    request: pytest.FixtureRequest, kind: str, later: Any
) -> None:
    tool: Tool = request.getfixturevalue(kind)
    tokens = tool.tokens()
    assert tokens["expires_in"] == 3600
    for _ in range(3):
        later(days=29.9)
        assert reads(tokens["access_token"]) == 401  # it was an hour's
        tokens = json.loads(tool.refresh(tokens["refresh_token"]).content)
        assert reads(tokens["access_token"]) == 200
    later(days=0.31)
    refused(tool.refresh(tokens["refresh_token"]))


# O8
def test_who_gave_access_sees_and_takes_it_away(private: Tool) -> None:
    tokens = private.tokens()
    page = private.browser.get("/account/apps").content.decode()
    assert "Tool" in page
    assert "report:read" in page
    number = Consent.objects.get().pk
    stranger = Client()
    stranger.force_login(get_user_model().objects.create_user("bob"))
    assert stranger.post(f"/account/apps/{number}").status_code == 404
    assert "Tool" not in stranger.get("/account/apps").content.decode()
    assert reads(tokens["access_token"]) == 200
    assert private.browser.post(f"/account/apps/{number}").status_code == 302
    assert reads(tokens["access_token"]) == 401
    refused(private.refresh(tokens["refresh_token"]))
    assert "No app has access" in private.browser.get("/account/apps").content.decode()


def test_a_code_that_was_not_used_yet_is_taken_away_too(private: Tool) -> None:
    code = private.code()
    private.browser.post(f"/account/apps/{Consent.objects.get().pk}")
    refused(private.change(code))


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_a_client_revokes_its_own_tokens_and_nobody_elses(private: Tool, client: Client, which: str) -> None:
    tokens = private.tokens()
    other = Tool.made(client, name="Other")
    for tool, status in ((other, 200), (private, 401)):
        given = {"token": tokens[which], "client_id": tool.client_id, "client_secret": tool.secret}
        assert Client().post("/oauth/revoke", given).status_code == 200
        assert reads(tokens["access_token"]) == status
    refused(private.refresh(tokens["refresh_token"]))


def test_tokens_end_with_the_account(private: Tool) -> None:
    tokens = private.tokens()
    code = private.code()
    get_user_model().objects.update(is_active=False)
    assert reads(tokens["access_token"]) == 401
    refused(private.refresh(tokens["refresh_token"]))
    refused(private.change(code))


# O9
def test_a_scope_opens_what_it_names_and_nothing_else(private: Tool) -> None:
    granting.give("ann", "administrator")
    opened = {
        scope: (reads(token := private.tokens(scope=scope)["access_token"]), _deletes(token))
        for scope in ("feed:read", "report:read", "sla:read", "sla:write", "admin", "report:read admin")
    }
    assert opened == {
        "feed:read": (403, 403),
        "report:read": (200, 403),
        "sla:read": (403, 403),
        "sla:write": (403, 403),
        "admin": (403, 404),
        "report:read admin": (200, 404),
    }


def _deletes(token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return Client().delete("/api/v1/calendars/Nowhere", headers=headers).status_code


def test_scopes_that_there_are_not_are_refused(private: Tool) -> None:
    assert "error=invalid_scope" in private.consent(scope="report:read everything")["Location"]


def test_a_token_can_do_no_more_than_its_user(private: Tool) -> None:
    assert _deletes(private.tokens(scope="admin")["access_token"]) == 403


# O10
def test_the_answer_names_the_issuer_of_the_metadata(private: Tool) -> None:
    metadata = json.loads(Client().get("/.well-known/oauth-authorization-server").content)
    assert private.accepted()["iss"] == metadata["issuer"] == "http://testserver"
    assert metadata["authorization_response_iss_parameter_supported"] is True
    for name in ("authorization_endpoint", "token_endpoint", "revocation_endpoint", "introspection_endpoint"):
        assert metadata[name].startswith("http://testserver/oauth/")
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["scopes_supported"] == ["admin", "feed:read", "report:read", "sla:read", "sla:write"]


# O11
def test_the_consent_names_client_scope_lifetime_and_whose_permissions_apply(private: Tool) -> None:
    page = private.consent(scope="report:read sla:read")
    html = page.content.decode()
    for text in (
        "Let <em>Tool</em> have access?",
        "Read reports, work items",
        "Read SLA clocks",
        "<strong>ann</strong>",
    ):
        assert text in html
    ends = timezone.now() + timedelta(days=90)
    assert f"Access ends on {ends.day} {ends:%B %Y}, 90 days from now" in html
    assert "form-action 'self' https://tool.example.com;" in page["Content-Security-Policy"]
    assert "no-store" in page["Cache-Control"]


def test_who_does_not_accept_gives_nothing(private: Tool) -> None:
    answer = private.browser.post("/oauth/authorize", private.asked())
    assert "error=access_denied" in answer["Location"]
    assert not Grant.objects.exists()


def test_the_consent_needs_who_has_signed_in_and_the_csrf_token(private: Tool) -> None:
    assert Client().get("/oauth/authorize", private.asked())["Location"].startswith("/login?next=/oauth/authorize")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = private.browser.cookies
    assert strict.post("/oauth/authorize", {**private.asked(), "allow": "Authorize"}).status_code == 403
    assert not Grant.objects.exists()


# O12
def test_no_token_and_no_secret_is_in_a_log_or_the_store(
    private: Tool, public: Tool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    found = [private.tokens(), public.tokens()]
    again = (private.refresh(found[0]["refresh_token"]), public.refresh(found[1]["refresh_token"]))
    found += [json.loads(one.content) for one in again]
    reads(found[0]["access_token"])
    public.refresh("wrong")
    store = io.StringIO()
    call_command("dumpdata", stdout=store)
    everything = store.getvalue() + caplog.text
    secrets = {one[name] for one in found for name in ("access_token", "refresh_token")} | {private.secret}
    assert len(secrets) == 8  # one refresh token stays
    assert not [secret for secret in secrets if secret in everything]
    for one in found:
        assert Client().get(f"/api/v1/projects?access_token={one['access_token']}").status_code == 401


def test_a_code_is_nowhere_while_it_holds_but_with_who_was_given_it(
    private: Tool, public: Tool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    codes = [private.code(), public.code()]
    assert {row.code for row in Grant.objects.all()} == {consents.checksum(code) for code in codes}
    assert private.browser.get("/oauth/callback", {"code": codes[0]}).status_code == 200
    store = io.StringIO()
    call_command("dumpdata", stdout=store)
    for code, tool in zip(codes, (private, public), strict=True):
        refused(tool.change(consents.checksum(code)))  # who reads the store cannot use it
        assert tool.change(code).status_code == 200
    assert not [code for code in codes if code in store.getvalue() + caplog.text]


def test_what_is_over_is_forgotten_and_nothing_else(private: Tool, public: Tool, later: Any) -> None:
    mine, theirs, used = private.tokens(), public.tokens(), public.code()
    public.change(used)
    private.code()  # never changed into tokens
    later(minutes=61)
    first = theirs["refresh_token"]
    assert public.refresh(first).status_code == 200
    consents.forget_over(timezone.now())
    assert not Grant.objects.exists()
    assert private.refresh(mine["refresh_token"]).status_code == 200
    later(hours=25)
    assert consents.forget_over(timezone.now()) == 1  # the consent of which nothing came
    refused(public.refresh(first))  # reuse is noticed still
    later(days=88)
    consents.forget_over(timezone.now())
    assert private.refresh(mine["refresh_token"]).status_code == 200
    later(days=3)
    assert consents.forget_over(timezone.now()) == 3
    assert [model.objects.count() for model in (Consent, RefreshToken, AccessToken)] == [0, 0, 0]
    loop = next(one for one in worker.LOOPS if one.name == "old tokens")
    private.browser.force_login(get_user_model().objects.get())
    private.code()
    later(days=2)
    assert not loop.step(turn(timezone.now))
    assert not Consent.objects.exists()


def test_wrong_secrets_are_slowed_down(private: Tool) -> None:
    wrong = Tool(private.browser, private.client_id, "wrong")
    statuses = [wrong.refresh("nonsense").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


# O13
def test_a_client_is_told_of_its_own_tokens_only(private: Tool, client: Client) -> None:
    tokens = private.tokens()
    other = Tool.made(client, name="Other")

    def told(tool: Tool, token: str) -> Any:
        given = {"token": token, "client_id": tool.client_id, "client_secret": tool.secret}
        return json.loads(Client().post("/oauth/introspect", given).content)

    found = told(private, tokens["access_token"])
    assert (found["active"], found["scope"], found["username"]) == (True, "report:read", "ann")
    assert found["client_id"] == private.client_id
    for tool, token in ((other, tokens["access_token"]), (private, "nonsense"), (private, "")):
        assert told(tool, token) == {"active": False}
    get_user_model().objects.update(is_active=False)
    assert told(private, tokens["access_token"]) == {"active": False}
    nobody = {"token": tokens["access_token"], "client_id": private.client_id, "client_secret": "wrong"}
    assert Client().post("/oauth/introspect", nobody).status_code in (401, 403)
    by_token = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert Client().post("/oauth/introspect", {"token": "x"}, headers=by_token).status_code in (401, 403)


# The page with the code
def test_the_page_of_the_code_tells_how_to_change_it_to_who_it_was_made_for(client: Client) -> None:
    tool = Tool.made(client, name="By hand")
    here = "http://testserver/oauth/callback"
    made, tool.secret = consents.add_client("Hand", [here], public=False)
    tool.client_id, tool.redirect = made.client_id, here
    code = tool.code()
    html = client.get("/oauth/callback", {"code": code}).content.decode()
    assert f"-d grant_type=authorization_code -d code={code}" in html
    assert 'data-seconds="30' in html or 'data-seconds="29' in html
    assert tool.secret not in html
    stranger = Client()
    stranger.force_login(get_user_model().objects.create_user("bob"))
    assert stranger.get("/oauth/callback", {"code": code}).status_code == 404
    assert tool.change(code).status_code == 200
    assert "This code was used" in client.get("/oauth/callback", {"code": code}).content.decode()
    denied = client.get("/oauth/callback", {"error": "access_denied"})
    assert (denied.status_code, b"did not accept" in denied.content) == (400, True)


@pytest.mark.parametrize(
    "redirect", ["nonsense", "javascript://x", "https://", "https://a/#b", "https://a b", "https://*.a/"]
)
def test_a_client_goes_back_to_a_whole_address(redirect: str) -> None:
    with pytest.raises(Refused, match="no address to go back to"):
        consents.add_client("Tool", [redirect], public=False)


def test_clients_have_names_of_their_own_and_can_be_forgotten(private: Tool) -> None:
    with pytest.raises(Refused, match="taken"):
        consents.add_client("Tool", [BACK], public=False)
    with pytest.raises(Refused, match="missing"):
        consents.add_client("Another", [], public=False)
    token = private.tokens()["access_token"]
    consents.remove_client("Tool")
    assert reads(token) == 401
    with pytest.raises(UserError, match="sojourn client list"):
        consents.remove_client("Tool")
