"""Chunks as bytes, for the way from one process of this program to another: plain values under `marshal`.

Pickling records takes several times as long as making them out of plain values again.
"""

import marshal
from datetime import date
from typing import Any

from sojourn.core.flags import Flag
from sojourn.history.record import IssueRecord, Label, LinkRecord, ProjectRecord, Ref, TimelineRecord
from sojourn.jira.sync.reading import Chunk

_MOST_REFS = 200_000


def pack(chunk: Chunk) -> bytes:
    """A chunk as bytes."""
    rest = (chunk.unread, chunk.gone, chunk.cursor, chunk.last_id, chunk.is_end_of_page)
    return marshal.dumps(([_plain(record) for record in chunk.records], rest))


def _plain(one: IssueRecord) -> tuple[Any, ...]:
    return (
        (one.jira_id, one.key, tuple(one.project), one.summary, one.created_ms, one.updated_ms, one.resolved_ms),
        one.due.isoformat() if one.due else None,
        {name: ref and tuple(ref) for name, ref in one.present.items()},
        (one.fields, one.payload, one.digest, int(one.flags)),
        [
            (field, steps.at_ms, [ref and tuple(ref) for ref in steps.value], steps.author, int(steps.flags))
            for field, steps in one.timelines.items()
        ],
        [(field, tuple(ref)) for field, ref in one.values],
        [tuple(link) for link in one.links],
        (one.field_names, one.field_types),
        [(tuple(ref), tuple(label)) for ref, label in one.labels.items()],
        one.texts,
    )


class Unpacker:
    """Makes chunks of bytes. Make one for many: it remembers values, so that each is made once."""

    def __init__(self) -> None:
        self._refs: dict[tuple[str, str], Ref] = {}

    def unpack(self, packed: bytes) -> Chunk:
        """The chunk that `pack` was given."""
        records, rest = marshal.loads(packed)  # noqa: S302 - our own process wrote it
        if len(self._refs) > _MOST_REFS:
            self._refs.clear()
        return Chunk([self._record(one) for one in records], *rest)

    def _record(self, one: tuple[Any, ...]) -> IssueRecord:
        first, due, present, kept, timelines, chosen, links, names, labels, texts = one
        jira_id, key, project, summary, created_ms, updated_ms, resolved_ms = first
        fields, payload, digest, flags = kept
        ref = self._ref
        record = IssueRecord(
            jira_id,
            key,
            ProjectRecord(*project),
            summary,
            created_ms,
            updated_ms,
            resolved_ms,
            date.fromisoformat(due) if due else None,
            {name: found and ref(found) for name, found in present.items()},
            fields,
            payload,
            digest,
            Flag(flags),
        )
        record.timelines = {
            field: TimelineRecord(at_ms, [found and ref(found) for found in value], author, Flag(doubts))
            for field, at_ms, value, author, doubts in timelines
        }
        record.values = [(field, ref(found)) for field, found in chosen]
        record.links = [LinkRecord(*link) for link in links]
        record.field_names, record.field_types = names
        record.labels = {ref(found): Label(*label) for found, label in labels}
        record.texts = texts
        return record

    def _ref(self, plain: tuple[str, str]) -> Ref:
        found = self._refs.get(plain)
        if found is None:
            found = self._refs[plain] = Ref(*plain)
        return found
