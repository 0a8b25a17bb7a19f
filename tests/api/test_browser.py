"""The page of the API in a real browser."""

import os
from typing import Any

import pytest
from django.test import Client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "1"  # Playwright runs a loop in this thread; the tests use the store beside it
)


def test_the_page_runs_under_the_policy_and_asks_as_who_is_signed_in(
    chromium: Any, live_server: Any, signed_in: Client, work_items: None
) -> None:
    said: list[str] = []
    context = chromium.new_context()
    context.add_cookies([{"name": "sessionid", "value": signed_in.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{live_server.url}/api/docs")
    for address in ("/api/v1/projects", "/api/v1/calendar-preview"):  # a GET, and a POST with the CSRF token
        page.locator(".opblock-summary", has_text=address).first.click()
        page.get_by_text("Try it out").first.click()
        if "preview" in address:
            page.locator("textarea").first.fill('{"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}')
        page.get_by_text("Execute").first.click()
        page.wait_for_selector(".live-responses-table")
        assert page.locator(".live-responses-table .response-col_status").last.inner_text() == "200"
        page.locator(".opblock-summary", has_text=address).first.click()
    context.close()
    assert said == []
