"""OpenAPI, and the page to read it."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from sojourn.api import schemas
from sojourn.reports.menu import MENU
from tests.api.asking import ROOT, Ask

pytestmark = pytest.mark.django_db


def test_every_operation_is_described(ask: Ask) -> None:
    found = ask.get("/openapi.json")
    assert found["openapi"].startswith("3.1")
    assert set(found["components"]["securitySchemes"]) == {"Bearer", "Basic", "Session"}
    ids = set()
    for path, methods in found["paths"].items():
        assert path.startswith(f"{ROOT}/")
        for method, operation in methods.items():
            ids.add(operation["operationId"])
            assert operation["security"]
            assert operation["summary"]
            assert operation["tags"]
            assert "application/problem+json" in operation["responses"]["default"]["content"], (method, path)
    assert len(ids) == sum(len(methods) for methods in found["paths"].values())


def test_reports_are_described_by_their_options(ask: Ask) -> None:
    paths = ask.get("/openapi.json")["paths"]
    for entry in MENU:
        found = paths[f"{ROOT}/reports/{entry.name}"]
        assert found["get"]["parameters"] == schemas.parameters(entry)
        assert found["post"]["requestBody"]["content"]["application/json"]["schema"] == schemas.of(entry)


def test_the_page_needs_a_session_and_loads_nothing_from_afar(client: Client, signed_in: Client) -> None:
    response = signed_in.get("/api/docs")
    html = response.content.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith("/static/ninja/")
        assert finders.find(address.removeprefix("/static/"))
    assert "unsafe" not in response["Content-Security-Policy"]
    assert f'"{ROOT}/openapi.json"' in html
    assert not re.search(r"<script>|<style|style=|onload=", html)
    client.logout()
    assert client.get("/api/docs").status_code == 302
