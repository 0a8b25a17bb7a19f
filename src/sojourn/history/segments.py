"""Segments: work items packed by the block, so that a whole store is read in a fraction of the time its rows take.

A block is 1,024 consecutive primary keys. Its segment holds what is there of it as it was when each site was at some
row version. Whatever is written gets a higher one, so a reader knows which segments still hold, and reads other blocks
from their rows. Writers know nothing of segments; these are made (`condense`) when there is time.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import orjson
from django.db.models import F

from sojourn.core.timeline import Int64Array, Timelines
from sojourn.history.models import Issue, Segment, SegmentLine, Site
from sojourn.history.packing import widened

SHIFT = 10
COLUMNS = ("pk", "key", "jira_id", "created_ms", "resolved_ms")
"""What a segment tells of work items beside their timelines."""

_WORTH = 4
"""A stretch that is read from rows costs as much as this many blocks save."""

_MOST_CHANGED = 100_000
Upto = dict[str, int]
"""The row version of each site, by its primary key as text."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The work items with primary keys from `begin` on and below `end`: in segments of these blocks, else in rows."""

    begin: int = 0
    end: int | None = None
    blocks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Packed:
    """What a segment says of a field: timelines, with authors if those were asked for, and doubts of each work item."""

    lines: Timelines
    flags: Int64Array


def stretches(sites: Sequence[str], fields: Sequence[str], at_once: int) -> list[Stretch]:
    """How to read those fields of all work items of some sites, or of all where none is named, in order of primary key.

    At once so many blocks are read. Where too few segments hold, all is read from rows.
    """
    known: dict[int, Upto] = dict(Segment.objects.values_list("block", "upto"))
    changed = _changed(known)
    if changed is None:
        return [Stretch()]
    named = Site.objects.filter(name__in=sites) if sites else Site.objects.all()
    wanted = {str(pk) for pk in named.values_list("pk", flat=True)}
    lines = Counter(SegmentLine.objects.filter(field__in=fields).values_list("segment", flat=True))
    holding = {block: upto for block, upto in known.items() if block not in changed}
    absent = {block for block, upto in holding.items() if wanted.isdisjoint(upto)}
    packed = {block for block, upto in holding.items() if wanted.issuperset(upto) and lines[block] == len(fields)}
    found = list(_stretches(sorted(packed | absent), packed, at_once))
    return found if len(packed) >= _WORTH * sum(not one.blocks for one in found) else [Stretch()]


def _changed(known: Mapping[int, Upto]) -> set[int] | None:
    """The blocks in which something was written since; None where there are no segments, or too much was written."""
    if not known:
        return None
    found: set[int] = set()
    for site, segmented in Site.objects.filter(row_version__gt=F("segmented")).values_list("pk", "segmented"):
        later = Issue.objects.filter(site=site, row_version__gt=segmented).values_list("pk", "row_version")
        rows = list(later[:_MOST_CHANGED])
        if len(rows) == _MOST_CHANGED:
            return None
        found.update(pk >> SHIFT for pk, version in rows if version > known.get(pk >> SHIFT, {}).get(str(site), 0))
    return found


def _stretches(blocks: Sequence[int], packed: set[int], at_once: int) -> Iterator[Stretch]:
    """The packed among the blocks, and the rows before, between and after the blocks."""
    begin, some = 0, list[int]()
    for block in blocks:
        first = block << SHIFT
        if some and (first > begin or len(some) == at_once):
            yield Stretch(some[0] << SHIFT, begin, tuple(some))
            some = []
        if first > begin:
            yield Stretch(begin, first)
        some += [block] if block in packed else []
        begin = first + (1 << SHIFT)
    if some:
        yield Stretch(some[0] << SHIFT, begin, tuple(some))
    yield Stretch(begin)


def select(fields: Sequence[str], blocks: Sequence[int], *, authors: bool) -> tuple[str, list[Any]]:
    """The SQL that reads fields of blocks, for `unpacked`, and its parameters: a row a block and field."""
    marks = [", ".join(["%s"] * len(some)) for some in (blocks, fields)]
    columns = "s.block, s.columns, l.field, l.size, l.flags, l.at, l.value" + ", l.author" * authors
    tables = "history_segment s JOIN history_segmentline l ON l.segment_id = s.block"
    where = f"s.block IN ({marks[0]}) AND l.field IN ({marks[1]})"
    return f"SELECT {columns} FROM {tables} WHERE {where} ORDER BY s.block", [*blocks, *fields]  # noqa: S608 - ours


def unpacked(
    rows: Iterable[tuple[Any, ...]], names: Collection[str]
) -> Iterator[tuple[dict[str, list[Any]], dict[str, Packed]]]:
    """Of each block the columns of those names, perhaps others, and its fields."""
    for _, lines in groupby(rows, key=itemgetter(0)):
        of_block = list(lines)
        told = zip(COLUMNS, bytes(of_block[0][1]).split(b"\n"), strict=True)
        columns = {name: orjson.loads(cells) for name, cells in told if name in ("pk", *names)}
        count = len(columns["pk"])
        yield columns, {field: _packed(arrays, count) for _, _, field, *arrays in of_block}


def _packed(arrays: Sequence[bytes], count: int) -> Packed:
    size, flags, at, value, *author = arrays
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(widened(size, count), out=offsets[1:])
    total = int(offsets[-1])
    carried = widened(author[0], total) if author else None
    return Packed(Timelines(widened(at, total), widened(value, total), offsets, carried), widened(flags, count))
