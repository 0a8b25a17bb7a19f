"""Chunks as bytes, for the way from one process of this program to another: plain values under `marshal`.

Pickling records takes several times as long as making them out of plain values again.
"""

import marshal
from datetime import date
from typing import Any

from sojourn.core.flags import Flag
from sojourn.history.record import IssueRecord, Label, LinkRecord, ProjectRecord, Ref, TimelineRecord
from sojourn.jira.sync.reading import Chunk


def pack(chunk: Chunk[Any]) -> bytes:
    """A chunk of plain values as bytes."""
    labels = [(ref, tuple(label)) for ref, label in chunk.labels.items()]
    rest = (chunk.unread, chunk.gone, chunk.cursor, chunk.last_id, chunk.is_end_of_page)
    return marshal.dumps((chunk.records, labels, *rest))


def unpack(packed: bytes) -> Chunk[Any]:
    """The chunk that `pack` was given."""
    records, labels, *rest = marshal.loads(packed)  # noqa: S302 - our own process wrote it
    return Chunk(records, {ref: Label(*label) for ref, label in labels}, *rest)


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


def unpack_record(packed: bytes, labels: dict[Ref, Label]) -> IssueRecord:
    """The record that `pack_record` was given, with these labels."""
    first, due, kept, timelines, links, rest = marshal.loads(packed)  # noqa: S302 - our own process wrote it
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
