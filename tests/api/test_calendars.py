"""Calendars through REST: versions, preview, measuring, deadlines."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from sojourn.calendars import store
from tests.api.asking import Ask, problem

pytestmark = pytest.mark.django_db
NINE_TO_FIVE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OFFICE = {"tz": "Europe/Berlin", "week": NINE_TO_FIVE}
HOUR = 3_600_000


def test_a_calendar_is_made_replaced_read_and_deleted(edit: Ask) -> None:
    made = edit("POST", "/calendars", {"name": "Berlin/Mitte", **OFFICE})
    assert made.status_code == 201
    address = made["Location"]
    assert edit.get(address)["version"] == 1
    later = OFFICE | {"tz": "Asia/Tokyo"}
    assert edit("PUT", address, later).status_code == 200
    assert edit.get(address) == {
        "name": "Berlin/Mitte",
        "tz": "Asia/Tokyo",
        "built_in": False,
        "version": 2,
        "definition": {"name": "Berlin/Mitte", **later},
    }
    assert edit.get(f"{address}?version=1")["definition"]["tz"] == "Europe/Berlin"
    versions = edit.get(f"{address}/versions")["versions"]
    assert [one["version"] for one in versions] == [1, 2]
    assert versions[0]["saved_at"].endswith("Z")
    assert edit("DELETE", address).status_code == 204
    problem(edit("GET", address), 404)


def test_put_makes_a_calendar_too(edit: Ask) -> None:
    assert edit("PUT", "/calendars/New", OFFICE).status_code == 201
    assert store.show("New") == {"name": "New", **OFFICE}


def test_the_list_says_what_is_built_in(edit: Ask) -> None:
    edit("PUT", "/calendars/Own", OFFICE)
    found = edit.get("/calendars")["calendars"]
    assert [(one["name"], one["built_in"], one["version"]) for one in found] == [
        ("7x24", True, None),
        ("Mon–Fri 09–18", True, None),
        ("Own", False, 1),
    ]
    assert set(found[0]) == {"name", "tz", "built_in", "version"}


def test_a_refused_calendar_leaves_the_old_one(edit: Ask) -> None:
    edit("PUT", "/calendars/Own", OFFICE)
    problem(edit("PUT", "/calendars/Own", OFFICE | {"tz": "Mars"}), 400)
    assert problem(edit("DELETE", "/calendars/7x24"), 400)["errors"][0]["parameter"] == "name"
    assert edit.get("/calendars/Own")["version"] == 1


def test_the_preview_shows_the_next_windows_and_saves_nothing(ask: Ask) -> None:
    # 2024-03-29 is a Friday; the clocks change on Sunday the 31st.
    found = ask.post("/calendar-preview?at=2024-03-29T12:00&count=3", {**OFFICE, "holidays": ["2024-04-01"]})
    assert found == {
        "is_open": True,
        "windows": [
            {"opens": "2024-03-29T12:00:00+01:00", "closes": "2024-03-29T17:00:00+01:00"},
            {"opens": "2024-04-02T09:00:00+02:00", "closes": "2024-04-02T17:00:00+02:00"},
            {"opens": "2024-04-03T09:00:00+02:00", "closes": "2024-04-03T17:00:00+02:00"},
        ],
        "business_day_ms": 8 * HOUR,
        "business_week_ms": 40 * HOUR,
    }
    assert store.names() == list(store.BUILT_IN)
    assert ask.post("/calendar-preview", OFFICE)["windows"]


@pytest.fixture
def office(edit: Ask) -> None:
    edit("PUT", "/calendars/Office", OFFICE)


@pytest.mark.usefixtures("office")
def test_intervals_are_measured_in_the_calendars_zone(ask: Ask) -> None:
    given: list[dict[str, Any]] = [
        {"start": "2024-01-02T16:00", "end": "2024-01-03T10:00"},
        {"start": "2024-01-02T15:00:00Z", "end": 1704272400000},
        {"start": "2024-01-03T10:00", "end": "2024-01-02T16:00"},
        {"start": "2024-01-06", "end": "2024-01-08"},
    ]
    found = ask.post("/calendars/Office/measure", {"intervals": given})
    assert (found["calendar"], found["tz"]) == ("Office", "Europe/Berlin")
    assert [one["working_ms"] for one in found["intervals"]] == [2 * HOUR, 2 * HOUR, -2 * HOUR, 0]
    assert [{"start": one["start"], "end": one["end"]} for one in found["intervals"]] == given
    assert ask.post("/calendars/Office/measure", {"intervals": []})["intervals"] == []


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("goal", ["1d 2h", 10 * HOUR, "PT10H"])
def test_a_deadline_that_lands_on_closing_time_is_closing_time(ask: Ask, goal: Any) -> None:
    found = ask.post("/calendars/Office/deadline", {"start": "2024-01-02T15:00", "goal": goal})
    assert found == {
        "calendar": "Office",
        "goal_ms": 10 * HOUR,
        "deadline": "2024-01-03T16:00:00.000Z",
        "deadline_ms": 1704297600000,
    }


def test_a_name_in_an_address_is_any_name(ask: Ask, client: Client) -> None:
    assert ask.get(f"/calendars/{quote('Mon–Fri 09–18')}")["built_in"]
