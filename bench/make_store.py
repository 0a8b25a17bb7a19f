"""A store of made-up work items for the benchmarks: each with 12 status changes, ten statuses, about ten years.

    python bench/make_store.py ITEMS CALENDAR.json CHANGES.parquet SPANS.parquet

fills the store of SOJOURN_HOME, and writes what the others are given: the calendar, the changes as a flat table, and
the spans of the calendar with the working time before each.
"""

import json
import sys
from pathlib import Path

import django
import numpy as np
import polars as pl
from django.core.management import call_command
from django.db import connection, transaction

django.setup()

from bench_report import CALENDAR  # noqa: E402
from sojourn.core.calendar import Calendar  # noqa: E402
from sojourn.history.models import Field, Issue, Project, Site, Timeline, Value  # noqa: E402
from sojourn.history.packing import pack  # noqa: E402

STATUSES = (
    "Open",
    "Triage",
    "Ready",
    "In progress",
    "Waiting",
    "In review",
    "Testing",
    "Blocked",
    "Resolved",
    "Closed",
)
CHANGES = 12
_FIRST_MS = 1_388_534_400_000  # 2014-01-01
_SPAN_MS = 10 * 365 * 86_400_000
_ROWS = 20_000


def make(items: int, seed: int = 1) -> None:
    """Fill the store, through SQL: the import has a benchmark of its own."""
    site = Site.objects.create(name="Bench", row_version=items)
    project = Project.objects.create(site=site, jira_id="1", key="BEN", name="Bench")
    field = Field.objects.create(site=site, key="status", name="Status")
    categories = ["new", "new", "new", *["indeterminate"] * 5, "done", "done"]
    values = [
        Value.objects.create(site=site, kind="status", key=str(place), name=name, category=category)
        for place, (name, category) in enumerate(zip(STATUSES, categories, strict=True), 1)
    ]
    numbers = np.array([value.pk for value in values])
    rng = np.random.default_rng(seed)
    for first in range(0, items, _ROWS):
        _rows(first, min(_ROWS, items - first), rng, site, project, field, numbers)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def changes(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Instants int64[count, 13] and status places int64[count, 13], each unlike the one before."""
    created = _FIRST_MS + rng.integers(0, _SPAN_MS, (count, 1))
    gaps = np.exp(rng.uniform(np.log(60_000), np.log(30 * 86_400_000), (count, CHANGES))).astype(np.int64)
    at = np.concatenate([created, created + np.cumsum(gaps, axis=1)], axis=1)
    steps = rng.integers(1, len(STATUSES), (count, CHANGES + 1))
    return at, np.cumsum(steps, axis=1) % len(STATUSES)


def _rows(first, count, rng, site, project, field, numbers) -> None:
    at, places = changes(count, rng)
    value = numbers[places]
    author = np.zeros_like(value)
    ids = range(first + 1, first + count + 1)
    issues = [
        (
            *(site.pk, str(10_000 + n), f"BEN-{n}", project.pk, int(value[row, -1]), int(at[row, 0]), int(at[row, -1])),
            *(0, n, b"0" * 16, f"Work item number {n} of the benchmark", "{}"),
        )
        for row, n in enumerate(ids)
    ]
    columns = "site_id, jira_id, key, project_id, status_id, created_ms, updated_ms, flags, row_version, digest"
    lines = [(n, field.pk, pack(at[row]), pack(value[row]), pack(author[row]), 0) for row, n in enumerate(ids)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(_insert(Issue, f"{columns}, summary, fields"), issues)
        cursor.executemany(_insert(Timeline, "issue_id, field_id, at, value, author, flags"), lines)


def _insert(model, columns: str) -> str:
    values = ", ".join(["%s"] * len(columns.split(",")))
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({values})"


def flat(items: int, path: Path, seed: int = 1) -> None:
    """The same changes as a flat table, in the order of a change log."""
    rng = np.random.default_rng(seed)
    parts = []
    for first in range(0, items, _ROWS):
        count = min(_ROWS, items - first)
        at, places = changes(count, rng)
        issue = np.repeat(np.arange(first + 1, first + count + 1), CHANGES + 1)
        status = pl.Series(STATUSES).gather(pl.Series(places.ravel()))
        parts.append(pl.DataFrame({"issue": issue, "at_ms": at.ravel(), "status": status}))
    frame = pl.concat(parts)
    frame.with_columns(pl.format("BEN-{}", "issue").alias("issue_key")).write_parquet(path)


def spans(calendar: Calendar, path: Path) -> None:
    """The windows of the calendar in UTC, with the working time before each."""
    found = calendar.compile(_FIRST_MS - 86_400_000, _FIRST_MS + 2 * _SPAN_MS).spans
    lengths = found.end - found.start
    before = np.cumsum(lengths) - lengths
    pl.DataFrame({"opens": found.start, "closes": found.end, "before": before}).write_parquet(path)


if __name__ == "__main__":
    items, calendar_path, changes_path, spans_path = int(sys.argv[1]), *map(Path, sys.argv[2:])
    call_command("migrate", verbosity=0)
    make(items)
    calendar_path.write_text(json.dumps(CALENDAR))
    flat(items, changes_path)
    spans(Calendar.from_json(CALENDAR), spans_path)
