"""What JQL means: 64 queries over a public archive, counted by two independent evaluations (see the data's README)."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from sojourn.history.models import Issue
from sojourn.jira.importer import Importer
from sojourn.jira.payload import Reader
from sojourn.jql.asking import Asking
from sojourn.jql.compile import selection
from tests.conftest import SHARED

pytestmark = pytest.mark.django_db
EXPECTED = SHARED / "data/jql/archive_expected.json"
QUERIES = json.loads(EXPECTED.read_text())["queries"] if EXPECTED.exists() else []


@pytest.fixture(scope="module")
def archive(django_db_setup: None, django_db_blocker: Any, shared: Path) -> Any:
    with django_db_blocker.unblock(), transaction.atomic():
        with gzip.open(shared / "jira/archive.jsonl.gz") as lines:
            outcome = Importer(Reader(), site="Archive").import_values("archive", map(json.loads, lines))
        assert not outcome.problems
        connection.check_constraints()  # once: what is left to check is checked again at the end of each test
        yield
        transaction.set_rollback(True)


def test_there_are_queries(shared: Path) -> None:
    assert len(QUERIES) == 64


@pytest.mark.parametrize("case", QUERIES, ids=lambda case: case["jql"])
def test_a_query_finds_what_others_found(archive: Any, case: dict[str, Any]) -> None:
    found = selection(case["jql"], Asking(as_of_ms=1_700_000_000_000))
    keys = list(Issue.objects.filter(found.condition).order_by(*found.order).values_list("key", flat=True))
    assert len(keys) == case["count"]
    if "first10" in case:
        assert keys[:10] == case["first10"]
        assert _hash(keys) == case["sha256_ordered_keys"]
    else:
        assert _hash(sorted(keys)) == case["sha256_sorted_keys"]


def _hash(keys: list[str]) -> str:
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()
