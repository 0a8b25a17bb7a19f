"""Time in other fields than the status, against stays worked out step by step."""

from dataclasses import replace
from typing import Any

import pytest

from sojourn.errors import Refused
from tests.builders import change, issue, store
from tests.reports.asking import DAY, HOUR
from tests.reports.plain import (
    CALENDARS,
    Asked,
    Item,
    Stay,
    ask,
    asked_at_random,
    check_frames,
    counted,
    random_items,
    rows,
    window_stays,
)
from tests.reports.test_against_plain import RULES

pytestmark = pytest.mark.django_db


def until_done(item: Item, asked: Asked) -> list[Stay]:
    """The stays with assignees, cut at the last entry into done, and without the open one where it is left out."""
    stays = window_stays(item.assignee, asked)
    dones = [stay.entered for stay in window_stays(item.status, asked) if stay.value == "Done"]
    if asked.stop_on_done and dones:
        end = dones[-1]
        stays = [replace(one, left=min(one.left, end), current=False) for one in stays if one.entered < end]
    return counted(stays, replace(asked, stop_on_done=False))


@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
@pytest.mark.parametrize("name", ["assignee-time", "time-in-field"])
def test_time_with_assignees_is_that_of_stays_worked_out_plainly(name: str, calendar: str, worked: Any) -> None:
    items = random_items(61)
    given = {"field": "assignee"} if name == "time-in-field" else {}
    for number, asked in enumerate(asked_at_random(61, 30)):
        visits = list(RULES)[number % len(RULES)]
        want = {}
        for item in items.values():
            stays = until_done(item, asked)
            for person in {stay.value for stay in stays}:
                mine = [stay for stay in stays if stay.value == person]
                times = [RULES[visits](amounts) for amounts in _amounts(mine, worked)]
                want[item.key, person] = (*times, sum(stay.entry for stay in mine))
        found = rows(name, calendar, shape="long", visits=visits, **given, **asked.options)
        got = {(row["issue_key"], row["value"]): (row["ms"], row["elapsed_ms"], row["visits"]) for row in found}
        assert (got, len(got)) == (want, len(found)), asked


def _amounts(stays: list[Stay], worked: Any) -> tuple[list[int], list[int]]:
    return [worked(one.entered, one.left) for one in stays], [one.left - one.entered for one in stays]


def test_stopping_at_done_is_what_status_by_assignee_says_over_all_statuses() -> None:
    random_items(62)
    for asked in asked_at_random(62, 10):
        given = replace(asked, stop_on_done=True, current="include").options
        sums: dict[tuple[str, str], int] = {}
        for row in rows("status-by-assignee", **given):
            cell = row["issue_key"], row["assignee"]
            sums[cell] = sums.get(cell, 0) + row["ms"]
        assert sums == {(r["issue_key"], r["value"]): r["ms"] for r in rows("assignee-time", shape="long", **given)}


def test_notes_on_stopping_name_statuses_of_no_category_and_no_assignees() -> None:
    moved = change("2024-01-02T09:00:00.000+0000", "status", "Odd", "Open", **{"from": "77"})
    store(issue("ABC-1", "Open", moved, assignee={"accountId": "ann", "displayName": "Ann"}))
    for shape in ("wide", "long"):
        [line] = [
            one for one in ask("assignee-time", stop_on_done="true", shape=shape).notes.lines if "Not known" in one
        ]
        assert "taken for done: Odd." in line


def test_a_field_that_never_changed_has_its_present_value_since_creation() -> None:
    store(issue("ABC-1", priority={"id": "2", "name": "High"}))
    [row] = rows("time-in-field", shape="long")
    assert (row["value_id"], row["value"], row["ms"]) == ("2", "High", 7 * DAY)


def test_sets_are_values() -> None:
    first, second = ({"id": str(n), "name": f"{n}.0"} for n in (1, 2))
    added = change("2024-01-01T12:00:00.000+0000", "Fix Version", None, None, to="2", toString="2.0")
    store(issue("ABC-1", "Open", added, fixVersions=[first, second]))
    found = {row["value"]: row["ms"] for row in rows("time-in-field", field="fixVersions", shape="long")}
    assert found == {"1.0": 3 * HOUR, "1.0, 2.0": 7 * DAY - 3 * HOUR}


def test_fields_without_values_that_last_are_refused_and_those_that_have_some_named() -> None:
    comment = {"id": "1", "created": "2024-01-02T09:00:00.000+0000", "author": {"accountId": "ann"}}
    store(issue("ABC-1", comment={"comments": [comment], "total": 1}))
    for name in ("comment", "nonsense"):
        with pytest.raises(
            Refused, match=f"field: '{name}' is no tracked field whose values last; there are: assignee"
        ):
            ask("time-in-field", field=name)


def test_frames_have_the_schema_of_the_table() -> None:
    random_items(63, 20)
    for shape in ("wide", "long"):
        check_frames("time-in-field", field="priority", shape=shape, stop_on_done="true")
