"""Rows by plain SQL, many by a statement."""

from typing import Any

import pytest
from django.db import connection

from sojourn.history.insert import Insert
from sojourn.history.models import Project, Site

COLUMNS = ("site_id", "jira_id", "key", "name", "name_rank", "category", "lead")
AT_ONCE = 10


def rows(site: Site, count: int, name: str) -> list[tuple[Any, ...]]:
    return [(site.pk, str(number), f"K{number}", f"{name} {number}", 0, "", "") for number in range(count)]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1, 2, 7, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE, 3 * AT_ONCE + 7])
def test_every_row_is_inserted_once_and_replaced_where_it_is_there(count: int) -> None:
    site = Site.objects.create(name="acme")
    insert = Insert(Project, COLUMNS, ("site_id", "jira_id"), at_once=AT_ONCE)
    for name in ("old", "new"):
        with connection.cursor() as cursor:
            insert(cursor, rows(site, count, name))
        found = Project.objects.filter(site=site).order_by("pk").values_list("jira_id", "name")
        assert list(found) == [(str(number), f"{name} {number}") for number in range(count)]
