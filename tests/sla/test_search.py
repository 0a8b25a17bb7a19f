"""SLA clocks in JQL: Jira Service Management's functions, and Time to SLA's."""

from typing import Any

import pytest

from sojourn.history.models import Issue
from sojourn.jql import JqlError
from sojourn.jql.asking import Asking
from sojourn.jql.compile import selection
from sojourn.jql.suggest import suggest
from sojourn.sla import search
from tests.builders import change, issue, store
from tests.core.calendar_help import ms
from tests.sla.defining import define, entered, policy, save_office

pytestmark = pytest.mark.django_db
NOW = ms("2024-01-02T10:00")
"""A Tuesday, 11:00 in Berlin."""


def asking(at_ms: int = NOW, **more: Any) -> Asking:
    return Asking(at_ms, clocks=search.fields, **more)


def found(jql: str, at_ms: int = NOW) -> str:
    """The numbers of the keys of the work items that a query finds."""
    meaning = selection(jql, asking(at_ms))
    keys = Issue.objects.filter(meaning.condition).values_list("key", flat=True)
    return "".join(sorted(key.removeprefix("ABC-") for key in keys))


@pytest.fixture(autouse=True)
def clocks() -> dict[str, int]:
    """Two SLAs on six work items that were created on Monday 09:00 UTC, as of Tuesday 10:00.

    Repair, 30 hours around the clock, paused while Waiting: 1 was met; 2 was reopened after it was met and runs,
    each cycle by itself; 3 waits since Monday 10:00; 4 runs with 5 hours left, critical. First response, 4 office hours
    from In progress on: only 3 and 5 started it; 5 is breached. 6 is out of both.
    """
    monday = "2024-01-01T{}:00:00.000+0000"
    store(
        issue("ABC-1", "Done", change(monday.format("12"), "status", "Open", "Done")),
        issue(
            "ABC-2",
            "Open",
            change(monday.format("12"), "status", "Open", "Done"),
            change(monday.format("14"), "status", "Done", "Open"),
        ),
        issue(
            "ABC-3",
            "Waiting",
            change("2024-01-01T09:30:00.000+0000", "status", "Open", "In progress"),
            change(monday.format("10"), "status", "In progress", "Waiting"),
        ),
        issue("ABC-4", "Open"),
        issue("ABC-5", "In progress", change(monday.format("10"), "status", "Open", "In progress")),
        issue("ABC-6", "Open", created="2024-01-02T09:00:00.000+0000", summary="out"),
    )
    save_office()
    scope = "key != ABC-6"
    one = define(policy("30h", scope=scope, cycles="each", start=entered("1")), name="Repair")
    two = define(policy("4h", "office", scope=scope, start=entered("3"), pause={"any": []}), name="First response")
    return {"repair": one.pk, "first": two.pk}


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("Repair is not EMPTY", "12345"),
        ("Repair is EMPTY", "6"),
        ('"First response" is not EMPTY', "35"),
        ("Repair = completed()", "1"),
        ("Repair != completed()", "2345"),
        ("Repair = running()", "245"),
        ("Repair = paused()", "3"),
        ("repair = breached()", ""),
        ('"First response" = breached()', "35"),
        ('"first RESPONSE" = everBreached()', "35"),
        ('"First response" != breached()', ""),
        ("Repair = withinCalendarHours()", "2345"),
        ('"First response" = withinCalendarHours()', "35"),
        ("Repair < remaining(6h)", "45"),
        ("Repair <= remaining(5h)", "45"),
        ("Repair < remaining(5h)", ""),
        ("Repair > elapsed(1h)", "245"),
        ("Repair <= elapsed(1h)", "3"),
        ("Repair > elapsed(1h) AND status = Open", "24"),
        ("NOT Repair = running() AND key != ABC-6", "13"),
        ("slaFunction = isRunning()", "2345"),
        ("slaFunction = isRunning(Repair)", "245"),
        ("slaFunction != isRunning(Repair)", "136"),
        ('slaFunction = isPaused("Repair", "First response")', "3"),
        ("slaFunction = isFinished()", "12"),
        ("slaFunction = isBreached()", "35"),
        ("slaFunction = isMet()", "12"),
        ("slaFunction = isAllMet()", "1"),
        ("slaFunction = isNotStarted()", "1246"),
        ("slaFunction = isNotStarted(Repair)", "6"),
        ("slaFunction = isInCriticalZone(Repair)", "45"),
        ("slaFunction = isInBusinessHours('First response')", "35"),
        ("slaFunction = isNotBreachedAndNotFinished()", "2345"),
        ("slaFunction = isAllNotBreachedAndNotFinished()", "4"),
        ("slaFunction = containsSla()", "12345"),
        ("slaFunction is EMPTY", "6"),
        ("slaFunction < remainingDuration(6h)", "345"),
        ("slaFunction >= elapsedDuration(25h, Repair)", "45"),
        ("slaFunction > breachDuration(0m)", "35"),
        ("slaFunction > elapsedPercentage(100)", "35"),
        ("slaFunction < remainingPercentage('20%', Repair)", "45"),
        ('slaFunction <= slaTargetDate("2024-01-02 15:00", Repair)', "1245"),
        ('slaFunction > slaTargetDate("2024-01-02 15:00", Repair)', "23"),
        ('slaFunction >= slaStartDate("2024-01-01 14:00")', "2"),
        ("slaFunction > slaEndDate(-1d, Repair)", "12"),
    ],
)
def test_what_clocks_say_is_found(jql: str, keys: str) -> None:
    assert found(jql) == keys


def test_an_earlier_moment_is_asked_of_clocks_as_they_were() -> None:
    at = ms("2024-01-01T11:00")
    assert found("Repair = completed()", at) == ""
    assert found("Repair = running()", at) == "1245"
    assert found('"First response" is not EMPTY', at) == "35"


def test_slas_are_named_by_number_too(clocks: dict[str, int]) -> None:
    assert found(f"slaFunction = isRunning({clocks['first']})") == "35"


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("Repair = late()", "late() is not a function of this field"),
        ("Repair = 5", "an SLA is asked with a function"),
        ("Repair ~ breached()", "an SLA does not go with ~"),
        ("Repair < breached()", "breached() does not go with <"),
        ("Repair = remaining(2h)", "remaining() does not go with ="),
        ("Repair = breached(2h)", "breached() takes no argument"),
        ("Repair < remaining()", "remaining() takes 1 argument"),
        ("Repair < remaining(soon)", "soon"),
        ("slaFunction = isRunning(Third)", "there is no SLA 'Third' in force"),
        ("slaFunction < remainingDuration()", "remainingDuration() needs a duration"),
        ("slaFunction > elapsedPercentage(most)", "'most' is not a percentage"),
        ('slaFunction > slaEndDate("never")', "'never' is not a date"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_place(jql: str, message: str) -> None:
    with pytest.raises(JqlError) as caught:
        found(jql)
    assert message in str(caught.value)
    assert caught.value.start >= 0


def test_names_and_functions_are_offered() -> None:
    def offered(text: str) -> list[str]:
        return [one.label for one in suggest(text, len(text), asking()).suggestions]

    assert offered("First")[0] == "First response"
    assert "slaFunction" in offered("sla")
    assert {"breached()", "elapsed()"} <= set(offered('"First response" = '))
    assert "isAllMet()" in offered("slaFunction = isAll")
    assert "CHANGED" not in offered('"First response" ')
    assert "!=" in offered('"First response" ')


def test_a_field_of_jira_of_that_name_comes_first() -> None:
    define(policy(), name="status")
    assert found("status = Done") == "1"
