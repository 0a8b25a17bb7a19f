"""What is too much for a database, too far for a calendar or strange in a text: answered or refused, never a crash."""

from typing import Any

import pytest

from sojourn.history.models import Issue
from sojourn.jql import JqlError
from sojourn.jql.asking import Asking
from sojourn.jql.compile import selection
from sojourn.jql.sound import MOST_CONDITIONS, MOST_DEEP
from tests.builders import issue, store
from tests.core.calendar_help import ms

pytestmark = pytest.mark.django_db
AS_OF = ms("2024-02-01T12:00")
BIG = 2**53 + 1


@pytest.fixture
def items() -> None:
    names = {"customfield_1": "Points", 'we"i%r\\d': "Weird", "customfield_3": "100% [sure]__x"}
    store(
        issue("ABC-1", labels=["red"], customfield_1=BIG, customfield_2="Straße", names=names),
        issue("ABC-2", labels=["a%b'c\"d__e"], customfield_1=1.5, customfield_2="STRASSE", **{'we"i%r\\d': "İx"}),
        issue("ABC-3", assignee={"accountId": "o'neil", "displayName": "Σοφός"}, customfield_3="[x]%"),
        *({"id": key, "name": name, "navigable": True, "searchable": True} for key, name in names.items()),
    )


def found(jql: str, **asking: Any) -> list[str]:
    chosen = selection(jql, Asking(**{"as_of_ms": AS_OF, **asking}))
    return list(Issue.objects.filter(chosen.condition).order_by(*chosen.order).values_list("key", flat=True))


@pytest.mark.parametrize(
    ("before", "each", "keys"),
    [
        ("key IN (", "ABC-{}", ["ABC-1", "ABC-2", "ABC-3"]),
        ("parent IN (", "ABC-{}", []),
        ("Points IN (", "{}", []),
        ("Points NOT IN (", "{}", ["ABC-1", "ABC-2"]),
        ("created IN (", "{}", []),
        ("due IN (", "-{}d", []),
        ("cf[2] IN (", "t{}", []),
        ("labels IN (red, ", "l{}", ["ABC-1"]),
        ("labels NOT IN (red, ", "l{}", ["ABC-2"]),
        ("assignee NOT IN (", "u{}", ["ABC-3"]),
        ("status WAS NOT IN (", "s{}", ["ABC-1", "ABC-2", "ABC-3"]),
        ("issue IN (ABC-3, ", "linkedIssues(ABC-1)", ["ABC-3"]),
    ],
)
def test_a_list_may_hold_ten_thousand_values(items: None, before: str, each: str, keys: list[str]) -> None:
    numbers = range(1, 10_001 if "{}" in each else MOST_CONDITIONS - 1)
    jql = before + ",".join(each.format(number) for number in numbers) + ")"
    assert found(jql, is_lenient=True) == keys


@pytest.mark.parametrize("leaf", ["parent != ABC-{}", "labels NOT IN (red, l{})", "created < -{}w"])
@pytest.mark.parametrize("word", ["AND", "OR"])
def test_many_conditions_are_answered_and_more_are_refused(items: None, word: str, leaf: str) -> None:
    def asked(count: int) -> str:
        return f" {word} ".join([*(leaf.format(number) for number in range(count - 1)), "NOT labels = red"])

    found(asked(MOST_CONDITIONS))
    with pytest.raises(JqlError, match=f"more than {MOST_CONDITIONS} conditions and functions") as error:
        found(asked(MOST_CONDITIONS + 1))
    assert error.value.start == len(asked(MOST_CONDITIONS + 1)) - len("labels = red")


LEAVES = [
    *(
        "parent != ABC-1",
        "issue in linkedIssues(ABC-1)",
        "Points != 3",
        "Weird != x",
        "labels = red",
        "status was Open",
    ),
    *("category is empty", "created > -1d", "fixVersion in releasedVersions(ABC)", "issueLinkType is empty"),
    *("timeIn[Open] > 1d", 'issue in updatedBy("o\'neil")'),
]


@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize("layer", ["{0} AND ({0} OR ({1}))", "{0} AND NOT ({1})", "{0} OR NOT ({1})"])
def test_what_is_nested_as_deep_as_may_be_is_answered(items: None, leaf: str, layer: str) -> None:
    jql = leaf
    for _ in range(MOST_DEEP // 2):
        jql = layer.format(leaf, jql)
    found(jql)
    with pytest.raises(JqlError, match="deep"):
        found(layer.format(leaf, jql))


def test_not_after_not_is_nothing(items: None) -> None:
    assert found("NOT " * 49 + "labels = red") == ["ABC-2", "ABC-3"]
    assert found("NOT " * 50 + "labels = red") == ["ABC-1"]


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        (f"Points = {BIG}", ["ABC-1"]),
        (f"Points = {BIG - 1}", ["ABC-1"]),
        ("Points < " + "9" * 400, ["ABC-1", "ABC-2"]),
        ("Points > -" + "9" * 400, ["ABC-1", "ABC-2"]),
        (f"Points = {2**64}", []),
        ("votes > " + "9" * 30, []),
        ("key > ABC-999999999999999999", []),
        ("key < ABC-999999999999999999", ["ABC-1", "ABC-2", "ABC-3"]),
        (f"key = ABC-{'9' * 5000}", []),
        ("id = " + "9" * 5000, []),
        ("created > " + "9" * 14, []),
        ("created > -62135596800000", ["ABC-1", "ABC-2", "ABC-3"]),
        ("created < 9999-12-31", ["ABC-1", "ABC-2", "ABC-3"]),
        ("created > 0001-01-01", ["ABC-1", "ABC-2", "ABC-3"]),
        ("due > 0001-01-01 OR due < 9999-12-31", []),
        ("status WAS Open ON 9999-12-30", []),
        ("status CHANGED BEFORE 0001-01-02", []),
        ("created > startOfYear(-2020)", ["ABC-1", "ABC-2", "ABC-3"]),
        ("created > endOfYear(7970)", []),
        ("timeSpent > 100000w", []),
    ],
)
def test_numbers_and_dates_may_be_large(items: None, jql: str, keys: list[str]) -> None:
    assert found(jql) == keys


@pytest.mark.parametrize("tz", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize(
    "jql",
    [
        "created > 0000-01-01",
        "created > 10000-01-01",
        "created > " + "9" * 5000,
        "created > -" + "9" * 5000,
        "created > -99999999999w",
        "created > startOfYear(-9999)",
        "created > startOfDay(" + "9" * 5000 + ")",
        "created > endOfYear(7975)",
        "created > endOfYear(7976)",
        "due = endOfMonth(999999999999)",
        "status WAS Open ON 9999-12-31",
        "status CHANGED ON 9999-12-31",
        "key > ABC-" + "9" * 5000,
        "timeSpent > " + "9" * 5000 + "w",
        "timeIn[Open] > " + "9" * 99 + "w",
        "visits[Open] > " + "9" * 5000,
        "issue in updatedBy(x, -99999999999w)",
    ],
)
def test_what_lies_beyond_every_calendar_and_number_is_refused(items: None, jql: str, tz: str) -> None:
    with pytest.raises(JqlError):
        found(jql, tz=tz)


EDGES = ["0001-01-01", "0001-01-02", "9999-12-30", "'9999-12-31 23:59'", "-62135596800000", "253402300799999"]


@pytest.mark.parametrize("tz", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/Havana"])
@pytest.mark.parametrize("date", EDGES)
def test_the_first_and_the_last_day_are_answered_or_refused(items: None, date: str, tz: str) -> None:
    conditions = [
        "created > {}",
        "due > {}",
        "resolved = {}",
        "status WAS Open ON {}",
        "status CHANGED DURING ({0}, {0})",
    ]
    conditions += ["status WAS Open BEFORE {}", "status WAS Open AFTER {}", "statusCategoryChangedDate < {}"]
    for condition in conditions:
        told = _answer(condition.format(date), tz)
        assert isinstance(told, list) or "too far away" in told, condition
    inner = "0001-01-03" if date.startswith(("0001", "-")) else "9999-12-29"
    assert all(isinstance(_answer(condition.format(inner), tz), list) for condition in conditions)


def _answer(jql: str, tz: str) -> list[str] | str:
    try:
        return found(jql, tz=tz)
    except JqlError as error:
        return error.message


NUL = [
    *(
        'status = "\\u0000"',
        'key = "A\\u0000"',
        'parent = "\\u0000"',
        'cf[2] = "\\u0000"',
        'labels IN (red, "\\u0000")',
    ),
    *('issue in linkedIssues("\\u0000")', 'issue in linkedIssues(ABC-1, "\\u0000")', 'issueLinkType = "\\u0000"'),
    *('status WAS "\\u0000"', 'status CHANGED BY "\\u0000"', 'timeIn["\\u0000"] > 1d', 'created > "\\u0000"'),
    'issue in updatedBy("\\u0000")',
]


@pytest.mark.parametrize("is_lenient", [False, True])
@pytest.mark.parametrize("jql", NUL)
def test_a_character_that_no_database_holds_is_refused(items: None, jql: str, is_lenient: bool) -> None:
    with pytest.raises(JqlError) as error:
        found(jql, is_lenient=is_lenient)
    assert "U+0000" in error.value.message
    assert error.value.start == min(jql.index('"'), len(jql))


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("labels = 'A%B\\'c\\\"D__E'", ["ABC-2"]),
        ("labels = 'a_b'", []),
        ("cf[2] = Straße", ["ABC-1"]),
        ("cf[2] = strasse", ["ABC-2"]),
        ("cf[2] = STRAßE", ["ABC-1"]),
        ("Weird = 'İX'", ["ABC-2"]),
        ("Weird = ix", []),
        ("Weird is empty ORDER BY Weird", ["ABC-1", "ABC-3"]),
        ("'100% [sure]__x' = '[X]%'", ["ABC-3"]),
        ("'100% [SURE]__X' is not empty ORDER BY '100% [sure]__x'", ["ABC-3"]),
        ("assignee = ΣΟΦΌΣ", ["ABC-3"]),
        ("assignee = 'σοφόσ'", ["ABC-3"]),
        ('assignee = "O\'NEIL"', ["ABC-3"]),
        ("issue in updatedBy('%')", []),
    ],
)
def test_strange_names_are_alike_everywhere(items: None, jql: str, keys: list[str]) -> None:
    assert found(jql, is_lenient=True) == keys
