"""Signing in by OpenID Connect and Atlassian, against a small issuer over real HTTP."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.atlassian.views import AtlassianOAuth2Adapter
from django.contrib.auth import get_user_model

from sojourn.access.models import JiraAccount
from sojourn.errors import Refused, UserError
from sojourn.history.models import Site
from sojourn.web import accounts
from tests.jira.hooked import connected
from tests.web.issuer import CLIENT, SECRET, Issuer, issuing

pytestmark = pytest.mark.django_db(transaction=True)
RIGHT = "a long pass phrase"
WAY = "sso.example.com"


class Browser:
    """What a browser does: keeps cookies, sends forms with their token, follows a page that leads on."""

    def __init__(self, server: str, opened: list[httpx.Client]) -> None:
        self.server, self.opened = server, opened
        self.http = httpx.Client(base_url=server, timeout=30)
        opened.append(self.http)

    def another(self) -> "Browser":
        """The browser of somebody else."""
        return Browser(self.server, self.opened)

    def form(self, page: str, address: str, **given: str) -> httpx.Response:
        found = self.http.get(page).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', found)
        assert token
        return self.http.post(address, data={"csrfmiddlewaretoken": token[1], **given}, headers={"Referer": page})

    def sign_in(self, way: str = WAY, page: str = "/login", **given: str) -> httpx.Response:
        """Press the button and go where it leads; the answer is that of the callback."""
        answer = self.form(page, f"/login/by/{way}", **given)
        assert answer.status_code == 200, answer.text
        leads = re.search(r'content="0; url=([^"]+)"', answer.text)
        assert leads
        back = httpx.get(unescape(leads[1]), timeout=30)
        assert back.status_code == 302
        return self.http.get(back.headers["Location"])

    @property
    def name(self) -> str | None:
        """Who is signed in."""
        found = re.search(r'href="/account"><span>([^<]+)<', self.http.get("/presets").text)
        return found[1] if found else None


@pytest.fixture
def issuer(settings: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    with issuing() as found:
        own = {"client_id": CLIENT, "secret": SECRET}
        oidc = {"name": "Acme", "provider_id": WAY, "settings": {"server_url": found.url}, **own}
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [oidc]},
            "atlassian": {"APPS": [{"name": "Atlassian", **own}]},
        }
        for name, path in (("access_token_url", "oauth/token"), ("authorize_url", "authorize"), ("profile_url", "me")):
            monkeypatch.setattr(AtlassianOAuth2Adapter, name, f"{found.url}/{path}")
        found.callback = f"{live_server.url}/login/oidc/{WAY}/callback"
        found.person = {"sub": "00u1", "email": "ann@example.com", "email_verified": True, "preferred_username": "ann"}
        yield found
        assert found.problems == []


@pytest.fixture
def browser(live_server: Any) -> Iterator[Browser]:
    opened: list[httpx.Client] = []
    yield Browser(live_server.url, opened)
    for one in opened:
        one.close()


def make(name: str = "ann", email: str = "") -> Any:
    accounts.add(name, RIGHT)
    if email:
        accounts.set_email(name, email)
    return get_user_model().objects.get(username=name)


def test_who_is_proven_there_and_has_no_account_gets_none(issuer: Issuer, browser: Browser) -> None:
    make(email="ann@example.com")
    answer = browser.sign_in()
    assert "You have no account here yet" in answer.text
    assert browser.name is None
    assert get_user_model().objects.count() == 1
    assert not SocialAccount.objects.exists()


def test_a_proven_address_leads_to_its_account_where_the_operator_allows_it_and_from_then_on(
    issuer: Issuer, browser: Browser, settings: Any
) -> None:
    ann = make(email="Ann@example.com")
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
    answer = browser.sign_in(next="/presets?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/presets?x=1")
    assert browser.name == "ann"
    ann.refresh_from_db()
    assert ann.check_password(RIGHT)
    assert not SocialToken.objects.exists()
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
    issuer.person["email"] = "another@example.com"
    again = browser.another()
    again.sign_in()
    assert again.name == "ann"


@pytest.mark.parametrize("proof", [{"email_verified": False}, {"email_verified": None}, {"email": "bob@example.com"}])
def test_an_address_that_is_not_proven_or_another_leads_to_no_account(
    issuer: Issuer, browser: Browser, settings: Any, proof: dict[str, Any]
) -> None:
    make(email="ann@example.com")
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
    issuer.person |= proof
    assert "You have no account here yet" in browser.sign_in().text
    assert browser.name is None


def test_accounts_are_made_where_the_operator_allows_it_and_see_nothing_yet(
    issuer: Issuer, browser: Browser, settings: Any
) -> None:
    make("ann")
    settings.SOJOURN_SIGN_UP = True
    assert browser.sign_in().status_code == 302
    made = get_user_model().objects.exclude(username="ann").get()
    assert browser.name == made.username
    assert made.email == "ann@example.com"
    assert not made.has_usable_password()
    assert (made.is_staff, made.is_superuser) == (False, False)
    assert (
        "It is all by which you can sign in"
        in browser.form("/account", f"/account/sign-ins/{SocialAccount.objects.get().pk}").text
    )
    issuer.person["sub"] = "00u2"  # somebody else with an address that is taken
    assert "You have no account here yet" in browser.another().sign_in().text


def test_an_identity_is_connected_by_who_is_signed_in_and_taken_away_again(issuer: Issuer, browser: Browser) -> None:
    make("ann")
    make("bob")
    browser.form("/login", "/login", username="ann", password=RIGHT)
    answer = browser.sign_in(page="/account")
    assert answer.headers["Location"] == "/account"
    assert "Connected on" in browser.http.get("/account").text
    other = browser.another()
    other.form("/login", "/login", username="bob", password=RIGHT)
    answer = other.sign_in(page="/account")
    assert answer.status_code == 409
    assert "connected to another account" in answer.text
    third = browser.another()
    third.sign_in()
    assert third.name == "ann"
    number = SocialAccount.objects.get().pk
    assert other.form("/account", f"/account/sign-ins/{number}").status_code == 404
    browser.form("/account", f"/account/sign-ins/{number}")
    assert not SocialAccount.objects.exists()


def test_a_disabled_account_stays_out(issuer: Issuer, browser: Browser, settings: Any) -> None:
    ann = make(email="ann@example.com")
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
    ann.is_active = False
    ann.save()
    browser.sign_in()
    assert browser.name is None
    assert "This account is disabled" in browser.http.get("/login/disabled").text


@pytest.mark.parametrize(
    "id_token",
    [{"iss": "https://another.example.com"}, {"aud": "another client"}, {"exp": 1_000_000_000}],
    ids=["issuer", "audience", "expired"],
)
def test_a_token_that_is_not_for_us_is_refused(
    issuer: Issuer, browser: Browser, settings: Any, id_token: dict[str, Any]
) -> None:
    make(email="ann@example.com")
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
    issuer.id_token = id_token
    assert "did not say who you are" in browser.sign_in().text
    assert browser.name is None


def test_a_state_that_this_browser_was_not_given_is_refused(issuer: Issuer, browser: Browser) -> None:
    """Nobody is signed in as somebody else by a link."""
    answer = browser.http.get(f"{issuer.callback}?code=stolen&state=made-up")
    assert "did not say who you are" in answer.text
    assert browser.name is None


def test_who_does_not_go_through_with_it_is_told(issuer: Issuer, browser: Browser) -> None:
    issuer.error = "access_denied"
    assert browser.sign_in().headers["Location"] == "/login/cancelled"
    assert "did not go through" in browser.http.get("/login/cancelled").text


def test_an_issuer_that_is_away_is_said(issuer: Issuer, browser: Browser, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:9"
    answer = browser.form("/login", f"/login/by/{WAY}")
    assert "did not say who you are" in answer.text


def test_the_way_there_is_a_post_with_its_token_and_leads_nowhere_else(issuer: Issuer, browser: Browser) -> None:
    assert browser.http.get(f"/login/by/{WAY}").status_code == 405
    assert browser.http.post(f"/login/by/{WAY}").status_code == 403
    assert browser.form("/login", "/login/by/nothing").status_code == 404
    make()
    browser.form("/login", "/login", username="ann", password=RIGHT)
    assert browser.sign_in(page="/account", next="https://elsewhere.example/").headers["Location"] == "/account"


def test_atlassian_says_who_somebody_is_in_each_connected_cloud(
    issuer: Issuer, browser: Browser, settings: Any, live_server: Any
) -> None:
    for name, kind in (("acme", "cloud"), ("other", "cloud"), ("own", "datacenter")):
        connected(name, kind)
    Site.objects.create(name="imported")
    ann = make(email="ann@example.com")
    JiraAccount.objects.create(user=ann, site=Site.objects.get(name="other"), key="said by hand")
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
    issuer.callback = f"{live_server.url}/login/atlassian/callback"
    issuer.person = {"account_id": "712020:ann", "email": "ann@example.com", "email_verified": True, "name": "Ann A"}
    assert browser.sign_in("atlassian").status_code == 302
    assert browser.name == "ann"
    links = dict(JiraAccount.objects.values_list("site__name", "key"))
    assert links == {"acme": "712020:ann", "other": "said by hand"}


def test_no_secret_and_no_code_is_logged(
    issuer: Issuer, browser: Browser, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    make(email="ann@example.com")
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
    with caplog.at_level(logging.INFO):
        browser.sign_in()
    own = [one for one in caplog.records if not one.name.startswith("httpx")]  # the test's own browser
    logged = " ".join(one.getMessage() for one in own)
    assert SECRET not in logged
    assert not any(token in logged for token in issuer.tokens)


def test_addresses_are_of_one_account_each() -> None:
    make("ann", "ann@example.com")
    make("bob")
    with pytest.raises(UserError, match="another account"):
        accounts.set_email("bob", "ANN@example.com")
    with pytest.raises(Refused, match="no e-mail address"):
        accounts.set_email("bob", "ann at example")
    accounts.set_email("ann", "")
    accounts.set_email("bob", "ann@example.com")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"SOJOURN_OIDC_ISSUER": "http://login.example.com"}, "write the issuer's address"),
        ({"SOJOURN_OIDC_ISSUER": "https://login.example.com"}, "needs SOJOURN_OIDC_CLIENT_ID"),
        ({"SOJOURN_ATLASSIAN_CLIENT_ID": "x"}, "SOJOURN_ATLASSIAN_CLIENT_SECRET"),
    ],
)
def test_half_a_configuration_stops_the_start(given: dict[str, str], says: str) -> None:
    command = [sys.executable, "-c", "import sojourn.settings"]
    ran = subprocess.run(command, check=False, env={**os.environ, **given}, capture_output=True, text=True)
    assert ran.returncode != 0
    assert says in ran.stderr
