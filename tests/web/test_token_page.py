"""Your tokens and how you sign in, in a real browser: both widths, light and dark."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.conftest import work_items
from tests.web.test_browser import CHECK, NARROW, WIDE, visit

__all__ = ["visit", "work_items"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_token_is_made_and_revoked_and_the_pages_can_be_read(
    visit: Callable[..., Any], size: dict[str, int], scheme: str
) -> None:
    page = visit(viewport=size, color_scheme=scheme)
    page.get_by_role("link", name="Tokens").click()
    page.get_by_label("What it is for").fill("the nightly export")
    page.get_by_role("button", name="Make token").click()
    page.wait_for_selector("h2:has-text('Shown only now')")
    assert page.locator(".code").inner_text().startswith("sjn_")
    page.locator("summary", has_text="Revoke the nightly export").click()
    assert page.get_by_text("This cannot be taken back").is_visible()
    assert page.evaluate(CHECK.read_text()) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_role("button", name="Revoke sjn_").click()
    page.wait_for_selector("h2:has-text('You have no tokens')")
    page.locator("a.user", has_text="ann").click()
    page.wait_for_selector("h1:has-text('Signing in')")
    assert page.evaluate(CHECK.read_text()) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
