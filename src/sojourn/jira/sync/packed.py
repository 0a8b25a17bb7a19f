"""Chunks as bytes, for the way from one process of this program to another: plain values under `marshal`.

Pickling records takes several times as long as making them out of plain values again.
"""

import marshal
from datetime import date
from typing import Any

from sojourn.core.flags import Flag
from sojourn.history.record import (
    IssueRecord,
    Label,
    LinkRecord,
    ProjectRecord,
    Ref,
    TimelineRecord,
    best_labels,
)
from sojourn.jira.sync.reading import Chunk


def pack(chunk: Chunk) -> bytes:
    """A chunk as bytes."""
    rest = (chunk.unread, chunk.gone, chunk.cursor, chunk.last_id, chunk.is_end_of_page)
    labels = [(ref, tuple(label)) for ref, label in best_labels(chunk.records).items()]
    return marshal.dumps(([_plain(record) for record in chunk.records], labels, rest))


def _plain(one: IssueRecord) -> tuple[Any, ...]:
    return (
        (one.jira_id, one.key, tuple(one.project), one.summary, one.created_ms, one.updated_ms, one.resolved_ms),
        one.due.isoformat() if one.due else None,
        (one.present, one.fields, one.payload, one.digest, int(one.flags)),
        [(field, steps.at_ms, steps.value, steps.author, int(steps.flags)) for field, steps in one.timelines.items()],
        [tuple(link) for link in one.links],
        (one.values, one.field_names, one.field_types, one.texts),
    )


def unpack(packed: bytes) -> Chunk:
    """The chunk that `pack` was given; its records name each other's values too."""
    records, labels, rest = marshal.loads(packed)  # noqa: S302 - our own process wrote it
    names = {ref: Label(*label) for ref, label in labels}
    return Chunk([_record(names, *one) for one in records], *rest)


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
