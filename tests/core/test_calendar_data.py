"""Answers computed by other programs: `../shared/data/business-time`, and some of its facts, named here."""

import json
from pathlib import Path
from typing import Any

import pytest

from sojourn.core.calendar import Calendar
from tests.core.calendar_help import HOUR, calendar, ms

SHARED = Path(__file__).parents[3] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="a clone without the shared data")


def instant(text: str) -> int:
    """Some sources write the zone twice."""
    return ms(text.replace("ZZ", "Z").replace("+00:00Z", "Z").replace("Z", "+00:00"), "UTC")


def cases(name: str) -> list[dict[str, Any]]:
    path = SHARED / "data" / "business-time" / name
    found: list[dict[str, Any]] = json.loads(path.read_text())["cases"]
    return found


def answer(case: dict[str, Any]) -> int | bool:
    ours = Calendar.from_json(case["calendar"])
    start = instant(case["at"] if "at" in case else case["start"])
    duration = round(case.get("duration_s", 0) * 1000)
    match case["kind"]:
        case "elapsed":
            unit = case.get("truncated_to_unit_s", 0) * 1000 or 1
            worked = ours.elapsed(start, instant(case["end"]))
            return worked // unit * unit if worked > 0 else -(-worked // unit * unit)
        case "deadline":
            return ours.deadline(start, duration)
        case "deadline_back":
            return ours.start_for(start, duration)
        case "next_open":
            return ours.next_open(start)
        case "prev_close":
            return ours.previous_close(start)
        case "is_open":
            return ours.is_open(start)
        case "add_business_days":
            return ours.add_business_days(start, case["days"])
    raise AssertionError(case["kind"])


def expected(case: dict[str, Any]) -> int | bool:
    if case["kind"] == "elapsed":
        return round(case.get("expected_s", case.get("expected")) * 1000)
    return bool(case["expected_bool"]) if "expected_bool" in case else instant(case["expected"])


ROUNDS = "rounds to whole seconds; ours are milliseconds"
INCLUSIVE = "holds the closing instant for open; our windows are half-open"
INTO_HOURS = "moves the answer on into working hours; ours keeps the time of day, and next_open moves it"
OTHER_CONVENTIONS = {
    "bt-0023": ROUNDS,
    "bt-0034": "counts the wall clock of a day with 25 hours; ours counts real time",
    **dict.fromkeys(("bt-0053", "bt-0059", "bt-0060", "bt-0061", "bt-0064", "bt-0068", "bt-0069", "bt-0070"), ROUNDS),
    **dict.fromkeys(("bt-0075", "bt-0076"), ROUNDS),
    **dict.fromkeys(("bt-0134", "bt-0137", "bt-0139", "bt-0140"), INTO_HOURS),
    **dict.fromkeys(("bt-0268", "bt-0350"), INCLUSIVE),
    "bt-0461": "answers 0 where the end lies before the start; ours is negative",
}


@needs_shared
def test_every_case_that_is_no_other_convention() -> None:
    all_cases = cases("cases.json")
    assert len(all_cases) == 307
    wrong = {case["id"]: (answer(case), expected(case)) for case in all_cases if answer(case) != expected(case)}
    assert set(wrong) == set(OTHER_CONVENTIONS)
    assert not [case["id"] for case in all_cases if case["reference_agrees"] and case["id"] in wrong]


@needs_shared
def test_every_random_case() -> None:
    all_cases = cases("random.json")
    assert len(all_cases) == 1592
    wrong = [(case, answer(case)) for case in all_cases if answer(case) != expected(case)]
    assert not wrong


@needs_shared
@pytest.mark.parametrize(("case_id", "moved"), [("bt-0134", 2), ("bt-0137", 15)])
def test_next_open_of_our_answer_is_theirs(case_id: str, moved: int) -> None:
    case = next(case for case in cases("cases.json") if case["id"] == case_id)
    ours = answer(case)
    assert Calendar.from_json(case["calendar"]).next_open(ours) == expected(case) == ours + moved * HOUR


OFFICE = calendar(hours="09:00-17:00")
PARIS_SUNDAY = calendar("Europe/Paris", days=["sun"])
BERLIN_BREAK = calendar("Europe/Berlin", "08:00-13:00 14:00-18:00")
TEHRAN = calendar("Asia/Tehran", "00:00-24:00", ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
NEW_YORK = calendar("America/New_York")


@pytest.mark.parametrize(
    ("ours", "start", "end", "hours"),
    [
        # zendesk/biz and the reference of shared/data/business-time agree on these
        (BERLIN_BREAK, "2015-03-27T11:00Z", "2015-03-31T07:00Z", 15),  # OTRS, bt-0388: over the spring change
        (BERLIN_BREAK, "2016-03-25T11:15:41Z", "2016-03-29T08:15:41Z", 16),  # OTRS, bt-0395
        (TEHRAN, "2015-03-21T08:30Z", "2015-03-21T23:30Z", 15),  # OTRS, bt-0411: the change at midnight
    ],
)
def test_elapsed_elsewhere(ours: Calendar, start: str, end: str, hours: float) -> None:
    assert ours.elapsed(instant(start), instant(end)) == hours * HOUR


@pytest.mark.parametrize(
    ("ours", "end", "seconds", "start"),
    [
        (NEW_YORK, "2010-04-26T13:00Z", 3600, "2010-04-23T20:00Z"),  # business_time: an hour before the opening
        (NEW_YORK, "2010-08-05T13:35Z", 28800, "2010-08-04T13:35Z"),  # business_time
        (OFFICE, "1991-11-18T14:00:42Z", 25200, "1991-11-15T15:00:42Z"),  # working_hours
    ],
)
def test_start_for_elsewhere(ours: Calendar, end: str, seconds: int, start: str) -> None:
    expected_start = instant(start)
    assert ours.start_for(instant(end), seconds * 1000) == expected_start


@pytest.mark.parametrize(
    ("start", "opening"),
    [("2020-03-28T23:00Z", "2020-03-29T07:00Z"), ("2020-10-25T00:00Z", "2020-10-25T08:00Z")],
)
def test_next_open_elsewhere(start: str, opening: str) -> None:
    """working_hours, bt-0009 and bt-0013: the Sundays of both clock changes."""
    assert PARIS_SUNDAY.next_open(instant(start)) == instant(opening)
