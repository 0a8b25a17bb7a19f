"""Writing work items: each one whole, in one transaction for a batch, and only where it says something new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import zstandard
from django.db import connection, transaction
from django.db.models import F, Model

from sojourn.core.flags import Flag
from sojourn.history.dictionary import Dictionary
from sojourn.history.models import Issue, RawIssue, Site, Timeline
from sojourn.history.packing import pack
from sojourn.history.record import IssueRecord, Label, Ref, keep_better

PRESENT = ("issuetype", "status", "assignee", "reporter", "priority", "resolution")
"""The fields whose present value has a column of its own on the work item."""


def _insert(model: type[Model], columns: Sequence[str], unique: Sequence[str] = ()) -> str:
    """SQL that inserts rows of a table, or replaces the row that has the same `unique` columns.

    Model instances would cost more than everything else an import does.
    """
    quoted = ", ".join(columns)
    values = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {model._meta.db_table} ({quoted}) VALUES ({values})"  # noqa: S608 - names of our own tables
    if not unique:
        return sql
    replaced = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in unique)
    return f"{sql} ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {replaced}"


_ISSUE = _insert(
    Issue,
    (
        *("site_id", "jira_id", "key", "project_id", *(f"{name}_id" for name in PRESENT), "created_ms", "updated_ms"),
        *("resolved_ms", "due", "flags", "row_version", "digest", "summary", "fields", "deleted_ms"),
    ),
    ("site_id", "jira_id"),
)
_TIMELINE = _insert(Timeline, ("issue_id", "field_id", "at", "value", "author", "flags"))
_RAW = _insert(RawIssue, ("issue_id", "payload"))


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch: items written, items that said nothing new, items older than what is stored."""

    written: int = 0
    unchanged: int = 0
    older: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.written + other.written, self.unchanged + other.unchanged, self.older + other.older)


class Writer:
    """Writes work items of one site. Make one for a whole import: it remembers the dictionary."""

    def __init__(self, site_name: str) -> None:
        self.site, _ = Site.objects.get_or_create(name=site_name)
        self.dictionary = Dictionary(self.site)
        self._compressor = zstandard.ZstdCompressor(level=3)

    def write(self, records: Sequence[IssueRecord]) -> Written:
        """Write a batch in one transaction; of several records of one work item the last counts.

        What says the same as the store is left alone, and so is what is older than the store: the same files in any
        order, and any number of times, end in the same store.
        """
        latest = {record.jira_id: record for record in records}
        try:
            with transaction.atomic():
                return self._write(latest)
        except BaseException:
            self.dictionary = Dictionary(self.site)  # it may know values that were rolled back
            raise

    def _write(self, latest: dict[str, IssueRecord]) -> Written:
        Site.objects.filter(pk=self.site.pk).update(row_version=F("row_version") + len(latest))  # takes the turn
        version = Site.objects.values_list("row_version", flat=True).get(pk=self.site.pk) - len(latest)
        stored = self._stored(latest)
        new, older = [], 0
        for jira_id, record in latest.items():
            known = stored.get(jira_id)
            if known is not None and bytes(known.digest) == record.digest and known.deleted_ms is None:
                continue
            if known is not None and _is_older(record, known):
                older += 1
                continue
            new.append(record)
        if new:
            self._write_issues(new, version)
        return Written(len(new), len(latest) - len(new) - older, older)

    def _stored(self, latest: dict[str, IssueRecord]) -> dict[str, Issue]:
        found = Issue.objects.filter(site=self.site, jira_id__in=list(latest))
        return {issue.jira_id: issue for issue in found.only("jira_id", "digest", "updated_ms", "flags", "deleted_ms")}

    def _write_issues(self, new: list[IssueRecord], version: int) -> None:
        labels: dict[Ref, Label] = {}
        for record in new:
            self.dictionary.learn_fields(record.field_names)
            for ref, label in record.labels.items():
                keep_better(labels, ref, label)
        self.dictionary.learn(labels)
        with connection.cursor() as cursor:
            cursor.executemany(_ISSUE, [self._issue(record, version + n) for n, record in enumerate(new, 1)])
            written = Issue.objects.filter(site=self.site, jira_id__in=[record.jira_id for record in new])
            numbers = dict(written.values_list("jira_id", "id"))
            Timeline.objects.filter(issue__in=numbers.values()).delete()
            RawIssue.objects.filter(issue__in=numbers.values()).delete()
            rows = [row for record in new for row in self._timelines(numbers[record.jira_id], record)]
            cursor.executemany(_TIMELINE, rows)
            compress = self._compressor.compress
            cursor.executemany(_RAW, [(numbers[record.jira_id], compress(record.payload)) for record in new])

    def _issue(self, record: IssueRecord, version: int) -> tuple[Any, ...]:
        return (
            self.site.pk,
            record.jira_id,
            record.key,
            self.dictionary.project(record.project),
            *(self.dictionary.number(record.present.get(name)) or None for name in PRESENT),
            record.created_ms,
            record.updated_ms,
            record.resolved_ms,
            record.due.isoformat() if record.due else None,
            int(record.flags),
            version,
            record.digest,
            record.summary,
            orjson.dumps(record.fields).decode(),
            None,
        )

    def _timelines(self, issue: int, record: IssueRecord) -> Iterator[tuple[Any, ...]]:
        number, field = self.dictionary.number, self.dictionary.field
        for key, steps in record.timelines.items():
            value = pack([number(ref) for ref in steps.value])
            author = pack([number(Ref("user", account) if account else None) for account in steps.author])
            yield issue, field(key), pack(steps.at_ms), value, author, int(steps.flags)


def _is_older(record: IssueRecord, known: Issue) -> bool:
    """Whether the store knows more: a later update, or the same one with a history that is not cut short."""
    if record.updated_ms is None or known.updated_ms is None:
        return False
    if record.updated_ms != known.updated_ms:
        return record.updated_ms < known.updated_ms
    return bool(record.flags & Flag.HISTORY_INCOMPLETE & ~known.flags)
