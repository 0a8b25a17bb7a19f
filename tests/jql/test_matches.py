"""What queries find among a few work items, worked out by hand."""

from typing import Any

import pytest

from sojourn.core.calendar import Calendar
from sojourn.errors import Refused
from sojourn.history.models import Issue
from sojourn.jql.asking import Asking
from sojourn.jql.compile import selection
from sojourn.jql.errors import JqlError
from tests.builders import change, issue, store
from tests.core.calendar_help import ms

pytestmark = pytest.mark.django_db

ANN = {"accountId": "ann", "displayName": "Ann Archer"}
BOB = {"accountId": "bob", "displayName": "Bob"}
AS_OF = ms("2024-02-01T12:00")
HIGH, LOW = {"id": "2", "name": "High"}, {"id": "4", "name": "Low"}
OTHER = {"id": "11", "key": "XYZ", "name": "Another", "projectCategory": {"id": "1", "name": "Other"}}
SPRINT = {"id": "21", "name": "Sprint 1", "state": "active"}
BLOCKS = {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}


def _by(who: dict[str, str], history: dict[str, Any]) -> dict[str, Any]:
    return {**history, "author": who}


@pytest.fixture
def items() -> None:
    """Created on 2024-01-01 at 9. One is done on the 5th by Bob; two is open; three came back; four waits."""
    store(
        issue(
            "ABC-1",
            "Done",
            change("2024-01-03T10:00:00.000+0000", "status", "Open", "In progress"),
            _by(BOB, change("2024-01-05T10:00:00.000+0000", "status", "In progress", "Done")),
            assignee=ANN,
            priority=HIGH,
            labels=["red", "blue"],
            duedate="2024-01-31",
            resolution={"id": "1", "name": "Fixed"},
            resolutiondate="2024-01-05T10:00:00.000+0000",
            fixVersions=[{"id": "7", "name": "1.0", "released": True}],
            customfield_1=8,
            customfield_2="2024-01-15T10:00:00.000+0100",
            customfield_3={"id": "31", "value": "Gold"},
            customfield_6="Printers on the third floor",
            description="It has no toner",
            issuelinks=[{"type": BLOCKS, "outwardIssue": {"key": "ABC-2"}}],
            names={"customfield_1": "Story points"},
        ),
        issue(
            "ABC-2", "Open", priority=LOW, labels=["Red"], parent={"key": "ABC-1"}, creator=BOB,
            customfield_1=0.5, customfield_4=[SPRINT],
        ),
        issue(
            "ABC-10",
            "Open",
            change("2024-01-02T09:00:00.000+0000", "status", "Open", "In progress"),
            change("2024-01-02T17:00:00.000+0000", "status", "In progress", "Done"),
            _by(BOB, change("2024-01-20T09:00:00.000+0000", "status", "Done", "Open")),
            change("2024-01-10T09:00:00.000+0000", "assignee", "ann", "bob"),
            assignee=BOB,
            issuetype={"id": "9", "name": "Sub-task", "subtask": True},
        ),
        issue("XYZ-4", "Waiting", created="2024-01-25T09:00:00.000+0000", project=OTHER),
        {"id": "customfield_1", "name": "Story points", "navigable": True, "searchable": True},
        {"id": "customfield_5", "name": "Never used", "navigable": True, "searchable": True},
    )  # fmt: skip


def _calendar(name: str) -> Calendar:
    if name != "Office":
        raise Refused("calendar", f"there is no calendar {name!r}")
    return Calendar.from_json(
        {"tz": "UTC", "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
    )


def found(jql: str, **asking: Any) -> list[str]:
    """The keys a query finds, without their project where that is ABC."""
    chosen = selection(jql, Asking(**{"as_of_ms": AS_OF, "calendars": _calendar, **asking}))
    keys = Issue.objects.filter(chosen.condition).order_by(*chosen.order).values_list("key", flat=True)
    return [key.removeprefix("ABC-") for key in keys]


ALL = ["1", "2", "10", "XYZ-4"]


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("", ALL),
        ("project = abc", ["1", "2", "10"]),
        ("project = 'Another'", ["XYZ-4"]),
        ("project != ABC", ["XYZ-4"]),
        ("status = open", ["2", "10"]),
        ("status = 3", []),
        ("statusCategory = 'To Do'", ["2", "10"]),
        ("statusCategory != Done", ["2", "10", "XYZ-4"]),
        ("statusCategory in (done, 'in progress')", ["1", "XYZ-4"]),
        ("assignee = 'ann archer'", ["1"]),
        ("assignee = ann", ["1"]),
        ("assignee != ann", ["10"]),
        ("NOT assignee = ann", ["2", "10", "XYZ-4"]),
        ("assignee is empty", ["2", "XYZ-4"]),
        ("assignee in (ann, EMPTY)", ["1", "2", "XYZ-4"]),
        ("assignee not in (ann, EMPTY)", ["10"]),
        ("assignee = EMPTY", ["2", "XYZ-4"]),
        ("assignee != EMPTY", ["1", "10"]),
        ("resolution = Unresolved", ["2", "10", "XYZ-4"]),
        ("resolution != Unresolved", ["1"]),
        ("resolution in (Fixed, Unresolved)", ALL),
        ("priority > Low", ["1"]),
        ("priority >= Low", ["1", "2"]),
        ("priority < High", ["2"]),
        ("labels = RED", ["1", "2"]),
        ("labels != red", []),
        ("labels not in (blue)", ["2"]),
        ("labels is empty", ["10", "XYZ-4"]),
        ("issuetype in subTaskIssueTypes()", ["10"]),
        ("fixVersion = 1.0", ["1"]),
        ("fixVersion in releasedVersions()", ["1"]),
        ("fixVersion in releasedVersions(ABC)", ["1"]),
        ("fixVersion in unreleasedVersions()", []),
        ("'story points' >= 1", ["1"]),
        ("cf[1] < 1", ["2"]),
        ("cf[1] = 8", ["1"]),
        ("cf[1] is empty", ["10", "XYZ-4"]),
        ("cf[1] != 8", ["2"]),
        ("cf[4] in openSprints()", ["2"]),
        ("cf[4] = 'Sprint 1'", ["2"]),
        ("cf[5] > 3 OR cf[5] = x OR cf[5] < now()", []),
        ("cf[5] is EMPTY ORDER BY cf[5], key", ["1", "2", "10", "XYZ-4"]),
        ("cf[2] > '2024-01-15 08:59'", ["1"]),
        ("cf[2] > '2024-01-15 09:00'", []),
        ("cf[3] = gold", ["1"]),
        ("cf[3] = 31", ["1"]),
        ("customfield_3 is not empty", ["1"]),
        ("created < 2024-01-02", ["1", "2", "10"]),
        ("created > '2024/01/25 08:59'", ["XYZ-4"]),
        ("created >= -8d", ["XYZ-4"]),
        ("created >= '-1w 4h'", ["XYZ-4"]),
        ("created > startOfMonth()", []),
        ("created > startOfMonth(-1)", ALL),
        ("created < startOfYear('+1y')", ALL),
        ("created > endOfWeek(-2w)", ["XYZ-4"]),
        ("created > 1706000000000", ["XYZ-4"]),
        ("due = 2024-01-31", ["1"]),
        ("due < 2024-01-31", []),
        ("due < now()", ["1"]),
        ("due <= '2024-01-31 10:00'", ["1"]),
        ("due >= '2024-01-31 10:00'", ["1"]),
        ("due < '2024-01-31 10:00'", []),
        ("due IN ('2024-01-31 10:00', EMPTY)", ALL),
        ("key IN (ABC-1, abc-2, NOPE-9, EMPTY)", ["1", "2"]),
        ("parent NOT IN (ABC-1, ABC-2)", []),
        ("issueLinkType IN (blocks, 'is blocked by')", ["1"]),
        ("cf[1] IN (8, 0.5, EMPTY)", ALL),
        ("due is empty", ["2", "10", "XYZ-4"]),
        ("resolved >= 2024-01-05", ["1"]),
        ("key = abc-2", ["2"]),
        ("key in (ABC-1, XYZ-4)", ["1", "XYZ-4"]),
        ("issuekey > ABC-2", ["10"]),
        ("key <= ABC-2", ["1", "2"]),
        ("parent = ABC-1", ["2"]),
        ("parent is empty", ["1", "10", "XYZ-4"]),
        ("issue in linkedIssues(ABC-1)", ["2"]),
        ("issue in linkedIssues(ABC-2)", ["1"]),
        ("issue in linkedIssues(ABC-2, 'is blocked by')", ["1"]),
        ("issue in linkedIssues(ABC-2, blocks)", []),
        ("issueLinkType = blocks", ["1"]),
        ("issueLinkType is not empty", ["1"]),
        ("status = Open OR priority = High AND labels = blue", ["1", "2", "10"]),
        ("(status = Open OR priority = High) AND labels = blue", ["1"]),
        ("NOT (status = Open OR priority = High)", ["XYZ-4"]),
        ("ORDER BY key DESC", ["XYZ-4", "10", "2", "1"]),
        ("ORDER BY priority", ["1", "2", "10", "XYZ-4"]),
        ("ORDER BY priority ASC, key DESC", ["2", "1", "XYZ-4", "10"]),
        ("ORDER BY assignee, key", ["1", "10", "2", "XYZ-4"]),
        ("ORDER BY created", ["XYZ-4", "1", "2", "10"]),
        ("ORDER BY 'Story points' ASC", ["2", "1", "10", "XYZ-4"]),
        ("ORDER BY labels DESC, key", ["1", "2", "10", "XYZ-4"]),
        ("ORDER BY component, key DESC", ["XYZ-4", "10", "2", "1"]),
        ("ORDER BY category, key DESC", ["XYZ-4", "10", "2", "1"]),
        ("ORDER BY category DESC, key DESC", ["XYZ-4", "10", "2", "1"]),
        ("category = other", ["XYZ-4"]),
    ],
)
def test_a_query_finds(items: None, jql: str, keys: list[str]) -> None:
    assert found(jql) == keys


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("status WAS Done", ["1", "10"]),
        ("status WAS Open", ["1", "2", "10"]),
        ("status WAS NOT Done", ["2", "XYZ-4"]),
        ("status WAS IN (Done, Waiting)", ["1", "10", "XYZ-4"]),
        ("status WAS NOT IN (Done, Waiting)", ["2"]),
        ("status WAS Done BEFORE 2024-01-03", ["10"]),
        ("status WAS Done AFTER 2024-01-20", ["1", "10"]),
        ("status WAS Done AFTER '2024-01-20 09:00'", ["1"]),
        ("status WAS 'In progress' ON 2024-01-04", ["1"]),
        ("status WAS 'In progress' ON 2024-01-02", ["10"]),
        ("status WAS 'In progress' ON 2024-01-05", ["1"]),
        ("status WAS 'In progress' ON 2024-01-06", []),
        ("status WAS Open DURING (2024-01-03, 2024-01-19)", ["1", "2"]),
        ("status WAS Done BY bob", ["1"]),
        ("status WAS Done BY ann", ["10"]),
        ("status WAS Done BY (ann, bob)", ["1", "10"]),
        ("status WAS Open BY bob BEFORE 2024-01-20", ["2"]),
        ("status WAS Open BY EMPTY", ["1", "10"]),
        ("status WAS Open DURING (2024-01-19, 2024-01-03)", []),
        ("status WAS Done DURING (now(), now())", ["1"]),
        ("status WAS Done AFTER now()", []),
        ("status WAS Done BY bob AFTER 2024-01-25", ["1"]),
        ("assignee WAS ann", ["1", "10"]),
        ("assignee WAS EMPTY", ["2", "XYZ-4"]),
        ("resolution WAS EMPTY", ["2", "10", "XYZ-4"]),
        ("resolution WAS Unresolved", ["2", "10", "XYZ-4"]),
        ("resolution WAS NOT IN (Unresolved)", ["1"]),
        ("status CHANGED", ["1", "10"]),
        ("status CHANGED FROM Open", ["1", "10"]),
        ("status CHANGED TO Done", ["1", "10"]),
        ("status CHANGED FROM Open TO Done", []),
        ("status CHANGED TO Open", ["10"]),
        ("status CHANGED TO (Open, Done) BY bob", ["1", "10"]),
        ("status CHANGED TO Done BEFORE 2024-01-03", ["10"]),
        ("status CHANGED AFTER -14d", ["10"]),
        ("status CHANGED ON 2024-01-20", ["10"]),
        ("status CHANGED DURING (2024-01-03, 2024-01-04)", ["1"]),
        ("NOT status CHANGED", ["2", "XYZ-4"]),
        ("assignee CHANGED FROM ann TO bob", ["10"]),
        ("priority CHANGED", []),
        ("project = ABC AND status WAS Done AND assignee = bob", ["10"]),
        ("status WAS Done OR labels = Red", ["1", "2", "10"]),
        ("issue in updatedBy(bob)", ["1", "2", "10"]),
        ("issue in updatedBy(bob, '2024-01-19')", ["10"]),
        ("issue in updatedBy(bob, '2024-01-04', '2024-01-19')", ["1"]),
    ],
)
def test_a_query_looks_into_the_past(items: None, jql: str, keys: list[str]) -> None:
    assert found(jql) == keys


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("timeIn['In progress'] > 8h", ["1"]),
        ("timeIn['In progress'] >= 8h", ["1", "10"]),
        ("timeIn['In progress'] = 8h", ["10"]),
        ("timeIn['In progress'] < 99w", ["1", "10"]),
        ("timeIn['In progress'] is EMPTY", ["2", "XYZ-4"]),
        ("timeIn['In progress'] != 8h", ["1"]),
        ("timeIn['In progress'].calendar[Office] = 2d", ["1"]),
        ("timeIn['In progress'].calendar[Office] = 1d", ["10"]),
        ("timeIn[Done] > 3w", ["1"]),
        ("timeSince[Done] > 27d", ["1", "10"]),
        ("timeSince[Done] > 28d", ["10"]),
        ("timeSince[Done] IS NOT EMPTY", ["1", "10"]),
        ("timeSince[Open] < 13d", ["10"]),
        ("visits[Open] > 1", ["10"]),
        ("visits[Done] = 0", ["2", "XYZ-4"]),
        ("VISITS[done] >= 1 AND project = ABC", ["1", "10"]),
    ],
)
def test_a_query_measures_time(items: None, jql: str, keys: list[str]) -> None:
    assert found(jql) == keys


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("summary ~ about", ALL),
        ("summary ~ 'ABC 10'", ["10"]),
        ("summary !~ abc", ["XYZ-4"]),
        ("summary ~ 'nothing of this'", []),
        ("text ~ abc", ["1", "2", "10"]),
        ("cf[6] ~ printer", ["1"]),
        ("""cf[6] ~ '"third floor"' """, ["1"]),
        ("""cf[6] ~ '"floor third"' """, []),
        ("cf[6] ~ 'print*'", ["1"]),
        ("cf[6] !~ printer", []),
        ("cf[6] = 'printers ON the third floor'", ["1"]),
        ("cf[6] is EMPTY", ["2", "10", "XYZ-4"]),
        ("summary is not EMPTY AND NOT summary ~ abc", ["XYZ-4"]),
    ],
)
def test_a_query_looks_for_words(items: None, jql: str, keys: list[str]) -> None:
    assert found(jql) == keys


def test_texts_that_are_not_kept_are_not_searched(items: None, settings: Any) -> None:
    with pytest.raises(JqlError, match="SOJOURN_KEEP_TEXTS"):
        found("description ~ toner")
    settings.SOJOURN_KEEP_TEXTS = True
    assert found("description ~ toner") == []


@pytest.fixture
def versions() -> None:
    """One was replanned from 1 to 2 in one edit, in none for no time, then for 3 too; two came into 1, then into 2."""
    named = {key: {"id": key, "name": f"v{key}", "released": False} for key in "123"}

    def edit(at: str, *sides: tuple[str | None, str | None]) -> dict[str, Any]:
        items = [change(at, "Fix Version", *side)["items"][0] for side in sides]
        return change(at, "Fix Version", None, None) | {"items": items}

    store(
        issue(
            "ABC-1",
            "Open",
            edit("2024-01-03T10:00:00.000+0000", ("1", None), (None, "2")),
            edit("2024-01-04T10:00:00.000+0000", (None, "3")),
            fixVersions=[named["2"], named["3"]],
        ),
        issue(
            "ABC-2",
            "Open",
            edit("2024-01-03T10:00:00.000+0000", (None, "1")),
            edit("2024-01-04T10:00:00.000+0000", (None, "2")),
            fixVersions=[named["1"], named["2"]],
        ),
        issue("ABC-3", "Open", fixVersions=[named["1"]]),
    )


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("fixVersion CHANGED FROM v1 TO v2", ["1"]),
        ("fixVersion CHANGED FROM v1", ["1"]),
        ("fixVersion CHANGED TO v1", ["2"]),
        ("fixVersion CHANGED TO v2 AFTER 2024-01-04", ["2"]),
        ("fixVersion CHANGED FROM EMPTY", ["2"]),
        ("fixVersion CHANGED TO EMPTY", []),
        ("fixVersion CHANGED FROM v2", []),
        ("fixVersion WAS v1", ["1", "2", "3"]),
        ("fixVersion WAS IN (v1, v3) AFTER 2024-01-04", ["1", "2", "3"]),
        ("fixVersion WAS EMPTY", ["1", "2"]),
        ("fixVersion WAS v3", ["1"]),
    ],
)
def test_versions_are_put_in_and_taken_out(versions: None, jql: str, keys: list[str]) -> None:
    assert found(jql) == keys


def test_a_number_that_is_a_name_is_a_name_in_the_past_too() -> None:
    three = {"id": "8", "name": "3", "statusCategory": {"key": "new"}}
    store(issue("ABC-1", "In progress"), issue("ABC-2", "Open", status=three))
    assert found("status = 3") == ["2"]
    assert found("status WAS 3") == ["2"]


def test_a_status_of_no_category_is_in_none() -> None:
    store(issue("ABC-1", "Open"), issue("ABC-2", "Open", status={"id": "8", "name": "Somewhere"}))
    assert found("statusCategory != Done") == ["1"]
    assert found("statusCategory is EMPTY") == ["2"]


def test_what_is_no_mistake_is_only_warned_of(items: None) -> None:
    for jql in ("labels NOT IN (gone)", "assignee != currentUser()", "key != ABC-99"):
        asked = selection(jql, Asking(AS_OF, user="carol"))
        assert len(asked.warnings) == 1, jql
    assert found("labels != gone") == ["1", "2"]
    assert found("assignee = currentUser()", user="carol") == []


def test_the_current_user_is_the_one_with_that_id() -> None:
    store(issue("ABC-1", assignee=ANN), issue("ABC-2", assignee={"accountId": "5", "displayName": "ann"}))
    assert found("assignee = currentUser()", user="ann") == ["1"]
    assert found("assignee = currentUser()", user="Ann Archer") == ["1"]


def test_projects_are_those_that_somebody_leads() -> None:
    leads = {key: {"id": key, "key": key, "name": key, "lead": {"accountId": f"lead-{key}"}} for key in ("ABC", "XYZ")}
    store(*(issue(f"{key}-1", project=project) for key, project in leads.items()))
    assert found("project in projectsLeadByUser(LEAD-abc)") == ["1"]
    assert found("project in projectsLeadByUser()", user="lead-XYZ") == ["XYZ-1"]


def test_a_day_begins_at_the_first_of_two_midnights() -> None:
    """In Havana the clock went from 1 back to midnight on 2024-11-03."""
    store(
        issue("ABC-1", created="2024-11-03T04:30:00.000+0000"), issue("ABC-2", created="2024-11-03T03:59:00.000+0000")
    )
    asked = {"as_of_ms": ms("2024-11-03T05:30"), "tz": "America/Havana"}
    assert found("created >= startOfDay()", **asked) == ["1"]
    assert found("created >= 2024-11-03", **asked) == ["1"]


def test_a_store_without_priorities_can_be_sorted_by_them() -> None:
    store(issue("ABC-1"), issue("ABC-2"))
    assert found("ORDER BY priority, key DESC") == ["2", "1"]


def test_the_past_is_that_of_the_moment_asked_of(items: None) -> None:
    assert found("status WAS Done", as_of_ms=ms("2024-01-04T00:00")) == ["10"]
    assert found("timeIn['In progress'] >= 1d", as_of_ms=ms("2024-01-04T09:00")) == []
    assert found("timeIn['In progress'] >= 23h", as_of_ms=ms("2024-01-04T09:00")) == ["1"]


def test_dates_are_those_of_the_reader(items: None) -> None:
    assert found("created >= 2024-01-25", tz="America/New_York") == ["XYZ-4"]
    assert found("created >= '2024-01-25 04:01'", tz="America/New_York") == []
    assert found("status CHANGED ON 2024-01-20", tz="Pacific/Auckland") == ["10"]
    assert found("status CHANGED ON 2024-01-05", tz="Pacific/Auckland") == ["1"]
    assert found("status WAS Done ON 2024-01-02", tz="Pacific/Auckland") == []


@pytest.mark.parametrize(
    ("jql", "column", "message"),
    [
        ("parent > ABC-1", 1, "the field parent does not go with >"),
        ("issueLinkType < blocks", 1, "the field issueLinkType does not go with <"),
        ("cf[4] >= a", 1, "the field customfield_4 does not go with >="),
        (r'key = ABC-1 AND key = "\u0000"', 23, "no value has the character U+0000"),
        (r"status = x\u0000 ", 10, "no value has the character U+0000"),
    ],
)
def test_what_nobody_can_answer_is_refused(items: None, jql: str, column: int, message: str) -> None:
    store(issue("ABC-5", customfield_4="a"))
    with pytest.raises(JqlError) as caught:
        found(jql)
    assert (caught.value.column, caught.value.message) == (column, message)


def test_an_escaped_backslash_before_u0000_is_no_nul(items: None) -> None:
    assert found(r'key = "ABC-1" OR key = "\\u0000"') == ["1"]


def test_who_asks_is_the_current_user(items: None) -> None:
    assert found("assignee = currentUser()", user="bob") == ["10"]


def test_only_the_sites_asked_for_are_searched(items: None) -> None:
    store(issue("ABC-1", "Open", labels=["red"]), site="Other")
    everywhere, here = (selection("labels = red", Asking(AS_OF, sites=sites)) for sites in ((), ("Test",)))
    assert Issue.objects.filter(everywhere.condition).count() == 3
    assert Issue.objects.filter(here.condition, site__name="Test").count() == 2
