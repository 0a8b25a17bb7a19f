"""Reports and searches answer the same from segments as from rows, byte for byte."""

from collections.abc import Callable
from typing import Any

import pytest

from sojourn.calendars import store as calendars
from sojourn.history import segments
from sojourn.history.condense import condense
from sojourn.history.models import Issue, Segment
from sojourn.history.write import Writer
from sojourn.reports import catalogue, options, search
from sojourn.reports.menu import MENU, Entry
from tests.builders import change, issue, store
from tests.history.blocks import make_small
from tests.reports.asking import NOW, request, written
from tests.reports.plain import random_items

pytestmark = pytest.mark.django_db
SPRINTS = [{"id": "21", "name": "Sprint 21", "state": "closed"}, {"id": "22", "name": "Sprint 22", "state": "active"}]
NEEDED = {
    "time-in-field": {"field": "assignee"},
    "sprint-report": {"sprint": "Sprint 21", "sprint_start": "2024-01-02", "sprint_end": "2024-01-09"},
}
ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"site": "Test"},
    {"as_of": "2024-01-05T00:00Z", "stop_on_done": "true", "since_last_move": "true"},
    {"group_by": "project", "shape": "long"},
    {"jql": "status WAS Open AND assignee CHANGED", "project": "ABC"},
)
QUERIES = (
    'status WAS "In progress" BEFORE 2024-01-05',
    "status WAS NOT Done",
    "assignee WAS ann AND status = Open",
    'status CHANGED FROM Open TO "In progress" BY ann',
    "project = ABC AND assignee CHANGED",
    "issuekey IN updatedBy(ann, 2024-01-02)",
    'timeIn["In progress"] > 10h ORDER BY updated DESC',
    "visits[Done] > 1 OR timeSince[Open] < 3d",
    "sprint WAS 'Sprint 21'",
)


@pytest.fixture(autouse=True)
def items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random work items of two sites; of some there are sprints, and some were written after segments were made."""
    make_small(monkeypatch)
    random_items(5, 30)
    planned = change("2024-01-02T09:00:00.000+0000", "Sprint", None, "Sprint 21", **{"from": "", "to": "21"})
    store(*(issue(f"XYZ-{n}", "Open", planned, customfield_20=[SPRINTS[0]]) for n in range(1, 8)), site="Another")


def agree(ask: Callable[[], Any]) -> None:
    """Hold if the answer is the same without segments, with them, with some, and with some that hold no more."""
    plain = ask()
    condense()
    assert ask() == plain
    some = list(Segment.objects.order_by("block").values_list("block", flat=True)[2:4])
    Segment.objects.filter(block__in=some).delete()
    assert ask() == plain
    gone = Issue.objects.filter(site__name="Test").order_by("pk")[15]
    Writer("Test").remove([gone.jira_id])
    store(issue("ABC-1000", "Done"))
    later = ask()
    Segment.objects.all().delete()
    assert ask() == later


@pytest.mark.parametrize("entry", MENU, ids=lambda entry: entry.name)
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_a_report_is_the_same(entry: Entry, asked: dict[str, Any]) -> None:
    known = {one.name for one in entry.options}
    given = {name: text for name, text in (NEEDED.get(entry.name, {}) | asked).items() if name in known}
    defaults = {one.name: one.default for one in entry.options if one.default and not one.is_switch}
    texts = {name: [text] for name, text in (defaults | given).items()}

    def ask() -> list[bytes]:
        request = options.request(texts, calendars.load("Mon-Fri 09-18"), NOW, entry.options)
        table = catalogue.run(entry.name, request)
        return [written(table, "csv"), written(table, "json")]

    agree(ask)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("as_of", ["", "2024-01-05T00:00Z"])
def test_a_search_finds_the_same(query: str, as_of: str) -> None:
    def ask() -> list[bytes]:
        found = search.table(search.Search.of(query, "UTC", as_of, NOW), ["summary", "status"])
        return [written(found, "csv")]

    agree(ask)


def test_segments_answer_what_is_asked_of_all_work_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the tests above is about rows only."""
    condense()
    used: list[int] = []
    select = segments.select
    monkeypatch.setattr(segments, "select", lambda *some, **more: used.append(1) or select(*some, **more))
    for ask in (
        lambda: catalogue.run("time-in-status", request()).collect(),
        lambda: catalogue.run("assignee-time", request(site="Test")),
        lambda: search.table(search.Search.of("status WAS Open", "UTC", "", NOW), ["summary"]),
        lambda: catalogue.run("time-in-status", request(jql="status WAS Open", site="Test")),
    ):
        used.clear()
        ask()
        assert used
    for ask in (
        lambda: catalogue.run("time-in-status", request(project="ABC")).collect(),
        lambda: catalogue.run("time-in-status", request(created="2024-01-01..")).collect(),
        lambda: catalogue.run("time-in-status", request(jql="status = Open")).collect(),
        lambda: search.table(search.Search.of("project = ABC AND status WAS Open", "UTC", "", NOW), ["summary"]),
    ):
        used.clear()
        ask()
        assert not used, "few are chosen"
