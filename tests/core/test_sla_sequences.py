"""Ticket histories, and the answers of other SLA engines: Zammad, Frappe, redmine_sla (`../shared/data/sla`)."""

import json
from pathlib import Path
from typing import Any as Anything

import pytest

from sojourn.core.calendar import Calendar
from sojourn.core.sla.clock import Clock, Item, Verdict
from sojourn.core.sla.conditions import NEVER, Created, Entered, Is, Left
from sojourn.core.sla.policy import Duration, Goal, NoTarget, Policy
from sojourn.core.sla.reference import replay
from tests.core.calendar_help import ms
from tests.core.test_calendar_data import SHARED, instant, needs_shared

FILE = SHARED / "data" / "sla" / "sequences.json"


def expectations() -> list[tuple[dict[str, Anything], dict[str, Anything]]]:
    cases = json.loads(Path(FILE).read_text())["cases"] if FILE.exists() else []
    return [(case, expected) for case in cases for expected in case["expected"]]


def sentence(pair: Anything) -> str:
    case, expected = pair
    said = [f"{key} {value}" for key, value in expected.items() if not key.startswith("reference") and value != []]
    return f"{case['id']}: {case['source']['test']}: {', '.join(said)}"


def clock(case: dict[str, Anything], expected: dict[str, Anything], as_of: str) -> Clock:
    """As these engines count: from creation, in all states but the paused ones, until a stop state."""
    status = [(instant(step["at"]), step["to"]) for step in case["history"]]
    goal_ms = expected.get("goal_min", 0) * 60_000 + expected.get("goal_s", 0) * 1000
    runs_in = expected.get("clock_runs_in")
    policy = Policy(
        start=Created(),
        pause=Is("status", frozenset(case.get("paused_states", ()))),
        stop=Left("status", frozenset(runs_in)) if runs_in else stop(case),
        goals=(Goal(Duration(f"{goal_ms}ms") if goal_ms else NoTarget(), "theirs"),),
    )
    item = Item(instant(case["created"]), fields={"status": status})
    return replay(policy, item, {"theirs": Calendar.from_json(case["calendar"])}, instant(as_of)).clocks[0]


def stop(case: dict[str, Anything]) -> Anything:
    return Entered("status", frozenset(case["stop_states"])) if "stop_states" in case else NEVER


@needs_shared
@pytest.mark.parametrize(("case", "expected"), [pytest.param(*pair, id=sentence(pair)) for pair in expectations()])
def test_another_engine_says_so(case: dict[str, Anything], expected: dict[str, Anything]) -> None:
    ours = clock(case, expected, expected.get("at", case["history"][-1]["at"]))
    if "due" in expected:
        assert ours.deadline_ms == instant(expected["due"])
    elif "met" in expected:
        verdict = Verdict.SUCCESS if expected["met"] else Verdict.EXCEED
        assert (ours.verdict, ours.working.elapsed) == (verdict, expected["reference_min"] * 60_000)
    else:
        before = clock(case, expected, expected["from"]).working.elapsed if "from" in expected else 0
        seconds = expected.get("elapsed_min", 0) * 60 + expected.get("resolution_s", 0)
        assert ours.working.elapsed - before == seconds * 1000 > 0


@needs_shared
def test_all_of_them_are_asked() -> None:
    assert len({case["id"] for case, _ in expectations()}) == 9


BERLIN = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def test_zammad_suspends_while_pending_and_closed() -> None:
    """sla-z01, named here so that a clone without the shared data proves something."""
    case = {
        "calendar": {"tz": "Europe/Berlin", "week": BERLIN},
        "created": "2013-06-04T09:00:00Z",
        "history": [
            {"at": "2013-06-04T09:00:00Z", "to": "open"},
            {"at": "2013-06-04T09:30:00Z", "to": "pending reminder"},
            {"at": "2013-06-04T09:45:00Z", "to": "open"},
            {"at": "2013-06-04T10:00:00Z", "to": "closed"},
            {"at": "2013-06-04T10:30:00Z", "to": "open"},
        ],
        "paused_states": ["pending reminder", "closed"],
    }
    assert clock(case, {"goal_min": 120}, "2013-06-04T10:30:00Z").deadline_ms == ms("2013-06-04T11:45")
