"""Signing in and out, what the browser may load, and pages for when things go wrong."""

import pytest
from django.test import Client
from django.urls import get_resolver

from sojourn.feeds import feeds
from sojourn.web import bundle
from tests.web.pages import ADDRESS, get, text_of


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", ADDRESS, f"{ADDRESS}.csv"])
def test_needs_sign_in(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/login?next=")


def test_every_address_but_these_needs_sign_in() -> None:
    """Nested are those of the authorization server; those of REST ask for credentials themselves."""
    outer = get_resolver().url_patterns
    inner = [one for part in outer if not str(part.pattern) for one in getattr(part, "url_patterns", ())]
    views = {str(one.pattern): one.callback for one in (*outer, *inner)}
    own = {name for name in views if name.startswith("^rest/tts-api/")}
    assert own
    assert {name for name, view in views.items() if name not in own and not getattr(view, "login_required", True)} == {
        "login",
        "login/by/<str:way>",
        "login/oidc/<str:provider_id>/callback",
        "login/atlassian/callback",
        "login/cancelled",
        "login/disabled",
        "health",
        "metrics",
        "hooks/jira/<slug:connection>",
        "charts/<str:release>.js",
        feeds.PATH,
        f"{feeds.PATH}/schema",
        *(f"{feeds.ODATA}/<str:number>{rest}" for rest in ("", "/", "/<path:path>")),
        "gateway/<path:path>",
        "date-feed/<str:version>/",
        *(
            f"oauth/{name}" for name in ("authorize", "token", "revoke", "introspect")
        ),  # the first asks to sign in itself
        ".well-known/oauth-authorization-server",
    }


@pytest.mark.django_db
def test_health_needs_no_sign_in(client: Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.django_db
def test_a_wrong_password_is_said(client: Client) -> None:
    response = client.post("/login", {"username": "ann", "password": "no"})
    assert "do not go together" in response.content.decode()


def test_signing_in_leads_to_the_page_asked_for(signed_in: Client, client: Client) -> None:
    client.logout()
    wanted = f"{ADDRESS}?project=ABC"
    response = client.post("/login", {"username": "ann", "password": "a long pass phrase", "next": wanted})
    assert response["Location"] == wanted


def test_signing_in_leads_nowhere_else(signed_in: Client, client: Client) -> None:
    client.logout()
    given = {"username": "ann", "password": "a long pass phrase", "next": "https://elsewhere.example/"}
    assert client.post("/login", given)["Location"] == "/"


def test_signing_out_is_a_post(signed_in: Client) -> None:
    assert signed_in.get("/logout").status_code == 405
    assert signed_in.post("/logout")["Location"] == "/login"
    assert signed_in.get(ADDRESS).status_code == 302


@pytest.mark.parametrize("address", ["/login", ADDRESS, "/nowhere", f"{ADDRESS}?page=x"])
def test_the_policy_allows_no_inline_program_or_style_and_nothing_from_afar(signed_in: Client, address: str) -> None:
    policy = signed_in.get(address)["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_answers_are_kept_by_nobody(signed_in: Client) -> None:
    for address in (ADDRESS, f"{ADDRESS}.csv"):
        assert "no-store" in signed_in.get(address)["Cache-Control"]


def test_an_empty_store_says_how_to_fill_it(signed_in: Client) -> None:
    assert "sojourn import FILE" in text_of(get(signed_in))


@pytest.mark.django_db
def test_an_unknown_address_has_a_page(client: Client) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


@pytest.mark.django_db
def test_a_form_without_its_token_has_a_page() -> None:
    response = Client(enforce_csrf_checks=True).post("/login", {})
    assert response.status_code == 403
    assert "Please try that again" in response.content.decode()


def test_a_failure_has_a_page_that_tells_nothing(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("sojourn.reports.catalogue.run", fail)
    signed_in.raise_request_exception = False
    response = signed_in.get(ADDRESS)
    assert response.status_code == 500
    assert "Something went wrong here" in response.content.decode()
    assert "secret" not in response.content.decode()


@pytest.mark.django_db
def test_the_chart_program_is_kept_for_good(client: Client) -> None:
    plain = client.get(bundle.address())
    packed = client.get(bundle.address(), headers={"Accept-Encoding": "gzip"})
    assert b"vegaEmbed" in plain.content
    assert len(packed.content) < len(plain.content) / 2
    assert "immutable" in plain["Cache-Control"]
    assert client.get(bundle.address(), headers={"If-None-Match": plain["ETag"]}).status_code == 304
    assert client.get("/charts/other.js").status_code == 404
