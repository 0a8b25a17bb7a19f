"""The page on which a feed shows its recipes: whose it is, what it holds, and that everybody can use it."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from sojourn.feeds import feeds
from sojourn.feeds.recipes.catalogue import RECIPES
from tests.builders import issue, store
from tests.feeds.feeding import Reader
from tests.web.test_browser import CHECK, NARROW, WIDE


@pytest.fixture
def feed(db: None) -> Reader:
    store(issue("SUP-1"))
    get_user_model().objects.create_superuser("ann", password="a long pass phrase")
    return Reader.of("ann", dataset="status_durations")


@pytest.fixture
def browser(feed: Reader, client: Client) -> Client:
    client.force_login(feed.feed.owner)
    return client


@pytest.mark.parametrize("tool", [recipe.name for recipe in RECIPES])
def test_a_page_shows_one_tool_with_the_link_filled_in_and_a_menu_of_all(
    feed: Reader, browser: Client, tool: str
) -> None:
    html = unescape(browser.get(f"/feeds/{feed.feed.pk}/recipes/{tool}").content.decode())
    assert f'/recipes/{tool}" aria-current="page"' in html
    assert all(f'href="/feeds/{feed.feed.pk}/recipes/{one.name}"' in html for one in RECIPES)
    assert str(feed.feed.pk) in html
    assert ("http://testserver" in html) == (tool != "dbt")
    assert feed.secret not in html
    assert "{%" not in html


def test_the_list_of_feeds_leads_there(feed: Reader, browser: Client) -> None:
    assert f'href="/feeds/{feed.feed.pk}/recipes/curl"' in browser.get("/feeds").content.decode()


def test_a_file_is_downloaded_under_its_name(feed: Reader, browser: Client) -> None:
    answer = browser.get(f"/feeds/{feed.feed.pk}/recipes/power-bi-file/feed.pbids")
    assert answer["Content-Disposition"] == 'attachment; filename="feed.pbids"'
    assert f"datafeedID={feed.feed.pk}&format=csv" in answer.content.decode()
    nested = browser.get(f"/feeds/{feed.feed.pk}/recipes/dbt/models/time_by_status.sql")
    assert nested["Content-Disposition"] == 'attachment; filename="time_by_status.sql"'


def test_tombstones_of_the_same_preset_are_filled_in(feed: Reader, browser: Client) -> None:
    address = f"/feeds/{feed.feed.pk}/recipes/dlt"
    assert "SOJOURN_TOMBSTONES_SECRET=" not in browser.get(f"{address}/load_feed.py").content.decode()
    beside = feeds.generate(feed.feed.owner, feed.feed.preset, feed.feed.created_at, "tombstones")
    assert f'TOMBSTONES = "{beside.pk}"' in browser.get(f"{address}/load_feed.py").content.decode()


def test_what_is_not_there_or_not_ones_own_is_not_found(feed: Reader, browser: Client) -> None:
    mine = f"/feeds/{feed.feed.pk}/recipes"
    theirs = f"/feeds/{Reader.of('bob', dataset='issues').feed.pk}/recipes"
    for path in (f"{mine}/nonsense", f"{mine}/curl/nonsense", f"{theirs}/curl", f"{theirs}/curl/feed.sh"):
        assert browser.get(path).status_code == 404, path


def test_a_feed_that_cannot_be_read_says_why(feed: Reader, browser: Client) -> None:
    feed.feed.preset.options["project"] = ["GONE"]
    feed.feed.preset.save()
    for path in ("dlt", "dlt/load_feed.py"):
        answer = browser.get(f"/feeds/{feed.feed.pk}/recipes/{path}")
        assert answer.status_code == 400
        assert "no project 'GONE'" in unescape(answer.content.decode())


@pytest.fixture
def shown(chromium: Any, live_server: Any, transactional_db: None) -> Iterator[Any]:
    """Opens the page of a tool for somebody who has signed in; nothing may be in the console."""
    store(issue("SUP-1"))
    get_user_model().objects.create_superuser("ann", password="a long pass phrase")
    feed, contexts, said = Reader.of("ann", dataset="status_durations"), [], []

    def begin(tool: str, **options: Any) -> Any:
        context = chromium.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{live_server.url}/feeds/{feed.feed.pk}/recipes/{tool}")
        page.get_by_label("Name").fill("ann")
        page.get_by_label("Password").fill("a long pass phrase")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector(".tools")
        return page

    yield begin
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_and_use_the_page(shown: Any, scheme: str, size: dict[str, int]) -> None:
    page = shown("power-bi", viewport=size, color_scheme=scheme)
    assert page.evaluate(CHECK.read_text()) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="dlt", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('load_feed.py')")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download load_feed.py").click()
    assert download.value.suggested_filename == "load_feed.py"


@pytest.mark.browser
def test_a_text_is_copied_and_that_is_said(shown: Any) -> None:
    page = shown("curl", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy feed.sh").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#live:has-text('feed.sh is copied.')", state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#text-1").text_content()


@pytest.mark.browser
def test_where_nothing_may_be_copied_the_text_is_selected(shown: Any) -> None:
    page = shown("curl")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Copy feed.sh").click()
    page.wait_for_selector("#live:has-text('feed.sh is selected')", state="attached")
    assert page.evaluate("getSelection().toString()").startswith("#!/bin/sh")
