"""Making segments (`segments`) of what was written since they were made last."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import orjson
from django.db import connection, transaction
from django.db.models import F

from sojourn.history import read, segments, turns
from sojourn.history.models import Issue, Segment, SegmentLine, Site, Timeline
from sojourn.history.packing import narrow
from sojourn.history.read import Batch
from sojourn.history.segments import COLUMNS, Upto
from sojourn.history.write import GONE_MS

_ALWAYS = ("status", "assignee")
"""The fields that every segment has; it has others where some work item of it has a timeline of them."""

_AT_ONCE = 1
"""Blocks made in one transaction, for which writers wait: a twentieth of a second."""


def condense() -> None:
    """Bring all segments up to date."""
    while step():
        pass


def step() -> bool:
    """Bring some segments up to date in one transaction, for which writers wait; tells whether there are more."""
    with transaction.atomic():
        _have_writers_wait()
        sites = list(Site.objects.order_by("pk").values_list("pk", "row_version", "segmented"))
        now = {site: version for site, version, _ in sites}
        known: dict[int, Upto] = dict(Segment.objects.values_list("block", "upto"))
        todo: set[int] = set()
        done = {site: _look(site, after, now[site], known, todo) for site, _, after in sites if after < now[site]}
        for begin, end in _runs(sorted(todo)):
            _condense(begin, end, now)
        for site, version in done.items():
            Site.objects.filter(pk=site).update(segmented=version)
    is_more = any(version < now[site] for site, version in done.items())
    if is_more:
        turns.give_way()
    return is_more


def _have_writers_wait() -> None:
    """Let nobody write work items, or make segments, until the transaction ends; on SQLite it is alone anyway.

    Whoever writes work items raises the version of their site first.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE history_site IN SHARE ROW EXCLUSIVE MODE")


def _look(site: int, after: int, now: int, known: Mapping[int, Upto], todo: set[int]) -> int:
    """Add to `todo` the blocks in which work items of a site were written after a row version, in their order.

    The answer is the row version up to which all are in it or were made again since.
    """
    later = Issue.objects.filter(site=site, row_version__gt=after, row_version__lte=now).order_by("row_version")
    for pk, version in later.values_list("pk", "row_version").iterator():
        block = pk >> segments.SHIFT
        if block not in todo and known.get(block, {}).get(str(site), 0) < version:
            if len(todo) == _AT_ONCE:
                return version - 1
            todo.add(block)
    return now


def _runs(blocks: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the end of blocks that follow each other."""
    begins = [block for block in blocks if block - 1 not in blocks]
    ends = [block + 1 for block in blocks if block + 1 not in blocks]
    return zip(begins, ends, strict=True)


def _condense(begin: int, end: int, now: Mapping[int, int]) -> None:
    """Make the segments of blocks anew, but none where nothing is, or something is gone that was there before."""
    ends = begin << segments.SHIFT, end << segments.SHIFT
    issues = Issue.objects.filter(pk__gte=ends[0], pk__lt=ends[1])
    once_there = issues.exclude(deleted_ms=None).exclude(deleted_ms=GONE_MS)
    left_out = {pk >> segments.SHIFT for pk in once_there.values_list("pk", flat=True)}
    upto: dict[int, Upto] = {}
    for block, site in issues.values_list(F("pk").bitrightshift(segments.SHIFT), "site").distinct():
        upto.setdefault(block, {})[str(site)] = now[site]
    lines_of_them = Timeline.objects.filter(issue__gte=ends[0], issue__lt=ends[1])
    fields = {*_ALWAYS, *lines_of_them.values_list("field__key", flat=True).distinct()}
    Segment.objects.filter(block__gte=begin, block__lt=end).delete()
    there = issues.filter(deleted_ms=None).order_by("pk")
    batches = {field: read.whole(there, field, COLUMNS if field == _ALWAYS[0] else ()) for field in sorted(fields)}
    lines = {field: batch for field, batch in batches.items() if batch}
    for block in sorted(set(upto) - left_out) if lines else ():
        _write(block, upto[block], lines)


def _write(block: int, upto: Upto, lines: Mapping[str, Batch]) -> None:
    """Write the segment of a block, from the timelines of its work items and others."""
    columns = lines[_ALWAYS[0]].columns
    pk = np.array(columns["pk"], dtype=np.int64)
    own = slice(*np.searchsorted(pk, [block << segments.SHIFT, block + 1 << segments.SHIFT]).tolist())
    if own.start == own.stop:
        return
    told = b"\n".join(orjson.dumps(columns[name][own]) for name in COLUMNS)
    segment = Segment.objects.create(block=block, upto=upto, columns=told)
    SegmentLine.objects.bulk_create(_line(segment, field, batch, own) for field, batch in lines.items())


def _line(segment: Segment, field: str, batch: Batch, own: slice) -> SegmentLine:
    lines = batch.timelines
    entries = slice(lines.offsets[own.start], lines.offsets[own.stop])
    author = lines.value if lines.carried is None else lines.carried
    arrays = {"at": lines.at, "value": lines.value, "author": author}
    return SegmentLine(
        segment=segment,
        field=field,
        size=narrow(np.diff(lines.offsets[own.start : own.stop + 1])),
        flags=narrow(batch.flags[own].astype(np.int64)),
        **{name: narrow(numbers[entries]) for name, numbers in arrays.items()},
    )
