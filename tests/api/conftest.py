"""A store with a handful of work items, and tokens to ask it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import tokens
from tests.api.asking import Ask
from tests.web.conftest import signed_in, work_items

__all__ = ["signed_in", "work_items"]


@pytest.fixture
def bob(db: None) -> Any:
    return get_user_model().objects.create_user("bob", password="a long pass phrase")


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
