"""The sprint report (docs/semantics.md 41)."""

import random
from collections import Counter
from typing import Any

import pytest

from sojourn.errors import Refused
from sojourn.history import read
from tests.builders import CATEGORIES, change, issue, store
from tests.reports.asking import DAY
from tests.reports.flow_help import by_key, plain, rows, table
from tests.reports.test_against_plain import START, START_MS, STEP, text
from tests.reports.test_time_in_status import declare_statuses

pytestmark = pytest.mark.django_db

FIGURES = ("committed", "added", "removed", "finished_before", "completed", "carried_over")
NAMES = {7: "Sprint 7", 8: "Sprint 8", 9: "Late, but fine"}
RAN = {"sprint": "Sprint 7", "sprint_start": "2024-01-02T09:00", "sprint_end": "2024-01-06T09:00"}


def moved(at: str, before: list[int], after: list[int]) -> dict[str, Any]:
    """A change of the sprints of a work item."""
    sides = [(", ".join(map(str, ids)), ", ".join(NAMES[one] for one in ids)) for ids in (before, after)]
    ids = {"from": sides[0][0], "to": sides[1][0], "fieldtype": "custom", "fieldId": "customfield_10020"}
    return change(at, "Sprint", sides[0][1], sides[1][1], **ids)


def sprints(*ids: int) -> dict[str, Any]:
    """The present sprints of a work item."""
    return {"customfield_10020": [{"id": one, "name": NAMES[one], "state": "active"} for one in ids]}


def to_done(at: str, before: str = "Open") -> dict[str, Any]:
    return change(at, "status", before, "Done")


def one_of_each() -> list[dict[str, Any]]:
    before, during, after = (f"2024-01-0{day}T09:00:00.000+0000" for day in (1, 4, 7))
    come = moved(before, [], [7])
    return [
        issue("A-1", "Done", come, to_done(during), customfield_1=3, resolutiondate=during, **sprints(7)),
        issue("A-2", "Done", come, to_done(after), customfield_1=0.5, **sprints(7)),
        issue("A-3", "Open", come, moved(during, [7], [8]), customfield_1=8, **sprints(8)),
        issue("A-4", "Open", moved(during, [], [7]), moved(after, [7], [7, 8]), **sprints(7, 8)),
        issue("A-5", "Done", come, to_done("2024-01-01T12:00:00.000+0000"), customfield_1="large", **sprints(7)),
        issue("A-6", "Open", moved(after, [], [7]), customfield_1=100, **sprints(7)),
        issue("A-7", "Open", customfield_1=100, **sprints(9)),
        issue("A-8"),
    ]


EACH = {
    "A-1": {"committed", "completed"},
    "A-2": {"committed", "carried_over"},
    "A-3": {"committed", "removed"},
    "A-4": {"added", "carried_over"},
    "A-5": {"committed", "finished_before"},
}


def figures(row: dict[str, Any]) -> set[str]:
    return {name for name in FIGURES if row[name]}


def test_a_sprint_has_figures_and_work_items_behind_them() -> None:
    store(*one_of_each())
    assert {key: figures(row) for key, row in by_key("sprint-report", rows="items", **RAN).items()} == EACH
    expected = Counter(name for names in EACH.values() for name in names)
    found = rows("sprint-report", **RAN)
    assert [(row["figure"], row["work_items"]) for row in found] == [(name, expected[name]) for name in FIGURES]


def test_estimates_are_added_up() -> None:
    store(*one_of_each())
    sums = {row["figure"]: row["estimate"] for row in rows("sprint-report", estimate="customfield_1", **RAN)}
    assert sums == {
        "committed": 11.5,
        "added": 0,
        "removed": 8,
        "finished_before": 0,
        "completed": 3,
        "carried_over": 0.5,
    }
    found = by_key("sprint-report", estimate="customfield_1", columns="summary", rows="items", **RAN)
    assert [row["estimate"] for row in found.values()] == [3, 0.5, 8, None, None]
    assert found["A-1"]["summary"] == "About A-1"
    assert "estimate" not in rows("sprint-report", **RAN)[0]


@pytest.mark.parametrize(
    ("sprint", "keys"),
    [
        ("7", set(EACH)),
        ("sprint 7", set(EACH)),
        ("Late, but fine", {"A-7"}),
        ("8", {"A-3"}),
    ],
)
def test_a_sprint_is_named_by_id_or_name(sprint: str, keys: set[str]) -> None:
    store(*one_of_each())
    assert set(by_key("sprint-report", rows="items", **{**RAN, "sprint": sprint})) == keys


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sprint": "Sprint 70"}, r"sprint: there is no sprint 'Sprint 70'; there are: Sprint 7 \(7\), Sprint 8 \(8\)"),
        ({"sprint": ""}, "sprint: say which sprint"),
        ({"sprint_start": ""}, "sprint_start: say when the sprint began"),
        ({"sprint_start": "soon"}, "sprint_start: 'soon' is not a time"),
        ({"sprint_end": "2024-01-02T09:00"}, "sprint_end: must be later than sprint_start"),
        ({"as_of": "2024-01-02T09:00"}, "sprint_start: must be earlier than the moment of which is asked"),
        ({"estimate": "customfield_2"}, "estimate: no work item has a field 'customfield_2'"),
        ({"estimate": "created"}, "estimate: 'created' is no field with numbers"),
        ({"columns": "summary"}, "columns: are fields of work items; ask for them with rows items"),
        ({"columns": "committed", "rows": "items"}, "columns: 'committed' is a column of this report already"),
        ({"rows": "all"}, "rows: 'all' is not one of sums, items"),
    ],
)
def test_what_cannot_be_answered_is_refused(given: dict[str, str], message: str) -> None:
    store(*one_of_each())
    with pytest.raises(Refused, match=message):
        table("sprint-report", **{**RAN, **given})


def test_sprints_of_one_name_are_told_apart_by_their_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NAMES, 8, "Sprint 7")
    store(*one_of_each())
    with pytest.raises(Refused, match="sprint: several sprints are called 'Sprint 7'; give the id of one: 7, 8"):
        table("sprint-report", **RAN)
    assert set(by_key("sprint-report", rows="items", **{**RAN, "sprint": "7"})) == set(EACH)


def test_a_sprint_without_an_end_runs_until_the_moment_asked_of() -> None:
    store(*one_of_each())
    begun = {"sprint": "7", "sprint_start": RAN["sprint_start"]}
    ended = by_key("sprint-report", rows="items", **begun)
    assert {key for key, row in ended.items() if row["completed"]} == {"A-1", "A-2"}
    assert figures(ended["A-6"]) == {"added", "carried_over"}
    now = by_key("sprint-report", rows="items", **begun, as_of="2024-01-04T09:00Z")
    assert figures(now["A-1"]) == {"committed", "completed"}  # what changes at the moment has happened
    past = by_key("sprint-report", rows="items", **begun, sprint_end="2024-01-04T09:00Z")
    assert figures(past["A-1"]) == {"committed", "carried_over"}  # what changes at the end has not


@pytest.mark.parametrize("asked", [{"rows": "sums"}, {"rows": "items"}])
def test_an_empty_store_and_no_match_give_no_rows(asked: dict[str, str]) -> None:
    found = table("sprint-report", **asked, **RAN)
    assert found.collect().is_empty()
    assert found.collect().schema == found.schema
    store(*one_of_each())
    assert rows("sprint-report", created="2030-01-01..", **asked, **RAN) == []
    assert len(rows("sprint-report", limit="2", sort=f"{found.columns[0].name}:desc", **asked, **RAN)) == 2
    assert rows("sprint-report", project="A", site="Test", **asked, **RAN) != []


Entries = list[tuple[int, Any]]


def random_sprints(seed: int, count: int) -> dict[str, tuple[Entries, Entries]]:
    """Statuses and sets of sprints that change at random on a coarse grid; stored, and returned as entries."""
    dice = random.Random(seed)
    found, payloads = {}, []
    for number in range(1, count + 1):
        at = START + dice.randrange(30) * STEP
        created, status, holds = at, dice.choice(list(CATEGORIES)), dice.choice([[], [7], [8]])
        lines: tuple[Entries, Entries] = ([(ms(at), status)], [(ms(at), holds)])
        changes = []
        for _ in range(dice.randrange(8)):
            at += dice.choice((0, 1, 2, 5, 12)) * STEP
            if dice.random() < 0.5:
                after = dice.choice(list(CATEGORIES))
                changes.append(change(at.isoformat(), "status", status, after))
                if after != status:
                    lines[0].append((ms(at), after))
                status = after
            else:
                new = dice.choice([[], [7], [8], [7, 8], [8, 9]])
                changes.append(moved(at.isoformat(), holds, new))
                lines[1].append((ms(at), new))
                holds = new
        key = f"ABC-{number}"
        fields = {"created": created.isoformat(), "customfield_10020": None, **(sprints(*holds) if holds else {})}
        payloads.append({**issue(key, status, *changes, **fields), "id": str(number)})
        found[key] = lines
    store(*payloads)
    return found


def ms(at: Any) -> int:
    return round(at.timestamp() * 1000)


@pytest.mark.parametrize("days", [(2, 6), (3, 3.125), (1, 12), (5, None)])
def test_a_sprint_agrees_with_the_rules_evaluated_plainly(days: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    items = random_sprints(9, 120)
    declare_statuses()
    begin, end = (None if day is None else START_MS + round(day * DAY) for day in days)
    as_of = START_MS + 10 * DAY
    last = as_of if end is None or end > as_of else end - 1
    expected = {}
    for key, (statuses, sets) in items.items():
        at_start = [7 in holds for at, holds in sets if at <= begin][-1:] == [True]
        came = any(7 in holds for at, holds in sets if begin < at <= last)
        at_end = [7 in holds for at, holds in sets if at <= last][-1:] == [True]
        moments = plain(statuses, last)
        if at_start or came:
            finished = moments.finished if moments else None
            early = finished is not None and finished < begin
            fate = "removed" if not at_end else "carried_over" if finished is None else "completed"
            fate = "finished_before" if at_end and early else fate
            expected[key] = {"committed" if at_start else "added", fate}
    asked = {"sprint": "7", "sprint_start": text(begin), "as_of": text(as_of)}
    asked |= {"sprint_end": text(end)} if end else {}
    found = by_key("sprint-report", rows="items", **asked)
    assert {key: figures(row) for key, row in found.items()} == expected
    sums = rows("sprint-report", **asked)
    counts = {row["figure"]: row["work_items"] for row in sums}
    assert counts["committed"] + counts["added"] == sum(counts[name] for name in FIGURES[2:]) == len(expected)
    monkeypatch.setattr(read, "BATCH", 7)
    assert rows("sprint-report", **asked) == sums
    assert by_key("sprint-report", rows="items", **asked) == found
