"""A store with the statuses and priorities of the document, and tokens for its services."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.access import tokens
from sojourn.calendars import store as calendars
from tests.api.tts.asking import Tts
from tests.builders import change, issue, status, store
from tests.sla.help import OFFICE

STATUSES = {"1": "Open", "3": "In Progress", "4": "Reopened", "5": "Resolved", "6": "Closed"}
PRIORITIES = {"1": "Blocker", "3": "Major", "5": "Trivial"}


@pytest.fixture
def world(db: None) -> None:
    stocked()


def stocked() -> None:
    """Store statuses, priorities, a calendar, and TP-1, TP-3 and TP-5, done after three hours."""
    done = {"id": "6", "name": "Closed", "statusCategory": {"key": "done"}}
    statuses = [status("Open") | {"id": number, "name": name} for number, name in STATUSES.items()]
    moves = [
        change("2024-01-01T10:00:00.000+0000", "status", "Open", "In progress"),
        change("2024-01-01T12:00:00.000+0000", "status", "In progress", "Done"),
    ]
    items = [
        issue(f"TP-{number}", "Done", *moves, priority={"id": number, "name": name})
        for number, name in PRIORITIES.items()
    ]
    store([*statuses, done], *items)
    calendars.save(OFFICE, now=timezone.now())


@pytest.fixture
def bob(db: None) -> Any:
    return get_user_model().objects.create_superuser("bob")


@pytest.fixture
def tts(client: Client, bob: Any) -> Tts:
    return Tts(client, tokens.create("bob", ["sla:read", "sla:write"], timezone.now(), None))
