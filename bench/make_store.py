"""A store of made-up work items for the benchmarks, over about ten years.

    SOJOURN_HOME=FOLDER DJANGO_SETTINGS_MODULE=sojourn.settings python bench/make_store.py ITEMS

Each work item has 12 status changes among ten statuses and 3 changes among 200 assignees; every third was in two
sprints. Beside the store the folder gets what the others are given: the calendar, the status changes as a flat table,
and the spans of the calendar with the working time before each.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import numpy as np
import polars as pl
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

django.setup()

from sojourn.core.calendar import Calendar  # noqa: E402
from sojourn.history.condense import condense  # noqa: E402
from sojourn.history.models import Field, Issue, Project, Site, Timeline, Value  # noqa: E402
from sojourn.history.packing import EMPTY, pack  # noqa: E402

CALENDAR = {
    "name": "Berlin",
    "tz": "Europe/Berlin",
    "week": {
        **{day: [["09:00", "12:30"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu")},
        "fri": [["09:00", "15:00"]],
    },
    "recurring_holidays": ["01-01", "05-01", "10-03", "12-25", "12-26"],
}
STATUSES = (
    *(("Open", "new"), ("Triage", "new"), ("Ready", "new")),
    *(("In progress", "indeterminate"), ("Waiting", "indeterminate"), ("In review", "indeterminate")),
    *(("Testing", "indeterminate"), ("Blocked", "indeterminate"), ("Resolved", "done"), ("Closed", "done")),
)
FIRST_MS = 1_388_534_400_000  # 2014-01-01
SPAN_MS = 10 * 365 * 86_400_000
SPRINT_MS = 14 * 86_400_000
_CHANGES = 12
_HANDOVERS = 3
_PEOPLE = 200
_PROJECTS = 20
_SPRINTS = SPAN_MS // SPRINT_MS + 30
_ROWS = 20_000
_ISSUE = (
    "site_id, jira_id, key, key_number, project_id, status_id, assignee_id, created_ms, updated_ms, resolved_ms, "
    "flags, row_version, digest, summary, fields"
)
_TIMELINE = "issue_id, field_id, at, value, author, flags"


@dataclass(frozen=True)
class Made:
    """Some work items: instants and places of values, [items, entries]."""

    ids: range
    at: Any
    status: Any
    handed_at: Any
    assignee: Any
    planned_at: Any


def made(items: int) -> Iterator[Made]:
    rng = np.random.default_rng(1)
    for first in range(0, items, _ROWS):
        count = min(_ROWS, items - first)
        created = FIRST_MS + rng.integers(0, SPAN_MS, (count, 1))
        gaps = np.exp(rng.uniform(np.log(60_000), np.log(30 * 86_400_000), (count, _CHANGES))).astype(np.int64)
        at = np.concatenate([created, created + np.cumsum(gaps, axis=1)], axis=1)
        status = np.cumsum(rng.integers(1, len(STATUSES), (count, _CHANGES + 1)), axis=1) % len(STATUSES)
        span = at[:, -1:] - created
        handed = created + np.sort(rng.integers(1, span + 1, (count, _HANDOVERS)), axis=1)
        assignee = np.cumsum(rng.integers(1, _PEOPLE, (count, _HANDOVERS)), axis=1) % _PEOPLE
        planned = created + np.sort(rng.integers(1, span + 1, (count, 2)), axis=1)
        yield Made(range(first + 1, first + count + 1), at, status, np.hstack([created, handed]), assignee, planned)


class Store:
    """The store of SOJOURN_HOME, filled by SQL: the import has a benchmark of its own."""

    def __init__(self, items: int) -> None:
        self.site = Site.objects.create(name="Bench", row_version=items)
        numbers = range(1, _PROJECTS + 1)
        projects = [Project(site=self.site, jira_id=str(n), key=f"P{n}", name=f"Project {n}") for n in numbers]
        self.projects = [project.pk for project in Project.objects.bulk_create(projects)]
        names = {"status": "Status", "assignee": "Assignee", "sprint": "Sprint"}
        self.fields = {
            key: Field.objects.create(site=self.site, key=key, name=name, tracked=True).pk
            for key, name in names.items()
        }
        self.statuses = self._values("status", [(str(n), *one) for n, one in enumerate(STATUSES, 1)])
        self.people = self._values("user", [(f"u{n}", f"Person {n}", "") for n in range(1, _PEOPLE + 1)])
        self.sprints = self._values("sprint", [(f'["{n}"]', f"Sprint {n}", "") for n in range(1, _SPRINTS + 1)])

    def _values(self, kind: str, labels: list[tuple[str, str, str]]) -> Any:
        new = [Value(site=self.site, kind=kind, key=key, name=name, category=group) for key, name, group in labels]
        return np.array([value.pk for value in Value.objects.bulk_create(new)])

    def write(self, some: Made) -> None:
        status = self.statuses[some.status]
        assignee = np.hstack([np.full((len(some.ids), 1), EMPTY), self.people[some.assignee]])
        third = slice(None, None, 3)
        starts, planned_at = some.at[third, :1], some.planned_at[third]
        sprint = self.sprints[(planned_at - FIRST_MS) // SPRINT_MS]
        lines = [
            *self._timelines("status", some.ids, some.at, status),
            *self._timelines("assignee", some.ids, some.handed_at, assignee),
            *self._timelines(
                "sprint",
                some.ids[third],
                np.hstack([starts, planned_at]),
                np.hstack([np.full_like(starts, EMPTY), sprint]),
            ),
        ]
        lines.sort(key=lambda line: line[0])  # as an import writes them: work item by work item
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_insert(Issue, _ISSUE), list(self._issues(some, status, assignee)))
            cursor.executemany(_insert(Timeline, _TIMELINE), lines)

    def _issues(self, some: Made, status: Any, assignee: Any) -> Iterator[tuple[Any, ...]]:
        done = self.statuses[[place for place, (_, group) in enumerate(STATUSES) if group == "done"]]
        last = zip(some.at[:, 0], some.at[:, -1], status[:, -1], assignee[:, -1], strict=True)
        for number, (created, updated, now, who) in zip(some.ids, last, strict=True):
            identity = self.site.pk, str(10_000 + number), f"BEN-{number}", number, self.projects[number % _PROJECTS]
            resolved = int(updated) if now in done else None
            summary = f"Work item number {number} of the benchmark"
            yield (
                *(*identity, int(now), int(who), int(created), int(updated), resolved),
                *(0, number, b"0" * 16, summary, "{}"),
            )

    def _timelines(self, key: str, ids: range, at: Any, value: Any) -> list[tuple[Any, ...]]:
        author = self.people[np.arange(at.size).reshape(at.shape) % _PEOPLE]
        packed = zip(ids, map(pack, at), map(pack, value), map(pack, author), strict=True)
        return [(number, self.fields[key], *arrays, 0) for number, *arrays in packed]


def _insert(model: Any, columns: str) -> str:
    values = ", ".join(["%s"] * len(columns.split(",")))
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({values})"


def flat(some: Made) -> pl.DataFrame:
    """The status changes as a flat table, in the order of a change log."""
    issue = np.repeat(np.array(some.ids), some.at.shape[1])
    status = pl.Series([name for name, _ in STATUSES]).gather(pl.Series(some.status.ravel()))
    frame = pl.DataFrame({"issue": issue, "at_ms": some.at.ravel(), "status": status})
    return frame.with_columns(pl.format("BEN-{}", "issue").alias("issue_key"))


def spans(calendar: Calendar) -> pl.DataFrame:
    """The windows of the calendar in UTC, with the working time before each."""
    found = calendar.compile(FIRST_MS - 86_400_000, FIRST_MS + 2 * SPAN_MS).spans
    lengths = found.end - found.start
    return pl.DataFrame({"opens": found.start, "closes": found.end, "before": np.cumsum(lengths) - lengths})


def main(items: int, folder: Path) -> None:
    call_command("migrate", verbosity=0)
    store, frames = Store(items), []
    for some in made(items):
        store.write(some)
        frames.append(flat(some))
    condense()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pl.concat(frames).write_parquet(folder / "changes.parquet")
    (folder / "berlin.json").write_text(json.dumps(CALENDAR))
    spans(Calendar.from_json(CALENDAR)).write_parquet(folder / "spans.parquet")


if __name__ == "__main__":
    main(int(sys.argv[1]), settings.SOJOURN_HOME)
