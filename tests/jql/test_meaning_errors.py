"""What is said of a query that reads well and means nothing here: the place, what is wrong, and what would be right."""

import pytest

from sojourn.jql import JqlError
from sojourn.jql.asking import Asking
from sojourn.jql.compile import selection
from tests.builders import change, issue, store
from tests.core.calendar_help import ms
from tests.jql.tables import lines

pytestmark = pytest.mark.django_db
TOLD = lines("meaning_errors.txt")
CASES = list(zip(TOLD[::2], TOLD[1::2], strict=True))
AS_OF = ms("2024-02-01T12:00")


@pytest.fixture
def items() -> None:
    ann = {"accountId": "ann", "displayName": "Ann Archer"}
    store(
        issue(
            "ABC-1",
            "Done",
            change("2024-01-03T10:00:00.000+0000", "status", "Open", "Done"),
            assignee=ann,
            priority={"id": "2", "name": "High"},
            labels=["red"],
            customfield_1=8,
            customfield_2="Some text",
            fixVersions=[{"id": "7", "name": "1.0", "released": True}],
            issuelinks=[
                {
                    "type": {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
                    "outwardIssue": {"key": "ABC-2"},
                }
            ],
        )
        | {"names": {"customfield_1": "Story points", "customfield_2": "Remark"}}
    )


def asked(jql: str, **asking: object) -> list[str]:
    return [str(warning) for warning in selection(jql, Asking(AS_OF, **asking)).warnings]


@pytest.mark.parametrize(("jql", "told"), CASES)
def test_an_error_names_the_place_and_what_would_be_right(items: None, jql: str, told: str) -> None:
    with pytest.raises(JqlError) as error:
        asked(jql)
    assert str(error.value) == told.strip()
    assert 0 <= error.value.start < error.value.end <= len(jql)


UNKNOWN = [told for told in CASES if any(said in told[1] for said in ("there is no", "never was", "nobody called"))]


@pytest.mark.parametrize(("jql", "told"), UNKNOWN)
def test_a_lenient_reader_is_only_warned_of_what_is_not_there(items: None, jql: str, told: str) -> None:
    if "calendar" not in told:
        assert told.strip() in asked(jql, is_lenient=True)


def test_there_are_values_that_are_not_there() -> None:
    assert len(UNKNOWN) > 10


def test_of_many_warnings_the_first_tell_what_was_meant(items: None) -> None:
    warnings = asked("status IN (" + ", ".join(f"Opem{number}" for number in range(100)) + ")", is_lenient=True)
    assert len(warnings) == 100
    assert warnings[0] == "line 1, column 12: there is no 'Opem0' in the field status; did you mean 'Open'?"
    assert warnings[99] == "line 1, column 794: there is no 'Opem99' in the field status"


def test_an_error_in_a_text_of_several_lines_is_found(items: None) -> None:
    with pytest.raises(JqlError) as error:
        asked("project = ABC\n  AND (status = Open OR\n  priority = Hihg)\nORDER BY key")
    assert (error.value.line, error.value.column) == (3, 14)
    assert error.value.hint == "did you mean 'High'?"
    assert error.value.expected == ("High",)
