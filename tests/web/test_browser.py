import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from tests.web.conftest import AS_OF
from tests.web.pages import ADDRESS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "1"  # Playwright runs a loop in this thread; the tests use the store beside it
)

DRAWN = "[data-drawn]"
WIDE = {"width": 1400, "height": 900}
CHECK = Path(__file__).with_name("check_access.js")
NARROW = {"width": 400, "height": 800}


@pytest.fixture
def visit(chromium: Any, live_server: Any, work_items: None) -> Iterator[Callable[..., Any]]:
    """A visit to the report by somebody who has signed in; nothing may be in the console but that of a 400."""
    get_user_model().objects.create_superuser("ann", password="a long pass phrase")
    contexts, said = [], []

    def begin(query: str = "", **options: Any) -> Any:
        context = chromium.new_context(viewport=WIDE, **options) if "viewport" not in options else None
        context = context or chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda message: said.append(message.text) if "400 (Bad Request)" not in message.text else None
        )
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{live_server.url}{ADDRESS}?as_of={AS_OF}{query}")
        page.get_by_label("Name").fill("ann")
        page.get_by_label("Password").fill("a long pass phrase")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector("h1:has-text('Time in status')")
        return page

    yield begin
    for context in contexts:
        context.close()
    assert said == []


def _cell(page: Any, column: int, row: int = 0) -> str:
    return page.locator(".grid tbody tr").nth(row).locator("th, td").nth(column).inner_text()


def test_signs_in_and_draws_the_chart_without_eval(visit: Callable[..., Any]) -> None:
    page = visit()
    page.wait_for_selector(DRAWN)
    assert page.locator(".chart svg").count() == 1
    assert "In progress" in page.locator(".chart svg").text_content()
    page.locator(".chart svg path[aria-roledescription=bar]").first.hover()
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert "Work items" in page.locator("#vg-tooltip-element").inner_text()


def test_another_calendar_changes_the_numbers_and_the_address_at_once(visit: Callable[..., Any]) -> None:
    page = visit("&project=XYZ")
    before = _cell(page, 3)
    page.get_by_label("Calendar", exact=True).focus()
    page.get_by_label("Calendar", exact=True).select_option("Office")
    page.wait_for_selector(".context:has-text('Europe/Berlin')")
    assert "calendar=Office" in page.url
    assert "project=XYZ" in page.url
    assert (before, _cell(page, 3)) == ("1d 1h 0m", "9h 0m")
    assert page.evaluate("document.activeElement.id") == "id_calendar"
    page.wait_for_selector(DRAWN)
    page.go_back()
    page.wait_for_selector(".context:has-text('UTC')")
    assert _cell(page, 3) == "1d 1h 0m"


def test_sorts_by_keyboard_and_says_so(visit: Callable[..., Any]) -> None:
    page = visit()
    page.locator(".grid thead a", has_text="In progress").focus()
    for wanted in ("descending", "ascending"):
        page.keyboard.press("Enter")
        page.wait_for_selector(f"th[aria-sort={wanted}]")
        assert "In progress" in page.evaluate("document.activeElement.innerText")
        assert "61 work items" in page.locator("#live").inner_text()


def test_chooses_a_project_and_takes_it_away_again(visit: Callable[..., Any]) -> None:
    page = visit()
    page.locator("#id_project").click()
    page.get_by_label("XYZ · Another").check()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_selector("h2:has-text('1 work item')")
    page.get_by_role("link", name="Remove Project: XYZ").click()
    page.wait_for_selector("h2:has-text('61 work items')")
    assert "project" not in page.url


def test_downloads(visit: Callable[..., Any]) -> None:
    page = visit("&project=XYZ")
    page.locator("#download").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    assert download.value.suggested_filename == "time-in-status.csv"
    assert download.value.path().read_text().splitlines()[1].startswith("XYZ-1,")


@pytest.mark.parametrize("query", ["", "&shape=long&columns=summary,assignee", "&created=2030-01-01..&visits=first"])
def test_a_narrow_page_does_not_scroll_sideways(visit: Callable[..., Any], query: str) -> None:
    page = visit(query, viewport=NARROW)
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_the_dark_theme_colours_page_and_chart(visit: Callable[..., Any]) -> None:
    page = visit(color_scheme="dark")
    page.wait_for_selector(DRAWN)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 26)"
    assert page.locator(".chart svg text").first.get_attribute("fill") == "#e7ecf2"


def test_without_javascript_there_is_the_table(visit: Callable[..., Any]) -> None:
    page = visit("&project=XYZ", java_script_enabled=False)
    assert _cell(page, 0) == "XYZ-1"
    page.get_by_label("Calendar", exact=True).select_option("Office")
    page.get_by_role("button", name="Apply").click()
    assert _cell(page, 3) == "9h 0m"


def test_someone_signed_out_meanwhile_is_led_to_the_door(visit: Callable[..., Any]) -> None:
    page = visit()
    page.wait_for_selector(DRAWN)
    page.context.clear_cookies()
    page.locator("#page-after").click()
    page.wait_for_selector("h1:has-text('Sign in')")
    assert "page%3D2" in page.url


def _suggested(page: Any) -> list[str]:
    """The suggestions that are shown, once there are some."""
    page.wait_for_selector("#id_jql[aria-expanded=true]")
    return [label.inner_text() for label in page.locator(".suggestions [role=option] .label").all()]


def test_a_query_is_typed_with_suggestions_by_keyboard_alone(visit: Callable[..., Any]) -> None:
    page = visit()
    field = page.get_by_role("textbox", name="JQL").or_(page.get_by_role("combobox", name="JQL"))
    field.focus()
    page.keyboard.type("proje")
    page.wait_for_selector("#id_jql[aria-expanded=true]")
    assert page.locator("#id_jql").get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#id_jql").get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    page.wait_for_selector(".suggestions .label:text-is('NOT IN')")
    assert page.locator("#id_jql").input_value() == "project "
    page.keyboard.type("= xy")
    page.wait_for_selector(".suggestions .label:has-text('XYZ Another')")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector(".suggestions .label:text-is('ORDER BY')")
    page.keyboard.press("Escape")
    assert page.locator("#id_jql").get_attribute("aria-expanded") == "false"
    assert page.locator("#id_jql").input_value() == "project = XYZ "
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:text-is('1 work item')")
    assert "jql=project" in page.url
    assert page.evaluate("document.activeElement.id") == "id_jql"


def test_a_suggestion_is_taken_by_the_mouse_in_the_midst_of_a_query(visit: Callable[..., Any]) -> None:
    page = visit()
    field = page.locator("#id_jql")
    field.fill('labels != "😀" AND status = prog AND project = XYZ')
    assert _suggested(page) == ["XYZ Another"]
    page.keyboard.press("Escape")
    field.evaluate("field => field.setSelectionRange(30, 30)")
    page.keyboard.press("ArrowDown")
    assert _suggested(page) == ["In progress"]
    page.locator(".suggestions [role=option]").click()
    assert field.input_value() == 'labels != "😀" AND status = "In progress" AND project = XYZ'
    assert page.evaluate("document.activeElement.id") == "id_jql"


def test_a_mistake_in_a_query_is_shown_at_its_field(visit: Callable[..., Any]) -> None:
    page = visit()
    page.locator("#id_jql").fill("project = XYZ AND prioriti = High")
    page.keyboard.press("Enter")
    page.wait_for_selector(".place mark:has-text('prioriti')")
    assert "did you mean 'priority'?" in page.locator("#error_jql").inner_text()
    assert "Error in JQL" in page.locator("#live").inner_text()
    page.locator("#id_jql").fill("project = XYZ")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:text-is('1 work item')")


def test_a_query_needs_no_javascript(visit: Callable[..., Any]) -> None:
    page = visit(java_script_enabled=False)
    field = page.get_by_role("textbox", name="JQL")
    field.fill("project = XYZ")
    field.press("Enter")
    assert _cell(page, 0) == "XYZ-1"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everything_is_named_large_enough_and_in_contrast(
    visit: Callable[..., Any], scheme: str, viewport: dict[str, int]
) -> None:
    page = visit("&project=ABC&visits=first&columns=summary", viewport=viewport, color_scheme=scheme)
    page.wait_for_selector(DRAWN)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(CHECK.read_text()) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_suggestions_and_mistakes_are_in_contrast_and_fit_the_page(
    visit: Callable[..., Any], scheme: str, viewport: dict[str, int]
) -> None:
    page = visit("", viewport=viewport, color_scheme=scheme)
    page.locator("#id_jql").fill("project = XYZ AND prioriti = High")
    page.keyboard.press("Enter")
    page.wait_for_selector(".place mark")
    page.locator("#id_jql").fill("created > ")
    page.keyboard.press("ArrowDown")
    assert "startOfWeek(step?)" in _suggested(page)
    page.keyboard.press("ArrowDown")
    assert page.evaluate(CHECK.read_text()) == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
