"""Cycle time, lead time, age, resolution time and flow efficiency (docs/semantics.md 35–37, 40)."""

import random
from typing import Any

import pytest

from sojourn.errors import Refused
from sojourn.history import read
from tests.builders import change, issue, store
from tests.reports.asking import DAY, HOUR
from tests.reports.flow_help import MOMENTS, OFFICE, by_key, moment, plain, rows, table
from tests.reports.test_against_plain import START_MS, always, nine_to_six, random_items, text
from tests.reports.test_time_in_status import declare_statuses

pytestmark = pytest.mark.django_db

REPORTS = ("cycle-time", "lead-time", "work-item-age", "resolution-time", "flow-efficiency")
CALENDARS = [("7x24", always), (OFFICE, nine_to_six)]


def worked_on() -> dict[str, Any]:
    """Monday 09:00 created, 12:00 in progress, 14:00 waiting, 18:00 in progress, Tuesday 07:00 done."""
    return issue(
        "ABC-1",
        "Done",
        change("2024-01-01T12:00:00.000+0000", "status", "Open", "In progress"),
        change("2024-01-01T14:00:00.000+0000", "status", "In progress", "Waiting"),
        change("2024-01-01T18:00:00.000+0000", "status", "Waiting", "In progress"),
        change("2024-01-02T07:00:00.000+0000", "status", "In progress", "Done"),
    )


def reopened() -> dict[str, Any]:
    """Done on Tuesday, in progress again on Wednesday, done again on Thursday, always at 09:00."""
    return issue(
        "ABC-2",
        "Done",
        change("2024-01-02T09:00:00.000+0000", "status", "Open", "Done"),
        change("2024-01-03T09:00:00.000+0000", "status", "Done", "In progress"),
        change("2024-01-04T09:00:00.000+0000", "status", "In progress", "Done"),
    )


def test_a_work_item_has_its_cycle_time_and_its_lead_time() -> None:
    store(worked_on())
    declare_statuses()
    row = by_key("cycle-time", OFFICE)["ABC-1"]
    assert row == {
        "issue_key": "ABC-1",
        "issue_id": worked_on()["id"],
        "created": moment(1_704_099_600_000),
        "started": moment(1_704_099_600_000 + 3 * HOUR),
        "finished": moment(1_704_099_600_000 + 22 * HOUR),
        "cycle_ms": 6 * HOUR,
        "cycle_elapsed_ms": 19 * HOUR,
        "lead_ms": 9 * HOUR,
        "lead_elapsed_ms": 22 * HOUR,
        "state": "finished",
        "flags": "",
    }
    lead = by_key("lead-time", OFFICE)["ABC-1"]
    assert lead == row
    assert list(lead)[5:7] == ["lead_ms", "lead_elapsed_ms"]


def test_what_was_reopened_is_finished_when_it_was_done_again_or_not_at_all() -> None:
    store(reopened())
    declare_statuses()
    assert by_key("cycle-time")["ABC-2"]["cycle_ms"] == DAY
    assert by_key("cycle-time")["ABC-2"]["lead_ms"] == 3 * DAY
    between = by_key("cycle-time", as_of="2024-01-03T12:00Z")["ABC-2"]
    assert (between["state"], between["finished"], between["cycle_ms"]) == ("in progress", None, None)
    first = by_key("cycle-time", as_of="2024-01-02T12:00Z")["ABC-2"]
    assert (first["state"], first["cycle_ms"], first["lead_ms"]) == ("finished", 0, DAY)
    assert by_key("cycle-time", as_of="2024-01-01T12:00Z")["ABC-2"]["state"] == "not started"


def test_statuses_that_start_and_finish_are_named_by_name_id_or_category() -> None:
    store(worked_on())
    declare_statuses()
    for started in ("Waiting", "waiting", "4"):
        assert by_key("cycle-time", started=started)["ABC-1"]["cycle_ms"] == 17 * HOUR
    assert by_key("cycle-time", started="category:new")["ABC-1"]["cycle_ms"] == 22 * HOUR
    assert by_key("cycle-time", started="Waiting,Open")["ABC-1"]["cycle_ms"] == 22 * HOUR
    assert by_key("cycle-time", finished=["In progress", "Done"])["ABC-1"]["cycle_ms"] == 6 * HOUR
    assert by_key("cycle-time", finished="Waiting")["ABC-1"]["state"] == "in progress"


@pytest.mark.parametrize("option", ["started", "finished"])
@pytest.mark.parametrize("given", ["Nowhere", "category:over"])
def test_a_status_that_there_is_not_is_refused(option: str, given: str) -> None:
    store(worked_on())
    with pytest.raises(Refused, match=rf"^{option}: there is no "):
        rows("cycle-time", **{option: given})


def test_notes_say_what_starts_and_finishes_and_what_is_not_known() -> None:
    store(worked_on())
    notes = " ".join(table("cycle-time").notes.lines)
    assert "Started by the first entry into no status; finished by the last entry into Done." in notes
    assert "taken for neither: In progress, Open, Waiting. Importing" in notes
    declare_statuses()
    notes = " ".join(table("cycle-time").notes.lines)
    assert "into In progress, Waiting; finished" in notes
    assert "neither" not in notes
    assert "are those of today" not in notes
    assert "are those of today" in table("cycle-time", as_of="2024-01-02", columns="summary").notes.lines[-1]


def test_work_items_finished_in_a_range_can_be_chosen() -> None:
    store(worked_on(), reopened(), issue("ABC-3"))
    for given, keys in {
        "2024-01-02..2024-01-03": {"ABC-1"},
        "2024-01-02T07:00Z..2024-01-04T09:00Z": {"ABC-1"},
        "2024-01-03..": {"ABC-2"},
        "..2024-01-04T09:00:00.001Z": {"ABC-1", "ABC-2"},
    }.items():
        assert set(by_key("cycle-time", finished_in=given)) == keys
        assert set(by_key("flow-efficiency", finished_in=given)) == keys
    with pytest.raises(Refused, match="finished_in: 'May' is not a range"):
        table("cycle-time", finished_in="May")


def test_another_time_format_shows_the_time_of_the_report() -> None:
    store(worked_on())
    declare_statuses()
    for name, time, after in (("cycle-time", "19:00", "cycle_ms"), ("lead-time", "22:00", "lead_ms")):
        found = table(name, time_format="Hours:Minutes", columns="summary")
        row = found.printed(found.collect()).to_dicts()[0]
        assert (row["time"], row["summary"]) == (time, "About ABC-1")
        assert list(row)[list(row).index("time") - 1] == after


def test_since_the_last_move_a_work_item_begins_when_it_came() -> None:
    moved = worked_on()
    moved["changelog"]["histories"] += [
        {**change("2024-01-01T16:00:00.000+0000", "project", "11", "10", toString="A project"), "id": "9"}
    ]
    store(moved)
    declare_statuses()
    row = by_key("cycle-time", since_last_move="true")["ABC-1"]
    assert (row["cycle_ms"], row["lead_ms"]) == (15 * HOUR, 15 * HOUR)
    assert by_key("cycle-time")["ABC-1"]["lead_ms"] == 22 * HOUR


def test_the_age_is_that_of_what_is_in_progress() -> None:
    store(worked_on(), reopened(), issue("ABC-3"))
    declare_statuses()
    assert rows("work-item-age") == []
    found = by_key("work-item-age", OFFICE, as_of="2024-01-01T20:00Z")
    row = found["ABC-1"]
    assert set(found) == {"ABC-1"}
    assert (row["age_ms"], row["age_elapsed_ms"], row["current"]) == (6 * HOUR, 8 * HOUR, "In progress")


def test_resolution_time_is_to_the_resolution_date() -> None:
    store(
        issue("ABC-1", "Done", resolutiondate="2024-01-02T10:00:00.000+0000"),
        issue("ABC-2"),
        issue("ABC-3", "Done", resolutiondate="2023-01-02T10:00:00.000+0000"),
    )
    found = by_key("resolution-time", OFFICE)
    assert {key: (row["resolution_ms"], row["resolution_elapsed_ms"]) for key, row in found.items()} == {
        "ABC-1": (10 * HOUR, 25 * HOUR),
        "ABC-3": (0, 0),
    }
    assert set(by_key("resolution-time", as_of="2024-01-02T10:00Z")) == {"ABC-1", "ABC-3"}
    assert set(by_key("resolution-time", as_of="2024-01-02T09:59Z")) == {"ABC-3"}


def test_flow_efficiency_is_the_share_of_active_time() -> None:
    store(worked_on())
    declare_statuses()
    row = by_key("flow-efficiency", active="In progress")["ABC-1"]
    assert (row["active_ms"], row["cycle_ms"], row["efficiency"]) == (15 * HOUR, 19 * HOUR, 79)
    row = by_key("flow-efficiency", OFFICE, active="In progress")["ABC-1"]
    assert (row["active_ms"], row["active_elapsed_ms"], row["efficiency"]) == (2 * HOUR, 15 * HOUR, 33)
    assert by_key("flow-efficiency")["ABC-1"]["efficiency"] == 100
    assert by_key("flow-efficiency", active="category:new")["ABC-1"]["efficiency"] == 0
    assert by_key("flow-efficiency", started="Done")["ABC-1"]["efficiency"] is None


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("options", [{}, {"sort": "issue_key:desc", "limit": "5"}, {"time_format": "Minutes"}])
def test_an_empty_store_and_no_match_give_no_rows(name: str, options: dict[str, str]) -> None:
    found = table(name, **options)
    assert found.collect().is_empty()
    assert found.collect().schema == found.schema
    store(worked_on())
    none = table(name, created="2030-01-01..", **options)
    assert none.collect().is_empty()
    assert rows(name, as_of="2020-01-01", **options) == []


@pytest.mark.parametrize("name", REPORTS)
def test_options_of_choice_and_show_hold(name: str) -> None:
    resolved = {"resolutiondate": "2024-01-05T10:00:00.000+0000"}
    changes = [change("2024-01-02T09:00:00.000+0000", "status", "Open", "Waiting")]
    if name != "work-item-age":
        changes.append(change("2024-01-03T09:00:00.000+0000", "status", "Waiting", "Done"))
    now = "Waiting" if name == "work-item-age" else "Done"
    other = {"project": {"id": "11", "key": "XYZ", "name": "Another"}}
    store(*(issue(f"ABC-{number}", now, *changes, **resolved) for number in (1, 2, 3)), site="One")
    store(issue("XYZ-1", now, *changes, **resolved, **other), site="Two")
    assert [row["issue_key"] for row in rows(name, sort="issue_key:desc", limit="2")] == ["XYZ-1", "ABC-3"]
    assert set(by_key(name, project="ABC")) == {"ABC-1", "ABC-2", "ABC-3"}
    assert by_key(name, site="Two", columns="project,summary")["XYZ-1"]["project"] == "XYZ"
    with pytest.raises(Refused, match="columns: 'flags' is a column of this report already"):
        table(name, columns="flags")
    with pytest.raises(Refused, match="is not an option of this report"):
        table(name, stop_on_done="true")


@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
def test_cycle_and_lead_times_agree_with_the_rules_evaluated_plainly(
    calendar: str, worked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = random_items(5, 60)
    for as_of in MOMENTS:
        expected = {}
        for key, entries in items.items():
            if found := plain(entries, as_of):
                begun = {"cycle": found.started, "lead": found.created}
                ends = {
                    what: (worked(at, found.finished), found.finished - at) if found.finished else (None, None)
                    for what, at in begun.items()
                }
                state = "finished" if found.finished else "in progress" if found.started else "not started"
                expected[key] = (*map(moment, found), *ends["cycle"], *ends["lead"], state)
        columns = ("created", "started", "finished", "cycle_ms", "cycle_elapsed_ms", "lead_ms", "lead_elapsed_ms")
        whole = rows("cycle-time", calendar, as_of=text(as_of))
        assert {row["issue_key"]: tuple(row[name] for name in (*columns, "state")) for row in whole} == expected
        assert all(row["lead_ms"] >= row["cycle_ms"] for row in whole if row["state"] == "finished")
        assert by_key("lead-time", calendar, as_of=text(as_of)) == {row["issue_key"]: row for row in whole}
        with monkeypatch.context() as patch:
            patch.setattr(read, "BATCH", 7)
            assert rows("cycle-time", calendar, as_of=text(as_of)) == whole


@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
def test_resolution_times_agree_with_the_rules_evaluated_plainly(
    calendar: str, worked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "BATCH", 9)
    dice, payloads, dates = random.Random(10), [], {}
    for number in range(1, 51):
        created = START_MS + dice.randrange(200) * HOUR
        resolved = dice.choice([None, created + dice.randrange(-5, 300) * HOUR])
        key = f"ABC-{number}"
        dates[key] = created, resolved
        payloads.append(
            issue(key, created=text(created), **({"resolutiondate": text(resolved)} if resolved is not None else {}))
        )
    store(*payloads)
    for as_of in MOMENTS:
        expected = {
            key: (worked(created, max(created, resolved)), max(0, resolved - created))
            for key, (created, resolved) in dates.items()
            if resolved is not None and max(created, resolved) <= as_of
        }
        got = rows("resolution-time", calendar, as_of=text(as_of))
        assert {row["issue_key"]: (row["resolution_ms"], row["resolution_elapsed_ms"]) for row in got} == expected


@pytest.mark.parametrize(("calendar", "worked"), CALENDARS)
def test_ages_and_efficiencies_agree_with_the_rules_evaluated_plainly(
    calendar: str, worked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "BATCH", 11)
    items = random_items(6, 60)
    for as_of in MOMENTS:
        ages, shares = {}, {}
        for key, entries in items.items():
            found = plain(entries, as_of)
            if found and found.started is not None and found.finished is None:
                current = [status for at, status in entries if at <= as_of][-1]
                ages[key] = (current, worked(found.started, as_of), as_of - found.started)
            if found and found.finished is not None:
                happened = [(at, status) for at, status in entries if at <= as_of]
                ends = [at for at, _ in happened[1:]] + [as_of]
                spans = [
                    (max(at, found.started), min(left, found.finished))
                    for (at, status), left in zip(happened, ends, strict=True)
                    if status == "In progress" and max(at, found.started) < min(left, found.finished)
                ]
                active, cycle = sum(worked(*span) for span in spans), worked(found.started, found.finished)
                percent = int(100 * active / cycle + 0.5) if cycle else None
                shares[key] = (active, sum(b - a for a, b in spans), cycle, percent)
        got = rows("work-item-age", calendar, as_of=text(as_of))
        assert {row["issue_key"]: (row["current"], row["age_ms"], row["age_elapsed_ms"]) for row in got} == ages
        got = rows("flow-efficiency", calendar, as_of=text(as_of), active="In progress")
        columns = ("active_ms", "active_elapsed_ms", "cycle_ms", "efficiency")
        assert {row["issue_key"]: tuple(row[name] for name in columns) for row in got} == shares


def test_groups_of_statuses_name_what_starts_and_finishes_the_work() -> None:
    declare_statuses()
    begun = change("2024-01-02T09:00:00.000+0000", "status", "Open", "In progress")
    waits = change("2024-01-04T09:00:00.000+0000", "status", "In progress", "Waiting")
    store(issue("ABC-1", "Waiting", begun, waits), issue("ABC-2", "In progress", begun))
    declared = {"status_group": ["Work=In progress", "Over=Waiting,Done"]}
    found = by_key("cycle-time", started="work", finished="Over", **declared)
    assert (found["ABC-1"]["state"], found["ABC-1"]["cycle_ms"]) == ("finished", 2 * DAY)
    assert found["ABC-2"]["state"] == "in progress"
    ages = by_key("work-item-age", finished="Over", **declared)
    assert {key: row["current"] for key, row in ages.items()} == {"ABC-2": "Work"}
    both = by_key("work-item-age", status_group="category")
    assert {key: row["current"] for key, row in both.items()} == {"ABC-1": "In progress", "ABC-2": "In progress"}
    counts = rows("throughput", by="month", started="Work", finished="Over", **declared)
    assert [(row["started"], row["finished"]) for row in counts] == [(2, 1)]
    assert [row["wip"] for row in rows("wip", by="month", finished="Over", **declared)] == [1]
    with pytest.raises(Refused, match="status_group: there is no status 'Nope'"):
        rows("cycle-time", status_group="X=Nope")


def test_resolution_time_since_the_last_move_begins_there() -> None:
    moved = change("2024-01-03T09:00:00.000+0000", "project", "9", "10", fieldId="project")
    resolved = "2024-01-05T09:00:00.000+0000"
    store(issue("ABC-1", "Done", moved, resolutiondate=resolved), issue("ABC-2", "Done", resolutiondate=resolved))
    found = by_key("resolution-time", since_last_move="true")
    assert {key: row["resolution_ms"] for key, row in found.items()} == {"ABC-1": 2 * DAY, "ABC-2": 4 * DAY}
