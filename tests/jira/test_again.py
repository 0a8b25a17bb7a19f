"""What is to be read again: asked for any number of times, kept once, and tried later each time it fails."""

from datetime import UTC, datetime, timedelta

import pytest

from sojourn.history.models import Site
from sojourn.jira import again
from sojourn.jira.models import Again, Connection
from sojourn.sealed import Secret

NOW = datetime(2026, 2, 2, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def connected(name: str = "acme") -> Connection:
    site = Site.objects.create(name=name)
    told = {"kind": "cloud", "url": "https://acme.example.com", "method": "api-token", "account": "bot@example.com"}
    return Connection.objects.create(name=name, site=site, secret=Secret("x"), **told)


def test_a_work_item_that_is_named_many_times_is_to_be_read_once() -> None:
    one, other = connected("one"), connected("other")
    again.ask(one, ["10", "11", "10"], "webhook", NOW)
    again.ask(one, ["10"], "deleted", NOW + timedelta(minutes=1))
    again.ask(other, ["10"], "webhook", NOW)
    rows = Again.objects.filter(connection=one).order_by("issue")
    assert [(row.issue, row.why, row.since) for row in rows] == [("10", "deleted", NOW), ("11", "webhook", NOW)]


def test_each_naming_is_told_apart_from_the_one_before() -> None:
    """So that one that comes while the work item is being read is not lost."""
    connection = connected()
    marks = []
    for _ in range(3):
        again.ask(connection, ["10"], "webhook", NOW)
        marks.append(connection.again.get().marks)
    assert len(set(marks)) == 3


def test_what_cannot_be_read_is_tried_later_each_time_up_to_a_day() -> None:
    connection = connected()
    waits = []
    for number in range(12):
        again.postpone(connection, {"10": f"problem {number}"}, NOW)
        waits.append(connection.again.get().due_at - NOW)
    assert waits[:3] == [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40)]
    assert waits[-1] == timedelta(days=1)
    assert [(row.issue, row.problem) for row in again.unread(connection)] == [("10", "problem 11")]


def test_a_webhook_has_it_tried_at_once() -> None:
    connection = connected()
    again.postpone(connection, {"10": "it has no id"}, NOW)
    again.ask(connection, ["10"], "webhook", NOW)
    assert connection.again.get().due_at == NOW
    assert len(again.unread(connection)) == 1
