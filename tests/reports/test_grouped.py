"""Any report by groups: against rows added up plainly, and against the report of each group by itself."""

from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from sojourn.errors import Refused
from sojourn.reports import grouped, menu
from tests.builders import change, issue, store
from tests.reports.flow_help import rows, table
from tests.reports.plain import random_items

pytestmark = pytest.mark.django_db

BY = ("issuetype", "priority")
GIVEN: dict[str, dict[str, str]] = {"sprint-report": {"sprint": "7", "sprint_start": "2024-01-02", "rows": "items"}}
BY_ITEM = [
    ("time-in-status", {"shape": "wide"}),
    ("time-in-status", {"shape": "long", "statuses_by": "name"}),
    ("time-in-status", {"shape": "wide", "status_group": "category", "current": "exclude"}),
    ("assignee-time", {"shape": "wide"}),
    ("time-in-field", {"field": "assignee", "shape": "long", "since_last_move": "true"}),
    ("status-history", {}),
    ("status-count", {"shape": "long"}),
    ("status-count", {"shape": "wide"}),
    ("time-in-status-per-date", {"per_item": "true", "by": "week"}),
    ("status-by-assignee", {"time_format": "Decimal Hours"}),
    ("assignee-by-status", {}),
    ("time-between-statuses", {"pause": "Waiting"}),
    ("cycle-time", {}),
    ("lead-time", {"time_format": "Minutes"}),
    ("work-item-age", {}),
    ("resolution-time", {}),
]
COUNTED = [
    ("transition-count", {"shape": "long"}),
    ("transition-count", {"shape": "wide"}),
    ("time-in-status-per-date", {"by": "week"}),
    ("throughput", {"by": "week"}),
    ("wip", {"by": "week"}),
    ("cumulative-flow", {"by": "month", "status_group": "category"}),
]


def total(numbers: list[Any]) -> Any:
    there = [number for number in numbers if number is not None]
    return sum(there) if there else None


def added_up(name: str, given: dict[str, str], by: tuple[str, ...]) -> dict[Any, Any]:
    """The sums of the report's rows by level, groups, and what else tells rows apart."""
    plain = table(name, columns=",".join(by), **given)
    gone = {"issue_key", "issue_id", "flags", "current", "moved_by"}
    own = [column for column in plain.columns if column.name not in {*gone, *by}]
    kept = [column.name for column in own if column.kind in ("text", "date")]
    sums = [column.name for column in own if column.kind in ("duration", "integer", "boolean")]
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in plain.collect().to_dicts():
        for level in range(len(by) + 1):
            head = [row[column] if place < level else None for place, column in enumerate(by)]
            found[level, *head, *(row[column] for column in kept)].append(row)
    return {
        key: (len({row["issue_id"] for row in mine}), *(total([row[name] for row in mine]) for name in sums))
        for key, mine in found.items()
    }


@pytest.mark.parametrize(("name", "given"), BY_ITEM)
def test_rows_of_work_items_are_added_up(name: str, given: dict[str, str]) -> None:
    random_items(51)
    for by in (BY, ("project",), ("due", *BY)):
        answer = table(name, group_by=",".join(by), **given)
        names = [column.name for column in answer.columns]
        split = names.index("work_items")
        frame = answer.collect()
        assert frame.columns == names
        got = {tuple(row[:split]): tuple(row[split:]) for row in frame.rows()}
        assert len(got) == frame.height
        assert got == added_up(name, given, by)


@pytest.mark.parametrize(("name", "given"), COUNTED)
def test_what_counts_otherwise_is_the_report_of_each_group(name: str, given: dict[str, str]) -> None:
    moved = change("2024-01-03T09:00:00.000+0000", "status", "Open", "Done")
    begun = change("2024-01-02T09:00:00.000+0000", "status", "Open", "In progress")
    ended = change("2024-01-04T09:00:00.000+0000", "status", "In progress", "Done")
    store(
        issue("ABC-1", "Done", moved, created="2023-12-01T09:00:00.000+0000"),
        issue("ABC-2", "Done", begun, ended, priority={"id": "1", "name": "High"}),
        issue("XYZ-1", project={"id": "11", "key": "XYZ", "name": "Another"}),
    )
    answer = rows(name, group_by="project,priority", **given)

    def own(row: dict[str, Any]) -> dict[str, Any]:
        return {key: cell for key, cell in row.items() if key not in ("level", "project", "priority")}

    assert [own(row) for row in answer if row["level"] == 0] == rows(name, **given)
    for project in ("ABC", "XYZ"):
        mine = [own(row) for row in answer if (row["level"], row["project"]) == (1, project)]
        assert mine == rows(name, project=project, **given)
    deepest = [row for row in answer if row["level"] == 2]
    assert {(row["project"], row["priority"]) for row in deepest} <= {("ABC", "High"), ("ABC", None), ("XYZ", None)}
    levels = [[own(row) for row in answer if row["level"] == level] for level in (1, 2)]
    for column in answer[0]:
        if all(isinstance(row[column], int) for row in answer if row["level"]):
            amounts = [sum(row.get(column, 0) for row in found) for found in levels]
            assert amounts[0] == amounts[1], column


def test_a_sprint_by_groups() -> None:
    sprint = {"id": 7, "name": "Seven", "state": "active"}
    dated = {"created": "2024-01-01T09:00:00.000+0000", "customfield_1": [sprint]}
    for number, name in enumerate(("High", "Low", "Low"), 1):
        store({**issue(f"ABC-{number}", priority={"id": name, "name": name}, **dated), "id": str(number)})
    given = {"sprint": "7", "sprint_start": "2024-01-02", "group_by": "priority"}
    by_figure = {
        (row["priority"], row["figure"]): row["work_items"] for row in rows("sprint-report", **given) if row["level"]
    }
    assert (by_figure["High", "committed"], by_figure["Low", "committed"], by_figure["Low", "added"]) == (1, 2, 0)
    items = {(row["level"], row["priority"]): row for row in rows("sprint-report", rows="items", **given)}
    assert [items[key]["committed"] for key in ((0, None), (1, "High"), (1, "Low"))] == [3, 1, 2]
    assert items[0, None]["work_items"] == 3


def test_entrance_dates_are_the_earliest_first_and_the_latest_last() -> None:
    random_items(52)
    given = {"shape": "long", "group_by": "issuetype"}
    plain = rows("status-entrance-dates", shape="long")
    for row in rows("status-entrance-dates", **given):
        if row["level"] == 0:
            mine = [one for one in plain if one["value"] == row["value"]]
            assert row["first_entered"] == min(one["first_entered"] for one in mine)
            assert row["last_entered"] == max(one["last_entered"] for one in mine)
    for entry, pick in (("first", min), ("last", max)):
        [whole] = [row for row in rows("status-entrance-dates", group_by="project", entry=entry) if row["level"] == 0]
        assert whole["Open"] == pick(one[f"{entry}_entered"] for one in plain if one["value"] == "Open")


def test_the_share_of_a_group_is_that_of_its_sums() -> None:
    random_items(53)
    plain = rows("flow-efficiency", columns="priority")
    for row in rows("flow-efficiency", group_by="priority"):
        mine = [one for one in plain if row["level"] == 0 or one["priority"] == row["priority"]]
        active, cycle = (sum(one[name] for one in mine) for name in ("active_ms", "cycle_ms"))
        assert row["efficiency"] == ((200 * active + cycle) // (2 * cycle) if cycle else None)


def test_work_items_of_one_id_at_two_sites_are_two() -> None:
    for site in ("One", "Two"):
        store(issue("ABC-1"), site=site)
    [top, *_] = rows("time-in-status", group_by="site", shape="long")
    assert (top["level"], top["work_items"]) == (0, 2)


@pytest.mark.parametrize("name", ["throughput", "cycle-time"])
def test_fields_of_the_import_dates_and_what_has_none_are_groups(name: str) -> None:
    store(
        issue("ABC-1", labels=["a", "b"], duedate="2024-02-01"),
        issue("ABC-2", labels=["a", "b"], team={"name": "Blue"}),
        issue("ABC-3", team={"name": "Blue"}, duedate="2024-02-01"),
    )
    heads = ("labels", "team", "due")
    found = rows(name, group_by=",".join(heads), **({"by": "month"} if name == "throughput" else {}))
    due = date(2024, 2, 1)
    assert [tuple(row[head] for head in ("level", *heads)) for row in found] == [
        (0, None, None, None),
        (1, "a, b", None, None),
        (1, None, None, None),
        (2, "a, b", "Blue", None),
        (2, "a, b", None, None),
        (2, None, "Blue", None),
        (3, "a, b", "Blue", None),
        (3, "a, b", None, due),
        (3, None, "Blue", due),
    ]
    assert [row.get("work_items", row.get("arrived")) for row in found] == [3, 2, 1, 1, 1, 1, 1, 1, 1]


def test_groups_are_sorted_limited_and_of_any_number_of_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    random_items(54)
    whole = table("time-in-status", group_by="priority,issuetype", shape="long").collect()
    monkeypatch.setattr("sojourn.history.read.BATCH", 3)
    assert table("time-in-status", group_by="priority,issuetype", shape="long").collect().equals(whole)
    best = rows("time-in-status", group_by="priority", shape="long", sort=["level:desc", "ms:desc"], limit="2")
    assert [row["level"] for row in best] == [1, 1]
    assert best[0]["ms"] >= best[1]["ms"]


def test_nothing_to_tell_gives_no_rows_and_the_same_columns() -> None:
    store(issue("ABC-1", sprint=None))
    for entry in menu.MENU:
        given = {"group_by": "project", "created": "2030-01-01.."}
        if entry.name == "sprint-report":
            continue
        answer = table(entry.name, **given)
        assert answer.collect().height == 0, entry.name
        assert answer.columns[0].name == "level", entry.name
        assert any("Grouped by project" in line for line in answer.notes.lines) or entry.name == "average-time"


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("time-in-status", {"group_by": "nonsense"}, "group_by: no work item has 'nonsense'; there are summary, site"),
        ("time-in-status", {"group_by": "project,status,due,site"}, "group_by: names 4 columns; name three at most"),
        ("time-in-status", {"group_by": "project", "columns": "due"}, "columns: are those of single work items"),
        ("status-by-assignee", {"group_by": "assignee"}, "group_by: 'assignee' is a column of this report already"),
        ("throughput", {"group_by": "summary"}, "group_by: makes more than 1 groups, each of which is counted"),
    ],
)
def test_what_does_not_go_is_refused(
    name: str, given: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouped, "MOST_GROUPS", 1)
    store(issue("ABC-1"), issue("ABC-2"))
    with pytest.raises(Refused, match=message):
        table(name, **given)


def test_a_status_called_like_a_column_of_groups_is_refused_where_it_would_be_one() -> None:
    moved = change("2024-01-03T09:00:00.000+0000", "status", "Open", "level", to="99")
    store(issue("ABC-1", "Open", moved))
    with pytest.raises(Refused, match="shape: a value is called 'level'"):
        table("time-in-status", group_by="project")
    assert rows("time-in-status", group_by="project", shape="long")
