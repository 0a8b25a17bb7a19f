"""What pages say of how fresh the data is, in a browser: kept true while parts of the page are exchanged."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from sojourn.access import granting
from sojourn.access.granting import Place
from sojourn.history.models import Site
from sojourn.jira.models import Connection, ProjectState
from sojourn.sealed import Secret
from tests.web.test_browser import CHECK, NARROW, visit

__all__ = ["visit"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOW_MS = 1_770_000_000_000  # 2026-02-02T02:40:00Z
REFUSED = "acme.example.com: refuses the credentials: the API token is wrong, revoked or expired; connect again"


@pytest.fixture
def connection(work_items: None) -> Connection:
    told = {"kind": "cloud", "url": "https://acme.example.com", "method": "api-token", "account": "bot@example.com"}
    row = Connection.objects.create(name="acme", site=Site.objects.get(name="Test"), secret=Secret("x"), **told)
    ProjectState.objects.create(
        connection=row, project="10", key="ABC", name="A project", swept_to_ms=NOW_MS, items=10, done=4
    )
    return row


def test_it_is_told_anew_with_each_part_of_the_page(connection: Connection, visit: Callable[..., Any]) -> None:
    granting.grant("ann", Place("Test"), timezone.now(), "test")
    page = visit()
    fresh = page.locator("#freshness")
    assert "Data as of 2026-02-02 02:40 UTC" in fresh.inner_text()
    assert "Still being fetched: ABC 40 %" in fresh.inner_text()
    ProjectState.objects.update(is_whole=True, swept_to_ms=NOW_MS + 60_000)
    page.locator("#sort-1").click()
    page.wait_for_url("**sort=*")
    page.wait_for_function("document.querySelector('#freshness').innerText.includes('02:41')")
    assert "fetched" not in fresh.inner_text()
    Connection.objects.update(refused=REFUSED)
    page.locator("#sort-2").click()
    page.wait_for_selector("#freshness .wrong")
    assert page.locator("#freshness .wrong").inner_text() == (
        f"Nothing more is fetched. {REFUSED}: sojourn connect --renew acme."
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1400, "height": 900}, NARROW])
def test_it_can_be_read_at_every_width_and_in_the_dark(
    connection: Connection, visit: Callable[..., Any], scheme: str, size: dict[str, int]
) -> None:
    Connection.objects.update(refused=REFUSED)
    for number in range(9):
        told = {"project": f"{number}", "key": f"LONGKEY{number}", "name": "P", "swept_to_ms": NOW_MS}
        ProjectState.objects.create(connection=connection, **told)
    page = visit(viewport=size, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert "and 5 more" in page.locator("#freshness").inner_text()
    assert page.evaluate(CHECK.read_text()) == []
