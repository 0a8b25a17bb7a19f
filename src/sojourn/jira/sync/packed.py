"""Chunks as bytes, for the way from one process of this program to another: plain values under `marshal`.

Pickling records takes several times as long as making them out of plain values again.
"""

import marshal
from datetime import date
from typing import Any

from sojourn.core.flags import Flag
from sojourn.history.record import IssueRecord, Label, LinkRecord, ProjectRecord, Ref, TimelineRecord
from sojourn.jira.sync.reading import Chunk


def pack(chunk: Chunk[bytes]) -> bytes:
    """A chunk of packed records as bytes."""
    rest = (chunk.unread, chunk.gone, chunk.cursor, chunk.last_id, chunk.is_end_of_page)
    labels = [(ref, tuple(label)) for ref, label in chunk.labels.items()]
    return marshal.dumps((list(chunk.records.values()), labels, rest))


def pack_record(one: IssueRecord) -> bytes:
    """A record as bytes, without its labels."""
    plain: Any = (
        (one.jira_id, one.key, tuple(one.project), one.summary, one.created_ms, one.updated_ms, one.resolved_ms),
        one.due.isoformat() if one.due else None,
        (one.present, one.fields, one.payload, one.digest, int(one.flags)),
        [(field, steps.at_ms, steps.value, steps.author, int(steps.flags)) for field, steps in one.timelines.items()],
        [tuple(link) for link in one.links],
        (one.values, one.field_names, one.field_types, one.texts),
    )
    return marshal.dumps(plain)


def unpack(packed: bytes) -> Chunk[IssueRecord]:
    """The chunk that `pack` was given, with its records, which share their labels."""
    records, told, rest = marshal.loads(packed)  # noqa: S302 - our own process wrote it
    labels = {ref: Label(*label) for ref, label in told}
    found = (_record(labels, *marshal.loads(one)) for one in records)  # noqa: S302
    return Chunk({record.jira_id: record for record in found}, labels, *rest)


def _record(
    labels: dict[Ref, Label],
    first: tuple[Any, ...],
    due: str | None,
    kept: tuple[Any, ...],
    timelines: list[Any],
    links: list[Any],
    rest: tuple[Any, ...],
) -> IssueRecord:
    jira_id, key, project, summary, created_ms, updated_ms, resolved_ms = first
    present, fields, payload, digest, flags = kept
    values, field_names, field_types, texts = rest
    return IssueRecord(
        jira_id,
        key,
        ProjectRecord(*project),
        summary,
        created_ms,
        updated_ms,
        resolved_ms,
        date.fromisoformat(due) if due else None,
        present,
        fields,
        payload,
        digest,
        Flag(flags),
        {
            field: TimelineRecord(at_ms, value, author, Flag(doubts))
            for field, at_ms, value, author, doubts in timelines
        },
        values,
        [LinkRecord(*link) for link in links],
        field_names,
        field_types,
        labels,
        texts,
    )
