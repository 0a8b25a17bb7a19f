"""Who is let in: refusals first."""

import base64
import io
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from sojourn.access import tokens
from sojourn.access.models import Token
from sojourn.api.routes import urls
from tests.api.asking import FEED, OPERATIONS, ROOT, Ask, content, problem

PROJECTS = f"{ROOT}/projects"
pytestmark = pytest.mark.django_db


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_address_needs_credentials(client: Client, method: str, path: str) -> None:
    response = client.generic(method, path)
    assert "Credentials are missing" in problem(response, 401)["detail"]
    assert response["WWW-Authenticate"].startswith('Bearer realm="Sojourn", Basic ')


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_address_refuses_a_wrong_token(client: Client, method: str, path: str) -> None:
    wrong = {"Authorization": f"Bearer sjn_00000000_{'a' * 43}"}
    assert "is not right" in problem(client.generic(method, path, headers=wrong), 401)["detail"]


def test_no_address_is_missing_from_the_description() -> None:
    served = {
        str(one.pattern).replace("<path:", "<").replace("<uuidstr:", "<").replace("<", "{").replace(">", "}")
        for one in urls()[0]
    }
    from sojourn.api.routes import api

    described = {path.removeprefix(f"{ROOT}/") for path in api.get_openapi_schema()["paths"]}
    assert served == described | {""}


@pytest.mark.parametrize(
    "header",
    ["", " ", "Bearer", "Bearer ", "Bearer a b", "Digest x", "Basic", "Basic !", "Basic YQ==", basic("a", "b"), "é"],
)
def test_a_header_that_is_no_credential_is_refused_whoever_is_signed_in(signed_in: Client, header: str) -> None:
    problem(signed_in.get(PROJECTS, headers={"Authorization": header}), 401)


def test_a_token_goes_as_bearer_and_as_the_password_of_basic(client: Client, reader: str) -> None:
    for header in (f"Bearer {reader}", f"bearer {reader}", basic("", reader), basic("anybody", reader)):
        assert client.get(PROJECTS, headers={"Authorization": header}).status_code == 200
    problem(client.get(PROJECTS, headers={"Authorization": basic(reader, "")}), 401)
    problem(client.get(f"{PROJECTS}?token={reader}"), 401)


def test_tokens_that_are_over_are_refused_and_say_why(client: Client, bob: Any) -> None:
    now = timezone.now()
    expired = tokens.create("bob", [], now - timedelta(days=2), timedelta(days=1))
    revoked = tokens.create("bob", [], now, None)
    tokens.revoke(revoked, now)
    disabled = tokens.create("bob", [], now, None)
    for token, word in ((expired, "expired"), (revoked, "revoked")):
        assert word in problem(Ask(client, token)("GET", "/projects"), 401)["detail"]
    bob.is_active = False
    bob.save()
    assert "disabled" in problem(Ask(client, disabled)("GET", "/projects"), 401)["detail"]


WRITES = [("POST", "/calendars"), ("PUT", "/calendars/Own"), ("DELETE", "/calendars/Own")]
WRITES += [("POST", "/jobs/1/cancel"), ("POST", "/jobs/1/retry")]
WRITES += [("POST", "/presets"), ("PUT", "/presets/1"), ("DELETE", "/presets/1"), ("POST", "/presets/1/duplicate")]
WRITES += [("POST", "/slas"), ("DELETE", "/slas/1"), ("POST", "/slas/1/versions")]
WRITES += [("POST", f"/slas/1/{act}") for act in ("clone", "enable", "disable", "versions/1/publish")]
WRITES += [("POST", f"/issues/ABC-1/slas/1/{what}") for what in ("resets", "extensions")]
WRITES += [("DELETE", "/issues/ABC-1/slas/1/resets/1")]
WRITES += [("POST", "/feeds"), ("DELETE", f"/feeds/{FEED}"), ("POST", f"/feeds/{FEED}/secret")]
WRITES += [("POST", "/tokens"), ("DELETE", "/tokens/Own")]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_writing_needs_the_scope(ask: Ask, method: str, path: str) -> None:
    found = problem(ask(method, path, {"name": "Own", "tz": "UTC", "week": {}}), 403)
    assert "needs the scope write" in found["detail"]


def test_only_those_addresses_need_it_and_write_does_not_include_read(client: Client, bob: Any) -> None:
    only_write = Ask(client, tokens.create("bob", ["write"], timezone.now(), None))
    for method, path in OPERATIONS:
        status = only_write(method, path, b"nonsense").status_code
        assert (status == 403) == ((method, path.removeprefix(ROOT).replace("7x24", "Own")) not in WRITES), path


def test_who_is_signed_in_may_get_and_needs_the_csrf_token_for_more(signed_in: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies
    assert strict.get(PROJECTS).status_code == 200
    assert "X-CSRFToken" in problem(strict.delete(f"{ROOT}/calendars/Own"), 403)["detail"]
    assert (
        "CSRF"
        in problem(strict.post(f"{ROOT}/reports/time-in-status", "{}", content_type="application/json"), 403)["detail"]
    )
    strict.get("/api/docs")
    headers = {"X-CSRFToken": strict.cookies["csrftoken"].value}
    problem(strict.delete(f"{ROOT}/calendars/Own", headers=headers), 404)


def test_ten_wrong_secrets_a_minute_and_then_429(client: Client, ask: Ask) -> None:
    wrong = {"Authorization": "Bearer sjn_wrong"}
    for _ in range(10):
        problem(client.get(PROJECTS, headers=wrong), 401)
    response = client.get(PROJECTS, headers=wrong)
    problem(response, 429)
    assert 1 <= int(response["Retry-After"]) <= 60
    problem(client.get(PROJECTS, headers={"Authorization": "Digest x"}), 429)
    problem(client.get(PROJECTS, headers=wrong, REMOTE_ADDR="203.0.113.9"), 401)
    assert ask("GET", "/projects").status_code == 200  # others behind the same address


def test_the_last_use_is_kept(ask: Ask) -> None:
    ask.get("/projects")
    used = Token.objects.get().last_used_at
    assert used is not None
    ask.get("/projects")
    assert Token.objects.get().last_used_at == used


@pytest.mark.usefixtures("work_items")
def test_a_token_is_in_no_log_no_answer_and_not_in_the_store(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    canary = ask.token
    answers = [ask(method, path, b"nonsense") for method, path in OPERATIONS]
    Ask(ask.client, f"{canary}x")("GET", "/projects")
    ask.client.get(PROJECTS, headers={"Authorization": basic("bob", canary)})
    store = io.StringIO()
    call_command("dumpdata", stdout=store)
    everything = caplog.text + store.getvalue() + str([content(one) for one in answers])
    assert canary not in everything
    assert canary[13:] not in everything
    assert canary[:12] in store.getvalue()
