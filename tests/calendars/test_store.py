"""Stored calendars: names, versions, built-in ones, shared sets of holidays, and what is refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sojourn.calendars import store
from sojourn.calendars.models import CalendarVersion, HolidaySet, StoredCalendar
from sojourn.errors import Refused, UserError

pytestmark = pytest.mark.django_db

NOW = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = 3_600_000
MONDAYS = {"name": "Mondays", "tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}
NEW_YEAR = {"date": "2024-01-01", "name": "New Year"}


def monday(text: str = "2024-01-01") -> tuple[int, int]:
    begin = round(datetime.fromisoformat(f"{text}T00:00Z").timestamp() * 1000)
    return begin, begin + 24 * HOUR


def test_two_calendars_are_built_in() -> None:
    assert store.names() == ["7x24", "Mon–Fri 09–18"]
    assert store.load("7x24").elapsed(*monday()) == 24 * HOUR
    assert store.load("Mon–Fri 09–18").elapsed(*monday()) == 9 * HOUR


@pytest.mark.parametrize("name", ["Mon–Fri 09–18", "Mon-Fri 09-18", "Mon–Fri 09-18"])
def test_a_hyphen_is_as_good_as_a_dash(name: str) -> None:
    assert store.load(name).name == "Mon–Fri 09–18"


@pytest.mark.parametrize("name", ["7x24", "Mon-Fri 09-18", "Mon–Fri 09–18"])
def test_built_in_calendars_cannot_be_changed(name: str) -> None:
    with pytest.raises(Refused, match=r"^name: .* is built in and cannot be changed; choose another name"):
        store.save({**MONDAYS, "name": name}, now=NOW, replace=True)
    with pytest.raises(UserError, match="is built in and cannot be removed"):
        store.remove(name)
    with pytest.raises(UserError, match="is built in and cannot be changed; add a calendar of your own first"):
        store.check_can_change(name)
    store.save_holidays("X", [NEW_YEAR])
    with pytest.raises(Refused, match="is built in"):
        store.attach(name, "X", now=NOW)
    assert not StoredCalendar.objects.exists()


def test_a_calendar_is_saved_shown_and_loaded_by_its_name() -> None:
    assert store.save(MONDAYS, now=NOW) == 1
    assert store.names()[-1] == "Mondays"
    assert store.show("Mondays") == MONDAYS
    assert store.load("Mondays").elapsed(*monday()) == 8 * HOUR
    store.check_can_change("Mondays")


def test_a_name_that_is_taken_is_replaced_only_on_demand_and_old_versions_stay() -> None:
    store.save(MONDAYS, now=NOW)
    longer = {**MONDAYS, "week": {"mon": [["09:00", "18:00"]]}}
    with pytest.raises(UserError, match="There is a calendar 'Mondays' already; replace it with --replace"):
        store.save(longer, now=NOW)
    assert store.show("Mondays") == MONDAYS
    assert store.save(longer, now=NOW, replace=True) == 2
    assert store.load("Mondays").elapsed(*monday()) == 9 * HOUR
    kept = CalendarVersion.objects.order_by("number").values_list("number", "definition")
    assert list(kept) == [(1, MONDAYS), (2, longer)]
    assert store.names().count("Mondays") == 1


def test_a_calendar_is_removed_with_its_versions() -> None:
    store.save(MONDAYS, now=NOW)
    store.save(MONDAYS, now=NOW, replace=True)
    store.remove("Mondays")
    assert not CalendarVersion.objects.exists()
    assert "Mondays" not in store.names()


@pytest.mark.parametrize("use", [store.load, store.load_any, store.show, store.remove, store.check_can_change])
def test_an_unknown_name_lists_those_there_are(use: Any) -> None:
    store.save(MONDAYS, now=NOW)
    with pytest.raises(UserError, match=r"^There is no calendar 'No'\. There are: 7x24, Mon–Fri 09–18, Mondays\.$"):
        use("No")


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        ({"name": None}, "name", "is missing; a stored calendar needs a name"),
        ({"name": "  "}, "name", "is missing"),
        ({"name": 5}, "name", "is missing"),
        ({"name": " padded"}, "name", "starts or ends with a blank"),
        ({"name": "x" * 256}, "name", "over 255 characters"),
        ({"tz": "Berlin"}, "tz", "unknown time zone 'Berlin'; give an IANA zone"),
        ({"week": {}}, "week", "the calendar has no working time: no day has a window"),
        ({"breaks": {"mon": [["09:00", "17:00"]]}}, "week", "no working time: breaks and holidays cover every window"),
        ({"week": {"mon": [["09:00", "25:00"]]}}, "week.mon[0][1]", "'25:00' is no time of day"),
        ({"weak": {}}, "weak", "unknown key; did you mean week?"),
        ({"holidays": ["2024-13-01"]}, "holidays[0]", "'2024-13-01' is no date"),
        ({"holiday_sets": ["DE"]}, "holiday_sets[0]", "there is no set of holidays 'DE'; import it first"),
        ({"holiday_sets": "DE"}, "holiday_sets", "a list of names of sets, not 'DE'"),
        ({"holiday_sets": [["DE"]]}, "holiday_sets[0]", "there is no set of holidays"),
        ({"holiday_sets": None}, "holiday_sets", "a list of names of sets"),
    ],
)
def test_a_wrong_calendar_is_refused_with_its_place_and_nothing_is_stored(change: Any, path: str, reason: str) -> None:
    with pytest.raises(Refused) as error:
        store.save({**MONDAYS, **change}, now=NOW)
    assert error.value.path == path
    assert reason in error.value.problem
    assert store.names() == ["7x24", "Mon–Fri 09–18"]


def test_a_wrong_version_leaves_the_one_before() -> None:
    store.save(MONDAYS, now=NOW)
    with pytest.raises(Refused):
        store.save({**MONDAYS, "week": {}}, now=NOW, replace=True)
    assert store.show("Mondays") == MONDAYS


def test_holidays_of_a_set_are_shared_by_the_calendars_that_name_it() -> None:
    store.save_holidays("X", [NEW_YEAR])
    store.save({**MONDAYS, "holiday_sets": ["X"], "holidays": ["2024-01-08"]}, now=NOW)
    store.save({**MONDAYS, "name": "Other", "holiday_sets": ["X"]}, now=NOW)
    assert store.load("Mondays").elapsed(*monday()) == 0
    assert store.load("Other").elapsed(*monday()) == 0
    assert store.load("Mondays").elapsed(*monday("2024-01-08")) == 0
    assert store.load("Other").elapsed(*monday("2024-01-08")) == 8 * HOUR
    store.save_holidays("X", [{"date": "2024-01-15", "name": "Later"}])
    assert store.load("Other").elapsed(*monday()) == 8 * HOUR
    assert store.load("Other").elapsed(*monday("2024-01-15")) == 0
    assert HolidaySet.objects.count() == 1


def test_attaching_a_set_is_a_new_version_once() -> None:
    store.save(MONDAYS, now=NOW)
    store.save_holidays("X", [NEW_YEAR])
    store.save_holidays("Y", ["2024-01-08"])
    for name in ("X", "X", "Y", "X"):
        store.attach("Mondays", name, now=NOW)
    assert store.show("Mondays")["holiday_sets"] == ["X", "Y"]
    assert CalendarVersion.objects.count() == 3
    assert store.load("Mondays").elapsed(*monday("2024-01-08")) == 0


def test_attaching_an_unknown_set_is_refused() -> None:
    store.save(MONDAYS, now=NOW)
    with pytest.raises(Refused, match="there is no set of holidays 'X'; import it first"):
        store.attach("Mondays", "X", now=NOW)


def test_a_set_without_holidays_is_refused() -> None:
    with pytest.raises(UserError, match="X: there are no holidays in those years; nothing was changed"):
        store.save_holidays("X", [])


def test_a_calendar_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "support.json"
    path.write_text(json.dumps({key: value for key, value in MONDAYS.items() if key != "name"}))
    assert store.load_any(str(path)).name == "support"
    assert store.load_any(str(path)).elapsed(*monday()) == 8 * HOUR
    assert store.names() == ["7x24", "Mon–Fri 09–18"]


def test_what_a_calendar_shows_can_be_loaded_from_a_file(tmp_path: Path) -> None:
    store.save_holidays("X", [NEW_YEAR])
    store.save({**MONDAYS, "holiday_sets": ["X"]}, now=NOW)
    path = tmp_path / "mondays.json"
    path.write_bytes("\ufeff".encode() + json.dumps(store.show("Mondays"), ensure_ascii=False).encode())
    assert store.load_any(str(path)).elapsed(*monday()) == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "a calendar is a JSON object, such as"),
        ('{"tz": "UTC"}', "week: the calendar has no working time"),
        ('{"tz": "UTC", "week": {"mon": [["09:00"]]}}', r"week.mon\[0\]: a window is a pair"),
    ],
)
def test_a_wrong_file_is_named(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"wrong\.json: {reason}"):
        store.load_any(str(path))


def test_lists_of_holidays_end() -> None:
    store.save_holidays("X", ["2024-05-01", NEW_YEAR])
    store.save_holidays("Unused", ["2020-01-01"])
    store.save({**MONDAYS, "holiday_sets": ["X"], "holidays": ["2023-01-02"]}, now=NOW)
    store.save({**MONDAYS, "name": "Own", "holidays": [NEW_YEAR, "2023-01-02"]}, now=NOW)
    store.save({**MONDAYS, "name": "Yearly", "recurring_holidays": ["12-25"]}, now=NOW)
    reach = [("X", "2024-01-01", "2024-05-01"), ("Own", "2023-01-02", "2024-01-01")]
    assert list(store.reach_of_holidays()) == reach
