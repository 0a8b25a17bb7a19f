"""An SLA beside what Jira Service Management keeps of it."""

import json
from typing import Any

import pytest

from tests.builders import change, issue, store
from tests.cli.running import Sojourn
from tests.core.calendar_help import HOUR, ms
from tests.sla.defining import BORN, define, policy

pytestmark = pytest.mark.django_db
FIELD = "customfield_10030"


def cycle(start: int, stop: int | None, *, goal: int = 4 * HOUR, elapsed: int = 0, breached: bool = False) -> Any:
    """A cycle as Jira Service Management writes it."""

    def at(moment: int) -> dict[str, int]:
        return {"epochMillis": moment}

    told = {"startTime": at(start), "breachTime": at(start + goal), "breached": breached}
    told |= {"goalDuration": {"millis": goal}, "elapsedTime": {"millis": elapsed}}
    return told if stop is None else {**told, "stopTime": at(stop)}


@pytest.fixture
def sla() -> int:
    """One and two are alike, three has another verdict, four other times, five no cycle here, six none there."""
    noon, evening = "2024-01-01T12:00:00.000+0000", "2024-01-01T18:00:00.000+0000"
    met, late = (change(at, "status", "Open", "Done") for at in (noon, evening))
    three = cycle(BORN, ms("2024-01-01T18:00"), elapsed=9 * HOUR)
    four = cycle(BORN, ms("2024-01-01T13:00"), elapsed=4 * HOUR)
    store(
        issue("ABC-1", "Done", met, **{FIELD: done(cycle(BORN, ms("2024-01-01T12:00") + 400, elapsed=3 * HOUR))}),
        issue("ABC-2", "Open", **{FIELD: {"completedCycles": [], "ongoingCycle": cycle(BORN, None, elapsed=5)}}),
        issue("ABC-3", "Done", late, **{FIELD: done(three)}),
        issue("ABC-4", "Done", met, **{FIELD: done(four)}),
        issue("XYZ-5", "Open", project={"id": "11", "key": "XYZ", "name": "Another"}, **{FIELD: done(three)}),
        issue("ABC-6", "Open", **{FIELD: None}),
    )
    return define(policy("4h", scope="project = ABC")).pk


def done(*cycles: Any) -> dict[str, Any]:
    return {"id": "7", "name": "Time to resolution", "completedCycles": list(cycles)}


def test_each_cycle_is_held_against_the_one_that_starts_with_it(sojourn: Sojourn, sla: int) -> None:
    run = sojourn("sla", "compare", "--sla", sla, "--field", FIELD, "--json")
    assert run.code == 1
    found = json.loads(run.out)
    assert (found["cycles"], found["alike"]) == (6, 2)
    assert {one["key"]: one["differ"] for one in found["differ"]} == {
        "ABC-3": ["verdict"],
        "ABC-4": ["stop", "elapsed"],
        "XYZ-5": ["only theirs"],
        "ABC-6": ["only ours"],
    }
    assert "2 of 6 cycles are alike" in run.err
    assert "only theirs: 1" in run.err


def test_what_differs_is_told_line_by_line(sojourn: Sojourn, sla: int) -> None:
    run = sojourn("sla", "compare", "--sla", sla, "--field", FIELD)
    lines = dict(line.split("\t", 1) for line in run.out.splitlines())
    assert "ours 2024-01-01T09:00:00.000Z 2024-01-01T12:00:00.000Z" in lines["ABC-4"]
    assert lines["ABC-6"].endswith("theirs –")


def test_a_wide_tolerance_finds_less(sojourn: Sojourn, sla: int) -> None:
    run = sojourn("sla", "compare", "--sla", sla, "--field", FIELD, "--tolerance", 2 * HOUR, "--json")
    assert [one["key"] for one in json.loads(run.out)["differ"]] == ["ABC-3", "XYZ-5", "ABC-6"]


def test_a_field_that_holds_none_is_said(sojourn: Sojourn, sla: int) -> None:
    run = sojourn("sla", "compare", "--sla", sla, "--field", "customfield_1")
    assert (run.code, run.out) == (2, "")
    assert "no work item has cycles in the field 'customfield_1'" in run.err
