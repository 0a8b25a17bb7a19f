"""The tables of docs/jql.md are those of the code."""

import re

import pytest

from sojourn.history.models import Issue
from sojourn.jql import manual, system
from sojourn.jql.asking import Asking, Scope
from sojourn.jql.choices import EQUALITY, JIRA_ONLY, ORDER
from tests.conftest import ROOT

PAGES = "\n".join(page.read_text() for page in sorted((ROOT / "docs").glob("jql*.md")))
PARTS = {frozenset(EQUALITY): "equality", frozenset((*EQUALITY, *ORDER)): "equality, order"}
PARTS[frozenset(("~", "!~", "is", "is not"))] = "words"


def section(title: str) -> str:
    """The text under a title."""
    return PAGES.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def words(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.django_db
def test_every_field_is_there_with_what_it_goes_with() -> None:
    scope = Scope("", Asking(0), Issue.objects.all())
    rows = _rows("Fields")
    told = {words(field)[0]: (words(others), goes, history) for field, others, goes, history, _ in rows}
    assert list(told) == list(system.NAMES)
    assert [name for field, (others, *_) in told.items() for name in (field, *others)] == list(system.ALL_NAMES)
    for field, (_, goes, history) in told.items():
        meaning = system.BY_NAME[field.casefold()](scope)
        assert (goes, history) == (PARTS[frozenset(meaning.operators)], "yes" if meaning.history else "no"), field


def test_every_function_is_there() -> None:
    found = {word.partition("(")[0] for row in _rows("Functions") for word in words(row[0])}
    assert found == {one.name for one in manual.ALL.values()}


def test_what_cannot_be_answered_is_there() -> None:
    asked = [word for row in _rows("What cannot be answered") for word in words(row[0])]
    functions = {word.partition("(")[0].casefold() for word in asked if word.endswith("()")}
    assert functions == JIRA_ONLY.keys()
    fields = {word.casefold() for word in asked if not word.endswith("()")} - {"issue.property[…]"}
    assert fields == system.JIRA_ONLY.keys()


def _rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
