"""What is suggested to somebody who types a query."""

import pytest

from sojourn.history.models import Site, Value
from sojourn.jql import manual, offers
from sojourn.jql.asking import Asking
from sojourn.jql.choices import JIRA_ONLY
from sojourn.jql.compile import selection
from sojourn.jql.suggest import Suggestion, suggest
from tests.builders import CATEGORIES, issue, status, store
from tests.core.calendar_help import ms
from tests.jql.test_matches import items

__all__ = ["items"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("items")]
ASKING = Asking(as_of_ms=ms("2024-02-01T12:00"), user="ann", login_ms=0)
DATES = ["now()", "startOfDay()", "startOfWeek()", "startOfMonth()", "startOfYear()"]
DATES += ["endOfDay()", "endOfWeek()", "endOfMonth()", "endOfYear()", "currentLogin()"]
AGO = ["-1d", "-1w", "-4w"]
TIMES = ["timeOriginalEstimate", "timeEstimate", "timeSpent"]
HISTORY = ["WAS", "WAS NOT", "WAS IN", "WAS NOT IN", "CHANGED"]
EQUALITY = ["=", "!=", "IN", "NOT IN", "IS", "IS NOT"]


def told(query: str, asking: Asking = ASKING) -> tuple[Suggestion, ...]:
    """The suggestions at the mark | in a query."""
    before, after = query.split("|")
    return suggest(before + after, len(before), asking, ["7x24", "Office hours"]).suggestions


def texts(query: str) -> list[str]:
    return [one.text for one in told(query)]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("prio|", ["priority"]),
        ("PRIO|", ["priority"]),
        ("sprint|", ["sprint"]),
        ("tim|", [*TIMES, "timeIn[", "timeSince[", "originalEstimate", "remainingEstimate"]),
        ("typ|", ["type", "issuetype", "issueLinkType"]),
        ("story|", ['"Story points"']),
        ("points|", ['"Story points"']),
        ('"story|', ['"Story points"']),
        ("status |", [*EQUALITY, *HISTORY]),
        ("status n|", ["NOT IN"]),
        ("status !|", ["!="]),
        ("labels |", EQUALITY),
        ("created |", ["=", "!=", ">", ">=", "<", "<=", "IN", "NOT IN", "IS", "IS NOT"]),
        ("nonsense i|", ["IN", "IS", "IS NOT"]),
        ("status not |", ["IN"]),
        ("status = |", ["Done", '"In progress"', "Open", "Waiting", "EMPTY"]),
        ("status = o|", ["Open", "Done", '"In progress"']),
        ("status = n|", ["Done", '"In progress"', "Open", "Waiting"]),
        ("status = in|", ['"In progress"', "Waiting"]),
        ('status = "|', ['"Done"', '"In progress"', '"Open"', '"Waiting"']),
        ("status was not |", ["Done", '"In progress"', "Open", "Waiting", "IN", "EMPTY"]),
        ("status changed from |", ["Done", '"In progress"', "Open", "Waiting", "EMPTY", "("]),
        ("status changed from open to d|", ["Done"]),
        ("status in |", ["("]),
        ("status in (Done, |", ["Done", '"In progress"', "Open", "Waiting", "EMPTY", "("]),
        ("statusCategory = |", ['"To Do"', '"In Progress"', "Done", "EMPTY"]),
        ("project = |", ["ABC", "XYZ", "projectsLeadByUser()", "EMPTY"]),
        ("project = ano|", ["XYZ"]),
        ("assignee = |", ['"Ann Archer"', "Bob", "currentUser()", "EMPTY"]),
        ("assignee = arch|", ['"Ann Archer"']),
        ("assignee = cu|", ["currentUser()"]),
        ("assignee in (a|", ['"Ann Archer"']),
        ("status was Done by |", ['"Ann Archer"', "Bob", "currentUser()", "EMPTY", "("]),
        ("status was Done after |", [*AGO, *DATES, "EMPTY", "("]),
        ("status was Done |", ["AND", "OR", "BY", "BEFORE", "AFTER", "ON", "DURING", "ORDER BY"]),
        ("created > |", [*AGO, *DATES]),
        ("created > startofw|", ["startOfWeek()"]),
        ("created > startOfWeek(|", ["-1", '"+1"', ")"]),
        ("due <= -1|", ["-1d", "-1w"]),
        ("labels = |", ["blue", "Red", "red", "EMPTY"]),
        ("labels = RE|", ["Red", "red"]),
        ("fixVersion = |", ["1.0", "releasedVersions()", "unreleasedVersions()", "EMPTY"]),
        ("fixVersion in releasedVersions(|", ["ABC", "XYZ", ")"]),
        ("fixVersion in releasedVersions(ABC, x|", ["XYZ"]),
        ("type = s|", ["Sub-task", "standardIssueTypes()", "subTaskIssueTypes()"]),
        ("resolution = |", ["Unresolved", "Fixed", "EMPTY"]),
        ("cf[|", ["1]", "2]", "3]", "4]", "5]", "6]"]),
        ("cf[3] = |", ["Gold", "EMPTY"]),
        ("cf[1] > |", []),
        ("key = |", ["linkedIssues(", "updatedBy(", "EMPTY"]),
        ("key = abc-|", ["ABC-1", "ABC-2", "ABC-10"]),
        ("key in (abc-1|", ["ABC-1", "ABC-10"]),
        ("key > ABC-1|", ["ABC-1", "ABC-10"]),
        ("parent = ABC-2|", ["ABC-2"]),
        ("key in linkedIssues(ABC-1, |", ["blocks"]),
        ("key in updatedBy(b|", ["Bob"]),
        ("key in updatedBy(bob, |", AGO),
        ("key in updatedBy(bob, -1d, -1d, |", []),
        ("key in nonsense(|", [")"]),
        ("issueLinkType = b|", ["blocks"]),
        ("timeIn|", ["timeIn["]),
        ("timeIn |", ["["]),
        ("timeIn[|", ["Done]", '"In progress"]', "Open]", "Waiting]"]),
        ('timeIn["in p|"]', ['"In progress"']),
        ("timeIn[Open].calendar[|", ["7x24]", '"Office hours"]']),
        ("timeIn[Open] |", ["=", "!=", ">", ">=", "<", "<=", "IS", "IS NOT"]),
        ("timeIn[Open] > |", ["4h", "1d", "3d", "1w"]),
        ("visits[Open] > |", []),
        ("nonsense[|", []),
        ("nonsense = |", ["EMPTY"]),
        ("status = Open |", ["AND", "OR", "ORDER BY"]),
        ("status = Open o|", ["OR", "ORDER BY"]),
        ("status in (Open |", [")", ","]),
        ("order by story|", ['"Story points"']),
        ("order by par|", []),
        ("order by timeI|", []),
        ("order by key |", ["ASC", "DESC", ","]),
        ("status = = |", []),
        (r'status = "\u0000|', []),
        ("parent |", EQUALITY),
    ],
)
def test_what_is_suggested(query: str, wanted: list[str]) -> None:
    assert sorted(texts(query)) == sorted(wanted)
    assert texts(query) == wanted


def test_everything_begins_with_fields() -> None:
    found = texts("|")
    assert found[:4] == ["project", "category", "issuetype", "status"]
    assert found[-3:] == ["NOT", "ORDER BY", "("]


def test_it_says_what_each_is_and_what_it_replaces() -> None:
    text = "project = ABC AND assignee = cur"
    found = suggest(text, len(text), ASKING)
    assert (found.start, found.end) == (29, 32)
    assert found.suggestions == (Suggestion("currentUser()", "function", "currentUser()", "you"),)
    assert told("story|")[0] == Suggestion('"Story points"', "field", "Story points", "cf[1]")
    assert told("key = abc-10|")[0] == Suggestion("ABC-10", "value", "ABC-10", "About ABC-10")
    assert told("project = x|")[0] == Suggestion("XYZ", "value", "XYZ Another")


def test_only_what_sites_that_are_asked_for_have() -> None:
    store(issue("NEW-1", "Open", assignee={"accountId": "eve", "displayName": "Eve"}), site="Other")
    asking = Asking(as_of_ms=0, sites=("Other",))
    assert [one.text for one in told("assignee = |", asking)] == ["Eve", "currentUser()", "EMPTY"]
    assert [one.text for one in told("key = |", asking)][:1] == ["linkedIssues("]
    assert [one.text for one in told("key = ABC-|", asking)] == []
    assert [one.text for one in told("project = |", asking)][:1] == ["NEW"]


def test_a_page_of_many_people_in_whatever_case() -> None:
    site = Site.objects.get()
    people = [Value(site=site, kind="user", key=f"u{n}", name=f"Person {n:04}") for n in range(500)]
    people += [Value(site=site, kind="user", key=f"o{n}", name=f"Émile {n}") for n in range(2)]
    Value.objects.bulk_create(people)
    found = [one for one in told("assignee = PERSON|") if one.kind == "value"]
    assert [one.label for one in found] == [f"Person {n:04}" for n in range(offers.MOST)]
    assert [one.label for one in told("assignee = 'person 0499|")] == ["Person 0499"]
    assert [one.label for one in told("assignee = émi|")] == ["Émile 0", "Émile 1"]
    assert [one.label for one in told("assignee = '%|")] == []


def test_what_is_suggested_is_read_and_understood() -> None:
    store([status(name) for name in CATEGORIES])
    for begin in ("status = ", "assignee = ", "project = ", "created > ", "fixVersion = ", "key = ABC-", "type = "):
        for one in told(f"{begin}|"):
            unknown = one.text == "projectsLeadByUser()"  # nobody has told the store who leads
            if one.kind in ("value", "function") and not one.text.endswith("(") and not unknown:
                head = "key = " if begin.startswith("key") else begin
                selection(head + one.text, ASKING)
    for one in told("|"):
        if one.kind == "field" and not one.text.endswith("["):
            selection(f"{one.text} IS EMPTY", ASKING)


def test_every_function_of_every_field_is_in_the_manual() -> None:
    from sojourn.jql import functions

    fields = (functions.USERS, functions.VERSIONS, functions.SPRINTS, functions.TYPES, functions.PROJECTS)
    known = {name for some in fields for name in some} - set(JIRA_ONLY)
    assert known == {one.name.casefold() for one in manual.VALUES}
    for one in manual.DATES:
        selection(f"created > {one.name}()", ASKING)
    assert {one.name for one in manual.WORK_ITEMS} == {"linkedIssues", "updatedBy"}
