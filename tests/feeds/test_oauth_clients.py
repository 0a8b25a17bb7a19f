"""Clients that others wrote, over real HTTP: authlib, requests-oauthlib, oauth4webapi; and registering them."""

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as Authlib
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from django.contrib.auth import get_user_model
from requests_oauthlib import OAuth2Session

from sojourn.feeds import feeds
from tests.builders import issue, store
from tests.cli.conftest import sojourn
from tests.cli.running import Sojourn
from tests.feeds.authorizing import BACK
from tests.feeds.feeding import Reader

__all__ = ["sojourn"]
pytestmark = pytest.mark.django_db(transaction=True)
NODE = Path(__file__).with_name("node")


@pytest.fixture
def server(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    store(issue("SUP-1"))
    get_user_model().objects.create_superuser("ann", password="a long pass phrase")
    return str(live_server.url)


def registered(sojourn: Sojourn, *more: str) -> dict[str, str]:
    run = sojourn("client", "add", "Tool", "--redirect", BACK, *more)
    assert run.code == 0, run.err
    return dict(line.split("\t") for line in run.out.splitlines())


def accepted(server: str, address: str) -> str:
    """Sign in and accept as a person does; where the browser is sent."""
    browser = requests.Session()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(f"{server}/login").text)
    assert token
    given = {"username": "ann", "password": "a long pass phrase", "csrfmiddlewaretoken": token[1]}
    assert browser.post(f"{server}/login", given, headers={"Referer": server}).ok
    page = browser.get(address)
    assert page.ok, page.text
    fields = {name: unescape(text) for name, text in re.findall(r'name="(\w+)" value="([^"]*)"', page.text)}
    answer = browser.post(address, {**fields, "allow": "Authorize"}, headers={"Referer": server}, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def test_authlib_finds_authorizes_refreshes_revokes_and_introspects(server: str, sojourn: Sojourn) -> None:
    metadata = AuthorizationServerMetadata(requests.get(f"{server}/.well-known/oauth-authorization-server").json())
    with pytest.MonkeyPatch.context() as patch:  # the test's server speaks http
        patch.setattr("authlib.oauth2.rfc8414.models.is_secure_transport", lambda _: True)
        metadata.validate()
    client = registered(sojourn, "--public")
    assert "client_secret" not in client
    given = {"redirect_uri": BACK, "scope": "report:read", "code_challenge_method": "S256"}
    tool = Authlib(client["client_id"], token_endpoint_auth_method="none", **given)
    verifier = "v" * 48
    address, _ = tool.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
    back = accepted(server, address)
    first = dict(tool.fetch_token(metadata["token_endpoint"], authorization_response=back, code_verifier=verifier))
    assert tool.get(f"{server}/api/v1/projects").json()["projects"][0]["key"] == "SUP"
    second = tool.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert tool.get(f"{server}/api/v1/projects").ok
    assert tool.revoke_token(metadata["revocation_endpoint"], second["refresh_token"], "refresh_token").ok
    assert requests.get(f"{server}/api/v1/projects", headers=_bearer(second)).status_code == 401


def test_requests_oauthlib_authorizes_with_a_secret_and_refreshes(server: str, sojourn: Sojourn) -> None:
    client = registered(sojourn)
    tool = OAuth2Session(client["client_id"], redirect_uri=BACK, scope=["report:read"])
    address, _ = tool.authorization_url(f"{server}/oauth/authorize")
    back = accepted(server, address)
    secret = client["client_secret"]
    first = tool.fetch_token(f"{server}/oauth/token", authorization_response=back, client_secret=secret)
    assert tool.get(f"{server}/api/v1/projects").ok
    pair = (client["client_id"], secret)
    second = tool.refresh_token(f"{server}/oauth/token", refresh_token=first["refresh_token"], auth=pair)
    assert second["refresh_token"] == first["refresh_token"]
    assert tool.get(f"{server}/api/v1/projects").ok


def test_clients_are_listed_without_secrets_and_removed(server: str, sojourn: Sojourn) -> None:
    client = registered(sojourn)
    (row,) = json.loads(sojourn("client", "list", "--json").out)
    assert row == {"name": "Tool", "client_id": client["client_id"], "type": "confidential", "redirects": [BACK]}
    assert sojourn("client", "list").out == f"Tool\t{client['client_id']}\tconfidential\t{BACK}\n"
    assert sojourn("client", "remove", "Tool").code == 0
    assert sojourn("client", "remove", "Tool").code == 2


def _bearer(token: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token['access_token']}"}


def by_oauth4webapi(node: str, step: str, **given: str) -> Any:
    """What the strict client of npm tells of a step."""
    command = [node, NODE / "oauth.mjs", step, json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("how", ["", "basic", "post"], ids=["public", "basic", "post"])
def test_oauth4webapi_finds_authorizes_refreshes_introspects_and_revokes(
    server: str, sojourn: Sojourn, node: str, how: str
) -> None:
    client = registered(sojourn, *([] if how else ["--public"]))
    given = {"server": server, "how": how, "client_id": client["client_id"], "redirect_uri": BACK}
    given |= {"scope": "report:read", "resource": f"{server}/api/v1/projects"}
    given |= {"secret": client["client_secret"]} if how else {}
    begun = by_oauth4webapi(node, "begin", **given)
    back = accepted(server, begun.pop("address"))
    told = by_oauth4webapi(node, "finish", back=back, **begun, **given)
    assert told == {
        "other_state": {"error": "OAUTH_INVALID_RESPONSE"},
        "iss": server,
        "first": {"type": "bearer", "expires_in": 3600, "scope": "report:read"},
        "read": 200,
        "is_rotated": not how,
        "read_again": 200,
        **({"is_active": True} if how else {}),
        "read_revoked": 401,
        "refresh_revoked": {"error": "invalid_grant", "status": 400},
        "code_again": {"error": "invalid_grant", "status": 400},
    }


def test_oauth4webapi_reads_the_feed_that_it_was_let_into(server: str, node: str) -> None:
    feeds.switch(on=True)
    feed = Reader.of("ann", dataset="issues").feed
    client, secret = feeds.add_client(feed, BACK)
    given = {"server": server, "how": "basic", "client_id": client.client_id, "redirect_uri": BACK, "secret": secret}
    given |= {"scope": "feed:read", "resource": feeds.link(feed, f"{server}/")}
    begun = by_oauth4webapi(node, "begin", **given)
    told = by_oauth4webapi(node, "finish", back=accepted(server, begun.pop("address")), **begun, **given)
    assert [told[name] for name in ("read", "read_again", "read_revoked")] == [200, 200, 401]
