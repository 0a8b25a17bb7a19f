"""The API over real HTTP."""

from typing import Any

import httpx
import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from sojourn.access import tokens
from tests.api.asking import ROOT
from tests.builders import change, issue, store


@pytest.fixture
def http(live_server: Any) -> Any:
    get_user_model().objects.create_superuser("bob")
    moved = change("2024-01-02T10:00:00.000+0000", "status", "Open", "Done")
    store(*(issue(f"ABC-{number}", "Done", moved) for number in range(1, 31)))
    token = tokens.create("bob", [], timezone.now(), None)
    with httpx.Client(base_url=f"{live_server.url}{ROOT}", headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def test_reports_pages_and_refusals(http: httpx.Client) -> None:
    whole = http.get("/reports/time-in-status", params={"as_of": "2024-02-01"})
    assert whole.headers["content-encoding"] == "gzip"
    address, rows = f"{http.base_url}reports/time-in-status?as_of=2024-02-01&per_page=7", []
    for _ in range(5):
        page = http.get(address)
        rows += page.json()["rows"]
        address = page.links.get("next", {}).get("url", "")
    assert not address
    assert rows == whole.json()["rows"]
    assert len(rows) == 30
    with http.stream("POST", "/reports/time-in-status", json={"format": "csv"}) as response:
        lines = list(response.iter_lines())
    assert len(lines) == 31
    assert http.get("/reports/time-in-status?project=NOPE").headers["content-type"] == "application/problem+json"
    password = http.headers["authorization"].split()[1]
    assert httpx.get(f"{http.base_url}projects", auth=("anybody", password)).status_code == 200
    assert httpx.get(f"{http.base_url}projects").headers["www-authenticate"].startswith("Bearer ")
    assert http.post("/reports/time-in-status", content=b"x" * (1 << 21)).status_code == 413
