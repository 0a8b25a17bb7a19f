"""Writing work items: each one whole, in one transaction for a batch, and only where it says something new."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import zstandard
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from sojourn.core.flags import Flag
from sojourn.history.dictionary import Dictionary
from sojourn.history.insert import Insert
from sojourn.history.models import Issue, IssueValue, Link, RawIssue, Site, Text, Timeline
from sojourn.history.packing import pack
from sojourn.history.record import IssueRecord, LinkRecord, ProjectRecord, best_labels
from sojourn.history.signals import issue_written
from sojourn.history.words import indexed

PRESENT = ("issuetype", "status", "assignee", "reporter", "priority", "resolution")
"""The fields whose present value has a column of its own on the work item."""

GONE_MS = 0
"""When a work item was deleted that is gone from its source: it was hidden or deleted, and nobody can say since when.

So no report shows it, whatever its `as_of` (docs/semantics.md 42).
"""

_DIGITS = 18

_ISSUE = Insert(
    Issue,
    (
        *(
            "site_id",
            "jira_id",
            "key",
            "key_number",
            "project_id",
            *(f"{name}_id" for name in PRESENT),
            "created_ms",
            "updated_ms",
        ),
        *("resolved_ms", "due", "flags", "row_version", "digest", "summary", "fields", "deleted_ms"),
    ),
    ("site_id", "jira_id"),
)
_TIMELINE = Insert(Timeline, ("issue_id", "field_id", "at", "value", "author", "flags"))
_VALUE = Insert(IssueValue, ("issue_id", "field_id", "value_id"))
_LINK = Insert(Link, ("issue_id", *LinkRecord._fields))
_TEXT = Insert(Text, ("issue_id", "field", "words"))
_RAW = Insert(RawIssue, ("issue_id", "payload"), at_once=50)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch: items written, items that said nothing new, and those that know less than the store.

    `older` were updated earlier; `poorer` have a history that is cut short where the store has it whole.
    """

    written: int = 0
    unchanged: int = 0
    older: int = 0
    poorer: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(
            self.written + other.written,
            self.unchanged + other.unchanged,
            self.older + other.older,
            self.poorer + other.poorer,
        )

    @property
    def items(self) -> int:
        """All of them."""
        return self.written + self.unchanged + self.older + self.poorer


class Writer:
    """Writes work items of one site. Make one for a whole import: it remembers the dictionary."""

    def __init__(self, site_name: str) -> None:
        self._language = settings.SOJOURN_TEXT_LANGUAGE
        self.site, _ = Site.objects.get_or_create(name=site_name, defaults={"text_language": self._language})
        self.dictionary = Dictionary(self.site)
        self._version: int | None = None  # the site's, after what this writer last wrote
        self._compressor = zstandard.ZstdCompressor(level=3)

    def write(self, records: Sequence[IssueRecord]) -> Written:
        """Write a batch in one transaction.

        What says the same as the store is left alone, and so is what is older than the store: the same files in any
        order, and any number of times, end in the same store. Of two records updated at one instant the later counts.
        """
        with self._turn(len(records)) as version:
            return self._write(records, version)

    def declare(self, kind: str, labels: Mapping[str, tuple[str, str]], *, is_whole: bool = True) -> None:
        """Take a list of the values of a kind that exist now (`Dictionary.declare`)."""
        with self._turn(1):
            self.dictionary.declare(kind, labels, is_whole=is_whole)

    def name_fields(self, names: Mapping[str, str]) -> None:
        """Take a list of the fields there are, names by key (`Dictionary.name_fields`)."""
        with self._turn(1):
            self.dictionary.name_fields(names)

    def name_projects(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Take a list of the projects there are, keys and names by Jira's id (`Dictionary.name_projects`)."""
        with self._turn(1):
            self.dictionary.name_projects(names)

    def remove(self, jira_ids: Sequence[str]) -> int:
        """Mark work items as gone, in one transaction; writing one brings it back. Tells how many were there."""
        if not jira_ids:
            return 0
        there = Issue.objects.filter(site=self.site, jira_id__in=jira_ids, deleted_ms=None)
        with self._turn(len(jira_ids)) as version:
            found = list(there.order_by("pk").values_list("pk", flat=True))
            rows = [(GONE_MS, version + number, pk) for number, pk in enumerate(found, 1)]
            with connection.cursor() as cursor:
                cursor.executemany("UPDATE history_issue SET deleted_ms = %s, row_version = %s WHERE id = %s", rows)
            issue_written.send(Writer, site=self.site, issues=found, gone=True)
        return len(found)

    @contextmanager
    def _turn(self, versions: int) -> Iterator[int]:
        """A transaction that has the site to itself, and that many row versions after the one it yields."""
        try:
            with transaction.atomic():
                site = Site.objects.filter(pk=self.site.pk)
                site.update(row_version=F("row_version") + versions)
                raised, self._language = site.values_list("row_version", "text_language").get()
                if self._version != raised - versions:
                    self.dictionary = Dictionary(self.site)  # another writer may have taught it
                self._version = raised
                yield raised - versions
        except BaseException:
            self._version = None  # the dictionary may know values that were rolled back
            raise

    def _write(self, records: Sequence[IssueRecord], version: int) -> Written:
        stored = self._stored({record.jira_id for record in records})
        new: dict[str, IssueRecord] = {}
        told: list[IssueRecord] = []
        unchanged, poorer = 0, 0
        for record in records:
            known = new.get(record.jira_id) or stored.get(record.jira_id)
            if known is not None and _says_the_same(record, known):
                unchanged += 1
                continue
            told.append(record)
            if known is None or _knows_more(record, known):
                new[record.jira_id] = record
            else:
                poorer += _is_whole(known) > _is_whole(record)
        self._learn(told)
        self._write_issues(list(new.values()), stored, version)
        return Written(len(new), unchanged, len(told) - len(new) - poorer, poorer)

    def _stored(self, jira_ids: set[str]) -> dict[str, Issue]:
        found = Issue.objects.filter(site=self.site, jira_id__in=jira_ids)
        return {issue.jira_id: issue for issue in found.only("jira_id", "digest", "updated_ms", "flags", "deleted_ms")}

    def _learn(self, records: Sequence[IssueRecord]) -> None:
        """Learn the names in records, even in those that are older than the store: they may be the only ones."""
        projects: dict[ProjectRecord, int] = {}
        fields = {(*one.field_names.items(), *one.field_types.items(), *one.timelines): one for one in records}
        for record in fields.values():  # few: most work items have the same fields
            self.dictionary.learn_fields(record.field_names, record.field_types, record.timelines)
        for record in records:
            updated_ms = record.updated_ms or record.created_ms
            projects[record.project] = max(updated_ms, projects.get(record.project, updated_ms))
        self.dictionary.learn_projects(projects)
        self.dictionary.learn(best_labels(records))

    def _write_issues(self, new: list[IssueRecord], stored: dict[str, Issue], version: int) -> None:
        if not new:
            return
        with connection.cursor() as cursor:
            _ISSUE(cursor, [self._issue(record, version + n) for n, record in enumerate(new, 1)])
            written = Issue.objects.filter(site=self.site, jira_id__in=[record.jira_id for record in new])
            numbers = dict(written.values_list("jira_id", "id"))
            replaced = [stored[record.jira_id].pk for record in new if record.jira_id in stored]
            if replaced:
                for model in (Timeline, IssueValue, Link, Text, RawIssue):
                    model._default_manager.filter(issue__in=replaced).delete()
            pairs = [(numbers[record.jira_id], record) for record in new]
            _TIMELINE(cursor, [row for issue, record in pairs for row in self._timelines(issue, record)])
            _VALUE(cursor, [row for issue, record in pairs for row in self._values(issue, record)])
            _LINK(cursor, [(issue, *link) for issue, record in pairs for link in record.links])
            _TEXT(cursor, [row for issue, record in pairs for row in self._texts(issue, record)])
            compress = self._compressor.compress
            _RAW(cursor, [(issue, compress(record.payload)) for issue, record in pairs])
        issue_written.send(Writer, site=self.site, issues=[issue for issue, _ in pairs], gone=False)

    def _issue(self, record: IssueRecord, version: int) -> tuple[Any, ...]:
        return (
            self.site.pk,
            record.jira_id,
            record.key,
            key_number(record.key),
            self.dictionary.project(record.project.jira_id),
            *[self.dictionary.numbers[record.present.get(name)] or None for name in PRESENT],
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
        numbers, field = self.dictionary.numbers, self.dictionary.field
        for key, steps in record.timelines.items():
            value = pack([numbers[ref] for ref in steps.value])
            author = pack([numbers[("user", account) if account else None] for account in steps.author])
            yield issue, field(key), pack(steps.at_ms), value, author, int(steps.flags)

    def _values(self, issue: int, record: IssueRecord) -> Iterator[tuple[int, int, int]]:
        numbers, field = self.dictionary.numbers, self.dictionary.field
        return ((issue, field(key), numbers[ref]) for key, ref in dict.fromkeys(record.values))

    def _texts(self, issue: int, record: IssueRecord) -> Iterator[tuple[Any, ...]]:
        for field, texts in {"summary": [record.summary], **record.texts}.items():
            for text in texts:
                if text.strip():
                    yield issue, field, indexed(text, self._language)


def tell_planner() -> None:
    """Have PostgreSQL look at the tables after much was written: until it does, it takes them for small."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE history_issue, history_issuevalue, history_link, history_timeline, history_text")


def key_number(key: str) -> int:
    """The number at the end of a key, 0 where there is none that is one."""
    number = key.rpartition("-")[2]
    return int(number) if number.isdecimal() and len(number) <= _DIGITS else 0


def _says_the_same(record: IssueRecord, known: Issue | IssueRecord) -> bool:
    is_deleted = isinstance(known, Issue) and known.deleted_ms is not None
    return bytes(known.digest) == record.digest and not is_deleted


def _knows_more(record: IssueRecord, known: Issue | IssueRecord) -> bool:
    """Whether a record shall take the place of what is known of its work item.

    A whole history is never given up for one that is cut short, however new; else the later update counts. So the order
    in which exports arrive does not matter.
    """
    if _is_whole(record) != _is_whole(known):
        return _is_whole(record)
    if record.updated_ms is None or known.updated_ms is None:
        return True
    return record.updated_ms >= known.updated_ms


def _is_whole(known: Issue | IssueRecord) -> bool:
    return not known.flags & Flag.HISTORY_INCOMPLETE
