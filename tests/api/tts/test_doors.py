"""Who is let in, and what wrong input of every kind is answered."""

import base64
import json
import logging
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import tokens
from sojourn.access.models import Right
from sojourn.api.errors import LONGEST_BODY
from sojourn.api.tts.routes import ID, KEY, ROUTES
from sojourn.sla.models import Definition
from tests.api.tts.asking import NEGOTIATED, Tts


def filled(path: str) -> str:
    """An address with its placeholders filled."""
    return f"/{path.replace(ID, '1').replace(KEY, 'NO-1')}"


SERVICES = [(route.method, filled(route.path), route.scope) for route in ROUTES]
NESTED = b"[" * 200_000
BODIES = [
    b"",
    b"nonsense",
    b"{",
    b"\xff",
    NESTED,
    b'{"description": "\\u0000"}',
    b"{'a': 1}",
    b'{"id": 1, // the id\n}',
]
WRONG_TYPES = [b"1", b"null", b'"x"', b"[]", b"[[]]", b"{}", b'{"id": {}}', b'{"id": [1]}', b'{"policy": 1, "name": 2}']


def parts(path: str) -> str:
    return path.split("/")[1]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "scope"), SERVICES)
@pytest.mark.parametrize("version", ["latest", "1.0"])
def test_every_service_needs_credentials(client: Client, version: str, method: str, path: str, scope: str) -> None:
    for headers in ({}, {"Authorization": f"Bearer sjn_00000000_{'a' * 43}"}, {"Authorization": "Digest x"}):
        response = client.generic(method, f"/rest/tts-api/{version}{path}", headers=headers)
        assert response.status_code == 401
        found = json.loads(response.content)
        assert (found["success"], found["message"]) == (False, "Unauthorized user")
        assert found["detail"]
        assert response["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(("method", "path", "scope"), SERVICES)
def test_every_service_needs_its_scope(tts: Tts, bob: Any, method: str, path: str, scope: str) -> None:
    others = [one for one in tokens.SCOPES if one != scope]
    without = Tts(tts.client, tokens.create("bob", others, timezone.now(), None))
    assert f"needs the scope {scope}" in without.failed(method, path, {}, 403)
    alone = Tts(tts.client, tokens.create("bob", [scope], timezone.now(), None))
    assert alone.call(method, path, {}).status_code == (404 if "NO-1" in path and method == "GET" else 200)


def test_every_change_needs_an_area_of_permission(client: Client, bob: Any) -> None:
    viewer = get_user_model().objects.create_user("vera")
    own = Tts(client, tokens.create("vera", ["sla:read", "sla:write"], timezone.now(), None))
    for route in ROUTES:
        response = own.call(route.method, filled(route.path), {})
        answer = json.loads(response.content)
        assert (isinstance(answer, dict) and answer.get("message") == "Unauthorized user") == bool(route.area)
    Right.objects.create(user=viewer, name="slas")
    assert own.failed("POST", "/sla", {}) == "Failed when saving SLA: All fields cannot be empty"
    assert own.failed("POST", "/calendar", {}) == "Unauthorized user"


def test_a_token_goes_as_bearer_and_as_the_password_of_basic(tts: Tts) -> None:
    basic = base64.b64encode(f"bob:{tts.token}".encode()).decode()
    for header in (f"Bearer {tts.token}", f"Basic {basic}"):
        assert tts.client.get("/rest/tts-api/latest/sla", headers={"Authorization": header}).status_code == 200


@pytest.mark.usefixtures("world")
def test_who_is_signed_in_needs_the_csrf_token_for_what_is_not_a_get(tts: Tts, bob: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bob)
    address = "/rest/tts-api/latest/sla"
    assert strict.get(address).status_code == 200
    refused = strict.post(address, NEGOTIATED, content_type="application/json")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["message"]
    assert not Definition.objects.exists()
    strict.get("/api/docs")
    headers = {"X-CSRFToken": strict.cookies["csrftoken"].value}
    assert strict.post(address, NEGOTIATED, content_type="application/json", headers=headers).json()["success"]


@pytest.mark.parametrize(("method", "path", "scope"), SERVICES)
def test_every_service_answers_wrong_input_in_the_documented_shape(
    tts: Tts, method: str, path: str, scope: str
) -> None:
    assert "1,048,576" in tts.failed(method, path, b"x" * (LONGEST_BODY + 1), 413)
    assert tts.failed(method, f"{path}?q=%00", status=400)
    assert "PATCH" not in tts.call("PATCH", path)["Allow"]
    assert tts.failed("PATCH", path, status=405).startswith("The service takes ")
    if path != "/sla/search" and parts(path) != "permission":
        assert tts.failed(method, f"{path}?colour=red", {}).startswith("colour: is no parameter of this service; ")
    is_action = "NO-1" in path or path.count("/") > 3
    reads_body = method in ("POST", "PUT") and parts(path) != "permission" and not is_action
    for body in BODIES if reads_body else ():
        assert tts.failed(method, path, body, 400)
    for body in WRONG_TYPES if reads_body else ():
        answer = tts(method, path, body)
        if isinstance(answer, list):
            assert all(one["success"] is False for one in answer)
        else:
            assert answer.keys() == {"success", "message"}
            assert answer["success"] is False
    assert not Definition.objects.exists()


@pytest.mark.parametrize(
    "number", ["0", "99", "-5", "x", "1.5", "9" * 19, "9" * 400, "%20", "١", "null", "%F0%9F%92%A9"]
)
def test_a_number_that_is_none_is_not_there(tts: Tts, number: str) -> None:
    for path in ("/sla", "/nextgen/sla"):
        assert tts.failed("GET", f"{path}/{number}").startswith("SLA not exists: ")
        assert tts.failed("DELETE", f"{path}/{number}").startswith("SLA not exists: ")
    assert tts.failed("GET", f"/calendar/{number}").startswith("Calendar not exists: ")


@pytest.mark.parametrize("address", ["/rest/tts-api/latest/nowhere", "/rest/tts-api/2.0/sla", "/rest/tts-api/latest/"])
def test_an_unknown_address_is_told_in_the_same_shape(tts: Tts, address: str) -> None:
    response = tts.client.get(address)
    assert response.status_code == 404
    assert response.json()["success"] is False


def test_a_slash_at_the_end_changes_nothing_and_head_is_a_get(tts: Tts) -> None:
    assert tts("GET", "/sla/") == []
    assert tts.call("HEAD", "/sla").status_code == 200


def test_a_failure_tells_nothing(tts: Tts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("sojourn.access.tokens._note_use", fail)
    caplog.set_level(logging.ERROR)
    assert "secret" not in tts.failed("GET", "/sla", status=500)
    assert "a secret" in caplog.text


def test_no_token_is_in_an_answer_or_the_log(tts: Tts, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [tts.call(method, path, b"nonsense").content for method, path, _ in SERVICES]
    Tts(tts.client, f"{tts.token}x").call("GET", "/sla")
    assert tts.token[13:] not in caplog.text + str(answers)
