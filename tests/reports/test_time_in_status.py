"""Time in status by hand: what each option means (docs/semantics.md 6, 10 to 14)."""

from typing import Any

import pytest

from sojourn.errors import Refused, UserError
from sojourn.history.models import Issue, Site, Value
from sojourn.jira.importer import Importer
from sojourn.jira.payload import Reader
from sojourn.reports import catalogue
from tests.builders import STATUS_IDS, change, issue, status, store
from tests.reports.asking import DAY, HOUR, ask, long, request, rows, wide, written

pytestmark = pytest.mark.django_db

MIDDAY, TUESDAY = "2024-01-01T12:00:00.000+0000", "2024-01-02T09:00:00.000+0000"
OFFICE = "Mon-Fri 09-18"


def twice_in_progress() -> dict[str, Any]:
    """Open 3 h, in progress 2 h, waiting 4 h, in progress again 13 h, and done since Tuesday 07:00."""
    return issue(
        "ABC-1",
        "Done",
        change("2024-01-01T12:00:00.000+0000", "status", "Open", "In progress"),
        change("2024-01-01T14:00:00.000+0000", "status", "In progress", "Waiting"),
        change("2024-01-01T18:00:00.000+0000", "status", "Waiting", "In progress"),
        change("2024-01-02T07:00:00.000+0000", "status", "In progress", "Done"),
    )


def declare_statuses() -> None:
    """Import the list of statuses, which tells the category of those that no work item is in."""
    listed = [status(name) for name in STATUS_IDS]
    assert not Importer(Reader(), site="Test").import_values("test", iter([listed])).problems


def test_each_status_gets_the_time_spent_in_it() -> None:
    store(twice_in_progress())
    row = wide()["ABC-1"]
    assert row["current"] == "Done"
    assert (row["Open"], row["In progress"], row["Waiting"]) == (3 * HOUR, 15 * HOUR, 4 * HOUR)
    assert row["Done"] == 6 * DAY + 2 * HOUR


def test_under_a_calendar_only_working_time_counts() -> None:
    store(twice_in_progress())
    row = wide(OFFICE, as_of="2024-01-02T10:00Z")["ABC-1"]
    assert (row["Open"], row["In progress"], row["Waiting"], row["Done"]) == (3 * HOUR, 2 * HOUR, 4 * HOUR, HOUR)


def test_never_there_is_null_and_there_for_nothing_is_0() -> None:
    weekend = change("2024-01-06T12:00:00.000+0000", "status", "Open", "In progress")
    store(issue("ABC-1", "Done", weekend, change("2024-01-07T12:00:00.000+0000", "status", "In progress", "Done")))
    row = wide(OFFICE, as_of="2024-01-07T20:00Z")["ABC-1"]
    assert row["In progress"] == 0
    assert row["Done"] == 0
    assert "Waiting" not in row
    store(issue("ABC-2", "Waiting"))
    assert wide(OFFICE, as_of="2024-01-07T20:00Z")["ABC-1"]["Waiting"] is None


@pytest.mark.parametrize(
    ("visits", "hours"), [("sum", 15), ("first", 2), ("last", 13), ("max", 13), ("min", 2), ("", 15)]
)
def test_of_repeated_visits_counts_what_the_rule_says(visits: str, hours: int) -> None:
    store(twice_in_progress())
    assert wide(visits=visits)["ABC-1"]["In progress"] == hours * HOUR
    row = long(visits=visits)["ABC-1", "In progress"]
    assert (row["ms"], row["elapsed_ms"], row["visits"]) == (hours * HOUR, hours * HOUR, 2)


def test_the_long_shape_has_a_row_a_status_with_working_and_calendar_time() -> None:
    store(twice_in_progress())
    declare_statuses()
    found = long(OFFICE, as_of="2024-01-02T10:00Z")
    assert list(found) == [("ABC-1", name) for name in ("Open", "In progress", "Waiting", "Done")]
    assert found["ABC-1", "In progress"] == {
        "issue_key": "ABC-1",
        "issue_id": twice_in_progress()["id"],
        "value_id": "3",
        "value": "In progress",
        "ms": 2 * HOUR,
        "elapsed_ms": 15 * HOUR,
        "visits": 2,
        "is_current": False,
        "flags": "",
    }
    assert found["ABC-1", "Done"]["is_current"] is True


def test_the_long_csv_begins_with_the_columns_that_were_promised() -> None:
    assert written(ask(shape="long"), "csv").startswith(b"issue_key,issue_id,value_id,value,ms,")


def test_the_long_shape_adds_the_time_in_another_format() -> None:
    store(twice_in_progress())
    table = ask(shape="long", time_format="Hours:Minutes")
    row = next(row for row in table.printed(table.collect()).to_dicts() if row["value"] == "In progress")
    assert (row["time"], row["ms"]) == ("15:00", 15 * HOUR)


def test_the_current_stay_can_be_left_out() -> None:
    store(twice_in_progress(), issue("ABC-2", "Open"))
    found = wide(current="exclude")
    assert (found["ABC-1"]["Done"], found["ABC-1"]["current"]) == (None, "Done")
    assert found["ABC-1"]["Open"] == 3 * HOUR
    assert (found["ABC-2"]["Open"], found["ABC-2"]["current"]) == (None, "Open")
    assert ("ABC-2", "Open") not in long(current="exclude")


def test_a_status_that_is_current_says_so_even_where_the_current_stay_is_left_out() -> None:
    back = change(TUESDAY, "status", "In progress", "Open")
    store(issue("ABC-1", "Open", change(MIDDAY, "status", "Open", "In progress"), back))
    row = long(current="exclude")["ABC-1", "Open"]
    assert (row["ms"], row["is_current"]) == (3 * HOUR, True)


def test_nothing_counts_after_the_last_entry_into_a_done_status() -> None:
    reopened = issue(
        "ABC-1",
        "Waiting",
        change("2024-01-01T10:00:00.000+0000", "status", "Open", "Done"),
        change("2024-01-01T12:00:00.000+0000", "status", "Done", "In progress"),
        change("2024-01-01T15:00:00.000+0000", "status", "In progress", "Done"),
        change("2024-01-01T19:00:00.000+0000", "status", "Done", "Waiting"),
    )
    store(reopened, issue("ABC-2", "Waiting"))
    assert "not taken for done: Done, In progress, Open." in " ".join(ask(stop_on_done="true").notes.lines)
    declare_statuses()
    assert "not taken for done" not in " ".join(ask(stop_on_done="true").notes.lines)
    found = wide(stop_on_done="true")
    row = found["ABC-1"]
    assert (row["Open"], row["Done"], row["In progress"], row["Waiting"]) == (HOUR, 2 * HOUR, 3 * HOUR, None)
    assert row["current"] == "Waiting"
    assert found["ABC-2"]["Waiting"] == 7 * DAY


def test_a_trim_counts_the_time_of_a_stay_that_was_open_but_no_entry() -> None:
    store(twice_in_progress())
    found = long(trim="2024-01-01T13:00Z..2024-01-01T20:00Z")
    seen = {name: (row["ms"], row["visits"]) for (_, name), row in found.items()}
    assert seen == {"In progress": (3 * HOUR, 1), "Waiting": (4 * HOUR, 1)}
    assert found["ABC-1", "In progress"]["is_current"] is True


def test_what_begins_at_the_end_of_a_trim_is_not_in_it() -> None:
    store(twice_in_progress())
    found = long(trim="..2024-01-01T12:00Z")
    assert [(name, row["ms"], row["is_current"]) for (_, name), row in found.items()] == [("Open", 3 * HOUR, True)]
    assert wide(trim="..2024-01-01T09:00Z") == {}


def test_what_begins_at_the_moment_asked_of_has_happened() -> None:
    store(twice_in_progress())
    row = wide(as_of="2024-01-01T12:00Z")["ABC-1"]
    assert (row["current"], row["Open"], row["In progress"]) == ("In progress", 3 * HOUR, 0)


def test_a_trim_that_begins_when_nothing_has_happened_yet_is_refused() -> None:
    with pytest.raises(Refused, match=r"^trim: begins at the moment of which is asked, or later"):
        request(trim="2024-01-08T09:00Z..")


def test_a_past_moment_shows_the_world_as_it_was() -> None:
    later = issue("ABC-2", "Open", created="2024-01-03T09:00:00.000+0000")
    store(twice_in_progress(), later)
    found = wide(as_of="2024-01-01T15:00Z")
    assert list(found) == ["ABC-1"]
    assert found["ABC-1"]["current"] == "Waiting"
    assert found["ABC-1"]["Done"] is None
    assert {key for key, _ in long(as_of="2024-01-01T15:00Z")} == {"ABC-1"}


def test_a_deleted_work_item_is_there_as_of_a_moment_before() -> None:
    store(issue("ABC-1"), issue("ABC-2"))
    Issue.objects.filter(key="ABC-1").update(deleted_ms=request(as_of="2024-01-05").as_of_ms)
    assert set(wide()) == {"ABC-2"}
    assert set(wide(as_of="2024-01-05")) == {"ABC-2"}
    assert set(wide(as_of="2024-01-04T23:59Z")) == {"ABC-1", "ABC-2"}


BERLIN = {"tz": "Europe/Berlin", "week": {"mon": [["09:00", "17:00"]]}}
MIDNIGHT = "2024-01-31T23:00:00.000+0000"  # the first moment of February in Berlin


@pytest.mark.parametrize(
    ("option", "text", "keys"),
    [
        ("created", "2024-02-01..", {"B-1"}),
        ("created", "..2024-02-01", {"A-1", "N-1"}),
        ("created", "2024-01-01..2024-02-01", {"A-1", "N-1"}),
        ("created", "2024-02-01T00:00+00:00..", set()),
        ("updated", "2024-02-01..", {"B-1"}),
        ("updated", "..2024-02-01", {"A-1"}),
        ("resolved", "2024-02-01..2024-02-02", {"B-1"}),
        ("resolved", "..2024-02-01", {"A-1"}),
        ("due", "2024-02-01..", {"B-1"}),
        ("due", "..2024-02-01", {"A-1"}),
        ("due", "2024-01-31..2024-02-02", {"A-1", "B-1"}),
        ("due", "..", {"A-1", "B-1", "N-1"}),
    ],
)
def test_filters_are_half_open_in_the_calendars_zone(option: str, text: str, keys: set[str]) -> None:
    before = "2024-01-31T22:59:59.999+0000"
    store(
        issue("A-1", created=before, updated=before, resolutiondate=before, duedate="2024-01-31"),
        issue("B-1", created=MIDNIGHT, updated=MIDNIGHT, resolutiondate=MIDNIGHT, duedate="2024-02-01"),
        issue("N-1", created=before),
    )
    assert set(wide(BERLIN, as_of="2024-03-01", **{option: text})) == keys


def test_filters_hold_together() -> None:
    store(issue("A-1", duedate="2024-02-01"), issue("B-1"), issue("C-1", created="2024-01-05T00:00:00.000+0000"))
    assert set(wide(created="2024-01-01..2024-01-02", due="2024-02-01..")) == {"A-1"}


def test_projects_and_sites_choose_work_items() -> None:
    store(issue("ABC-1"), issue("XYZ-1", project={"id": "11", "key": "XYZ", "name": "Another"}), site="One")
    store(issue("ABC-7"), site="Two")
    assert set(wide(project="ABC")) == {"ABC-1", "ABC-7"}
    assert set(wide(project="ABC,XYZ")) == {"ABC-1", "ABC-7", "XYZ-1"}
    assert set(wide(project=["ABC", "XYZ"], site="One")) == {"ABC-1", "XYZ-1"}
    assert set(wide(project="XYZ", site="Two")) == set()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("project", "project: there is no project 'NO'; there are: ABC"),
        ("site", "there is no site 'NO'; there are: Te"),
    ],
)
def test_an_unknown_project_or_site_is_refused_with_those_there_are(option: str, message: str) -> None:
    store(issue("ABC-1"))
    with pytest.raises(Refused, match=message):
        rows(**{option: "NO"})


def test_an_empty_store_says_that_there_are_no_projects() -> None:
    with pytest.raises(Refused, match="there are: none yet; import some work items first"):
        rows(project="ABC")


def test_statuses_of_one_name_stay_apart() -> None:
    other = {"id": "103", "name": "Open", "statusCategory": {"key": "new"}}
    store(issue("ABC-1", "Open"), issue("XYZ-1", status=other), site="One")
    table = ask()
    assert [column.name for column in table.columns if column.kind == "duration"] == ["Open [1]", "Open [103]"]
    found = {row["issue_key"]: row for row in table.collect().to_dicts()}
    assert (found["ABC-1"]["Open [1]"], found["ABC-1"]["Open [103]"]) == (7 * DAY, None)
    assert found["XYZ-1"]["current"] == "Open [103]"
    assert {row["value_id"] for row in rows(shape="long")} == {"1", "103"}


def test_statuses_of_one_name_and_id_at_two_sites_stay_apart() -> None:
    store(issue("ABC-1"), site="One")
    store(issue("ABC-1"), site="Two")
    assert [column.name for column in ask().columns][-2:] == ["Open [1] One", "Open [1] Two"]
    assert [column.name for column in ask(site="Two").columns][-1] == "Open"


def test_columns_have_names_of_their_own_whatever_statuses_are_called() -> None:
    names = {"1": "Open", "2": "Open", "9": "Open [1]", "20": "current", "21": "issue_key", "22": "flags"}
    for key, name in names.items():
        store(issue(f"A-{key}", status={"id": key, "name": name, "statusCategory": {"key": "new"}}))
    columns = [column.name for column in ask().columns]
    assert len(set(columns)) == len(columns) == 4 + len(names)
    assert len(rows()) == len(names)


def test_a_deleted_status_says_so() -> None:
    listed = [status("Open"), status("Done")]
    gone = issue(
        "ABC-1", "Done", change(MIDDAY, "status", "Open", "Waiting"), change(TUESDAY, "status", "Waiting", "Done")
    )
    assert not Importer(Reader(), site="Test").import_values("test", iter([gone, listed])).problems
    assert Value.objects.get(kind="status", name="Waiting").deleted
    assert wide()["ABC-1"]["Waiting (deleted)"] == 21 * HOUR
    assert ("ABC-1", "Waiting (deleted)") in long()


def test_doubts_about_a_history_are_shown() -> None:
    cut = issue("ABC-1")
    cut["changelog"]["total"] = 5
    mismatch = issue("ABC-2", "Done", change(MIDDAY, "status", "Open", "Waiting"))
    store(cut, mismatch, issue("ABC-3"))
    assert {key: row["flags"] for key, row in wide().items()} == {
        "ABC-1": "history_incomplete",
        "ABC-2": "history_mismatch",
        "ABC-3": "",
    }
    assert long()["ABC-1", "Open"]["flags"] == "history_incomplete"


def test_statuses_are_in_the_order_of_their_categories_done_last() -> None:
    store(twice_in_progress())
    declare_statuses()
    assert [column.name for column in ask().columns][-4:] == ["Open", "In progress", "Waiting", "Done"]
    assert [column.group for column in ask().columns][-4:] == ["new", "indeterminate", "indeterminate", "done"]


def test_columns_of_the_work_item_are_shown_as_asked() -> None:
    fields = {
        "issuetype": {"id": "1", "name": "Bug"},
        "priority": {"id": "2", "name": "High"},
        "assignee": {"accountId": "ann", "displayName": "Ann Ö"},
        "duedate": "2024-02-29",
        "resolutiondate": TUESDAY,
        "resolution": {"id": "1", "name": "Fixed"},
        "labels": ["red", "blue"],
        "customfield_1": {"id": "7", "value": "Gold"},
        "customfield_2": 2.5,
        "customfield_3": "[not a list",
        "customfield_4": {"total": 2, "done": True},
        "customfield_5": [1, {"b": None, "a": 1}],
        "customfield_6": True,
    }
    store(issue("ABC-1", **fields), issue("ABC-2"))
    names = "summary,project,project_name,site,issuetype,status,status_category,assignee,reporter,priority,resolution"
    custom = ",".join(["labels", *(f"customfield_{n}" for n in range(1, 7))])
    table = ask(columns=[names, f"created,updated,resolved,due,{custom}"])
    csv = written(table, "csv").decode().splitlines()
    columns = len(f"issue_key,issue_id,{names},created,updated,resolved,due,{custom}".split(","))
    assert csv[0].split(",")[2:columns] == f"{names},created,updated,resolved,due,{custom}".split(",")
    first = csv[1].split(",", 2)[2]
    assert first.startswith("About ABC-1,ABC,A project,Test,Bug,Open,new,Ann Ö,,High,Fixed,2024-01-01T09:00:00.000Z,,")
    assert '2024-01-02T09:00:00.000Z,2024-02-29,"red, blue",Gold,2.5,[not a list,' in first
    assert '"{""done"":true,""total"":2}","1, {""a"":1,""b"":null}",true,Open,' in first
    other = table.collect().to_dicts()[1]
    assert [other[name] for name in ("due", "resolved", "labels", "assignee", "customfield_1")] == [None] * 5
    assert rows(shape="long", columns="labels")[0]["labels"] == "red, blue"


def test_a_column_asked_for_twice_comes_once() -> None:
    store(issue("ABC-1"))
    assert [column.name for column in ask(columns="summary,due,summary").columns][2:4] == ["summary", "due"]


@pytest.mark.parametrize(
    ("column", "shape", "message"),
    [
        ("nonsense", "wide", "columns: no work item has 'nonsense'; there are summary, site, project"),
        ("x' OR 1=1", "wide", "columns: no work item has"),
        ('"', "wide", "columns: no work item has"),
        ("issue_key", "wide", "columns: 'issue_key' is a column of this report already; leave it out"),
        ("current", "wide", "is a column of this report already"),
        ("visits", "long", "is a column of this report already"),
    ],
)
def test_an_unknown_column_is_refused(column: str, shape: str, message: str) -> None:
    store(issue("ABC-1"))
    with pytest.raises(Refused, match=message):
        ask(columns=column, shape=shape)


@pytest.mark.parametrize(
    ("sort", "keys"),
    [
        ("In progress", ["B-1", "A-1", "C-1"]),
        ("In progress:asc", ["B-1", "A-1", "C-1"]),
        ("In progress:desc", ["A-1", "B-1", "C-1"]),
        ("issue_key:desc", ["C-1", "B-1", "A-1"]),
        ("due", ["C-1", "B-1", "A-1"]),
        ("due:desc", ["B-1", "C-1", "A-1"]),
        (["current", "issue_key:desc"], ["B-1", "A-1", "C-1"]),
        (["current:desc", "issue_key"], ["C-1", "A-1", "B-1"]),
    ],
)
def test_rows_are_sorted_with_nulls_last_whichever_way(sort: Any, keys: list[str]) -> None:
    store(
        issue("A-1", "In progress", change(MIDDAY, "status", "Open", "In progress")),
        issue("B-1", "In progress", change(TUESDAY, "status", "Open", "In progress"), duedate="2024-03-01"),
        issue("C-1", "Open", duedate="2024-02-01"),
    )
    assert [row["issue_key"] for row in rows(sort=sort, columns="due")] == keys


def test_sorting_is_by_time_and_not_by_its_text() -> None:
    store(
        issue("A-1", "Done", change("2024-01-03T09:00:00.000+0000", "status", "Open", "Done")),
        issue("B-1", "Done", change("2024-01-01T19:00:00.000+0000", "status", "Open", "Done")),
    )
    table = ask(sort="Open", time_format="HoursMinutes")
    assert [row["Open"] for row in table.printed(table.collect()).to_dicts()] == ["10h 0m", "48h 0m"]


def test_an_unknown_column_to_sort_by_is_refused() -> None:
    store(issue("ABC-1"))
    with pytest.raises(Refused, match=r"^sort: there is no column 'Shut'; there are: issue_key, issue_id, current"):
        ask(sort="Shut")


def test_an_unknown_report_is_refused() -> None:
    with pytest.raises(UserError, match=r"There is no report 'x'. There are: time-in-status"):
        catalogue.run("x", request())


@pytest.mark.parametrize("shape", ["wide", "long"])
@pytest.mark.parametrize("options", [{}, {"stop_on_done": "true"}, {"trim": "2024-01-02.."}, {"sort": "issue_key"}])
def test_an_empty_store_and_no_match_give_no_rows(shape: str, options: dict[str, str]) -> None:
    assert rows(shape=shape, **options) == []
    store(issue("ABC-1"))
    assert rows(shape=shape, created="2030-01-01..", **options) == []


def test_histories_may_reach_back_far() -> None:
    old = [f"{year}-01-01T09:00:00.000+0000" for year in ("1900", "1933", "1969", "1999")]
    for number, created in enumerate(old, 1):
        store(issue(f"ABC-{number}", created=created))
    found = [row["Open"] for row in rows(as_of="2024-01-01T09:00Z")]
    assert found == sorted(found, reverse=True)
    assert found[3] == 25 * 365 * DAY + 6 * DAY
    assert all(row["Open"] > 0 for row in rows(OFFICE))


def test_notes_say_what_bears_on_the_numbers() -> None:
    notes = ask(OFFICE, trim="2024-01-02..", current="exclude", visits="max", stop_on_done="true").notes
    assert (notes.report, notes.as_of, notes.calendar) == (
        "time-in-status",
        "2024-01-08T09:00:00.000Z",
        "Mon–Fri 09–18",
    )
    assert (notes.zone, notes.business_day_ms, notes.business_week_ms) == ("UTC", 9 * HOUR, 45 * HOUR)
    said = " ".join(notes.lines)
    for part in (
        "under Mon–Fri 09–18 (UTC), as of 2024-01-08 09:00",
        "The current stay is left out.",
        "the longest counts",
        "after the last entry into a done status",
        "Only time from 2024-01-02 00:00 to … is looked at",
    ):
        assert part in said


def test_a_site_without_work_items_is_no_trouble() -> None:
    Site.objects.create(name="Empty")
    assert rows(site="Empty") == []


@pytest.mark.parametrize(("order", "keys"), [("", ["A-9", "A-10", "B-2"]), (":desc", ["B-2", "A-10", "A-9"])])
def test_work_items_are_sorted_by_project_and_number(order: str, keys: list[str]) -> None:
    store(issue("B-2"), issue("A-10"), issue("A-9"))
    assert [row["issue_key"] for row in rows(sort=f"issue_key{order}")] == keys


def test_of_a_past_moment_a_note_says_that_fields_are_those_of_today() -> None:
    store(issue("A-1"))
    said = "Fields of the work item, and choices and groups by them, are those of today"
    assert said in " ".join(ask(as_of="2024-01-02", columns="status").notes.lines)
    assert said in " ".join(ask(as_of="2024-01-02", resolved="2024-01-01..").notes.lines)
    assert said in " ".join(ask(as_of="2024-01-02", project="A").notes.lines)
    assert said in " ".join(ask(as_of="2024-01-02", group_by="project").notes.lines)
    assert said not in " ".join(ask(columns="status").notes.lines)
    assert said not in " ".join(ask(as_of="2024-01-02").notes.lines)


def test_a_column_of_any_name_is_found() -> None:
    store(issue("A-1", my__col="seen"))
    assert rows(columns="my__col")[0]["my__col"] == "seen"


def test_a_choice_that_cannot_be_made_is_refused_before_the_first_row() -> None:
    store(issue("A-1"))
    with pytest.raises(Refused, match="there is no project 'NO'"):
        ask(project="NO")


def test_statuses_of_a_group_are_one_and_moves_inside_it_end_no_visit() -> None:
    day = "2024-01-0{}T09:00:00.000+0000"
    moves = [("Open", "In progress"), ("In progress", "Waiting"), ("Waiting", "In progress"), ("In progress", "Done")]
    changes = [change(day.format(place), "status", *move) for place, move in enumerate(moves, 2)]
    store([status(name) for name in STATUS_IDS], issue("A-1", "Done", *changes))
    found = long(status_group="Working=In progress,4")
    assert (found["A-1", "Working"]["ms"], found["A-1", "Working"]["visits"]) == (3 * DAY, 1)
    assert {value for _, value in found} == {"Open", "Working", "Done"}
    by_category = long(status_group="category")
    assert {value: row["ms"] for (_, value), row in by_category.items()} == {
        "To do": DAY,
        "In progress": 3 * DAY,
        "Done": 3 * DAY,
    }


def test_a_group_of_what_is_no_status_is_refused_with_those_there_are() -> None:
    store(issue("A-1", "Done", change(MIDDAY, "status", "Open", "Done")))
    with pytest.raises(Refused, match="status_group: there is no status 'Nope'; there are: Open, Done"):
        ask(status_group="X=Nope")
    with pytest.raises(Refused, match="'Open' is in 'X' and in 'Y'; leave one out"):
        ask(status_group=["X=Open", "Y=open,Done"])


def test_statuses_of_one_name_can_be_one() -> None:
    other = {"id": "103", "name": "Open", "statusCategory": {"key": "new"}}
    store(issue("ABC-1", "Open"), issue("XYZ-1", status=other))
    assert {row["value"] for row in rows(shape="long", statuses_by="name")} == {"Open"}
    assert [column.name for column in ask(statuses_by="name").columns if column.kind == "duration"] == ["Open"]


def test_time_since_the_last_move_leaves_out_what_was_before() -> None:
    moved = "2024-01-03T09:00:00.000+0000"
    project = change(moved, "project", "9", "10", fieldId="project")
    store(issue("A-1", "In progress", change(MIDDAY, "status", "Open", "In progress"), project), issue("A-2"))
    found = long(since_last_move="true")
    assert (found["A-1", "In progress"]["ms"], found["A-1", "In progress"]["visits"]) == (5 * DAY, 0)
    assert ("A-1", "Open") not in found
    assert found["A-2", "Open"]["ms"] == 7 * DAY


def test_only_so_many_rows_are_given_after_sorting() -> None:
    store(issue("A-1"), issue("A-2"), issue("A-3"))
    table = ask(sort="issue_key:desc", limit="2")
    assert table.collect()["issue_key"].to_list() == ["A-3", "A-2"]
    assert "Only the first 2 rows are shown." in table.notes.lines


def test_assignees_are_the_values_of_their_report_nobody_last() -> None:
    ann = {"accountId": "ann", "displayName": "Ann"}
    store(issue("A-1", "Open", change(MIDDAY, "assignee", None, "ann"), assignee=ann), issue("A-2"))
    table = catalogue.run("assignee-time", request(shape="wide"))
    assert [column.name for column in table.columns if column.kind == "duration"] == ["Ann", "Unassigned"]
    found = {row["issue_key"]: row for row in table.collect().to_dicts()}
    assert found["A-1"]["Unassigned"] + found["A-1"]["Ann"] == 7 * DAY
    assert (found["A-2"]["Ann"], found["A-2"]["Unassigned"]) == (None, 7 * DAY)


def test_a_status_called_like_a_group_that_it_is_not_in_stays_apart() -> None:
    moves = (
        change(MIDDAY, "status", "Open", "Waiting"),
        change("2024-01-03T09:00:00.000+0000", "status", "Waiting", "Done"),
    )
    store(issue("A-1", "Done", *moves))
    found = long(status_group="Done=Open,Waiting")
    assert {value: row["ms"] for (_, value), row in found.items()} == {"Done": 2 * DAY, "Done [5]": 5 * DAY}


def test_moves_after_the_moment_of_asking_have_not_happened() -> None:
    first, second = (
        change(f"2024-01-0{day}T09:00:00.000+0000", "project", before, after, fieldId="project")
        for day, before, after in ((3, "8", "9"), (6, "9", "10"))
    )
    store(issue("A-1", "Open", first, second))
    for as_of, days in (("02", 1), ("04", 1), ("07", 1), ("08", 2)):
        found = long(since_last_move="true", as_of=f"2024-01-{as_of}T09:00")
        assert found["A-1", "Open"]["ms"] == days * DAY, as_of
    trimmed = long(since_last_move="true", trim="..2024-01-06T09:00")
    assert trimmed["A-1", "Open"]["ms"] == 3 * DAY, "the move at the end of a trim lies after it"
