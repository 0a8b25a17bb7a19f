"""A store with a handful of work items, and tokens to ask it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import tokens
from tests.api.asking import Ask
from tests.builders import change, issue, store
from tests.web.conftest import signed_in
from tests.web.conftest import work_items as many_items

__all__ = ["many_items", "signed_in"]


@pytest.fixture
def work_items(many_items: None) -> None:
    """Sixty-one work items of one history each, and one with people, priorities and a comment."""
    cid = {"accountId": "cid", "displayName": "Cid"}
    changes = [
        change("2024-01-02T10:00:00.000+0000", "assignee", None, "cid", toString="Cid"),
        change("2024-01-03T10:00:00.000+0000", "priority", "3", "1", fromString="Low", toString="High"),
        change("2024-01-03T12:00:00.000+0000", "Sprint", None, "21", toString="Sprint 21", fieldtype="custom"),
        change("2024-01-04T10:00:00.000+0000", "status", "Open", "Done"),
    ]
    comment = {"id": "7", "author": cid, "created": "2024-01-02T11:00:00.000+0000", "jsdPublic": True}
    fields = {"assignee": cid, "priority": {"id": "1", "name": "High"}, "reporter": cid}
    store(issue("ABC-99", "Done", *changes, **fields, comment={"comments": [comment], "total": 1}))


@pytest.fixture
def bob(db: None) -> Any:
    return get_user_model().objects.create_superuser("bob", password="a long pass phrase")


@pytest.fixture
def reader(bob: Any) -> str:
    return tokens.create("bob", ["read"], timezone.now(), timedelta(days=1))


@pytest.fixture
def writer(bob: Any) -> str:
    return tokens.create("bob", ["read", "write"], timezone.now(), None)


@pytest.fixture
def ask(client: Client, reader: str) -> Ask:
    return Ask(client, reader)


@pytest.fixture
def edit(client: Client, writer: str) -> Ask:
    return Ask(client, writer)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Schemathesis gives all operations of a test one id, of which pytest-xdist would run the first alone."""
    for item in items:
        if type(item).__name__ == "SchemathesisFunction" and item.parent is not None:
            item._id = type(item._id).parse(f"{item.parent.nodeid}::{item.name}")
