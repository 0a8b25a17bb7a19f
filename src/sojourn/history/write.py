"""Writing work items: each one whole, in one transaction for a batch, and only where it says something new."""

from collections.abc import Sequence
from dataclasses import dataclass

import zstandard
from django.db import transaction
from django.db.models import F

from sojourn.core.flags import Flag
from sojourn.history.dictionary import Dictionary
from sojourn.history.models import Issue, RawIssue, Site, Timeline
from sojourn.history.packing import pack
from sojourn.history.record import IssueRecord, Ref, TimelineRecord

PRESENT = ("issuetype", "status", "assignee", "reporter", "priority", "resolution")
"""The fields whose present value has a column of its own on the work item."""

_ISSUE_COLUMNS = [
    *("key", "project", *PRESENT, "created_ms", "updated_ms", "resolved_ms", "due", "flags", "row_version"),
    *("deleted_ms", "digest", "summary", "fields"),
]


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
        for record in new:
            self.dictionary.learn_fields(record.field_names)
        self.dictionary.learn({ref: label for record in new for ref, label in record.labels.items()})
        issues = [self._issue(record, version + n) for n, record in enumerate(new, 1)]
        Issue.objects.bulk_create(
            issues, update_conflicts=True, unique_fields=["site", "jira_id"], update_fields=_ISSUE_COLUMNS
        )
        numbers = dict(
            Issue.objects.filter(site=self.site, jira_id__in=[issue.jira_id for issue in issues]).values_list(
                "jira_id", "id"
            )
        )
        Timeline.objects.filter(issue__in=numbers.values()).delete()
        RawIssue.objects.filter(issue__in=numbers.values()).delete()
        timelines, raws = [], []
        for record in new:
            number = numbers[record.jira_id]
            timelines += [self._timeline(number, key, steps) for key, steps in record.timelines.items()]
            raws.append(RawIssue(issue_id=number, payload=self._compressor.compress(record.payload)))
        Timeline.objects.bulk_create(timelines)
        RawIssue.objects.bulk_create(raws)

    def _issue(self, record: IssueRecord, version: int) -> Issue:
        present = {f"{name}_id": self.dictionary.number(record.present.get(name)) or None for name in PRESENT}
        return Issue(
            site=self.site,
            jira_id=record.jira_id,
            key=record.key,
            project_id=self.dictionary.project(record.project),
            created_ms=record.created_ms,
            updated_ms=record.updated_ms,
            resolved_ms=record.resolved_ms,
            due=record.due,
            flags=record.flags,
            row_version=version,
            digest=record.digest,
            summary=record.summary,
            fields=record.fields,
            **present,
        )

    def _timeline(self, issue: int, key: str, steps: TimelineRecord) -> Timeline:
        number = self.dictionary.number
        return Timeline(
            issue_id=issue,
            field_id=self.dictionary.field(key),
            at=pack(steps.at_ms),
            value=pack([number(value) for value in steps.value]),
            author=pack([number(Ref("user", author) if author else None) for author in steps.author]),
            flags=steps.flags,
        )


def _is_older(record: IssueRecord, known: Issue) -> bool:
    """Whether the store knows more: a later update, or the same one with a history that is not cut short."""
    if record.updated_ms is None or known.updated_ms is None:
        return False
    if record.updated_ms != known.updated_ms:
        return record.updated_ms < known.updated_ms
    return bool(record.flags & Flag.HISTORY_INCOMPLETE & ~known.flags)
