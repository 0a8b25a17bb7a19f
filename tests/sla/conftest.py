"""A store with statuses, work items and a calendar of one's own."""

import pytest
from django.utils import timezone

from sojourn.calendars import store as calendars
from tests.builders import STATUS_IDS, change, issue, status, store
from tests.sla.help import OFFICE


@pytest.fixture
def world(db: None) -> None:
    moves = [
        change("2024-01-01T10:00:00.000+0000", "status", "Open", "In progress"),
        change("2024-01-01T12:00:00.000+0000", "status", "In progress", "Done"),
    ]
    store([status(name) for name in STATUS_IDS], issue("ABC-1", "Done", *moves), issue("ABC-2", "Open"))
    calendars.save(OFFICE, now=timezone.now())
