"""A store with a handful of work items, and somebody who has signed in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from sojourn.calendars import store as calendars
from tests.builders import STATUS_IDS, change, issue, status, store

AS_OF = "2024-01-20T00:00Z"
_WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def _work_items() -> Iterator[dict[str, Any]]:
    for number in range(1, 61):
        day = f"2024-01-{2 + number % 10:02}"
        moves = [
            change(f"{day}T10:00:00.000+0000", "status", "Open", "In progress"),
            change(f"{day}T{11 + number % 7}:30:00.000+0000", "status", "In progress", "Done"),
        ]
        yield issue(f"ABC-{number}", "Done", *moves)
    odd = change("2024-01-03T10:00:00.000+0000", "status", "Waiting", "In progress")
    opened = change("2024-01-02T10:00:00.000+0000", "status", "Open", "Done")
    yield issue("XYZ-1", "In progress", opened, odd, project={"id": "11", "key": "XYZ", "name": "Another"})


@pytest.fixture
def work_items(db: None) -> None:
    store([status(name) for name in STATUS_IDS], *_work_items())
    calendars.save({"name": "Office", "tz": "Europe/Berlin", "week": _WEEK}, now=timezone.now())


@pytest.fixture
def signed_in(db: None, client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("ann", password="a long pass phrase"))
    return client
